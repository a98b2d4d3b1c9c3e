"""
Too good to be true: a leak, found by explaining
================================================

A model of who survived the Titanic is right 97 times in 100. It is also worthless: one of its
columns was filled in after the event. No score shows this, on whatever held-out rows. Ten
explanations do.
"""

# %%
# Everything that the table has
# -----------------------------
# The passenger list is among the files that scikit-learn ships for its own tests. Names,
# tickets and home towns are hard to use; all else goes in.
import gzip
import sys
from pathlib import Path

import pandas as pd
import sklearn
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

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

fate = passengers.pop("survived").map({0: "died", 1: "survived"})
passengers = passengers.drop(columns=["name", "ticket", "home.dest"])


def fit(columns):
    """Return the held-out rows, their fate and a model that was fitted to the others."""
    X_train, X_test, y_train, y_test = train_test_split(
        passengers[columns], fate, stratify=fate, random_state=0
    )
    encode = make_column_transformer(
        (
            OneHotEncoder(
                min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False
            ),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder="passthrough",
    )
    model = make_pipeline(encode, HistGradientBoostingClassifier(max_iter=30, random_state=0))
    return X_train, X_test, y_test, model.fit(X_train, y_train)


X_train, X_test, y_test, model = fit(list(passengers.columns))
print(f"accuracy on {len(X_test)} held-out passengers: {model.score(X_test, y_test):.3f}")

# %%
# Ten explanations
# ----------------
# The strongest reason for each of ten passengers:
explainer = LimeTabularExplainer(model, target="survived", max_features=5, random_state=0)
batch = explainer.fit(X_train).explain(X_test.head(10))
for explanation in batch:
    condition, weight = explanation.as_list()[0]
    print(f"{explanation.predicted_class:9} {weight:+.2f}  {condition}")

# %%
# One of them in full, as a picture.
batch[0].plot()

# %%
# A notebook shows it as a card.
batch[0]

# %%
# The boat is the lifeboat by which a passenger was rescued. Who has one in the table was
# rescued; the clerk who wrote it down knew how the story ended. The model has learnt that, and
# nothing about ships. The number of the body has the same fault.
#
# Without what was not known on board
# -----------------------------------
honest = [name for name in passengers.columns if name not in ("boat", "body")]
X_train, X_test, y_test, model = fit(honest)
print(f"accuracy on {len(X_test)} held-out passengers: {model.score(X_test, y_test):.3f}")
explainer = LimeTabularExplainer(model, target="survived", max_features=5, random_state=0)
batch = explainer.fit(X_train).explain(X_test.head(10))
for explanation in batch:
    condition, weight = explanation.as_list()[0]
    print(f"{explanation.predicted_class:9} {weight:+.2f}  {condition}")

# %%
# The score is worse and the model is better: its reasons are sex and class, which were known
# before the iceberg. Explain a few rows before you believe a score that pleases you; if one
# column is the reason everywhere, ask when it was written down.
