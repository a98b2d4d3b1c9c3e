"""The cuts of the columns of a table, as `discretizer` asks for them."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from sklime._responses._model import are_labels_of
from sklime._responses._response import ModelResponse
from sklime.discretizers import (
    decile_cuts,
    entropy_cuts,
    model_cuts,
    quartile_cuts,
    transformer_cuts,
)
from sklime.utils._frames import SparseColumns
from sklime.utils._spread import evenly_spread
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["DISCRETIZERS", "column_cuts", "side_of_cuts"]

# Maximum number of training rows at which the model is asked for discretizer="model".
MAX_ROWS_FOR_CUTS = 4096

_Matrix = FloatArray | SparseColumns

_PERCENTILE_CUTS: dict[str, Callable[[_Matrix], list[FloatArray]]] = {
    "quartile": quartile_cuts,
    "decile": decile_cuts,
}

DISCRETIZERS = (*_PERCENTILE_CUTS, "entropy", "model")


def side_of_cuts(discretizer: Any) -> Literal["left", "right"]:
    """Return the bin of a value that is equal to a cut.

    Parameters
    ----------
    discretizer : str, transformer or None
        Parameter of the explainer.

    Returns
    -------
    side : {"left", "right"}
        As in `numpy.searchsorted`. "left" is the bin below, as in `lime`; "right" is the bin
        above, as in scikit-learn.
    """
    return "left" if discretizer is None or isinstance(discretizer, str) else "right"


def column_cuts(
    discretizer: Any,
    matrix: Any,
    is_categorical: BoolArray,
    y: Any,
    *,
    estimator: Any,
    response: ModelResponse,
) -> tuple[FloatArray | None, ...]:
    """Learn the cuts of each column.

    Parameters
    ----------
    discretizer : str, transformer or None
        Parameter of the explainer.

    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        Training rows.

    is_categorical : ndarray of bool of shape (n_features,)
        Columns of levels, which have no cuts.

    y : array-like of shape (n_samples,) or None
        Target; needed for ``"entropy"``.

    estimator : object
        Fitted model; for ``"entropy"`` it tells whether the target holds classes.

    response : ModelResponse
        Responses of the model; asked for ``"model"`` only.

    Returns
    -------
    cuts : tuple of (ndarray or None)
        `None` for levels and for standard scores.
    """
    cuts: list[FloatArray | None] = [None] * matrix.shape[1]
    numbers = np.flatnonzero(~is_categorical)
    if discretizer is None or not numbers.size:
        return tuple(cuts)
    X = matrix[:, numbers]
    if not isinstance(discretizer, str):
        learnt = transformer_cuts(discretizer, X, y)
    elif discretizer == "entropy":
        learnt = _entropy_cuts(X, y, estimator)
    elif discretizer == "model":
        learnt = _model_cuts(X, matrix, response)
    else:
        learnt = _PERCENTILE_CUTS[discretizer](X)
    for index, of_column in zip(numbers.tolist(), learnt):
        cuts[index] = of_column
    return tuple(cuts)


def _entropy_cuts(X: _Matrix, y: Any, estimator: Any) -> list[FloatArray]:
    if y is None:
        raise ValueError(
            "discretizer='entropy' requires y to be passed to fit, but the target y is "
            "None; pass y or another discretizer."
        )
    is_classification = are_labels_of(estimator, np.asarray(y))
    return entropy_cuts(X, y, is_classification=is_classification)


def _model_cuts(X: Any, matrix: Any, response: ModelResponse) -> list[FloatArray]:
    # Evenly spread rows: cuts do not depend on `random_state`.
    asked = evenly_spread(len(X), min(len(X), MAX_ROWS_FOR_CUTS))
    responses = response(matrix[asked])
    is_answered = np.isfinite(responses).all(axis=1)
    if not is_answered.any():
        raise ValueError(f"{response.name} returned NaN or infinity everywhere.")
    return model_cuts(X[asked][is_answered], responses[is_answered])
