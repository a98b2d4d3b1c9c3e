"""Responses of a model to documents: as strings, or as counts of its vectorizer."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import normalize

from sklime._responses._response import ModelResponse
from sklime._text._additivity import counts_add_up, counts_words, has_own_methods
from sklime._text._codec import DocumentCodec, RowCodec
from sklime._text._tokens import SplitDocument
from sklime.utils._sklearn import tfidf_weighting
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["CountPath", "DocumentResponse", "PartCounts"]

# Largest difference to the counts of the vectorizer itself.
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class DocumentResponse(ModelResponse):
    """Responses of a model to lists of documents."""

    codec: DocumentCodec | RowCodec

    def table(self, matrix: Any) -> Any:
        """Return documents in the container of the training documents."""
        return self.codec.to_table(matrix)

    def _container_for(self, row: Any) -> Literal["same", "array"]:
        return "same"


@dataclass(frozen=True)
class _MatrixResponse(ModelResponse):
    """Responses of the steps after the vectorizer of a pipeline, to the matrix of counts."""

    def table(self, matrix: Any) -> Any:
        """Return the matrix of counts as it is."""
        return matrix


@dataclass(frozen=True)
class CountPath:
    """A path around the vectorizer of a pipeline: counts of perturbed documents from masks.

    The path is taken only if the counts of a perturbed document are a sum over its kept pieces:
    see `sklime._text._additivity`.

    Attributes
    ----------
    vectorizer : estimator
        First step of the pipeline.

    response : ModelResponse
        Responses of the steps after it.
    """

    vectorizer: Any
    response: ModelResponse

    @classmethod
    def of(cls, response: DocumentResponse) -> Self | None:
        """Return the path around a vectorizer, if there is one.

        Parameters
        ----------
        response : DocumentResponse
            Responses of the whole model.

        Returns
        -------
        path : CountPath or None
            `None` if the model is no pipeline, or does not begin with a vectorizer that counts
            single words.
        """
        model = response.estimator
        if type(model) is not Pipeline or response.method is None or len(model.steps) < 2:
            return None
        vectorizer = model.steps[0][1]
        if has_own_methods(model) or not counts_words(vectorizer):
            return None
        later_steps = model[1:]
        if not hasattr(later_steps, response.method):
            return None
        settings = {item.name: getattr(response, item.name) for item in fields(response)}
        return cls(vectorizer, _MatrixResponse(**{**settings, "estimator": later_steps}))

    def counts_of(self, split: SplitDocument) -> "PartCounts | None":
        """Return the counts of each part of a document, if they add up to the whole.

        Parameters
        ----------
        split : SplitDocument
            The document.

        Returns
        -------
        counts : PartCounts or None
            `None` if they may not add up.
        """
        if not counts_add_up(self.vectorizer, split):
            return None
        of_words = self._raw_counts(split.words)
        times = np.bincount(split.parts, minlength=split.n_parts)
        of_words.data *= np.repeat(times, np.diff(of_words.indptr))
        of_gaps = self._raw_counts(["\n".join(split.pieces())])
        # The proof holds for the vectorizers of known versions of scikit-learn. Compare with
        # the vectorizer itself, in case a later version counts in another way.
        is_even = np.arange(split.n_parts) % 2 == 0
        guards = np.stack([is_even | True, is_even & False, is_even, ~is_even])
        real = self.vectorizer.transform(split.texts(guards, None))
        counts = PartCounts(of_words, of_gaps, type(real))
        return counts if _are_same(self.matrix(counts, guards), real) else None

    def squared_norms(self, counts: "PartCounts") -> FloatArray:
        """Return the contribution of each part to the squared length of the document's vector.

        Parameters
        ----------
        counts : PartCounts
            Counts of the parts.

        Returns
        -------
        squared_norms : ndarray of shape (n_parts,)
            0 for a part without counts; if vectors are not normalized, 1 for the other parts.
        """
        parts = abs(counts.parts)
        weighting = self.vectorizer
        if type(weighting) is TfidfVectorizer:
            weighting = tfidf_weighting(weighting)
        if getattr(weighting, "norm", None) is None:
            has_counts: FloatArray = (parts.sum(axis=1) > 0.0).astype(np.float64)
            return has_counts
        if hasattr(weighting, "idf_"):
            parts = parts * weighting.idf_
        return np.asarray((parts**2).sum(axis=1)).ravel()

    def matrix(self, counts: "PartCounts", masks: BoolArray) -> Any:
        """Return the rows that the vectorizer gives for perturbed documents.

        Parameters
        ----------
        counts : PartCounts
            Counts of the parts.

        masks : ndarray of bool of shape (n_masks, n_parts)
            Which parts are kept.

        Returns
        -------
        matrix : sparse matrix of shape (n_masks, n_vocabulary)
            Counts, weighted and normalized as by the vectorizer.
        """
        vectorizer = self.vectorizer
        matrix = counts.of(masks).astype(vectorizer.dtype)
        if vectorizer.binary:
            matrix.data.fill(1)
        if type(vectorizer) is TfidfVectorizer:
            # Use the fitted weighting: parameters of the vectorizer may have changed since `fit`.
            return tfidf_weighting(vectorizer).transform(matrix, copy=False)
        if type(vectorizer) is HashingVectorizer and vectorizer.norm is not None:
            return normalize(matrix, norm=vectorizer.norm, copy=False)
        return matrix

    def _raw_counts(self, texts: Sequence[str]) -> Any:
        """Return counts over the vocabulary of the vectorizer, neither binary nor normalized.

        Stored entries are those of the vectorizer: words whose signs cancel out store a zero.
        """
        vectorizer = self.vectorizer
        if type(vectorizer) is HashingVectorizer:
            params = {**vectorizer.get_params(), "norm": None}
            counts = HashingVectorizer(**params).transform(texts)
            return sparse.csr_array(counts.astype(np.float64))
        analyze, vocabulary = vectorizer.build_analyzer(), vectorizer.vocabulary_
        rows = [[vocabulary[w] for w in analyze(text) if w in vocabulary] for text in texts]
        ends = np.cumsum([0, *map(len, rows)])
        columns = np.array([column for row in rows for column in row], dtype=np.int32)
        shape = len(texts), len(vocabulary)
        counts = sparse.csr_array((np.ones(columns.size), columns, ends), shape=shape)
        counts.sum_duplicates()
        return counts


@dataclass(frozen=True)
class PartCounts:
    """Counts of a vectorizer, by part.

    Attributes
    ----------
    parts : csr_array of shape (n_parts, n_vocabulary)
        Counts of all occurrences of each part, with the zeros that the vectorizer stores.

    gaps : csr_array of shape (1, n_vocabulary)
        Counts of the text between the parts, which is never removed.

    container : type
        Type of the matrices of the vectorizer.
    """

    parts: Any
    gaps: Any
    container: type[Any]

    def of(self, masks: BoolArray) -> Any:
        """Return the counts of perturbed documents.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            Which parts are kept.

        Returns
        -------
        counts : csr_matrix or csr_array of shape (n_masks, n_vocabulary)
            Counts in the type of the vectorizer's matrices, with sorted indices.
        """
        parts, columns, firsts, values = self._entries
        if self.gaps.nnz:
            masks = np.hstack([masks, np.ones((len(masks), 1), dtype=bool)])
        kept = present = np.take(masks, parts, axis=1)
        is_single = columns.size == parts.size
        if not is_single:
            # Several parts may be the same word of the vectorizer: "Good" and "good".
            kept = np.add.reduceat(kept * values.astype(np.float32), firsts, axis=1)
            are_positive = (values > 0.0).all()
            present = (
                kept > 0.0 if are_positive else np.logical_or.reduceat(present, firsts, axis=1)
            )
        flat = np.flatnonzero(present)
        entries = flat % max(columns.size, 1)
        data = values[entries] if is_single else kept.ravel()[flat].astype(np.float64)
        ends = np.cumsum(np.append(0, np.count_nonzero(present, axis=1)))
        shape = len(masks), self.parts.shape[1]
        indices, ends = columns[entries].astype(np.int32), ends.astype(np.int32)
        return self.container((data, indices, ends), shape=shape)

    @cached_property
    def _entries(self) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Return parts, columns, the first entry of each column, and values, sorted by column.

        Sorted once here, the indices of each perturbed document are sorted too. The text
        between the parts is one more part, if it has words.
        """
        whole = sparse.vstack([self.parts, self.gaps]) if self.gaps.nnz else self.parts
        whole = whole.tocoo()
        order = np.argsort(whole.col, kind="stable")
        columns, firsts = np.unique(whole.col[order], return_index=True)
        return whole.row[order], columns, firsts, whole.data[order]


def _are_same(matrix: Any, real: Any) -> bool:
    """Tell whether two sparse matrices store the same numbers at the same indices."""
    has_same_indices = np.array_equal(matrix.indptr, real.indptr) and np.array_equal(
        matrix.indices, real.indices
    )
    return has_same_indices and np.allclose(matrix.data, real.data, rtol=0.0, atol=_TOLERANCE)
