"""Containers of tables: arrays and lists are read, those that cannot be read are refused."""

from typing import Any

import numpy as np
from scipy import sparse

from sklime.utils._frames import column_names, is_frame
from sklime.utils._objects import LARGEST_EXACT
from sklime.utils._text import counted, listed, short_repr
from sklime.utils._types import Array

__all__ = ["as_array", "check_container"]

# Libraries whose rows are not in memory: how to take a part of a table, how to loop over all.
_FAR_TABLES = {
    "dask": (
        "X.head(10_000), or X.sample(frac=0.01).compute() of a frame",
        "X.map_partitions(lambda part: explainer.explain(part).to_frame()) of a frame, "
        "X.map_blocks(explainer.transform) of an array",
    ),
    "pyspark": (
        "X.limit(10_000).toPandas()",
        "X.mapInPandas with a function that yields explainer.explain(part).to_frame()",
    ),
    "ray": (
        "X.limit(10_000).to_pandas()",
        "X.map_batches(lambda part: explainer.explain(part).to_frame(), batch_format='pandas')",
    ),
    "vaex": ("X.sample(n=10_000).to_pandas_df()", "X.to_pandas_df(chunk_size=10_000) in a loop"),
    "h5py": ("X[:10_000]", "explainer.explain(X[start:stop]) in a loop"),
    "zarr": ("X[:10_000]", "explainer.explain(X[start:stop]) in a loop"),
}

# Methods by which other tables convert to pandas.
_CONVERSIONS = ("to_pandas", "toPandas", "to_pandas_df", "as_data_frame", "_to_pandas", "df")


def check_container(X: Any, *, is_training: bool) -> None:
    """Refuse containers that would be misread or would be loaded into memory as a whole.

    Parameters
    ----------
    X : object
        The table, in any container.

    is_training : bool
        Whether these are training rows, which may be a part of all rows.

    Raises
    ------
    TypeError
        For a table of another library, and for a lazy table.

    ValueError
        For masked values, structured arrays and repeated column names.
    """
    _check_far_table(X, is_training)
    if hasattr(X, "collect") and not hasattr(X, "shape"):
        raise TypeError(
            f"X is a lazy table, a {type(X).__name__}, which has no rows yet; pass X.collect()."
        )
    if _is_foreign_frame(X):
        raise TypeError(
            f"X is a {_full_name(X)}, a table that is neither of pandas nor of polars. Its "
            f"names and types would be lost. Pass a pandas or polars DataFrame{_conversion(X)}."
        )
    _check_array(X)
    _check_distinct_names(X)


def _check_array(X: Any) -> None:
    """Refuse arrays that NumPy would read in another way than the user means."""
    if isinstance(X, np.matrix):
        raise TypeError("np.matrix is not supported; pass np.asarray(X).")
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise ValueError(
            "X is a masked array, whose masked values would be read as if they were not masked; "
            "pass X.astype(float).filled(np.nan)."
        )
    fields = getattr(getattr(X, "dtype", None), "names", None)
    if fields:
        raise ValueError(
            f"X is a structured array with the fields {listed(fields)}, which are no columns; pass "
            "pd.DataFrame(X)."
        )


def _check_distinct_names(X: Any) -> None:
    if not is_frame(X):
        return
    names = column_names(X)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"Columns of X share a name: {listed(repeated)}. Give each column its own, by "
            "which its weights can be told apart."
        )


def as_array(X: Any) -> Array:
    """Return lists and arrays as an array of two dimensions; texts become objects.

    Parameters
    ----------
    X : array-like
        The table, neither a frame nor sparse.

    Returns
    -------
    array : ndarray of shape (n_samples, n_features)
        The numbers that NumPy reads, of any type.

    Raises
    ------
    ValueError
        For rows of different lengths, for one dimension, and for complex numbers.
    """
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ValueError(_ragged(X, error)) from error
    if not hasattr(X, "__array__") and _lost_in_conversion(array):
        array = np.asarray(X, dtype=object)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: X holds {array.dtype}.")
    if array.ndim == 0:
        raise ValueError(
            f"Expected 2D array, got scalar array instead: X is {short_repr(X)}. Pass a table, "
            "that is an array of two dimensions, a list of rows, or a DataFrame."
        )
    if array.ndim == 1:
        raise ValueError(_one_dimension(array))
    return array


def _lost_in_conversion(array: Array) -> bool:
    """Tell whether NumPy turned numbers of a list into texts, or may have rounded integers."""
    if array.dtype.kind == "f":
        return bool((np.abs(array) > LARGEST_EXACT).any())
    return array.dtype.kind in "US"


def _ragged(X: Any, error: ValueError) -> str:
    """Write the message for rows of different lengths."""
    lengths = [len(row) if hasattr(row, "__len__") else 0 for row in X]
    row = next((row for row, length in enumerate(lengths) if length != lengths[0]), None)
    if row is None:
        return f"X is no table: {error}"
    return (
        f"Rows of X have different lengths: row 0 has {counted(lengths[0], 'value')}, row {row} "
        f"has {lengths[row]}. Pass as many values in each row."
    )


def _one_dimension(array: Array) -> str:
    """Write the message for a table of one dimension."""
    first = array[0] if array.size else None
    if isinstance(first, dict):
        return (
            "Expected 2D array, got 1D array instead: X is a list of dicts; pass pd.DataFrame(X). "
            "Reshape your data that way, and each name has its column."
        )
    if isinstance(first, str):
        return (
            f"Expected 2D array, got 1D array instead: X holds {counted(array.size, 'text')}. "
            "LimeTextExplainer explains texts; as one row of a table, reshape your data: "
            "[row]. Reshape your data to one column with column.reshape(-1, 1)."
        )
    return (
        f"Expected 2D array, got 1D array instead, of shape {array.shape}. Reshape your data: one "
        "row is a table of one row, [row], row.reshape(1, -1) or X[[i]]; one column is "
        "column.reshape(-1, 1)."
    )


def _check_far_table(X: Any, is_training: bool) -> None:
    """Refuse tables whose rows are not in memory."""
    library = type(X).__module__.partition(".")[0]
    graph = getattr(X, "__dask_graph__", None)
    if callable(graph) and graph() is not None:
        # An xarray array may hold a dask array.
        library = "dask"
    if library not in _FAR_TABLES or sparse.issparse(X):
        return
    part, loop = _FAR_TABLES[library]
    way_out = (
        f"To fit, pass a part of it that fits into memory: {part}"
        if is_training
        else f"To explain all of it, go through its parts: {loop}"
    )
    raise TypeError(
        f"X is a {_full_name(X)}, whose rows are not in memory, and reading all of them here could "
        f"exhaust it. {way_out}."
    )


def _is_foreign_frame(X: Any) -> bool:
    has_rows = hasattr(X, "__array__") or sparse.issparse(X)
    has_names = hasattr(X, "columns") or (hasattr(X, "to_pandas") and not has_rows)
    return has_names and not is_frame(X)


def _conversion(X: Any) -> str:
    """Write how this table converts to pandas; empty where no method is known."""
    methods = [name for name in _CONVERSIONS if callable(getattr(X, name, None))]
    return f", such as X.{methods[0]}()" if methods else ""


def _full_name(X: Any) -> str:
    return f"{type(X).__module__.partition('.')[0]} {type(X).__qualname__}"
