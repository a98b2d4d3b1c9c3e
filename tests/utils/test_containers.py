"""What tables come in, and what is no table."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from tables import FEW, row_sums

from sklime import LimeTabularExplainer


@pytest.fixture
def explainer(neighborhood, binary_data, binary_model):
    """An explainer fitted on five columns, in each neighborhood."""
    return LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(binary_data[0])


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


# Masked arrays, ragged lists, and what is no table


def test_masked_values_are_not_read_as_values(X):
    # NumPy and scikit-learn would silently drop the mask.
    masked = np.ma.masked_array(X, X > 1.0)
    with pytest.raises(ValueError, match=r"masked array.*pass X\.astype\(float\)\.filled"):
        LimeTabularExplainer(row_sums, **FEW).fit(masked)


def test_masked_array_without_masked_values_is_a_table(explainer, X):
    assert_array_equal(explainer.transform(np.ma.masked_array(X[:2])), explainer.transform(X[:2]))


def test_rows_of_different_lengths_are_named(explainer, X):
    rows = X[:3].tolist()
    with pytest.raises(ValueError, match="row 0 has 5 values, row 2 has 4"):
        explainer.explain([*rows[:2], rows[2][:4]])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros(3, dtype=[("a", float), ("b", float)]), r"fields a, b.*pd\.DataFrame\(X\)"),
        (None, "got scalar array instead: X is None"),
        ((row for row in ()), "got scalar array instead: X is <generator"),
        ({"a": [1.0]}, r"X is \{'a': \[1\.0\]\}"),
        ([{"a": 1.0}], r"list of dicts; pass pd\.DataFrame\(X\)"),
        (["good", "bad"], "LimeTextExplainer explains texts"),
        (np.zeros((3, 2), dtype=complex), "Complex data not supported"),
        (pd.DataFrame(index=range(3)), r"0 feature\(s\)"),
        (np.zeros((3, 0)), r"0 feature\(s\)"),
    ],
    ids=[
        "structured array",
        "None",
        "generator",
        "dict of columns",
        "list of dicts",
        "texts",
        "complex",
        "frame without columns",
        "array without columns",
    ],
)
def test_what_is_no_table_is_an_error_with_the_way_out(table, message):
    with pytest.raises(ValueError, match=message):
        LimeTabularExplainer(row_sums, **FEW).fit(table)


def test_frame_of_polars_without_columns_is_an_error():
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        LimeTabularExplainer(row_sums, **FEW).fit(polars.DataFrame())


def foreign(library, kind="DataFrame", **attributes):
    """An object of a class that another library could have."""
    return type(kind, (), {"__module__": f"{library}.core", **attributes})()


def must_not_read(*args, **kwargs):
    raise AssertionError("the rows were pulled into memory")


FAR = {
    "dask": r"X\.map_partitions\(lambda part: explainer\.explain\(part\)\.to_frame\(\)\)",
    "pyspark": "X.mapInPandas",
    "ray": "X.map_batches",
    "vaex": "chunk_size",
    "h5py": r"explainer\.explain\(X\[start:stop\]\) in a loop",
    "zarr": r"explainer\.explain\(X\[start:stop\]\) in a loop",
}


# Tables of other libraries


@pytest.mark.parametrize(("library", "way_out"), FAR.items(), ids=FAR)
def test_rows_that_are_not_in_memory_are_not_pulled_into_it(library, way_out, explainer):
    table = foreign(library, __array__=must_not_read, __len__=must_not_read, shape=(9, 5))
    with pytest.raises(TypeError, match=rf"X is a {library} DataFrame.*{way_out}"):
        explainer.explain(table)
    with pytest.raises(TypeError, match=r"To fit, pass a part of it that fits into memory: X"):
        LimeTabularExplainer(row_sums, **FEW).fit(table)


def test_array_that_holds_one_of_dask_is_not_pulled_into_memory(explainer):
    table = foreign("xarray", "DataArray", __dask_graph__=lambda self: {}, __array__=must_not_read)
    with pytest.raises(TypeError, match="xarray DataArray, whose rows are not in memory"):
        explainer.explain(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (foreign("modin", columns=["a"], _to_pandas=None), r"modin DataFrame.*polars DataFrame\."),
        (foreign("cudf", columns=["a"], to_pandas=print), r"cudf .*such as X\.to_pandas\(\)"),
        (foreign("datasets", "Dataset", to_pandas=print), r"datasets Dataset.*X\.to_pandas\(\)"),
    ],
    ids=["modin", "cudf", "datasets"],
)
def test_frame_of_another_library_is_an_error_with_the_way_out(table, message):
    with pytest.raises(TypeError, match=message):
        LimeTabularExplainer(row_sums, **FEW).fit(table)


def test_lazy_table_is_to_be_collected(X):
    polars = pytest.importorskip("polars")
    with pytest.raises(TypeError, match=r"LazyFrame, which has no rows yet; pass X\.collect"):
        LimeTabularExplainer(row_sums, **FEW).fit(polars.DataFrame(X).lazy())
