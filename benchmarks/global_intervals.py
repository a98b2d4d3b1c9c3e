"""Do 95 % intervals of mean absolute weights cover those that a very long run finds?

Features are selected anew by every run, the long one too. Beside the intervals that
`mean_abs_weights` gives, from distances to the reported mean, stand others made from the same
fits: from distances to their own average, with the jackknife's correction for bias, and both on
the features that were reported rather than selected anew.
"""

from _common import make_pairs, parse_arguments, print_environment, print_table, print_verdicts

# isort: split
from itertools import product

import numpy as np
from scipy.stats import t as student_t

from sklime import LimeTabularExplainer

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,"
    "wine/forest,wine/boosting,wine/SVM"
)

# What a short run takes by default; the long one takes `reference_factor` times as many.
N_PERTURBATIONS = {"shared": 4096, "anchored": 1024}
REFERENCE_SEED = 2**20

# Share of covering intervals, in per cent.
REQUIRED = (93, 97)

VARIANTS = ("reported", "own average", "corrected", "same features", "same, corrected")


def explain(pair, rows, setting, arguments, **options):
    """Explain rows as both the short runs and the long one do."""
    discretizer, neighborhood = setting
    explainer = LimeTabularExplainer(
        pair.ask,
        method="sampling",
        neighborhood=neighborhood,
        discretizer=discretizer,
        max_features=arguments.max_features or None,
        n_replicates=arguments.replicates,
        **options,
    )
    return explainer.fit(pair.X_train).explain(rows)


def reported_intervals(batch):
    """Return centers and half-widths of what `mean_abs_weights` reports, feature by feature."""
    frame = batch.mean_abs_weights().set_index("feature").loc[list(batch.feature_names)]
    half_width = frame["ci_high"] - frame["mean_abs_weight"]
    return frame["mean_abs_weight"].to_numpy(), half_width.to_numpy()


def jackknife_intervals(values, without_replicate, *, is_corrected):
    """Return centers and half-widths, worked out here from the absolute weights."""
    means, n_replicates = without_replicate.mean(axis=0), len(without_replicate[0])
    spread = (n_replicates - 1) / n_replicates * ((means - means.mean(axis=0)) ** 2).sum(axis=0)
    center = values.mean(axis=0)
    if is_corrected:
        center = n_replicates * center - (n_replicates - 1) * means.mean(axis=0)
    return center, student_t.ppf(0.975, n_replicates - 1) * np.sqrt(spread)


def all_intervals(batch):
    """Return centers and half-widths of each variant."""
    values = np.abs(batch.values[..., 0])
    fit = batch.internals.fit
    anew, same = (np.abs(array[..., 0]) for array in (fit.reselected_values, fit.left_out_values))
    return [
        reported_intervals(batch),
        jackknife_intervals(values, anew, is_corrected=False),
        jackknife_intervals(values, anew, is_corrected=True),
        jackknife_intervals(values, same, is_corrected=False),
        jackknife_intervals(values, same, is_corrected=True),
    ]


def covers(pair, setting, arguments):
    """Return whether each interval covers, (n_intervals, n_variants), and their mean width."""
    rows = pair.X_test[: arguments.rows]
    long_run = explain(
        pair,
        rows,
        setting,
        arguments,
        n_perturbations=arguments.reference_factor * N_PERTURBATIONS[setting[1]],
        random_state=REFERENCE_SEED,
    )
    truth = np.abs(long_run.values[..., 0]).mean(axis=0)
    covering, widths = [], []
    for seed in range(arguments.seeds):
        batch = explain(pair, rows, setting, arguments, random_state=seed)
        intervals = all_intervals(batch)
        # Features that no row uses, with and without each replicate, get no interval.
        is_reported = np.isfinite(intervals[0][1])
        covering.append(
            np.stack([np.abs(center - truth) <= half for center, half in intervals], axis=1)[
                is_reported
            ]
        )
        widths.append((intervals[0][1] / truth.max())[is_reported].mean())
    return np.concatenate(covering), np.mean(widths)


def line(name, setting, covering, width):
    """Return one line of the table, shares in per cent."""
    shares = covering.mean(axis=0) * 100
    return name, *setting, len(covering), width, *(f"{share:.1f}" for share in shares)


def main():
    """Count covering intervals, pair by pair, with each kind of bins in both neighborhoods."""
    arguments = parse_arguments(
        __doc__,
        {
            "rows": 20,
            "seeds": 32,
            "max_features": 10,
            "replicates": 8,
            "reference_factor": 64,
            "discretizers": "quartile,model",
            "neighborhoods": ",".join(N_PERTURBATIONS),
            "pairs": PAIRS,
        },
        {"rows": 5, "seeds": 4, "reference_factor": 16, "pairs": "breast cancer/SVM,wine/boosting"},
    )
    print_environment()
    pairs = make_pairs(arguments.pairs)
    lines, verdicts = [], []
    for setting in product(arguments.discretizers.split(","), arguments.neighborhoods.split(",")):
        of_pairs = [covers(pair, setting, arguments) for pair in pairs]
        lines += [line(pair.name, setting, *found) for pair, found in zip(pairs, of_pairs)]
        pooled = np.concatenate([covering for covering, _ in of_pairs])
        lines.append(line("all", setting, pooled, np.mean([width for _, width in of_pairs])))
        share = pooled[:, 0].mean() * 100
        what = f"{', '.join(setting)}: {REQUIRED[0]} to {REQUIRED[1]} % cover, over all pairs"
        verdicts.append((what, f"{share:.1f} %", REQUIRED[0] <= share <= REQUIRED[1]))
    print_table(
        "Share of 95 % intervals of mean |weight| that cover that of a run of "
        f"{arguments.reference_factor} times as many perturbations (max_features = "
        f"{arguments.max_features or None}, {arguments.replicates} replicates, "
        f"{arguments.rows} rows, {arguments.seeds} seeds; "
        "half-widths in shares of the largest mean)",
        ("pair", "bins", "neighborhood", "intervals", "half-width", *VARIANTS),
        lines,
    )
    print_verdicts(verdicts)


if __name__ == "__main__":
    main()
