"""The strongest pairs of features: what single weights leave, and how much of it pairs explain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from sklime.utils._objects import NO_INDEX, read_only, unindexable
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["NO_FEATURE", "Pairs"]

# Stands for the features of a pair where a row has fewer pairs than others.
NO_FEATURE = NO_INDEX


@dataclass(frozen=True, eq=False, kw_only=True)
class Pairs:
    """The strongest pairs of features of each row, the strongest first.

    Arrays of a batch have a first axis for the rows; arrays of one explanation do not.

    Attributes
    ----------
    features : ndarray of int of shape (n_rows, n_pairs, 2)
        Indices of the two features; negative, and an error as an index, where a row has fewer
        pairs, as a sampled one.

    values : ndarray of shape (n_rows, n_pairs, n_outputs)
        What the two conditions together add to the local prediction, beside the weights of both, in
        units of the response; NaN where there is no pair.

    fidelity, fidelity_with_pairs : ndarray of shape (n_rows, n_outputs)
        R2 of the weights alone, and of weights and all of these pairs, at most 1; NaN where it is
        not defined.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._explanations._pairs import Pairs
    >>> pairs = Pairs(
    ...     features=np.array([[[0, 2]]]),
    ...     values=np.array([[[-0.08]]]),
    ...     fidelity=np.array([[0.81]]),
    ...     fidelity_with_pairs=np.array([[0.93]]),
    ... )
    >>> pairs.take(0).features
    array([[0, 2]])
    """

    features: IntArray
    values: FloatArray
    fidelity: FloatArray
    fidelity_with_pairs: FloatArray

    def __post_init__(self) -> None:
        """Make arrays read-only, without touching the caller's."""
        object.__setattr__(self, "features", unindexable(self.features))
        for name, array in self.arrays().items():
            object.__setattr__(self, name, read_only(array))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Make arrays read-only again, which pickles and copies do not keep."""
        vars(self).update({name: read_only(value) for name, value in state.items()})

    def arrays(self) -> dict[str, Array]:
        """Return all arrays by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def mapped(self, function: Callable[[Array], Array]) -> Self:
        """Apply a function to each array.

        Parameters
        ----------
        function : callable
            From an array to an array.

        Returns
        -------
        pairs : Pairs
            Of these arrays.
        """
        return type(self)(**{name: function(array) for name, array in self.arrays().items()})

    def take(self, rows: Any) -> Self:
        """Return the pairs of some rows.

        Parameters
        ----------
        rows : int, slice or ndarray
            An index gives one row, without the axis of the rows.

        Returns
        -------
        pairs : Pairs
            Of these rows.
        """
        return self.mapped(lambda array: array[rows])

    @classmethod
    def concatenate(cls, parts: Sequence["Pairs | None"], shapes: Sequence[tuple[int, int]]) -> Any:
        """Put the pairs of several batches below each other.

        Parameters
        ----------
        parts : sequence of Pairs or None
            `None` for a batch without pairs.

        shapes : sequence of (int, int)
            Numbers of rows and of outputs of each batch.

        Returns
        -------
        pairs : Pairs or None
            All rows, in this order; `None` if no batch has pairs.
        """
        if all(part is None for part in parts):
            return None
        n_pairs = max(part.features.shape[1] for part in parts if part is not None)
        wide = [_widened(part, n_pairs, *shape) for part, shape in zip(parts, shapes, strict=True)]
        return cls(**{name: np.concatenate([arrays[name] for arrays in wide]) for name in wide[0]})


def _widened(part: Pairs | None, n_pairs: int, n_rows: int, n_outputs: int) -> dict[str, Array]:
    """Return arrays with room for more pairs, and NaN for a batch without any."""
    wide: dict[str, Array] = {
        "features": np.full((n_rows, n_pairs, 2), NO_FEATURE),
        "values": np.full((n_rows, n_pairs, n_outputs), np.nan),
        "fidelity": np.full((n_rows, n_outputs), np.nan),
        "fidelity_with_pairs": np.full((n_rows, n_outputs), np.nan),
    }
    if part is None:
        return wide
    here = part.features.shape[1]
    wide["features"][:, :here], wide["values"][:, :here] = part.features, part.values
    return wide | {name: getattr(part, name) for name in ("fidelity", "fidelity_with_pairs")}
