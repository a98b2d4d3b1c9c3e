"""How numbers and names are written, the same in every display."""

import numpy as np

__all__ = [
    "decimals_for",
    "fidelity_word",
    "middle_cut",
    "signed_text",
    "strongest_first",
    "value_beside",
    "value_text",
]

MINUS = "\N{MINUS SIGN}"
SIGNIFICANT_DIGITS = 3
MAX_NAME_LENGTH = 40
FIDELITY_WORDS = ((0.8, "good"), (0.5, "fair"), (0.3, "low"), (-np.inf, "very low"))


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
    """
    sizes = np.abs(np.asarray(numbers, dtype=np.float64))
    largest = np.max(sizes[np.isfinite(sizes)], initial=0.0)
    if largest == 0.0:
        return SIGNIFICANT_DIGITS
    return int(np.clip(SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(largest)), 0, 12))


def signed_text(number, decimals, *, always_signed=True):
    """Write a number with a true minus, never as a negative zero.

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
    """
    number = float(number)
    if np.isnan(number):
        return "not defined"
    text = f"{abs(number):.{decimals}f}"
    if float(text) == 0.0:
        return text
    sign = MINUS if number < 0 else "+" if always_signed else ""
    return sign + text


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
    if isinstance(value, float | np.floating | int | np.integer) and not isinstance(value, bool):
        number = float(value)
        if number.is_integer() and abs(number) < 1e15:
            return f"{int(number)}"
        return f"{number:.4g}"
    return str(value)


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


def middle_cut(name, length=MAX_NAME_LENGTH):
    """Shorten a name in its middle.

    Parameters
    ----------
    name : str
        The name.

    length : int, default=40
        Longest result.

    Returns
    -------
    name : str
        At most `length` characters.
    """
    if len(name) <= length:
        return name
    head = (length - 1) // 2
    return f"{name[:head]}\N{HORIZONTAL ELLIPSIS}{name[len(name) - (length - 1 - head) :]}"


def fidelity_word(fidelity):
    """Say in a word how well the local fit predicts the model.

    Parameters
    ----------
    fidelity : float
        R2, at most 1.

    Returns
    -------
    word : str
        From "good" to "very low"; "undefined" for NaN.
    """
    if np.isnan(fidelity):
        return "undefined: the model is constant here"
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
