"""The part of a table's encoder that neighborhoods use."""

from typing import Literal, Protocol

from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["ColumnStatistics", "Encoder"]


class ColumnStatistics(Protocol):
    """Statistics of the training rows, by column."""

    @property
    def minima(self) -> FloatArray:
        """Smallest value of each column."""
        ...

    @property
    def maxima(self) -> FloatArray:
        """Largest value of each column."""
        ...

    @property
    def scales(self) -> FloatArray:
        """Standard deviation of each column."""
        ...

    @property
    def is_discrete(self) -> BoolArray:
        """Columns of integers or levels."""
        ...

    @property
    def is_categorical(self) -> BoolArray:
        """Columns of levels."""
        ...


class Encoder(Protocol):
    """An encoder: it turns rows into bins or standard scores, and compares these."""

    @property
    def n_features(self) -> int:
        """Number of columns."""
        ...

    @property
    def n_bins(self) -> IntArray:
        """Number of bins or levels of each column; 0 for a column without."""
        ...

    @property
    def is_binned(self) -> BoolArray:
        """Columns with bins or levels."""
        ...

    @property
    def can_change(self) -> BoolArray:
        """Columns that do not always keep the value of the explained row."""
        ...

    @property
    def statistics(self) -> ColumnStatistics:
        """Statistics of the training rows."""
        ...

    @property
    def cuts(self) -> tuple[FloatArray | None, ...]:
        """Increasing cuts of each column; `None` for standard scores, and for levels."""
        ...

    @property
    def side(self) -> Literal["left", "right"]:
        """Bin of a value equal to a cut: below for "left", above for "right"."""
        ...

    def represent(self, X: FloatArray) -> Array:
        """Return the bins and standard scores of rows."""
        ...

    def represent_column(self, index: int, values: FloatArray) -> FloatArray:
        """Return the bins or standard scores of values of one column."""
        ...

    def encode(self, representation: Array, instance: Array) -> Array:
        """Encode perturbed rows relative to explained rows."""
        ...
