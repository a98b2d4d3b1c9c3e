"""Ask a model about documents: as strings, or as counts that a vectorizer would make of them."""

from dataclasses import dataclass, fields

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import normalize

from sklime._response import ModelResponse
from sklime.utils._documents import DocumentCodec

__all__ = ["CountPath", "DocumentResponse", "PartCounts"]

# Largest difference to what the vectorizer makes of the strings.
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class DocumentResponse(ModelResponse):
    """Answers of a model about documents, a list of strings at a time."""

    codec: DocumentCodec

    def _table(self, matrix):
        return self.codec.to_table(matrix)

    def _container_for(self, row):
        return "same"


@dataclass(frozen=True)
class _MatrixResponse(ModelResponse):
    """Answers of the rest of a pipeline about the matrix of its vectorizer."""

    def _table(self, matrix):
        return matrix.matrix


class _Rows:
    """A sparse matrix with a length, whose slices are rows."""

    def __init__(self, matrix):
        self.matrix = matrix

    def __len__(self):
        return self.matrix.shape[0]

    def __getitem__(self, rows):
        return _Rows(self.matrix[rows])


@dataclass(frozen=True)
class CountPath:
    """The way around the vectorizer of a pipeline: perturbed counts straight from masks.

    Where no token of the vectorizer spans two parts of the document, the counts of a
    perturbed document are a sum over the parts that it keeps.

    Attributes
    ----------
    vectorizer : estimator
        First step of the pipeline.

    response : ModelResponse
        Asks the steps after it.
    """

    vectorizer: object
    response: ModelResponse

    @classmethod
    def of(cls, response):
        """Find the way, where there is one.

        Parameters
        ----------
        response : DocumentResponse
            Asks the whole model.

        Returns
        -------
        path : CountPath or None
            `None` where the model is no pipeline, or does not begin with a vectorizer of
            single words.
        """
        model = response.estimator
        if type(model) is not Pipeline or response.method is None or len(model.steps) < 2:
            return None
        vectorizer = model.steps[0][1]
        is_known = type(vectorizer) in (CountVectorizer, TfidfVectorizer, HashingVectorizer)
        if not is_known or vectorizer.analyzer != "word" or tuple(vectorizer.ngram_range) != (1, 1):
            return None
        rest = model[1:]
        if not hasattr(rest, response.method):
            return None
        kept = {item.name: getattr(response, item.name) for item in fields(response)}
        return cls(vectorizer, _MatrixResponse(**{**kept, "estimator": rest}))

    def counts_of(self, split, masks):
        """Return the counts of each part of a document, if they add up to the whole.

        Parameters
        ----------
        split : SplitDocument
            The document.

        masks : ndarray of bool of shape (n_masks, n_parts)
            Masks for which they are compared with what the vectorizer says.

        Returns
        -------
        counts : PartCounts or None
            `None` where they do not add up.
        """
        gaps = split.pieces()
        if not all(gaps[1:-1]):
            # Without anything between them, two parts become one word.
            return None
        of_words = self._raw_counts(split.words)
        totals = sparse.diags_array(
            np.bincount(split.parts, minlength=split.n_parts).astype(np.float64)
        )
        of_gaps = self._raw_counts(["\n".join(gaps)])
        checked = np.vstack([np.ones_like(masks[:1]), np.zeros_like(masks[:1]), masks])
        real = self.vectorizer.transform(split.texts(checked, None))
        counts = PartCounts(sparse.csr_array(totals @ of_words), of_gaps, type(real))
        difference = abs(self.matrix(counts, checked) - real)
        return counts if difference.max() <= _TOLERANCE else None

    def ask(self, counts, masks):
        """Ask the model about perturbed documents.

        Parameters
        ----------
        counts : PartCounts
            Counts of the parts.

        masks : ndarray of bool of shape (n_masks, n_parts)
            Which parts are kept.

        Returns
        -------
        responses : ndarray of shape (n_masks, n_responses)
            Answers.
        """
        return self.response(_Rows(self.matrix(counts, masks)))

    def sizes(self, counts):
        """Return how much each part adds to the squared length of a document's vector.

        Parameters
        ----------
        counts : PartCounts
            Counts of the parts.

        Returns
        -------
        sizes : ndarray of shape (n_parts,)
            0 for a part without counts; ones for the others where vectors are not
            normalized.
        """
        parts = abs(counts.parts)
        if getattr(self.vectorizer, "norm", None) is None:
            return (parts.sum(axis=1) > 0.0).astype(np.float64)
        if type(self.vectorizer) is TfidfVectorizer and self.vectorizer.use_idf:
            parts = parts * self.vectorizer.idf_
        return np.asarray((parts**2).sum(axis=1)).ravel()

    def matrix(self, counts, masks):
        """Return what the vectorizer would make of perturbed documents.

        Parameters
        ----------
        counts : PartCounts
            Counts of the parts.

        masks : ndarray of bool of shape (n_masks, n_parts)
            Which parts are kept.

        Returns
        -------
        matrix : sparse matrix of shape (n_masks, n_vocabulary)
            Counts, weighted and normalized as the vectorizer does it.
        """
        matrix = counts.of(masks)
        vectorizer = self.vectorizer
        if vectorizer.binary:
            matrix.data.fill(1.0)
        matrix = matrix.astype(vectorizer.dtype)
        if type(vectorizer) is TfidfVectorizer:
            matrix = _tfidf_of(vectorizer, matrix).transform(matrix)
        if type(vectorizer) is HashingVectorizer and vectorizer.norm is not None:
            matrix = normalize(matrix, norm=vectorizer.norm)
        return counts.container(matrix)

    def _raw_counts(self, texts):
        """Return counts over the vocabulary of the vectorizer, neither binary nor normalized."""
        vectorizer = self.vectorizer
        if type(vectorizer) is HashingVectorizer:
            params = {**vectorizer.get_params(), "norm": None, "binary": False}
            counts = HashingVectorizer(**params).transform(texts)
            return sparse.csr_array(counts.astype(np.float64))
        analyze, vocabulary = vectorizer.build_analyzer(), vectorizer.vocabulary_
        found = [[vocabulary[w] for w in analyze(text) if w in vocabulary] for text in texts]
        ends = np.cumsum([0, *map(len, found)])
        columns = np.array([column for row in found for column in row], dtype=np.int32)
        shape = len(texts), len(vocabulary)
        counts = sparse.csr_array((np.ones(columns.size), columns, ends), shape=shape)
        counts.sum_duplicates()
        return counts


