"""Cuts of numeric columns into bins."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklime.utils._cuts import separating_cuts
from sklime.utils._frames import SparseColumns, column_blocks
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["decile_cuts", "entropy_cuts", "model_cuts", "quartile_cuts", "transformer_cuts"]

# As in `lime`: at most eight bins per column.
_ENTROPY_DEPTH = 3

_MODEL_LEAVES = 3


def quartile_cuts(X: FloatArray | SparseColumns) -> list[FloatArray]:
    """Cut each column at its quartiles.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows; NaN is ignored.

    Returns
    -------
    cuts : list of ndarray
        Increasing cuts of each column, without repeats. A value equal to a cut belongs to
        the bin below.

    See Also
    --------
    decile_cuts : Finer bins.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.discretizers import quartile_cuts
    >>> quartile_cuts(np.arange(9.0)[:, None])
    [array([2., 4., 6.])]
    """
    return _percentile_cuts(X, [25, 50, 75])


def decile_cuts(X: FloatArray | SparseColumns) -> list[FloatArray]:
    """Cut each column at its deciles.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows; NaN is ignored.

    Returns
    -------
    cuts : list of ndarray
        Increasing cuts of each column, without repeats. A value equal to a cut belongs to
        the bin below.

    See Also
    --------
    quartile_cuts : Coarser bins.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.discretizers import decile_cuts
    >>> decile_cuts(np.arange(11.0)[:, None])
    [array([1., 2., 3., 4., 5., 6., 7., 8., 9.])]
    """
    return _percentile_cuts(X, np.arange(10, 100, 10))


def entropy_cuts(
    X: FloatArray | SparseColumns, y: npt.ArrayLike, *, is_classification: bool
) -> list[FloatArray]:
    """Cut each column where a small decision tree on it splits the labels.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows. For each column, rows where it is NaN are ignored.

    y : array-like of shape (n_samples,)
        Class labels, or the target of a regression.

    is_classification : bool
        If True, the tree reduces the entropy of the labels, as in `lime`. If False, it
        reduces the squared error of the target; `lime` treats each value as a class.

    Returns
    -------
    cuts : list of ndarray
        At most seven cuts per column; the median where the tree finds no split.

    See Also
    --------
    quartile_cuts : Bins that need no labels.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.discretizers import entropy_cuts
    >>> X = np.arange(8.0)[:, None]
    >>> entropy_cuts(X, [0, 0, 0, 0, 0, 1, 1, 1], is_classification=True)
    [array([4.5])]
    """
    tree = (
        DecisionTreeClassifier(criterion="entropy", max_depth=_ENTROPY_DEPTH, random_state=0)
        if is_classification
        else DecisionTreeRegressor(max_depth=_ENTROPY_DEPTH, random_state=0)
    )
    y = np.asarray(y) if is_classification else _target_of_tree(np.asarray(y, dtype=np.float64))
    return [separating_cuts(_tree_cuts(column, y, tree), _present(column)) for column in X.T]


def model_cuts(X: FloatArray | SparseColumns, responses: npt.ArrayLike) -> list[FloatArray]:
    """Cut each column where the model's response changes.

    A regression tree with at most three leaves is fitted to the responses, all outputs at
    once. Its splits are moved to the nearest octile of the training values; otherwise they
    would depend on single rows.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows. For each column, rows where it is NaN are ignored.

    responses : ndarray of shape (n_samples, n_outputs)
        Responses of the model to these rows.

    Returns
    -------
    cuts : list of ndarray
        One or two cuts per column; the median where the tree finds no split.

    See Also
    --------
    quartile_cuts : Cuts that do not depend on the model.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.discretizers import model_cuts
    >>> X = np.arange(17.0)[:, None]
    >>> model_cuts(X, (X > 5.0).astype(float))
    [array([6.])]
    """
    tree = DecisionTreeRegressor(max_leaf_nodes=_MODEL_LEAVES, random_state=0)
    responses = _target_of_tree(np.asarray(responses, dtype=np.float64))
    cuts = []
    for column in X.T:
        octiles = np.unique(np.percentile(_present(column), np.arange(12.5, 100.0, 12.5)))
        octiles = separating_cuts(octiles, _present(column))
        if octiles.size == 0:
            cuts.append(octiles)
            continue
        splits = _tree_cuts(column, responses, tree)
        nearest = np.abs(octiles[:, None] - splits).argmin(axis=0)
        cuts.append(np.unique(octiles[nearest]))
    return cuts


def transformer_cuts(
    discretizer: Any, X: npt.ArrayLike, y: npt.ArrayLike | None = None
) -> list[FloatArray]:
    """Fit a scikit-learn discretizer and return its cuts.

    Parameters
    ----------
    discretizer : transformer
        Discretizer that has ``bin_edges_`` after ``fit``, such as `KBinsDiscretizer`. A clone
        of it is fitted.

    X : ndarray of shape (n_samples, n_features)
        Training rows. If a value is NaN, each column is cut separately, from the rows where it
        is present.

    y : array-like of shape (n_samples,), default=None
        Labels, for discretizers that learn from them.

    Returns
    -------
    cuts : list of ndarray
        Inner edges of each column. In scikit-learn a value equal to an edge belongs to the
        bin above.

    See Also
    --------
    quartile_cuts : Cuts without a discretizer.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import KBinsDiscretizer
    >>> from sklime.discretizers import transformer_cuts
    >>> binner = KBinsDiscretizer(n_bins=2, strategy="uniform")
    >>> transformer_cuts(binner, np.arange(9.0)[:, None])
    [array([4.])]
    """
    X = np.asarray(X)
    if not np.isnan(X).any():
        return _cuts_of(discretizer, X, y)
    # scikit-learn's discretizers refuse NaN, and another column may miss other rows.
    return [_present_cuts(discretizer, X, y, index) for index in range(X.shape[1])]


def _cuts_of(discretizer: Any, X: Array, y: npt.ArrayLike | None) -> list[FloatArray]:
    fitted = clone(discretizer).fit(X, y)
    edges = getattr(fitted, "bin_edges_", None)
    if edges is None or len(edges) != X.shape[1]:
        raise ValueError(
            f"discretizer={discretizer!r} has no `bin_edges_` for each of the {X.shape[1]} "
            "columns after fit, so its bins cannot be read. Pass one that has them, such as "
            "KBinsDiscretizer, or discretizer=None to explain raw values."
        )
    return [np.unique(np.asarray(edge, dtype=np.float64)[1:-1]) for edge in edges]


def _present_cuts(discretizer: Any, X: Array, y: npt.ArrayLike | None, index: int) -> FloatArray:
    """Cut one column, from the rows where it is present."""
    is_present = ~np.isnan(X[:, index])
    column = X[is_present][:, [index]]
    if column.size == 0 or column.min() == column.max():
        return np.empty(0)
    n_bins: Any = getattr(discretizer, "n_bins", None)
    if np.ndim(n_bins) == 1 and len(n_bins) == X.shape[1]:
        discretizer = clone(discretizer).set_params(n_bins=n_bins[index])
    labels = None if y is None else np.asarray(y)[is_present]
    try:
        return _cuts_of(discretizer, column, labels)[0]
    except ValueError as error:
        raise ValueError(
            f"discretizer={discretizer!r} cannot cut a column that only {len(column)} of {len(X)} "
            f"rows have: {error}"
        ) from error


def _percentile_cuts(
    X: FloatArray | SparseColumns, percentiles: list[int] | IntArray
) -> list[FloatArray]:
    # A call of `np.percentile` for each of thousands of columns takes longer than all the sorting.
    return [cuts for _, block in column_blocks(X) for cuts in _block_cuts(block, percentiles)]


def _block_cuts(block: FloatArray, percentiles: list[int] | IntArray) -> list[FloatArray]:
    columns = list(block)
    if np.isnan(block).any():
        # Each column has its own number of present values.
        columns = [_present(column) for column in columns]
        edges = [np.percentile(column, percentiles) for column in columns]
    else:
        edges = list(np.percentile(block, percentiles, axis=1).T)
    return [separating_cuts(np.unique(own), column) for own, column in zip(edges, columns)]


def _target_of_tree(y: FloatArray) -> FloatArray:
    """Scale a target to values from 0 to less than 1/4.

    A tree treats a variance below 2e-16 as zero, in any unit. By rounding, equal values get a
    variance of about 1e-16 of their square. The scale keeps this below the tree's limit.
    """
    low, unit = y.min(axis=0), _power_of_two(np.abs(y).max(initial=0.0))
    above: FloatArray = y / unit - low / unit
    scaled: FloatArray = above / (8.0 * _power_of_two(above.max(initial=0.0)))
    return scaled


def _power_of_two(number: float) -> float:
    """Return the largest power of two up to a number; 1 for 0."""
    power: float = np.ldexp(1.0, np.frexp(number)[1] - 1) if number > 0.0 else 1.0
    return power


def _tree_cuts(column: FloatArray, y: Array, tree: Any) -> FloatArray:
    is_present = ~np.isnan(column)
    if not is_present.any():
        return np.zeros(1)
    # Trees compare values in single precision. The ranks of the values are exact there.
    values, ranks = np.unique(column[is_present], return_inverse=True)
    fitted = clone(tree).fit(ranks.reshape(-1, 1), y[is_present])
    is_split = fitted.tree_.children_left >= 0
    if not is_split.any():
        return np.array([np.median(column[is_present])])
    thresholds = np.unique(fitted.tree_.threshold[is_split])
    cuts: FloatArray = np.interp(thresholds, np.arange(len(values)), values)
    return cuts


def _present(column: FloatArray) -> FloatArray:
    """Return the values that are not NaN; a column of NaN alone counts as constant."""
    values = column[~np.isnan(column)]
    return values if values.size else np.zeros(1)
