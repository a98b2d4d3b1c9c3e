"""Expectations of trees over independent columns: one walk down and one up.

A leaf is a product of one condition per column. With ``q(n)``, the probability that the column of
node n meets the condition of n, the probability of a node is that of its parent times
``q(n) / q(previous(n))``. See `Nodes` for the words.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklime._exact._nodes import NOTHING, Nodes
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Tilt", "expectations"]


@dataclass(frozen=True)
class Tilt:
    """How the values of perturbed columns are distributed around rows.

    In column j of row i the condition A is met with probability ``own * [x in A] +
    inside * B(A in the bin of x) + outside * B(A elsewhere)``, where B is the background. The
    first two parts share the bin of the row.

    Attributes
    ----------
    own, inside, outside : ndarray of shape (n_rows, n_columns)
        Probability of the value of the row itself, and factors of the background.

    means : ndarray of shape (n_rows, n_columns)
        Mean encoding: the probability that a perturbed value shares the bin of the row, or the
        mean standard score.

    encodings : ndarray of shape (n_rows, n_columns)
        Encoding of the row: 1, or its standard score.

    bins : ndarray of int of shape (n_rows, n_columns)
        Bin of the row; the number of bins for an unknown level, 0 for standard scores.
    """

    own: FloatArray
    inside: FloatArray
    outside: FloatArray
    means: FloatArray
    encodings: FloatArray
    bins: IntArray


def expectations(nodes: Nodes, meets: BoolArray, tilt: Tilt) -> tuple[FloatArray, FloatArray]:
    """Return the mean of trees around rows, and its covariance with the encoding.

    ``E f = S(root)`` and ``Cov(f, Z_j) = sum of S(n) (rho(n) - rho(previous(n)))`` over the nodes n
    of column j. Here ``S(n)`` is the sum of probability times value over the leaves below n,
    and ``rho(n)`` is the mean of Z_j where the condition of n is met.

    Parameters
    ----------
    nodes : Nodes
        Nodes with the masses of their conditions.

    meets : ndarray of bool of shape (n_nodes, n_rows)
        Which way the rows go at each split.

    tilt : Tilt
        Distribution of the perturbed columns of each row.

    Returns
    -------
    means : ndarray of shape (n_rows, n_outputs)
        Mean of the sum of all trees.

    covariances : ndarray of shape (n_rows, n_columns, n_outputs)
        Covariance with the encoding of each column.
    """
    layout, n_rows = nodes.layout, meets.shape[1]
    n_columns, n_outputs = tilt.means.shape[1], nodes.values.shape[1]
    rho, ratio, rho_above = _conditions(nodes, meets, tilt)
    reach = np.ones((layout.n_nodes, n_rows))
    levels = list(pairwise(layout.bounds))
    for first, end in levels[1:]:
        here = slice(first, end)
        reach[here] = reach[layout.parent[here]] * ratio[here]
    sums = reach[:, :, None] * nodes.values[:, None, :]
    for first, end in reversed(levels[1:]):
        np.add.at(sums, layout.parent[first:end], sums[first:end])
    covariances = np.zeros((n_columns, n_rows, n_outputs))
    n_roots = layout.bounds[1]
    gain = sums[n_roots:] * (rho - rho_above)[n_roots:, :, None]
    np.add.at(covariances, layout.column[n_roots:], gain)
    return sums[:n_roots].sum(axis=0), covariances.swapaxes(0, 1)


def _conditions(
    nodes: Nodes, meets: BoolArray, tilt: Tilt
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return rho of each node and row, the ratio of q to q above, and rho above."""
    layout, n_roots = nodes.layout, nodes.layout.bounds[1]
    column = layout.column
    inside_condition = meets.copy()
    for first, end in pairwise(layout.bounds[1:]):
        previous = layout.previous[first:end]
        has_previous = previous != NOTHING
        at = np.arange(first, end)[has_previous]
        inside_condition[at] &= inside_condition[previous[has_previous]]
    of_bin = nodes.starts[:, None] + tilt.bins.T[column]
    of_bin[:n_roots] = nodes.starts[:n_roots, None]
    own = tilt.own.T[column] * inside_condition
    in_bin = tilt.inside.T[column] * nodes.bin_masses[of_bin]
    elsewhere = nodes.masses[:, None] - nodes.bin_masses[of_bin]
    q = own + in_bin + tilt.outside.T[column] * elsewhere
    shared = own * tilt.encodings.T[column] + tilt.inside.T[column] * nodes.bin_scores[of_bin]
    q[:n_roots], shared[:n_roots] = 1.0, 0.0
    means = tilt.means.T[column]
    rho = np.divide(shared, q, out=means.copy(), where=q > 0.0)
    has_previous = layout.previous != NOTHING
    above, rho_above = np.ones(q.shape), means.copy()
    above[has_previous] = q[layout.previous[has_previous]]
    rho_above[has_previous] = rho[layout.previous[has_previous]]
    ratio = np.divide(q, above, out=np.zeros(q.shape), where=above > 0.0)
    return rho, ratio, rho_above
