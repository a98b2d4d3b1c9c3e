"""
How should this forest be explained?
====================================

How often does a perturbed row keep its values, how are columns cut, which surrogate is fitted?
Explanations depend on such choices, and there is no label to check them against. But there is
the model: it can be asked whether the weights say what it does, and whether another seed would
have said the same. Then scikit-learn's own grid search can choose.
"""

# %%
# A forest for the progress of diabetes
# -------------------------------------
# Ten measurements of 442 patients, and how far their disease had gone a year later.
import matplotlib

matplotlib.use("Agg")

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Lasso
from sklearn.model_selection import train_test_split

from sklime import LimeTabularExplainer
from sklime.metrics import (
    effects_agreement_score,
    explain_repeatedly,
    jaccard_stability_score,
    local_gap,
    make_search,
)

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
forest = RandomForestRegressor(100, random_state=0).fit(X_train, y_train)
print(f"R2 of the forest on {len(X_test)} held-out patients: {forest.score(X_test, y_test):.2f}")

# %%
# Eighteen ways to explain it
# ---------------------------
# The forest is fitted and stays as it is; the folds split the patients that the explainer
# learns its bins from and those that it explains. Each candidate is scored by local accuracy and
# by agreement with the effects of one feature at a time, and must be as stable as asked: the
# five strongest reasons of a patient have to be the same for most seeds. That is told from the
# replicates of one run, without explaining anybody twice. A forest could be explained exactly, and
# be perfectly stable; here it is sampled, as most kinds of models have to be.
explainer = LimeTabularExplainer(
    forest, method="sampling", max_features=None, n_perturbations=512, random_state=0
)
unit = forest.predict(X_train).std()
grid = {
    "keep": [0.5, 0.75, 0.9],
    "discretizer": ["quartile", "decile", None],
    "surrogate": [None, Lasso(alpha=0.01 * unit)],
}
search = make_search(explainer, grid, floor=0.8).fit(X_train)

results = pd.DataFrame(search.cv_results_)
results["surrogate"] = ["ridge" if s is None else "lasso" for s in results["param_surrogate"]]
results["bins"] = results["param_discretizer"].fillna("raw values")
scores = {
    "mean_test_local_accuracy": "local accuracy",
    "mean_test_effects": "effects",
    "mean_test_jaccard_stability": "stability",
}
results = results.rename(columns={"param_keep": "keep", **scores})
shown = ["keep", "bins", "surrogate", *scores.values()]
print(results.sort_values("effects", ascending=False)[shown].round(3).to_string(index=False))

# %%
# The truest stable one
# ---------------------
# Candidates to the right of the line may be chosen. The higher, the truer.
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for (bins, surrogate), group in results.groupby(["bins", "surrogate"]):
    marker = {"quartile": "s", "decile": "D", "raw values": "o"}[bins]
    fill = "#b35806" if surrogate == "ridge" else "none"
    ax.scatter(
        group["stability"],
        group["effects"],
        marker=marker,
        facecolor=fill,
        edgecolor="#b35806",
        label=f"{bins}, {surrogate}",
    )
chosen = results.iloc[search.best_index_]
ax.scatter(chosen["stability"], chosen["effects"], s=250, facecolor="none", edgecolor="black")
ax.axvline(search.refit.floor, color="gray", linestyle="--", linewidth=1)
ax.set(xlabel="stability: top-5 Jaccard index", ylabel="agreement with one-feature effects")
ax.legend(frameon=False, fontsize="small")
picture = Path("grid_search.png")
figure.savefig(picture, dpi=120)
print(f"the picture is in {picture}; chosen: {search.best_params_}")

# %%
# Patients that the search has not seen
# -------------------------------------
# Now stability is measured instead of predicted: four runs with other seeds.
rows = X_test.head(40)
comparison = {}
for name, one in {"default": explainer.fit(X_train), "tuned": search.best_estimator_}.items():
    batch = one.explain(rows)
    comparison[name] = {
        "effects": effects_agreement_score(batch, one, rows),
        "gap": local_gap(batch),
        "top-5 Jaccard over seeds": jaccard_stability_score(explain_repeatedly(one, rows, 4)),
    }
print(pd.DataFrame(comparison).round(3).to_string())

# %%
# And row by row: for how many patients is the tuned explanation truer?
default, tuned = (
    effects_agreement_score(one.explain(rows), one, rows, average=None)[:, 0]
    for one in (explainer, search.best_estimator_)
)
print(f"{np.mean(tuned > default):.0%} of {len(rows)} patients, by {np.mean(tuned - default):.3f}")
print(search.best_estimator_.explain(rows.head(1))[0])

# %%
# A forest answers in steps, and steps are followed best with narrow bins close to the patient.
# A smooth model would have got another answer: the choice belongs to the model, and it took a
# few seconds to make it.
