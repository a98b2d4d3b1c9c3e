"""Explain pictures and volumes: their segments, their containers, and the explainer."""
