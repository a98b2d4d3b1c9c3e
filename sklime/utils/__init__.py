"""Helpers that all other rooms share; nothing here depends on LIME."""
