"""Small tables of mixed columns, for tests."""

import numpy as np
import pandas as pd

CATEGORIES = ["sex", "job", "city", "smoker", "member", "nick"]
NUMBERS = ["age", "income", "children", "visits", "score"]


def mixed_frame(n_rows, seed):
    """A column of every kind that a pandas frame has, some with missing values."""
    rng = np.random.default_rng(seed)
    index = [f"row {place}" for place in range(n_rows)]
    jobs = _with_gaps(rng.choice(["cook", "nurse", "pilot"], n_rows).astype(object), None)
    cities = rng.choice(["Bonn", "Rome", "Oslo"], n_rows)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["female", "male"], n_rows),
            "job": pd.Series(jobs, index, dtype=object),
            "city": pd.Categorical(cities, ["Rome", "Bonn", "Oslo"]),
            "smoker": rng.random(n_rows) < 0.3,
            "children": rng.integers(0, 5, n_rows),
            "age": _with_gaps(rng.normal(40.0, 10.0, n_rows), np.nan),
            "income": rng.lognormal(8.0, 0.5, n_rows),
            "visits": pd.array(rng.integers(0, 20, n_rows), dtype="Int64"),
            "member": pd.array(rng.random(n_rows) < 0.5, dtype="boolean"),
            "nick": pd.array(rng.choice(["Al", "Bo"], n_rows), dtype="string"),
            "score": pd.array(rng.normal(size=n_rows), dtype="Float64"),
        },
        index,
    )
    for name, first in [("city", 1), ("visits", 2), ("member", 3), ("nick", 4), ("score", 5)]:
        frame.loc[frame.index[first::7], name] = pd.NA
    return frame


def mixed_score(X):
    """A function of the mixed frame that takes missing values."""
    score = 2.0 * (X["sex"] == "female") + (X["job"] == "nurse") - 3.0 * X["age"].isna()
    score = score + X["smoker"] * 1.5 + (X["city"] == "Rome") + X["children"] * 0.2
    score = score + X["visits"].isna() + X["member"].fillna(False) + (X["income"] > 3000.0)
    return score.to_numpy(dtype=float, na_value=0.0)


def rows_asked(function):
    """All rows that a recording function was asked about, as one frame."""
    return pd.concat(function.calls, ignore_index=True)


def _with_gaps(values, missing):
    values[::7] = missing
    return values
