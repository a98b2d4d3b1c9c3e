"""Do the weights follow the model? True one-feature effects, gap, local accuracy, stability.

With ``--grid``: which discretizer, rate of keeping and background serve best?
"""

import itertools
from dataclasses import dataclass
from time import perf_counter

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
import shap
from scipy.stats import rankdata

from sklime import LimeTabularExplainer

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,"
    "wine/forest,wine/boosting,wine/SVM,"
    "diabetes/forest,diabetes/boosting,diabetes/SVM,"
    "titanic/forest,titanic/boosting,titanic fare/boosting"
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

MEASURES = (
    "rank",
    "linear",
    "gap",
    "local accuracy",
    "top-5 Jaccard",
    "Shapley",
    "seed noise",
)
HEADER = (*MEASURES, "s a row")
JACCARD = MEASURES.index("top-5 Jaccard")

# What --grid varies, and the perturbations a row.
GRID = ("discretizer", "keep", "background")
N_GRID_PERTURBATIONS = 1024


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


def relative_seed_noise(runs):
    """Return the standard deviation of a contribution over seeds, over the row's rms contribution.

    The median over rows and features.
    """
    contributions = np.array([run.contributions for run in runs])
    sizes = np.sqrt((contributions**2).mean(axis=(0, 2)))
    return np.median(contributions.std(axis=0, ddof=1)[sizes > 0] / sizes[sizes > 0, None])


def shapley_values(pair, rows, n_background):
    """Return Shapley values by shap's permutation explainer, shape (n_rows, n_features).

    Ten permutations a row, forwards and backwards; the background is a sample of training rows.
    """
    X_train, rows = pair.encode(pair.X_train), pair.encode(rows)
    places = np.random.default_rng(0).permutation(len(X_train))[:n_background]
    masker = shap.maskers.Independent(X_train[places], max_samples=n_background)
    explainer = shap.PermutationExplainer(lambda X: pair.ask(pair.decode(X)), masker, seed=0)
    # All masks of a permutation in one call of the model.
    batch_size = 2 * rows.shape[1] + 1
    return explainer(rows, max_evals="auto", batch_size=batch_size, silent=True).values


@dataclass(frozen=True)
class Truth:
    """What explanations of some rows are held against."""

    effects: np.ndarray  # (n_rows, n_features)
    shapley: np.ndarray  # of the first rows only
    responses: np.ndarray  # (n_rows,)
    spread: float  # standard deviation of the responses at the training rows


def truth_of(pair, rows, arguments):
    """Compute true effects, Shapley values and responses, once a pair."""
    return Truth(
        one_feature_effects(pair, rows),
        shapley_values(pair, rows[: arguments.shapley_rows], arguments.shapley_background),
        pair.ask(rows),
        pair.ask(pair.X_train).std(),
    )


def measures_of_run(run, truth):
    """Return the measures of one seed: a dict without Jaccard index and noise."""
    errors = run.local_predictions - truth.responses
    deviations = truth.responses - truth.responses.mean()
    ranks = (rankdata(values, axis=1) for values in (run.contributions, truth.effects))
    with_shapley = run.contributions[: len(truth.shapley)]
    return {
        "rank": np.nanmedian(row_correlations(*ranks)),
        "linear": np.nanmedian(row_correlations(run.contributions, truth.effects)),
        "gap": np.median(np.abs(errors)) / truth.spread,
        "local accuracy": 1 - (errors**2).sum() / (deviations**2).sum(),
        "Shapley": np.nanmedian(row_correlations(with_shapley, truth.shapley)),
    }


def measures_of_runs(runs, truth):
    """Return the measures, means over seeds, and the seconds a row, in the order of HEADER."""
    of_seeds = [measures_of_run(run, truth) for run in runs]
    measures = {name: np.mean([of_seed[name] for of_seed in of_seeds]) for name in of_seeds[0]}
    measures["top-5 Jaccard"] = mean_jaccard(runs)
    measures["seed noise"] = relative_seed_noise(runs)
    measures["s a row"] = np.mean([run.seconds for run in runs]) / len(truth.responses)
    return [measures[name] for name in HEADER]


