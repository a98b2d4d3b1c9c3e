"""What do exact, anchored and shared explanations cost, and how good are they?

Time is the least of some repeats, on one thread; explainers take turns. Calls are rows that the
model answers. Effects are correlations of contributions with true one-feature effects.
"""

from _common import make_pair, parse_arguments, print_environment, print_table

# isort: split
from contextlib import contextmanager
from time import perf_counter

import numpy as np
from _measures import row_correlations
from _references import one_feature_effects

from sklime import LimeTabularExplainer

PAIRS = "breast cancer/forest,diabetes/boosting,wine/SVM"
METHODS = {
    "exact": {"method": "exact"},
    "anchored": {"method": "sampling"},
    "shared": {"method": "sampling", "neighborhood": "shared"},
}


@contextmanager
def counted_rows(model):
    """Give a list to which the number of rows of every call of a model is added."""
    name = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    answer, counts = getattr(model, name), []

    def counting(X):
        counts.append(len(X))
        return answer(X)

    setattr(model, name, counting)
    try:
        yield counts
    finally:
        delattr(model, name)


def explainer_of(pair, options):
    """Return an explainer of a pair that keeps all columns."""
    return LimeTabularExplainer(
        pair.model, target=pair.target, max_features=None, random_state=0, **options
    )


def calls(pair, rows, options):
    """Return the rows that the model answers in ``fit``, and per row in ``explain``."""
    with counted_rows(pair.model) as counts:
        explainer = explainer_of(pair, options).fit(pair.X_train, pair.y_train)
        in_fit = sum(counts)
        explainer.explain(rows)
    return in_fit, (sum(counts) - in_fit) / len(rows)


def seconds(function, *arguments):
    """Return how long a call takes, and what it returns."""
    start = perf_counter()
    result = function(*arguments)
    return perf_counter() - start, result


def measured(pair, rows, n_repeats):
    """Return the lines of a pair."""
    explainers = {}
    for name, options in METHODS.items():
        try:
            explainer = explainer_of(pair, options)
            explainers[name] = explainer.fit(pair.X_train, pair.y_train)
        except ValueError:
            continue
    best = {name: np.full(3, np.inf) for name in explainers}
    for _ in range(n_repeats):
        for name, explainer in explainers.items():
            times = [
                seconds(explainer.fit, pair.X_train, pair.y_train)[0],
                seconds(explainer.explain, rows[:1])[0],
                seconds(explainer.explain, rows)[0] / len(rows),
            ]
            best[name] = np.minimum(best[name], times)
    effects = one_feature_effects(pair, rows)
    lines = []
    for name, explainer in explainers.items():
        batch = explainer.explain(rows)
        agreement = np.nanmedian(row_correlations(batch.values[..., 0], effects))
        in_fit, per_row = calls(pair, rows, METHODS[name])
        in_ms = [f"{1000 * value:.2f}" for value in best[name]]
        accuracy = explainer.score(rows)
        lines.append(
            (f"{pair.name}, {name}", f"{in_fit:,}", f"{per_row:,.0f}", *in_ms, accuracy, agreement)
        )
    return lines


def main():
    """Print a table of three pairs."""
    arguments = parse_arguments(
        __doc__.partition("\n")[0],
        {"rows": 50, "repeats": 5, "pairs": PAIRS},
        {"rows": 5, "repeats": 1, "pairs": "diabetes/boosting"},
    )
    print_environment()
    lines = []
    for name in arguments.pairs.split(","):
        pair = make_pair(name)
        lines += measured(pair, pair.X_test[: arguments.rows], arguments.repeats)
    header = (
        "pair and method",
        "calls in fit",
        "calls per row",
        "fit, ms",
        "one row, ms",
        "ms per row of all",
        "local accuracy",
        "effects",
    )
    print_table(f"{arguments.rows} rows", header, lines)


if __name__ == "__main__":
    main()
