"""Parameters of the explainer that an explanation stores, because advice depends on them."""

from dataclasses import dataclass
from typing import Any

__all__ = ["ExplainerSettings", "plain_choice"]


@dataclass(frozen=True)
class ExplainerSettings:
    """Parameters of the explainer that made an explanation, as plain values.

    An object in place of a name, such as a fitted discretizer, is recorded as the name of its
    class.

    Attributes
    ----------
    link : str
        Scale of the responses: "identity" or "logit".

    keep : float or None
        Probability of keeping a value or a word; `None` where the neighborhood has none.

    neighborhood : str or None
        "anchored", "shared", "around" or the name of a class; `None` for texts.

    discretizer : str or None
        How columns of numbers are cut; `None` for standard scores, and for texts.

    background : str or None
        Where replacement values come from; `None` for texts.

    penalty : str or None
        The surrogate and its penalty, where that may leave all weights at 0, as in
        ``"Lasso(alpha=1.0)"``.

    fixed : tuple of str
        Columns that are held at the value of the row.

    method : {"exact", "sampling"}
        Whether weights were computed from exact moments, or from a sample.

    method_reason : str
        Why, in words; empty where nothing is to be said.

    fill : str or None
        What stands in place of removed segments of a picture, in words.

    segmenter : str or None
        How pictures were cut: the name of a method, "labels", or the name of a function.

    pixel_range : tuple of float or None
        Smallest and largest number in the training pictures.

    Examples
    --------
    >>> from sklime._explanations._settings import ExplainerSettings
    >>> ExplainerSettings(link="identity", keep=0.75).keep
    0.75
    """

    link: str
    keep: float | None = None
    neighborhood: str | None = None
    discretizer: str | None = None
    background: str | None = None
    penalty: str | None = None
    fixed: tuple[str, ...] = ()
    method: str = "sampling"
    method_reason: str = ""
    fill: str | None = None
    segmenter: str | None = None
    pixel_range: tuple[float, float] | None = None


def plain_choice(choice: Any) -> str | None:
    """Return a choice by name; of an object the name of its class.

    Parameters
    ----------
    choice : object
        A name, `None` or an object.

    Returns
    -------
    name : str or None
        A plain value.
    """
    return choice if choice is None or isinstance(choice, str) else type(choice).__name__