@dataclass(frozen=True)
class PartCounts:
    """Counts of a vectorizer, part by part.

    Attributes
    ----------
    parts : csr_array of shape (n_parts, n_vocabulary)
        Counts of all occurrences of each part.

    gaps : csr_array of shape (1, n_vocabulary)
        Counts of what is between the parts, which is always there.

    container : type
        Type of the matrices of the vectorizer.
    """

    parts: sparse.csr_array
    gaps: sparse.csr_array
    container: type

    def of(self, masks):
        """Return the counts of perturbed documents.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            Which parts are kept.

        Returns
        -------
        counts : csr_array of shape (n_masks, n_vocabulary)
            Counts, indices in order.
        """
        # Parts in the order of their columns: indices come out sorted, without sorting any.
        parts = self.parts.tocoo()
        order = np.argsort(parts.col, kind="stable")
        values = parts.data[order]
        columns, firsts = np.unique(parts.col[order], return_index=True)
        kept = np.take(masks, parts.row[order], axis=1)
        if columns.size < order.size:
            # Several parts are one word of the vectorizer.
            kept = np.add.reduceat(kept * values.astype(np.float32), firsts, axis=1)
        present = kept != 0
        flat = np.flatnonzero(present)
        places = flat % max(columns.size, 1)
        data = values[places] if columns.size == order.size else kept.ravel()[flat]
        ends = np.cumsum(np.append(0, np.count_nonzero(present, axis=1)))
        shape = len(masks), self.parts.shape[1]
        matrix = sparse.csr_array((data.astype(np.float64), columns[places], ends), shape=shape)
        if self.gaps.nnz:
            always = sparse.csr_array(np.ones((len(masks), 1)))
            matrix = sparse.csr_array(matrix + always @ self.gaps)
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
        return matrix


def _tfidf_of(vectorizer, matrix):
    transformer = TfidfTransformer(
        norm=vectorizer.norm,
        use_idf=vectorizer.use_idf,
        smooth_idf=vectorizer.smooth_idf,
        sublinear_tf=vectorizer.sublinear_tf,
    ).fit(matrix[:1])
    if vectorizer.use_idf:
        transformer.idf_ = vectorizer.idf_
    return transformer
