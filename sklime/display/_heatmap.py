"""Weights of rows and features as a heatmap, on matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from sklime.display._axes import (
    axes_for,
    ink_of,
    is_dark,
    plain_name,
    set_names,
    set_title,
    weight_label,
)
from sklime.display._cohorts import Cohorts
from sklime.display._counts import check_max_features
from sklime.display._document import LOWERS, RAISES
from sklime.display._global import output_indices, sides_of
from sklime.display._names import name_of
from sklime.display._summary import drivers, entries_of
from sklime.display._types import Label, Style
from sklime.display._words import words_of
from sklime.utils._text import counted
from sklime.utils._types import FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from sklime._explanations._base import AnyBatch

__all__ = ["LimeHeatmapDisplay", "similar_rows_first"]

WIDTH, INCHES_PER_FEATURE = 7.0, 0.32

# A group is at least this part of the width, and gaps are this part.
SMALLEST_SHARE, GAP_SHARE = 0.05, 0.02
# Characters of the name of a group, and of all names below which they stand upright.
GROUP_LENGTH, MOST_UPRIGHT = 20, 48

# Rows whose distances are computed; more of them would take memory with their square.
MAX_CLUSTERED = 3000


class LimeHeatmapDisplay:
    """The weights of many rows as colors: one line per feature, one column per row.

    It is recommended to use `from_explanations` or `ExplanationBatch.plot` to make one. Rows with
    similar weights stand side by side: groups of rows that the model treats alike become visible.
    Orange raises the prediction, blue lowers it.

    Parameters
    ----------
    labels : sequence of str
        Names of the features.

    weights : ndarray of shape (n_features, n_rows)
        Weights in the order in which they are drawn; 0 where not selected.

    title : str, default=""
        Title of the axes.

    label : str, default="weight"
        Label of the scale of the colors.

    groups : sequence of str, default=()
        Names of groups of rows, from left to right.

    sizes : sequence of int, default=()
        Number of drawn rows in each group; together they are all rows. Small groups are drawn
        wider, so that they can be seen.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    image_ : matplotlib.image.AxesImage
        The colors; of groups, those of the first.

    images_ : list of matplotlib.image.AxesImage
        The colors of each group.

    scale_ : matplotlib.axes.Axes
        The scale of the colors.

    See Also
    --------
    LimeGlobalDisplay : Draws one dot per row.

    References
    ----------
    .. [1] Bar-Joseph, Gifford, Jaakkola, Fast optimal leaf ordering for hierarchical clustering,
       Bioinformatics 17 (2001), :doi:`10.1093/bioinformatics/17.suppl_1.S22`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeHeatmapDisplay
    >>> display = LimeHeatmapDisplay(["age"], np.array([[0.2, -0.1]]))
    >>> display.labels
    ['age']
    """

    def __init__(
        self,
        labels: Sequence[str],
        weights: FloatArray,
        *,
        title: str = "",
        label: str = "weight",
        groups: Sequence[str] = (),
        sizes: Sequence[int] = (),
    ) -> None:
        self.labels = labels
        self.weights = weights
        self.title = title
        self.label = label
        self.groups = groups
        self.sizes = sizes

    @classmethod
    def from_explanations(
        cls,
        explanations: AnyBatch,
        *,
        output: Label = None,
        by: Any = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Draw the weights of a batch, with similar rows side by side.

        The order of the rows comes from hierarchical clustering of the drawn weights, by average
        linkage, with an optimal order of the leaves [1]_. Of more than 3,000 rows it is the order
        of the weight of the strongest feature.

        Parameters
        ----------
        explanations : ExplanationBatch
            The explanations to draw.

        output : label, str or int, default=None
            Output to draw, by name or class label. `None` is the only one or, of several
            classes, the predicted one of each row.

        by : array-like of shape (n_rows,), default=None
            Group of each row: labels of at most 12 groups, or truth values. The groups stand side
            by side, and similar rows within each. `None` draws one group.

        max_features : int, default=10
            Maximum number of lines, at least 1; `None` is all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeHeatmapDisplay
            The display.

        References
        ----------
        .. [1] Bar-Joseph, Gifford, Jaakkola, Fast optimal leaf ordering for hierarchical
           clustering, Bioinformatics 17 (2001), :doi:`10.1093/bioinformatics/17.suppl_1.S22`.
        """
        check_max_features(max_features)
        cohorts = Cohorts(explanations, by)
        rows = list(explanations)
        entries = entries_of(rows, output_indices(rows, output))
        explained = np.unique(entries.rows)
        ranked = drivers(entries, len(explained), max_features)
        weights = np.zeros((len(ranked), len(rows)))
        for line, driver in zip(weights, ranked):
            # Columns of the same name, and the occurrences of a word, are added up.
            np.add.at(line, entries.rows[driver["entries"]], driver["weights"])
        members = [explained]
        if cohorts.names:
            groups = range(len(cohorts.names))
            members = [explained[cohorts.indices[explained] == group] for group in groups]
        order = [own[similar_rows_first(weights[:, own].T)] for own in members]
        sides, quantity = sides_of(explanations, output), words_of(explanations).quantity
        return cls(
            [name_of(driver["raw"]).text for driver in ranked],
            weights[:, np.concatenate(order)],
            title=_title(explanations, cohorts, len(explained), len(entries.names) - len(ranked)),
            label=weight_label(explanations.is_classification, *sides, quantity),
            groups=[plain_name(name, GROUP_LENGTH) for name in cohorts.names],
            sizes=[own.size for own in order] if cohorts.names else (),
        ).plot(**kwargs)

    def plot(self, ax: Axes | None = None, *, image_kwargs: Style | None = None) -> Self:
        """Draw the colors.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure whose size follows the number of features.

        image_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.imshow`.

        Returns
        -------
        display : LimeHeatmapDisplay
            The display itself.
        """
        size = WIDTH, 1.6 + INCHES_PER_FEATURE * max(len(self.labels), 1)
        self.ax_ = axes_for(ax, size)
        self.figure_ = cast("Figure", self.ax_.figure)
        largest = float(np.abs(self.weights).max(initial=0.0)) or 1.0
        style: Style = {
            "cmap": _diverging(is_dark(self.ax_)),
            "vmin": -largest,
            "vmax": largest,
            "aspect": "auto",
            "interpolation": "nearest",
        }
        self.images_ = self._draw_groups(style | (image_kwargs or {}))
        self.image_ = self.images_[0]
        set_names(self.ax_, self.labels)
        # Beside the scale a long label would leave no room for the axes.
        self.ax_.set_xlabel(f"rows; color: {self.label}", parse_math=False)
        self.scale_ = self._scale(self.image_)
        set_title(self.ax_, self.title)
        return self

    def _draw_groups(self, style: Style) -> list[AxesImage]:
        """Draw one image per group, with gaps between them, and name the groups."""
        sizes = self.sizes or [self.weights.shape[1]]
        widths = np.maximum(sizes, SMALLEST_SHARE * sum(sizes))
        widths = np.maximum(widths, 1.0)
        gap = GAP_SHARE * widths.sum()
        starts = np.cumsum(widths + gap) - widths - gap - 0.5
        bottom = max(len(self.labels), 1) - 0.5
        images = []
        for part, start, width in zip(
            np.split(self.weights, np.cumsum(sizes)[:-1], axis=1), starts, widths
        ):
            # An image without pixels cannot be drawn.
            shown = part if part.size else np.zeros((1, 1))
            ends = start, start + width, bottom, -0.5
            whole: Style = {"extent": ends} | style
            images.append(self.ax_.imshow(shown, **whole))
        self.ax_.set_xlim(-0.5, starts[-1] + widths[-1])
        names = [f"{name}\n{size:,}" for name, size in zip(self.groups, self.sizes)]
        middles = starts[: len(names)] + widths[: len(names)] / 2.0
        self.ax_.set_xticks(middles, names, parse_math=False)
        if len(names) * max(map(len, self.groups), default=0) > MOST_UPRIGHT:
            self.ax_.tick_params(axis="x", labelrotation=90)
        self.ax_.tick_params(axis="x", length=0)
        return images

    def _scale(self, image: AxesImage) -> Axes:
        scale = self.ax_.inset_axes((1.02, 0.0, 0.018, 1.0))
        self.figure_.colorbar(image, cax=scale)
        scale.tick_params(colors=ink_of(self.ax_))
        return scale


