"""Predictions of surrogates against those of the model, on matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from sklime.display._axes import axes_for, ink_of, is_dark, set_title
from sklime.display._global import output_indices, sides_of
from sklime.display._names import has_output_name, pair_title
from sklime.display._numbers import decimals_for, fidelity_text, signed_text
from sklime.display._types import Axis, Label, Style
from sklime.utils._text import counted
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._base import AnyBatch

__all__ = ["LimeFidelityDisplay"]

R2 = "R\N{SUPERSCRIPT TWO}"
FIGURE_SIZE = (6.4, 4.8)
MARGIN = 0.05  # share of the range of the predictions
DOT_SIZE, EDGE_WIDTH = 18, 0.6  # in points


class LimeFidelityDisplay:
    """The surrogate's prediction against the model's, one dot per row, colored by fidelity.

    It is recommended to use `from_explanations` or `from_estimator` to make one. Rows whose
    fidelity is not defined are hollow.

    Parameters
    ----------
    predictions : ndarray of shape (n_rows,)
        Responses of the model.

    local_predictions : ndarray of shape (n_rows,)
        Predictions of the surrogate of each row, which is fitted without the row itself.

    fidelity : ndarray of shape (n_rows,)
        R2 on perturbed rows that the fit has not seen; NaN if it is not defined.

    name : str, default="prediction"
        Word for the predictions.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    dots_ : matplotlib.collections.PathCollection
        The rows.

    colorbar_ : matplotlib.colorbar.Colorbar
        The scale of the fidelity.

    See Also
    --------
    LimeGlobalDisplay : Draws the weights of many rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeFidelityDisplay
    >>> display = LimeFidelityDisplay(np.array([0.2]), np.array([0.25]), np.array([0.8]))
    >>> display.name
    'prediction'
    """

    def __init__(
        self,
        predictions: FloatArray,
        local_predictions: FloatArray,
        fidelity: FloatArray,
        *,
        name: str = "prediction",
    ) -> None:
        self.predictions = predictions
        self.local_predictions = local_predictions
        self.fidelity = fidelity
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator: BaseLimeExplainer, X: Any, *, output: Label = None, **kwargs: Any
    ) -> Self:
        """Explain a table, or documents, and draw the fidelity.

        Parameters
        ----------
        estimator : fitted explainer
            Such as `LimeTabularExplainer`.

        X : {array-like, DataFrame} of shape (n_samples, n_features), or list of str
            Table or documents to explain.

        output : label, str or int, default=None
            Output to draw; see `LimeGlobalDisplay.from_explanations`.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeFidelityDisplay
            The display.
        """
        return cls.from_explanations(estimator.explain(X), output=output, **kwargs)

    @classmethod
    def from_explanations(
        cls, explanations: AnyBatch, *, output: Label = None, **kwargs: Any
    ) -> Self:
        """Draw the fidelity of a batch.

        Parameters
        ----------
        explanations : ExplanationBatch
            The explanations to draw.

        output : label, str or int, default=None
            Output to draw; see `LimeGlobalDisplay.from_explanations`.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeFidelityDisplay
            The display.

        Raises
        ------
        ValueError
            If the explanations are Shapley values, which have no surrogate.
        """
        if explanations.baseline == "shapley":
            raise ValueError(
                "Shapley values have no surrogate whose fidelity could be drawn; draw them with "
                "kind='global', or the fidelity of explain(X)."
            )
        here = np.arange(len(explanations)), output_indices(explanations, output)
        name = "prediction"
        if explanations.is_classification:
            name = f"response for {pair_title(*sides_of(explanations, output)).text}"
        elif has_output_name(explanations):
            name = f"prediction of {pair_title(*sides_of(explanations, output)).text}"
        return cls(
            np.asarray(explanations.predictions)[here],
            np.asarray(explanations.held_out_predictions)[here],
            np.asarray(explanations.fidelity)[here],
            name=name,
        ).plot(**kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        cmap: str | Colormap = "cividis",
        dot_kwargs: Style | None = None,
    ) -> Self:
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure.

        cmap : str or matplotlib.colors.Colormap, default="cividis"
            Colors of the fidelity.

        dot_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.scatter`.

        Returns
        -------
        display : LimeFidelityDisplay
            The display itself.
        """
        self.ax_ = axes_for(ax, FIGURE_SIZE)
        self.figure_ = cast("Figure", self.ax_.figure)
        low, high = self._ends()
        ink = ink_of(self.ax_)
        self.ax_.plot([low, high], [low, high], color=ink, linewidth=0.8, linestyle=":")
        self._draw_dots(ink, cmap, dot_kwargs or {})
        self.colorbar_ = self.figure_.colorbar(
            self.dots_, ax=self.ax_, label=f"held-out {R2}", extend="min"
        )
        self.ax_.set_xlim(low, high)
        self.ax_.set_ylim(low, high)
        self.ax_.set_xlabel(f"model: {self.name}", parse_math=False)
        self.ax_.set_ylabel("surrogate, fitted without the row itself")
        set_title(self.ax_, self._title())
        self.ax_.spines[["top", "right"]].set_visible(False)
        return self

    def _draw_dots(self, ink: ColorType, cmap: str | Colormap, dot_kwargs: Style) -> None:
        # From 0 to 1 in all pictures, so that a color means the same in two of them.
        style: Style = {"s": DOT_SIZE, "vmin": 0.0, "vmax": 1.0, "plotnonfinite": True}
        if is_dark(self.ax_):
            # Dots of low fidelity are dark, too: an edge makes them visible.
            style |= {"edgecolors": ink, "linewidths": EDGE_WIDTH}
        self.dots_ = self.ax_.scatter(
            self.predictions,
            self.local_predictions,
            c=self.fidelity,
            cmap=cmap,
            **(style | dot_kwargs),
        )
        unknown = np.isnan(self.fidelity)
        if unknown.any():
            hollow: Style = {"facecolors": "none", "edgecolors": ink, "linewidths": EDGE_WIDTH}
            x, y = self.predictions[unknown], self.local_predictions[unknown]
            self.ax_.scatter(x, y, s=DOT_SIZE, **hollow)

    def _ends(self) -> Axis:
        """Return the ends of both axes, which are the same, with a margin."""
        numbers = np.concatenate([self.predictions, self.local_predictions])
        numbers = numbers[np.isfinite(numbers)]
        low, high = np.min(numbers, initial=np.inf), np.max(numbers, initial=-np.inf)
        if not numbers.size:
            return 0.0, 1.0
        margin = MARGIN * (high - low) or 1.0
        return float(low - margin), float(high + margin)

    def _title(self) -> str:
        defined = self.fidelity[~np.isnan(self.fidelity)]
        gaps = np.abs(self.local_predictions - self.predictions)
        gaps = gaps[~np.isnan(gaps)]
        median = np.median(defined) if defined.size else np.nan
        gap = gaps.mean() if gaps.size else np.nan
        title = (
            f"{counted(len(self.predictions), 'row')}: median held-out {R2} "
            f"{fidelity_text(median)}, mean |gap| "
            f"{signed_text(gap, decimals_for([gap]), always_signed=False)}"
        )
        is_whole = defined.size == len(self.fidelity)
        return title if is_whole else f"{title}; hollow: {R2} not defined"
