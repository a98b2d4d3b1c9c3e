"""Write numbers in the same way in every display."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from sklime.display._advice import FIDELITY_WORDS, is_low
from sklime.display._names import condition_ends
from sklime.utils._text import grouped
from sklime.utils._types import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation

__all__ = [
    "area_text",
    "decimals_for",
    "fidelity_text",
    "fidelity_word",
    "share_text",
    "signed_text",
    "strongest_first",
    "value_beside",
    "value_text",
]

MINUS = "\N{MINUS SIGN}"
SIGNIFICANT_DIGITS = 3
MAX_DECIMALS = 12
FEW_DECIMALS = 6  # a number that needs more is easier to read as a power of ten
SMALL, LARGE = 1e-3, 1e9

# A float holds every integer below this; above, the last digits would be wrong.
LARGE_INTEGER = 1e15

NUMBER_TYPES = (int, float, np.integer, np.floating)
VALUE_DIGITS = 4
SMALLEST_IN_FULL = 1e-4  # smaller values are easier to read as powers of ten
MAX_MORE_DIGITS = 14

# A sum of shares may miss 0 or 1 by this.
ROUNDING = 1e-9

# Below this the fit is useless, however far below; near-constant responses reach -1e6.
LEAST_FIDELITY = -10

# A fidelity with a larger standard error may as well have another word.
MAX_SILENT_ERROR = 0.1

# A comparison and the number that a value is compared with.
_Bound: TypeAlias = tuple[Callable[[float, float], bool], float]

_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def decimals_for(numbers: ArrayLike) -> int:
    """Return the number of decimals that gives the largest number three significant digits.

    Parameters
    ----------
    numbers : array-like
        Numbers of one column.

    Returns
    -------
    decimals : int
        At least 0 and at most 12.

    Examples
    --------
    >>> from sklime.display._numbers import decimals_for
    >>> decimals_for([0.307, -0.02])
    3
    """
    magnitudes = np.abs(np.asarray(numbers, dtype=np.float64))
    largest = np.max(magnitudes[np.isfinite(magnitudes)], initial=0.0)
    if largest == 0.0:
        return SIGNIFICANT_DIGITS
    return int(np.clip(SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(largest)), 0, MAX_DECIMALS))


def signed_text(number: float, decimals: int, *, always_signed: bool = True) -> str:
    """Write a number with a minus sign, and a tiny one as smaller than the last digit.

    Parameters
    ----------
    number : float
        The number.

    decimals : int
        Digits after the point.

    always_signed : bool, default=True
        Whether to write a plus sign.

    Returns
    -------
    text : str
        The text.

    Examples
    --------
    >>> from sklime.display._numbers import signed_text
    >>> signed_text(0.12345, 3), signed_text(0.0001, 3)
    ('+0.123', '<0.001')
    """
    number = float(number)
    if np.isnan(number):
        return "not defined"
    magnitude = abs(number)
    sign = MINUS if number < 0 else "+" if always_signed else ""
    if number == 0.0:
        return f"{0.0:.{min(decimals, FEW_DECIMALS)}f}"
    is_small = decimals > FEW_DECIMALS and magnitude < SMALL
    if is_small or magnitude >= LARGE:
        return sign + f"{magnitude:.{SIGNIFICANT_DIGITS - 1}e}".replace("e-", f"e{MINUS}")
    decimals = min(decimals, FEW_DECIMALS)
    text = f"{magnitude:.{decimals}f}"
    # "0.000" beside an interval of the same digits would look like no effect at all.
    if float(text) == 0.0:
        smallest = f"{10.0**-decimals:.{decimals}f}"
        return f">{MINUS}{smallest}" if number < 0 else f"<{smallest}"
    return sign + grouped(text)


def fidelity_text(fidelity: float, *, is_bound: bool = False) -> str:
    """Write an R2; all values below -10 are written alike.

    Parameters
    ----------
    fidelity : float
        R2, at most 1.

    is_bound : bool, default=False
        Whether it is a lower bound.

    Returns
    -------
    text : str
        The text.

    Examples
    --------
    >>> from sklime.display._numbers import fidelity_text
    >>> fidelity_text(0.714), fidelity_text(-1523623.2), fidelity_text(0.5, is_bound=True)
    ('0.71', '<−10', 'at least 0.50')
    """
    if fidelity < LEAST_FIDELITY:
        return f"<{MINUS}{-LEAST_FIDELITY}"
    text = signed_text(fidelity, 2, always_signed=False)
    return f"at least {text}" if is_bound and not np.isnan(fidelity) else text


def share_text(share: float) -> str:
    """Write a share as a percentage; few are not none, and most are not all.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Returns
    -------
    text : str
        The text.

    Examples
    --------
    >>> from sklime.display._numbers import share_text
    >>> share_text(0.0), share_text(0.002), share_text(0.25), share_text(0.998), share_text(1.0)
    ('0%', '<1%', '25%', '>99%', '100%')
    """
    text = f"{100.0 * share:.0f}%"
    if not ROUNDING < share < 1.0 - ROUNDING:
        return text
    return {"0%": "<1%", "100%": ">99%"}.get(text, text)


def value_text(value: Any, name: str = "", condition: str = "") -> str:
    """Write the value of a column.

    Parameters
    ----------
    value : object
        The value.

    name, condition : str, default=""
        Name of the column, and the condition that the value meets, such as
        ``"12.34 < x <= 25.1"``.

    Returns
    -------
    text : str
        Whole numbers in full; other numbers with four significant digits, or as integers if they
        are larger. More digits are written until the text meets the condition as it is written.

    Examples
    --------
    >>> from sklime.display._numbers import value_text
    >>> value_text(309000.4), value_text(12.3412), value_text(12.3412, "x", "12.34 < x <= 25.1")
    ('309,000', '12.34', '12.341')
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, NUMBER_TYPES):
        return str(value)
    number = float(value)
    if not np.isfinite(number):
        return str(number)
    sign = MINUS if number < 0 else ""
    if number.is_integer() and abs(number) < LARGE_INTEGER:
        return sign + grouped(f"{abs(int(number))}")
    bounds = _bounds(name, condition)
    texts = (_rounded(abs(number), n_more) for n_more in range(MAX_MORE_DIGITS if bounds else 1))
    # A condition that comes from a file need not be true of the value.
    fitting = next((text for text in texts if _meets(text, number, bounds)), None)
    text = _rounded(abs(number), 0) if fitting is None else fitting
    return sign + grouped(text.replace("e-", f"e{MINUS}"))


