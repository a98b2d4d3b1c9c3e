"""Tables and checks for readings of boosters."""

import pickle

import numpy as np
import pandas as pd
from near_ties import assert_reads, near_ties

from sklime._readings._readers import read_model
from sklime._responses._raw_scores import asked

# Numbers that some boosters round to 0, or to another number, before they compare them.
SMALL = [0.0, -0.0, 5e-324, 1e-42, 1e-36, -1e-36, 1e-35, -1e-35, 1.0000001e-35, 1.0, -1.0]


def table(n_rows=1500, *, missing=0.1, categorical=True, seed=0):
    """A frame of numbers of several sizes, and of two columns of levels."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=n_rows),
            "small": rng.choice(SMALL, n_rows),
            "big": 1e8 + 1e6 * rng.normal(size=n_rows),
            "b": rng.normal(size=n_rows),
        }
    )
    for name in ("a", "small"):
        frame.loc[rng.random(n_rows) < missing, name] = np.nan
    if not categorical:
        return frame
    letters = pd.Series(rng.choice(list("bdfhjl"), n_rows)).where(rng.random(n_rows) > missing)
    whole = pd.Categorical(rng.integers(40, size=n_rows), categories=np.arange(40)[::-1])
    return frame.assign(letter=pd.Categorical(letters), whole=whole)


def target(frame, seed=1):
    rng = np.random.default_rng(seed)
    y = np.nan_to_num(frame["a"], nan=1.0) * frame["b"] + np.sin(frame["big"] / 1e6)
    y += 2.0 * (np.nan_to_num(frame["small"], nan=1.0) > 0)
    if "letter" in frame:
        y += 2.0 * frame["letter"].isin(["b", "h"]) + np.sin(frame["whole"].astype(float))
    return (y + rng.normal(size=len(y)) / 3).to_numpy()


def hard_rows(reading, frame, *, missing=0.1, unseen=0.1, n_rows=10_000):
    """Rows at thresholds, far outside, with missing values, small numbers and unseen levels."""
    rng = np.random.default_rng(3)
    columns = np.arange(frame.shape[1])
    rows = near_ties(reading, frame, n_rows=n_rows, columns=columns, missing=missing, far=0.05)
    for name in ("a", "b"):
        is_small = rng.random(n_rows) < 0.05
        rows.loc[is_small, name] = rng.choice(SMALL, is_small.sum())
    for name, new in (("letter", "aa"), ("whole", -7)):
        if unseen and name in rows:
            is_new = rng.random(n_rows) < unseen
            levels = [new, *rows[name].cat.categories[::-1]]
            values = rows[name].astype(object).where(~is_new, new)
            rows[name] = pd.Categorical(values, categories=levels)
    return rows


def check(model, frame, method="decision_function", *, tolerance=1e-9, **options):
    """Compare the reading of a booster with its answers to 10,000 hard rows."""
    reading = read_model(model, method)
    rows = hard_rows(reading, frame, **options)
    assert_reads(reading, asked(model, method)(rows), rows, tolerance=tolerance)
    check_columns(reading, rows)
    return reading


def check_columns(reading, rows):
    """Check that derived columns do not depend on the batch, and that they are copies."""
    derived = reading.derive(rows)
    assert derived.shape == (len(rows), reading.n_derived)
    alone = np.vstack([reading.derive(rows.iloc[i : i + 1]) for i in range(20)])
    np.testing.assert_array_equal(alone, derived[:20])
    packed = pickle.dumps(reading.derive)
    assert len(packed) < 20_000
    np.testing.assert_array_equal(pickle.loads(packed)(rows), derived)
    for column, source in enumerate([] if reading.copies is None else reading.copies):
        if source >= 0:
            expected = rows.iloc[:, source].to_numpy(dtype=float)
            np.testing.assert_array_equal(derived[:, column], expected)
