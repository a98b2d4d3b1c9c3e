"""Ask the model: which container, how many rows a call, in which units."""

import warnings
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from sklime._responses._codec import TableCodec
from sklime._responses._failures import model_failures
from sklime._responses._outputs import Outputs, class_indices, outputs_of
from sklime.utils._frames import is_frame, named_frame

__all__ = ["LINKS", "ModelResponse"]

# Probabilities of 0 and 1 have no finite logit.
_LOGIT_CLIP = 1e-3

# A model may refuse a frame with any error. It is raised if the model refuses an array as well,
# and where it speaks of columns: an array would hide that they are not those of the model.
_REFUSALS = (Exception,)
_ABOUT_COLUMNS = ("feature", "column", "name")

# What scikit-learn says of a table whose names a model does not know.
_UNKNOWN_NAMES = "was fitted without feature names"


def _clipped(responses):
    return np.clip(responses, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP)


LINKS = {
    "identity": lambda responses: responses,
    "logit": lambda responses: logit(_clipped(responses)),
}

# How one output is set against another.
_CONTRASTS = {
    "identity": lambda first, second: first - second,
    "logit": lambda first, second: np.log(_clipped(first)) - np.log(_clipped(second)),
}


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
        Makes the kind of table that the user has.

    batch_size : int or None
        Most rows in one call; `None` for all at once.

    outputs : Outputs or None
        What the model answers; `None` until it was asked.

    pairs : tuple of (int, int)
        Outputs that are set against others; each pair is one more column of the answers.

    container : {"same", "array"}
        Whether the model takes the kind of table that the user has, or an array.

    reports_failures : bool
        Whether an error of the model becomes a `ModelError`.
    """

    estimator: object
    method: str | None
    link: str
    codec: TableCodec
    batch_size: int | None
    outputs: Outputs | None = None
    pairs: tuple = ()
    container: str = "same"
    reports_failures: bool = False

    def learned(self, rows, *, given_names=None):
        """Ask the model what it answers, and in which container it takes its rows.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            Rows as floats, without missing values.

        given_names : sequence or None, default=None
            Names from the user, which are the labels of a classifier that has none.

        Returns
        -------
        response : ModelResponse
            One that knows its outputs.

        answer : object
            What the method answered about the rows, as the model returned it; `None` where
            that was not asked.
        """
        response = replace(self, container=self._container_for(rows[:1]))
        answers = {}

        def ask(method):
            if method not in answers:
                asked = rows if method == self.method else rows[:1]
                answers[method] = response._answer(asked, method)
            return answers[method]

        outputs = outputs_of(
            self.estimator,
            self.method,
            ask,
            self.name_of,
            n_rows=len(rows),
            given_names=given_names,
        )
        return replace(response, outputs=outputs), answers.get(self.method)

    def __call__(self, matrix, *, first=None):
        """Ask the model.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats.

        first : object, default=None
            What the model answered about the first block, where it was asked before.

        Returns
        -------
        responses : ndarray of shape (n_rows, n_columns)
            Finite or not: the caller knows which rows they belong to.
        """
        blocks = self.blocks(matrix)
        known = [] if first is None else [self._responses(first, len(blocks[0]))]
        return np.concatenate([*known, *(self._ask(block) for block in blocks[len(known) :])])

    def blocks(self, matrix):
        """Return the rows of each call of the model.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats, or documents.

        Returns
        -------
        blocks : list of ndarray
            Rows in their order.
        """
        step = self.batch_size or len(matrix)
        return [matrix[start : start + step] for start in range(0, len(matrix), step)]

    @property
    def n_columns(self):
        """Return the number of columns of the answers."""
        return len(self.outputs) + len(self.pairs)

    @property
    def asks_predict(self):
        """Tell whether the predicted class is asked from ``predict``, in calls of its own."""
        return self.outputs.predicted_by == "predict" and self.method != "predict"

    def predicted(self, matrix, responses):
        """Return which class is predicted for each row.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats.

        responses : ndarray of shape (n_rows, n_columns)
            Answers of the model at them.

        Returns
        -------
        indices : ndarray of int of shape (n_rows,)
            What ``predict`` says, else the class of the largest answer; -1 where answers are
            missing, and where a row has no one class.
        """
        if not self.asks_predict:
            return self.largest(responses)
        indices = np.full(len(responses), -1)
        is_known = np.isfinite(responses).all(axis=1)
        if is_known.any():
            indices[is_known] = self.predicted_indices(matrix[is_known])
        return indices

    def predicted_indices(self, matrix):
        """Return which class ``predict`` says.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats, or documents.

        Returns
        -------
        indices : ndarray of int of shape (n_rows,)
            -1 for a label that is missing.
        """
        who, classes = self.name_of("predict"), self.outputs.classes
        answers = (self._answer(block, "predict") for block in self.blocks(matrix))
        return np.concatenate([class_indices(answer, classes, who) for answer in answers])

    def largest(self, responses):
        """Return the class of the largest answer, where classes are known.

        Parameters
        ----------
        responses : ndarray of shape (n_rows, n_columns)
            Answers of the model.

        Returns
        -------
        indices : ndarray of int of shape (n_rows,)
            -1 where answers are missing, and where a row has no one class.
        """
        responses = responses[:, : len(self.outputs)]
        is_known = np.isfinite(responses).all(axis=1) & (self.outputs.predicted_by is not None)
        return np.where(is_known, np.nan_to_num(responses).argmax(axis=1), -1)

    @property
    def name(self):
        """Return what to call the model at the beginning of a sentence."""
        return self.name_of(self.method)

    def name_of(self, method):
        """Return what to call a method of the model at the beginning of a sentence.

        Parameters
        ----------
        method : str or None
            Name of the method; `None` for the model itself.

        Returns
        -------
        name : str
            ``"The model LogisticRegression.predict"``.
        """
        owner = getattr(self.estimator, "__name__", type(self.estimator).__name__)
        return f"The model {owner}" if method is None else f"The model {owner}.{method}"

    def _answer(self, matrix, method):
        ask = self.estimator if method is None else getattr(self.estimator, method)
        table = self._table(matrix)
        with self._around_the_model():
            return ask(table)

    def _ask(self, matrix):
        return self._read(self._answer(matrix, self.method), len(matrix))

    def _read(self, answer, n_rows):
        # What is wrong with an answer is said in a ValueError; other errors are ours.
        with self._around_the_model(ValueError):
            return self._responses(answer, n_rows)

    def _around_the_model(self, kind=Exception):
        return model_failures(kind) if self.reports_failures else nullcontext()

    def _responses(self, answer, n_rows):
        responses = self.outputs.responses(answer, n_rows, self.method, self.name)
        if self.link == "logit" and not _are_probabilities(responses):
            raise ValueError(
                f"link='logit' needs probabilities. {self.name} returned values outside "
                "[0, 1]; pass link='identity'."
            )
        linked = LINKS[self.link](responses)
        if not self.pairs:
            return linked
        contrast = _CONTRASTS[self.link]
        columns = [contrast(responses[:, one], responses[:, other]) for one, other in self.pairs]
        return np.column_stack([linked, *columns])

    def _table(self, matrix):
        """Return the kind of table that the model takes.

        scikit-learn warns when names come or go between fit and predict; a model whose
        names are known decides, one without any is given what the explainer was given.
        """
        table = self.codec.to_table(matrix)
        if is_frame(table):
            return np.asarray(table) if self.container == "array" else table
        names = getattr(self.estimator, "feature_names_in_", None)
        if names is not None and len(names) == matrix.shape[1]:
            return named_frame(table, names)
        return table

    def _container_for(self, row):
        """Ask whether a model without names of columns takes a frame all the same."""
        is_nameless = getattr(self.estimator, "feature_names_in_", None) is None
        was_fitted_on_table = is_nameless and hasattr(self.estimator, "n_features_in_")
        if not was_fitted_on_table or not is_frame(self.codec.to_table(row)):
            return "same"
        in_array = replace(self, container="array")
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                self._answer(row, self.method)
        except _REFUSALS as refusal:
            if any(word in str(refusal).lower() for word in _ABOUT_COLUMNS):
                raise
            try:
                in_array._answer(row, self.method)
            except _REFUSALS:
                raise refusal from None
            return "array"
        is_refused = any(_UNKNOWN_NAMES in str(warning.message) for warning in caught)
        return "array" if is_refused else "same"


def _are_probabilities(responses):
    present = responses[np.isfinite(responses)]
    return present.size == 0 or (present.min() >= -1e-9 and present.max() <= 1.0 + 1e-9)
