"""Choose a display by the name of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from sklime.display._bars import LimeExplanationDisplay
from sklime.display._comparison import LimeComparisonDisplay
from sklime.display._counts import check_max_features
from sklime.display._dependence import LimeDependenceDisplay
from sklime.display._fidelity import LimeFidelityDisplay
from sklime.display._global import LimeGlobalDisplay
from sklime.display._heatmap import LimeHeatmapDisplay
from sklime.display._image_axes import LimeImageDisplay
from sklime.display._image_grid import LimeImageGridDisplay
from sklime.display._panels import LimeCohortsDisplay
from sklime.display._text_axes import LimeTextDisplay
from sklime.display._types import Label
from sklime.display._what_if import is_what_if
from sklime.display._what_if_axes import LimeWhatIfDisplay

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._explanation import ExplanationBatch
    from sklime._explanations._images import ImageExplanation, ImageExplanationBatch
    from sklime._explanations._parts import TextExplanation

    ExplanationKind: TypeAlias = Literal[
        "bar", "waterfall", "comparison", "text", "image", "heatmap", "outline"
    ]
    ExplanationDisplay: TypeAlias = (
        LimeExplanationDisplay | LimeComparisonDisplay | LimeTextDisplay | LimeImageDisplay
    )
    BatchDisplay: TypeAlias = (
        LimeGlobalDisplay
        | LimeDependenceDisplay
        | LimeHeatmapDisplay
        | LimeFidelityDisplay
        | LimeWhatIfDisplay
        | LimeCohortsDisplay
        | LimeImageGridDisplay
    )
    BatchKind: TypeAlias = Literal[
        "global", "dependence", "heatmap", "fidelity", "what_if", "image"
    ]

__all__ = ["plot_batch", "plot_explanation"]

IMAGE_KINDS = ("image", "heatmap", "outline")
KINDS = ("global", "dependence", "heatmap", "fidelity")

# Further kinds of batches by the kind of what is explained; and kinds that compare features, which
# pictures with segments of their own do not share.
BATCH_KINDS = {"table": ("what_if",), "text": (), "image": ("image",)}
COMPARING = ("global", "dependence", "heatmap")


def plot_explanation(
    explanation: BaseExplanation,
    output: Label = None,
    *,
    kind: ExplanationKind = "bar",
    max_features: int | None = 10,
    ax: Axes | None = None,
) -> ExplanationDisplay:
    """Draw an explanation.

    Parameters
    ----------
    explanation : Explanation
        The explanation to draw.

    output : label, str or int, default=None
        Output to draw; see `Explanation.as_list`.

    kind : {"bar", "waterfall", "comparison", "text", "image", "heatmap", "outline"}, \
            default="bar"
        Kind of picture. "text" is for documents; the last three are for pictures.

    max_features : int, default=10
        Most features, or words, at least 1; `None` is all.

    ax : matplotlib.axes.Axes, default=None
        Where to draw; `None` makes a figure.

    Returns
    -------
    display : LimeExplanationDisplay, LimeComparisonDisplay, LimeTextDisplay or LimeImageDisplay
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
    if kind in IMAGE_KINDS and explanation.kind == "image":
        return LimeImageDisplay.from_explanation(
            cast("ImageExplanation", explanation),
            output=output,
            max_features=max_features,
            kind=kind,
            ax=ax,
        )
    if kind not in ("bar", "waterfall"):
        of_kind = {"text": ["text"], "image": [*IMAGE_KINDS]}.get(explanation.kind, [])
        kinds = ["bar", "waterfall", "comparison", *of_kind]
        raise ValueError(f"kind={kind!r} is not one of {kinds}.")
    return LimeExplanationDisplay.from_explanation(
        explanation, output=output, kind=kind, max_features=max_features, ax=ax
    )


def plot_batch(
    batch: AnyBatch,
    output: Label = None,
    *,
    kind: BatchKind | None = None,
    feature: str | int | None = None,
    by: Any = None,
    max_features: int | None = 10,
    ax: Axes | None = None,
) -> BatchDisplay:
    """Draw many explanations.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to draw.

    output : label, str or int, default=None
        Output to draw; see `LimeGlobalDisplay.from_explanations`.

    kind : {"global", "dependence", "heatmap", "fidelity", "what_if", "image"}, default=None
        Kind of picture; `None` is "what_if" for a row and its copies, "image" for pictures, else
        "global".

    feature : str or int, default=None
        Feature of "dependence".

    by : array-like of shape (n_rows,), default=None
        Group of each row, at most 12 groups; `None` draws all rows together.

    max_features : int, default=10
        Most features, or words, at least 1; `None` is all.

    ax : matplotlib.axes.Axes, default=None
        Where to draw; `None` makes a figure.

    Returns
    -------
    display : LimeGlobalDisplay, LimeDependenceDisplay, LimeHeatmapDisplay, LimeFidelityDisplay, \
            LimeWhatIfDisplay, LimeCohortsDisplay or LimeImageGridDisplay
        The display.
    """
    check_max_features(max_features)
    kinds = [*KINDS, *BATCH_KINDS[batch.kind]]
    if kind is None:
        kind = _usual_kind(batch) if by is None and feature is None else "global"
    if kind not in kinds:
        raise ValueError(f"kind={kind!r} is not one of {kinds}.")
    if batch.kind == "image" and kind in COMPARING:
        cast("ImageExplanationBatch", batch)._check_same_segments(f"plot(kind={kind!r})")
    if kind == "dependence" and feature is None:
        raise ValueError("kind='dependence' draws one feature; pass its name as feature.")
    if kind != "dependence" and feature is not None:
        raise ValueError(f"feature={feature!r} needs kind='dependence'; kind is {kind!r}.")
    if by is not None and kind in ("global", "dependence"):
        return LimeCohortsDisplay.from_explanations(
            batch,
            by,
            kind=cast(Any, kind),
            output=output,
            feature=feature,
            max_features=max_features,
            ax=ax,
        )
    if kind == "dependence":
        return LimeDependenceDisplay.from_explanations(
            batch, cast("str | int", feature), output=output, ax=ax
        )
    return _plot_together(batch, output, kind, by, max_features, ax)


def _usual_kind(batch: AnyBatch) -> BatchKind:
    """Return the kind of picture of a batch without groups."""
    if batch.kind == "image":
        return "image"
    return "what_if" if is_what_if(batch) else "global"


def _plot_together(
    batch: AnyBatch,
    output: Label,
    kind: str,
    by: Any,
    max_features: int | None,
    ax: Axes | None,
) -> BatchDisplay:
    """Draw all rows in one pair of axes."""
    if kind == "heatmap":
        return LimeHeatmapDisplay.from_explanations(
            batch, output=output, by=by, max_features=max_features, ax=ax
        )
    if kind == "global":
        return LimeGlobalDisplay.from_explanations(
            batch, output=output, max_features=max_features, ax=ax
        )
    if by is not None:
        raise ValueError(
            f"kind={kind!r} draws no groups. Draw one group at a time, such as "
            f"batch[by].plot(kind={kind!r}) for truth values in by, or pass by to the kinds "
            "'global', 'dependence' and 'heatmap', or to to_html."
        )
    if kind == "image":
        return LimeImageGridDisplay.from_explanations(
            cast("ImageExplanationBatch", batch), output=output, max_features=max_features, ax=ax
        )
    if kind == "what_if":
        return LimeWhatIfDisplay.from_explanations(
            cast("ExplanationBatch", batch), output=output, max_features=max_features, ax=ax
        )
    return LimeFidelityDisplay.from_explanations(batch, output=output, ax=ax)
