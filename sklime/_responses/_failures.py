"""Failures of the user's model, told apart from errors of this package."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["ModelError", "model_failures"]


class ModelError(Exception):
    """The user's model raised an error, or its answer cannot be read.

    Attributes
    ----------
    error : Exception
        The error.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error

    @property
    def reason(self) -> str:
        """Return the kind and the first line of the error."""
        return f"{type(self.error).__name__}: {self.error}".partition("\n")[0]


@contextmanager
def model_failures(kind: type[Exception] = Exception) -> Iterator[None]:
    """Turn errors into a `ModelError`; to be put around the call of a model alone.

    A model may raise anything. What this package raises elsewhere is its own fault, and must
    not be taken for the model's.

    Raises
    ------
    ModelError
        With the error that was raised.

    Examples
    --------
    >>> from sklime._responses._failures import ModelError, model_failures
    >>> try:
    ...     with model_failures():
    ...         1 / 0
    ... except ModelError as failure:
    ...     print(failure.reason)
    ZeroDivisionError: division by zero
    """
    try:
        yield
    except kind as error:
        raise ModelError(error) from error
