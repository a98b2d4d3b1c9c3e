"""How long reading a booster takes, and how near the reading is to its raw scores."""

import argparse
import pickle
from time import perf_counter

import numpy as np
from _common import print_table

from sklime._readings._readers import read_model
from sklime._responses._raw_scores import asked

__all__ = ["boosters", "measured"]


def boosters(n_trees):
    """Boosters of the packages, not yet fitted, by what they are called in the table."""
    import catboost
    import lightgbm
    import xgboost

    cat = {"iterations": n_trees, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    light = {"n_estimators": n_trees, "verbose": -1, "n_jobs": 1}
    extreme = {"n_estimators": n_trees, "n_jobs": 1}
    return {
        "LightGBM": lightgbm.LGBMRegressor(**light),
        "XGBoost": xgboost.XGBRegressor(**extreme),
        "CatBoost": catboost.CatBoostRegressor(**cat),
        "CatBoost, Lossguide": catboost.CatBoostRegressor(**cat, grow_policy="Lossguide"),
    }


def measured(model, X, y, rows):
    """Return nodes, milliseconds of the best of three readings, bytes of `derive`, and error."""
    model.fit(X, y)
    times = []
    for _ in range(3):
        start = perf_counter()
        reading = read_model(model, "decision_function")
        times.append(1e3 * (perf_counter() - start))
    answer = asked(model, "decision_function")(rows)
    error = np.abs(reading.answer(rows)[:, 0] - answer).max() / np.abs(answer).max()
    n_bytes = len(pickle.dumps(reading.derive))
    return reading.trees.n_nodes, f"{min(times):.0f}", n_bytes, f"{error:.0e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=500)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--features", type=int, default=50)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(options.rows, options.features))
    y = X[:, 0] * X[:, 1] + np.sin(3.0 * X[:, 2]) + rng.normal(size=options.rows)
    rows = rng.normal(size=(10_000, options.features))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    table = [
        (name, *measured(model, X, y, rows)) for name, model in boosters(options.trees).items()
    ]
    title = f"Readings of {options.trees} trees on {options.rows} x {options.features}"
    print_table(title, ("model", "nodes", "ms", "bytes", "error"), table)


if __name__ == "__main__":
    main()
