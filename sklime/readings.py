"""Readings: models as trees and slopes over columns, for readers of other models."""

from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Reader, register
from sklime._readings._trees import LevelSplits, Trees, largest_below, largest_rounded_up_to

__all__ = [
    "LevelSplits",
    "Reader",
    "Reading",
    "Trees",
    "UnreadableError",
    "as_floats",
    "largest_below",
    "largest_rounded_up_to",
    "register",
]
