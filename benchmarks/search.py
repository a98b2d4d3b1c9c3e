"""Does tuning pay? A grid search by local accuracy and effects, under a floor of stability."""

from dataclasses import dataclass
from time import process_time

from _common import (
    explain_with_lime,
    make_pair,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)
from _references import one_feature_effects

# isort: split
import joblib
import numpy as np
import pandas as pd
from _measures import row_correlations
from pandas.util import hash_pandas_object
from scipy.stats import rankdata
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV, ShuffleSplit, cross_validate

from sklime import LimeTabularExplainer
from sklime.metrics import BestAboveFloor, get_scorer, jaccard_stability_score, make_multi_scorer

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,wine/forest,wine/boosting,"
    "diabetes/forest,diabetes/boosting,titanic/forest,titanic/boosting"
)

# Half of the draws that the metric takes unless told otherwise.
SCORERS = {"local_accuracy": "local_accuracy", "effects": get_scorer("effects", n_draws=32)}
STABILITY = "jaccard_stability"

# Penalties of a lasso, in standard deviations of the response.
PENALTIES = (0.003, 0.01)


@dataclass(frozen=True)
class HeldOut:
    """What an explainer is worth on rows that the search has not seen."""

    scores: np.ndarray  # tuned score, mean over seeds, (n_rows,)
    jaccard: np.ndarray  # over seeds, (n_rows,)
    predicted: float  # the same, from the replicates of one run; mean over seeds


class Remembering:
    """Ask a function about each table once.

    Perturbed rows depend on seed, `keep` and background, not on bins and surrogates: the
    candidates of a search ask many of the same questions.
    """

    def __init__(self, function):
        self.function = function
        self.answers = {}

    def __call__(self, X):
        # Texts are hashed several times faster row by row than one by one.
        key = joblib.hash(hash_pandas_object(X) if isinstance(X, pd.DataFrame) else X)
        if key not in self.answers:
            self.answers[key] = self.function(X)
        return self.answers[key]


def grid_of(pair):
    """Return the candidates of a pair; the first is the default."""
    unit = float(np.std(pair.ask(pair.X_train)))
    return {
        "keep": [0.75, 0.9],
        "discretizer": ["quartile", "decile", None],
        "surrogate": [None, *(Lasso(alpha=penalty * unit) for penalty in PENALTIES)],
    }


def explainer_of(pair, seed=0, **options):
    """Return an explainer of the model of a pair, all features kept."""
    return LimeTabularExplainer(
        pair.model,
        method="sampling",
        target=pair.target,
        max_features=None,
        random_state=seed,
        **options,
    )


def tuned(pair, arguments):
    """Return the fitted search and its seconds of processor time.

    The floor is the cross-validated stability of the default.
    """
    folds = ShuffleSplit(arguments.splits, test_size=arguments.split_rows, random_state=0)
    scorer = make_multi_scorer({**SCORERS, STABILITY: STABILITY})
    start = process_time()
    explainer = LimeTabularExplainer(
        Remembering(pair.ask),
        method="sampling",
        max_features=None,
        n_perturbations=arguments.search_perturbations,
        random_state=0,
    )
    default = cross_validate(explainer, pair.X_train, scoring=scorer, cv=folds)
    floor = default[f"test_{STABILITY}"].mean()
    refit = BestAboveFloor(tuple(SCORERS), STABILITY, floor)
    search = GridSearchCV(explainer, grid_of(pair), scoring=scorer, refit=refit, cv=folds)
    search.fit(pair.X_train)
    return search, process_time() - start


def lime_seconds(pair, arguments):
    """Return the processor time of ``lime`` for all rows of all splits, from a few of them."""
    more, one = (processor_time(pair, n_rows) for n_rows in (arguments.lime_rows + 1, 1))
    return (more - one) / arguments.lime_rows * arguments.splits * arguments.split_rows


def processor_time(pair, n_rows):
    """Return the processor time of ``lime`` for the first rows."""
    start = process_time()
    explain_with_lime(pair, pair.X_train[:n_rows], seed=0)
    return process_time() - start


def held_out(pair, rows, effects, options, n_seeds):
    """Measure an explainer on rows that have not been seen, over seeds."""
    responses = pair.ask(rows)
    spread = ((responses - responses.mean()) ** 2).mean()
    scores, batches = [], []
    for seed in range(1, n_seeds + 1):
        batch = explainer_of(pair, seed, **options).fit(pair.X_train).explain(rows)
        claimed = batch.values[..., 0] * batch.internals.encodings
        accuracy = 1.0 - (batch.held_out_predictions[:, 0] - responses) ** 2 / spread
        agreement = row_correlations(claimed, effects) / 2
        agreement += row_correlations(rankdata(claimed, axis=1), rankdata(effects, axis=1)) / 2
        scores.append((accuracy + agreement) / 2)
        batches.append(batch)
    predicted = np.mean([jaccard_stability_score(batch) for batch in batches])
    jaccard = jaccard_stability_score(batches, average=None)[:, 0]
    return HeldOut(np.mean(scores, axis=0), jaccard, predicted)


