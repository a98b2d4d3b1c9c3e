"""How do time and memory grow with rows, features and perturbations?"""

import json
import os
import subprocess
import sys
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

from sklime import LimeTabularExplainer

NEIGHBORHOODS = {"shared": 4096, "anchored": 1024}
N_TRAIN = 1000
BASE_ROWS, BASE_FEATURES = 1000, 30

# Upper limit on the peak above the input, in MB.
MEMORY_LIMIT = 1000


def logistic_function(n_features):
    """Return a model that costs next to nothing, so that the explainer is what is measured."""
    coef = np.random.default_rng(0).normal(size=n_features) / np.sqrt(n_features)
    return lambda X: 1 / (1 + np.exp(-(X @ coef)))


def random_table(n_rows, n_features, seed):
    """Return a table of independent normal columns."""
    return np.random.default_rng(seed).normal(size=(n_rows, n_features))


def affordable_rows(n_features, n_perturbations, budget):
    """Return how many rows to time, at most the base.

    A row costs a Gram matrix and a solution for each of the eight replicates.
    """
    per_row = n_perturbations * n_features * (n_features + 30) + 8 * n_features**3
    return int(np.clip(budget / per_row, 10, BASE_ROWS))


def timed_case(neighborhood, n_rows, n_features, n_perturbations):
    """Return one line of the table."""
    ask = TimedFunction(logistic_function(n_features))
    explainer = LimeTabularExplainer(
        ask,
        method="sampling",
        neighborhood=neighborhood,
        n_perturbations=n_perturbations,
        random_state=0,
    )
    X_train, X = random_table(N_TRAIN, n_features, 0), random_table(n_rows, n_features, 1)
    start = perf_counter()
    explainer.fit(X_train)
    fitted = perf_counter()
    explainer.transform(X)
    done = perf_counter()
    total = done - start
    return (
        neighborhood,
        n_rows,
        n_features,
        n_perturbations,
        fitted - start,
        done - fitted,
        ask.seconds,
        total / n_rows * 1e3,
        (total - ask.seconds) / n_rows * 1e3,
    )


def cases(factor, values, budget):
    """Yield the settings of one factor's table, the others at their base."""
    for neighborhood, n_perturbations in NEIGHBORHOODS.items():
        for value in values:
            if factor == "rows":
                yield neighborhood, value, BASE_FEATURES, n_perturbations
            elif factor == "features":
                n_rows = affordable_rows(value, n_perturbations, budget)
                yield neighborhood, n_rows, value, n_perturbations
            else:
                n_rows = affordable_rows(BASE_FEATURES, value, budget)
                yield neighborhood, n_rows, BASE_FEATURES, value


def resident_megabytes(field):
    """Return this process's memory from Linux: ``VmRSS`` is now, ``VmHWM`` the peak."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field))
    return int(line.split()[1]) / 1024


def print_peak(neighborhood, method, n_rows):
    """Print, as JSON, the seconds and the peak memory above the input of one explained table."""
    X_train, X = random_table(N_TRAIN, BASE_FEATURES, 0), random_table(n_rows, BASE_FEATURES, 1)
    explainer = LimeTabularExplainer(
        logistic_function(BASE_FEATURES),
        method="sampling",
        neighborhood=neighborhood,
        random_state=0,
    )
    before, start = resident_megabytes("VmRSS"), perf_counter()
    explained = getattr(explainer.fit(X_train), method)(X)
    seconds = perf_counter() - start
    peak = resident_megabytes("VmHWM") - before
    result = explained.nbytes if method == "transform" else _batch_bytes(explained)
    print(json.dumps([seconds, X.nbytes / 2**20, result / 2**20, peak]))


def _batch_bytes(batch):
    """Return the size of the large arrays of a batch."""
    return batch.values.nbytes + batch.standard_errors.nbytes


def measured_peak(neighborhood, method, n_rows):
    """Return one line of the memory table, measured in a process of its own."""
    command = [sys.executable, os.path.abspath(__file__), "--peak", neighborhood, method]
    output = subprocess.run(
        [*command, str(n_rows)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return (neighborhood, method, n_rows, *json.loads(output.splitlines()[-1]))


def memory_verdicts(peaks):
    """Return what was required, the number, and whether it is reached."""
    return [
        (
            f"{neighborhood}, {method}, {n_rows} rows x {BASE_FEATURES}: "
            f"peak above the input below {MEMORY_LIMIT} MB",
            f"{peak:.0f} MB",
            peak < MEMORY_LIMIT,
        )
        for neighborhood, method, n_rows, _, _, _, peak in peaks
    ]


def whole_numbers(text):
    """Return the numbers of a comma-separated text."""
    return [int(number) for number in text.split(",") if number]


def main():
    """Vary one factor at a time, then measure the peak memory."""
    arguments = parse_arguments(
        __doc__,
        {
            "rows": "10,100,1000,10000,100000",
            "features": "4,10,30,100,300,1000",
            "perturbations": "512,1024,4096,16384,65536",
            "memory_rows": 100_000,
            "memory_methods": "explain",
            "budget": 5e10,
        },
        {
            "rows": "10,100",
            "features": "4,100",
            "perturbations": "512,4096",
            "memory_rows": 1000,
            "budget": 1e9,
        },
    )
    print_environment()
    print("model: a logistic function; default settings unless stated; n_jobs=None")
    for neighborhood in NEIGHBORHOODS:  # what a first call loads is not to be timed
        timed_case(neighborhood, 10, 4, 64)
    header = ("neighborhood", "rows", "features", "perturbations", "fit s", "transform s")
    header = (*header, "of this model s", "ms a row", "ms a row outside the model")
    for factor in ("rows", "features", "perturbations"):
        values = whole_numbers(getattr(arguments, factor))
        lines = [timed_case(*case) for case in cases(factor, values, arguments.budget)]
        print_table(f"Cost by {factor}", header, lines)
    if arguments.memory_rows:
        peaks = [
            measured_peak(neighborhood, method, arguments.memory_rows)
            for neighborhood in NEIGHBORHOODS
            for method in arguments.memory_methods.split(",")
        ]
        header = ("neighborhood", "method", "rows", "s", "input MB", "result MB")
        print_table("Peak memory", (*header, "peak above the input MB"), peaks)
        print_verdicts(memory_verdicts(peaks))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print_peak(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
