"""
100,000 rows of boosted trees
=============================

A model decides about 100,000 applications for a loan, and each of them needs its reasons. Boosted
trees add up a score, and sklime reads this sum: the weights are exact, and the model is not asked.
This takes less than a minute on a laptop.
"""

# %%
# A table and a model
# -------------------
# The table is made up, so that its truth is known. Late payments count more if the debt is high,
# and a new job counts only for loans to a business. The age and the region do not matter. Some
# people do not tell their income.
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from sklime import LimeTabularExplainer

rng = np.random.default_rng(0)
n_rows = 120_000
loans = pd.DataFrame(
    {
        "income": rng.lognormal(10.4, 0.5, n_rows).round(-2),
        "debt ratio": rng.beta(2, 4, n_rows).round(3),
        "late payments": rng.poisson(0.6, n_rows),
        "years in job": rng.exponential(6.0, n_rows).round(1),
        "age": rng.integers(20, 75, n_rows),
        "amount": rng.lognormal(9.0, 0.7, n_rows).round(-2),
        "purpose": rng.choice(["business", "car", "home", "study"], n_rows, p=[0.2, 0.4, 0.3, 0.1]),
        "region": rng.choice(["north", "east", "south", "west"], n_rows),
    }
).astype({"purpose": "category", "region": "category"})
is_new_in_business = (loans["purpose"] == "business") & (loans["years in job"] < 2)
log_odds = (
    -3.0
    + 1.5 * loans["late payments"] * loans["debt ratio"]
    + 1.5 * is_new_in_business
    + 2.0 * loans["amount"] / loans["income"]
    + 0.3 * (loans["purpose"] == "study")
)
defaulted = rng.random(n_rows) < 1 / (1 + np.exp(-log_odds))
loans.loc[rng.random(n_rows) < 0.1, "income"] = np.nan

train, applications = loans[:20_000], loans[20_000:]
model = HistGradientBoostingClassifier(
    max_iter=50, categorical_features="from_dtype", random_state=0
).fit(train, defaulted[:20_000])
scores = model.decision_function(applications)
print(f"ROC AUC of new applications: {roc_auc_score(defaulted[20_000:], scores):.2f}")

# %%
# All reasons
# -----------
# ``response_method="decision_function"`` explains the score, which is the log-odds of a default.
# Probabilities of boosted trees are no sum of trees and would be sampled. ``method="exact"`` makes
# sure that nothing is sampled.
explainer = LimeTabularExplainer(
    model,
    response_method="decision_function",
    method="exact",
    output_names={True: "default"},
    n_jobs=2,
    random_state=0,
).fit(train)
print(explainer.method_reason_)

start = time.perf_counter()
weights = explainer.set_output(transform="pandas").transform(applications)
seconds = time.perf_counter() - start
print(f"{len(weights):,} rows in {seconds:.0f} s, {1000 * seconds / len(weights):.2f} ms per row")
weights.head().round(2)

# %%
# What drives the score
# ---------------------
# For each column, half of all applications have a weight within the thick line, and 90 % within the
# thin one.
order = weights.abs().mean().sort_values().index
low, q1, middle, q3, high = weights[order].quantile([0.05, 0.25, 0.5, 0.75, 0.95]).to_numpy()
fig, ax = plt.subplots(figsize=(7, 3.6))
ax.axvline(0.0, color="0.7", linewidth=1)
ax.hlines(order, low, high, color="#c2570c", linewidth=1.5)
ax.hlines(order, q1, q3, color="#c2570c", linewidth=7)
ax.plot(middle, order, "o", color="white", markeredgecolor="#8a3d07", markersize=6)
ax.set(xlabel="contribution to the log-odds of a default")
ax.spines[["top", "right", "left"]].set_visible(False)
ax.tick_params(axis="y", length=0)
plt.tight_layout()

# %%
# The amount, the late payments and the income decide most applications. The age and the region,
# which do not matter in truth, have weights near 0. The mean weight per value tells how a column
# works:
late = applications["late payments"].clip(upper=4).rename("late payments, at most 4")
weights["late payments"].groupby(late).mean().round(2).to_frame("mean contribution")

# %%
# One application
# ---------------
# ``explain`` adds what a person wants to see: the rules, the fidelity and the strongest pairs. It
# also compares the reading with the model, at the row and at 32 rows near it. Here is the
# application with the highest score.
riskiest = applications.iloc[[int(np.argmax(scores))]]
explainer.explain(riskiest)[0]

# %%
# How far to trust the weights
# ----------------------------
# The fidelity says how much of the model near a row a sum of conditions can say. A sample of rows
# is enough to know it. Pairs of conditions say what is missing.
some = applications.sample(200, random_state=0)
pairs = explainer.interactions(some, n_pairs=3)
of_rows = pairs.groupby("row")[["fidelity", "fidelity_with_pairs"]].first()
print(of_rows.quantile([0.05, 0.5, 0.95]).round(2).to_string())

# %%
# Which pairs are these? The three that are found most often are the ones that were put into the
# table: a new job with a loan to a business, late payments with a high debt, and a large amount
# with a small income.
pairs["size"] = pairs["value"].abs()
strongest = pairs.groupby(["first", "second"])["size"].agg(["count", "median"])
strongest.sort_values("count", ascending=False).head(5).round(2)

# %%
# Exact weights of boosted trees need no sample, no model call and no seed: the same table has the
# same weights tomorrow. Explain the score, compare some rows with ``explain``, and look at pairs
# where the fidelity is low.
