"""The outputs of a model: classes, labels or numbers, with their names."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from sklime._responses._model import is_classifier_like
from sklime.utils._frames import answer_names
from sklime.utils._output_names import find_output
from sklime.utils._text import counted, listed
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["Outputs", "as_columns", "class_indices", "outputs_of"]

# Sums of many answers must be floats. Their squares need not be: fits scale the answers first.
_LARGEST_ANSWER = 1e300

# An error message shows this many labels.
_SHOWN = 10

# Methods are called by name; `None` calls the model itself.
_Ask: TypeAlias = Callable[[str | None], Any]
_NameOf: TypeAlias = Callable[[str | None], str]


@dataclass(frozen=True)
class Outputs:
    """The columns of a model's answers.

    Attributes
    ----------
    kind : {"classes", "labels", "numbers"}
        "classes": each row has one class. "labels": a classifier predicts several things of
        each row. "numbers": anything else.

    labels : tuple
        Labels of the outputs in the model, as plain Python objects.

    names : tuple
        Names of the outputs in explanations.

    classes : ndarray or None
        Labels of classes as the model stores them.

    parts : tuple of ndarray or None
        Classes of each part of the answer, if answers are a list of arrays.

    predicted_by : {"predict", "largest"} or None
        How the predicted class of a row is known: by the model's ``predict``, by the largest
        answer, or not at all.
    """

    kind: Literal["classes", "labels", "numbers"]
    labels: tuple[Any, ...]
    names: tuple[Any, ...]
    classes: Array | None = None
    parts: tuple[Array, ...] | None = None
    predicted_by: Literal["predict", "largest"] | None = None

    def __len__(self) -> int:
        """Return the number of outputs."""
        return len(self.labels)

    @property
    def is_classification(self) -> bool:
        """Tell whether outputs are classes and each row has one."""
        return self.kind == "classes"

    def index(self, wanted: Any) -> int | None:
        """Return the index of an output given by its name, label or index.

        Parameters
        ----------
        wanted : object
            See `find_output`.

        Returns
        -------
        index : int or None
            Index of the output; `None` where there is no such output.
        """
        return find_output(
            wanted, self.names, self.labels, is_classification=self.is_classification
        )

    def responses(self, answer: Any, n_rows: int, method: str | None, name: str) -> FloatArray:
        """Return a model's answer as a float matrix, one column per output.

        Parameters
        ----------
        answer : object
            Answer of a method of the model.

        n_rows : int
            Number of rows that the model was given.

        method : str or None
            Name of the method; `None` for the model itself.

        name : str
            Name of the model at the beginning of a message.

        Returns
        -------
        responses : ndarray of float of shape (n_rows, n_outputs)
            Zeros and ones if the answers are labels.

        Raises
        ------
        ValueError
            If the answer does not fit these outputs.
        """
        if self.classes is not None and method == "predict":
            return _indicators(class_indices(answer, self.classes, name), len(self))
        if self.parts is not None:
            answer = _one_table(answer, self.parts, method)
        answer = in_order_of(answer, self.labels, name)
        responses = as_columns(answer, n_rows, name)
        if self.is_classification and responses.shape[1] == 1 and len(self) == 2:
            return _both_classes(responses, method, self.labels, name)
        if responses.shape[1] != len(self):
            raise ValueError(self._other_number(responses, name))
        return responses

    def _other_number(self, responses: FloatArray, name: str) -> str:
        """Write the message for a wrong number of columns."""
        n_columns = counted(responses.shape[1], "column")
        if self.is_classification:
            return (
                f"{name} returned {n_columns} for {len(self)} classes: its first row is "
                f"{responses[0, :_SHOWN].tolist()}, its classes_ are {_some(self.labels)}. It must "
                "return one column per class, in that order."
            )
        return (
            f"{name} returned {n_columns}, but {len(self)} in fit. The number of outputs must be "
            "the same for all rows; call fit again if the model has changed."
        )


def outputs_of(
    model: Any,
    method: str | None,
    ask: _Ask,
    name_of: _NameOf,
    *,
    n_rows: int = 1,
    given_names: Any = None,
) -> Outputs:
    """Find out the outputs of a model by asking it.

    Parameters
    ----------
    model : object
        Fitted model or function.

    method : str or None
        Name of the method whose answers are explained; `None` for the model itself.

    ask : callable
        Function from the name of a method to its answer.

    name_of : callable
        Function from the name of a method to its name at the beginning of a message.

    n_rows : int, default=1
        Number of rows of the answer of `method`.

    given_names : sequence or None, default=None
        Names from the user. They are the labels of a classifier that has none.

    Returns
    -------
    outputs : Outputs
        Outputs without the names of the user.
    """
    if not is_classifier_like(model):
        return _numbers(ask(method), n_rows, name_of(method))
    classes: Any = getattr(model, "classes_", None)
    if _are_several(classes):
        return _outputs_of_parts(classes, method, ask, n_rows, name_of)
    labels = _predicted_labels(model, ask)
    n_labels = _n_labels(labels, classes, name_of("predict"))
    if n_labels is not None:
        return _labels(_plain(classes) if np.size(classes) == n_labels else range(n_labels))
    if classes is not None:
        return _checked_classes(classes, labels, name_of("predict"))
    if method == "predict":
        return _numbers(_without_texts(labels, name_of(method)), n_rows, name_of(method))
    outputs = _unnamed_classes(ask(method), n_rows, given_names, name_of(method))
    return _with_predict(outputs, labels, name_of("predict"))


def class_indices(answer: Any, classes: Array, name: str) -> IntArray:
    """Return the index of the class of each predicted label.

    Parameters
    ----------
    answer : array-like of shape (n_rows,) or (n_rows, 1)
        Answer of ``predict``.

    classes : ndarray of shape (n_classes,)
        Labels of the classes.

    name : str
        Name of the model at the beginning of a message.

    Returns
    -------
    indices : ndarray of int of shape (n_rows,)
        -1 for a missing label.

    Raises
    ------
    ValueError
        If a label is none of the classes.
    """
    labels = np.asarray(answer)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"{name} returned an array of shape {labels.shape}, where one of the classes "
            f"{_some(_plain(classes))} is expected for each row."
        )
    indices: IntArray
    if labels.dtype.kind in "biuf" and classes.dtype.kind in "biuf":
        # By value: `predict` may return 1.0 for the class 1.
        is_class = labels[:, None] == classes
        indices = np.where(is_class.any(axis=1), is_class.argmax(axis=1), -1)
    else:
        indices = pd.Index(_plain(classes), dtype=object).get_indexer(labels.astype(object))
    is_unknown = (indices < 0) & ~pd.isna(labels)
    if is_unknown.any():
        raise ValueError(
            f"{name} returned {_plain(labels[is_unknown])[0]!r}, which is none of its classes "
            f"{_some(_plain(classes))}. It must return labels as classes_ has them; where it "
            "returns scores, pass the method as a function of the table."
        )
    return indices


def as_columns(answer: Any, n_rows: int, name: str) -> FloatArray:
    """Return a model's answer as a float matrix, or raise an error that names its fault.

    Parameters
    ----------
    answer : array-like of shape (n_rows,) or (n_rows, n_outputs)
        The answer.

    n_rows : int
        Number of rows that the model was given.

    name : str
        Name of the model at the beginning of a message.

    Returns
    -------
    responses : ndarray of float of shape (n_rows, n_outputs)
        Responses; some may be infinite or NaN.

    Raises
    ------
    ValueError
        If the answer holds other things than numbers, has another shape, or is too large.
    """
    if isinstance(answer, np.ma.MaskedArray):
        answer = np.ma.filled(answer.astype(np.float64), np.nan)
    if hasattr(answer, "toarray"):
        answer = answer.toarray()
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
    _check_shape(responses, n_rows, name)
    largest = np.max(np.abs(responses), where=np.isfinite(responses), initial=0.0)
    if largest > _LARGEST_ANSWER:
        raise ValueError(
            f"{name} returned a value of size {largest:.0e}, which leaves no room for "
            "sums below the largest float; explain a scaled value or its logarithm."
        )
    return responses if responses.ndim == 2 else responses[:, None]


def in_order_of(answer: Any, labels: Sequence[Any], name: str) -> Any:
    """Put the columns of a frame in the order of the outputs that they name.

    Parameters
    ----------
    answer : object
        Answer of a model.

    labels : sequence
        Labels of the outputs.

    name : str
        Name of the model at the beginning of a message.

    Returns
    -------
    answer : object
        The unchanged answer, or an array if its columns were reordered.
    """
    names = answer_names(answer)
    if names is None or len(names) < 2:
        return answer
    _check_unique(names, name)
    wanted, given = [str(label) for label in labels], [str(column) for column in names]
    if wanted == given or set(wanted) != set(given) or len(set(wanted)) < len(wanted):
        return answer
    return np.asarray(answer)[:, [given.index(column) for column in wanted]]


def _numbers(answer: Any, n_rows: int, name: str) -> Outputs:
    n_outputs = as_columns(answer, n_rows, name).shape[1]
    names = answer_names(answer)
    if names is None:
        is_one = n_outputs == 1
        names = ["prediction"] if is_one else [f"prediction{i}" for i in range(n_outputs)]
    _check_unique(names, name)
    return Outputs("numbers", tuple(names), tuple(names))


def _labels(labels: Iterable[Any], parts: tuple[Array, ...] | None = None) -> Outputs:
    labels = tuple(labels)
    return Outputs("labels", labels, labels, parts=parts)


def _classes(classes: Any) -> Outputs:
    classes = np.asarray(classes)
    labels = tuple(_plain(classes))
    if classes.ndim != 1 or len(set(labels)) < len(labels):
        raise ValueError(
            f"The model's classes_ are {_some(labels)}; they must be a list of labels that differ."
        )
    return Outputs("classes", labels, labels, classes=classes, predicted_by="largest")


def _checked_classes(classes: Any, labels: Any, name: str) -> Outputs:
    """Return the classes of a model, checked against the labels that ``predict`` returned."""
    outputs = _classes(classes)
    if labels is None:
        return outputs
    class_indices(labels, np.asarray(classes), name)
    return replace(outputs, predicted_by="predict")


def _unnamed_classes(answer: Any, n_rows: int, given_names: Any, name: str) -> Outputs:
    """Return the classes of a classifier that does not name them."""
    n_outputs = as_columns(answer, n_rows, name).shape[1]
    if n_outputs == 1:
        # A single column of a binary classifier belongs to the second class.
        n_outputs = 2
    names = answer_names(answer)
    is_given = not isinstance(given_names, dict | str | None) and len(given_names) == n_outputs
    if is_given:
        names = list(given_names)
    return _classes(np.arange(n_outputs) if names is None or len(names) != n_outputs else names)


def _with_predict(outputs: Outputs, labels: Any, name: str) -> Outputs:
    """Use ``predict`` of a classifier without ``classes_``, if it returns these classes."""
    if labels is None or outputs.classes is None:
        return outputs
    try:
        class_indices(labels, outputs.classes, name)
    except ValueError:
        return replace(outputs, predicted_by=None)
    return replace(outputs, predicted_by="predict")


def _outputs_of_parts(
    classes: Sequence[Any], method: str | None, ask: _Ask, n_rows: int, name_of: _NameOf
) -> Outputs:
    """Return the outputs of a classifier of several things."""
    parts = tuple(np.asarray(part) for part in classes)
    labels = [f"{i}__{label}" for i, part in enumerate(parts) for label in _plain(part)]
    if method == "predict":
        return _labels(labels, parts)
    answer = ask(method)
    if isinstance(answer, list):
        return _labels(labels, parts)
    # A chain of classifiers answers with one column per label.
    n_outputs = as_columns(answer, n_rows, name_of(method)).shape[1]
    return _labels(labels if n_outputs == len(labels) else range(n_outputs))


def _predicted_labels(model: Any, ask: _Ask) -> Any:
    """Return the answer of ``predict``; None if the model has none or does not implement it."""
    if not callable(getattr(model, "predict", None)):
        return None
    try:
        return ask("predict")
    except NotImplementedError:
        return None


def _without_texts(labels: Any, name: str) -> Any:
    has_texts = any(isinstance(item, str) for item in np.ravel(labels))
    if np.asarray(labels).dtype.kind == "U" or has_texts:
        raise ValueError(
            f"{name} returned {_plain(np.ravel(labels))[0]!r}, and the model has no classes_ to "
            "find it in; give it the attribute classes_, the list of its labels."
        )
    return labels


def _n_labels(labels: Any, classes: Any, name: str) -> int | None:
    """Return how many labels a row may have at once; None if it has exactly one class."""
    if labels is None:
        return None
    shape = labels.shape if hasattr(labels, "shape") else np.asarray(labels).shape
    if len(shape) != 2 or shape[1] == 1:
        return None
    array = labels.toarray() if hasattr(labels, "toarray") else np.asarray(labels)
    is_indicator = array.dtype.kind in "biufO" and np.isin(array, (0, 1)).all()
    if classes is not None and not is_indicator:
        raise ValueError(
            f"{name} returned {array[0, :_SHOWN].tolist()} for one row. Expected is one of the "
            f"classes {_some(_plain(classes))}, or an indicator of labels. If it returns scores, "
            "pass the method as a function of the table."
        )
    return int(shape[1])


def _are_several(classes: Any) -> bool:
    """Tell whether these are the classes of several outputs, not one list of labels."""
    is_list = isinstance(classes, list | tuple) and len(classes) > 0
    return is_list and all(np.ndim(part) == 1 for part in classes)


def _one_table(answer: Any, parts: Sequence[Array], method: str | None) -> Any:
    """Put the answers of a classifier of several outputs side by side."""
    if isinstance(answer, list):
        return np.hstack([np.asarray(part).reshape(len(part), -1) for part in answer])
    if method == "predict":
        answer = np.asarray(answer)
        columns = [answer[:, [index]] == part for index, part in enumerate(parts)]
        return np.hstack(columns).astype(np.float64)
    return answer


def _indicators(indices: IntArray, n_classes: int) -> FloatArray:
    """Return 1 for the class of each row, else 0; NaN for a row without a class."""
    responses: FloatArray = (indices[:, None] == np.arange(n_classes)).astype(np.float64)
    responses[indices < 0] = np.nan
    return responses


def _both_classes(
    responses: FloatArray, method: str | None, labels: Sequence[Any], name: str
) -> FloatArray:
    """Return the columns of both classes from the column of the second class."""
    if method != "predict_proba":
        return np.hstack([-responses, responses])
    if (responses < -1e-9).any() or (responses > 1.0 + 1e-9).any():
        raise ValueError(
            f"{name} returned one column for the classes {_some(labels)}, in which "
            f"{np.nanmax(np.abs(responses)):.3g} is the largest number; one column must be the "
            f"probability of {labels[1]!r}."
        )
    return np.hstack([1.0 - responses, responses])


def _check_shape(responses: FloatArray, n_rows: int, name: str) -> None:
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


def _check_unique(names: list[Any], model_name: str) -> None:
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(
            f"{model_name} returned columns that share a name: "
            f"{listed(sorted(map(str, repeated)))}; give each its own."
        )


def _plain(labels: Iterable[Any]) -> list[Any]:
    return [label.item() if isinstance(label, np.generic) else label for label in labels]


def _some(labels: Iterable[Any]) -> str:
    labels = list(labels)
    n_more = len(labels) - _SHOWN
    return f"{labels[:_SHOWN]}" + (f" and {n_more} more" if n_more > 0 else "")
