"""
Two models, one score: do they have the same reasons?
=====================================================

A logistic regression and a forest tell breast tumors apart about equally well. If they have
the same reasons, take the simpler one. If they have not, one may be right for reasons that
will not last. Explanations of the same rows, from the same neighborhoods, can be compared number by
number.
"""

# %%
# Two models
# ----------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer
from sklime.display import LimeComparisonDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
models = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": RandomForestClassifier(random_state=0),
}
for name, model in models.items():
    model.fit(X_train, y_train)
    print(f"{name}: accuracy {model.score(X_test, y_test):.3f}")

# %%
# The same questions to both
# --------------------------
# The seed, the bins and the background are the same, so that both models are asked about the
# very same perturbed rows, and a difference of weights is a difference of models. The scale is
# log-odds: the logistic regression is certain of nearly every tumor, and near 0 and 1 a
# probability has no room to show what it goes by.
batches = {
    name: LimeTabularExplainer(model, link="logit", max_features=None, random_state=0)
    .fit(X_train)
    .explain(X_test)
    for name, model in models.items()
}
weights = {name: batch.values[..., 0] for name, batch in batches.items()}

# %%
# Mean size of the weights: what each model goes by. Correlated columns are many here, and the
# forest leans on fewer of them.
strengths = pd.DataFrame(
    {name: np.abs(values).mean(axis=0) for name, values in weights.items()}, index=X.columns
)
strongest = strengths.max(axis=1).nlargest(12).index
ax = strengths.loc[strongest[::-1]].plot.barh(
    color=["#8a8f98", "#c2570c"], width=0.75, figsize=(8, 4.6)
)
ax.set(xlabel="mean |weight|, in log-odds")
plt.tight_layout()

# %%
# Row by row
# ----------
# How alike are the reasons for one row? Rank correlation of its 30 weights between the models,
# where neither is so certain that nothing moves it.
moved = np.all([values.std(axis=1) > 0 for values in weights.values()], axis=0)
pairs = zip(*(values[moved] for values in weights.values()))
agreement = np.array([spearmanr(*pair).statistic for pair in pairs])
print(f"{moved.sum()} of {len(moved)} rows")
print(pd.Series(agreement).describe().loc[["min", "25%", "50%", "75%", "max"]].round(2).to_string())

# %%
# The row with the least agreement among those that both models predict alike:
predictions = [batch.predictions[moved, 0] for batch in batches.values()]
alike = (predictions[0] > 0) == (predictions[1] > 0)
least = int(np.where(alike, agreement, np.inf).argmin())
both = {name: batch[moved][least] for name, batch in batches.items()}
LimeComparisonDisplay.from_explanations(both, max_features=8)
for name, explanation in both.items():
    print(f"{name}: log-odds of benign {explanation.predictions[0]:.2f}")

# %%
# The scores are nearly the same and the reasons are not. The forest goes by size, measured three
# times over, and by concave points; the logistic regression as much by texture, symmetry and
# the errors of measurement. Neither is wrong about these tumors. Where columns or patients will
# change, the reasons are what to choose by.
