"""Numbers of nodes for many rows, from those of the few distributions that columns have.

Around a row, all that a node knows of its column is how the values of this column are
distributed, which follows from the bin of the row, and whether the row meets the condition of the
node and that of the previous one. There are few such cases, so that a small table of each node
replaces the arithmetic for all rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from sklime._exact._conditions import Conditions, conditions_of, with_default
from sklime._exact._nodes import Nodes
from sklime._exact._walk import Tilt
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Numbers", "NumbersOfRows", "Profiles"]

# Numbers of nodes, each of the shape (n_nodes, n_rows), from their conditions and from those that
# previous nodes must be looked up in.
Numbers = Callable[[Conditions, Conditions], tuple[FloatArray, ...]]

# A row meets neither condition, that of the previous node only, or both.
_N_STATES = 3


@dataclass(frozen=True)
class Profiles:
    """The different distributions that each column has around some rows.

    Attributes
    ----------
    tilt : Tilt
        The distributions: item k of a column is the one around rows in bin k.

    index : ndarray of int of shape (n_columns, n_rows)
        The bins.
    """

    tilt: Tilt
    index: IntArray

    @classmethod
    def of(cls, tilt: Tilt) -> Self | None:
        """Find the distributions.

        Parameters
        ----------
        tilt : Tilt
            Distribution of the perturbed columns of each row.

        Returns
        -------
        profiles : Profiles or None
            `None` where rows in the same bin differ, as with standard scores, or where a table
            would have about as many items as rows.
        """
        n_rows, n_columns = tilt.bins.shape
        n_profiles = int(tilt.bins.max(initial=0)) + 1
        if n_rows <= _N_STATES * n_profiles:
            return None
        columns = np.arange(n_columns)
        # A row of each bin; any one where no row is in it.
        example = np.zeros((n_profiles, n_columns), dtype=np.intp)
        example[tilt.bins, columns] = np.arange(n_rows)[:, None]
        found = Tilt(
            **{item.name: getattr(tilt, item.name)[example, columns] for item in fields(Tilt)}
        )
        for item in fields(Tilt):
            shared = getattr(found, item.name)[tilt.bins, columns]
            if not np.array_equal(shared, getattr(tilt, item.name)):
                return None
        return cls(found, np.ascontiguousarray(tilt.bins.T))


@dataclass(frozen=True)
class NumbersOfRows:
    """Numbers of some nodes of a group of trees, for any of the rows.

    Attributes
    ----------
    nodes : Nodes
        Nodes of the group.

    chosen : ndarray of int of shape (n_chosen,)
        The nodes that have numbers.

    met : ndarray of bool of shape (n_nodes, n_rows)
        Whether rows meet all conditions on the column of a node.

    tilt : Tilt
        Distribution of the perturbed columns of each row.

    numbers : callable
        The numbers of all nodes. They must follow from the conditions element by element.

    starts : ndarray of int of shape (n_columns, n_rows)
        Where the states of a row begin in the table of a node of each column.

    states : ndarray of int of shape (n_chosen, n_rows)
        Number of conditions that a row meets: that of the node and that of the previous one.

    tables : tuple of ndarray of shape (n_chosen, n_items), or None
        The numbers of each profile and state; `None` to compute them row by row.
    """

    nodes: Nodes
    chosen: IntArray
    met: BoolArray
    tilt: Tilt
    numbers: Numbers
    starts: IntArray | None
    states: IntArray | None
    tables: tuple[FloatArray, ...] | None

    @classmethod
    def of(
        cls,
        nodes: Nodes,
        chosen: IntArray,
        met: BoolArray,
        tilt: Tilt,
        profiles: Profiles | None,
        numbers: Numbers,
    ) -> Self:
        """Prepare the tables of some nodes.

        Parameters
        ----------
        nodes, chosen, met, tilt, numbers : as above

        profiles : Profiles or None
            Distributions that rows share; `None` for none.

        Returns
        -------
        numbers : NumbersOfRows
            Equal to what each row has alone.
        """
        if profiles is None:
            return cls(nodes, chosen, met, tilt, numbers, None, None, None)
        shape = (nodes.layout.n_nodes, len(profiles.tilt.bins))
        fails, holds = (
            conditions_of(nodes, np.full(shape, value), profiles.tilt, slice(None))
            for value in (False, True)
        )
        of_states = [numbers(*pair) for pair in ((fails, fails), (fails, holds), (holds, holds))]
        tables = tuple(
            np.stack([of_state[chosen] for of_state in one], axis=-1).reshape(len(chosen), -1)
            for one in zip(*of_states)
        )
        above = with_default(met, nodes.layout.previous, True)
        states = met[chosen].view(np.uint8) + above[chosen].view(np.uint8)
        starts = profiles.index * _N_STATES
        return cls(nodes, chosen, met, tilt, numbers, starts, states, tables)

    def __call__(self, rows: slice) -> tuple[FloatArray, ...]:
        """Return the numbers for some rows.

        Parameters
        ----------
        rows : slice
            The rows.

        Returns
        -------
        numbers : tuple of ndarray of shape (n_chosen, n_rows)
            The numbers.
        """
        if self.tables is None or self.starts is None or self.states is None:
            conditions = conditions_of(self.nodes, self.met[:, rows], self.tilt, rows)
            return tuple(one[self.chosen] for one in self.numbers(conditions, conditions))
        column = self.nodes.layout.column[self.chosen]
        # A root has no column; its numbers mean nothing.
        at = np.take(self.starts[:, rows], column, axis=0, mode="wrap")
        at += np.arange(0, self.tables[0].size, self.tables[0].shape[1])[:, None]
        at += self.states[:, rows]
        return tuple(np.take(table.ravel(), at) for table in self.tables)
