"""Parts: what a document is split into, and how it is put together again."""

from sklime._text._tokens import ANALYZERS, SplitDocument, part_spans, split_document

__all__ = ["ANALYZERS", "SplitDocument", "part_spans", "split_document"]
