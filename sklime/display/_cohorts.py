"""Groups of rows: their names, their fidelity and their mean contributions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sklime.display._names import name_of
from sklime.display._numbers import decimals_for, fidelity_text, signed_text
from sklime.display._summary import Entries, check_order, output_names
from sklime.display._types import View
from sklime.display._view import axis_of, bar_view
from sklime.utils._text import counted
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch
    from sklime.display._records import Collector

__all__ = ["Cohorts"]

# More groups cannot be compared side by side.
MAX_GROUPS = 12
MAX_LENGTH = 20  # characters of a name, as in pictures
MAX_FEATURES = 10
UNNAMED = "group"


class Cohorts:
    """The groups that the rows of a batch belong to.

    Parameters
    ----------
    batch : ExplanationBatch
        The explained rows.

    by : array-like of shape (n_rows,) or None
        Group of each row: labels, or truth values. The name of a Series names the groups.

    Attributes
    ----------
    title : str
        What the groups are called; "group" if `by` has no name.

    names : list of str
        Names of the groups, in the order of their labels.

    indices : ndarray of int of shape (n_rows,)
        For each row the index of its group in `names`; empty without groups.

    Raises
    ------
    ValueError
        If `by` has another shape, holds more than 12 groups, or is a Series whose index holds the
        labels of the rows in another order.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.display._cohorts import Cohorts
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegression(max_iter=1000).fit(X, y)
    >>> batch = LimeTabularExplainer(model, random_state=0).fit(X).explain(X[:3])
    >>> cohorts = Cohorts(batch, ["wild", "garden", "wild"])
    >>> cohorts.names, cohorts.indices.tolist()
    (['garden', 'wild'], [1, 0, 1])
    """

    def __init__(self, batch: AnyBatch, by: Any) -> None:
        self.title = UNNAMED
        self.names: list[str] = []
        self.indices: IntArray = np.empty(0, dtype=np.int_)
        if by is None:
            return
        if isinstance(by, pd.Series):
            check_order(batch, by, "by")
            self.title = UNNAMED if by.name is None else name_of(str(by.name)).text
        labels, self.indices = _grouped(by, len(batch))
        self.names = _names_of(labels)

    @property
    def phrase(self) -> str:
        """Return what follows "20 rows" in a title; empty without groups."""
        if not self.names:
            return ""
        is_named = self.title != UNNAMED
        return f" by {self.title}" if is_named else f" in {counted(len(self.names), UNNAMED)}"

    def view(
        self, batch: AnyBatch, collector: Collector, main: IntArray, known: BoolArray
    ) -> View | None:
        """Return the groups for the template, or None without groups.

        Parameters
        ----------
        batch : ExplanationBatch
            The explained rows.

        collector : Collector
            The records of all rows.

        main : ndarray of int of shape (n_rows,)
            Output that each row shows first: its fidelity counts.

        known : ndarray of bool of shape (n_rows,)
            Rows that have an explanation.

        Returns
        -------
        view : dict or None
            ``title``, ``groups`` and, for each output, ``tables``.
        """
        if not self.names:
            return None
        fidelity = batch.fidelity[np.arange(len(batch)), main] if len(batch) else np.empty(0)
        groups = []
        for index, name in enumerate(self.names):
            own = self.indices == index
            defined = fidelity[own & np.isfinite(fidelity)]
            median = float(np.median(defined)) if defined.size else np.nan
            groups.append({"name": name, "n": int(own.sum()), "median": fidelity_text(median)})
        return {
            "title": self.title,
            "groups": groups,
            "tables": self._tables(batch, collector, known),
        }

    def _tables(self, batch: AnyBatch, collector: Collector, known: BoolArray) -> list[View]:
        names = output_names(batch) if len(batch) else []
        tables = []
        for index, name in enumerate(names):
            entries = collector.counted(index)
            tables.append({"name": name, "rows": self._rows(entries, self.means(entries, known))})
        return tables

    def means(self, entries: Entries, known: BoolArray) -> FloatArray:
        """Return the mean contributions of features.

        Parameters
        ----------
        entries : Entries
            Weights of all rows for one output.

        known : ndarray of bool of shape (n_rows,)
            Rows that have an explanation.

        Returns
        -------
        means : ndarray of shape (n_groups, n_features)
            Mean over the rows of a group that have an explanation; a feature that a row does not
            use contributes 0 to it. NaN in groups without such rows.
        """
        n_groups, n_features = len(self.names), len(entries.names)
        places = self.indices[entries.rows] * n_features + entries.features
        sums = np.bincount(places, entries.weights, minlength=n_groups * n_features)
        counts = np.bincount(self.indices[known], minlength=n_groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            means: FloatArray = sums.reshape(n_groups, n_features) / counts[:, None]
        return means

    def _rows(self, entries: Entries, means: FloatArray) -> list[View]:
        """Return the features with the largest means in any group."""
        largest = np.nan_to_num(np.abs(means)).max(axis=0, initial=0.0)
        order = np.argsort(-largest, kind="stable")[:MAX_FEATURES]
        order = order[largest[order] > 0.0]
        axis = axis_of(np.nan_to_num(means[:, order]).ravel())
        decimals = decimals_for(largest[order].tolist())
        return [
            {
                "name": name_of(entries.names[feature]),
                "cells": [
                    {
                        "text": signed_text(mean, decimals) if np.isfinite(mean) else "no rows",
                        "bar": bar_view(mean, np.nan, np.nan, axis) if np.isfinite(mean) else None,
                    }
                    for mean in means[:, feature].tolist()
                ],
            }
            for feature in order.tolist()
        ]


def _grouped(by: Any, n_rows: int) -> tuple[list[Any], IntArray]:
    """Return the labels of the groups in their order, None for missing, and each row's group."""
    values: Any = by
    if isinstance(by, list | tuple):
        # NumPy would make texts of numbers beside texts, and numbers of truth values.
        values = np.asarray(by, dtype=object)
    elif not isinstance(by, pd.Series | pd.Categorical):
        values = np.asarray(by)
    if isinstance(by, str | bytes):
        raise ValueError(
            f"by={by!r} is one text; pass one label for each of the {n_rows} explained rows, such "
            "as the column X['name']."
        )
    if np.shape(values) != (n_rows,):
        raise ValueError(
            f"by has the shape {np.shape(values)}; pass one label for each of the {n_rows} "
            "explained rows."
        )
    codes, levels = _factorized(np.asarray(values, dtype=object))
    order = _order_of(values, levels)
    rank = np.empty(len(levels), dtype=np.int_)
    rank[order] = np.arange(len(levels))
    labels: list[Any] = [levels[place] for place in order]
    indices: Array = np.where(codes < 0, len(levels), rank[codes] if len(levels) else 0)
    if (codes < 0).any():
        labels.append(None)
    if len(labels) > MAX_GROUPS:
        raise ValueError(
            f"by has {len(labels)} groups, and at most {MAX_GROUPS} are compared; pass fewer, "
            "such as pandas.cut(by, 4)."
        )
    return labels, indices.astype(np.int_)


