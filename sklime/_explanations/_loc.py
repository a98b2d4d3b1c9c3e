"""Explanations of a batch by the labels of their rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sklime.utils._frames import index_of
from sklime.utils._types import Array

__all__ = ["RowsByLabel"]


class RowsByLabel:
    """Finds explanations by row labels, as ``loc`` of a pandas frame does.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        Labels of the rows.

    take : callable
        From an index, or from indices, to one explanation or to a batch.
    """

    def __init__(self, labels: Array, take: Callable[[Any], Any]) -> None:
        self._labels = labels
        self._take = take

    def __getitem__(self, key: Any) -> Any:
        """Return one explanation for a label, a batch for a list, slice or mask.

        A label that several rows have gives a batch of them.
        """
        # pandas decides what a key means: slices by label, masks, parts of tuples, dates as text.
        indices = pd.Series(np.arange(len(self._labels)), index=index_of(self._labels))
        try:
            chosen = indices.loc[key]
        except (KeyError, TypeError, IndexError, pd.errors.IndexingError) as error:
            reason = "no row is called so" if isinstance(error, KeyError) else str(error)
            shown = ", ".join(map(repr, self._labels[:5].tolist())) or "none: the batch is empty"
            more = ", ..." if len(self._labels) > 5 else ""
            raise KeyError(
                f"batch.loc[{key!r}]: {reason}. The row labels are {shown}{more}; batch[0] is the "
                "first row whatever its label."
            ) from error
        return self._take(int(chosen) if np.ndim(chosen) == 0 else np.asarray(chosen))
