"""What a model answers: classes, labels or numbers, asked from the model and named."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sklime._responses._model import is_classifier_like
from sklime.utils._frames import answer_names
from sklime.utils._output_names import find_output
from sklime.utils._text import counted, listed

__all__ = ["Outputs", "as_columns", "class_indices", "outputs_of"]

# Sums of many answers must be floats. Their squares need not be: fits take them in other units.
_LARGEST_ANSWER = 1e300

# Labels that an error shows.
_SHOWN = 10


@dataclass(frozen=True)
class Outputs:
    """What the columns of a model's answers are.

    Attributes
    ----------
    kind : {"classes", "labels", "numbers"}
        Classes, of which each row has one; outputs of a classifier that predicts several
        things of each row; or anything else.

    labels : tuple
        What the model calls them, plain Python objects.

    names : tuple
        What the user calls them.

    classes : ndarray or None
        The labels as the model has them, of classes.

    parts : tuple of ndarray or None
        Classes of each output, where answers are a list of arrays.

    predicted_by : {"predict", "largest"} or None
        How the predicted class of a row is known: from the model's ``predict``, as the one of
        the largest answer, or not at all.
    """

    kind: str
    labels: tuple
    names: tuple
    classes: np.ndarray | None = None
    parts: tuple | None = None
    predicted_by: str | None = None

    def __len__(self):
        """Return the number of outputs."""
        return len(self.labels)

    @property
    def is_classification(self):
        """Tell whether outputs are classes, of which each row has one."""
        return self.kind == "classes"

    def index(self, wanted):
        """Return which output a name, a label or an index means, or None.

        Parameters
        ----------
        wanted : object
            See `find_output`.

        Returns
        -------
        index : int or None
            Index of the output.
        """
        return find_output(
            wanted, self.names, self.labels, is_classification=self.is_classification
        )

    def responses(self, answer, n_rows, method, who):
        """Return what a model answered as one column an output.

        Parameters
        ----------
        answer : object
            What a method of the model returned.

        n_rows : int
            Number of rows that it was asked about.

        method : str or None
            Name of the method.

        who : str
            What to call it at the beginning of a sentence.

        Returns
        -------
        responses : ndarray of float of shape (n_rows, n_outputs)
            Zeros and ones where the answers are labels.

        Raises
        ------
        ValueError
            If the answer contradicts what the model is known to return.
        """
        if self.is_classification and method == "predict":
            return _indicators(class_indices(answer, self.classes, who), len(self))
        if self.parts is not None:
            answer = _one_table(answer, self.parts, method)
        answer = in_order_of(answer, self.labels, who)
        responses = as_columns(answer, n_rows, who)
        if self.is_classification and responses.shape[1] == 1 and len(self) == 2:
            return _both_classes(responses, method, self.labels, who)
        if responses.shape[1] != len(self):
            raise ValueError(self._other_number(responses, who))
        return responses

    def _other_number(self, responses, who):
        found = counted(responses.shape[1], "column")
        if self.is_classification:
            return (
                f"{who} returned {found} for {len(self)} classes: its first row is "
                f"{responses[0, :_SHOWN].tolist()}, its classes_ are {_some(self.labels)}. It must "
                "return one column a class, in that order."
            )
        return (
            f"{who} returned {found}, but {len(self)} in fit. The number of outputs must be the "
            "same for all rows; call fit again if the model has changed."
        )


def outputs_of(model, method, ask, who, *, n_rows=1, given_names=None):
    """Ask a model what it answers.

    Parameters
    ----------
    model : object
        Fitted model or function.

    method : str or None
        Name of the method whose answers are explained; `None` for the model itself.

    ask : callable
        From the name of a method to its answer.

    who : callable
        From the name of a method to what to call it at the beginning of a sentence.

    n_rows : int, default=1
        Number of rows that the answer of `method` is about.

    given_names : sequence or None, default=None
        Names from the user, which are the labels of a classifier that has none.

    Returns
    -------
    outputs : Outputs
        Without the names of the user.
    """
    if not is_classifier_like(model):
        return _numbers(ask(method), n_rows, who(method))
    classes = getattr(model, "classes_", None)
    if _are_several(classes):
        return _outputs_of_parts(classes, method, ask, n_rows, who)
    said = _predicted_indices(model, ask)
    n_labels = _n_labels(said, classes, who("predict"))
    if n_labels is not None:
        return _labels(_plain(classes) if np.size(classes) == n_labels else range(n_labels))
    if classes is not None:
        outputs = _classes(classes)
        if said is not None:
            class_indices(said, outputs.classes, who("predict"))
            outputs = replace(outputs, predicted_by="predict")
        return outputs
    if method == "predict":
        return _numbers(_without_texts(said, who(method)), n_rows, who(method))
    outputs = _unnamed_classes(ask(method), n_rows, given_names, who(method))
    return _with_predict(outputs, said, who("predict"))


def class_indices(answer, classes, who):
    """Return which class each predicted label is.

    Parameters
    ----------
    answer : array-like of shape (n_rows,) or (n_rows, 1)
        What ``predict`` returned.

    classes : ndarray of shape (n_classes,)
        Labels.

    who : str
        What to call the model at the beginning of a sentence.

    Returns
    -------
    indices : ndarray of int of shape (n_rows,)
        -1 for a label that is missing.

    Raises
    ------
    ValueError
        If a label is none of the classes.
    """
    said = np.asarray(answer)
    if said.ndim == 2 and said.shape[1] == 1:
        said = said[:, 0]
    if said.ndim != 1:
        raise ValueError(
            f"{who} returned an array of shape {said.shape}, where one of the classes "
            f"{_some(_plain(classes))} is expected for each row."
        )
    if said.dtype.kind in "biuf" and classes.dtype.kind in "biuf":
        is_class = said[:, None] == classes
        indices = np.where(is_class.any(axis=1), is_class.argmax(axis=1), -1)
    else:
        indices = pd.Index(_plain(classes), dtype=object).get_indexer(said.astype(object))
    is_unknown = (indices < 0) & ~pd.isna(said)
    if is_unknown.any():
        raise ValueError(
            f"{who} returned {_plain(said[is_unknown])[0]!r}, which is none of its classes "
            f"{_some(_plain(classes))}. It must return labels as classes_ has them; where it "
            "returns scores, pass the method as a function of the table."
        )
    return indices


def as_columns(answer, n_rows, who):
    """Return what a model answered as a float matrix, or say what is wrong with it.

    Parameters
    ----------
    answer : array-like of shape (n_rows,) or (n_rows, n_outputs)
        The answer.

    n_rows : int
        Number of rows that it was asked about.

    who : str
        What to call the model at the beginning of a sentence.

    Returns
    -------
    responses : ndarray of float of shape (n_rows, n_outputs)
        Finite or not.
    """
    if isinstance(answer, np.ma.MaskedArray):
        answer = answer.astype(np.float64).filled(np.nan)
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
            f"{who} must return numbers, one row for each row that it is given; "
            f"it returned {type(answer).__name__}: {error}"
        ) from error
    _check_shape(responses, n_rows, who)
    largest = np.max(np.abs(responses), where=np.isfinite(responses), initial=0.0)
    if largest > _LARGEST_ANSWER:
        raise ValueError(
            f"{who} returned a value of size {largest:.0e}, which leaves no room for "
            "sums below the largest float; explain a scaled value or its logarithm."
        )
    return responses if responses.ndim == 2 else responses[:, None]


def in_order_of(answer, labels, who):
    """Put the columns of a frame in the order of the outputs that they name.

    Parameters
    ----------
    answer : object
        What a model returned.

    labels : sequence
        Labels of the outputs.

    who : str
        What to call the model at the beginning of a sentence.

    Returns
    -------
    answer : object
        The same; an array where columns changed their indices.
    """
    names = answer_names(answer)
    if names is None or len(names) < 2:
        return answer
    _check_unique(names, who)
    wanted, found = [str(label) for label in labels], [str(name) for name in names]
    if wanted == found or set(wanted) != set(found) or len(set(wanted)) < len(wanted):
        return answer
    return np.asarray(answer)[:, [found.index(name) for name in wanted]]


def _numbers(answer, n_rows, who):
    n_outputs = as_columns(answer, n_rows, who).shape[1]
    names = answer_names(answer)
    if names is None:
        is_one = n_outputs == 1
        names = ["prediction"] if is_one else [f"prediction{i}" for i in range(n_outputs)]
    _check_unique(names, who)
    return _named("numbers", names)


def _labels(labels, parts=None):
    return _named("labels", labels, parts=parts)


def _classes(classes):
    classes = np.asarray(classes)
    labels = _plain(classes)
    if classes.ndim != 1 or len(set(labels)) < len(labels):
        raise ValueError(
            f"The model's classes_ are {_some(labels)}; they must be a list of labels that differ."
        )
    return _named("classes", labels, classes=classes, predicted_by="largest")


def _named(kind, labels, **fields):
    labels = tuple(labels)
    return Outputs(kind, labels, labels, **fields)


def _unnamed_classes(answer, n_rows, given_names, who):
    """Return the classes of a classifier that does not name them."""
    n_outputs = as_columns(answer, n_rows, who).shape[1]
    if n_outputs == 1:
        # The one column of a binary decision is the second class's.
        n_outputs = 2
    names = answer_names(answer)
    is_given = not isinstance(given_names, dict | str | None) and len(given_names) == n_outputs
    if is_given:
        names = list(given_names)
    return _classes(np.arange(n_outputs) if names is None or len(names) != n_outputs else names)


def _with_predict(outputs, said, who):
    """Use ``predict`` of a classifier without ``classes_``, where it says what is known."""
    if said is None:
        return outputs
    try:
        class_indices(said, outputs.classes, who)
    except ValueError:
        return replace(outputs, predicted_by=None)
    return replace(outputs, predicted_by="predict")


def _outputs_of_parts(parts, method, ask, n_rows, who):
    """Return the outputs of a classifier of several things."""
    parts = tuple(np.asarray(classes) for classes in parts)
    named = [f"{i}__{label}" for i, classes in enumerate(parts) for label in _plain(classes)]
    if method == "predict":
        return _labels(named, parts)
    answer = ask(method)
    if isinstance(answer, list):
        return _labels(named, parts)
    # One column a label, as a chain of classifiers answers.
    n_outputs = as_columns(answer, n_rows, who(method)).shape[1]
    return _labels(named if n_outputs == len(named) else range(n_outputs))


def _predicted_indices(model, ask):
    """Return what ``predict`` says; None where there is none, or only its name."""
    if not callable(getattr(model, "predict", None)):
        return None
    try:
        return ask("predict")
    except NotImplementedError:
        return None


def _without_texts(said, who):
    if np.asarray(said).dtype.kind == "U" or any(isinstance(item, str) for item in np.ravel(said)):
        raise ValueError(
            f"{who} returned {_plain(np.ravel(said))[0]!r}, and the model has no classes_ to find "
            "it in; give it the attribute classes_, the list of its labels."
        )
    return said


def _n_labels(said, classes, who):
    """Return how many labels a row may have at once; None where it has exactly one class."""
    if said is None:
        return None
    shape = said.shape if hasattr(said, "shape") else np.asarray(said).shape
    if len(shape) != 2 or shape[1] == 1:
        return None
    said = said.toarray() if hasattr(said, "toarray") else np.asarray(said)
    is_indicator = said.dtype.kind in "biufO" and np.isin(said, (0, 1)).all()
    if classes is not None and not is_indicator:
        raise ValueError(
            f"{who} returned {said[0, :_SHOWN].tolist()} for one row, where one of the classes "
            f"{_some(_plain(classes))}, or an indicator of labels, is expected; where it returns "
            "scores, pass the method as a function of the table."
        )
    return shape[1]


def _are_several(classes):
    """Tell whether these are the classes of several outputs, rather than a list of labels."""
    is_list = isinstance(classes, list | tuple) and len(classes) > 0
    return is_list and all(np.ndim(found) == 1 for found in classes)


def _one_table(answer, parts, method):
    """Put the answers of a classifier of several outputs beside each other."""
    if isinstance(answer, list):
        return np.hstack([np.asarray(part).reshape(len(part), -1) for part in answer])
    if method == "predict":
        answer = np.asarray(answer)
        columns = [answer[:, [index]] == found for index, found in enumerate(parts)]
        return np.hstack(columns).astype(np.float64)
    return answer


def _indicators(indices, n_classes):
    """Return a one for the class of each row, NaN for a row without."""
    responses = (indices[:, None] == np.arange(n_classes)).astype(np.float64)
    responses[indices < 0] = np.nan
    return responses


def _both_classes(responses, method, labels, who):
    """Return a column for both classes from the one of the second."""
    if method != "predict_proba":
        return np.hstack([-responses, responses])
    if (responses < -1e-9).any() or (responses > 1.0 + 1e-9).any():
        raise ValueError(
            f"{who} returned one column for the classes {_some(labels)}, in which "
            f"{np.nanmax(np.abs(responses)):.3g} is the largest number; one column must be the "
            f"probability of {labels[1]!r}."
        )
    return np.hstack([1.0 - responses, responses])


def _check_shape(responses, n_rows, who):
    if responses.ndim not in (1, 2):
        raise ValueError(
            f"{who} must return an array of one or two dimensions; it returned one of "
            f"{responses.ndim}, of shape {responses.shape}."
        )
    if len(responses) != n_rows:
        raise ValueError(
            f"{who} must return one row for each row that it is given; it was given {n_rows} "
            f"rows and returned {len(responses)}."
        )
    if responses.size == 0:
        raise ValueError(f"{who} returned no output, an array of shape {responses.shape}.")


def _check_unique(names, who):
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(
            f"{who} returned columns that share a name: {listed(sorted(map(str, repeated)))}; give "
            "each its own."
        )


def _plain(labels):
    return [label.item() if isinstance(label, np.generic) else label for label in labels]


def _some(labels):
    labels = list(labels)
    rest = len(labels) - _SHOWN
    return f"{labels[:_SHOWN]}" + (f" and {rest} more" if rest > 0 else "")
