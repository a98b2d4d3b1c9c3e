"""Readings: models as trees or additive functions of columns."""
