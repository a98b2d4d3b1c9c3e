"""How likely the conditions of nodes are around rows, in parts that do and do not share the bin."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklime._exact._nodes import NOTHING, Layout, Nodes
from sklime._exact._walk import Tilt
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["Conditions", "conditions_of", "met_conditions", "quotients", "with_default"]


@dataclass(frozen=True)
class Conditions:
    """Probabilities of the conditions of nodes for perturbed rows.

    Attributes
    ----------
    inside : ndarray of shape (n_nodes, n_rows)
        Probability that the column meets the condition and shares the bin of the row.

    outside : ndarray of shape (n_nodes, n_rows)
        Probability that it meets the condition in another bin.

    encoded : ndarray of shape (n_nodes, n_rows)
        Mean of the encoding times whether the condition is met: `inside` for a column with bins.

    means : ndarray of shape (n_nodes, n_rows)
        Mean encoding of the column of the node.
    """

    inside: FloatArray
    outside: FloatArray
    encoded: FloatArray
    means: FloatArray


def met_conditions(layout: Layout, meets: BoolArray) -> BoolArray:
    """Tell whether rows meet all conditions on the column of a node.

    Parameters
    ----------
    layout : Layout
        Order of the nodes.

    meets : ndarray of bool of shape (n_nodes, n_rows)
        Which way the rows go at each split.

    Returns
    -------
    met : ndarray of bool of shape (n_nodes, n_rows)
        True for roots.
    """
    met = meets.copy()
    for first, end in pairwise(layout.bounds[1:]):
        previous = layout.previous[first:end]
        met[first:end] &= met[previous] | (previous == NOTHING)[:, None]
    return met


def conditions_of(nodes: Nodes, met: BoolArray, tilt: Tilt, rows: slice) -> Conditions:
    """Return the probabilities of the conditions of nodes.

    Parameters
    ----------
    nodes : Nodes
        Nodes with the masses of their conditions.

    met : ndarray of bool of shape (n_nodes, n_block)
        Whether the rows of a block meet all conditions on the column of a node.

    tilt : Tilt
        Distribution of the perturbed columns of all rows.

    rows : slice
        The block.

    Returns
    -------
    conditions : Conditions
        Numbers of roots mean nothing.
    """
    column, n_roots = nodes.layout.column, nodes.layout.bounds[1]
    of_bin = nodes.starts[:, None] + _by_node(tilt.bins[rows], column)
    of_bin[:n_roots] = nodes.starts[:n_roots, None]
    in_bin = nodes.bin_masses[of_bin]
    own = _by_node(tilt.own[rows], column) * met
    factor = _by_node(tilt.inside[rows], column)
    inside = own + factor * in_bin
    outside = _by_node(tilt.outside[rows], column) * (nodes.masses[:, None] - in_bin)
    encoded = inside
    if nodes.bin_scores is not nodes.bin_masses:
        encoded = own * _by_node(tilt.encodings[rows], column) + factor * nodes.bin_scores[of_bin]
    # Subtracting masses of all values that are in the bin may leave -1e-17.
    return Conditions(inside, np.maximum(outside, 0.0), encoded, _by_node(tilt.means[rows], column))


def _by_node(of_columns: FloatArray | IntArray, column: IntArray) -> FloatArray:
    """Return numbers of rows and columns as numbers of nodes and rows."""
    return np.take(np.ascontiguousarray(of_columns.T), column, axis=0, mode="wrap")


def with_default(numbers: Array, previous: IntArray, default: Array | float) -> Array:
    """Return the numbers of the previous nodes.

    Parameters
    ----------
    numbers : ndarray of shape (n_nodes, n_rows)
        Numbers of nodes.

    previous : ndarray of int of shape (n_nodes,)
        Index of the previous node of each node, or `NOTHING`.

    default : ndarray of shape (n_nodes, n_rows) or float
        Number for a node that has no previous one.

    Returns
    -------
    above : ndarray of shape (n_nodes, n_rows)
        Numbers of previous nodes.
    """
    above: Array = np.take(numbers, previous, axis=0, mode="wrap")
    has_none = np.flatnonzero(previous == NOTHING)
    above[has_none] = default if np.isscalar(default) else np.take(default, has_none, axis=0)
    return above


def quotients(
    numerators: FloatArray, divisors: FloatArray, default: FloatArray | float = 0.0
) -> FloatArray:
    """Divide, with a default where the divisor is not positive.

    Parameters
    ----------
    numerators, divisors : ndarray
        Of the same shape.

    default : ndarray of the same shape or float, default=0.0
        Result where the divisor is not positive.

    Returns
    -------
    quotients : ndarray of the same shape
        Quotients.
    """
    out = np.empty(divisors.shape)
    out[...] = default
    return np.divide(numerators, divisors, out=out, where=divisors > 0.0)