def measures_of_pair(pair, configurations, arguments):
    """Return a dict: configuration -> its measures."""
    rows = pair.X_test[: arguments.rows]
    truth = truth_of(pair, rows, arguments)
    return {
        name: measures_of_runs(
            [explain(pair, rows, seed, **options) for seed in range(arguments.seeds)], truth
        )
        for name, (explain, options) in configurations.items()
    }


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
    jaccard = medians[LARGE][JACCARD], medians[LIME][JACCARD]
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


def compare(pairs, configurations, arguments):
    """Measure pair by pair and print a table of each."""
    of_pairs = []
    for pair_name in pairs:
        of_pairs.append(measures_of_pair(make_pair(pair_name), configurations, arguments))
        lines = [(name, *row) for name, row in of_pairs[-1].items()]
        print_table(pair_name, ("pair and explainer", *HEADER), lines)
    measured = by_configuration(of_pairs)
    print_medians(f"median over {len(pairs)} pairs", measured)
    numeric = [place for place, name in enumerate(pairs) if not name.startswith("titanic")]
    if set(REQUIRED) <= set(configurations) and numeric:
        measured = {name: values[numeric] for name, values in measured.items()}
        if len(numeric) < len(pairs):
            print_medians(f"median over the {len(numeric)} numeric pairs", measured)
        pairs = [pairs[place] for place in numeric]
        print_verdicts(required_medians(measured) + required_pairs(measured, pairs))


def by_configuration(of_pairs):
    """Return a dict: configuration -> measures, shape (n_pairs, n_measures)."""
    return {name: np.array([row[name] for row in of_pairs]) for name in of_pairs[0]}


def print_medians(title, measured):
    """Print the medians over pairs."""
    medians = [(name, *np.median(values, axis=0)) for name, values in measured.items()]
    print_table(title, ("explainer", *HEADER), medians)


def default_setting():
    """Return the package's defaults of what the grid varies."""
    parameters = LimeTabularExplainer(None).get_params(deep=False)
    return tuple(parameters[name] for name in GRID)


def grid_settings(arguments):
    """Return the settings of the grid; the package's defaults always belong to it."""
    discretizers = [None if name == "None" else name for name in names_of(arguments.discretizers)]
    keeps = [float(keep) for keep in names_of(arguments.keeps)]
    settings = itertools.product(discretizers, keeps, names_of(arguments.backgrounds))
    return dict.fromkeys([*settings, default_setting()])


def compare_grid(pairs, arguments):
    """Measure every setting on every pair, print the medians and what the rule says."""
    configurations = {LIME: CONFIGURATIONS[LIME]}
    for setting in grid_settings(arguments):
        options = dict(zip(GRID, setting), n_perturbations=N_GRID_PERTURBATIONS)
        configurations[setting] = (explain_with_sklime, options)
    of_pairs = []
    for pair_name in pairs:
        start = perf_counter()
        of_pairs.append(measures_of_pair(make_pair(pair_name), configurations, arguments))
        print(f"{pair_name}: {perf_counter() - start:.0f} s", flush=True)
    measured = by_configuration(of_pairs)
    print_grid(measured, pairs)
    print_rule(measured, pairs)


def effects_of_pairs(measures):
    """Return the mean of rank and linear correlation with true effects, pair by pair."""
    return measures[:, :2].mean(axis=1)


