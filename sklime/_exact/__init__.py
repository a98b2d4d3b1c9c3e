"""Exact moments of a reading, under columns that are drawn independently."""
