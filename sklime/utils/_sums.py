"""Sums whose rounding does not depend on how many rows are added up at a time."""

import numpy as np

from sklime.utils._types import FloatArray

__all__ = ["ordered_dot", "ordered_sum"]


def ordered_sum(array: FloatArray, axis: int = -1) -> FloatArray:
    """Add up along an axis, one element after the other.

    NumPy's own sum and BLAS choose the order by the shape and the strides, so that one row alone
    may have another last digit than the same row among others.

    Parameters
    ----------
    array : ndarray
        Numbers.

    axis : int, default=-1
        Axis that is summed.

    Returns
    -------
    sums : ndarray of the shape of `array` without the axis
        0 along an axis of length 0.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._sums import ordered_sum
    >>> ordered_sum(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([3., 7.])
    """
    if array.shape[axis] == 0:
        return np.zeros(np.delete(array.shape, axis))
    sums: FloatArray = np.moveaxis(np.cumsum(array, axis=axis), axis, 0)[-1]
    return sums


def ordered_dot(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """Return the product of rows and a small matrix, one column after the other.

    Parameters
    ----------
    rows : ndarray of shape (..., n)
        Rows.

    matrix : ndarray of shape (n, n_outputs)
        Matrix with few rows. A row of zeros leaves its column out, whatever is in it, NaN too.

    Returns
    -------
    product : ndarray of shape (..., n_outputs)
        Each row as if it were alone.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._sums import ordered_dot
    >>> ordered_dot(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    product = np.zeros((*rows.shape[:-1], matrix.shape[1]))
    for index, slopes in enumerate(matrix):
        if slopes.any():
            product += rows[..., index, None] * slopes
    return product
