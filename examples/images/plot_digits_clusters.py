"""
Sort digits by why they are recognized
======================================

Pictures can be clustered by their pixels. They can also be clustered by their explanations: an
explainer is a transformer of scikit-learn, so it stands before KMeans in a Pipeline. The groups
then tell which evidence a model uses, and not what the pictures look like.
"""

# %%
# A classifier of digits
# ----------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklime import LimeImageExplainer

X, y = load_digits(return_X_y=True)
X = X / 16
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
model = LogisticRegression(max_iter=5000).fit(X_train, y_train)
print(f"accuracy: {model.score(X_test, y_test):.3f}")

# %%
# Explain, then cluster
# ---------------------
# Each picture gets a heat map of its predicted class: one weight per pixel. Probabilities are
# near 1, so log-odds are explained. KMeans sees 64 weights in place of 64 pixels.
explainer = LimeImageExplainer(
    model,
    image_shape=(8, 8),
    segmenter="grid",
    n_segments=16,
    link="logit",
    n_perturbations=256,
    random_state=0,
)
pipeline = make_pipeline(explainer, KMeans(10, n_init=10, random_state=0))
groups = pipeline.fit(X_train[:100]).predict(X_test[:300])
predicted = model.predict(X_test[:300])
print(pd.crosstab(groups, predicted, rownames=["group"], colnames=["predicted"]))

# %%
# Compare with clusters of pixels
# -------------------------------
# Both clusterings see as many numbers per picture. The adjusted mutual information with the
# predictions is 1 for the same groups, and 0 for groups by chance.
of_pixels = KMeans(10, n_init=10, random_state=0).fit(X_train[:100]).predict(X_test[:300])
for name, found in {"explanations": groups, "pixels": of_pixels}.items():
    print(f"{name}: {adjusted_mutual_info_score(predicted, found):.2f}")

# %%
# Look at the groups
# ------------------
# The center of a group is the mean heat map of its pictures. Purple pixels lower the log-odds of
# the predicted class, orange ones raise them.
centers = pipeline[-1].cluster_centers_.reshape(-1, 8, 8)
largest = np.abs(centers).max()
figure, axes = plt.subplots(2, 5, figsize=(8, 4), layout="constrained")
for group, ax in enumerate(axes.flat):
    ax.imshow(centers[group], cmap="PuOr_r", vmin=-largest, vmax=largest)
    members = predicted[groups == group]
    ax.set_title(f"{np.bincount(members).argmax()} of {len(members)}" if members.size else "empty")
    ax.set_axis_off()
figure.suptitle("mean heat map, most frequent class and number of pictures")

# %%
# One group, one kind of evidence: most groups belong to one or two classes, and their mean heat map
# shows which strokes the classifier looks for. A class that is spread over several groups is
# recognized in several ways. A picture in a group of another class has been recognized by evidence
# that is unusual for its class, so look at it first.
