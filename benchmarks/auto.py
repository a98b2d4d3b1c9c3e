"""How many model calls does ``n_perturbations="auto"`` take, and do intervals get that narrow?"""

from _common import (
    TimedFunction,
    make_pairs,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
import warnings

import numpy as np
from scipy.stats import t as student_t
from sklearn.exceptions import ConvergenceWarning

from sklime import LimeTabularExplainer

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,"
    "wine/forest,wine/boosting,wine/SVM,diabetes/forest,diabetes/boosting"
)
N_FIXED = 4096

# Share of rows whose half-widths are what was asked.
REQUIRED_SHARE = 0.95


def relative_half_widths(batch):
    """Return the widest half of a 95 % interval of each row, relative to its largest weight."""
    critical = student_t.ppf(0.975, batch.n_replicates - 1)
    widths = critical * np.nan_to_num(batch.standard_errors).max(axis=(1, 2))
    return widths / np.abs(batch.values).max(axis=(1, 2))


def explained(pair, rows, seed, **options):
    """Return the batch, and the rows that the model was asked about for each explained one."""
    ask = TimedFunction(pair.ask)
    explainer = LimeTabularExplainer(ask, method="sampling", random_state=seed, **options).fit(
        pair.X_train
    )
    ask.n_rows = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        batch = explainer.explain(rows)
    return batch, ask.n_rows / len(rows)


def main():
    """Compare auto with a fixed number of perturbed rows, pair by pair."""
    arguments = parse_arguments(
        __doc__,
        {"rows": 40, "tol": 0.05, "max_power": 17, "pairs": PAIRS},
        {"rows": 5, "tol": 0.2, "pairs": "breast cancer/forest,diabetes/boosting"},
    )
    print_environment()
    lines, reached, n_asked, fixed_reached = [], [], [], []
    options = {"n_perturbations": "auto", "tol": arguments.tol}
    for pair in make_pairs(arguments.pairs):
        rows = pair.X_test[: arguments.rows]
        by_default = explained(pair, rows, 0, **options)[0].converged
        batch, n_rows = explained(
            pair, rows, 0, max_perturbations=2**arguments.max_power, **options
        )
        fixed, _ = explained(pair, rows, 0, n_perturbations=N_FIXED, n_replicates=16)
        is_narrow = relative_half_widths(batch) <= arguments.tol
        is_fixed_narrow = relative_half_widths(fixed) <= arguments.tol
        low, middle, high = np.quantile(batch.n_perturbations, (0.1, 0.5, 0.9))
        shares = is_narrow.mean(), by_default.mean(), is_fixed_narrow.mean()
        lines.append((pair.name, f"{n_rows:.0f}", int(low), int(middle), int(high), *shares))
        reached.append(is_narrow)
        fixed_reached.append(is_fixed_narrow)
        n_asked.append(n_rows)
    print_table(
        f"tol = {arguments.tol}, at most 2^{arguments.max_power} model calls a row "
        f"(16384 by default), against {N_FIXED} for every row",
        (
            "pair",
            "calls a row",
            "10 %",
            "median",
            "90 %",
            "narrow enough",
            "with the default limit",
            f"with {N_FIXED}",
        ),
        lines,
    )
    share = np.concatenate(reached).mean()
    fixed_share = np.concatenate(fixed_reached).mean()
    print(
        f"mean calls a row: {np.mean(n_asked):.0f} with auto ({share:.1%} of rows narrow enough), "
        f"{N_FIXED} fixed ({fixed_share:.1%})\n"
    )
    what = f"half-widths as asked in at least {REQUIRED_SHARE:.0%} of rows"
    print_verdicts([(what, f"{share:.1%}", share >= REQUIRED_SHARE)])


if __name__ == "__main__":
    main()
