"""Sums of weights over the cells of a grid: the columns of `transform`."""

from collections.abc import Sequence

import numpy as np

from sklime.utils._types import FloatArray, IntArray

__all__ = ["cell_names", "cell_sums", "default_cells"]

# Most cells along an axis of a picture, and of a volume.
_MAX_CELLS = {2: 32, 3: 10}

# Letters of the axes in names of cells: slice, row, column.
_LETTERS = "zrc"


def default_cells(spaces: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the numbers of cells along each axis.

    Parameters
    ----------
    spaces : sequence of tuple of int
        Sizes of the training pictures.

    Returns
    -------
    cells : tuple of int
        One per pixel of the largest picture, up to 32; in a volume up to 10.

    Examples
    --------
    >>> from sklime._images._cells import default_cells
    >>> default_cells([(8, 8)]), default_cells([(224, 160), (20, 20)])
    ((8, 8), (32, 32))
    """
    most = _MAX_CELLS[len(spaces[0])]
    return tuple(min(most, max(lengths)) for lengths in zip(*spaces))


def cell_names(cells: tuple[int, ...]) -> list[str]:
    """Name cells by row and column.

    Parameters
    ----------
    cells : tuple of int
        Numbers of cells along each axis.

    Returns
    -------
    names : list of str
        Row by row, with numbers from 0.

    Examples
    --------
    >>> from sklime._images._cells import cell_names
    >>> cell_names((1, 12))[-1]
    'r0_c11'
    """
    letters = _LETTERS[-len(cells) :]
    digits = [len(str(count - 1)) for count in cells]
    return [
        "_".join(f"{letter}{number:0{n}d}" for letter, number, n in zip(letters, index, digits))
        for index in np.ndindex(*cells)
    ]


def cell_sums(parts: IntArray, values: FloatArray, cells: tuple[int, ...]) -> FloatArray:
    """Spread weights evenly over the pixels of their parts, and sum them by cell.

    A pixel that several cells share is divided between them by its area.

    Parameters
    ----------
    parts : ndarray of int of shape (*space,)
        Part of each pixel, from 0.

    values : ndarray of shape (n_parts, n_outputs)
        Weights.

    cells : tuple of int
        Numbers of cells along each axis.

    Returns
    -------
    sums : ndarray of shape (n_outputs, n_cells)
        Each row adds up to the weights of its output.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._images._cells import cell_sums
    >>> cell_sums(np.array([[0, 0, 1, 1]]), np.array([[1.0], [3.0]]), (1, 2))
    array([[1., 3.]])
    """
    sizes = np.bincount(parts.ravel(), minlength=len(values))
    sums: FloatArray = (values / sizes[:, None]).T[:, parts]
    for axis, count in enumerate(cells, start=1):
        overlaps = _overlaps(sums.shape[axis], count)
        if overlaps is not None:
            sums = np.moveaxis(np.moveaxis(sums, axis, -1) @ overlaps, -1, axis)
    return np.ascontiguousarray(sums).reshape(len(sums), -1)


def _overlaps(n_pixels: int, n_cells: int) -> FloatArray | None:
    """Return the share of each pixel that lies in each cell; `None` if pixels are cells."""
    if n_pixels == n_cells:
        return None
    pixels = np.arange(n_pixels) / n_pixels
    cells = np.arange(n_cells) / n_cells
    low = np.maximum(pixels[:, None], cells)
    high = np.minimum(pixels[:, None] + 1.0 / n_pixels, cells + 1.0 / n_cells)
    shares: FloatArray = np.maximum(high - low, 0.0)
    # Each pixel is divided up wholly, whatever the rounding.
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
