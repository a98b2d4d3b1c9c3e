"""Which display draws what, by the name of a kind."""

from sklime.display._bars import LimeExplanationDisplay
from sklime.display._comparison import LimeComparisonDisplay
from sklime.display._counts import check_max_features
from sklime.display._fidelity import LimeFidelityDisplay
from sklime.display._global import LimeGlobalDisplay
from sklime.display._text_axes import LimeTextDisplay

__all__ = ["plot_batch", "plot_explanation"]


def plot_explanation(explanation, output=None, *, kind="bar", max_features=10, ax=None):
    """Draw an explanation.

    Parameters
    ----------
    explanation : Explanation
        What to draw.

    output : label, str or int, default=None
        Which output; see `Explanation.as_list`.

    kind : {"bar", "waterfall", "comparison", "text"}, default="bar"
        What to draw it as.

    max_features : int, default=10
        Most features, or words, at least 1; `None` is all.

    ax : matplotlib.axes.Axes, default=None
        Where to draw; `None` makes a figure.

    Returns
    -------
    display : object
        The display.
    """
    check_max_features(max_features)
    if kind == "comparison":
        return LimeComparisonDisplay.from_explanation(explanation, max_features=max_features, ax=ax)
    if kind == "text" and hasattr(explanation, "document"):
        return LimeTextDisplay.from_explanation(
            explanation, output=output, max_features=max_features, ax=ax
        )
    if kind not in ("bar", "waterfall"):
        kinds = ["bar", "waterfall", "comparison"]
        if hasattr(explanation, "document"):
            kinds.append("text")
        raise ValueError(f"kind={kind!r} is not one of {kinds}.")
    return LimeExplanationDisplay.from_explanation(
        explanation, output=output, kind=kind, max_features=max_features, ax=ax
    )


def plot_batch(batch, output=None, *, kind="global", max_features=10, ax=None):
    """Draw many explanations.

    Parameters
    ----------
    batch : ExplanationBatch
        What to draw.

    output : label, str or int, default=None
        Which output.

    kind : {"global", "fidelity"}, default="global"
        What to draw.

    max_features : int, default=10
        Most features, or words, at least 1; `None` is all.

    ax : matplotlib.axes.Axes, default=None
        Where to draw; `None` makes a figure.

    Returns
    -------
    display : object
        The display.
    """
    check_max_features(max_features)
    if kind == "fidelity":
        return LimeFidelityDisplay.from_explanations(batch, output=output, ax=ax)
    if kind != "global":
        raise ValueError(f"kind={kind!r} is not one of ['global', 'fidelity'].")
    return LimeGlobalDisplay.from_explanations(
        batch, output=output, max_features=max_features, ax=ax
    )
