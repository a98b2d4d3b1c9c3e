"""How numbers are written, the same in every display."""

import operator

import numpy as np

from sklime.display._advice import FIDELITY_WORDS, is_low
from sklime.display._names import condition_ends
from sklime.utils._text import grouped

__all__ = [
    "decimals_for",
    "fidelity_text",
    "fidelity_word",
    "signed_text",
    "strongest_first",
    "value_beside",
    "value_text",
]

MINUS = "\N{MINUS SIGN}"
SIGNIFICANT_DIGITS = 3
MAX_DECIMALS = 12
FEW_DECIMALS = 6  # beyond these, powers of ten read better
SMALL, LARGE = 1e-3, 1e9
LARGE_INTEGER = 1e15
NUMBER_TYPES = (int, float, np.integer, np.floating)
VALUE_DIGITS = 4
SMALLEST_IN_FULL = 1e-4  # smaller values read better as powers of ten
MAX_MORE_DIGITS = 14
LEAST_FIDELITY = -10

_COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def decimals_for(numbers):
    """Return how many decimals give the largest number three significant digits.

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
    sizes = np.abs(np.asarray(numbers, dtype=np.float64))
    largest = np.max(sizes[np.isfinite(sizes)], initial=0.0)
    if largest == 0.0:
        return SIGNIFICANT_DIGITS
    return int(np.clip(SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(largest)), 0, MAX_DECIMALS))


def signed_text(number, decimals, *, always_signed=True):
    """Write a number with a true minus, and a tiny one as smaller than the last digit.

    Parameters
    ----------
    number : float
        The number.

    decimals : int
        Digits after the point.

    always_signed : bool, default=True
        Whether to write a plus.

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
    size = abs(number)
    sign = MINUS if number < 0 else "+" if always_signed else ""
    if number == 0.0:
        return f"{0.0:.{min(decimals, FEW_DECIMALS)}f}"
    is_small = decimals > FEW_DECIMALS and size < SMALL
    if is_small or size >= LARGE:
        return sign + f"{size:.{SIGNIFICANT_DIGITS - 1}e}".replace("e-", f"e{MINUS}")
    decimals = min(decimals, FEW_DECIMALS)
    text = f"{size:.{decimals}f}"
    if float(text) == 0.0:
        smallest = f"{10.0**-decimals:.{decimals}f}"
        return f">{MINUS}{smallest}" if number < 0 else f"<{smallest}"
    return sign + grouped(text)


def fidelity_text(fidelity, *, is_bound=False):
    """Write a R2; how far a fit misses no longer counts where it misses by far.

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


def value_text(value, name="", condition=""):
    """Write the value of a cell of the table.

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
        Whole numbers in full. Others to four significant digits, large ones to the unit, and to
        as many more as it takes to meet the condition as it is written.

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
    texts = [_rounded(abs(number), n_more) for n_more in range(MAX_MORE_DIGITS if bounds else 1)]
    # The ends of the condition are rounded themselves: it may be that no text meets them.
    text = next((text for text in texts if _meets(text, number, bounds)), texts[0])
    return sign + grouped(text.replace("e-", f"e{MINUS}"))


def _meets(text, number, bounds):
    shown = float(np.copysign(float(text), number))
    return all(compare(shown, bound) for compare, bound in bounds)


def _rounded(size, n_more):
    """Write a size to four significant digits, or to the unit, and some digits more."""
    if not SMALLEST_IN_FULL <= size < LARGE_INTEGER:
        return f"{size:.{VALUE_DIGITS + n_more}g}"
    decimals = max(VALUE_DIGITS - 1 - int(np.floor(np.log10(size))), 0) + n_more
    text = f"{size:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _bounds(name, condition):
    """Read what a condition compares a value with, as it is written."""
    ends = condition_ends(name, condition)
    try:
        return [(_COMPARED[sign], float(text.replace(",", ""))) for sign, text in ends]
    except ValueError:
        return []


def value_beside(explanation, feature, condition):
    """Write the value of a feature, unless its condition says it already.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    feature : int
        Index of the feature.

    condition : str
        Its condition.

    Returns
    -------
    text : str
        Empty for ``"job = nurse"`` and ``"income is missing"``.
    """
    name = explanation.feature_names[feature]
    says_it = condition.startswith(f"{name} = ") or condition == f"{name} is missing"
    return "" if says_it else value_text(explanation.data[feature], name, condition)


def fidelity_word(fidelity, cause=None, *, is_bound=False):
    """Say in a word how well the local fit predicts the model.

    Parameters
    ----------
    fidelity : float
        R2, at most 1.

    cause : str, default=None
        Why it is NaN, where it is.

    is_bound : bool, default=False
        Whether it is a lower bound, so that a low one tells nothing.

    Returns
    -------
    word : str
        From "excellent" to "very low"; "undefined", and why, for NaN; "may be higher" for a low
        bound.
    """
    if np.isnan(fidelity):
        return f"undefined: {cause}" if cause else "undefined"
    if is_bound and is_low(fidelity):
        return "may be higher"
    # As it is shown: 0.596 reads 0.60.
    return next(word for floor, word in FIDELITY_WORDS if np.round(fidelity, 2) >= floor)


def strongest_first(weights, selected):
    """Order the selected features by the size of their weights.

    Parameters
    ----------
    weights : ndarray of shape (n_features,)
        Weights.

    selected : ndarray of bool of shape (n_features,)
        Which to list.

    Returns
    -------
    order : ndarray of int
        Indices of the selected features, ties by index.
    """
    kept = np.flatnonzero(selected)
    return kept[np.argsort(-np.abs(weights[kept]), kind="stable")]
