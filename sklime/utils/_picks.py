"""Pick rows that together cover the most important items."""

from heapq import heapify, heappop, heapreplace
from math import fsum
from typing import Any

import numpy as np

from sklime.utils._types import FloatArray, IntArray

__all__ = ["greedy_picks"]


def greedy_picks(sizes: Any, importances: FloatArray, n_picks: int) -> tuple[IntArray, FloatArray]:
    """Pick rows one by one, each time the row that adds most importance.

    Parameters
    ----------
    sizes : sparse array of shape (n_rows, n_items)
        A row covers the items whose value is stored.

    importances : ndarray of shape (n_items,)
        Importance of each item, at least 0.

    n_picks : int
        Maximum number of rows to pick.

    Returns
    -------
    picks : ndarray of int of shape (n_picked,)
        Indices of rows. If several rows add the same, the first is picked.

    covered : ndarray of shape (n_picked,)
        Importance covered by the first pick, by the first two, and so on.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from sklime.utils._picks import greedy_picks
    >>> sizes = sparse.csr_array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> greedy_picks(sizes, np.array([1.0, 2.0, 0.5]), n_picks=2)
    (array([0, 2]), array([3. , 3.5]))
    """
    items_of = [row.tolist() for row in np.split(sizes.indices, sizes.indptr[1:-1])]
    remaining: list[float] = importances.tolist()

    def gain(row: int) -> float:
        # fsum rounds correctly: a gain does not depend on the order of the items and never
        # grows while items are covered. So an old gain is an upper bound of the new one, and
        # gains that are equal in theory are equal to the last bit.
        return fsum([remaining[item] for item in items_of[row]])

    queue = [(-gain(row), row) for row in range(len(items_of))]
    heapify(queue)
    picks: list[int] = []
    gained: list[float] = []
    covered: list[float] = []
    while queue and len(picks) < n_picks:
        stale, row = queue[0]
        fresh = -gain(row)
        if fresh == 0.0:
            heappop(queue)
        elif fresh != stale:
            heapreplace(queue, (fresh, row))
        else:
            heappop(queue)
            picks.append(row)
            gained += [remaining[item] for item in items_of[row]]
            covered.append(fsum(gained))
            for item in items_of[row]:
                remaining[item] = 0.0
    return np.array(picks, dtype=np.intp), np.array(covered)
