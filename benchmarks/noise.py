"""How much quieter are our weights than those of independent points, at equal model calls?

Independent points without control variates are how `lime` samples. Beside our default stand
scrambled Sobol points alone.
"""

from _common import (
    geometric_mean,
    make_pairs,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
import numpy as np

from sklime import LimeTabularExplainer
from sklime.neighborhoods import AnchoredNeighborhood, SharedNeighborhood

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,"
    "wine/forest,wine/boosting,wine/SVM"
)

# Name: (class, perturbations).
NEIGHBORHOODS = {"shared": (SharedNeighborhood, 4096), "anchored": (AnchoredNeighborhood, 1024)}

# The column that is required, and the variance ratio it must reach.
REQUIRED = (("shared", None, True), 4)

# Neighborhood, max_features, control variates.
COLUMNS = [
    (name, max_features, control)
    for name in NEIGHBORHOODS
    for max_features, control in ((None, True), (None, False), (10, True), (5, True))
]


def weights_of_seeds(pair, rows, n_seeds, neighborhood, **options):
    """Return the weights of every seed, shape (n_seeds, n_rows, n_features)."""
    weights = []
    for seed in range(n_seeds):
        explainer = LimeTabularExplainer(
            pair.ask, method="sampling", neighborhood=neighborhood, random_state=seed, **options
        )
        weights.append(explainer.fit(pair.X_train).explain(rows).values[..., 0])
    return np.array(weights)


def variances(pair, rows, n_seeds, column):
    """Return the variances over seeds, (n_rows, n_features), with independent and our points."""
    name, max_features, control = column
    make_neighborhood, n_perturbations = NEIGHBORHOODS[name]
    options = {"max_features": max_features, "n_perturbations": n_perturbations}
    sides = (make_neighborhood(points="independent"), False), (make_neighborhood(), control)
    return [
        weights_of_seeds(
            pair, rows, n_seeds, neighborhood, control_variates=control, **options
        ).var(axis=0, ddof=1)
        for neighborhood, control in sides
    ]


def variance_ratios(independent, ours):
    """Return the ratio a weight and the ratio a row, each as a geometric mean.

    A weight that one of the two never reports has no ratio; a row's ratio, of the sums over its
    features, counts every weight.
    """
    vary = (independent > 0) & (ours > 0)
    totals = independent.sum(axis=1), ours.sum(axis=1)
    return geometric_mean((independent / np.where(vary, ours, 1))[vary]), geometric_mean(
        totals[0] / totals[1]
    )


def column_name(column):
    """Return a column's heading."""
    name, max_features, control = column
    points_only = "" if control else ", points alone"
    return f"{name}, {'all' if max_features is None else max_features}{points_only}"


def print_ratios(title, pairs, ratios):
    """Print one kind of ratio, pair by pair, with the geometric mean over pairs."""
    lines = [(pair.name, *line) for pair, line in zip(pairs, ratios)]
    lines.append(("geometric mean", *(geometric_mean(column) for column in ratios.T)))
    print_table(title, ("pair", *map(column_name, COLUMNS)), lines)


def main():
    """Compare variances at equal calls, in both neighborhoods, for three ``max_features``."""
    arguments = parse_arguments(
        __doc__,
        {"rows": 10, "seeds": 24, "pairs": PAIRS},
        {"rows": 2, "seeds": 4, "pairs": "breast cancer/boosting,wine/SVM"},
    )
    print_environment()
    pairs = make_pairs(arguments.pairs)
    ratios = np.array(
        [
            [
                variance_ratios(
                    *variances(pair, pair.X_test[: arguments.rows], arguments.seeds, column)
                )
                for column in COLUMNS
            ]
            for pair in pairs
        ]
    )
    calls = ", ".join(f"{name} {calls}" for name, (_, calls) in NEIGHBORHOODS.items())
    title = f"Variance over {arguments.seeds} seeds, independent / ours, at equal calls ({calls}): "
    print_ratios(title + "geometric mean over weights", pairs, ratios[..., 0])
    print_ratios(title + "summed over a row's weights", pairs, ratios[..., 1])
    column, required = REQUIRED
    reached = geometric_mean(ratios[:, COLUMNS.index(column), 0])
    what = f"{column_name(column)}: geometric mean over weights and pairs at least {required}"
    print_verdicts([(what, f"{reached:.2f}", reached >= required)])


if __name__ == "__main__":
    main()
