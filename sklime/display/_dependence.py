"""Weights of one feature against its values, on matplotlib."""

from __future__ import annotations

import re
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

import numpy as np

from sklime.display._axes import (
    GOLDEN,
    axes_for,
    ink_of,
    plain_name,
    readable_color,
    set_title,
    weight_label,
)
from sklime.display._document import LOWERS, RAISES
from sklime.display._global import output_indices, sides_of
from sklime.display._types import Label, Style
from sklime.display._value_colors import is_numeric
from sklime.display._view import contributions, failure_of
from sklime.display._words import words_of
from sklime.utils._objects import is_missing
from sklime.utils._text import counted
from sklime.utils._types import Array, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    from sklime._explanations._base import AnyBatch

__all__ = ["Dependence", "LimeDependenceDisplay", "dependence_of"]

FIGURE_SIZE = (6.4, 4.2)
STRIP_WIDTH = 0.5  # share of the distance between two levels
MISSING = "missing"

_NUMBER = re.compile(r"[-+]?\d[\d_]*\.?\d*(?:[eE][-+]?\d+)?")


class Dependence(NamedTuple):
    """Values and weights of one feature in the rows that have a weight of it.

    `rows` holds the indices of these rows, and `edges` those of the bins of the feature.
    """

    name: str
    rows: IntArray
    values: Array
    weights: FloatArray
    half_widths: FloatArray
    edges: FloatArray


class LimeDependenceDisplay:
    """The weight of one feature against its value, one dot per row, with 95 % intervals.

    It is recommended to use `from_explanations` or `ExplanationBatch.plot` to make one. Lines
    across the picture are the edges of bins: a weight belongs to a bin, so that dots between two
    lines are explained by the same condition. They still differ, because the rest of the row does.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values of the feature: numbers or levels.

    weights : ndarray of shape (n_rows,)
        Weights of the feature in these rows.

    half_widths : ndarray of shape (n_rows,)
        Half the widths of the intervals; NaN draws none.

    name : str, default="value"
        Name of the feature.

    edges : ndarray of shape (n_edges,), default=()
        Edges of bins.

    title : str, default=""
        Title of the axes.

    ylabel : str, default="weight"
        Label of the vertical axis.

    axis_values : ndarray of shape (n_others,), default=None
        Values that set the order of levels and the place of missing values, such as those of more
        rows. `None` takes `values`.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    dots_ : matplotlib.collections.PathCollection
        The rows.

    intervals_ : matplotlib.collections.LineCollection
        The intervals.

    edges_ : matplotlib.collections.LineCollection or None
        The edges; `None` for levels.

    rug_ : matplotlib.collections.LineCollection or None
        Short lines at the values of the rows; `None` for levels.

    See Also
    --------
    LimeGlobalDisplay : Draws the weights of all features.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeDependenceDisplay
    >>> display = LimeDependenceDisplay(
    ...     np.array([20.0, 40.0]), np.array([-0.1, 0.2]), np.array([0.01, 0.02]), name="age"
    ... )
    >>> display.name
    'age'
    """

    def __init__(
        self,
        values: Array,
        weights: FloatArray,
        half_widths: FloatArray,
        *,
        name: str = "value",
        edges: FloatArray | tuple[float, ...] = (),
        title: str = "",
        ylabel: str = "weight",
        axis_values: Array | None = None,
    ) -> None:
        self.values = values
        self.weights = weights
        self.half_widths = half_widths
        self.name = name
        self.edges = edges
        self.title = title
        self.ylabel = ylabel
        self.axis_values = axis_values

    @classmethod
    def from_explanations(
        cls,
        explanations: AnyBatch,
        feature: str | int,
        *,
        output: Label = None,
        **kwargs: Any,
    ) -> Self:
        """Draw one feature of a batch.

        Parameters
        ----------
        explanations : ExplanationBatch
            Explanations of rows of a table.

        feature : str or int
            Name or index of the feature.

        output : label, str or int, default=None
            Output to draw, by name or class label. `None` is the only one or, of several
            classes, the predicted one of each row.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeDependenceDisplay
            The display.

        Raises
        ------
        ValueError
            If there is no such feature, or if documents are explained.
        """
        found = dependence_of(explanations, feature, output)
        sides, quantity = sides_of(explanations, output), words_of(explanations).quantity
        n_rest = len(explanations) - len(found.rows)
        title = f"{quantity} of {plain_name(found.name)}, {counted(len(found.rows), 'row')}"
        if n_rest:
            title += f"\n{counted(n_rest, 'row')} without a {quantity} of it not drawn"
        return cls(
            found.values,
            found.weights,
            found.half_widths,
            name=found.name,
            edges=found.edges,
            title=title,
            ylabel=weight_label(explanations.is_classification, *sides, quantity),
        ).plot(**kwargs)

    def plot(self, ax: Axes | None = None, *, dot_kwargs: Style | None = None) -> Self:
        """Draw the dots.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure.

        dot_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.scatter`.

        Returns
        -------
        display : LimeDependenceDisplay
            The display itself.
        """
        self.ax_ = axes_for(ax, FIGURE_SIZE)
        self.figure_ = cast("Figure", self.ax_.figure)
        self.edges_: LineCollection | None = None
        self.rug_: LineCollection | None = None
        x = self._numbers() if self._has_numbers() else self._levels()
        ink = ink_of(self.ax_)
        self.ax_.axhline(0.0, color=ink, linewidth=0.8)
        colors = [
            readable_color(self.ax_, LOWERS if weight < 0.0 else RAISES) for weight in self.weights
        ]
        half_widths = np.nan_to_num(self.half_widths)
        self.intervals_ = self.ax_.vlines(
            x, self.weights - half_widths, self.weights + half_widths, color=colors, linewidth=0.8
        )
        style: Style = {"s": 16, "linewidths": 0, "zorder": 3} | (dot_kwargs or {})
        if not {"c", "color"} & style.keys():
            style["color"] = colors
        self.dots_ = self.ax_.scatter(x, self.weights, **style)
        self.ax_.set_xlabel(plain_name(self.name), parse_math=False)
        self.ax_.set_ylabel(self.ylabel, parse_math=False)
        set_title(self.ax_, self.title)
        return self

    def _span(self) -> Array:
        return self.values if self.axis_values is None else self.axis_values

    def _has_numbers(self) -> bool:
        return not self._span().size or is_numeric(self._span())

    def _numbers(self) -> FloatArray:
        """Draw edges and rug; return the horizontal coordinates. Missing values stand apart."""
        x, span = _as_numbers(self.values), _as_numbers(self._span())
        ink = ink_of(self.ax_)
        transform = self.ax_.get_xaxis_transform()
        edges = np.asarray(self.edges, dtype=float)
        self.edges_ = self.ax_.vlines(
            edges, 0.0, 1.0, color=ink, linewidth=0.8, alpha=0.35, transform=transform
        )
        present = x[np.isfinite(x)]
        self.rug_ = self.ax_.vlines(
            present, 0.0, 0.025, color=ink, linewidth=0.5, alpha=0.5, transform=transform
        )
        missing = np.isnan(x)
        if missing.any():
            span = span[np.isfinite(span)]
            low, high = (span.min(), span.max()) if span.size else (0.0, 1.0)
            place = high + 0.08 * ((high - low) or 1.0)
            spread = np.arange(missing.sum()) * GOLDEN % 1.0 - 0.5
            x[missing] = place + spread * 0.04 * ((high - low) or 1.0)
            self.ax_.annotate(
                MISSING, (place, 1.0), xycoords=transform, ha="center", va="bottom", color=ink
            )
        return x

    def _levels(self) -> FloatArray:
        """Name the levels, the most frequent first; return the horizontal coordinates."""
        counts = Counter(_labels_of(self._span()))
        order = sorted(counts, key=lambda label: (-counts[label], label))
        places = {label: place for place, label in enumerate(order)}
        x = np.array([places[label] for label in _labels_of(self.values)], dtype=float)
        # Dots next to each other in order of their weights stand far apart, without random numbers.
        ranks = np.argsort(np.argsort(self.weights, kind="stable"), kind="stable")
        x += (ranks * GOLDEN % 1.0 - 0.5) * STRIP_WIDTH
        self.ax_.set_xticks(
            range(len(order)), [plain_name(label, 20) for label in order], parse_math=False
        )
        return x


