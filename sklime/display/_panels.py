"""Groups of rows side by side on matplotlib: one panel per group, on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, cast

import numpy as np

from sklime.display._axes import (
    axes_for,
    draw_scale,
    figure_width,
    plain_name,
    set_title,
    weight_label,
)
from sklime.display._cohorts import Cohorts
from sklime.display._counts import check_max_features
from sklime.display._dependence import LimeDependenceDisplay, dependence_of
from sklime.display._global import INCHES_PER_STRIP, LimeGlobalDisplay, sides_of, strips_of
from sklime.display._names import has_output_name, pair_title
from sklime.display._types import Label, Style
from sklime.display._words import words_of
from sklime.utils._text import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sklime._explanations._base import AnyBatch

    _Panel: TypeAlias = LimeGlobalDisplay | LimeDependenceDisplay

__all__ = ["LimeCohortsDisplay", "group_titles"]

# Panels in one line, and of more than six groups.
FEW_COLUMNS, MANY_COLUMNS, MANY = 3, 4, 6

# In inches: a panel with strips, a panel with values, and what lies between two panels.
STRIPS_WIDTH = 2.6
PANEL_WIDTH, PANEL_HEIGHT = 2.9, 2.6
GAP, TITLE_ROOM, SHARES_ROOM = 0.22, 0.34, 0.24

# In points.
TITLE_PAD, SHARES_PAD = 22, 40
GROUP_LENGTH = 20  # characters of the name of a group


class LimeCohortsDisplay:
    """Groups of rows side by side, one panel per group, on the same axes and colors.

    It is recommended to use `from_explanations` or ``ExplanationBatch.plot(by=...)`` to make one.

    Parameters
    ----------
    displays : sequence of LimeGlobalDisplay or LimeDependenceDisplay
        One per group; their titles name the groups.

    title : str, default=""
        Title above all panels.

    xlabel, ylabel : str, default=""
        Labels below and beside all panels.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that hold the panels.

    axes_ : list of matplotlib.axes.Axes
        The panels. ``displays[0].ax_`` is ``axes_[0]``, and so on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    scale_ : matplotlib.axes.Axes or None
        The scale of the colors; `None` if no values have one.

    See Also
    --------
    LimeGlobalDisplay : Draws all rows in one panel.
    LimeHeatmapDisplay : Draws groups of rows beside each other as colors.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeCohortsDisplay, LimeGlobalDisplay
    >>> old = LimeGlobalDisplay(["age"], [np.array([0.2, 0.1])], np.array([0.15]), title="old")
    >>> young = LimeGlobalDisplay(["age"], [np.array([-0.2])], np.array([0.15]), title="young")
    >>> display = LimeCohortsDisplay([old, young])
    >>> [display.title for display in display.displays]
    ['old', 'young']
    """

    def __init__(
        self,
        displays: Sequence[_Panel],
        *,
        title: str = "",
        xlabel: str = "",
        ylabel: str = "",
    ) -> None:
        self.displays = displays
        self.title = title
        self.xlabel = xlabel
        self.ylabel = ylabel

    @classmethod
    def from_explanations(
        cls,
        explanations: AnyBatch,
        by: Any,
        *,
        kind: Literal["global", "dependence"] = "global",
        output: Label = None,
        feature: str | int | None = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Draw the groups of a batch.

        Parameters
        ----------
        explanations : ExplanationBatch
            The explanations to draw.

        by : array-like of shape (n_rows,)
            Group of each row: labels of at most 12 groups, or truth values. Missing labels are a
            group of their own, "missing". The name of a Series names the groups.

        kind : {"global", "dependence"}, default="global"
            What a panel shows: strips of all features, or one feature against its values.

        output : label, str or int, default=None
            Output to draw, by name or class label. `None` is the only one or, of several
            classes, the predicted one of each row.

        feature : str or int, default=None
            Name or index of the feature that "dependence" draws.

        max_features : int, default=10
            Maximum number of strips, at least 1; `None` draws all. The strongest are those with
            the largest mean absolute weight in any group.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeCohortsDisplay
            The display.

        Raises
        ------
        ValueError
            If `by` has another length or more than 12 groups, if `kind` is another one, or if
            there is no such feature.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklime import LimeTabularExplainer
        >>> from sklime.display import LimeCohortsDisplay
        >>> X, y = load_iris(return_X_y=True)
        >>> model = LogisticRegression(max_iter=1000).fit(X, y)
        >>> batch = LimeTabularExplainer(model, random_state=0).fit(X).explain(X[::10])
        >>> display = LimeCohortsDisplay.from_explanations(batch, y[::10])
        >>> [panel.title for panel in display.displays]
        ['0, 5 rows', '1, 5 rows', '2, 5 rows']
        """
        check_max_features(max_features)
        cohorts = Cohorts(explanations, by)
        if kind == "global":
            display = cls(_strips(explanations, cohorts, output, max_features))
        elif kind == "dependence" and feature is not None:
            display = cls(_dependences(explanations, cohorts, output, feature))
        elif kind == "dependence":
            raise ValueError("kind='dependence' draws one feature; pass its name as feature.")
        else:
            raise ValueError(f"kind={kind!r} is not one of ['global', 'dependence'].")
        display._describe(explanations, cohorts, output)
        return display.plot(**kwargs)

    def _describe(self, explanations: AnyBatch, cohorts: Cohorts, output: Label) -> None:
        """Write the title, and the labels that all panels share."""
        sides, quantity = sides_of(explanations, output), words_of(explanations).quantity
        facts = explanations.is_classification, *sides, quantity
        rows = f"{counted(len(explanations), explanations.noun)}{cohorts.phrase}"
        if not explanations.is_classification and has_output_name(explanations):
            rows += f", output {pair_title(*sides).text}"
        first = self.displays[0] if self.displays else None
        if isinstance(first, LimeDependenceDisplay):
            self.title = f"{quantity} of {plain_name(first.name)}, {rows}"
            # Panels are low: the label of their height has two lines.
            self.xlabel, self.ylabel = first.label_of_values(), weight_label(*facts, long_class=0)
        else:
            self.title, self.xlabel = f"{rows}; tick: median {quantity}", weight_label(*facts)

    def plot(self, ax: Axes | None = None, *, dot_kwargs: Style | None = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes that the panels fill; `None` makes a figure whose size follows their number.

        dot_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.scatter`.

        Returns
        -------
        display : LimeCohortsDisplay
            The display itself.
        """
        n_panels = max(len(self.displays), 1)
        n_columns = _n_columns(n_panels)
        self.ax_ = axes_for(ax, self._size(n_columns, -(-n_panels // n_columns)))
        self.figure_ = cast("Figure", self.ax_.figure)
        self.axes_ = _panels_in(self.ax_, n_panels, n_columns, self._title_room())
        self.scale_ = self._draw_scale()
        for panel, display in zip(self.axes_, self.displays):
            if isinstance(display, LimeGlobalDisplay):
                display.plot(panel, dot_kwargs=dot_kwargs, scale=False)
            else:
                display.plot(panel, dot_kwargs=dot_kwargs)
            panel.set_xlabel("")
            panel.set_ylabel("")
        self._label(n_columns)
        return self

    def _size(self, n_columns: int, n_lines: int) -> tuple[float, float]:
        """Return the width and height of a figure with room for all panels, in inches."""
        width, height = PANEL_WIDTH, PANEL_HEIGHT
        names = 0.9
        first = self.displays[0] if self.displays else None
        if isinstance(first, LimeGlobalDisplay):
            width, height = STRIPS_WIDTH, 0.35 + INCHES_PER_STRIP * max(len(first.labels), 1)
            names = figure_width(first.labels) - figure_width(()) + 0.6
        return names + n_columns * (width + GAP), 1.2 + n_lines * (height + self._title_room())

    def _has_shares(self) -> bool:
        """Tell whether shares of the background stand between panels and their titles."""
        shares = [getattr(one, "shares", None) for one in self.displays]
        return any(one is not None and np.isfinite(one).any() for one in shares)

    def _title_room(self) -> float:
        return TITLE_ROOM + (SHARES_ROOM if self._has_shares() else 0.0)

    def _draw_scale(self) -> Axes | None:
        strips = [one for one in self.displays if isinstance(one, LimeGlobalDisplay)]
        return draw_scale(self.ax_) if any(one.has_scale() for one in strips) else None

    def _label(self, n_columns: int) -> None:
        """Name the ticks of the outer panels only, and write title and labels around all."""
        n_panels = len(self.axes_)
        for place, panel in enumerate(self.axes_):
            # Below the last panel of an incomplete line there is none.
            panel.tick_params(labelbottom=place + n_columns >= n_panels)
            panel.tick_params(labelleft=place % n_columns == 0)
        set_title(self.ax_, self.title, pad=SHARES_PAD if self._has_shares() else TITLE_PAD)
        # Matplotlib keeps the labels of a panel off its ticks: the panels in the middle have those
        # of all, moved to the center of the axes.
        n_lines = -(-n_panels // n_columns)
        bottom, middle = self.axes_[(n_lines - 1) * n_columns], self.axes_[n_lines // 2 * n_columns]
        bottom.set_xlabel(self.xlabel, x=self._center(bottom)[0], parse_math=False)
        middle.set_ylabel(self.ylabel, y=self._center(middle)[1], parse_math=False)

    def _center(self, panel: Axes) -> tuple[float, float]:
        """Return the center of all panels in coordinates of one of them."""
        whole, part = self.ax_.get_window_extent(), panel.get_window_extent()
        center = (whole.x0 + whole.x1) / 2.0, (whole.y0 + whole.y1) / 2.0
        return (center[0] - part.x0) / part.width, (center[1] - part.y0) / part.height


def group_titles(cohorts: Cohorts, noun: str) -> list[str]:
    """Return the name and the number of rows of each group.

    Parameters
    ----------
    cohorts : Cohorts
        The groups.

    noun : str
        What a row is called.

    Returns
    -------
    titles : list of str
        Such as "True, 12 rows".
    """
    sizes = np.bincount(cohorts.indices, minlength=len(cohorts.names)).tolist()
    return [
        f"{plain_name(name, GROUP_LENGTH)}, {counted(size, noun)}"
        for name, size in zip(cohorts.names, sizes)
    ]


def _strips(
    explanations: AnyBatch, cohorts: Cohorts, output: Label, max_features: int | None
) -> list[LimeGlobalDisplay]:
    """Return one display of strips per group; features and colors are those of all rows."""
    strips = strips_of(explanations, output, max_features, cohorts)
    displays = []
    for index, title in enumerate(group_titles(cohorts, explanations.noun)):
        own = [cohorts.indices[rows] == index for rows in strips.rows]
        values = None
        if strips.values is not None:
            values = [column[mask] for column, mask in zip(strips.values, own)]
        weights = [row[mask] for row, mask in zip(strips.weights, own)]
        displays.append(
            LimeGlobalDisplay(
                strips.labels,
                weights,
                strips.means,
                title=title,
                values=values,
                scale_values=strips.values,
            )
        )
    return displays


def _dependences(
    explanations: AnyBatch, cohorts: Cohorts, output: Label, feature: str | int
) -> list[LimeDependenceDisplay]:
    """Return one display of a feature per group; the axis of values is that of all rows."""
    found = dependence_of(explanations, feature, output)
    groups = cohorts.indices[found.rows]
    return [
        LimeDependenceDisplay(
            found.values[groups == index],
            found.weights[groups == index],
            found.half_widths[groups == index],
            name=found.name,
            edges=found.edges,
            codes=found.codes[groups == index],
            shares=found.shares[groups == index],
            title=title,
            axis_values=found.values,
        )
        for index, title in enumerate(group_titles(cohorts, explanations.noun))
    ]


def _n_columns(n_panels: int) -> int:
    most = MANY_COLUMNS if n_panels > MANY else FEW_COLUMNS
    # As many lines as needed, and panels spread evenly over them.
    return -(-n_panels // -(-n_panels // most))


def _panels_in(ax: Axes, n_panels: int, n_columns: int, title_room: float) -> list[Axes]:
    """Divide axes into panels with the same limits, and hide the axes themselves."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.patch.set_alpha(0.0)
    ax.spines[:].set_visible(False)
    n_lines = -(-n_panels // n_columns)
    box = ax.get_window_extent()
    dpi = float(ax.figure.dpi)
    across, down = GAP * dpi / box.width, title_room * dpi / box.height
    width = (1.0 - across * (n_columns - 1)) / n_columns
    height = (1.0 - down * (n_lines - 1)) / n_lines
    panels: list[Axes] = []
    for place in range(n_panels):
        line, column = divmod(place, n_columns)
        bottom = 1.0 - height - line * (height + down)
        bounds = column * (width + across), bottom, width, height
        shared = panels[0] if panels else None
        panels.append(ax.inset_axes(bounds, sharex=shared, sharey=shared, zorder=ax.get_zorder()))
        panels[-1].set_facecolor(ax.get_facecolor())
    return panels
