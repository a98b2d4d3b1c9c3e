"""All readers, and the one function that reads a model."""

from typing import Any

from sklime._readings._catboost import CatBoostReader
from sklime._readings._composites import CompositeReader
from sklime._readings._gradient_boosting import GradientBoostingReader
from sklime._readings._histogram_gradient_boosting import HistogramGradientBoostingReader
from sklime._readings._lightgbm import LightGBMReader
from sklime._readings._linear import LinearReader
from sklime._readings._reading import Reading, UnreadableError
from sklime._readings._registry import REGISTERED, Reader
from sklime._readings._sklearn_trees import (
    BaggingReader,
    RefusedEnsembleReader,
    SklearnForestReader,
)
from sklime._readings._wrappers import WrapperReader
from sklime._readings._xgboost import XGBoostReader

__all__ = ["read_model"]

# The first reader that knows a model reads it.
_READERS: tuple[Reader, ...] = (
    WrapperReader(),
    CompositeReader(),
    SklearnForestReader(),
    BaggingReader(),
    RefusedEnsembleReader(),
    GradientBoostingReader(),
    HistogramGradientBoostingReader(),
    LightGBMReader(),
    XGBoostReader(),
    CatBoostReader(),
    LinearReader(),
)


def read_model(model: Any, method: str | None) -> Reading:
    """Read a model.

    Parameters
    ----------
    model : object
        Fitted model.

    method : str or None
        Method that answers; `None` if the model itself is called.

    Returns
    -------
    reading : Reading
        Not yet compared with the model.

    Raises
    ------
    UnreadableError
        With the reason.
    """
    if method is None:
        raise UnreadableError("a function cannot be read")
    for reader in (*REGISTERED, *_READERS):
        if reader.can_read(model):
            return reader.read(model, method, read_model)
    raise UnreadableError(f"no reader knows {type(model).__name__}")