def _meets(text: str, number: float, bounds: list[_Bound]) -> bool:
    shown = float(np.copysign(float(text), number))
    return all(compare(shown, bound) for compare, bound in bounds)


def _rounded(magnitude: float, n_more: int) -> str:
    """Write a magnitude with four significant digits, or as an integer, and `n_more` digits."""
    if not SMALLEST_IN_FULL <= magnitude < LARGE_INTEGER:
        return f"{magnitude:.{VALUE_DIGITS + n_more}g}"
    decimals = max(VALUE_DIGITS - 1 - int(np.floor(np.log10(magnitude))), 0) + n_more
    text = f"{magnitude:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _bounds(name: str, condition: str) -> list[_Bound]:
    """Return the comparisons of a condition, with numbers as they are written."""
    ends = condition_ends(name, condition)
    # The user may call a level of a category "x" or "?", which is no number.
    try:
        return [(_COMPARED[sign], float(text.replace(",", ""))) for sign, text in ends]
    except ValueError:
        return []


def value_beside(explanation: BaseExplanation, feature: int, condition: str) -> str:
    """Write the value of a feature, unless its condition contains it.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    feature : int
        Index of the feature.

    condition : str
        Condition that the row meets.

    Returns
    -------
    text : str
        Empty for ``"job = nurse"`` and ``"income is missing"``; for a segment its share of the
        picture.
    """
    if explanation.kind == "image":
        return area_text(explanation, feature)
    name = explanation.feature_names[feature]
    has_value = condition.startswith(f"{name} = ") or condition == f"{name} is missing"
    return "" if has_value else value_text(explanation.data[feature], name, condition)


def area_text(explanation: BaseExplanation, feature: int) -> str:
    """Write the share of a segment in the pixels of its picture.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    feature : int
        Index of the segment.

    Returns
    -------
    text : str
        In percent, with one decimal.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklime.display._numbers import area_text
    >>> area_text(SimpleNamespace(data=[3, 1, 4000]), 2), area_text(SimpleNamespace(data=[1, 9]), 0)
    ('99.9%', '10.0%')
    """
    percent = 100.0 * float(explanation.data[feature]) / float(np.sum(explanation.data))
    return "<0.1%" if percent < 0.05 else f"{percent:.1f}%"


def fidelity_word(
    fidelity: float, cause: str | None = None, *, is_bound: bool = False, error: float = np.nan
) -> str:
    """Return a word for how well the local fit predicts the model.

    Parameters
    ----------
    fidelity : float
        R2, at most 1.

    cause : str, default=None
        Why the fidelity is NaN.

    is_bound : bool, default=False
        Whether it is a lower bound; a low bound tells nothing.

    error : float, default=NaN
        Standard error of the fidelity; it is told above 0.1.

    Returns
    -------
    word : str
        From "excellent" to "very low". For NaN "undefined" and the cause; for a low bound "may be
        higher".
    """
    if np.isnan(fidelity):
        return f"undefined: {cause}" if cause else "undefined"
    if is_bound and is_low(fidelity):
        return "may be higher"
    # As it is shown, with two decimals: 0.596 is shown as 0.60 and is fair.
    word = next(word for floor, word in FIDELITY_WORDS if np.round(fidelity, 2) >= floor)
    return f"{word}, standard error {error:.2f}" if error > MAX_SILENT_ERROR else word


def strongest_first(weights: FloatArray, selected: BoolArray) -> IntArray:
    """Order the selected features by the size of their weights.

    Parameters
    ----------
    weights : ndarray of shape (n_features,)
        Weights.

    selected : ndarray of bool of shape (n_features,)
        Features to list.

    Returns
    -------
    order : ndarray of int
        Indices of the selected features; ties are ordered by index.
    """
    listed = np.flatnonzero(selected)
    return listed[np.argsort(-np.abs(weights[listed]), kind="stable")]
