"""What a notebook shows of explanations: static HTML without scripts, beside plain text."""

from collections.abc import Sequence

from sklearn import get_config

from sklime.display._html import asset, render
from sklime.display._summary import batch_view
from sklime.display._view import explanation_view

__all__ = ["mime_bundle", "notebook_html"]

MAX_FEATURES = 10


def notebook_html(result, *, heading="div"):
    """Return an explanation or a batch as static HTML.

    Parameters
    ----------
    result : Explanation or ExplanationBatch
        What is shown.

    heading : str, default="div"
        Element of the title: a notebook has headings of its own.

    Returns
    -------
    html : str
        One element that needs no script, no network and no style sheet to be read.
    """
    style = asset("notebook.css")
    if isinstance(result, Sequence):
        return render("batch.html", view=batch_view(result), style=style)
    view = explanation_view(result, MAX_FEATURES)
    return render("explanation.html", view=view, style=style, heading=heading)


def mime_bundle(result):
    """Return what a front end may choose from.

    Parameters
    ----------
    result : Explanation or ExplanationBatch
        What is shown.

    Returns
    -------
    bundle : dict
        ``text/plain``, and ``text/html`` unless ``sklearn.set_config(display="text")``.
    """
    bundle = {"text/plain": repr(result)}
    if get_config()["display"] != "text":
        bundle["text/html"] = notebook_html(result)
    return bundle
