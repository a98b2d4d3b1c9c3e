"""Make the plots of the guide: ``python doc/make_guide_plots.py``.

The figures of methods and keep are those that the benchmarks named on their pages have printed.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from sklime import LimeTabularExplainer, metrics
from sklime.display import LimeComparisonDisplay

HERE = Path(__file__).resolve().parent
IMAGES = HERE / "images"
ORANGE, BLUE, GRAY = "#c2570c", "#2f78c4", "#8a8f98"

# Model calls per row, and agreement with one-column effects: benchmarks/methods.py, 50 rows.
METHODS = {
    "forest": {"exact": (34, 0.983), "anchored": (1026, 0.973), "shared": (2, 0.791)},
    "boosting": {"exact": (33, 0.977), "anchored": (1025, 0.978), "shared": (1, 0.796)},
    "SVM": {"anchored": (1026, 0.848), "shared": (2, 0.699)},
}
# Correlation with one-feature effects and with Shapley values: benchmarks/true_effects.py.
KEEP = {
    "keep=0.5": (0.940, 0.954),
    "keep=0.75": (0.974, 0.946),
    "keep=0.9": (0.987, 0.931),
    "one at a time": (1.000, 0.929),
}


def save(figure, name):
    """Write a picture, and close its figure."""
    figure.savefig(IMAGES / f"guide-{name}.png", dpi=90)
    plt.close(figure)


def new_axes(width=6.4, height=3.2, n_columns=1):
    """Return a figure and its axes."""
    return plt.subplots(1, n_columns, figsize=(width, height), layout="constrained")


def methods():
    """Draw agreement against the calls of the model."""
    figure, ax = new_axes()
    markers = {"forest": "o", "boosting": "s", "SVM": "^"}
    colors = {"exact": ORANGE, "anchored": BLUE, "shared": GRAY}
    for model, of_model in METHODS.items():
        for method, (calls, agreement) in of_model.items():
            ax.scatter(calls, agreement, s=70, marker=markers[model], color=colors[method])
    for method, (calls, agreement) in METHODS["forest"].items():
        side = {"anchored": "right"}.get(method, "left")
        ax.text(calls, agreement - 0.035, method, color=colors[method], ha=side, weight="bold")
    for model, marker in markers.items():
        ax.scatter([], [], marker=marker, color="black", label=model)
    ax.set(xscale="log", ylim=(0.65, 1.01), xlabel="rows that the model answers per explained row")
    ax.set_ylabel("agreement with effects\nof one column")
    ax.legend(loc="lower right")
    save(figure, "methods")


def keep():
    """Draw both correlations side by side."""
    figure, ax = new_axes()
    at = np.arange(len(KEEP))
    effects, shapley = np.array(list(KEEP.values())).T
    ax.plot(at, effects, "o-", color=ORANGE, label="one-feature effects")
    ax.plot(at, shapley, "s--", color=BLUE, label="Shapley values")
    ax.set_xticks(at, list(KEEP))
    ax.set(ylabel="correlation with", ylim=(0.9, 1.01))
    ax.legend(loc="upper left")
    save(figure, "keep")


def hiding():
    """Draw one row as two settings explain it; the model is that of the page."""
    rng = np.random.default_rng(0)
    height = rng.normal(size=1000)
    noise = 0.01 * rng.normal(size=(1000, 5))
    X = np.column_stack([height[:, None] + noise, rng.normal(size=1000)])

    def model(X):
        return np.where(np.ptp(X[:, :5], axis=1) < 0.2, X[:, 0], X[:, 5])

    settings = {
        "default": {},
        "shared, empirical": {"neighborhood": "shared", "background": "empirical"},
    }
    row = X[[int(np.argmax(X[:, 0] + X[:, 5]))]]
    explanations = {
        name: LimeTabularExplainer(model, random_state=0, **options).fit(X).explain(row)[0]
        for name, options in settings.items()
    }
    save(LimeComparisonDisplay.from_explanations(explanations).figure_, "hiding")


def perturbed():
    """Draw where the perturbed rows of both neighborhoods lie."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])
    row = np.array([[1.4, 1.5]])
    figure, axes = new_axes(7.2, 3.4, 2)
    for ax, neighborhood in zip(axes, ("anchored", "shared")):
        seen = []

        def model(rows, seen=seen):
            seen.append(np.asarray(rows))
            return rows[:, 0]

        explainer = LimeTabularExplainer(
            model, neighborhood=neighborhood, n_perturbations=512, random_state=0
        ).fit(X)
        explainer.explain(row)
        copies = np.vstack(seen)
        ax.scatter(*X.T, s=4, color=GRAY, alpha=0.35, label="training rows")
        ax.scatter(*copies.T, s=7, color=BLUE, alpha=0.6, label="perturbed rows")
        ax.scatter(*row.T, s=90, marker="*", color=ORANGE, label="explained row", zorder=3)
        ax.set(title=neighborhood, xlabel="column 0", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
    axes[0].set_ylabel("column 1")
    axes[0].legend(loc="lower left", fontsize=8)
    save(figure, "neighborhoods")


def lime():
    """Draw a model of one column, the training mean, and what a rule adds."""
    figure, ax = new_axes()
    grid = np.linspace(-3.0, 3.0, 601)
    ax.plot(grid, 3.0 * (grid > 0.0), color="black", label="model")
    ax.axhline(1.5, color=GRAY, linestyle=":", label="average row")
    ax.annotate(
        "", (1.5, 3.0), (1.5, 1.5), arrowprops={"arrowstyle": "->", "color": ORANGE, "lw": 2.5}
    )
    ax.text(1.6, 2.1, "contribution of\n'x0 > 0.552': +1.5", color=ORANGE)
    ax.scatter([1.5], [3.0], s=110, marker="*", color=ORANGE, zorder=3, label="explained row")
    ax.set(xlabel="x0", ylabel="prediction")
    ax.legend(loc="upper left")
    save(figure, "lime")


def surrogates():
    """Draw the contributions that three surrogates give to one row."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = HistGradientBoostingRegressor(max_iter=50, random_state=0).fit(X, y)
    regressors = {"least squares": LinearRegression(), "ridge": Ridge(), "lasso": Lasso(2.0)}
    explanations = {
        name: LimeTabularExplainer(model, surrogate=one, max_features=None, random_state=0)
        .fit(X)
        .explain(X.head(1))[0]
        for name, one in regressors.items()
    }
    save(LimeComparisonDisplay.from_explanations(explanations).figure_, "surrogates")


def shapley():
    """Draw LIME contributions against Shapley values of the same rows."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = HistGradientBoostingRegressor(max_iter=50, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, max_features=None, random_state=0).fit(X)
    rows = X.head(60)
    said, values = explainer.explain(rows).values.ravel(), explainer.shapley(rows).values.ravel()
    figure, ax = new_axes(4.6, 4.0)
    ax.axline((0, 0), slope=1, color=GRAY, linewidth=1)
    ax.scatter(values, said, s=10, color=BLUE, alpha=0.6)
    ax.set(xlabel="Shapley value", ylabel="LIME contribution")
    save(figure, "shapley")


def pairs():
    """Draw fidelity with and without the strongest pairs."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = GradientBoostingRegressor(random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, max_features=None, random_state=0).fit(X)
    found = explainer.interactions(X.head(40), n_pairs=5).drop_duplicates("row")
    figure, ax = new_axes(4.6, 4.0)
    ax.axline((1, 1), slope=1, color=GRAY, linewidth=1)
    ax.scatter(found["fidelity"], found["fidelity_with_pairs"], s=16, color=ORANGE)
    ax.set(xlabel="fidelity", ylabel="fidelity with five pairs", xlim=(0.92, 1), ylim=(0.92, 1))
    save(figure, "pairs")


def deletion():
    """Draw what the prediction loses while features are taken away."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = HistGradientBoostingRegressor(max_iter=50, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, max_features=None, random_state=0).fit(X)
    rows = X.iloc[[int(np.argmax(model.predict(X)))]]
    curve = np.asarray(metrics.deletion_curve(explainer.explain(rows), explainer, rows)).ravel()
    figure, ax = new_axes()
    ax.plot(np.arange(len(curve)), curve, "o-", color=BLUE)
    ax.fill_between(np.arange(len(curve)), curve, curve.min(), color=BLUE, alpha=0.15)
    ax.set(xlabel="features taken away, strongest first", ylabel="prediction")
    save(figure, "deletion")


PLOTS = (methods, keep, hiding, perturbed, lime, surrogates, shapley, pairs, deletion)


def main():
    """Draw all plots, or those named on the command line."""
    for plot in PLOTS:
        if len(sys.argv) == 1 or plot.__name__ in sys.argv[1:]:
            plot()


if __name__ == "__main__":
    main()
