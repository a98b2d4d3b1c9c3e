"""Scores of models that have no method for them: generalized linear models in link space."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime._responses._raw_scores import asked
from sklime.utils._sklearn import names_in_scikit_learn
from sklime.utils._types import FloatArray

__all__ = ["link_space_of", "method_of"]

# Classes of scikit-learn whose `predict` is the inverse link of a linear function.
_GENERALIZED = {"PoissonRegressor", "GammaRegressor", "TweedieRegressor"}


@dataclass(frozen=True)
class _LinkSpace:
    """The linear predictor of a fitted model; can be pickled.

    Attributes
    ----------
    model : estimator
        Generalized linear model.

    steps : tuple of object
        Fitted transformers before it.
    """

    model: Any
    steps: tuple[Any, ...]

    def __call__(self, table: Any) -> FloatArray:
        for step in self.steps:
            table = step.transform(table)
        # scikit-learn has no public method for it, and the logarithm of predictions would be
        # infinite where these overflow.
        return np.asarray(self.model._linear_predictor(table))


def link_space_of(model: Any) -> Callable[[Any], FloatArray] | None:
    """Return the linear predictor of a generalized linear model.

    Parameters
    ----------
    model : object
        Fitted model, alone, frozen, in a search, or at the end of pipelines.

    Returns
    -------
    link_space : callable or None
        Function from a table to an array of shape (n_rows,); `None` for other models.
    """
    steps: list[Any] = []
    while True:
        names = names_in_scikit_learn(model)
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif "FrozenEstimator" in names:
            model = model.estimator
        elif "Pipeline" in names:
            *before, model = [step for _, step in model.steps]
            steps += [step for step in before if hasattr(step, "transform")]
        else:
            is_known = not _GENERALIZED.isdisjoint(names)
            return _LinkSpace(model, tuple(steps)) if is_known else None


def method_of(model: Any, name: str | None) -> Callable[[Any], Any]:
    """Return a method of a model.

    Parameters
    ----------
    model : object
        Fitted model.

    name : str or None
        Name of the method; `None` for the model itself.

    Returns
    -------
    method : callable
        ``"decision_function"`` of a generalized linear model is its linear predictor, and that
        of a booster its raw score.

    Raises
    ------
    AttributeError
        If there is no such method.
    """
    if name == "decision_function" and not hasattr(model, name):
        link_space = link_space_of(model)
        if link_space is not None:
            return link_space
    method: Callable[[Any], Any] = model if name is None else asked(model, name)
    return method
