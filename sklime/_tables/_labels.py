"""Labels of conditions: bins of numbers, bins of whole numbers, levels."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np

from sklime.utils._text import grouped, short_repr
from sklime.utils._types import FloatArray

__all__ = [
    "bin_labels",
    "edge_labels",
    "exact_texts",
    "level_labels",
    "shortest_texts",
    "whole_labels",
    "written_number",
]

# Which bin a value equal to a cut belongs to: the one below ("left") or above.
_Side: TypeAlias = Literal["left", "right"]

# Significant digits.
_MIN_DIGITS = 3
_FEW_DIGITS = 4
_MAX_DIGITS = 17

# Whole numbers up to this size are written in full.
_LARGEST_IN_FULL = 1e15

# Python raises an error for the text of much longer integers.
_MAX_LEVEL_BITS = 4096


def bin_labels(name: str, edges: Sequence[str], side: _Side = "left") -> tuple[str, ...]:
    """Name the bins between increasing cuts.

    Parameters
    ----------
    name : str
        Name of the column.

    edges : sequence of str
        Increasing cuts, as they are written.

    side : {"left", "right"}, default="left"
        Whether a value equal to a cut belongs to the bin below ("left") or above.

    Returns
    -------
    labels : tuple of str
        One label more than there are cuts; the bare name if there are none.

    Examples
    --------
    >>> from sklime._tables._labels import bin_labels
    >>> bin_labels("age", ["25", "37"])
    ('age <= 25', '25 < age <= 37', 'age > 37')
    """
    if len(edges) == 0:
        return (name,)
    above, up_to = ("<", "<=") if side == "left" else ("<=", "<")
    beyond = ">" if side == "left" else ">="
    inner = (f"{low} {above} {name} {up_to} {high}" for low, high in pairwise(edges))
    return (f"{name} {up_to} {edges[0]}", *inner, f"{name} {beyond} {edges[-1]}")


def shortest_texts(
    cuts: FloatArray, gaps: FloatArray | None = None, side: _Side = "left"
) -> list[str]:
    """Write increasing cuts with as few digits as leave each value on its side.

    Parameters
    ----------
    cuts : ndarray of shape (n_cuts,)
        Increasing numbers.

    gaps : ndarray of shape (n_cuts, 2), default=None
        Nearest training value below and above each cut. What is written lies between them;
        `None` for cuts that need only be told apart.

    side : {"left", "right"}, default="left"
        Whether a value equal to a cut belongs to the bin below ("left") or above.

    Returns
    -------
    texts : list of str
        At least three significant digits (fewer if the rest are zeros); more if a number
        would else read like a neighbor, or if a training value would change its bin. Whole
        numbers are in full.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._tables._labels import shortest_texts
    >>> shortest_texts(np.array([0.00012345, 0.5, 12.3449, 12.3451]))
    ['0.000123', '0.5', '12.34', '12.35']
    >>> shortest_texts(np.array([112.15]), np.array([[111.6, 112.2]]))
    ['112']
    >>> shortest_texts(np.array([112.15]), np.array([[112.1, 112.2]]))
    ['112.1']
    """
    ends = [(-np.inf, np.inf)] * len(cuts) if gaps is None else gaps.tolist()
    numbers = [-np.inf, *cuts.tolist(), np.inf]
    texts: list[str] = []
    before = -np.inf
    for (previous, cut, after), (low, high) in zip(zip(numbers, numbers[1:], numbers[2:]), ends):
        fitting = (
            text
            for text in _rounded_texts(cut, (previous, after))
            if _is_within(written_number(text), low, high, side)
            and before < written_number(text) < after
        )
        texts.append(next(fitting, None) or _exact_text(cut))
        before = written_number(texts[-1])
    return texts


def _rounded_texts(cut: float, neighbors: tuple[float, float]) -> Iterator[str]:
    """Yield texts of a cut that its neighbors do not have, the shorter ones first.

    A cut is rounded to the nearest number, or where few digits then are too few, the other way:
    13.67 in place of 13.678 for 13.6775.
    """
    for digits in _digits_apart(cut, neighbors, _MIN_DIGITS, _FEW_DIGITS):
        yield _number_text(cut, digits)
    for digits in _digits_apart(cut, neighbors, _MIN_DIGITS, _FEW_DIGITS):
        yield _number_text(_rounded_away(cut, digits), digits)
    for digits in _digits_apart(cut, neighbors, _FEW_DIGITS + 1, _MAX_DIGITS):
        yield _number_text(cut, digits)
        yield _number_text(_rounded_away(cut, digits), digits)


def _digits_apart(
    cut: float, neighbors: tuple[float, float], least: int, most: int
) -> Iterator[int]:
    """Yield numbers of digits with which a cut and its neighbors differ."""
    low, high = neighbors
    for digits in range(least, most + 1):
        if f"{low:.{digits}g}" != f"{cut:.{digits}g}" != f"{high:.{digits}g}":
            yield digits


def _rounded_away(cut: float, digits: int) -> float:
    """Round to the second nearest number of some digits."""
    nearest = written_number(_number_text(cut, digits))
    if nearest == cut:
        return cut
    unit: float = 10.0 ** (np.floor(np.log10(abs(cut))) - digits + 1)
    if 1.0 <= abs(cut) < _LARGEST_IN_FULL:
        # Numbers of many digits are rounded to whole ones.
        unit = min(unit, 1.0)
    return nearest - unit if nearest > cut else nearest + unit


def _is_within(number: float, low: float, high: float, side: _Side) -> bool:
    return low <= number < high if side == "left" else low < number <= high


def exact_texts(cuts: FloatArray) -> list[str]:
    """Write cuts with all of their digits.

    Parameters
    ----------
    cuts : ndarray of shape (n_cuts,)
        Numbers.

    Returns
    -------
    texts : list of str
        The shortest texts that Python reads as these numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._tables._labels import exact_texts
    >>> exact_texts(np.array([0.5, 112.15, 279306.625]))
    ['0.5', '112.15', '279,306.625']
    """
    return [_exact_text(cut) for cut in cuts.tolist()]


def _exact_text(number: float) -> str:
    return _number_text(number, len(Decimal(repr(number)).as_tuple().digits))


def written_number(text: str) -> float:
    """Return the number that a label shows.

    Parameters
    ----------
    text : str
        A number with or without commas.

    Returns
    -------
    number : float
        The number.

    Examples
    --------
    >>> from sklime._tables._labels import written_number
    >>> written_number("279,306.6")
    279306.6
    """
    return float(text.replace(",", ""))


def _number_text(number: float, digits: int) -> str:
    """Write a number to some significant digits, whole numbers and large ones in full."""
    number = float(number)
    if number.is_integer() and abs(number) < _LARGEST_IN_FULL:
        return grouped(str(int(number)))
    text = f"{number:.{digits}g}"
    if "e" in text and 1.0 <= abs(number) < _LARGEST_IN_FULL:
        text = str(round(number))
    return grouped(text)


def whole_labels(
    name: str, cuts: FloatArray, side: _Side, low: float, high: float
) -> tuple[str, ...]:
    """Name the bins of a column of whole numbers by the numbers in them.

    Parameters
    ----------
    name : str
        Name of the column.

    cuts : ndarray of shape (n_cuts,)
        Increasing cuts, at least one.

    side : {"left", "right"}
        Whether a value equal to a cut belongs to the bin below ("left") or above.

    low, high : float
        Least and largest number of the training rows.

    Returns
    -------
    labels : tuple of str
        One label more than there are cuts. They are true of whole numbers alone.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._tables._labels import whole_labels
    >>> whole_labels("year", np.array([2003.5, 2004.0, 2006.0]), "left", 2001, 2009)
    ('year <= 2003', 'year = 2004', 'year 2005 to 2006', 'year >= 2007')
    >>> whole_labels("flag", np.array([0.0]), "left", 0, 1)
    ('flag = 0', 'flag = 1')
    """
    last = _last_below(cuts, side)
    ends = [(int(a) + 1, int(b)) for a, b in pairwise([low - 1.0, *last, high])]
    plain, edges = bin_labels(name, exact_texts(cuts), side), edge_labels(name, cuts, side)
    labels = [_span_label(name, *end, text) for end, text in zip(ends, plain)]
    # The first and the last bin are open, because rows may be beyond the training rows. Their
    # label names a single number only if they hold a single number of the training rows.
    for index, edge in ((0, edges[0]), (-1, edges[1])):
        if ends[index][0] != ends[index][1]:
            labels[index] = edge
    return tuple(labels)


def edge_labels(name: str, cuts: FloatArray, side: _Side) -> tuple[str, str]:
    """Name the open first and last bin of a column of whole numbers.

    Parameters
    ----------
    name : str
        Name of the column.

    cuts : ndarray of shape (n_cuts,)
        Increasing cuts, at least one.

    side : {"left", "right"}
        Whether a value equal to a cut belongs to the bin below ("left") or above.

    Returns
    -------
    labels : tuple of two str
        Labels of the first and of the last bin.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._tables._labels import edge_labels
    >>> edge_labels("flag", np.array([0.0]), "left")
    ('flag <= 0', 'flag >= 1')
    """
    last = _last_below(cuts, side)
    first, end = _number_text(last[0], _MIN_DIGITS), _number_text(last[-1] + 1.0, _MIN_DIGITS)
    return f"{name} <= {first}", f"{name} >= {end}"


def _last_below(cuts: FloatArray, side: _Side) -> FloatArray:
    """Return the largest whole number of the bin below each cut."""
    return np.floor(cuts) if side == "left" else np.ceil(cuts) - 1.0


def _span_label(name: str, first: int, last: int, text: str) -> str:
    if first == last:
        return f"{name} = {_number_text(first, _MIN_DIGITS)}"
    if first > last:
        # The bin contains no whole number.
        return text
    return f"{name} {_number_text(first, _MIN_DIGITS)} to {_number_text(last, _MIN_DIGITS)}"


def level_labels(name: str, levels: Sequence[Any], unseen: Sequence[Any]) -> tuple[str, ...]:
    """Name levels.

    Parameters
    ----------
    name : str
        Name of the column.

    levels : sequence
        Levels that were seen in `fit`.

    unseen : sequence
        Levels that were not seen in `fit`.

    Returns
    -------
    labels : tuple of str
        Labels of the seen levels, of missing, of the unseen levels.

    Examples
    --------
    >>> from sklime._tables._labels import level_labels
    >>> level_labels("job", ["cook", "nurse"], ["pilot"])
    ('job = cook', 'job = nurse', 'job is missing', 'job = pilot (unseen)')
    """
    known = (f"{name} = {text}" for text in _level_texts(levels))
    new = (f"{name} = {text} (unseen)" for text in _unseen_texts(unseen, levels))
    return (*known, f"{name} is missing", *new)


def _level_texts(levels: Sequence[Any]) -> list[str]:
    """Write levels; if two read alike, texts get quotes and other objects their type."""
    texts = [_level_text(level) for level in levels]
    counts = Counter(texts)
    return [
        text if counts[text] == 1 else _exact_level_text(level, text)
        for level, text in zip(levels, texts)
    ]


def _unseen_texts(unseen: Sequence[Any], levels: Sequence[Any]) -> list[str]:
    """Write unseen levels, told apart from the seen ones but not from each other.

    The label of a row must not depend on the other rows that are explained with it.
    """
    seen: Collection[str] = set(map(_level_text, levels)) if unseen else ()
    texts = [(level, _level_text(level)) for level in unseen]
    return [_exact_level_text(level, text) if text in seen else text for level, text in texts]


def _level_text(level: Any) -> str:
    """Write a level; whole numbers without a point, as in a table of codes."""
    if isinstance(level, int) and not isinstance(level, bool):
        return short_repr(level) if level.bit_length() > _MAX_LEVEL_BITS else str(level)
    is_whole = isinstance(level, float | np.floating) and float(level).is_integer()
    return str(int(level)) if is_whole else str(level)


def _exact_level_text(level: Any, text: str) -> str:
    if isinstance(level, str):
        return repr(str(level))
    is_plain = isinstance(level, int | float | np.number | np.bool_)
    return text if is_plain else f"{text} ({type(level).__name__})"
