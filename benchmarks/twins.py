"""What do twins cost, and how well do they tell the fidelity?

At equal model calls: the standard error of the contributions with twins and without, as the
spread over seeds has it; and the fidelity, its own spread over seeds, and the standard error that
each explanation states for it.
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
from sklime.neighborhoods import AnchoredNeighborhood

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,wine/forest,wine/boosting,"
    "wine/SVM,diabetes/forest,diabetes/boosting"
)
MOST_ERROR = 0.03


def batches(pair, rows, n_seeds, twins):
    """Return one batch of explanations a seed."""
    neighborhood = AnchoredNeighborhood(twins=twins)
    return [
        LimeTabularExplainer(
            pair.ask,
            method="sampling",
            neighborhood=neighborhood,
            max_features=None,
            random_state=seed,
        )
        .fit(pair.X_train)
        .explain(rows)
        for seed in range(n_seeds)
    ]


def measured(pair, rows, n_seeds):
    """Return the numbers of one line."""
    with_twins, without = (batches(pair, rows, n_seeds, twins) for twins in (True, False))
    spreads = [
        np.var([batch.values for batch in made], axis=0, ddof=1).sum(axis=(1, 2))
        for made in (with_twins, without)
    ]
    fidelity = np.array([batch.fidelity[:, 0] for batch in with_twins])
    stated = np.array([batch.fidelity_errors[:, 0] for batch in with_twins])
    bound = np.array([batch.fidelity[:, 0] for batch in without])
    response_r2 = np.array([batch.response_r2[:, 0] for batch in with_twins])
    return (
        geometric_mean(np.sqrt(spreads[0] / spreads[1])),
        np.nanmedian(fidelity),
        np.nanmedian(bound),
        np.nanmedian(response_r2),
        np.nanmedian(np.nanstd(fidelity, axis=0, ddof=1)),
        np.nanmedian(stated),
    )


def main():
    """Compare eight pairs with and without twins."""
    arguments = parse_arguments(
        __doc__,
        {"rows": 8, "seeds": 24, "pairs": PAIRS},
        {"rows": 2, "seeds": 4, "pairs": "breast cancer/forest,wine/SVM"},
    )
    print_environment()
    pairs = make_pairs(arguments.pairs)
    lines = [measured(pair, pair.X_test[: arguments.rows], arguments.seeds) for pair in pairs]
    columns = np.array(lines)
    lines = [(pair.name, *line) for pair, line in zip(pairs, lines)]
    lines.append(
        ("mean ratio, medians", geometric_mean(columns[:, 0]), *np.median(columns[:, 1:], 0))
    )
    print_table(
        f"1024 model calls a row, {arguments.rows} rows, {arguments.seeds} seeds",
        (
            "pair",
            "error, twins / without",
            "fidelity",
            "bound without twins",
            "response R2",
            "its spread",
            "stated error",
        ),
        lines,
    )
    spread = float(np.median(columns[:, 4]))
    what = f"median over pairs of the standard error of the fidelity at most {MOST_ERROR}"
    print_verdicts([(what, f"{spread:.3f}", spread <= MOST_ERROR)])


if __name__ == "__main__":
    main()
