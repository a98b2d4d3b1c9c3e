"""Words for messages."""

__all__ = ["counted", "listed"]

_MAX_ITEMS = 5


def listed(items):
    """Name the first few items, and count the others.

    Parameters
    ----------
    items : sequence
        What to name.

    Returns
    -------
    text : str
        ``"a, b and 3 more"``.

    Examples
    --------
    >>> from sklime.utils._text import listed
    >>> listed(range(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    items = list(items)
    shown = ", ".join(str(item) for item in items[:_MAX_ITEMS])
    more = len(items) - _MAX_ITEMS
    return f"{shown} and {more} more" if more > 0 else shown


def counted(number, noun):
    """Write a number with its noun.

    Parameters
    ----------
    number : int
        How many.

    noun : str
        Of what, for one.

    Returns
    -------
    text : str
        ``"1 row"``, ``"2 rows"``.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
