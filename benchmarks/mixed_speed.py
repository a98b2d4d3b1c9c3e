"""A mixed table of raw columns: how long outside the model, and how often is the model asked?"""

from time import perf_counter

from _common import (
    TimedFunction,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
import numpy as np
from _titanic import load_titanic, make_mixed_pipeline
from sklearn.ensemble import HistGradientBoostingClassifier

from sklime import LimeTabularExplainer

# Rows perturbed in all ("shared") or a row ("anchored").
N_PERTURBATIONS = {"shared": 4096, "anchored": 1024}

# Milliseconds a row outside the model, at the default max_features.
REQUIRED_OVERHEADS = {"shared": 0.5, "anchored": 1.5}

# One a column, to see whether the model takes missing values there, and one for its outputs.
MAX_FURTHER_ROWS = 12

# They tell who survived.
LEAKS = ["boat", "body"]


def explain_all(model, X, rows, neighborhood, max_features):
    """Fit and explain on one core; return the times of model and package and the rows asked."""
    ask = TimedFunction(lambda table: model.predict_proba(table)[:, 1])
    explainer = LimeTabularExplainer(
        ask,
        method="sampling",
        neighborhood=neighborhood,
        n_perturbations=N_PERTURBATIONS[neighborhood],
        max_features=max_features,
        n_jobs=1,
        random_state=0,
    )
    outside = []
    for step in (lambda: explainer.fit(X), lambda: explainer.transform(rows)):
        already, start = ask.seconds, perf_counter()
        step()
        outside.append(perf_counter() - start - (ask.seconds - already))
    return *outside, ask.seconds, ask.n_rows


def n_expected_rows(neighborhood, n_rows):
    """Return how many rows the model must at least be asked about."""
    times = 1 if neighborhood == "shared" else n_rows
    return N_PERTURBATIONS[neighborhood] * times + n_rows


def measure(model, X, rows, n_repeats):
    """Return one line a neighborhood and max_features, the best of the repeats."""
    lines = []
    for neighborhood in N_PERTURBATIONS:
        for max_features in (10, 5, None):
            runs = [
                explain_all(model, X, rows, neighborhood, max_features) for _ in range(n_repeats)
            ]
            fit, transform, inside, n_asked = min(runs, key=lambda run: run[0] + run[1])
            of_row = np.array([fit, transform, fit + transform, inside]) / len(rows) * 1e3
            lines.append((neighborhood, max_features, *of_row, n_asked))
    return lines


def verdicts(lines, n_rows):
    """Return what was required, the number, and whether it is reached."""
    found = []
    for neighborhood, max_features, _, _, overhead, _, n_asked in lines:
        what = f"{neighborhood}, max_features={max_features}"
        if max_features is not None:
            required = REQUIRED_OVERHEADS[neighborhood]
            found.append(
                (
                    f"{what}: at most {required} ms a row outside the model",
                    f"{overhead:.3f} ms",
                    overhead <= required,
                )
            )
        # Single rows tell how many outputs a function has and whether it takes missing values.
        expected = n_expected_rows(neighborhood, n_rows)
        found.append(
            (
                f"{what}: the model asked about {expected} perturbed and explained rows, "
                f"and {MAX_FURTHER_ROWS} more at most",
                str(n_asked),
                0 <= n_asked - expected <= MAX_FURTHER_ROWS,
            )
        )
    return found


def main():
    """Explain Titanic's passengers, strings and missing values as they are."""
    arguments = parse_arguments(__doc__, {"rows": 1309, "repeats": 2}, {"rows": 60, "repeats": 1})
    print_environment()
    passengers = load_titanic()
    X, y = passengers.drop(columns=["survived", *LEAKS]), passengers["survived"]
    model = make_mixed_pipeline(HistGradientBoostingClassifier(random_state=0)).fit(X, y)
    rows = X.sample(n=arguments.rows, random_state=0)
    lines = measure(model, X, rows, arguments.repeats)
    print_table(
        f"Titanic, {len(rows)} rows x {X.shape[1]} columns as they are, imputation, one-hot and "
        f"boosting in a pipeline; 1 core, ms a row; best of {arguments.repeats}",
        (
            "neighborhood",
            "max_features",
            "fit",
            "transform",
            "both, outside the model",
            "in the model",
            "rows asked",
        ),
        lines,
    )
    print_verdicts(verdicts(lines, len(rows)))


if __name__ == "__main__":
    main()
