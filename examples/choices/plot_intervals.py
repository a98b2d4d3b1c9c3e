"""
How many questions are enough?
==============================

Each perturbed row is a question to the model, and questions cost time. With too few the
weights are noise that looks like knowledge. Intervals tell the two apart, and with
``n_perturbations="auto"`` each row gets as many questions as it needs.
"""

# %%
# A model that is hard to explain
# -------------------------------
# Boosted trees on 30 correlated measurements, a probability that jumps from 0 to 1. (The score of
# the trees would be explained exactly, without any question; its probability has to be sampled.)
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from sklime import LimeTabularExplainer

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(X_train, y_train)
# The row that the model is least sure of.
unsure = np.abs(model.predict_proba(X_test)[:, 1] - 0.5).argmin()
row = X_test.iloc[[unsure]]

# %%
# The same row, asked about 128 times, by five seeds
# --------------------------------------------------
# The five strongest features of each: they are not the same five.
for seed in range(5):
    explainer = LimeTabularExplainer(
        model, n_perturbations=128, max_features=None, random_state=seed
    )
    weights = explainer.fit(X_train).transform(row)[0]
    strongest = np.argsort(-np.abs(weights))[:5]
    print(", ".join(X.columns[strongest]))

# %%
# With more questions
# -------------------
# The weights of the features that matter most, with their 95 % intervals. ``lime`` would show
# the dots alone.
sizes = [128, 512, 2048, 8192]
explanations = [
    LimeTabularExplainer(model, n_perturbations=size, max_features=None, random_state=0)
    .fit(X_train)
    .explain(row)[0]
    for size in sizes
]
strongest = np.argsort(-np.abs(explanations[-1].values[:, 0]))[:6]
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for shift, (size, explanation) in enumerate(zip(sizes, explanations)):
    low, high = explanation.confidence_intervals()
    values = explanation.values[strongest, 0]
    ax.errorbar(
        values,
        np.arange(len(strongest)) + 0.2 * shift - 0.3,
        xerr=[values - low[strongest, 0], high[strongest, 0] - values],
        fmt="o",
        markersize=4,
        color=plt.colormaps["viridis_r"](0.2 + 0.25 * shift),
        label=f"{size}",
    )
ax.axvline(0, color="0.6", linewidth=1)
ax.set(yticks=range(len(strongest)), xlabel="weight")
ax.set_yticklabels([explanations[-1].conditions[feature] for feature in strongest])
ax.invert_yaxis()
ax.legend(title="perturbed rows")

# %%
# As many as it takes
# -------------------
# Not every row is as hard. Here each row is asked about until half of its widest interval is
# below a tenth of its largest weight; then once more, as a standard error that is small by
# chance is not to be believed.
explainer = LimeTabularExplainer(
    model, n_perturbations="auto", tol=0.1, max_features=5, random_state=0
).fit(X_train)
batch = explainer.explain(X_test.head(40))
counts = np.unique(batch.n_perturbations, return_counts=True)
for size, n_rows in zip(*counts):
    print(f"{n_rows:3} rows took {size} perturbed rows")
print(f"converged: {batch.converged.mean():.0%}")

# %%
# The widest interval of every row, against the largest weight.
low, high = batch.confidence_intervals()
half_widths = np.nanmax((high - low) / 2, axis=1)[:, 0]
largest = np.abs(batch.values).max(axis=1)[:, 0]
print(f"median half width / largest weight: {np.median(half_widths / largest):.3f}")
print(f"largest: {(half_widths / largest).max():.3f}")

# %%
# 128 questions are too few for this model, whatever the order of the bars may suggest; the
# intervals say so at once, where a second run would have to be made with ``lime`` to see it.
# Rows differ: an easy one is precise after 1024 perturbed rows, a hard one takes sixteen times
# as many, and ``"auto"`` spends accordingly.
