"""Tables as files of other programs: Excel and Parquet."""

import importlib.util
import re
from io import BytesIO

import pandas as pd

from sklime.display._names import visible
from sklime.utils._objects import is_missing

__all__ = ["parquet_bytes", "xlsx_bytes"]

# Lines of a sheet, of which the first has the names.
MAX_LINES = 2**20

# XML has no sign for these.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def xlsx_bytes(frame: pd.DataFrame) -> bytes:
    """Write a frame as a sheet for Excel.

    Parameters
    ----------
    frame : pandas.DataFrame
        Frame to write; its index is left out.

    Returns
    -------
    content : bytes
        An XLSX file. Texts are cells of text, also those that look like formulas.

    Raises
    ------
    ImportError
        If openpyxl is not installed.
    ValueError
        If the frame has more lines than a sheet.
    """
    _check_installed("openpyxl", ".xlsx")
    if len(frame) >= MAX_LINES:
        raise ValueError(
            f"a sheet of Excel has {MAX_LINES - 1:,d} lines below its header, and these "
            f"explanations take {len(frame):,d}. Save fewer rows, or pass a path that ends in "
            ".csv or .parquet."
        )
    columns = {name: _safe_cells(column) for name, column in frame.items()}
    buffer = BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        pd.DataFrame(columns).to_excel(writer, index=False, sheet_name="explanations")
        for line in writer.sheets["explanations"].iter_rows():
            for cell in line:
                # Texts that begin with "=" have become formulas.
                if cell.data_type == "f":
                    cell.data_type = "s"
    return buffer.getvalue()


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Write a frame as Parquet.

    Parameters
    ----------
    frame : pandas.DataFrame
        Frame to write.

    Returns
    -------
    content : bytes
        A Parquet file. Columns of mixed types are written as texts.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    _check_installed("pyarrow", ".parquet")
    columns = {name: _of_one_type(column) for name, column in frame.items()}
    content: bytes = pd.DataFrame(columns).to_parquet(index=False, engine="pyarrow")
    return content


def _check_installed(package: str, suffix: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise ImportError(
            f"files that end in {suffix} are written by {package}, which is not installed; run "
            f"pip install {package}, or pass a path that ends in .csv."
        )


def _safe_cells(column: pd.Series) -> pd.Series:
    """Return a column whose texts can be written, and dates without the time zone."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    cells = [_cell(value) for value in column]
    return pd.Series(cells, index=column.index, dtype=object)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return visible(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", value), keep_lines=True)
    is_plain = isinstance(value, bool | int | float)
    if is_plain or is_missing(value):
        return value
    if isinstance(value, pd.Timestamp) and value.tzinfo is None:
        return value
    # Dates with a time zone, and labels of other types, have no cell of their own.
    return value.item() if hasattr(value, "item") else _cell(str(value))


def _of_one_type(column: pd.Series) -> pd.Series:
    """Return a column that Parquet can hold."""
    if column.dtype != object:
        return column
    kinds = {type(value) for value in column if not is_missing(value)}
    if len(kinds) <= 1 and kinds <= {str, bool, int, float}:
        return pd.Series([_encodable(value) for value in column], index=column.index, dtype=object)
    texts = [None if is_missing(value) else _encodable(str(value)) for value in column]
    return pd.Series(texts, index=column.index, dtype=object)


def _encodable(value: object) -> object:
    """Return a value with question marks for lone surrogates, as in other files."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
