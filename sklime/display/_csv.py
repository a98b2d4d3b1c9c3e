"""Tables as CSV in which a spreadsheet finds nothing to run."""

import csv
import numbers
import unicodedata

import pandas as pd

__all__ = ["csv_text", "quoted_cell"]

FORMULA_MARKS = "=+-@"
CUT_MARKS = "\t\r\n"
# Blanks and characters that nobody sees: some programs drop them before they look for a formula.
_PASSED_OVER = {"Zs", "Zl", "Zp", "Cc", "Cf"}


def csv_text(frame):
    """Write a frame as CSV.

    Parameters
    ----------
    frame : pandas.DataFrame
        What to write, without its index.

    Returns
    -------
    text : str
        All texts in double quotes, so that no other separator parts them, and with a ``'``
        before those that a spreadsheet would run; see `quoted_cell`. Numbers as they are.
    """
    columns = {name: _safe_column(column) for name, column in frame.items()}
    return pd.DataFrame(columns).to_csv(
        index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )


def quoted_cell(text):
    """Put a ``'`` before a text that a spreadsheet would take for a formula.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        The same, or with a ``'`` where it begins with ``=``, ``+``, ``-`` or ``@`` (in any
        width, also after blanks), with a tab or with a line end.

    Examples
    --------
    >>> from sklime.display._csv import quoted_cell
    >>> quoted_cell("=1+1"), quoted_cell("age > 37")
    ("'=1+1", 'age > 37')
    """
    first = next((c for c in text if unicodedata.category(c) not in _PASSED_OVER), "")
    is_formula = bool(first) and unicodedata.normalize("NFKC", first)[0] in FORMULA_MARKS
    return f"'{text}" if is_formula or text.startswith(tuple(CUT_MARKS)) else text


def _safe_column(column):
    kinds = pd.api.types
    if kinds.is_numeric_dtype(column) or kinds.is_datetime64_any_dtype(column):
        return column
    # As objects: a column of Arrow's texts takes no halves of characters.
    return pd.Series([_cell(value) for value in column], index=column.index, dtype=object)


def _cell(value):
    """Return numbers and what is missing as they are, anything else as a text."""
    if isinstance(value, numbers.Number) or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return value
    return quoted_cell(str(value))
