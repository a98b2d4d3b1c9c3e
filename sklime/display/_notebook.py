"""Explanations in notebooks: static HTML without scripts, beside plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sklearn import get_config

from sklime.display._html import asset, render
from sklime.display._names import name_of
from sklime.display._pairs import pair_line
from sklime.display._picture_view import picture_view
from sklime.display._summary import batch_view
from sklime.display._types import View
from sklime.display._view import explanation_view, main_output_index
from sklime.display._what_if import is_what_if, what_if_view

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation

__all__ = ["mime_bundle", "notebook_html"]

MAX_FEATURES = 10

# Of the card of a picture as a whole, and of the captions of its two pictures.
MAX_BYTES, CAPTIONS = 60_500, 3_000


def notebook_html(result: BaseExplanation | AnyBatch, *, heading: str = "div") -> str:
    """Return an explanation or a batch as static HTML.

    Parameters
    ----------
    result : Explanation or ExplanationBatch
        The explanation or explanations to show.

    heading : str, default="div"
        Element of the title. In a notebook it is no heading, to leave the outline unchanged.

    Returns
    -------
    html : str
        One element that can be read without scripts, network and style sheets.
    """
    # Some viewers of notebooks remove it: whatever matters is in style attributes.
    style = asset("notebook.css")
    if isinstance(result, Sequence):
        if is_what_if(result):
            return render("what_if.html", view=what_if_view(result, MAX_FEATURES), style=style)
        return render("batch.html", view=batch_view(result), style=style)
    view = explanation_view(result, MAX_FEATURES)
    view |= {"pair": None if view["failure"] else _pair(result), "picture": None}
    html = render("explanation.html", view=view, style=style, heading=heading)
    if result.kind != "image" or view["failure"]:
        return html
    # What the texts leave is for the two pictures.
    room = MAX_BYTES - len(html.encode()) - CAPTIONS
    index, rows = main_output_index(result), view["tables"][0]["rows"]
    numbered = [row["part"] for row in rows if result.values[row["part"], index]]
    view["picture"] = picture_view(result, index, numbered, room)
    return render("explanation.html", view=view, style=style, heading=heading)


def _pair(explanation: BaseExplanation) -> View | None:
    """Return the strongest pair of the main output, if it matters."""
    line = pair_line(explanation, main_output_index(explanation))
    if line is None:
        return None
    return line._asdict() | {"names": [name_of(name) for name in line.names]}


def mime_bundle(result: BaseExplanation | AnyBatch) -> dict[str, str]:
    """Return an explanation in all formats that a front end may choose from.

    Parameters
    ----------
    result : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    bundle : dict
        ``text/plain``, and ``text/html`` unless ``sklearn.set_config(display="text")``.
    """
    bundle = {"text/plain": repr(result)}
    if get_config()["display"] != "text":
        bundle["text/html"] = notebook_html(result)
    return bundle
