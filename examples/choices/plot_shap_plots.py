"""
LIME weights in shap's plots
============================

shap draws pictures that many people know: waterfalls, beeswarms, bars. ``to_shap`` hands it
LIME's weights. They are not Shapley values, and this page ends with what is different.
"""

# %%
# A model and its explanations
# ----------------------------
# Optional: shap
import importlib.util
import sys

if importlib.util.find_spec("shap") is None:
    print("This example draws with shap, which is not installed: pip install shap")
    sys.exit()

import matplotlib.pyplot as plt
import numpy as np
import shap
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

from sklime import LimeTabularExplainer

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
forest = RandomForestRegressor(50, min_samples_leaf=5, random_state=0).fit(X_train, y_train)
explainer = LimeTabularExplainer(forest, max_features=None, random_state=0).fit(X_train)
batch = explainer.explain(X_test)
drawn = batch.to_shap()

# %%
# One patient, from the intercept to the local prediction.
shap.plots.waterfall(drawn[int(batch.predictions.argmax())], show=False)
plt.tight_layout()

# %%
# All patients: each is a dot in each line, colored by the value.
plt.figure()
shap.plots.beeswarm(drawn, show=False)
plt.tight_layout()

# %%
# Beside Shapley values
# ---------------------
# The same forest, the same patients, shap's own permutation explainer.
background = shap.maskers.Independent(X_train, max_samples=50)
shapley = shap.PermutationExplainer(forest.predict, background, seed=0)
rows = X_test.iloc[:30]
values = shapley(rows, silent=True).values
lime_values = drawn.values[:30]
correlation = np.median([np.corrcoef(a, b)[0, 1] for a, b in zip(lime_values, values)])
print(f"median correlation of a patient's weights with the Shapley values: {correlation:.2f}")

# %%
# They do not add up to the same thing. Shapley values add up to the difference between this
# prediction and the mean prediction, exactly. LIME weights add up to the local prediction of a
# linear model, counted from where no condition holds.
mean = forest.predict(X_train).mean()
print(f"mean prediction {mean:.0f}, median intercept {np.median(batch.intercepts):.0f}")
gap = np.abs(batch.local_predictions - batch.predictions).mean()
print(f"mean distance of local prediction and model: {gap:.1f} points")

# %%
# For this forest, which is nearly additive, both say much the same. sklime read its trees, asked it
# about 33 rows per patient to check, and has a fidelity that says how far to believe the whole;
# shap asked about ten thousand and adds up. Say under the picture which of the two it shows.
