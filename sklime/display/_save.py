"""Files of explanations, by the suffix of their names."""

from io import BytesIO
from pathlib import Path

from sklime.display._files import write_atomically
from sklime.display._html import asset, render
from sklime.display._names import name_of
from sklime.display._notebook import notebook_html
from sklime.display._report import report_html

__all__ = ["save_explanation", "save_report"]

DOTS_PER_INCH = 150


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
            f"{str(path)!r} ends in {suffix!r}, which is not one of the kinds of file that "
            f"explanations are saved as: {', '.join(WRITERS)}."
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
    noun = "document" if hasattr(explanation, "document") else "row"
    title = f"LIME explanation, {noun} {name_of(explanation.row_labels).text}"
    # The element has been escaped by its own templates.
    return render(
        "page.html",
        title=title,
        style=asset("page.css"),
        body=_markup(notebook_html(explanation)),
    )


def _picture(format):
    def draw(explanation):
        import matplotlib as mpl
        from matplotlib.figure import Figure

        # A figure of its own: pyplot would keep it open, or show it.
        figure = Figure(layout="constrained")
        ax = figure.add_subplot()
        display = explanation.plot(ax=ax)
        figure.set_size_inches(*display.figure_size())
        buffer = BytesIO()
        metadata = {"Date": None} if format == "svg" else {}
        # Without a salt, ids in the file differ from call to call.
        with mpl.rc_context({"svg.hashsalt": "sklime", "svg.fonttype": "none"}):
            figure.savefig(buffer, format=format, dpi=DOTS_PER_INCH, metadata=metadata)
        return buffer.getvalue()

    return draw


def _json(explanation):
    text = explanation.to_json()
    return text if isinstance(text, str) else str(text)


def _csv(explanation):
    return explanation.to_frame().to_csv(index=False, lineterminator="\n")


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
