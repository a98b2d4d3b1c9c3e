"""Wide tables: time and peak memory of sklime and `lime`, one process for each case.

The asked figure: at 1,000, 4,000 and 20,000 columns, dense and sparse, sklime takes at most the
time and memory of `lime` for one row, learning included, and both grow in proportion to the
columns. Ten columns matter; the last figure is how many of them are among the reasons.

`lime` has two ways for a sparse table. As it is, it changes the values that are not zero alone,
and has no bins ("lime sparse"). As a dense table ("lime dense") it explains what sklime does.
"""

import argparse
import importlib
import resource
import subprocess
import sys
from time import perf_counter

import numpy as np
from scipy import sparse

__all__ = []

N_TRAINING = 500
N_RELEVANT = 10
DENSITY = 0.01
MEGABYTE = 2**20


class Additive:
    """A fitted model that depends on ten columns."""

    def __init__(self, n_features):
        self.columns = np.random.default_rng(1).choice(n_features, N_RELEVANT, replace=False)
        self.effects = np.zeros(n_features)
        self.effects[self.columns] = np.linspace(0.5, 3.0, N_RELEVANT)

    def predict(self, X):
        """Return the sum of the effects."""
        return np.asarray(X @ self.effects).ravel()


def table_of(kind, n_features, model):
    """Return training rows; of a sparse table every row has the columns that matter."""
    rng = np.random.default_rng(0)
    if kind == "dense":
        return rng.normal(size=(N_TRAINING, n_features))
    table = sparse.random(N_TRAINING, n_features, density=DENSITY, random_state=0, format="lil")
    shown = rng.random((N_TRAINING, N_RELEVANT)) < 0.5
    # Rows that are explained have them all.
    shown[:100] = True
    table[:, model.columns] = np.where(shown, rng.uniform(0.5, 1.5, shown.shape), 0.0)
    return table.tocsr()


def explain_with_sklime(X, model, n_rows):
    """Return the reasons for the first row."""
    from sklime import LimeTabularExplainer

    explainer = LimeTabularExplainer(model.predict, random_state=0).fit(X)
    return np.flatnonzero(explainer.explain(X[:n_rows]).values[0, :, 0])


def explain_with_lime(X, model, n_rows):
    """Return the reasons for the first row."""
    from lime.lime_tabular import LimeTabularExplainer

    explainer = LimeTabularExplainer(
        X, mode="regression", random_state=0, discretize_continuous=not sparse.issparse(X)
    )
    explained = [
        explainer.explain_instance(X[index], model.predict, num_features=N_RELEVANT)
        for index in range(n_rows)
    ]
    return [index for index, _ in next(iter(explained[0].local_exp.values()))]


def run(package, kind, n_features, n_rows):
    """Print seconds, peak memory in megabytes, and how many columns that matter are found."""
    model = Additive(n_features)
    X = table_of(kind.split(" ")[0], n_features, model)
    X = X.toarray() if kind == "sparse as dense" else X
    explain = explain_with_sklime if package == "sklime" else explain_with_lime
    importlib.import_module("sklime" if package == "sklime" else "lime.lime_tabular")
    start = perf_counter()
    reasons = explain(X, model, n_rows)
    seconds = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    print(f"{seconds:.2f} {peak:.0f} {np.isin(reasons, model.columns).sum()}")


def measured(timeout, *case):
    """Return seconds, megabytes and hits of one case in a process of its own, or None."""
    command = [sys.executable, __file__, "--case", *map(str, case)]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None
    return result.stdout.split()[-3:] if result.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, nargs="*", default=[1000, 4000, 20_000])
    parser.add_argument("--rows", type=int, nargs="*", default=[1, 100])
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds per case")
    parser.add_argument("--skip-lime", action="store_true")
    parser.add_argument("--case", nargs=4)
    arguments = parser.parse_args()
    if arguments.case:
        package, kind, n_features, n_rows = arguments.case
        run(package, kind, int(n_features), int(n_rows))
        return
    print(f"{'columns':>8} {'rows':>5}  {'table':16} {'package':8} {'s':>8} {'MB':>6} {'found':>6}")
    cases = [("sklime", "dense"), ("sklime", "sparse")]
    if not arguments.skip_lime:
        cases += [("lime", "dense"), ("lime", "sparse"), ("lime", "sparse as dense")]
    for n_rows in arguments.rows:
        for n_features in arguments.columns:
            for package, kind in cases:
                figures = measured(arguments.timeout, package, kind, n_features, n_rows)
                seconds, peak, hits = figures or ("-", "-", "-")
                print(
                    f"{n_features:8d} {n_rows:5d}  {kind:16} {package:8} {seconds:>8} {peak:>6} "
                    f"{hits:>6}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
