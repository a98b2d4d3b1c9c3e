"""Functions of the user's: how many arguments they take."""

import inspect

import numpy as np

__all__ = ["check_takes", "takes"]


def takes(function, n_arguments):
    """Tell whether a function can be called with some number of arguments, by position.

    Parameters
    ----------
    function : callable
        The function.

    n_arguments : int
        How many.

    Returns
    -------
    takes : bool
        True as well where there is no knowing, as for functions that are compiled.

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


def check_takes(function, arguments, name):
    """Check that a function can be called with what it is going to be given.

    Parameters
    ----------
    function : callable
        The function.

    arguments : sequence of str
        What the function is given, by position.

    name : str
        The parameter that it came as.

    Raises
    ------
    TypeError
        If it cannot.
    """
    if not takes(function, len(arguments)):
        raise TypeError(
            f"{name} must be a function of {len(arguments)} arguments by position, "
            f"({', '.join(arguments)}); {function!r} cannot be called so."
        )
