"""Words for messages."""

from collections.abc import Iterable
from typing import Any

__all__ = ["UNCHANGED", "counted", "grouped", "listed", "short_repr"]

# Label of the row that `what_if` makes changed copies of; displays know the copies by it.
UNCHANGED = "unchanged"

_MAX_ITEMS = 5
_MAX_LENGTH = 200  # characters of one item
_MAX_REPR = 60
_MAX_INTEGER_BITS = 1024


def grouped(text: str) -> str:
    """Separate the thousands of a number of five digits or more; 2006 may be a year.

    Parameters
    ----------
    text : str
        A number, as Python writes it.

    Returns
    -------
    text : str
        The number with commas; unchanged where there is nothing to separate.

    Examples
    --------
    >>> from sklime.utils._text import grouped
    >>> grouped("2006"), grouped("-25000.4"), grouped("1e+16")
    ('2006', '-25,000.4', '1e+16')
    """
    sign = "-" if text.startswith("-") else ""
    whole, point, fraction = text.removeprefix("-").partition(".")
    is_long = len(whole) > 4 and whole.isdigit()
    return f"{sign}{int(whole):,}{point}{fraction}" if is_long else text


def listed(items: Iterable[Any]) -> str:
    """Name the first few items, and count the others.

    Parameters
    ----------
    items : iterable
        Items to name.

    Returns
    -------
    text : str
        ``"a, b and 3 more"``. An item that cannot be printed is written as `repr` writes it; a
        very long item is cut.

    Examples
    --------
    >>> from sklime.utils._text import listed
    >>> listed(range(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    items = list(items)
    shown = ", ".join(_shown(item) for item in items[:_MAX_ITEMS])
    n_more = len(items) - _MAX_ITEMS
    return f"{shown} and {n_more} more" if n_more > 0 else shown


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    Parameters
    ----------
    number : int
        The number.

    noun : str
        The noun, in the singular.

    Returns
    -------
    text : str
        ``"1 row"``, ``"2 rows"``.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def short_repr(value: Any) -> str:
    """Write a value as in code, and cut it where it is long.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    text : str
        At most 60 characters, all ASCII: any stream can print it.

    Examples
    --------
    >>> from sklime.utils._text import short_repr
    >>> short_repr("a" * 100)[-6:]
    'aaa...'
    """
    is_long_integer = isinstance(value, int) and value.bit_length() > _MAX_INTEGER_BITS
    # Python refuses to write out the longest integers.
    text = f"an integer of {value.bit_length()} bits" if is_long_integer else ascii(value)
    return text if len(text) <= _MAX_REPR else f"{text[: _MAX_REPR - 3]}..."


def _shown(item: Any) -> str:
    text = str(item)
    text = text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}..."
    # Names may hold control characters, or surrogates that no stream can encode.
    return text if text.isprintable() else repr(text)
