"""Rows that hit the splits of a reading: values at thresholds, one step beside them, and traps."""

import numpy as np
import pandas as pd

from sklime._readings._readers import read_model

# Values larger than any training value that single precision still holds.
FAR = (-1e30, -1e6, 1e6, 1e30)


def near_ties(reading, base, *, n_rows=10_000, missing=0.0, far=0.02, columns=None, seed=0):
    """Rows of a table, half of whose values are moved to thresholds of the reading.

    A moved value is a threshold, or the number before or behind it, in double or in single
    precision. A share `far` of the values lies far outside, a share `missing` is NaN. `columns`
    is the column of the table that each derived column is about (-1: leave it), `reading.copies`
    if it is None. The table is an array or a pandas frame, and so is the result; columns that
    no threshold is about keep their values, so missing ones are put in numbers only.
    """
    rng = np.random.default_rng(seed)
    picked = rng.integers(len(base), size=n_rows)
    if isinstance(base, pd.DataFrame):
        table = base.iloc[picked].reset_index(drop=True)
    else:
        table = np.asarray(base, dtype=np.float64)[picked]
    for column, thresholds in thresholds_by_column(reading, columns, table.shape[1]).items():
        values = _column(table, column)
        if values is None:
            continue
        values = _moved(values, thresholds, rng)
        is_far = rng.random(n_rows) < far
        values[is_far] = rng.choice(FAR, size=is_far.sum())
        values[rng.random(n_rows) < missing] = np.nan
        table = _with_column(table, column, values)
    return table


def thresholds_by_column(reading, columns, n_columns):
    """Thresholds of a reading, by the column of the table that they are about."""
    columns = reading.copies if columns is None else np.asarray(columns)
    found = {column: np.zeros(0) for column in range(n_columns)}
    trees = reading.trees
    if trees is None or columns is None:
        return found
    is_split = trees.feature >= 0
    if trees.levels is not None:
        is_split &= trees.levels.set_of_node < 0
    owner = np.where(is_split, columns[np.where(is_split, trees.feature, 0)], -1)
    return {
        column: np.unique(trees.threshold[(owner == column) & np.isfinite(trees.threshold)])
        for column in range(n_columns)
    }


def beside(thresholds):
    """Thresholds and their neighbors in double and in single precision."""
    with np.errstate(over="ignore"):
        single = thresholds.astype(np.float32)
        near = [
            *(np.nextafter(thresholds, to) for to in (-np.inf, thresholds, np.inf)),
            *(np.nextafter(single, np.float32(to)) for to in (-np.inf, np.inf)),
            single,
        ]
    values = np.concatenate([values.astype(np.float64) for values in near])
    return values[np.isfinite(values)]


def largest_error(reading, answer, table):
    """Largest difference between a reading and the answer of its model, over max |f|."""
    answer = np.asarray(answer, dtype=np.float64).reshape(len(answer), -1)
    got = reading.answer(table)
    assert got.shape == answer.shape
    assert np.isfinite(answer).all()
    return np.abs(got - answer).max() / max(np.abs(answer).max(), np.finfo(float).tiny)


def assert_reads(reading, answer, table, tolerance=1e-12):
    """Check a reading against its model: near its size, and near its spread."""
    error = largest_error(reading, answer, table)
    assert error <= tolerance, f"error {error:.1e} of the largest answer"
    answer = np.asarray(answer, dtype=np.float64).reshape(len(answer), -1)
    differences = np.abs(reading.answer(table) - answer).max(axis=0)
    # A shifted target makes the first bound wide: the spread of the answers does not move. The
    # standard deviation of a constant is rounding, too.
    spread = np.maximum(answer.std(axis=0), 1e-12 * np.abs(answer).max(axis=0))
    assert (differences <= 1e-3 * spread).all()


def check_model(model, method, X, **options):
    """Compare the reading of a model with its answers to rows at its thresholds."""
    reading = read_model(model, method)
    rows = near_ties(reading, X, **options)
    assert_reads(reading, getattr(model, method)(rows), rows)
    return reading


def numbers(rng, *, n_rows=300, missing=0.0):
    """Columns of several sizes: one of ties, one of numbers that single precision rounds."""
    X = rng.normal(size=(n_rows, 4)) * [1.0, 1e-3, 1e6, 1.0] + [0.0, 0.0, 1e8, 0.0]
    X[:, 3] = rng.integers(5, size=n_rows)
    X[rng.random(X.shape) < missing] = np.nan
    return X


def targets(X, rng, model):
    """Numbers or three classes that depend on all columns."""
    Z = np.nan_to_num((X - np.nanmean(X, axis=0)) / np.nanstd(X, axis=0), nan=1.5)
    score = Z[:, 0] * Z[:, 1] + np.abs(Z[:, 2]) + Z[:, 3] + rng.normal(size=len(X)) / 3
    if "Classifier" in model.__name__:
        return np.digitize(score, np.quantile(score, [0.3, 0.6]))
    return score


def with_unseen(frame, column, level, *, share=0.05, seed=0):
    """Replace a share of a column of a frame by a level that the model has never seen."""
    is_new = np.random.default_rng(seed).random(len(frame)) < share
    return frame.assign(**{column: frame[column].astype(object).where(~is_new, level)})


def _moved(values, thresholds, rng):
    """Half of the values, moved to thresholds and to their neighbors."""
    values = values.copy()
    near = beside(thresholds)
    if near.size:
        is_moved = rng.random(len(values)) < 0.5
        values[is_moved] = rng.choice(near, size=is_moved.sum())
    return values


def _column(table, column):
    """Column of numbers as floats; None for levels and truth values."""
    if not isinstance(table, pd.DataFrame):
        return table[:, column]
    series = table.iloc[:, column]
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return None
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def _with_column(table, column, values):
    if isinstance(table, pd.DataFrame):
        return table.assign(**{table.columns[column]: values})
    table[:, column] = values
    return table
