"""
Who survived the Titanic, and why does the model think so?
==========================================================

A pipeline over a raw table: strings, whole numbers, missing values. The explainer works on
the raw columns, in front of imputation and one-hot encoding, so that reasons read as
``sex = female`` or ``age is missing`` and not as column 17 of an encoded matrix.
"""

# %%
# The table as it came
# --------------------
# The passenger list is among the files that scikit-learn ships for its own tests. What was
# learnt after the accident (the number of the boat, of the body) is left out.
import gzip
import sys
from pathlib import Path

import pandas as pd
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
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

passengers = passengers.drop(columns=["boat", "body", "name", "ticket", "home.dest"])
fate = passengers.pop("survived").map({0: "died", 1: "survived"})
print(passengers.dtypes, passengers.isna().sum().rename("missing"), sep="\n\n")

# %%
# An ordinary pipeline
# --------------------
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
# All reasons at once
# -------------------
# The passenger class is a number in the table; here it is better read as a category. One
# line a passenger and reason, in words, with a 95 % interval:
explainer = LimeTabularExplainer(
    pipeline, target="survived", categorical_features=["pclass"], max_features=6, random_state=0
).fit(X_train)
batch = explainer.explain(X_test)
reasons = batch.to_frame()
print(reasons.groupby("row", sort=False).head(2).head(10).round(3).to_string(index=False))

# %%
# One passenger of whom little is known
# -------------------------------------
# That the age is missing is a reason like any other: it is drawn at its rate when other
# values are drawn, and the pipeline can take it.
unknown_age = X_test["age"].isna() & (pipeline.predict(X_test) == "survived")
explanation = batch[unknown_age.to_numpy()][0]
explanation

# %%
# The same as a picture.
explanation.plot()

# %%
# Reasons add up over passengers: what moves the model most, on average?
strength = reasons.assign(size=reasons["weight"].abs()).groupby("feature")["size"]
print((strength.sum() / len(X_test)).sort_values(ascending=False).round(3).to_string())

# %%
# Being a woman, and in which class she traveled, decide nearly everything; everything else
# moves the probability by less than a tenth. The model has learnt "women and children first",
# and mostly the first half of it.
