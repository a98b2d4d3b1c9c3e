"""Tables as CSV without cells that a spreadsheet would run as formulas."""

import csv
import numbers
import unicodedata
from typing import Any

import pandas as pd

__all__ = ["csv_text", "quoted_cell"]

# Spreadsheets read a cell that begins with one of these as a formula. A formula can send the other
# cells to a server, and names of columns or labels may come from a stranger.
FORMULA_MARKS = "=+-@"
CUT_MARKS = "\t\r\n"

# Blanks and invisible characters: some programs drop them before they look for a formula.
_PASSED_OVER = {"Zs", "Zl", "Zp", "Cc", "Cf"}


def csv_text(frame: pd.DataFrame) -> str:
    """Write a frame as CSV.

    Parameters
    ----------
    frame : pandas.DataFrame
        Frame to write; its index is left out.

    Returns
    -------
    text : str
        Numbers unchanged. All texts in double quotes, so that programs with another separator do
        not split them, and with a ``'`` before those that a spreadsheet would run; see
        `quoted_cell`.
    """
    columns = {name: _safe_column(column) for name, column in frame.items()}
    written: str = pd.DataFrame(columns).to_csv(
        index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    return written


def quoted_cell(text: str) -> str:
    """Put a ``'`` before a text that a spreadsheet would read as a formula.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        With a ``'`` before it if it begins with ``=``, ``+``, ``-`` or ``@`` (in any width, also
        after blanks), with a tab or with a line end; otherwise unchanged.

    Examples
    --------
    >>> from sklime.display._csv import quoted_cell
    >>> quoted_cell("=1+1"), quoted_cell("age > 37")
    ("'=1+1", 'age > 37')
    """
    first = next((c for c in text if unicodedata.category(c) not in _PASSED_OVER), "")
    is_formula = bool(first) and unicodedata.normalize("NFKC", first)[0] in FORMULA_MARKS
    return f"'{text}" if is_formula or text.startswith(tuple(CUT_MARKS)) else text


def _safe_column(column: pd.Series) -> pd.Series:
    kinds = pd.api.types
    if kinds.is_numeric_dtype(column) or kinds.is_datetime64_any_dtype(column):
        return column
    # As objects: a column of Arrow's texts refuses surrogates, which a name may contain.
    return pd.Series([_cell(value) for value in column], index=column.index, dtype=object)


def _cell(value: Any) -> Any:
    """Return numbers and missing values unchanged, anything else as a safe text."""
    if isinstance(value, numbers.Number) or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return value
    return quoted_cell(str(value))
