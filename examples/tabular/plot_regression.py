"""
A regression: what makes diabetes get worse, for this patient?
==============================================================

A number is predicted in place of a class: a measure of how far diabetes has progressed one
year later. Weights are in units of that measure, so that one can say "being in the top
quarter of body mass index is worth this many points".
"""

# %%
# 442 patients
# ------------
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split

from sklime import LimeTabularExplainer

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X = X.rename(columns={"s1": "total chol.", "s2": "LDL", "s3": "HDL", "s4": "chol. ratio"})
X = X.rename(columns={"s5": "log triglycerides", "s6": "glucose"})
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = HistGradientBoostingRegressor(max_iter=60, learning_rate=0.05, random_state=0)
model.fit(X_train, y_train)
print(f"R2 on {len(X_test)} held-out patients: {model.score(X_test, y_test):.2f}")

# %%
# The patient with the highest prediction
# ---------------------------------------
explainer = LimeTabularExplainer(model, max_features=6, random_state=0).fit(X_train)
batch = explainer.explain(X_test)
highest = batch[int(batch.predictions[:, 0].argmax())]
highest

# %%
# The intercept and the weights add up to what the surrogate says, which is near what the
# model says: the gap is in the table above.
total = highest.intercepts[0] + highest.values.sum()
print(f"{highest.intercepts[0]:.1f} + {highest.values.sum():.1f} = {total:.1f}")
highest.plot()

# %%
# All patients: a weight against the value
# ----------------------------------------
# One explanation is a story; the weights of many show what the model has learnt. Each point
# is a patient, and the weight is that of the quarter that the patient is in.
explainer = LimeTabularExplainer(model, max_features=None, random_state=0).fit(X_train)
weights = explainer.set_output(transform="pandas").transform(X_test)
strongest = weights.abs().mean().nlargest(4)
fig, axes = plt.subplots(ncols=4, figsize=(11, 2.8), sharey=True, layout="constrained")
for ax, name in zip(axes, strongest.index):
    ax.axhline(0, color="0.7", linewidth=1)
    ax.scatter(X_test[name], weights[name], s=12, color="#2f78c4")
    ax.set(xlabel=name)
axes[0].set(ylabel="weight, in points")

# %%
# How far to trust it: how much of the model near each patient a sum of conditions can say, and
# how well the surrogates reproduce the model at the patients themselves.
fidelity = pd.Series(explainer.explain(X_test).fidelity[:, 0])
print(fidelity.describe().loc[["min", "25%", "50%", "75%", "max"]].round(2).to_string())
print(f"local accuracy: {explainer.score(X_test):.3f}")

# %%
# Body mass index and triglycerides carry the predictions, and count the more the higher they
# are; blood pressure counts from about 100 upward, glucose hardly. The model explains less
# than a third of the variance among new patients, and an explanation cannot be better than
# that: it says what the model makes of a patient, not what will happen to one.