def similar_rows_first(weights: FloatArray) -> IntArray:
    """Return an order in which rows with similar weights stand side by side.

    Parameters
    ----------
    weights : ndarray of shape (n_rows, n_features)
        Weights, the strongest feature first.

    Returns
    -------
    order : ndarray of int of shape (n_rows,)
        Indices of rows.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import pdist

    n_rows = len(weights)
    if n_rows < 3 or not weights.size:
        return np.arange(n_rows)
    if n_rows > MAX_CLUSTERED:
        order: IntArray = np.lexsort(weights.T[::-1])
        return order
    # Squares of huge weights are no floats.
    distances = pdist(weights / (np.abs(weights).max() or 1.0))
    tree = optimal_leaf_ordering(linkage(distances, "average"), distances)
    leaves: IntArray = leaves_list(tree).astype(np.intp)
    return leaves


def _title(explanations: AnyBatch, cohorts: Cohorts, n_explained: int, n_rest: int) -> str:
    title = f"{counted(n_explained, explanations.noun)}{cohorts.phrase}, similar ones side by side"
    return title + (f"\n{counted(n_rest, 'weaker feature')} not drawn" if n_rest else "")


def _diverging(is_dark: bool) -> Colormap:
    """Return a scale from blue to orange, over the color of the background."""
    from matplotlib.colors import LinearSegmentedColormap

    middle = "#111111" if is_dark else "#ffffff"
    return LinearSegmentedColormap.from_list("sklime", [LOWERS, middle, RAISES])