def dependence_of(explanations: AnyBatch, feature: str | int, output: Label) -> Dependence:
    """Return the values and weights of one feature.

    Parameters
    ----------
    explanations : ExplanationBatch
        Explanations of rows of a table.

    feature : str or int
        Name or index of the feature.

    output : label, str or int or None
        Output to draw; `None` is the main output of each row.

    Returns
    -------
    dependence : Dependence
        Rows without an explanation, or without a weight of the feature, are left out.

    Raises
    ------
    ValueError
        If there is no such feature, or if documents are explained.
    """
    index = _feature_index(explanations, feature)
    name = str(cast(Any, explanations).feature_names[index])
    numbers, values, weights, half_widths = [], [], [], []
    rows = list(explanations)
    for number, (row, output_index) in enumerate(zip(rows, output_indices(rows, output))):
        if failure_of(row) or not row.selected[index, output_index]:
            continue
        of_row, low, high = contributions(row, output_index)
        numbers.append(number)
        values.append(row.data[index])
        weights.append(of_row[index])
        half_widths.append(0.0 if row.is_exact else (high - low)[index] / 2.0)
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    labels = cast(Any, explanations).internals.condition_labels[index]
    return Dependence(
        name,
        np.array(numbers, dtype=np.int_),
        cells,
        np.array(weights, dtype=float),
        np.array(half_widths, dtype=float),
        _edges_of(labels, name) if is_numeric(cells) else np.empty(0),
    )


def _as_numbers(values: Array) -> FloatArray:
    """Return numbers, NaN where a value is missing."""
    return np.array([np.nan if is_missing(v) else float(v) for v in values.tolist()], dtype=float)


def _labels_of(values: Array) -> list[str]:
    return [MISSING if is_missing(value) else str(value) for value in values.tolist()]


def _feature_index(explanations: AnyBatch, feature: str | int) -> int:
    """Return the index of a feature."""
    if not explanations.shares_features:
        raise ValueError(
            "kind='dependence' draws a column of a table, and documents have words; pass "
            "kind='global'."
        )
    names = [str(name) for name in cast(Any, explanations).feature_names]
    is_index = isinstance(feature, int | np.integer) and not isinstance(feature, bool)
    if is_index and -len(names) <= int(feature) < len(names):
        return int(feature) % len(names)
    if isinstance(feature, str) and feature in names:
        return names.index(feature)
    near = get_close_matches(str(feature), names, n=3)
    hint = f"; did you mean {near}?" if near else f"; the features are {names[:10]}."
    raise ValueError(f"feature={feature!r} is no name or index of a feature{hint}")


def _edges_of(labels: tuple[str, ...], name: str) -> FloatArray:
    """Return the edges that conditions name, such as 25 and 37 in "25 < age <= 37"."""
    texts = [label.replace(name, " ", 1) for label in labels if re.search(r"[<>]", label)]
    numbers = {float(found) for text in texts for found in _NUMBER.findall(text)}
    return np.array(sorted(numbers), dtype=float)
