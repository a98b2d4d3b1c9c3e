"""How many features a display shows: the rule that all displays share."""

from numbers import Integral
from typing import Any, TypeVar

from sklime.utils._types import IntArray

__all__ = ["check_max_features", "shown_and_rest"]

# A list or an array, whose slices are of the same type.
Order = TypeVar("Order", list[Any], IntArray)


def check_max_features(max_features: int | None) -> None:
    """Raise an error unless `max_features` is a number of features or None.

    Parameters
    ----------
    max_features : int or None
        At least 1; `None` is all.

    Raises
    ------
    ValueError
        If it is 0, negative, not a whole number, or a boolean.
    """
    # True is an Integral, and True features would silently be one.
    is_count = isinstance(max_features, Integral) and not isinstance(max_features, bool)
    if max_features is not None and not (is_count and max_features >= 1):
        raise ValueError(
            f"max_features={max_features!r} is not a number of features to show; pass a whole "
            "number of at least 1, or None for all of them."
        )


def shown_and_rest(order: Order, max_features: int | None) -> tuple[Order, Order]:
    """Split features into those that are shown and the others.

    Parameters
    ----------
    order : sequence
        Features, strongest first.

    max_features : int or None
        Largest number of shown features; `None` is all.

    Returns
    -------
    shown, rest : same kind as `order`
        Each feature is in exactly one of them.

    Raises
    ------
    ValueError
        If `max_features` is 0, negative, not a whole number, or a boolean.

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
