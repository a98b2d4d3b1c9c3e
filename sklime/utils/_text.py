"""Words for messages."""

__all__ = ["listed"]

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