def _factorized(values: ObjectArray) -> tuple[IntArray, list[Any]]:
    """Return the number of each value's level, -1 for a missing one, and the levels."""
    levels: dict[tuple[bool, Any], int] = {}
    codes = np.full(len(values), -1)
    for row in np.flatnonzero(~pd.isna(values)):
        # True equals 1, and is another label.
        key = isinstance(values[row], bool | np.bool_), values[row]
        codes[row] = levels.setdefault(key, len(levels))
    return codes, [level for _, level in levels]


def _names_of(labels: list[Any]) -> list[str]:
    """Return a name for each group; texts have quotes where other labels print alike."""
    texts = ["missing" if label is None else str(label) for label in labels]
    shared = {text for text, count in Counter(texts).items() if count > 1}
    texts = [
        f"'{text}'" if isinstance(label, str) and text in shared else text
        for label, text in zip(labels, texts)
    ]
    names = [name_of(text, MAX_LENGTH).text for text in texts]
    counts, met = Counter(names), Counter[str]()
    for index, name in enumerate(names):
        if counts[name] > 1:
            # Long names that are cut to the same text.
            met[name] += 1
            names[index] = f"{name} ({met[name]})"
    return names


def _order_of(values: Any, levels: list[Any]) -> list[int]:
    """Return the order of groups: of categories as declared, else of sorted labels."""
    categories = getattr(getattr(values, "dtype", None), "categories", None)
    if categories is not None:
        place = {category: index for index, category in enumerate(categories)}
        return sorted(range(len(levels)), key=lambda index: place[levels[index]])
    kinds = [type(level).__name__ for level in levels]
    try:
        return sorted(range(len(levels)), key=lambda index: (levels[index], kinds[index]))
    except TypeError:
        # Labels of several kinds have no order; as texts they have one that no row changes.
        return sorted(range(len(levels)), key=lambda index: (str(levels[index]), kinds[index]))
