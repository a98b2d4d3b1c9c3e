"""Which settings find a column that a model hides from explanations?

The model decides by one column wherever a row looks real, and by another wherever a detector
tells that the row is perturbed (Slack and others, doi:10.1145/3375627.3375830). The detector is a
forest, trained on rows whose columns were drawn independently, with a part of each row kept.
"""

from _common import parse_arguments, print_environment, print_table

# isort: split
import numpy as np
from lime.lime_tabular import LimeTabularExplainer as TheirExplainer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from sklime import LimeTabularExplainer

HIDDEN, DECOY = 0, 1

CONFIGURATIONS = {
    "anchored, marginal (default)": {},
    "anchored, keep=0.5": {"keep": 0.5},
    "anchored, keep=0.9": {"keep": 0.9},
    "anchored, empirical": {"background": "empirical"},
    "shared, marginal": {"neighborhood": "shared"},
    "shared, copula": {"neighborhood": "shared", "background": "copula"},
    "shared, empirical": {"neighborhood": "shared", "background": "empirical"},
}


class HidingModel:
    """Answer by the hidden column on rows that look real, by the decoy elsewhere."""

    def __init__(self, X, seed):
        rng = np.random.default_rng(seed)
        real = np.tile(X, (4, 1))
        drawn = np.column_stack([rng.permutation(column) for column in real.T])
        is_kept = rng.random(real.shape) < rng.uniform(0.0, 0.95, (len(real), 1))
        perturbed = np.where(is_kept, real, drawn)
        rows, labels = np.vstack([real, perturbed]), np.repeat([1, 0], len(real))
        self.detector = RandomForestClassifier(100, random_state=seed).fit(rows, labels)

    def looks_real(self, X):
        """Return a boolean per row."""
        return self.detector.predict(X) == 1

    def __call__(self, X):
        """Return the score of each row."""
        X = np.asarray(X)
        return np.where(self.looks_real(X), X[:, HIDDEN], X[:, DECOY] > 0.0).astype(float)


def make_table(seed):
    """Return the measures of breast cancer with two columns that have nothing to do with them."""
    X, _ = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(0, 2, len(X)), rng.normal(size=len(X)), X])


def found(weights, rows):
    """Return in how many rows the hidden column is strongest, how often its sign is right."""
    strongest = np.abs(weights).argmax(axis=1) == HIDDEN
    sign = np.sign(weights[:, HIDDEN]) == np.where(rows[:, HIDDEN] == 1.0, 1.0, -1.0)
    decoy = np.abs(weights).argmax(axis=1) == DECOY
    return int(strongest.sum()), int(sign.sum()), int(decoy.sum())


def weights_of_lime(model, X, rows, seed):
    """Return the contributions of ``lime`` with its defaults."""
    # Of a regression lime explains the number itself, and files it under label 1.
    explainer = TheirExplainer(
        X, mode="regression", random_state=seed, categorical_features=[HIDDEN]
    )
    weights = np.zeros(rows.shape)
    for weights_of_row, row in zip(weights, rows):
        explanation = explainer.explain_instance(row, model, num_features=row.size)
        for feature, weight in explanation.local_exp[1]:
            weights_of_row[feature] = weight
    return weights


def main():
    """Explain some real rows with each configuration."""
    arguments = parse_arguments(
        __doc__.partition("\n")[0], {"rows": 12, "seed": 0}, {"rows": 4, "seed": 0}
    )
    print_environment()
    X, X_test = train_test_split(make_table(arguments.seed), test_size=0.3, random_state=0)
    model = HidingModel(X, arguments.seed)
    looks_real = model.looks_real(X_test)
    rows = X_test[looks_real][: arguments.rows]
    print(f"share of the test rows that look real: {looks_real.mean():.2f}")
    lines = []
    for name, options in CONFIGURATIONS.items():
        explainer = LimeTabularExplainer(
            model, max_features=None, categorical_features=[HIDDEN], random_state=0, **options
        )
        batch = explainer.fit(X).explain(rows)
        gap = np.median(np.abs(batch.held_out_predictions - batch.predictions))
        lines.append((name, *found(batch.values[..., 0], rows), gap, np.median(batch.fidelity)))
    lines.append(("lime", *found(weights_of_lime(model, X, rows, arguments.seed), rows), "", ""))
    header = (
        "settings",
        "hidden strongest",
        "its sign right",
        "decoy strongest",
        "gap",
        "fidelity",
    )
    print_table(f"{len(rows)} real rows", header, lines)


if __name__ == "__main__":
    main()
