"""Explanations of instances that have their own parts each; those of documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import FrozenInstanceError, dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeVar, cast

import numpy as np
import pandas as pd

from sklime._explanations._base import BaseExplanation, BaseExplanationBatch
from sklime._explanations._flat import of_former_name
from sklime._explanations._internals import PartsInternals
from sklime._explanations._json import read_parts, shared_facts
from sklime._explanations._one_output import of_output
from sklime.utils._frames import frame_of, index_of
from sklime.utils._objects import read_only
from sklime.utils._text import counted
from sklime.utils._types import Array, IntArray

__all__ = ["PartsExplanationBatch", "TextExplanation", "TextExplanationBatch"]

Part = TypeVar("Part", bound=BaseExplanation)

# Attributes that all instances of a batch share; attributes with one row per instance; and those
# of them that belong to the internals.
SHARED = ("output_names", "response_names", "target", "n_replicates", "baseline")
OF_INSTANCES = (
    "intercepts",
    "predictions",
    "local_predictions",
    "held_out_predictions",
    "fidelity",
    "fidelity_errors",
    "response_r2",
    "fidelity_failures",
    "effective_sample_size",
    "n_perturbations",
    "converged",
    "responses",
)
OF_INTERNALS = ("output_index", "opposed_index", "predicted_index")

# Second axes and types of these arrays that are not one number per explained output. A batch
# without instances cannot tell them.
_SECOND_AXES = {
    "effective_sample_size": None,
    "n_perturbations": None,
    "converged": None,
    "predicted_index": None,
    "responses": "response_names",
}
_TYPES: dict[str, type] = {
    "fidelity_failures": object,
    "n_perturbations": int,
    "converged": bool,
    "output_index": int,
    "opposed_index": int,
    "predicted_index": int,
}

# Attributes of the parts, which instances do not share.
OF_PARTS = (
    "values",
    "standard_errors",
    "left_out_values",
    "reselected_values",
    "encodings",
    "background_encodings",
    "data",
    "codes",
    "is_thin",
    "out_of_range",
    "feature_names",
    "condition_labels",
    "conditions",
    "selected",
)
_NO_ARRAYS = (
    "A batch of {noun}s has no {name}: each {noun} has its own parts. Take one explanation, as in "
    "batch[0].{name}, or all of them as a table, to_frame()."
)


class PartsExplanationBatch(BaseExplanationBatch[Part], Generic[Part]):
    """Explanations of many instances, each with its own parts; see the batch of each kind."""

    shares_features = False

    # Class of the single explanations.
    _single: ClassVar[type[BaseExplanation]]

    _explanations: tuple[Part, ...]
    _shared: dict[str, Any]

    def __init__(self, explanations: Iterable[Part], shared: Mapping[str, Any]) -> None:
        explanations = tuple(explanations)
        # If all instances failed, np.array would make texts of a fixed width, not objects.
        failures = np.empty(len(explanations), dtype=object)
        failures[:] = [one.failure for one in explanations]
        labels = index_of([one.row_label for one in explanations]).to_numpy()
        values = {
            "_explanations": explanations,
            "_shared": dict(shared),
            "row_labels": labels,
            "failures": failures,
            "internals": _internals_of(explanations, shared),
            **{name: shared[name] for name in SHARED},
            **{
                name: _collected(name, [getattr(one, name) for one in explanations], shared)
                for name in OF_INSTANCES
            },
        }
        # Frozen as a dataclass is; it is none, because most attributes are collected from the
        # single explanations.
        for name, value in values.items():
            object.__setattr__(self, name, read_only(value))

    def __dir__(self) -> list[str]:
        """List the documented attributes, without the method that only raises an error."""
        return [name for name in super().__dir__() if name != "confidence_intervals"]

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        """Refuse changes, as a frozen dataclass does."""
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse changes, as a frozen dataclass does."""
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """Find internals by their former names; arrays over parts are an error."""
            if name in OF_PARTS:
                raise AttributeError(_NO_ARRAYS.format(name=name, noun=self.noun))
            return of_former_name(self, name)

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self._explanations)

    def _one(self, index: int) -> Part:
        return self._explanations[index]

    def _several(self, key: Any) -> Self:
        chosen = np.arange(len(self))[key]
        return type(self)([self._explanations[index] for index in chosen], self._shared)

    def _of_output(self, index: int) -> Self:
        explanations = [replace(one, **of_output(one, index)) for one in self._explanations]
        shared = {**self._shared, "output_names": (self.output_names[index],)}
        return type(self)(explanations, shared)

    @classmethod
    def _concatenated(cls, batches: list[Self]) -> Self:
        return cls([one for batch in batches for one in batch], batches[0]._shared)

    @classmethod
    def from_json(cls, source: str | PathLike[str]) -> Self:
        """Read a batch that `to_json` wrote.

        Parameters
        ----------
        source : str or path-like
            The text, which begins with a brace, or the file.

        Returns
        -------
        batch : batch of this class
            Equal to the one that was written.

        Raises
        ------
        ValueError
            If `to_json` does not write such a text; the message names the field.
        """
        explanations, shared = read_parts(source, cls.__name__, cls.kind)
        return cls([cast(Part, cls._single.from_arrays(each)) for each in explanations], shared)

    def confidence_intervals(self, level: float = 0.95) -> NoReturn:
        """Raise an error: each explanation has its own intervals.

        Parameters
        ----------
        level : float, default=0.95
            Confidence level, in (0, 1).

        Returns
        -------
        low, high : ndarray
            Never.

        Raises
        ------
        AttributeError
            Always: each instance has its own parts.
        """
        name = "confidence_intervals()"
        raise AttributeError(_NO_ARRAYS.format(name=name, noun=self.noun))

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy frame, one line per instance, output and selected part.

        Returns
        -------
        frame : pandas.DataFrame
            Columns as in `ExplanationBatch.to_frame`; ``value`` is how often a word occurs, or how
            many pixels a segment has.
        """
        frames = [_frame_of(one) for one in self._explanations]
        # Empty frames would change the types of columns in pd.concat.
        filled = [frame for frame in frames if len(frame)]
        return pd.concat(filled, ignore_index=True) if filled else _empty_frame()

    def __repr__(self) -> str:
        """Return one line: size, outputs, number of masks, and the median fidelity."""
        from sklime.display._plain import batch_text

        return batch_text(self, counted(len(self), self.noun))


@dataclass(frozen=True, eq=False, repr=False)
class TextExplanation(BaseExplanation):
    """The explanation of one document.

    An `Explanation` whose features are the parts of a document. It holds computed values
    only and cannot be changed.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (n_parts, n_outputs)
        Weights of the parts and their standard errors.

    feature_names : tuple of str
        Text of each part, in the order of the document.

    conditions : list of str
        The same, with the number of the occurrence where each occurrence is a part.

    data : ndarray of int of shape (n_parts,)
        How often each part occurs.

    document : str
        The document.

    spans : tuple of ndarray of int of shape (n_occurrences, 2)
        Where each part occurs: first code point and end, so that
        ``document[start:end]`` is its text.

    See Also
    --------
    TextExplanationBatch : Explanations of many documents.
    ExplanationBatch : Where the other attributes are described.

    Examples
    --------
    >>> from sklime import LimeTextExplainer
    >>> explainer = LimeTextExplainer(lambda texts: [text.count("good") for text in texts])
    >>> explanation = explainer.fit(["good news"]).explain(["good, so good"])[0]
    >>> explanation.conditions
    ['good', 'so']
    >>> explanation.spans[0].tolist()
    [[0, 4], [9, 13]]
    """

    document: str
    spans: tuple[IntArray, ...]

    kind = "text"
    noun = "document"

    def as_batch(self) -> TextExplanationBatch:
        """Return a batch of this document alone.

        Returns
        -------
        batch : TextExplanationBatch
            One document.
        """
        return TextExplanationBatch([self], shared_facts(self))


class TextExplanationBatch(PartsExplanationBatch[TextExplanation]):
    """Explanations of many documents, each with its own parts.

    A sequence of `TextExplanation`. An integer gives one explanation. A slice, or an array of
    indices or of booleans, gives a smaller batch. ``loc`` finds documents by their labels. It
    holds computed values only and cannot be changed. Parts differ from document to document. Find
    `values`, `standard_errors` and other arrays over parts in the single explanations, and in
    `to_frame`.

    Parameters
    ----------
    explanations : iterable of TextExplanation
        One per document.

    shared : mapping
        Names and facts that all documents share, as in `to_json`.

    Attributes
    ----------
    intercepts : ndarray of shape (n_documents, n_outputs)
        Local prediction where all parts are removed.

    predictions, local_predictions, held_out_predictions, fidelity : ndarray of shape \
            (n_documents, n_outputs)
        As in `ExplanationBatch`.

    effective_sample_size : ndarray of shape (n_documents,)
        Effective number of masks that remove a part.

    n_perturbations : ndarray of int of shape (n_documents,)
        Number of masks.

    responses : ndarray of shape (n_documents, n_responses)
        All responses of the model.

    row_labels : ndarray of shape (n_documents,)
        Labels of the documents.

    failures : ndarray of object of shape (n_documents,)
        Reason why a document has no explanation; `None` if it has one.

    documents : tuple of str
        The documents.

    internals : PartsInternals
        Indices of the explained responses, and facts that all documents share.

    See Also
    --------
    TextExplanation : One document.

    Examples
    --------
    >>> from sklime import LimeTextExplainer
    >>> explainer = LimeTextExplainer(lambda texts: [text.count("good") for text in texts])
    >>> batch = explainer.fit(["good news"]).explain(["not so good", "good, so very good"])
    >>> batch
    <TextExplanationBatch: 2 documents x 1 output, n=7, median fidelity 1.00>
    >>> batch.to_frame()["feature"].tolist()
    ['not', 'so', 'good', 'good', 'so', 'very']
    """

    kind = "text"
    noun = "document"
    _single = TextExplanation

    documents: tuple[str, ...]

    def __init__(self, explanations: Iterable[TextExplanation], shared: Mapping[str, Any]) -> None:
        super().__init__(explanations, shared)
        object.__setattr__(self, "documents", tuple(one.document for one in self._explanations))


def _internals_of(
    explanations: tuple[BaseExplanation, ...], shared: Mapping[str, Any]
) -> PartsInternals:
    names = ("response_labels", "is_classification", "fidelity_is_bound", "settings")
    single = [one.internals for one in explanations]
    return PartsInternals(
        **{name: shared[name] for name in names},
        **{
            name: read_only(_collected(name, [getattr(one, name) for one in single], shared))
            for name in OF_INTERNALS
        },
    )


def _collected(name: str, values: list[Any], shared: Mapping[str, Any]) -> Array:
    """Return the values of all instances as an array; without instances one of the same kind."""
    if values:
        return np.array(values)
    axis = _SECOND_AXES.get(name, "output_names")
    shape = (0,) if axis is None else (0, len(shared[axis]))
    return np.empty(shape, dtype=_TYPES.get(name, float))


def _frame_of(explanation: BaseExplanation) -> pd.DataFrame:
    low, high = explanation.confidence_intervals()
    output, part = np.nonzero(explanation.selected.T)
    here = part, output
    names, conditions = explanation.explained_names(), explanation.conditions
    return frame_of(
        {
            "row": [explanation.row_label] * len(part),
            "output": [names[index] for index in output],
            "feature": [explanation.feature_names[index] for index in part],
            "condition": [conditions[index] for index in part],
            "value": explanation.data[part],
            "weight": explanation.values[here],
            "standard_error": explanation.standard_errors[here],
            "ci_low": low[here],
            "ci_high": high[here],
            "intercept": explanation.intercepts[output],
            "prediction": explanation.predictions[output],
            "fidelity": explanation.fidelity[output],
            "predicted": [explanation.predicted_class] * len(part),
        }
    )


def _empty_frame() -> pd.DataFrame:
    dtypes: dict[str, Any] = dict.fromkeys(("row", "output", "feature", "condition"), object)
    dtypes |= {"value": int, "weight": float, "standard_error": float}
    dtypes |= dict.fromkeys(("ci_low", "ci_high", "intercept", "prediction", "fidelity"), float)
    dtypes["predicted"] = object
    return pd.DataFrame({name: np.empty(0, dtype=dtype) for name, dtype in dtypes.items()})