def compare(pair, arguments):
    """Tune on the training rows of a pair, compare on its held-out rows; a line of the table."""
    search, seconds = tuned(pair, arguments)
    rows = pair.X_test[: arguments.rows]
    effects = one_feature_effects(pair, rows)
    ours = held_out(pair, rows, effects, search.best_params_, arguments.seeds)
    default = held_out(pair, rows, effects, {}, arguments.seeds)
    gain, gain_error = paired(ours.scores, default.scores)
    stability_gain, stability_error = paired(ours.jaccard, default.jaccard)
    return {
        "pair": pair.name,
        "tuned setting": setting_text(search.best_params_),
        "default": np.nanmean(default.scores),
        "tuned": np.nanmean(ours.scores),
        "gain": gain,
        "in errors": gain / gain_error,
        "Jaccard": np.nanmean(default.jaccard),
        "predicted": default.predicted,
        "tuned Jaccard": np.nanmean(ours.jaccard),
        "tuned predicted": ours.predicted,
        "Jaccard gain in errors": stability_gain / stability_error,
        "search s": seconds,
        "lime s": lime_seconds(pair, arguments),
    }


def paired(ours, theirs):
    """Return the mean difference over rows, and its standard error."""
    differences = (ours - theirs)[~np.isnan(ours - theirs)]
    # Equal settings differ by nothing, and nothing is not many standard errors.
    error = differences.std(ddof=1) / np.sqrt(len(differences)) or np.inf
    return differences.mean(), error


def setting_text(params):
    """Write a setting shortly."""
    surrogate = params["surrogate"]
    penalty = "ridge" if surrogate is None else f"lasso {surrogate.alpha:.2g}"
    return f"keep {params['keep']}, {params['discretizer'] or 'raw values'}, {penalty}"


def required(lines, n_candidates, n_replicates):
    """Return the verdicts over all pairs."""
    gained = [line["pair"] for line in lines if line["in errors"] > 2]
    stable = [line["tuned Jaccard"] >= line["Jaccard"] for line in lines]
    both = [line for line, is_stable in zip(lines, stable) if is_stable and line["in errors"] > 2]
    lowered = [line for line in lines if line["Jaccard gain in errors"] < -2]
    once = sum(line["search s"] for line in lines) / sum(line["lime s"] for line in lines)
    worst = max(line["search s"] / line["lime s"] for line in lines)
    needed = min(6, len(lines))
    return [
        (
            f"tuned better than default by more than 2 standard errors in {needed} pairs of "
            f"{len(lines)}, with no lower Jaccard",
            f"{len(both)} (better in {len(gained)}, no lower Jaccard in {sum(stable)}, lower by "
            f"more than 2 standard errors in {len(lowered)})",
            len(both) >= needed,
        ),
        (
            f"search over {n_candidates} candidates in a fraction of the time of lime, one "
            "setting, one run a row",
            f"{once:.2f} in all, {worst:.2f} at most",
            worst < 1,
        ),
        (
            f"the same, lime run {n_replicates} times to see how stable it is",
            f"{once / n_replicates:.3f} in all, {worst / n_replicates:.3f} at most",
            worst < n_replicates,
        ),
        *(predicted_verdict(lines, which) for which in ("", "tuned ")),
    ]


def predicted_verdict(lines, which):
    """Return the verdict on the stability that one run predicts."""
    errors = [abs(line[f"{which}predicted"] - line[f"{which}Jaccard"]) for line in lines]
    return (
        f"Jaccard of the {which or 'default '}setting, predicted by one run, within 0.05 of that "
        "over seeds",
        f"{np.mean(errors):.3f} on average, {max(errors):.3f} at most",
        max(errors) < 0.05,
    )


def main():
    """Compare on every pair."""
    arguments = parse_arguments(
        __doc__,
        defaults={
            "pairs": PAIRS,
            "splits": 3,
            "split_rows": 30,
            "search_perturbations": 512,
            "rows": 100,
            "seeds": 8,
            "lime_rows": 5,
        },
        quick={"pairs": "diabetes/forest", "splits": 1, "rows": 10, "seeds": 2, "lime_rows": 2},
    )
    print_environment()
    lines = []
    for name in arguments.pairs.split(","):
        lines.append(compare(make_pair(name.strip()), arguments))
        print(f"{name}: {lines[-1]['tuned setting']}, {lines[-1]['gain']:+.4f}", flush=True)
    print_table(
        "Tuned score: mean of local accuracy and of the mean rank and linear correlation with "
        "true one-feature effects, held-out rows; in errors: gain in standard errors, paired over "
        "rows; Jaccard: top 5 over seeds; predicted: the same from the replicates of one run; "
        "search and lime s: processor time, lime for the rows of the search, once, one setting",
        lines[0],
        [line.values() for line in lines],
    )
    n_candidates = int(
        np.prod([len(values) for values in grid_of(make_pair("wine/forest")).values()])
    )
    n_replicates = LimeTabularExplainer(None).n_replicates
    print_verdicts(required(lines, n_candidates, n_replicates))


if __name__ == "__main__":
    main()
