"""Warnings that point to the line of the user, however deep inside they are raised."""

import os
import sys
import warnings
from pathlib import Path

import joblib
import sklearn

__all__ = ["warn"]

# Frames of these packages stand between a warning and the line of the user: our own, and those
# that call our methods for the user, such as a Pipeline or the wrapper of `set_output`.
_INSIDE = tuple(
    f"{folder}{os.sep}"
    for folder in (
        Path(__file__).parent.parent,
        Path(sklearn.__file__).parent,
        Path(joblib.__file__).parent,
    )
)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the first line outside of this package and of scikit-learn.

    Parameters
    ----------
    message : str
        What to say.

    category : type, default=UserWarning
        Kind of warning.
    """
    # `skip_file_prefixes` of Python 3.12 does the same.
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
