"""Responses of the model: the container of its rows, the size of a call, the link."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from operator import index
from typing import Any, Literal, Protocol, Self, cast

import numpy as np
from scipy.special import logit

from sklime._responses._failures import model_failures
from sklime._responses._link_space import method_of
from sklime._responses._outputs import Outputs, class_indices, outputs_of
from sklime.utils._frames import is_frame, n_rows, named_frame
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["LINKS", "ModelResponse"]

# Probabilities of 0 and 1 have no finite logit.
_LOGIT_CLIP = 1e-3

# A model may refuse a frame with any error. The error is raised if the model refuses an array
# too, or if the error speaks of columns: an array would hide that the columns are wrong.
_REFUSALS = (Exception,)
_ABOUT_COLUMNS = ("feature", "column", "name")

# Part of scikit-learn's warning for names that a model does not know.
_UNKNOWN_NAMES = "was fitted without feature names"


def _clipped(responses: FloatArray) -> FloatArray:
    return np.clip(responses, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP)


LINKS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "identity": lambda responses: responses,
    "logit": lambda responses: cast(FloatArray, logit(_clipped(responses))),
}

# Contrasts of two outputs, by link. With probabilities, the log of their ratio.
_CONTRASTS: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "identity": lambda first, second: first - second,
    "logit": lambda first, second: np.log(_clipped(first)) - np.log(_clipped(second)),
}


class _Codec(Protocol):
    """The part of a codec that asking a model takes."""

    def to_table(self, rows: Any, /) -> Any:
        """Convert rows or documents to the kind of table of the training rows."""
        ...


@dataclass(frozen=True)
class ModelResponse:
    """Answers of a model as a float matrix, one column per output.

    Attributes
    ----------
    estimator : object
        Fitted model, or a function.

    method : str or None
        Method that answers; `None` to call the estimator itself.

    link : {"identity", "logit"}
        Function that is applied to the answers.

    codec : TableCodec
        Converts float matrices to the kind of table of the training rows.

    batch_size : int or None
        Maximum number of rows in one call; `None` for all at once.

    outputs : Outputs or None
        Outputs of the model; `None` until it was asked.

    pairs : tuple of (int, int)
        Contrasts of two outputs. Each pair is one more column of the responses.

    container : {"same", "array"}
        Container that the model takes: that of the training rows, or an array.

    reports_failures : bool
        Whether an error of the model becomes a `ModelError`.
    """

    estimator: Any
    method: str | None
    link: str
    codec: _Codec
    batch_size: int | None
    outputs: Outputs | None = None
    pairs: tuple[tuple[int, int], ...] = ()
    container: Literal["same", "array"] = "same"
    reports_failures: bool = False

    def learned(self, rows: Any, *, given_names: Any = None) -> tuple[Self, Any]:
        """Ask the model to find out its outputs, and the container that it takes.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            Rows as floats, without missing values.

        given_names : sequence or None, default=None
            Names from the user. They are the labels of a classifier that has none.

        Returns
        -------
        response : ModelResponse
            The same, with its outputs.

        answer : object
            Answer of the method for these rows, as the model returned it; `None` if the
            method was not called.
        """
        response = replace(self, container=self._container_for(rows[:1]))
        answers: dict[str | None, Any] = {}

        def ask(method: str | None) -> Any:
            if method not in answers:
                given = rows if method == self.method else rows[:1]
                answers[method] = response._answer(given, method)
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

    def __call__(self, matrix: Any, *, first: Any = None) -> FloatArray:
        """Ask the model.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats, or documents.

        first : object, default=None
            Answer of the model for the first block, if it was asked before.

        Returns
        -------
        responses : ndarray of shape (n_rows, n_columns)
            Some may be infinite or NaN; the caller knows the names of the rows and checks.
        """
        blocks = self.blocks(matrix)
        known = [] if first is None else [self._responses(first, n_rows(blocks[0]))]
        return np.concatenate([*known, *(self._ask(block) for block in blocks[len(known) :])])

    def responses_of(self, answer: Any) -> FloatArray:
        """Return an answer of the method as responses.

        Parameters
        ----------
        answer : ndarray of shape (n_rows, n_outputs)
            What the method returned, or would return.

        Returns
        -------
        responses : ndarray of shape (n_rows, n_columns)
            On the scale of the link, with the contrasts of the pairs.
        """
        return self._responses(answer, n_rows(answer))

    def blocks(self, matrix: Any) -> list[Any]:
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
        # Sums of a start and a small integer of NumPy overflow.
        n = n_rows(matrix)
        step = index(self.batch_size or n)
        return [matrix[start : start + step] for start in range(0, n, step)]

    @property
    def n_columns(self) -> int:
        """Return the number of columns of the responses."""
        return len(self.known_outputs) + len(self.pairs)

    @property
    def asks_predict(self) -> bool:
        """Tell whether the predicted class takes separate calls of ``predict``."""
        return self.known_outputs.predicted_by == "predict" and self.method != "predict"

    @property
    def known_outputs(self) -> Outputs:
        """Return the outputs of a model that was asked."""
        return cast(Outputs, self.outputs)

    def predicted(self, matrix: Any, responses: FloatArray) -> IntArray:
        """Return the predicted class of each row.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats.

        responses : ndarray of shape (n_rows, n_columns)
            Responses of the model to these rows.

        Returns
        -------
        indices : ndarray of int of shape (n_rows,)
            Class from ``predict``, if it is known, else the class of the largest response; -1
            if responses are missing, or if rows do not have exactly one class.
        """
        if not self.asks_predict:
            return self.largest(responses)
        indices = np.full(len(responses), -1)
        is_known = np.isfinite(responses).all(axis=1)
        if is_known.any():
            indices[is_known] = self.predicted_indices(matrix[is_known])
        return indices

    def predicted_indices(self, matrix: Any) -> IntArray:
        """Return the class of each row from ``predict``.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats, or documents.

        Returns
        -------
        indices : ndarray of int of shape (n_rows,)
            -1 for a missing label.
        """
        name, classes = self.name_of("predict"), cast(Array, self.known_outputs.classes)
        answers = (self._answer(block, "predict") for block in self.blocks(matrix))
        return np.concatenate([class_indices(answer, classes, name) for answer in answers])

    def largest(self, responses: FloatArray) -> IntArray:
        """Return the class of the largest response, if classes are known.

        Parameters
        ----------
        responses : ndarray of shape (n_rows, n_columns)
            Responses of the model.

        Returns
        -------
        indices : ndarray of int of shape (n_rows,)
            -1 if responses are missing, or if rows do not have exactly one class.
        """
        outputs = self.known_outputs
        responses = responses[:, : len(outputs)]
        is_known = np.isfinite(responses).all(axis=1) & (outputs.predicted_by is not None)
        return np.where(is_known, np.nan_to_num(responses).argmax(axis=1), -1)

    @property
    def name(self) -> str:
        """Return the name of the model and its method, to begin a message."""
        return self.name_of(self.method)

    def name_of(self, method: str | None) -> str:
        """Return the name of a method of the model, to begin a message.

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
        if method is not None:
            return f"The model {owner}.{method}"
        # A function is often called "model".
        return "The model" if owner == "model" else f"The model {owner}"

    def _answer(self, matrix: Any, method: str | None) -> Any:
        ask = method_of(self.estimator, method)
        table = self.table(matrix)
        with self._around_the_model():
            return ask(table)

    def _ask(self, matrix: Any) -> FloatArray:
        return self._read(self._answer(matrix, self.method), n_rows(matrix))

    def _read(self, answer: Any, n_rows: int) -> FloatArray:
        # What is wrong with an answer is said in a ValueError; other errors are ours.
        with self._around_the_model(ValueError):
            return self._responses(answer, n_rows)

    def _around_the_model(self, kind: type[Exception] = Exception) -> AbstractContextManager[None]:
        return model_failures(kind) if self.reports_failures else nullcontext()

    def _responses(self, answer: Any, n_rows: int) -> FloatArray:
        """Return an answer on the scale of the link, with the contrasts of the pairs."""
        responses = self.known_outputs.responses(answer, n_rows, self.method, self.name)
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

    def table(self, matrix: Any) -> Any:
        """Return the kind of table that the model takes.

        scikit-learn warns if `fit` and `predict` get tables with and without names. A model
        that knows names of columns gets these; any other gets the kind of the training table.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats, or documents.

        Returns
        -------
        table : object
            What the method of the model is called with.
        """
        table = self.codec.to_table(matrix)
        if is_frame(table):
            return np.asarray(table) if self.container == "array" else table
        names = getattr(self.estimator, "feature_names_in_", None)
        if names is not None and len(names) == matrix.shape[1]:
            return named_frame(table, names)
        return table

    def _container_for(self, row: Any) -> Literal["same", "array"]:
        """Find out whether a model that knows no names of columns takes a frame."""
        is_nameless = getattr(self.estimator, "feature_names_in_", None) is None
        was_fitted_on_table = is_nameless and hasattr(self.estimator, "n_features_in_")
        if not was_fitted_on_table or not is_frame(self.codec.to_table(row)):
            return "same"
        # Another method of a model whose container is known may be asked.
        in_frame, in_array = (replace(self, container=kind) for kind in ("same", "array"))
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                in_frame._answer(row, self.method)
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


def _are_probabilities(responses: FloatArray) -> bool:
    present = responses[np.isfinite(responses)]
    # Models may round a little beyond 0 and 1.
    return present.size == 0 or bool(present.min() >= -1e-9 and present.max() <= 1.0 + 1e-9)
