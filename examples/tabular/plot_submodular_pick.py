"""
Five rows that show what the model does
=======================================

Nobody reads 178 explanations. The submodular pick of the LIME paper chooses a few rows whose
explanations together show most of the rules that the model goes by, and says how much of them
that is.
"""

# %%
# Three kinds of wine
# -------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

from sklime import LimeTabularExplainer, SubmodularPick

wine = load_wine(as_frame=True)
cultivar = wine.target.map({0: "first", 1: "second", 2: "third"})
forest = RandomForestClassifier(random_state=0).fit(wine.data, cultivar)
explainer = LimeTabularExplainer(forest, target="predicted", max_features=5, random_state=0)
batch = explainer.fit(wine.data).explain(wine.data)

# %%
# Picked one after the other
# --------------------------
# Each row is picked for the rules that those before it have not shown. A rule is a column and a
# bin: a high and a low alcohol are two things to show.
pick = SubmodularPick(n_picks=5).fit(batch)
for share, explanation in zip(pick.coverage_, batch[pick.indices_]):
    kind = explanation.predicted_class
    print(f"wine {explanation.row_label}, {kind} cultivar; so far {share:.0%}")
    for condition, weight in explanation.as_list():
        print(f"   {weight:+.2f}  {condition}")

# %%
# How many are enough?
# --------------------
# The curve flattens where further rows have little to add. Rows at random cover less.
full = SubmodularPick(n_picks=15).fit(batch)
importance = dict(zip(full.names_, full.importances_ / full.importances_.sum()))
selected = batch.selected[..., 0]


def coverage(rows):
    """Return the share of the importance of all rules that some rows use."""
    return sum(importance[rule] for rule in set(batch.conditions[rows][selected[rows]]))


rng = np.random.default_rng(0)
at_random = [
    [coverage(order[:n]) for n in range(1, 16)]
    for order in (rng.permutation(len(batch)) for _ in range(50))
]
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.plot(range(1, len(full.coverage_) + 1), full.coverage_, "o-", color="#c2570c", label="picked")
ax.plot(range(1, 16), np.mean(at_random, axis=0), "o-", color="#8a8f98", label="at random")
ax.set(xlabel="rows", ylabel="share of the importance shown", ylim=(0, 1))
ax.legend(loc="lower right")

# %%
# Five wines of 178 show most of what the forest goes by: proline, flavanoids, alcohol and color,
# each high and low. Whoever has read them knows what kind of reason to expect for the rest, and
# has a short list of rules to hold against what is known about wine.
