"""Do the weights follow the model? True one-feature effects, gap, local accuracy, stability."""

import itertools

from _common import (
    explain_with_lime,
    explain_with_sklime,
    make_pair,
    one_feature_effects,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
import numpy as np
from scipy.stats import rankdata

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,"
    "wine/forest,wine/SVM,diabetes/forest,diabetes/SVM"
)

# Name: (function, options). The first three make the required figures; add yours below them and
# name it in --configurations.
CONFIGURATIONS = {
    "lime 5000": (explain_with_lime, {"num_samples": 5000}),
    "sklime 1024": (explain_with_sklime, {"n_perturbations": 1024}),
    "sklime 2048": (explain_with_sklime, {"n_perturbations": 2048}),
    "shared 4096": (explain_with_sklime, {"neighborhood": "shared", "n_perturbations": 4096}),
    "around 1024": (
        explain_with_sklime,
        {"neighborhood": "around", "discretizer": None, "n_perturbations": 1024},
    ),
    "keep 0.5": (explain_with_sklime, {"keep": 0.5}),
    "keep 0.9": (explain_with_sklime, {"keep": 0.9}),
    "deciles": (explain_with_sklime, {"discretizer": "decile"}),
    "entropy cuts": (explain_with_sklime, {"discretizer": "entropy"}),
    "model cuts": (explain_with_sklime, {"discretizer": "model"}),
    "raw values keep 0.5": (explain_with_sklime, {"discretizer": None, "keep": 0.5}),
    "empirical": (explain_with_sklime, {"background": "empirical"}),
    "copula": (explain_with_sklime, {"background": "copula"}),
    "lime raw values": (explain_with_lime, {"discretize_continuous": False}),
    "lime deciles": (explain_with_lime, {"discretizer": "decile"}),
}
LIME, SMALL, LARGE = REQUIRED = ("lime 5000", "sklime 1024", "sklime 2048")

MEASURES = ("rank", "linear", "gap", "local accuracy", "top-5 Jaccard")


def row_correlations(a, b):
    """Return Pearson's correlation of each row of a with that of b.

    It is 0 where only the weights ``a`` are constant, and NaN where the effects ``b`` are.
    """
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (a, b))
    products = (a * b).sum(axis=1)
    norms = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    correlations = np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)
    return np.where((b != 0).any(axis=1), correlations, np.nan)


def top_features(contributions, n_top=5):
    """Return the set of each row's features of largest absolute contribution."""
    order = np.argsort(-np.abs(contributions), axis=1, kind="stable")
    return [set(row) for row in order[:, :n_top].tolist()]


def mean_jaccard(runs):
    """Return the overlap of the top five features over pairs of seeds and over rows."""
    tops = [top_features(run.contributions) for run in runs]
    overlaps = [
        len(a & b) / len(a | b)
        for first, second in itertools.combinations(tops, 2)
        for a, b in zip(first, second)
    ]
    return np.mean(overlaps)


def measures_of_run(run, effects, responses, spread):
    """Return rank and linear correlation, gap and local accuracy of one seed."""
    errors = run.local_predictions - responses
    ranks = (rankdata(values, axis=1) for values in (run.contributions, effects))
    return (
        np.nanmedian(row_correlations(*ranks)),
        np.nanmedian(row_correlations(run.contributions, effects)),
        np.median(np.abs(errors)) / spread,
        1 - (errors**2).sum() / ((responses - responses.mean()) ** 2).sum(),
    )


def measures_of_pair(pair, configurations, n_rows, n_seeds):
    """Return a dict: configuration -> the five measures and the seconds a row."""
    rows = pair.X_test[:n_rows]
    effects = one_feature_effects(pair, rows)
    responses, spread = pair.ask(rows), pair.ask(pair.X_train).std()
    measured = {}
    for name in configurations:
        explain, options = CONFIGURATIONS[name]
        runs = [explain(pair, rows, seed, **options) for seed in range(n_seeds)]
        of_seeds = [measures_of_run(run, effects, responses, spread) for run in runs]
        seconds = np.mean([run.seconds for run in runs]) / len(rows)
        measured[name] = (*np.mean(of_seeds, axis=0), mean_jaccard(runs), seconds)
    return measured


def required_medians(measured):
    """Return the verdicts on the medians over pairs."""
    medians = {name: np.median(values, axis=0) for name, values in measured.items()}
    lime = dict(zip(MEASURES, medians[LIME]))
    verdicts = []
    for name in (SMALL, LARGE):
        ours = dict(zip(MEASURES, medians[name]))
        paired = dict(zip(MEASURES, np.median(measured[name] - measured[LIME], axis=0)))
        verdicts += [
            (
                f"{name}, {measure} correlation at least 0.15 above lime's",
                f"{lime[measure]:.3f} -> {ours[measure]:.3f}, {ours[measure] - lime[measure]:+.3f} "
                f"(median of the pairs' differences {paired[measure]:+.3f})",
                ours[measure] - lime[measure] >= 0.15,
            )
            for measure in ("rank", "linear")
        ]
        verdicts += [
            (
                f"{name}, gap at most a quarter of lime's",
                f"{lime['gap']:.3f} -> {ours['gap']:.3f}, ratio {ours['gap'] / lime['gap']:.3f}",
                ours["gap"] <= lime["gap"] / 4,
            ),
            (
                f"{name}, local accuracy at least 0.98",
                f"{ours['local accuracy']:.3f} (lime {lime['local accuracy']:.3f})",
                ours["local accuracy"] >= 0.98,
            ),
        ]
    jaccard = medians[LARGE][4], medians[LIME][4]
    what = f"{LARGE}, top-5 Jaccard not below lime's"
    return [*verdicts, (what, "{:.3f} (lime {:.3f})".format(*jaccard), jaccard[0] >= jaccard[1])]


def required_pairs(measured, pairs):
    """Return the verdicts on the worst pair: behind lime by at most 0.03."""
    verdicts = []
    for name in (SMALL, LARGE):
        gains = (measured[name] - measured[LIME])[:, :4] * (1, 1, -1, 1)
        for measure, gain in zip(MEASURES, gains.T):
            worst = gain.argmin()
            verdicts.append(
                (
                    f"{name}, {measure}: in no pair more than 0.03 worse than lime",
                    f"{gain[worst]:+.3f} ({pairs[worst]})",
                    gain[worst] >= -0.03,
                )
            )
    return verdicts


def main():
    """Measure pair by pair; print a table, the medians and the verdicts."""
    arguments = parse_arguments(
        __doc__,
        {"rows": 30, "seeds": 5, "pairs": PAIRS, "configurations": ",".join(REQUIRED)},
        {"rows": 3, "seeds": 2, "pairs": "breast cancer/boosting,wine/SVM,diabetes/forest"},
    )
    print_environment()
    configurations = [name.strip() for name in arguments.configurations.split(",")]
    pairs = [name.strip() for name in arguments.pairs.split(",")]
    header = ("pair and explainer", *MEASURES, "s a row")
    of_pairs = []
    for pair_name in pairs:
        of_pairs.append(
            measures_of_pair(make_pair(pair_name), configurations, arguments.rows, arguments.seeds)
        )
        print_table(pair_name, header, [(name, *row) for name, row in of_pairs[-1].items()])
    measured = {name: np.array([row[name] for row in of_pairs]) for name in configurations}
    medians = [(name, *np.median(values, axis=0)) for name, values in measured.items()]
    print_table(f"median over {len(pairs)} pairs", header, medians)
    if set(REQUIRED) <= set(configurations):
        print_verdicts(required_medians(measured) + required_pairs(measured, pairs))


if __name__ == "__main__":
    main()
