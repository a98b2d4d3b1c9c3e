"""Reader of scikit-learn's gradient boosting."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Read
from sklime._readings._sklearn_trees import check_method, sklearn_tree
from sklime._readings._trees import Trees
from sklime.utils._types import FloatArray

__all__ = ["GradientBoostingReader"]


class GradientBoostingReader:
    """Reads gradient boosting: scores of classifiers, predictions of regressors."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is one of gradient boosting.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Of classifiers, `decision_function` is read, of regressors `predict`.
        """
        return isinstance(model, GradientBoostingClassifier | GradientBoostingRegressor)

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a model of gradient boosting.

        Parameters
        ----------
        model : estimator
            Fitted model.

        method : str
            Method whose answers are read.

        read : callable
            Not called.

        Returns
        -------
        reading : Reading
            One output, or one for each of three and more classes.

        Raises
        ------
        UnreadableError
            For other methods, and if `init` is a model whose answers differ between rows.
        """
        check_method(model, method, ("decision_function" if is_classifier(model) else "predict",))
        base = _initial_answer(model)
        n_features = model.n_features_in_
        return Reading(
            derive=as_floats,
            n_derived=n_features,
            base=base,
            trees=_all_trees(model, len(base)),
            copies=np.arange(n_features),
        )


def _initial_answer(model: Any) -> FloatArray:
    """Return the answer that the trees are added to."""
    init = model.init_
    is_constant = isinstance(init, DummyRegressor) or (
        isinstance(init, DummyClassifier) and init.strategy != "stratified"
    )
    name = type(model).__name__
    if not is_constant and not (isinstance(init, str) and init == "zero"):
        raise UnreadableError(
            f"{name} starts from {type(init).__name__}, whose answers may differ between rows; "
            "init=None and init='zero' can be read"
        )
    # Private, but the link between probabilities and scores is nowhere else.
    initial = getattr(model, "_raw_predict_init", None)
    if initial is None:
        raise UnreadableError(f"{name} of this version of scikit-learn hides its first prediction")
    answer: FloatArray = initial(np.zeros((1, model.n_features_in_)))[0]
    return answer


def _all_trees(model: Any, n_outputs: int) -> Trees:
    """Return the trees of all stages, with their learning rate."""
    stages = [
        sklearn_tree(estimator.tree_, estimator.tree_.value[:, :, 0]).as_output(output, n_outputs)
        for stage in model.estimators_
        for output, estimator in enumerate(stage)
    ]
    return Trees.concatenate(stages).scaled(model.learning_rate)
