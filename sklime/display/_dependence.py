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
from sklime.display._names import condition_ends
from sklime.display._numbers import share_text
from sklime.display._types import Label, Style
from sklime.display._value_colors import is_numeric
from sklime.display._view import contributions, failure_of
from sklime.display._words import words_of
from sklime.utils._objects import is_missing
from sklime.utils._text import counted
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation, Text

    from sklime._explanations._base import AnyBatch

__all__ = ["Dependence", "LimeDependenceDisplay", "dependence_of"]

FIGURE_SIZE = (6.4, 4.2)
STRIP_WIDTH = 0.5  # share of the distance between two levels
MISSING = "missing"

LONG_NAME = 30  # characters from which the label of the axis has two lines

# Shares stand between the axes and the title, and this part of the width from each other.
SHARES_PAD, LEAST_ROOM = 24, 0.07

# "= 10" and "5 to 9", without the name of the column.
_WHOLE = re.compile(r"(?:= )?(-?[\d,]+)(?: to (-?[\d,]+))?")


class Dependence(NamedTuple):
    """Values and weights of one feature in the rows that have a weight of it.

    `rows` holds the indices of these rows, and `edges` the ends of the bins of the feature. `codes`
    number the conditions of the rows, and `shares` tell which part of the background meets each;
    NaN where it is not known.
    """

    name: str
    rows: IntArray
    values: Array
    weights: FloatArray
    half_widths: FloatArray
    edges: FloatArray
    codes: IntArray
    shares: FloatArray


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

    codes : ndarray of int of shape (n_rows,), default=None
        Number of the condition that each row meets, such as that of its bin.

    shares : ndarray of shape (n_rows,), default=None
        Share of the background that meets the condition of each row, in [0, 1]. The shares stand
        above the picture, and so show the distribution of the training rows. `None` or NaN draws
        none.

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

    shares_ : list of matplotlib.text.Text
        The shares, one per condition that has room.

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
        codes: IntArray | None = None,
        shares: FloatArray | None = None,
        axis_values: Array | None = None,
    ) -> None:
        self.values = values
        self.weights = weights
        self.half_widths = half_widths
        self.name = name
        self.edges = edges
        self.title = title
        self.ylabel = ylabel
        self.codes = codes
        self.shares = shares
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
            codes=found.codes,
            shares=found.shares,
            title=title,
            # The axis is low: its label has two lines.
            ylabel=weight_label(explanations.is_classification, *sides, quantity, long_class=0),
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
        self._missing: Annotation | None = None
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
        self.shares_ = self._draw_shares(x)
        self.ax_.set_xlabel(self.label_of_values(), parse_math=False)
        self.ax_.set_ylabel(self.ylabel, parse_math=False)
        set_title(self.ax_, self.title, pad=SHARES_PAD if self._known().any() else None)
        return self

    def label_of_values(self) -> str:
        """Write the label of the horizontal axis.

        Returns
        -------
        label : str
            The name of the feature and, if shares are known, what they are.
        """
        name = plain_name(self.name)
        if not self._known().any():
            return name
        return (
            f"{name}{' ' if len(name) <= LONG_NAME else chr(10)}(above: share of background rows)"
        )

    def _known(self) -> BoolArray:
        """Return the rows whose condition has a share."""
        if self.shares is None or self.codes is None:
            return np.zeros(len(self.values), dtype=bool)
        return np.isfinite(self.shares)

    def _draw_shares(self, x: FloatArray) -> list[Text]:
        """Write above each condition which part of the background meets it."""
        known = self._known()
        if self.shares is None or self.codes is None or not known.any():
            return []
        texts: list[Text] = []
        last = -np.inf
        low, high = self._ends()
        codes = self.codes[known]
        # From left to right: a share without room is left out.
        places = {code: self._middle(x[known][codes == code]) for code in np.unique(codes).tolist()}
        for code, place in sorted(places.items(), key=lambda pair: (pair[1], pair[0])):
            if place - last < LEAST_ROOM * (high - low):
                continue
            share = float(self.shares[known][codes == code][0])
            percent = share_text(share)
            if self._missing is not None and place > high:
                self._missing.set_text(f"{MISSING}\n{percent}")
                continue
            texts.append(self._above(place, percent))
            last = place
        return texts

    def _above(self, place: float, text: str) -> Annotation:
        """Write a small text above the axes."""
        return self.ax_.annotate(
            text,
            (place, 1.01),
            xycoords=self.ax_.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize="x-small",
            color=ink_of(self.ax_),
        )

    def _ends(self) -> tuple[float, float]:
        """Return the ends of the drawn values."""
        if not self._has_numbers():
            return -0.5, len(Counter(_labels_of(self._span()))) - 0.5
        span = _as_numbers(self._span())
        span = span[np.isfinite(span)]
        return (float(span.min()), float(span.max())) if span.size else (0.0, 1.0)

    def _middle(self, x: FloatArray) -> float:
        """Return the middle of the bin of some rows, or of a level."""
        place = float(np.median(x))
        if not self._has_numbers():
            return float(round(place))
        low, high = self._ends()
        edges = np.asarray(self.edges, dtype=float)
        # Missing values stand to the right of all others.
        if not edges.size or place > high or not np.ptp(x):
            return place
        index = int(np.searchsorted(edges, place))
        left = max(edges[index - 1], low) if index else low
        right = min(edges[index], high) if index < edges.size else high
        return float((left + right) / 2.0)

    def _span(self) -> Array:
        return self.values if self.axis_values is None else self.axis_values

    def _has_numbers(self) -> bool:
        return not self._span().size or is_numeric(self._span())

    def _numbers(self) -> FloatArray:
        """Draw edges and rug; return the horizontal coordinates. Missing values stand apart."""
        x = _as_numbers(self.values)
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
            low, high = self._ends()
            place = high + 0.08 * ((high - low) or 1.0)
            spread = np.arange(missing.sum()) * GOLDEN % 1.0 - 0.5
            x[missing] = place + spread * 0.04 * ((high - low) or 1.0)
            self._missing = self._above(place, MISSING)
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
        # All levels are seen, also those without a dot in this panel.
        self.ax_.set_xlim(-0.5, len(order) - 0.5)
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
    internals = cast(Any, explanations).internals
    labels = internals.condition_labels[index]
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
    own = np.array(numbers, dtype=np.int_)
    edges = _edges_of(labels, name) if is_numeric(cells) else np.empty(0)
    shares = np.asarray(internals.background_encodings, dtype=float)[own, index]
    # Columns without bins have a mean in place of shares, and Shapley values have no conditions.
    if explanations.baseline == "shapley" or (is_numeric(cells) and not edges.size):
        shares = np.full(len(own), np.nan)
    return Dependence(
        name,
        own,
        cells,
        np.array(weights, dtype=float),
        np.array(half_widths, dtype=float),
        edges,
        np.asarray(internals.codes)[own, index],
        shares,
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
    # Labels of levels compare nothing.
    if not any(condition_ends(name, label) for label in labels):
        return np.empty(0)
    missing = f"{name} is missing"
    # What follows are other labels of the same bins, for single rows.
    bins = labels[: labels.index(missing)] if missing in labels else labels
    spans = [_span_of(name, label) for label in bins]
    # Bins of whole numbers, such as "<= 4", "5 to 9", "= 10" and ">= 11", end between two numbers.
    half = 0.0 if spans[0][2] or spans[-1][2] else 0.5
    # A bin without whole numbers, such as "4.2 < x <= 4.8", is between two others.
    ends = [(low - half, high + half) for low, high, excludes in spans if not (half and excludes)]
    # The ends of all bins together divide nothing.
    outer = {min(low for low, _ in ends), max(high for _, high in ends)}
    edges = {edge for pair in ends for edge in pair} - outer
    return np.array(sorted(edge for edge in edges if np.isfinite(edge)), dtype=float)


def _span_of(name: str, label: str) -> tuple[float, float, bool]:
    """Return the ends of a bin, and whether one of them is not in the bin."""
    ends = condition_ends(name, label)
    whole = _WHOLE.fullmatch(label.removeprefix(f"{name} "))
    if whole:
        ends = [(">=", whole[1]), ("<=", whole[2] or whole[1])]
    low, high = -np.inf, np.inf
    for sign, text in ends:
        number = float(text.replace(",", ""))
        low, high = (number, high) if sign.startswith(">") else (low, number)
    return low, high, any(sign in ("<", ">") for sign, _ in ends)
