"""Explanations of texts: each document has its own parts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklime._explanations._explanation import Explanation, ExplanationBatch
from sklime._explanations._json import read_texts
from sklime.utils._frames import frame_of, index_of
from sklime.utils._text import counted

__all__ = ["TextExplanation", "TextExplanationBatch"]

# What all documents of a batch have in common, and what each has one row of.
SHARED = (
    "output_names",
    "response_names",
    "response_labels",
    "target",
    "is_classification",
    "n_replicates",
    "baseline",
    "fidelity_is_bound",
    "settings",
)
OF_DOCUMENTS = (
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
    "explained",
    "opposed",
    "predicted",
)

# What belongs to the parts, which documents do not share.
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


@dataclass(frozen=True, eq=False, repr=False)
class TextExplanation(Explanation):
    """The explanation of one document.

    An `Explanation` whose features are the parts of a document. It holds computed values
    only and cannot be changed.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (n_parts, n_outputs)
        Weights of the parts and their standard errors.

    feature_names : tuple of str
        Text of each part, in the order in which they come in the document.

    conditions : list of str
        The same, and which occurrence it is where occurrences are parts of their own.

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
    spans: tuple

    def _as_batch(self):
        shared = {name: getattr(self, name) for name in SHARED}
        return TextExplanationBatch([self], shared)


class TextExplanationBatch(ExplanationBatch):
    """Explanations of many documents, each with its own parts.

    A sequence of `TextExplanation`: an integer gives one, a slice or an array of indices or
    of booleans a smaller batch. It holds computed values only and cannot be changed. What
    belongs to parts differs from document to document: `values`, `standard_errors` and the
    like are to be had from the single explanations or from `to_frame`.

    Attributes
    ----------
    intercepts : ndarray of shape (n_documents, n_outputs)
        Local prediction where all parts are removed.

    predictions, local_predictions, held_out_predictions, fidelity : ndarray of shape \
            (n_documents, n_outputs)
        As in `ExplanationBatch`.

    effective_sample_size : ndarray of shape (n_documents,)
        Of the kernel weights.

    n_perturbations : ndarray of int of shape (n_documents,)
        Number of masks.

    responses, explained : ndarray of shape (n_documents, n_responses), (n_documents, n_outputs)
        All responses of the model, and which of them are explained.

    opposed, predicted : ndarray of int
        As in `ExplanationBatch`.

    row_labels : ndarray of shape (n_documents,)
        What the user calls the documents.

    failures : ndarray of object of shape (n_documents,)
        Why a document has no explanation; `None` where it has one.

    documents : tuple of str
        The documents.

    See Also
    --------
    TextExplanation : One document.

    Examples
    --------
    >>> from sklime import LimeTextExplainer
    >>> explainer = LimeTextExplainer(lambda texts: [text.count("good") for text in texts])
    >>> batch = explainer.fit(["good news"]).explain(["so good", "good, so good"])
    >>> batch
    <TextExplanationBatch: 2 documents x 1 output>
    >>> batch.to_frame()["feature"].tolist()
    ['so', 'good', 'good', 'so']
    """

    def __init__(self, explanations, shared):
        explanations = tuple(explanations)
        self._set("_explanations", explanations)
        self._set("documents", tuple(one.document for one in explanations))
        self._set("row_labels", index_of([one.row_labels for one in explanations]).to_numpy())
        failures = np.empty(len(explanations), dtype=object)
        failures[:] = [one.failures for one in explanations]
        self._set("failures", failures)
        for name in SHARED:
            self._set(name, shared[name])
        for name in OF_DOCUMENTS:
            self._set(name, np.array([getattr(one, name) for one in explanations]))

    def _set(self, name, value):
        if isinstance(value, np.ndarray):
            value = value.view()
            value.flags.writeable = False
        object.__setattr__(self, name, value)

    def __getattr__(self, name):
        """Say why there are no arrays over parts."""
        if name in OF_PARTS:
            raise AttributeError(
                f"A batch of texts has no {name}: each document has its own parts. Take one "
                f"explanation, as in batch[0].{name}, or all of them as a table, to_frame()."
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __len__(self):
        """Return the number of documents."""
        return len(self._explanations)

    def __getitem__(self, key):
        """Return one explanation for an integer, a batch for a slice, mask or list of indices."""
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            if not -len(self) <= key < len(self):
                raise IndexError(f"row {key} is out of range for a batch of {len(self)} documents.")
            return self._explanations[key]
        chosen = np.arange(len(self))[key]
        shared = {name: getattr(self, name) for name in SHARED}
        return TextExplanationBatch([self._explanations[index] for index in chosen], shared)

    @classmethod
    def from_json(cls, source):
        """Read what `to_json` wrote.

        Parameters
        ----------
        source : str or path-like
            The text, which begins with a brace, or the file.

        Returns
        -------
        batch : TextExplanationBatch
            The same as was written.

        Raises
        ------
        ValueError
            If it is something else, saying what is wrong.
        """
        explanations, shared = read_texts(source, cls.__name__)
        return cls([TextExplanation(**arrays) for arrays in explanations], shared)

    def confidence_intervals(self, level=0.95):
        """Say that intervals are to be had document by document.

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
            Always: each document has its own parts.
        """
        return self.__getattr__("values")

    def to_frame(self):
        """Return a tidy frame, one line a document, output and selected part.

        Returns
        -------
        frame : pandas.DataFrame
            Columns as in `ExplanationBatch.to_frame`.
        """
        frames = [_frame_of(one) for one in self._explanations]
        filled = [frame for frame in frames if len(frame)]
        return pd.concat(filled, ignore_index=True) if filled else _empty_frame()

    def __repr__(self):
        """Return the size."""
        return (
            f"<TextExplanationBatch: {counted(len(self), 'document')} "
            f"x {counted(len(self.output_names), 'output')}>"
        )


def _frame_of(explanation):
    low, high = explanation.confidence_intervals()
    output, part = np.nonzero(explanation.selected.T)
    here = part, output
    names, conditions = explanation.explained_names(), explanation.conditions
    return frame_of(
        {
            "row": [explanation.row_labels] * len(part),
            "output": [names[index] for index in output],
            "feature": [explanation.feature_names[index] for index in part],
            "condition": [conditions[index] for index in part],
            "weight": explanation.values[here],
            "standard_error": explanation.standard_errors[here],
            "ci_low": low[here],
            "ci_high": high[here],
        }
    )


def _empty_frame():
    columns = ("row", "output", "feature", "condition")
    numbers = ("weight", "standard_error", "ci_low", "ci_high")
    empty = {name: np.empty(0, dtype=object) for name in columns}
    return pd.DataFrame(empty | {name: np.empty(0) for name in numbers})
