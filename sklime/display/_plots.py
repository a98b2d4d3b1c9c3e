"""Choose a display by the name of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from sklime.display._bars import LimeExplanationDisplay
from sklime.display._comparison import LimeComparisonDisplay
from sklime.display._counts import check_max_features
from sklime.display._dependence import LimeDependenceDisplay
from sklime.display._fidelity import LimeFidelityDisplay
from sklime.display._global import LimeGlobalDisplay
from sklime.display._heatmap import LimeHeatmapDisplay
from sklime.display._text_axes import LimeTextDisplay
from sklime.display._types import Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._parts import TextExplanation

__all__ = ["plot_batch", "plot_explanation"]


def plot_explanation(
    explanation: BaseExplanation,
    output: Label = None,
    *,
    kind: Literal["bar", "waterfall", "comparison", "text"] = "bar",
    max_features: int | None = 10,
    ax: Axes | None = None,
) -> LimeExplanationDisplay | LimeComparisonDisplay | LimeTextDisplay:
    """Draw an explanation.

    Parameters
    ----------
    explanation : Explanation
        The explanation to draw.

    output : label, str or int, default=None
        Output to draw; see `Explanation.as_list`.

    kind : {"bar", "waterfall", "comparison", "text"}, default="bar"
        Kind of picture.

    max_features : int, default=10
        Most features, or words, at least 1; `None` is all.

    ax : matplotlib.axes.Axes, default=None
        Where to draw; `None` makes a figure.

    Returns
    -------
    display : LimeExplanationDisplay, LimeComparisonDisplay or LimeTextDisplay
        The display.
    """
    check_max_features(max_features)
    # All outputs are compared, so `output` is not used.
    if kind == "comparison":
        return LimeComparisonDisplay.from_explanation(explanation, max_features=max_features, ax=ax)
    if kind == "text" and explanation.kind == "text":
        return LimeTextDisplay.from_explanation(
            cast("TextExplanation", explanation), output=output, max_features=max_features, ax=ax
        )
    if kind not in ("bar", "waterfall"):
        kinds = ["bar", "waterfall", "comparison"]
        if explanation.kind == "text":
            kinds.append("text")
        raise ValueError(f"kind={kind!r} is not one of {kinds}.")
    return LimeExplanationDisplay.from_explanation(
        explanation, output=output, kind=kind, max_features=max_features, ax=ax
    )


def plot_batch(
    batch: AnyBatch,
    output: Label = None,
    *,
    kind: Literal["global", "dependence", "heatmap", "fidelity"] = "global",
    feature: str | int | None = None,
    max_features: int | None = 10,
    ax: Axes | None = None,
) -> LimeGlobalDisplay | LimeDependenceDisplay | LimeHeatmapDisplay | LimeFidelityDisplay:
    """Draw many explanations.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to draw.

    output : label, str or int, default=None
        Output to draw; see `LimeGlobalDisplay.from_explanations`.

    kind : {"global", "dependence", "heatmap", "fidelity"}, default="global"
        Kind of picture.

    feature : str or int, default=None
        Feature of "dependence".

    max_features : int, default=10
        Most features, or words, at least 1; `None` is all.

    ax : matplotlib.axes.Axes, default=None
        Where to draw; `None` makes a figure.

    Returns
    -------
    display : LimeGlobalDisplay, LimeDependenceDisplay, LimeHeatmapDisplay or \
            LimeFidelityDisplay
        The display.
    """
    check_max_features(max_features)
    if kind == "dependence":
        if feature is None:
            raise ValueError("kind='dependence' draws one feature; pass its name as feature.")
        return LimeDependenceDisplay.from_explanations(batch, feature, output=output, ax=ax)
    if feature is not None:
        raise ValueError(f"feature={feature!r} needs kind='dependence'; kind is {kind!r}.")
    if kind == "heatmap":
        return LimeHeatmapDisplay.from_explanations(
            batch, output=output, max_features=max_features, ax=ax
        )
    if kind == "fidelity":
        return LimeFidelityDisplay.from_explanations(batch, output=output, ax=ax)
    if kind != "global":
        raise ValueError(
            f"kind={kind!r} is not one of ['global', 'dependence', 'heatmap', 'fidelity']."
        )
    return LimeGlobalDisplay.from_explanations(
        batch, output=output, max_features=max_features, ax=ax
    )
