"""How much faster is a table explained than row by row with lime, on the same two cores?"""

from functools import partial
from time import perf_counter

from _common import (
    TimedFunction,
    fitted_lime,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from sklime import LimeTabularExplainer

N_JOBS = 2

# Rows perturbed in all ("shared") or a row ("anchored").
N_PERTURBATIONS = {"shared": 4096, "anchored": 1024}

# (neighborhood, max_features): at least this many times faster than lime, and what is aimed at.
REQUIRED_RATIOS = {
    ("shared", 10): (80, 200),
    ("shared", 5): (300, 800),
    ("anchored", 10): (8, None),
    ("anchored", 5): (30, None),
}

# Milliseconds a row outside the model, and what is aimed at.
REQUIRED_OVERHEADS = {"shared": (0.3, 0.1), "anchored": (0.5, None)}


def make_explainer(model, neighborhood, max_features, n_jobs):
    """Return an unfitted explainer of the positive class."""
    return LimeTabularExplainer(
        model,
        method="sampling",
        neighborhood=neighborhood,
        n_perturbations=N_PERTURBATIONS[neighborhood],
        max_features=max_features,
        n_jobs=n_jobs,
        random_state=0,
    )


def sklime_seconds(model, X, rows, neighborhood, max_features):
    """Return the wall time of ``fit`` and ``transform``."""
    explainer = make_explainer(model, neighborhood, max_features, N_JOBS)
    start = perf_counter()
    explainer.fit(X).transform(rows)
    return perf_counter() - start


def seconds_outside_model(model, X, rows, neighborhood, max_features):
    """Return the times of ``fit`` and of ``transform`` on one core, each without the model's."""
    ask = TimedFunction(lambda table: model.predict_proba(table)[:, 1])
    explainer = make_explainer(ask, neighborhood, max_features, n_jobs=1)
    seconds = []
    for step in (partial(explainer.fit, X), partial(explainer.transform, rows)):
        ask.seconds, start = 0.0, perf_counter()
        step()
        seconds.append(perf_counter() - start - ask.seconds)
    return np.array(seconds)


def lime_worker(model, X, rows, max_features):
    """Return the wall time of one worker's rows, setting up left out."""
    explainer = fitted_lime(model, X, seed=0)
    start = perf_counter()
    for row in rows:
        explainer.explain_instance(row, model.predict_proba, num_features=max_features)
    return perf_counter() - start


def lime_seconds(model, X, rows, max_features):
    """Return the wall time of ``lime``'s rows, dealt out to worker processes."""
    shares = [rows[worker::N_JOBS] for worker in range(N_JOBS)]
    workers = Parallel(n_jobs=N_JOBS, backend="loky")
    return max(workers(delayed(lime_worker)(model, X, share, max_features) for share in shares))


def compare_with_lime(model, X, rows, n_lime_rows, n_repeats):
    """Return lines (neighborhood, max_features, sklime, lime, ratio), best of the repeats."""
    lime_seconds(model, X, rows[:N_JOBS], 10)  # starts the workers and imports lime in them
    lines = []
    for max_features in (10, 5):
        of_lime, of_ours = [], {name: [] for name in N_PERTURBATIONS}
        for _ in range(n_repeats):
            for name, seconds in of_ours.items():
                seconds.append(sklime_seconds(model, X, rows, name, max_features))
            of_lime.append(lime_seconds(model, X, rows[:n_lime_rows], max_features))
        lime = min(of_lime) / n_lime_rows * len(rows)
        lines += [
            (name, max_features, min(seconds), lime, lime / min(seconds))
            for name, seconds in of_ours.items()
        ]
    return lines


def measure_overheads(model, X, rows, n_repeats):
    """Return lines (neighborhood, max_features, ms a row of fit, of transform, of both)."""
    lines = []
    for name in N_PERTURBATIONS:
        for max_features in (10, 5, None):
            seconds = [
                seconds_outside_model(model, X, rows, name, max_features) for _ in range(n_repeats)
            ]
            fit, transform = min(seconds, key=np.sum) / len(rows) * 1e3
            lines.append((name, max_features, fit, transform, fit + transform))
    return lines


def verdicts(ratios, overheads):
    """Return what was required, the number, and whether it is reached."""
    found = []
    for name, max_features, _, _, ratio in ratios:
        required, aim = REQUIRED_RATIOS[name, max_features]
        what = f"{name}, max_features={max_features}: at least {required} times as fast as lime"
        found.append((what + _aim(aim), f"{ratio:.0f} times", ratio >= required))
    for name, max_features, _, _, overhead in overheads:
        if max_features is None:
            continue
        required, aim = REQUIRED_OVERHEADS[name]
        what = f"{name}, max_features={max_features}: at most {required} ms a row outside the model"
        found.append((what + _aim(aim), f"{overhead:.3f} ms", overhead <= required))
    return found


def _aim(aim):
    """Return the aim in brackets, where there is one."""
    return "" if aim is None else f" (aim {aim})"


def main():
    """Time both packages on breast cancer with a forest of 100 trees."""
    arguments = parse_arguments(
        __doc__,
        {"rows": 500, "lime_rows": 20, "repeats": 3},
        {"rows": 50, "lime_rows": 4, "repeats": 1},
    )
    print_environment()
    X, y = load_breast_cancer(return_X_y=True)
    model = RandomForestClassifier(n_estimators=100, random_state=0).fit(X, y)
    rows = X[: arguments.rows]
    ratios = compare_with_lime(model, X, rows, arguments.lime_rows, arguments.repeats)
    print_table(
        f"Breast cancer, forest of 100 trees, {len(rows)} rows, {N_JOBS} cores, seconds; "
        f"lime measured on {arguments.lime_rows} rows and extrapolated; "
        f"best of {arguments.repeats}",
        ("neighborhood", "max_features", "sklime fit + transform", "lime", "times as fast"),
        ratios,
    )
    overheads = measure_overheads(model, X, rows, arguments.repeats)
    print_table(
        f"Time outside the model, {len(rows)} rows, 1 core, ms a row; best of {arguments.repeats}",
        ("neighborhood", "max_features", "fit", "transform", "both"),
        overheads,
    )
    print_verdicts(verdicts(ratios, overheads))


if __name__ == "__main__":
    main()
