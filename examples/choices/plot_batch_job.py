"""
A nightly job: reasons as a table
=================================

Predictions are often made by night, for a table of customers or, here, passengers; someone
reads them by day and wants to know why. Explanations are a table as well: written in slices,
restartable, with a column that says which ones not to rely on.
"""

# %%
# A model in production
# ---------------------
import gzip
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from sklime import LimeTabularExplainer

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

passengers = passengers[["pclass", "sex", "age", "sibsp", "parch", "fare", "embarked"]].assign(
    sex=lambda frame: frame["sex"].astype("category"),
    embarked=lambda frame: frame["embarked"].astype("category"),
    survived=passengers["survived"].map({0: "died", 1: "survived"}),
)
history, tonight = train_test_split(passengers, test_size=0.4, random_state=0)
fate = history.pop("survived")
tonight = tonight.drop(columns="survived")
model = HistGradientBoostingClassifier(max_iter=50, random_state=0).fit(history, fate)
explainer = LimeTabularExplainer(model, target="predicted", max_features=4, random_state=0)
explainer.fit(history)

# %%
# In slices
# ---------
# A fitted explainer gives a row the same weights in whatever slice it comes, so that a job that
# was stopped goes on where it was, and what is there already stays as it is.
folder = Path(tempfile.mkdtemp())
for start in range(0, len(tonight), 150):
    file = folder / f"reasons-{start:05}.csv"
    if file.exists():
        continue
    batch = explainer.explain(tonight.iloc[start : start + 150])
    reasons = batch.to_frame()
    reasons["fidelity"] = np.repeat(batch.fidelity[:, 0], batch.selected.sum(axis=(1, 2)))
    reasons.to_csv(file, index=False)
print(*(file.name for file in sorted(folder.iterdir())), sep="\n")

# %%
# In the morning
# --------------
# One line a passenger and reason, strongest first. Reasons whose interval contains zero are
# left out; explanations of low fidelity are marked.
reasons = pd.concat(map(pd.read_csv, sorted(folder.iterdir())), ignore_index=True)
reasons["size"] = reasons["weight"].abs()
sure = reasons[(reasons["ci_low"] > 0) | (reasons["ci_high"] < 0)]
sure = sure.sort_values(["row", "size"], ascending=[True, False])
sentences = sure.groupby(["row", "output"]).agg(
    reasons=("condition", lambda conditions: "; ".join(conditions[:3])),
    fidelity=("fidelity", "first"),
)
sentences["rely"] = np.where(sentences["fidelity"] > 0.5, "yes", "with care")
with pd.option_context("display.max_colwidth", 70):
    print(sentences.round(2).head(8).to_string())

# %%
# Questions to the table
# ----------------------
# Which conditions speak for survival, and how often?
told = sure[(sure["output"] == "survived") & (sure["weight"] > 0)]
counts = told["condition"].value_counts().head(8)
ax = counts[::-1].plot.barh(color="#c2570c", figsize=(7, 3), width=0.7)
ax.set(xlabel="passengers with this reason to survive", ylabel="")
plt.tight_layout()

# %%
# How many explanations are to be taken with care?
print(sentences["rely"].value_counts().to_string())

# %%
# The job needs no code of its own but a loop. What it writes is plain: conditions in words,
# weights, intervals and fidelity, which any tool that reads tables can sort, join and count.
