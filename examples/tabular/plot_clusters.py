"""
Which kinds of reasons does a model have?
=========================================

One explanation is about one row. Here those of 328 passengers of the Titanic are put into
groups of like reasons, by a pipeline that ends in k-means, and one group turns out to be
where the model fails. A few passengers who together show most of the reasons are picked.
"""

# %%
# A model of who survived
# -----------------------
# The table, from the files that scikit-learn ships for its own tests, and an ordinary
# pipeline on it.
import matplotlib

matplotlib.use("Agg")

import gzip
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sklearn
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import pairwise_distances_argmin
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeTabularExplainer, SubmodularPick

openml = Path(sklearn.__file__).parent / "datasets" / "tests" / "data" / "openml"
files = sorted((openml / "id_40945").glob("data-*.arff.gz"))
if not files:
    print("This build of scikit-learn comes without the Titanic table: nothing to explain.")
    sys.exit()

with gzip.open(files[0], "rt", encoding="utf-8") as lines:
    names = []
    for line in lines:
        if line.lower().startswith("@attribute"):
            names.append(line.split("'")[1])
        elif line.lower().startswith("@data"):
            break
    passengers = pd.read_csv(lines, names=names, na_values="?", escapechar="\\")

passengers = passengers.drop(columns=["boat", "body", "name", "ticket", "home.dest"])
fate = passengers.pop("survived").map({0: "died", 1: "survived"})

X_train, X_test, y_train, y_test = train_test_split(passengers, fate, stratify=fate, random_state=0)
numbers = ["age", "sibsp", "parch", "fare"]
texts = ["pclass", "sex", "cabin", "embarked"]
encode = ColumnTransformer(
    [
        ("numbers", SimpleImputer(add_indicator=True), numbers),
        (
            "texts",
            OneHotEncoder(min_frequency=10, handle_unknown="ignore", sparse_output=False),
            texts,
        ),
    ]
)
pipeline = make_pipeline(encode, HistGradientBoostingClassifier(max_iter=50, random_state=0))
pipeline.fit(X_train, y_train)
print(f"accuracy on {len(X_test)} held-out passengers: {pipeline.score(X_test, y_test):.3f}")

# %%
# How strong is each column, over all passengers?
# -----------------------------------------------
# The mean absolute weight, with 95 % intervals: what it could have been, had other perturbed
# rows been drawn.
explainer = LimeTabularExplainer(
    pipeline, target="survived", categorical_features=["pclass"], max_features=6, random_state=0
).fit(X_train)
batch = explainer.explain(X_test)
print(batch.mean_abs_weights().round(3).to_string(index=False))

# %%
# Groups of like reasons
# ----------------------
# An explainer is a transformer, so that k-means can follow it in a pipeline. The passengers
# are grouped by why the model says what it says, not by their columns.
grouping = make_pipeline(explainer, KMeans(4, n_init=10, random_state=0)).fit(X_train)
group = grouping.predict(X_test)
centers = grouping[-1].cluster_centers_
is_right = pipeline.predict(X_test) == y_test
facts = pd.DataFrame(
    {
        "passengers": np.bincount(group),
        "survived": (y_test == "survived").groupby(group).mean(),
        "women": (X_test["sex"] == "female").groupby(group).mean(),
        "third class": (X_test["pclass"] == 3).groupby(group).mean(),
        "model is right": is_right.groupby(group).mean(),
    }
)
print(facts.round(2).to_string())
print(pd.DataFrame(centers, columns=batch.feature_names).round(2).to_string())

# %%
# The passenger nearest to the center of each group speaks for it.
nearest = pairwise_distances_argmin(centers, batch.to_matrix())
for place in nearest:
    strongest = [f"{condition} ({weight:+.2f})" for condition, weight in batch[place].as_list()[:2]]
    print(f"group {group[place]}: " + ", ".join(strongest))

# %%
# The picture: the mean weights of each group.
figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
strongest = np.argsort(-np.abs(centers).max(axis=0))[:4]
for number, (center, color) in enumerate(zip(centers, ["#c2570c", "#2f78c4", "#222", "#8a8f98"])):
    label = f"group {number}, model right in {facts['model is right'][number]:.0%}"
    at = np.arange(4) + 0.2 * number - 0.3
    axes.bar(at, center[strongest], width=0.18, color=color, label=label)
axes.set_xticks(np.arange(4), np.array(batch.feature_names)[strongest])
axes.set_ylabel("mean weight for survival")
axes.axhline(0.0, color="black", linewidth=0.8)
axes.legend()
picture = Path("clusters.png")
figure.savefig(picture, dpi=120)
print(f"the picture is in {picture}")

# %%
# A few passengers who show most of it
# ------------------------------------
# Picked greedily, each for the rules that the ones before have not shown.
pick = SubmodularPick(n_picks=4).fit(batch)
for share, explanation in zip(pick.coverage_, batch[pick.indices_]):
    rules = ", ".join(condition for condition, _ in explanation.as_list()[:3])
    print(f"{share:.0%} of the importance with: {rules}")

# %%
# Sex decides, and class: in three of the groups both pull the same way, or sex alone decides,
# and the model is right about four times in five or more. In the group of the women of the
# third class they pull against each other, and the model is hardly better than a coin. Its
# overall accuracy says nothing of that.
