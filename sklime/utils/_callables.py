"""Count the arguments that a user's function takes."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["check_takes", "takes"]


def takes(function: Callable[..., Any], n_arguments: int) -> bool:
    """Tell whether a function can be called with some number of arguments, by position.

    Parameters
    ----------
    function : callable
        The function.

    n_arguments : int
        Number of arguments.

    Returns
    -------
    takes : bool
        True also for compiled functions that do not show their signature.

    Examples
    --------
    >>> from sklime.utils._callables import takes
    >>> takes(lambda distances: distances, 2)
    False
    """
    if isinstance(function, np.ufunc):
        return function.nin == n_arguments
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*range(n_arguments))
    except TypeError:
        return False
    return True


def check_takes(function: Callable[..., Any], arguments: Sequence[str], name: str) -> None:
    """Check that a function takes the arguments that it will be called with.

    Parameters
    ----------
    function : callable
        The function.

    arguments : sequence of str
        Names of the arguments, by position.

    name : str
        Name of the parameter that holds the function.

    Raises
    ------
    TypeError
        If the function does not take that many arguments.
    """
    if not takes(function, len(arguments)):
        raise TypeError(
            f"{name} must be a function of {len(arguments)} arguments by position, "
            f"({', '.join(arguments)}); {function!r} cannot be called so."
        )
