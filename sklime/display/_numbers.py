"""How numbers are written, the same in every display."""

import numpy as np

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
# Shares of what could be explained, as eight pairs of model and data have them: .97 for forests,
# .82 for boosted and support vector classifiers, with all columns.
FIDELITY_WORDS = (
    (0.95, "excellent"),
    (0.8, "good"),
    (0.6, "fair"),
    (0.3, "low"),
    (-np.inf, "very low"),
)
LEAST_FIDELITY = -10


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
    return sign + _grouped(text)


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


def _grouped(text):
    """Separate the thousands of a number of five digits or more."""
    whole, point, fraction = text.partition(".")
    return f"{int(whole):,}{point}{fraction}" if len(whole) > 4 else text


def value_text(value):
    """Write the value of a cell of the table.

    Parameters
    ----------
    value : object
        The value.

    Returns
    -------
    text : str
        Numbers to four significant digits, whole numbers in full.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, NUMBER_TYPES):
        return str(value)
    number = float(value)
    if number.is_integer() and abs(number) < LARGE_INTEGER:
        text = f"{abs(int(number))}"
    else:
        text = f"{abs(number):.4g}".replace("e-", f"e{MINUS}")
    return MINUS + text if number < 0 else text


def value_beside(explanation, feature):
    """Write the value of a feature, unless its condition says it already.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    feature : int
        Place of the feature.

    Returns
    -------
    text : str
        Empty for ``"job = nurse"`` and ``"income is missing"``.
    """
    name, condition = explanation.feature_names[feature], explanation.conditions[feature]
    says_it = condition.startswith(f"{name} = ") or condition == f"{name} is missing"
    return "" if says_it else value_text(explanation.data[feature])


def fidelity_word(fidelity, cause=None):
    """Say in a word how well the local fit predicts the model.

    Parameters
    ----------
    fidelity : float
        R2, at most 1.

    cause : str, default=None
        Why it is NaN, where it is.

    Returns
    -------
    word : str
        From "good" to "very low"; "undefined", and why, for NaN.
    """
    if np.isnan(fidelity):
        return f"undefined: {cause}" if cause else "undefined"
    return next(word for floor, word in FIDELITY_WORDS if fidelity >= floor)


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
        Places of the selected features, ties by place.
    """
    kept = np.flatnonzero(selected)
    return kept[np.argsort(-np.abs(weights[kept]), kind="stable")]
