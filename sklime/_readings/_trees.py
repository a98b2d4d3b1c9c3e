"""Trees of a model as arrays of nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["LEAF", "LevelSplits", "Trees", "largest_below", "largest_rounded_up_to"]

# Feature and children of a leaf.
LEAF = -1

# Pairs of a node and a row that one block of `predict` visits.
_BLOCK_PAIRS = 2**16


@dataclass(frozen=True)
class LevelSplits:
    """Splits by sets of levels.

    Attributes
    ----------
    set_of_node : ndarray of int of shape (n_nodes,)
        Row of `sets`; -1 for a node with a threshold, and for a leaf. A set may serve several
        nodes if they have the same `other_left`.

    sets : ndarray of bool of shape (n_sets, n_levels)
        Whether level ``k = 0, 1, ...`` goes left.

    other_left : ndarray of bool of shape (n_nodes,)
        Whether a value that is no whole number from 0 to ``n_levels - 1`` goes left. NaN
        follows `missing_left` of the trees.

    Examples
    --------
    A root that sends levels 0 and 2 left, and its two leaves:

    >>> import numpy as np
    >>> from sklime.readings import LevelSplits
    >>> levels = LevelSplits(
    ...     set_of_node=np.array([0, -1, -1]),
    ...     sets=np.array([[True, False, True]]),
    ...     other_left=np.array([False, False, False]),
    ... )
    >>> levels.goes_left(np.array([0, 0, 0]), np.array([0.0, 1.0, 7.0]))
    array([ True, False, False])
    """

    set_of_node: IntArray
    sets: BoolArray
    other_left: BoolArray

    @classmethod
    def none(cls, n_nodes: int) -> Self:
        """Return the splits by levels of trees that have none.

        Parameters
        ----------
        n_nodes : int
            Number of nodes.

        Returns
        -------
        levels : LevelSplits
            Without sets.
        """
        nothing = np.zeros(n_nodes, dtype=bool)
        return cls(np.full(n_nodes, -1), np.zeros((0, 0), dtype=bool), nothing)

    def goes_left(self, nodes: IntArray, values: FloatArray) -> BoolArray:
        """Tell whether values that are not missing go left.

        Parameters
        ----------
        nodes : ndarray of int
            Nodes that have a set.

        values : ndarray of the same shape
            Values of their derived columns.

        Returns
        -------
        goes_left : ndarray of bool of the same shape
            Anything for NaN.
        """
        n_levels = self.sets.shape[1]
        with np.errstate(invalid="ignore"):
            is_level = (values >= 0) & (values < n_levels) & (values == np.floor(values))
        left: BoolArray = self.other_left[nodes]
        left[is_level] = self.sets[self.set_of_node[nodes[is_level]], values[is_level].astype(int)]
        return left

    def widened(self, n_levels: int) -> BoolArray:
        """Return the sets among more levels.

        Parameters
        ----------
        n_levels : int
            New number of levels, not smaller.

        Returns
        -------
        sets : ndarray of bool of shape (n_sets, n_levels)
            A new level goes where other values go.
        """
        has_set = self.set_of_node >= 0
        other = np.zeros(len(self.sets), dtype=bool)
        other[self.set_of_node[has_set]] = self.other_left[has_set]
        n_new = n_levels - self.sets.shape[1]
        return np.hstack([self.sets, np.repeat(other[:, None], n_new, axis=1)])


@dataclass(frozen=True)
class Trees:
    """Binary trees over derived columns, all nodes of all trees in one table.

    A derived column is a column of numbers that the splits of the trees are about. A node goes
    left where the value is at most `threshold`; a reader turns every other comparison, and
    every rounding of the model, into such a threshold. A node of levels goes left where its set
    holds the value.

    Attributes
    ----------
    left, right : ndarray of int of shape (n_nodes,)
        Children; `LEAF` for a leaf.

    feature : ndarray of int of shape (n_nodes,)
        Derived column of the split; `LEAF` for a leaf.

    threshold : ndarray of shape (n_nodes,)
        Largest value that goes left. Ignored for leaves and for nodes of levels.

    missing_left : ndarray of bool of shape (n_nodes,)
        Whether NaN goes left.

    values : ndarray of shape (n_nodes, n_outputs)
        What a leaf adds to the answer of the model, with the weight of its tree; 0 elsewhere.

    roots : ndarray of int of shape (n_trees,)
        Root of each tree.

    levels : LevelSplits or None
        Nodes that go left by a set of levels; `None` if there are none.

    Examples
    --------
    One tree that adds 2 where column 0 is above 50; missing values count as small:

    >>> import numpy as np
    >>> from sklime.readings import Trees
    >>> trees = Trees(
    ...     left=np.array([1, -1, -1]),
    ...     right=np.array([2, -1, -1]),
    ...     feature=np.array([0, -1, -1]),
    ...     threshold=np.array([50.0, 0.0, 0.0]),
    ...     missing_left=np.array([True, False, False]),
    ...     values=np.array([[0.0], [0.0], [2.0]]),
    ...     roots=np.array([0]),
    ... )
    >>> trees.predict(np.array([[30.0], [60.0], [np.nan]]))[:, 0]
    array([0., 2., 0.])
    """

    left: IntArray
    right: IntArray
    feature: IntArray
    threshold: FloatArray
    missing_left: BoolArray
    values: FloatArray
    roots: IntArray
    levels: LevelSplits | None = None

    @property
    def n_nodes(self) -> int:
        """Return the number of nodes of all trees."""
        return len(self.left)

    @property
    def n_outputs(self) -> int:
        """Return the number of outputs."""
        return int(self.values.shape[1])

    def goes_left(self, nodes: IntArray, values: FloatArray) -> BoolArray:
        """Tell whether values go left at nodes.

        Parameters
        ----------
        nodes : ndarray of int
            Nodes that are no leaves.

        values : ndarray, broadcastable with `nodes`
            Value of the derived column of each node.

        Returns
        -------
        goes_left : ndarray of bool
            Of the shape that both have together.
        """
        nodes, values = np.broadcast_arrays(nodes, values)
        return self._goes_left(nodes, values, has_missing=True)

    def _goes_left(self, nodes: IntArray, values: FloatArray, *, has_missing: bool) -> BoolArray:
        """Tell whether values go left at nodes, of the same shape."""
        left: BoolArray = values <= np.take(self.threshold, nodes)
        if self.levels is not None:
            here = self.levels.set_of_node[nodes] >= 0
            left[here] = self.levels.goes_left(nodes[here], values[here])
        is_missing = np.isnan(values) if has_missing else None
        if is_missing is not None and is_missing.any():
            left[is_missing] = self.missing_left[nodes[is_missing]]
        return left

    def apply(self, derived: FloatArray) -> IntArray:
        """Return the leaf of each row in each tree.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns.

        Returns
        -------
        leaves : ndarray of int of shape (n_rows, n_trees)
            Indices of nodes.
        """
        n_rows, n_derived = derived.shape
        derived = np.ascontiguousarray(derived)
        leaves = np.tile(self.roots, (n_rows, 1)).ravel()
        starts = np.repeat(np.arange(n_rows) * n_derived, len(self.roots))
        has_missing = bool(np.isnan(derived).any())
        # Pairs of a row and a tree that are still on their way, and the nodes where they are.
        pairs, nodes = np.arange(len(leaves)), leaves
        while pairs.size:
            feature = np.take(self.feature, nodes)
            is_leaf = feature == LEAF
            # Dropping pairs that have ended takes longer than to let some of them stay.
            if 2 * np.count_nonzero(is_leaf) >= pairs.size:
                leaves[pairs] = nodes
                goes_on = ~is_leaf
                pairs, nodes, starts = pairs[goes_on], nodes[goes_on], starts[goes_on]
                feature, is_leaf = feature[goes_on], is_leaf[goes_on]
            values = np.take(derived, starts + feature)
            goes_left = self._goes_left(nodes, values, has_missing=has_missing)
            children = np.where(goes_left, np.take(self.left, nodes), np.take(self.right, nodes))
            nodes = np.where(is_leaf, nodes, children)
        return leaves.reshape(n_rows, len(self.roots))

    def predict(
        self, derived: FloatArray, apply: Callable[[FloatArray], IntArray] | None = None
    ) -> FloatArray:
        """Return the sum of the leaves that each row reaches.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns.

        apply : callable, default=None
            Another way to find the same leaves; `None` is the method `apply`.

        Returns
        -------
        answers : ndarray of shape (n_rows, n_outputs)
            Sums over the trees.
        """
        apply = self.apply if apply is None else apply
        answers = np.empty((len(derived), self.n_outputs))
        step = max(1, _BLOCK_PAIRS // max(1, len(self.roots)))
        for start in range(0, len(derived), step):
            rows = slice(start, start + step)
            answers[rows] = self.values[apply(derived[rows])].sum(axis=1)
        return answers

    def scaled(self, factor: float) -> Self:
        """Return the trees with all leaves times a factor.

        Parameters
        ----------
        factor : float
            Weight.

        Returns
        -------
        trees : Trees
            The same splits.
        """
        return replace(self, values=self.values * factor)

    def centered(self) -> tuple[Self, FloatArray]:
        """Return trees whose leaves lie around 0, and what is to be added to their answers.

        Trees whose leaves are all equal become exactly 0.

        Returns
        -------
        trees : Trees
            The middle between the smallest and the largest leaf of each tree is 0.

        constant : ndarray of shape (n_outputs,)
            Sum of these middles.
        """
        tree = self._tree_of_node()
        leaves = np.flatnonzero(self.feature == LEAF)
        low = np.full((len(self.roots), self.n_outputs), np.inf)
        high = -low
        np.minimum.at(low, tree[leaves], self.values[leaves])
        np.maximum.at(high, tree[leaves], self.values[leaves])
        middles = low + (high - low) / 2.0
        values = np.zeros(self.values.shape)
        values[leaves] = self.values[leaves] - middles[tree[leaves]]
        return replace(self, values=values), middles.sum(axis=0)

    def _tree_of_node(self) -> IntArray:
        """Return the index of the tree of each node."""
        tree = np.zeros(self.n_nodes, dtype=np.intp)
        nodes, own = self.roots, np.arange(len(self.roots))
        while nodes.size:
            tree[nodes] = own
            inner = self.feature[nodes] != LEAF
            nodes, own = nodes[inner], np.tile(own[inner], 2)
            nodes = np.concatenate([self.left[nodes], self.right[nodes]])
        return tree

    def as_output(self, index: int, n_outputs: int) -> Self:
        """Return the trees of one output as those of one output of several.

        Parameters
        ----------
        index : int
            Output that the trees add to.

        n_outputs : int
            Number of outputs.

        Returns
        -------
        trees : Trees
            Other outputs get 0.
        """
        values = np.zeros((self.n_nodes, n_outputs))
        values[:, index] = self.values[:, 0]
        return replace(self, values=values)

    def on_columns(self, columns: IntArray) -> Self:
        """Return the trees over a wider table.

        Parameters
        ----------
        columns : ndarray of int
            Index of each present derived column in the wider table.

        Returns
        -------
        trees : Trees
            The same splits.
        """
        is_split = self.feature != LEAF
        feature = np.where(is_split, columns[np.where(is_split, self.feature, 0)], LEAF)
        return replace(self, feature=feature)

    @classmethod
    def concatenate(cls, parts: Sequence["Trees"]) -> Self:
        """Put several lots of trees over the same derived columns into one.

        Parameters
        ----------
        parts : sequence of Trees
            At least one; with equal numbers of outputs.

        Returns
        -------
        trees : Trees
            All trees, in this order.
        """
        starts = np.cumsum([0, *(part.n_nodes for part in parts)])[:-1]
        return cls(
            left=_moved([part.left for part in parts], starts),
            right=_moved([part.right for part in parts], starts),
            feature=np.concatenate([part.feature for part in parts]),
            threshold=np.concatenate([part.threshold for part in parts]),
            missing_left=np.concatenate([part.missing_left for part in parts]),
            values=np.concatenate([part.values for part in parts]),
            roots=_moved([part.roots for part in parts], starts),
            levels=_joined_levels(parts),
        )


def _moved(indices: Sequence[IntArray], starts: IntArray) -> IntArray:
    """Return indices of nodes that come after those of earlier trees; leaves have no children."""
    return np.concatenate(
        [np.where(index < 0, LEAF, index + start) for index, start in zip(indices, starts)]
    )


def _joined_levels(parts: Sequence[Trees]) -> LevelSplits | None:
    """Return the splits by levels of several lots of trees."""
    given = [
        LevelSplits.none(part.n_nodes) if part.levels is None else part.levels for part in parts
    ]
    n_levels = max(levels.sets.shape[1] for levels in given)
    n_before = np.cumsum([0, *(len(levels.sets) for levels in given)])[:-1]
    if all(part.levels is None for part in parts):
        return None
    return LevelSplits(
        _moved([levels.set_of_node for levels in given], n_before),
        np.concatenate([levels.widened(n_levels) for levels in given]),
        np.concatenate([levels.other_left for levels in given]),
    )


def largest_below(thresholds: FloatArray) -> FloatArray:
    """Return the thresholds of splits that go left where the value is below them.

    Parameters
    ----------
    thresholds : ndarray
        Splits ``x < t``.

    Returns
    -------
    thresholds : ndarray
        Splits ``x <= t`` that are the same for all floats.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.readings import largest_below
    >>> float(largest_below(np.array([1.0]))[0])
    0.9999999999999999
    """
    with np.errstate(over="ignore"):
        below: FloatArray = np.nextafter(thresholds, -np.inf)
    return below


def largest_rounded_up_to(thresholds: FloatArray) -> FloatArray:
    """Return the thresholds in double precision of splits of values in single precision.

    A model may round x to single precision and go left where ``float32(x) <= t``. In double
    precision it goes left where ``x <= t'``. Here t' is the largest number that is rounded to at
    most t.

    Parameters
    ----------
    thresholds : ndarray
        Thresholds t, in double precision.

    Returns
    -------
    thresholds : ndarray
        Thresholds t'.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.readings import largest_rounded_up_to
    >>> t = largest_rounded_up_to(np.array([1.0]))
    >>> float(np.float32(t[0])), float(np.float32(np.nextafter(t[0], 2.0)))
    (1.0, 1.0000001192092896)
    """
    thresholds = np.asarray(thresholds, dtype=np.float64)
    with np.errstate(over="ignore"):
        low = thresholds.astype(np.float32)
        low = np.where(low > thresholds, np.nextafter(low, np.float32(-np.inf)), low)
        high = np.nextafter(low, np.float32(np.inf))
        # Halfway between two neighbors a value is rounded to the one with an even last digit.
        halfway = _halfway(low, high)
        rounds_up = halfway.astype(np.float32) > low
    exact: FloatArray = np.where(rounds_up, np.nextafter(halfway, -np.inf), halfway)
    return np.where(np.isfinite(thresholds), exact, thresholds)


def _halfway(low: Array, high: Array) -> FloatArray:
    """Return the double halfway between two neighbors in single precision."""
    one, other = low.astype(np.float64), high.astype(np.float64)
    largest = float(np.finfo(np.float32).max)
    # Beyond the largest number a double is rounded as if the next one existed.
    step = float(2.0**104)
    other = np.where(np.isinf(other), np.where(one >= 0, largest + step, other), other)
    one = np.where(np.isinf(one), -largest - step, one)
    halfway: FloatArray = one + (other - one) / 2
    return halfway
