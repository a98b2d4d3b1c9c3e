"""Documents as instances of parts: rebuilt as strings, or as counts of a vectorizer."""

from collections.abc import Hashable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from sklime._masks import Instance
from sklime._text._response import CountPath, PartCounts
from sklime._text._tokens import SplitDocument
from sklime.utils._types import Array, BoolArray

__all__ = ["CountedDocument", "DocumentInstance"]


class DocumentInstance(Instance):
    """A document whose copies are strings.

    Parameters
    ----------
    split : SplitDocument
        The document in pieces.

    mask_token : str or None
        Replacement of a removed token; `None` for nothing.
    """

    # Two masks may give the same text: one of two equal words is removed.
    keys_need_copies = True

    def __init__(self, split: SplitDocument, mask_token: str | None) -> None:
        self.split = split
        self.mask_token = mask_token
        self.original = split.document
        self.n_parts = split.n_parts

    def rebuild(self, masks: BoolArray) -> Any:
        """Return copies of the document as strings."""
        return self.split.texts(masks, self.mask_token)

    def keys(self, masks: BoolArray, copies: Any) -> Sequence[Hashable]:
        """Return hashes of the copies, which need less memory than the copies."""
        return [blake2b(text.encode("utf-8", "surrogatepass")).digest() for text in copies]

    def describe(self) -> Mapping[str, Any]:
        """Return words, labels, counts and spans for a `TextExplanation`."""
        split = self.split
        return {
            "feature_names": split.words,
            "condition_labels": tuple((name,) for name in split.labels),
            "data": np.bincount(split.parts, minlength=split.n_parts),
            "document": split.document,
            "spans": split.part_spans(),
        }

    @property
    def n_bytes(self) -> int:
        """Return the number of characters of the document."""
        return len(self.original)


class CountedDocument(DocumentInstance):
    """A document whose copies are rows of counts, made without the vectorizer.

    Parameters
    ----------
    split : SplitDocument
        The document in pieces.

    path : CountPath
        Path around the vectorizer.

    counts : PartCounts
        Counts of each part.
    """

    keys_need_copies = False

    def __init__(self, split: SplitDocument, path: CountPath, counts: PartCounts) -> None:
        super().__init__(split, None)
        self.path = path
        self.counts = counts

    def rebuild(self, masks: BoolArray) -> Any:
        """Return the rows that the vectorizer gives for the copies."""
        return self.path.matrix(self.counts, masks)

    def keys(self, masks: BoolArray, copies: Any) -> Sequence[Hashable]:
        """Return the masks: different masks give different copies here."""
        return Instance.keys(self, masks, copies)

    @property
    def n_bytes(self) -> int:
        """Return the number of parts, which bounds the numbers in a row."""
        return self.n_parts

    @property
    def part_norms(self) -> Array:
        """Return how much each part adds to the squared length of a row."""
        norms: Array = self.path.squared_norms(self.counts)
        return norms if norms.any() else np.ones(self.n_parts)
