"""What raises a low fidelity? One setting changed at a time, in many tables.

Each line changes the defaults in one setting and says what becomes of the median fidelity, pair by
pair, and of the rows whose fidelity is low. The first tables begin with the anchored defaults, the
others with ``neighborhood="shared"``.
"""

from _common import make_pair, parse_arguments, print_environment, print_table

# isort: split
import warnings

import numpy as np

from sklime import LimeTabularExplainer

PAIRS = (
    "breast cancer/forest,diabetes/boosting,wine/SVM,titanic/boosting,"
    "HealthInsurance/forest,Caravan/linear,flags/boosting,OJ/boosting,"
    "Default/boosting,College/boosting"
)

# Name: what changes. What is compared with comes first.
CHANGES = {
    "as it is": {},
    "discretizer=None": {"discretizer": None},
    'discretizer="model"': {"discretizer": "model"},
    'discretizer="decile"': {"discretizer": "decile"},
    "max_features=None": {"max_features": None},
    "4 x n_perturbations": {"n_perturbations": 4},
    'link="logit"': {"link": "logit"},
    "keep=0.5": {"keep": 0.5},
    "keep=0.9": {"keep": 0.9},
    'neighborhood="anchored"': {"neighborhood": "anchored"},
}
NEIGHBORHOODS = {"anchored": 1024, "shared": 4096}

# What is measured, where explanations have it.
MEASURES = ("fidelity", "response_r2")

# A change helps a pair where the median of the differences of its rows is above this.
LEAST_GAIN = 0.02

# Below this a fidelity is called low.
LOW = 0.6

# Probabilities nearer to 0 or 1 than this leave little to explain on their own scale.
SATURATED = 0.05


def changed_options(name, neighborhood):
    """Return the options of an explainer with one change; None where it changes nothing."""
    change = dict(CHANGES[name])
    is_shared = neighborhood == "shared"
    if change.get("neighborhood") == neighborhood or ("keep" in change and is_shared):
        return None
    n_perturbations = NEIGHBORHOODS[neighborhood] * change.pop("n_perturbations", 1)
    if change.get("neighborhood", neighborhood) != neighborhood:
        n_perturbations = NEIGHBORHOODS[change["neighborhood"]]
    return {"neighborhood": neighborhood, "n_perturbations": n_perturbations, **change}


def measured(pair, rows, n_seeds, options):
    """Return a dict: measure -> means over seeds, shape (n_rows,)."""
    batches = []
    for seed in range(n_seeds):
        explainer = LimeTabularExplainer(
            pair.model, method="sampling", target=pair.target, random_state=seed, **options
        )
        with warnings.catch_warnings():
            # Shared samples have few copies in rare bins.
            warnings.simplefilter("ignore", UserWarning)
            batches.append(explainer.fit(pair.X_train, pair.y_train).explain(rows))
    return {
        name: np.mean([getattr(batch, name)[:, 0] for batch in batches], axis=0)
        for name in MEASURES
        if hasattr(batches[0], name)
    }


def measured_changes(pair, neighborhood, arguments):
    """Return a dict: change -> what is measured with it, where it can be made."""
    rows = pair.X_test[: arguments.rows]
    results = {}
    for name in CHANGES:
        options = changed_options(name, neighborhood)
        if options is None or (pair.label is None and "link" in options):
            continue
        results[name] = measured(pair, rows, arguments.seeds, options)
    return results


def gains(results, name, measure):
    """Return by how much a change raises a measure, row by row; rows without it left out."""
    differences = results[name][measure] - results["as it is"][measure]
    return differences[np.isfinite(differences)]


def cell(results, name, measure):
    """Return the median of a measure over rows; an empty text where it cannot be made."""
    return np.nanmedian(results[name][measure]) if name in results else ""


