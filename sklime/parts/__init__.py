"""Parts: what one instance is split into, and how it is put together again."""

from sklime.parts._tokens import ANALYZERS, SplitDocument, part_spans, split_document

__all__ = ["ANALYZERS", "SplitDocument", "part_spans", "split_document"]
