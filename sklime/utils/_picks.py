"""Greedy choice of rows that together cover most of what counts."""

from heapq import heapify, heappop, heapreplace
from math import fsum

import numpy as np

__all__ = ["greedy_picks"]


def greedy_picks(sizes, importances, n_picks):
    """Pick rows one by one, each for the importance that it adds.

    Parameters
    ----------
    sizes : sparse array of shape (n_rows, n_items)
        What is stored and not zero is covered by the row.

    importances : ndarray of shape (n_items,)
        What covering each item counts.

    n_picks : int
        Most rows to pick.

    Returns
    -------
    picks : ndarray of int of shape (n_picked,)
        Indices of rows; of rows that add the same, the first.

    covered : ndarray of shape (n_picked,)
        Importance covered by the first pick, the first two and so on.

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
    remaining = importances.tolist()

    def gain(row):
        # Correctly rounded: no order of the items, and no item more, makes it smaller. So an
        # old gain is never below the new one, and equal gains are equal to the last bit.
        return fsum([remaining[item] for item in items_of[row]])

    queue = [(-gain(row), row) for row in range(len(items_of))]
    heapify(queue)
    picks, shown, covered = [], [], []
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
            shown += [remaining[item] for item in items_of[row]]
            covered.append(fsum(shown))
            for item in items_of[row]:
                remaining[item] = 0.0
    return np.array(picks, dtype=np.intp), np.array(covered)