def helped(of_pairs, name, measure):
    """Return in how many pairs a change helps and hurts, in words."""
    medians = [
        np.median(gains(results, name, measure)) for results in of_pairs.values() if name in results
    ]
    up = sum(median > LEAST_GAIN for median in medians)
    down = sum(median < -LEAST_GAIN for median in medians)
    return f"{up} of {len(medians)}", f"{down} of {len(medians)}"


def print_changes(neighborhood, of_pairs, measure):
    """Print the medians of all pairs, and how often each change helps."""
    first = next(iter(of_pairs.values()))
    lines = []
    for name in first:
        counts = ("", "") if name == "as it is" else helped(of_pairs, name, measure)
        medians = [cell(results, name, measure) for results in of_pairs.values()]
        lines.append((name, *medians, *counts))
    print_table(
        f"{measure}, neighborhood={neighborhood!r}: median over rows",
        ("change", *of_pairs, "helps", "hurts"),
        lines,
    )


def print_low_rows(neighborhood, of_pairs, measure, is_saturated):
    """Print what each change does to the rows of all pairs whose measure is low as it is."""
    lines = []
    for name in CHANGES:
        if name == "as it is":
            continue
        for case in (False, True):
            found = [
                gains_of_low(results, name, measure, is_saturated[pair] == case)
                for pair, results in of_pairs.items()
                if name in results
            ]
            found = np.concatenate(found) if found else np.empty(0)
            if found.size:
                words = f"within {SATURATED} of 0 or 1" if case else "anything else"
                lines.append((name, words, found.size, np.median(found), (found > 0).mean()))
    print_table(
        f"rows of all pairs whose {measure} is below {LOW}, neighborhood={neighborhood!r}",
        ("change", "probability", "rows", "median gain", "share that gain"),
        lines,
    )


def gains_of_low(results, name, measure, is_case):
    """Return the gains of a change in the rows of a case whose measure is low."""
    before, after = results["as it is"][measure], results[name][measure]
    is_known = np.isfinite(before) & np.isfinite(after) & (before < LOW) & is_case
    return (after - before)[is_known]


def saturated_rows(pair, rows):
    """Tell which rows have a probability near 0 or 1."""
    if pair.label is None:
        return np.zeros(len(rows), dtype=bool)
    return np.abs(pair.ask(rows) - 0.5) > 0.5 - SATURATED


def print_skew(pairs, arguments):
    """Print how skewed the columns of each pair are."""
    print_table(
        "pairs",
        ("pair", "columns", "most common value above 0.9", "median response"),
        [
            (
                name,
                pair.X_train.shape[1],
                f"{skewed_columns(pair)} columns",
                float(np.median(pair.ask(pair.X_test[: arguments.rows]))),
            )
            for name, pair in pairs.items()
        ],
    )


def skewed_columns(pair):
    """Return how many columns have one value in more than nine tenths of the training rows."""
    shares = [
        np.unique(column, return_counts=True)[1].max() / len(column)
        for column in pair.encode(pair.X_train).T
    ]
    return int((np.array(shares) > 0.9).sum())


def main():
    """Change one setting at a time, pair by pair."""
    arguments = parse_arguments(
        __doc__.partition("\n")[0],
        {"rows": 24, "seeds": 1, "pairs": PAIRS, "neighborhoods": "anchored,shared"},
        {"rows": 3, "pairs": "diabetes/boosting,flags/boosting"},
    )
    print_environment()
    pairs = {name: make_pair(name) for name in arguments.pairs.split(",")}
    print_skew(pairs, arguments)
    is_saturated = {
        name: saturated_rows(pair, pair.X_test[: arguments.rows]) for name, pair in pairs.items()
    }
    for neighborhood in arguments.neighborhoods.split(","):
        of_pairs = {
            name: measured_changes(pair, neighborhood, arguments) for name, pair in pairs.items()
        }
        results = next(iter(of_pairs.values()))
        for measure in results["as it is"]:
            print_changes(neighborhood, of_pairs, measure)
            print_low_rows(neighborhood, of_pairs, measure, is_saturated)


if __name__ == "__main__":
    main()
