"""
Find the organ that a model looks at
====================================

Volumes, such as scans, are pictures with three axes of space. A model of volumes is explained by
supervoxels: boxes, or regions of equal brightness. Here the organ that decides is known, because
the scans are made up, so the explanation can be checked.
"""

# %%
# Scans of a body with two organs
# -------------------------------
# The left organ is brighter in ill patients. The right one varies as much, and tells nothing.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from sklime import LimeImageExplainer

SHAPE = 12, 20, 20
depth, row, column = np.meshgrid(*(np.linspace(-1, 1, length) for length in SHAPE), indexing="ij")


def ball(place, radius):
    """Where a ball is; its middle is a depth, a row and a column from -1 to 1."""
    squares = [(axis - one) ** 2 for axis, one in zip((depth, row, column), place)]
    return sum(squares) < radius**2


body = (depth / 1.2) ** 2 + (row / 0.95) ** 2 + (column / 0.95) ** 2 < 1
left, right = ball((0.0, -0.1, -0.45), 0.32), ball((0.1, 0.1, 0.45), 0.32)
random = np.random.default_rng(0)
is_ill = random.random(300) < 0.5
scans = random.normal(0.0, 0.05, (300, *SHAPE)) + 0.3 * body
scans[:, left] += (0.15 + 0.25 * is_ill + random.normal(0.0, 0.08, 300))[:, None]
scans[:, right] += (0.30 + random.normal(0.0, 0.15, 300))[:, None]

# %%
# A model that takes volumes
# --------------------------
# It averages blocks of 2 x 2 x 2 voxels and hands them to a logistic regression. The function that
# the explainer gets does both: it takes volumes and returns probabilities.


def blocks(volumes):
    """Mean brightness of blocks, one row per volume."""
    pooled = volumes.reshape(-1, 6, 2, 10, 2, 10, 2).mean(axis=(2, 4, 6))
    return pooled.reshape(len(volumes), -1)


train, test, ill_train, ill_test = train_test_split(scans, is_ill, random_state=0)
classifier = LogisticRegression(C=0.1, max_iter=1000).fit(blocks(train), ill_train)
print(f"accuracy: {classifier.score(blocks(test), ill_test):.2f}")


def probability_of_illness(volumes):
    """The answer of the model to volumes."""
    return classifier.predict_proba(blocks(volumes))[:, 1]


# %%
# Explain one scan
# ----------------
# ``channel_axis=None`` says that volumes have no channels. Boxes are supervoxels that need no other
# package; with scikit-image, ``segmenter="slic"`` follows the organs.
explainer = LimeImageExplainer(
    probability_of_illness, channel_axis=None, segmenter="grid", n_segments=100, random_state=0
).fit(train)
patient = test[ill_test][:1]
explanation = explainer.explain(patient)[0]
for name, weight in explanation.as_list()[:5]:
    print(f"{name}: {weight:+.3f}")

# %%
# Slices through the volume, beside the weights of the same slices.
heatmap = explanation.heatmap()
largest = np.abs(heatmap).max()
figure, axes = plt.subplots(2, 4, figsize=(8, 4.3), layout="constrained")
for (above, below), height in zip(axes.T, (2, 5, 6, 9)):
    above.imshow(patient[0, height], cmap="gray", vmin=0, vmax=1)
    shown = below.imshow(heatmap[height], cmap="PuOr_r", vmin=-largest, vmax=largest)
    above.set_title(f"slice {height}")
for ax in axes.flat:
    ax.set_axis_off()
figure.colorbar(shown, ax=axes[1], label="change of the probability")

# %%
# Check it
# --------
# Of the voxels of the strongest supervoxels, how many are in which organ? The explainer knows
# nothing of organs.
strongest = explanation.mask(top=4)
for name, organ in {"left": left, "right": right}.items():
    print(f"{name} organ: {strongest[organ].mean():.0%} of it is in the four strongest supervoxels")

# %%
# The evidence is in the left organ, where it was put. The right organ is as bright and varies more,
# but it moves the probability little. Real scans come without a known answer: then make a copy of a
# scan in which an organ is changed, and see whether the model answers as the explanation says.
