"""
A digit that is known by its corner
===================================

A classifier of digits is right on nearly all test pictures. Explanations of single pictures show
that it knows some digits by a mark in the corner, and not by their strokes. Heat maps of many
pictures, sorted by a clustering, show how many digits are known in this way.
"""

# %%
# Digits with a mark
# ------------------
# Half of the nines were scanned by another machine, which leaves a spot in the upper left corner.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklime import LimeImageExplainer

X, y = load_digits(return_X_y=True)
X = X / 16
random = np.random.default_rng(0)
is_marked = (y == 9) & (random.random(len(y)) < 0.5)
X[np.ix_(is_marked, [0, 1, 8, 9])] = 1.0
X_train, X_test, y_train, y_test, _, marked_test = train_test_split(
    X, y, is_marked, random_state=0, stratify=y
)
model = LogisticRegression(max_iter=5000).fit(X_train, y_train)
print(f"accuracy: {model.score(X_test, y_test):.3f}")

# %%
# Explain two nines, with and without the mark
# --------------------------------------------
# Rows of 64 pixels are pictures of 8 x 8. A grid of 16 boxes is fine enough for them. Probabilities
# are near 1, so log-odds are explained.
explainer = LimeImageExplainer(
    model,
    image_shape=(8, 8),
    segmenter="grid",
    n_segments=16,
    link="logit",
    target=9,
    random_state=0,
).fit(X_train)
nines = np.flatnonzero(y_test == 9)
chosen = [nines[marked_test[nines]][0], nines[~marked_test[nines]][0]]
batch = explainer.explain(X_test[chosen])
batch.plot(max_features=3)

# %%
# The strongest segment of the first one is the corner, where no digit has a stroke.
print(np.argwhere(batch[0].mask(top=1)))

# %%
# Sort many pictures
# ------------------
# ``transform`` has one column per pixel, so a Pipeline can cluster explanations of all nines.
pipeline = make_pipeline(explainer, KMeans(2, n_init=10, random_state=0))
groups = pipeline.fit_predict(X_test[nines])
print(pd.crosstab(groups, marked_test[nines], rownames=["group"], colnames=["marked"]))

# %%
# Put the mark on other digits
# ----------------------------
# If the explanations are right, the mark makes nines of other digits.
others = X_test[y_test != 9].copy()
before = (model.predict(others) == 9).mean()
others[:, [0, 1, 8, 9]] = 1.0
after = (model.predict(others) == 9).mean()
print(f"called a nine: {before:.1%} before, {after:.1%} with the mark")

# %%
# See the wrong cue
# -----------------
# The strongest segments have numbers, and the first is the corner. It raises the log-odds by more
# than each segment with strokes of the nine. The right panel shows what the model goes by.
batch[0].plot(max_features=4)
plt.show()

# %%
# The accuracy does not tell that half of the nines are known by their corner: the test pictures
# come from the same machines. Heat maps do, and a clustering of them finds all pictures of the kind
# without a list of marked ones. Before you trust a classifier of pictures, look at where it looks.
