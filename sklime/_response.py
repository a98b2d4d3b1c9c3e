"""Ask the model: which method, which container, how many rows a call, in which units."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit
from sklearn.base import is_classifier, is_clusterer, is_outlier_detector
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklime.utils._codec import TableCodec
from sklime.utils._frames import is_frame, named_frame

__all__ = [
    "LINKS",
    "RESPONSE_METHODS",
    "ModelResponse",
    "classes_of",
    "is_classifier_like",
    "is_used_as_is",
    "response_method_of",
    "response_names_of",
]

RESPONSE_METHODS = ("predict_proba", "decision_function", "predict", "score_samples")

# Probabilities of 0 and 1 have no finite logit.
_LOGIT_CLIP = 1e-3

# Sums of squares of answers must be floats.
_LARGEST_ANSWER = 1e140

LINKS = {
    "identity": lambda responses: responses,
    "logit": lambda responses: logit(np.clip(responses, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP)),
}


def is_used_as_is(estimator):
    """Tell whether a model is explained as it is, rather than cloned and fitted.

    Parameters
    ----------
    estimator : object
        Model or function.

    Returns
    -------
    is_used_as_is : bool
        True for a fitted model, a function, and whatever has no ``fit``.
    """
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        return True
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def is_classifier_like(estimator):
    """Tell whether a model predicts classes.

    Parameters
    ----------
    estimator : object
        Model or function.

    Returns
    -------
    is_classifier : bool
        What its tags say; without tags, whether it has classes or probabilities.
    """
    if hasattr(estimator, "__sklearn_tags__"):
        return is_classifier(estimator)
    return hasattr(estimator, "classes_") or hasattr(estimator, "predict_proba")


def classes_of(estimator):
    """Return the classes of a classifier, or None where there are none to be known.

    Parameters
    ----------
    estimator : object
        Fitted model or function.

    Returns
    -------
    classes : ndarray of shape (n_classes,) or None
        Its ``classes_``; `None` also for a classifier of several outputs.
    """
    classes = getattr(estimator, "classes_", None) if is_classifier_like(estimator) else None
    return None if classes is None or _are_several(classes) else np.asarray(classes)


def _are_several(classes):
    """Tell whether these are the classes of several outputs, rather than a list of labels."""
    return isinstance(classes, list) and all(np.ndim(found) == 1 for found in classes)


def response_names_of(estimator, n_responses):
    """Name what a model answers.

    Parameters
    ----------
    estimator : object
        Fitted model or function.

    n_responses : int
        Number of columns of its answers.

    Returns
    -------
    names : tuple
        Class labels as plain Python objects; ``"output__class"`` for a classifier of several
        outputs; ``"prediction"``, or ``"prediction0"`` and so on, for anything else.

    classes : ndarray or None
        The classes, where the names are class labels.
    """
    classes = classes_of(estimator)
    several = getattr(estimator, "classes_", None)
    if classes is None and _are_several(several) and is_classifier_like(estimator):
        labels = [f"{place}__{label}" for place, found in enumerate(several) for label in found]
        if len(labels) == n_responses:
            return tuple(labels), None
    elif classes is None and is_classifier_like(estimator):
        classes = np.arange(n_responses)
    if classes is not None:
        return tuple(_plain(label) for label in classes), classes
    if n_responses == 1:
        return ("prediction",), None
    return tuple(f"prediction{place}" for place in range(n_responses)), None


def _plain(label):
    return label.item() if isinstance(label, np.generic) else label


def response_method_of(estimator, response_method):
    """Choose the method that answers.

    Parameters
    ----------
    estimator : object
        Fitted model or function.

    response_method : str or list of str
        ``"auto"``, a method, or methods in order of preference.

    Returns
    -------
    name : str or None
        Name of a method of the estimator; `None` to call the estimator itself.
    """
    if response_method == "auto":
        response_method = _preferred_methods(estimator)
    elif isinstance(response_method, str):
        response_method = (response_method,)
    for name in response_method:
        if hasattr(estimator, name):
            _check_quantity(estimator, name)
            return name
    if callable(estimator):
        return None
    wanted = " or ".join(repr(name) for name in response_method)
    raise ValueError(
        f"{type(estimator).__name__} has no method {wanted}; pass a model that has one, another "
        "response_method, or a function of a table that returns an array."
    )


def _check_quantity(estimator, name):
    if name == "predict" and hasattr(estimator, "__sklearn_tags__") and is_clusterer(estimator):
        raise ValueError(
            f"{type(estimator).__name__}.predict returns numbers of clusters, which are no "
            "quantity to explain; pass a function of the table, for example the distance to one "
            "cluster."
        )


def _preferred_methods(estimator):
    if hasattr(estimator, "__sklearn_tags__") and is_outlier_detector(estimator):
        return ("decision_function", "score_samples", "predict")
    if is_classifier_like(estimator):
        return ("predict_proba", "decision_function", "predict")
    return ("predict", "score_samples")


@dataclass(frozen=True)
class ModelResponse:
    """Answers of a model as a float matrix, one column an output.

    Attributes
    ----------
    estimator : object
        Fitted model, or a function.

    method : str or None
        Method that answers; `None` to call the estimator itself.

    link : {"identity", "logit"}
        What is applied to the answers.

    codec : TableCodec
        Makes the kind of table that the model was fitted on.

    batch_size : int or None
        Most rows in one call; `None` for all at once.
    """

    estimator: object
    method: str | None
    link: str
    codec: TableCodec
    batch_size: int | None

    def __call__(self, matrix):
        """Ask the model.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats.

        Returns
        -------
        responses : ndarray of shape (n_rows, n_outputs)
            Finite or not: the caller knows which rows they belong to.
        """
        step = self.batch_size or len(matrix)
        answers = [self._ask(matrix[start : start + step]) for start in range(0, len(matrix), step)]
        return answers[0] if len(answers) == 1 else np.concatenate(answers)

    def _ask(self, matrix):
        ask = self.estimator if self.method is None else getattr(self.estimator, self.method)
        answer = ask(self._table(matrix))
        classes = classes_of(self.estimator)
        if self.method == "predict" and classes is not None:
            return (np.asarray(answer)[:, None] == classes).astype(np.float64)
        several = getattr(self.estimator, "classes_", None)
        if _are_several(several):
            answer = _one_table(answer, several, self.method)
        responses = _as_columns(answer, len(matrix), self.name)
        if classes is not None:
            responses = _aligned(responses, classes, self)
        if self.link == "logit" and not _are_probabilities(responses):
            raise ValueError(
                f"link='logit' needs probabilities. {self.name} returned values outside "
                "[0, 1]; pass link='identity'."
            )
        return LINKS[self.link](responses)

    @property
    def name(self):
        """Return what to call the model at the beginning of a sentence."""
        owner = getattr(self.estimator, "__name__", type(self.estimator).__name__)
        return f"The model {owner}" if self.method is None else f"The model {owner}.{self.method}"

    def _table(self, matrix):
        """Return the kind of table that the model was fitted on.

        scikit-learn warns when names come or go between fit and predict; a model whose
        names are known decides, one without any is given what the explainer was given.
        """
        table = self.codec.to_table(matrix)
        names = getattr(self.estimator, "feature_names_in_", None)
        if names is not None and not is_frame(table) and len(names) == matrix.shape[1]:
            return named_frame(table, names)
        was_fitted_on_array = names is None and hasattr(self.estimator, "n_features_in_")
        if was_fitted_on_array and is_frame(table):
            return np.asarray(table)
        return table


def _one_table(answer, classes, method):
    """Put the answers of a classifier of several outputs beside each other."""
    if isinstance(answer, list):
        return np.hstack([np.asarray(part).reshape(len(part), -1) for part in answer])
    if method == "predict":
        answer = np.asarray(answer)
        parts = [answer[:, [place]] == found for place, found in enumerate(classes)]
        return np.hstack(parts).astype(np.float64)
    return answer


def _as_columns(answer, n_rows, name):
    """Return what a model answered as a float matrix, or say what is wrong with it."""
    if isinstance(answer, np.ma.MaskedArray):
        answer = answer.astype(np.float64).filled(np.nan)
    try:
        dtype = np.asarray(answer).dtype
        if dtype.kind not in "biufO":
            # NumPy would turn dates, digits in texts and complex numbers into floats silently.
            raise TypeError(f"it holds {dtype}")
        responses = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must return numbers, one row for each row that it is given; "
            f"it returned {type(answer).__name__}: {error}"
        ) from error
    if responses.ndim not in (1, 2):
        raise ValueError(
            f"{name} must return an array of one or two dimensions; it returned one of "
            f"{responses.ndim}, of shape {responses.shape}."
        )
    if len(responses) != n_rows:
        raise ValueError(
            f"{name} must return one row for each row that it is given; it was given {n_rows} "
            f"rows and returned {len(responses)}."
        )
    if responses.size == 0:
        raise ValueError(f"{name} returned no output, an array of shape {responses.shape}.")
    largest = np.max(np.abs(responses), where=np.isfinite(responses), initial=0.0)
    if largest > _LARGEST_ANSWER:
        raise ValueError(
            f"{name} returned a value of size {largest:.0e}, whose square is too large for a "
            "float; explain a scaled value or its logarithm."
        )
    return responses if responses.ndim == 2 else responses[:, None]


def _aligned(responses, classes, response):
    """Return one column a class; the one column of a binary decision is the second class's."""
    if responses.shape[1] == 1 and len(classes) == 2:
        if response.method == "predict_proba":
            return np.hstack([1.0 - responses, responses])
        return np.hstack([-responses, responses])
    if responses.shape[1] != len(classes):
        raise ValueError(
            f"{response.name} returned {responses.shape[1]} columns for {len(classes)} classes."
        )
    return responses


def _are_probabilities(responses):
    present = responses[np.isfinite(responses)]
    return present.size == 0 or (present.min() >= -1e-9 and present.max() <= 1.0 + 1e-9)
