"""The registry of readers: which one reads a model."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from sklime._readings._reading import Reading

__all__ = ["REGISTERED", "Read", "Reader", "register"]

# Reads a model within another: from the model and the name of its method to a reading.
Read: TypeAlias = Callable[[Any, str], Reading]


class Reader(Protocol):
    """Reads one family of models.

    A protocol: any object with these two methods is a reader.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.readings import Reader, Reading, as_floats
    >>> class SumReader:
    ...     def can_read(self, model):
    ...         return model is sum
    ...     def read(self, model, method, read):
    ...         return Reading(as_floats, 2, np.zeros(1), coefficients=np.ones((2, 1)))
    >>> reader: Reader = SumReader()
    >>> reader.read(sum, "predict", None).answer(np.array([[1.0, 2.0]]))
    array([[3.]])
    """

    def can_read(self, model: Any) -> bool:
        """Tell whether a model belongs to the family.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            A model of the family may still be refused by `read`.
        """
        ...

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a model.

        Parameters
        ----------
        model : object
            Fitted model of the family.

        method : str
            Method whose answers are read, such as "predict_proba".

        read : callable
            Reads a model within this one.

        Returns
        -------
        reading : Reading
            A one-dimensional answer is an answer of one column.

        Raises
        ------
        UnreadableError
            If this model, or this method of it, is no sum of trees and functions of columns.
        """
        ...


# Readers of users, the newest first. They are tried before those of this package.
REGISTERED: list[Reader] = []


def register(reader: Reader) -> Reader:
    """Add a reader to those that are tried, before those of this package.

    Parameters
    ----------
    reader : Reader
        An object with the methods ``can_read`` and ``read``.

    Returns
    -------
    reader : Reader
        The same object.

    Raises
    ------
    TypeError
        If it lacks one of the methods.

    Examples
    --------
    A reader of models of yours that are constant:

    >>> import numpy as np
    >>> from sklime.readings import Reading, as_floats, register
    >>> class Constant:
    ...     def predict(self, X):
    ...         return np.full(len(X), 3.0)
    >>> class ConstantReader:
    ...     def can_read(self, model):
    ...         return isinstance(model, Constant)
    ...     def read(self, model, method, read):
    ...         return Reading(as_floats, 1, np.array([3.0]))
    >>> reader = register(ConstantReader())
    """
    for name in ("can_read", "read"):
        if not callable(getattr(reader, name, None)):
            raise TypeError(
                f"register got {reader!r}, which has no method {name!r}; pass an object with "
                "can_read(model) and read(model, method, read)."
            )
    REGISTERED.insert(0, reader)
    return reader