def print_grid(measured, pairs):
    """Print the medians over pairs, truest effects first, and who is as stable as lime."""
    lime = measured[LIME]
    threshold = np.median(lime[:, JACCARD])
    lines = []
    for name, values in measured.items():
        medians = np.median(values, axis=0)
        words = ("lime, 5000 calls", "", "") if name == LIME else tuple(map(str, name))
        stable = "yes" if medians[JACCARD] >= threshold else "no"
        worst = (effects_of_pairs(values) - effects_of_pairs(lime)).min()
        worst_jaccard = (values - lime)[:, JACCARD].min()
        effects = np.median(effects_of_pairs(values))
        lines.append((*words, effects, *medians[:-1], stable, worst, worst_jaccard))
    lines.sort(key=lambda line: -line[3])
    print_table(
        f"Medians over {len(pairs)} pairs, {N_GRID_PERTURBATIONS} calls a row; effects: mean of "
        "rank and linear correlation; stable: top-5 Jaccard not below lime's; last two: difference "
        "from lime in the worst pair",
        (*GRID, "effects", *MEASURES, "stable", "effects", "Jaccard"),
        lines,
    )


def print_rule(measured, pairs):
    """Print the best stable setting beside the package's defaults."""
    settings = [name for name in measured if name != LIME]
    effects = {name: effects_of_pairs(values) for name, values in measured.items()}
    jaccard = {name: np.median(values[:, JACCARD]) for name, values in measured.items()}
    default = default_setting()
    stable = [name for name in settings if jaccard[name] >= jaccard[LIME]]
    best = max(stable or settings, key=lambda name: np.median(effects[name]))
    columns = {"lime": LIME, "best": best, "default": default}
    print_table(
        f"Pair by pair; best: {setting_text(best)}; default: {setting_text(default)}",
        ("pair", *(f"effects, {who}" for who in columns), *(f"Jaccard, {who}" for who in columns)),
        [
            (
                pair,
                *(effects[name][place] for name in columns.values()),
                *(measured[name][place, JACCARD] for name in columns.values()),
            )
            for place, pair in enumerate(pairs)
        ],
    )
    gains = effects[best] - effects[default]
    medians = np.median(effects[best]), np.median(effects[default])
    print(
        f"{len(stable)} of {len(settings)} settings are as stable as lime "
        f"(median top-5 Jaccard {jaccard[LIME]:.3f}).\n"
        f"Truest effects among {'them' if stable else 'all'}: {setting_text(best)} "
        f"({medians[0]:.3f}, Jaccard {jaccard[best]:.3f}).\n"
        f"The default: {setting_text(default)} ({medians[1]:.3f}, Jaccard {jaccard[default]:.3f}, "
        f"{'' if default in stable else 'not '}as stable as lime).\n"
        f"They differ by {medians[0] - medians[1]:+.3f}; pair by pair by a median of "
        f"{np.median(gains):+.3f}, from {gains.min():+.3f} to {gains.max():+.3f}; "
        f"the first is ahead in {(gains > 0).sum()} of {len(pairs)} pairs.\n"
    )
    what = "the defaults have the truest effects among the settings as stable as lime"
    print_verdicts([(what, f"behind by {medians[0] - medians[1]:.3f}", best == default)])


def setting_text(setting):
    """Return a setting of the grid in words."""
    return ", ".join(f"{name}={value!r}" for name, value in zip(GRID, setting))


def names_of(text):
    """Return the names of a comma-separated text."""
    return [name.strip() for name in text.split(",")]


def main():
    """Compare configurations, or search the grid of the defaults."""
    arguments = parse_arguments(
        __doc__,
        {
            "rows": 30,
            "seeds": 5,
            "pairs": PAIRS,
            "configurations": ",".join(REQUIRED),
            "shapley_rows": 15,
            "shapley_background": 50,
            "grid": False,
            "discretizers": "quartile,decile,model,None",
            "keeps": "0.5,0.65,0.75,0.85,0.9",
            "backgrounds": "marginal,empirical,copula",
        },
        {
            "rows": 3,
            "seeds": 2,
            "pairs": "breast cancer/boosting,wine/SVM,diabetes/forest,titanic/boosting",
            "shapley_rows": 2,
            "keeps": "0.5,0.75",
        },
    )
    print_environment()
    pairs = names_of(arguments.pairs)
    if arguments.grid:
        compare_grid(pairs, arguments)
    else:
        configurations = {name: CONFIGURATIONS[name] for name in names_of(arguments.configurations)}
        compare(pairs, configurations, arguments)


if __name__ == "__main__":
    main()
