"""Files of explanations, by the suffix of their names."""

import re
from io import BytesIO
from pathlib import Path

from sklime.display._csv import csv_text
from sklime.display._html import asset, render
from sklime.display._names import name_of
from sklime.display._notebook import notebook_html
from sklime.display._report import report_html
from sklime.display._view import is_text
from sklime.utils._files import write_atomically

__all__ = ["save_explanation", "save_report"]

DOTS_PER_INCH = 150

# A kind (clip path, hatch, marker, image; or the number of a collection) and ten random digits.
_ID_DIGITS = 10
_ANY_ID = re.compile(rb"\b[A-Za-z0-9_]*[0-9a-f]{10}\b")
_RANDOM_ID = re.compile(rb'\bid="([A-Za-z0-9_]*[0-9a-f]{10})"')


def save_explanation(explanation, path):
    """Write an explanation to a file.

    Parameters
    ----------
    explanation : Explanation
        What to write.

    path : str or path-like
        Where; its suffix says what.

    Returns
    -------
    path : pathlib.Path
        Where it was written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise ValueError(
            f"{str(path)!r} ends in {suffix!r}, which is no kind of file that explanations are "
            f"saved as; pass a path that ends in one of {', '.join(WRITERS)}."
        )
    return write_atomically(path, WRITERS[suffix](explanation))


def save_report(batch, path, *, title=None, y=None, include_values=True):
    """Write a report to a file.

    Parameters
    ----------
    batch : ExplanationBatch
        What to write.

    path : str or path-like
        Where.

    title : str, default=None
        Heading of the report.

    y : array-like of shape (n_rows,), default=None
        What the model should have said.

    include_values : bool, default=True
        Whether the values of the rows are part of the file.

    Returns
    -------
    path : pathlib.Path
        Where it was written.
    """
    html = report_html(batch, title=title, y=y, include_values=include_values)
    return write_atomically(path, html)


def _page(explanation):
    """Return the notebook's element as a page of its own."""
    noun = "document" if is_text(explanation) else "row"
    return render(
        "page.html",
        title=f"LIME explanation, {noun} {name_of(explanation.row_labels).text}",
        style=asset("page.css"),
        # The element has been escaped by its own templates.
        body=_markup(notebook_html(explanation, heading="h1")),
    )


def _picture(format):
    def draw(explanation):
        from matplotlib.figure import Figure

        # A figure of its own: pyplot would keep it open, or show it.
        figure = Figure(layout="constrained")
        display = explanation.plot(ax=figure.add_subplot())
        figure.set_size_inches(*display.figure_size())
        buffer = BytesIO()
        metadata = {"Date": None} if format == "svg" else {}
        figure.savefig(buffer, format=format, dpi=DOTS_PER_INCH, metadata=metadata)
        picture = buffer.getvalue()
        return _with_counted_ids(picture) if format == "svg" else picture

    return draw


def _with_counted_ids(svg):
    """Give numbers to the ids that matplotlib draws at random, the same in each call.

    Its setting for that belongs to the whole process, and so to the other threads.
    """
    ids = dict.fromkeys(_RANDOM_ID.findall(svg))
    numbers = {name: b"%s%d" % (name[:-_ID_DIGITS], index) for index, name in enumerate(ids)}
    return _ANY_ID.sub(lambda found: numbers.get(found[0], found[0]), svg)


def _json(explanation):
    return explanation.to_json()


def _csv(explanation):
    return csv_text(explanation.to_frame())


def _markup(text):
    from markupsafe import Markup

    return Markup(text)


WRITERS = {
    ".html": _page,
    ".png": _picture("png"),
    ".svg": _picture("svg"),
    ".json": _json,
    ".csv": _csv,
}
