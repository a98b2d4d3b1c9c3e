"""Tables of weights with colors, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sklime.display._names import visible
from sklime.display._numbers import decimals_for, signed_text
from sklime.display._view import LOWERS, RAISES
from sklime.utils._objects import is_missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pandas.io.formats.style import Styler

    from sklime.utils._types import FloatArray, ObjectArray

__all__ = ["styled_explanation", "styled_matrix"]

# A weak color behind a text keeps the contrast, in light and in dark notebooks.
_STRONGEST = 0.35

_OF_LINES = ["output", "condition", "value", "weight", "ci_low", "ci_high"]


def styled_matrix(matrix: pd.DataFrame) -> Styler:
    """Return a matrix of weights with a color behind each: orange above 0, blue below.

    Parameters
    ----------
    matrix : pandas.DataFrame of shape (n_rows, n_features)
        Weights. Labels and names may occur twice.

    Returns
    -------
    styler : pandas.io.formats.style.Styler
        Every text in it is escaped.
    """
    return _styled(matrix, list(range(matrix.shape[1])))


def styled_explanation(frame: pd.DataFrame) -> Styler:
    """Return the weights of one explanation with a color behind each.

    Parameters
    ----------
    frame : pandas.DataFrame
        One line per output and feature, as `Explanation.to_frame` has them.

    Returns
    -------
    styler : pandas.io.formats.style.Styler
        Without the output where there is one only, and without intervals of exact weights.
    """
    # Not by pandas, which cannot compare texts that UTF-8 cannot encode.
    outputs = {name: number for number, name in enumerate(dict.fromkeys(frame["output"]))}
    shown = [name for name in _OF_LINES if name != "output" or len(outputs) > 1]
    if bool((frame["standard_error"] == 0.0).all()):
        shown = shown[:-2]
    # Strongest first, within each output; a stable order, as in `as_list`.
    order = np.argsort(-frame["weight"].abs().to_numpy(), kind="stable")
    numbers = np.array([outputs[name] for name in frame["output"]], dtype=int)
    order = order[np.argsort(numbers[order], kind="stable")]
    frame = frame.iloc[order]
    names = pd.Index(frame["feature"].to_numpy(dtype=object), dtype=object)
    table = frame[shown].set_axis(names, axis=0)
    return _styled(table, [shown.index("weight")], {shown.index("value"): _value})


def _styled(
    table: pd.DataFrame,
    weights: list[int],
    writers: dict[int, Callable[[Any], str]] | None = None,
) -> Styler:
    """Style some columns of a table by their size and sign."""
    # Styles need labels that occur once: numbers stand for them, and texts are shown.
    numbered = table.set_axis(range(table.shape[1]), axis=1).set_axis(range(len(table)), axis=0)
    values = numbered[weights].to_numpy(dtype=float)
    largest = np.nanmax(np.abs(values), initial=0.0)
    decimals = decimals_for(values[np.isfinite(values)]) if np.isfinite(values).any() else 0
    styler = numbered.style.apply(
        lambda part: _colors(part.to_numpy(dtype=float), largest), subset=weights, axis=None
    )
    for column in range(table.shape[1]):
        write = (writers or {}).get(column, lambda value: _shown(value, decimals))
        styler = styler.format(write, subset=[column])
    # pandas reads braces in these texts as fields of a format.
    rows, columns = (
        [_text(label).replace("{", "{{").replace("}", "}}") for label in axis]
        for axis in (table.index, table.columns)
    )
    return styler.relabel_index(rows, axis=0).relabel_index(columns, axis=1)


def _colors(values: FloatArray, largest: float) -> ObjectArray:
    shares = np.abs(values) / (largest or 1.0) * _STRONGEST
    return np.array(
        [
            [_color(value, share) for value, share in zip(row, of_row)]
            for row, of_row in zip(values.tolist(), shares.tolist())
        ],
        dtype=object,
    ).reshape(values.shape)


def _color(value: float, share: float) -> str:
    if not np.isfinite(value) or value == 0.0:
        return ""
    red, green, blue = bytes.fromhex((RAISES if value > 0.0 else LOWERS)[1:])
    return f"background-color: rgba({red}, {green}, {blue}, {share:.3f})"


def _shown(value: Any, decimals: int) -> str:
    if isinstance(value, float):
        # A weight of 0 was not selected.
        is_nothing = np.isnan(value) or value == 0.0
        return "" if is_nothing else signed_text(value, decimals, always_signed=False)
    return _text(value)


def _value(value: Any) -> str:
    """Write a value of the row."""
    if is_missing(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else _text(value)


def _text(label: Any) -> str:
    return escape(visible(str(label)))
