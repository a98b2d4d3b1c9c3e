"""
Which penguin is this? Numbers and categories in one table
==========================================================

The tutorial on tables of ``lime`` explains numbers first and categories second, and codes
categories as integers by hand. Here both stand in one table as they came: measurements,
islands, sexes, and a few values that nobody wrote down. There are three species to tell
apart, so each explanation says why this one and why not the others.
"""

# %%
# 344 penguins
# ------------
# The table of Horst, Hill and Gorman is among the files that scikit-learn ships for its own
# tests.
import gzip
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeTabularExplainer

openml = Path(sklearn.__file__).parent / "datasets" / "tests" / "data" / "openml"
files = sorted((openml / "id_42585").glob("data-*.arff.gz"))
if not files:
    print("This build of scikit-learn comes without the penguins: nothing to explain.")
    sys.exit()

with gzip.open(files[0], "rt", encoding="utf-8") as lines:
    names = []
    for line in lines:
        if line.lower().startswith("@attribute"):
            names.append(line.split()[1])
        elif line.lower().startswith("@data"):
            break
    penguins = pd.read_csv(lines, names=names, na_values=["?", "_"], comment="%")

species = penguins.pop("species")
penguins.sample(4, random_state=0)

# %%
# A forest behind imputation and one-hot encoding. The explainer gets the whole pipeline, so
# that it speaks of islands and not of column 5.
X_train, X_test, y_train, y_test = train_test_split(
    penguins, species, stratify=species, random_state=0
)
numbers = make_column_selector(dtype_include="number")
texts = make_column_selector(dtype_exclude="number")
encode = make_column_transformer(
    (SimpleImputer(), numbers),
    (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), texts),
)
forest = make_pipeline(encode, RandomForestClassifier(random_state=0)).fit(X_train, y_train)
print(f"accuracy on {len(X_test)} held-out penguins: {forest.score(X_test, y_test):.3f}")

# %%
# One penguin
# -----------
# With several classes every class is explained, each by its own linear model.
explainer = LimeTabularExplainer(forest, max_features=None, random_state=0).fit(X_train)
batch = explainer.explain(X_test)
penguin = int((y_test == "Chinstrap").to_numpy().argmax())
explanation = batch[penguin]
explanation

# %%
# The predicted species as a picture, and below it the one that it could be taken for.
fig, axes = plt.subplots(nrows=2, figsize=(8, 6.4), layout="constrained")
explanation.plot(output="Chinstrap", ax=axes[0])
explanation.plot(output="Adelie", ax=axes[1])

# %%
# Is it true?
# -----------
# An explanation is a claim about the model, and a claim can be tested: put another value in
# and ask again. Here the value of the strongest condition is replaced by those of all
# training penguins, one after the other; some of them were met on the same island.
weights = explanation.values[:, list(explanation.explained_names()).index("Chinstrap")]
strongest = explanation.feature_names[int(np.abs(weights).argmax())]
changed = pd.concat([X_test.iloc[[penguin]]] * len(X_train), ignore_index=True)
changed[strongest] = X_train[strongest].to_numpy()
place = list(forest.classes_).index("Chinstrap")
before = forest.predict_proba(X_test.iloc[[penguin]])[0, place]
after = forest.predict_proba(changed)[:, place].mean()
print(f"{strongest}: probability of Chinstrap {before:.2f}, with other values {after:.2f}")

# %%
# What tells each species
# -----------------------
# The mean weight by species, over the test penguins that the forest takes for it: a table of
# the conditions that matter.
predicted = forest.predict(X_test)
means = {
    name: batch.values[predicted == name, :, place].mean(axis=0)
    for place, name in enumerate(forest.classes_)
}
pd.DataFrame(means, index=batch.feature_names).round(2)

# %%
# Bills and flippers tell the species apart, as a field guide has it. But the strongest reason
# for a Chinstrap is not a measurement at all: it is the island, where alone they were met.
# True of these birds in these years, it is a shortcut that would fail on the next island, and
# an accuracy near 1 says nothing of it. This one penguin has the short bill of an Adelie and
# is told right for no other reason than where it stood.
