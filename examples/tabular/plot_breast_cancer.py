"""
Why did the forest say malignant?
=================================

A random forest tells benign from malignant breast tumors by 30 measurements of cell nuclei.
It is right most of the time, but a forest gives no reasons. Here are some, for each row of
the test set at once, and how far they can be trusted.
"""

# %%
# A real model on a real table
# ----------------------------
# The rows that the explainer learns its bins from are the rows that the model was fitted on.
import matplotlib

matplotlib.use("Agg")

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from sklime import LimeTabularExplainer

data = load_breast_cancer(as_frame=True)
diagnosis = data.target.map(dict(enumerate(data.target_names)))
X_train, X_test, y_train, y_test = train_test_split(
    data.data, diagnosis, stratify=diagnosis, random_state=0
)
forest = RandomForestClassifier(200, random_state=0).fit(X_train, y_train)
print(f"accuracy on {len(X_test)} held-out tumors: {forest.score(X_test, y_test):.3f}")

# %%
# Weights of ten rows
# -------------------
# A fitted model is used unchanged; nothing is fitted again. ``transform`` returns one weight per
# row and column, in units of probability: what the condition adds to the probability of
# "malignant", compared with an average row. sklime reads the trees of the forest, so the weights
# are exact: nothing is sampled.
explainer = LimeTabularExplainer(forest, target="malignant", max_features=5, random_state=0)
explainer.fit(X_train).set_output(transform="pandas")
print(explainer.method_reason_)
weights = explainer.transform(X_test.head(10))
with pd.option_context("display.width", 100, "display.max_columns", 8):
    print(weights.loc[:, (weights != 0).any()].round(3))

# %%
# The strongest reasons of one row
# --------------------------------
# The first malignant tumor of the test set. The fidelity says how well the five reasons together
# predict the forest near this row. To be safe, ``explain`` compares its reading of the trees with
# the forest, at this row and at 32 rows near it.
tumor = X_test[(y_test == "malignant").to_numpy()].head(1)
explanation = explainer.explain(tumor)[0]
print(explanation)

# %%
# A notebook shows the same as a card.
explanation

# %%
# The picture
# -----------
figure = explanation.plot().figure_
picture = Path("breast_cancer.png")
figure.savefig(picture, dpi=120)
print(f"the picture is in {picture}")

# %%
# Right and wrong predictions
# ---------------------------
# Pass ``by`` to compare groups of rows. Both panels have the same features, limits and colors. In
# the rows that the forest gets wrong, reasons point both ways, and few values are very low or high.
wrong = (forest.predict(X_test) != y_test).rename("wrong prediction")
explainer.explain(X_test).plot(by=wrong, max_features=6)

# %%
# How true are the reasons overall? The local accuracy compares, over all test rows, what the
# surrogates predict for a row that they have not seen with what the forest says.
print(f"local accuracy over the test rows: {explainer.score(X_test):.3f}")

# %%
# Size is what speaks for a malignant tumor here: the worst area, perimeter and radius, which
# measure nearly the same thing, share the weight between them. That is a property of the
# forest, which splits on all three, and worth knowing before one of them is called the cause.
