"""Texts: the explainer of documents, and what documents are split into."""
