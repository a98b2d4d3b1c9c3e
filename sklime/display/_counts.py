"""How many features a display shows: one rule for all of them."""

from numbers import Integral

__all__ = ["check_max_features", "shown_and_rest"]


def check_max_features(max_features):
    """Refuse what is no number of features.

    Parameters
    ----------
    max_features : int or None
        At least 1; `None` is all.

    Raises
    ------
    ValueError
        If it is 0, negative, no whole number or a truth value.
    """
    is_count = isinstance(max_features, Integral) and not isinstance(max_features, bool)
    if max_features is not None and not (is_count and max_features >= 1):
        raise ValueError(
            f"max_features={max_features!r} is no number of features to show; pass a whole number "
            "of at least 1, or None for all of them."
        )


def shown_and_rest(order, max_features):
    """Part features into those that are shown and the others.

    Parameters
    ----------
    order : sequence
        Features, strongest first.

    max_features : int or None
        How many are shown at most; `None` is all.

    Returns
    -------
    shown, rest : same kind as `order`
        Each feature is in one of them, and only once.

    Raises
    ------
    ValueError
        If `max_features` is 0, negative, no whole number or a truth value.

    Examples
    --------
    >>> from sklime.display._counts import shown_and_rest
    >>> shown_and_rest(["age", "job", "sex"], 2)
    (['age', 'job'], ['sex'])
    >>> shown_and_rest(["age", "job", "sex"], None)
    (['age', 'job', 'sex'], [])
    """
    check_max_features(max_features)
    count = len(order) if max_features is None else max_features
    return order[:count], order[count:]
