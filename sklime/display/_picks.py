"""Rows that stand for many: a greedy choice that covers the rules that matter most."""

import numpy as np

__all__ = ["representative_rows"]


def representative_rows(rules, rows, weights, n_picks):
    """Choose rows whose rules, together, matter most.

    The submodular pick of the paper, on rules rather than on features: a rule counts the square
    root of the summed sizes of its weights, once, however many of the chosen rows have it.

    Parameters
    ----------
    rules : ndarray of int of shape (n_entries,)
        Which rule each weight is the weight of.

    rows : ndarray of int of shape (n_entries,)
        Which row each weight belongs to.

    weights : ndarray of shape (n_entries,)
        Weights.

    n_picks : int
        Most rows.

    Returns
    -------
    picks : list of int
        Rows, best first; fewer where nothing is left to cover.

    coverage : list of float
        Share of the importance of all rules covered so far.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display._picks import representative_rows
    >>> rules, rows = np.array([0, 1, 0, 2]), np.array([0, 0, 1, 2])
    >>> representative_rows(rules, rows, np.ones(4), n_picks=2)[0]
    [0, 2]
    """
    if not len(rules):
        return [], []
    importance = np.sqrt(np.bincount(rules, np.abs(weights)))
    uncovered = importance.copy()
    total = float(importance.sum())
    picks, coverage = [], []
    while len(picks) < n_picks and total > 0.0:
        # The same rule twice in a row, as equal words may be, would count twice: none has that.
        gains = np.bincount(rows, uncovered[rules])
        best = int(np.argmax(gains))
        if gains[best] <= 0.0:
            break
        uncovered[rules[rows == best]] = 0.0
        picks.append(best)
        coverage.append(1.0 - float(uncovered.sum()) / total)
    return picks, coverage
