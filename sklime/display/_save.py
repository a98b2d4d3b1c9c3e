"""Write explanations to files; the suffix tells the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from sklime.display._csv import csv_text
from sklime.display._html import asset, render
from sklime.display._image_axes import LimeImageDisplay
from sklime.display._markdown import explanation_markdown
from sklime.display._names import name_of
from sklime.display._notebook import notebook_html
from sklime.display._report import report_html
from sklime.display._spreadsheet import parquet_bytes, xlsx_bytes
from sklime.display._words import words_of
from sklime.utils._files import write_atomically

if TYPE_CHECKING:
    from markupsafe import Markup

    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._images import ImageExplanation
    from sklime.display._bars import LimeExplanationDisplay

    # From an explanation, or from a batch, to the content of a file.
    Writer: TypeAlias = Callable[[BaseExplanation], str | bytes]
    BatchWriter: TypeAlias = Callable[[AnyBatch], str | bytes]

__all__ = ["page_of", "report_html", "save_batch", "save_explanation", "save_page", "save_report"]

DOTS_PER_INCH = 150

# Ids that matplotlib draws at random: the kind of a thing and ten hexadecimal digits.
_ID_DIGITS = 10
_ANY_ID = re.compile(rb"\b[A-Za-z0-9_]*[0-9a-f]{10}\b")
_RANDOM_ID = re.compile(rb'\bid="([A-Za-z0-9_]*[0-9a-f]{10})"')


def save_explanation(explanation: BaseExplanation, path: str | PathLike[str]) -> Path:
    """Write an explanation to a file.

    Parameters
    ----------
    explanation : Explanation
        The explanation to write.

    path : str or path-like
        File to write; its suffix tells the format.

    Returns
    -------
    path : pathlib.Path
        The written file.
    """
    return write_atomically(path, WRITERS[_suffix_of(path, WRITERS)](explanation))


def save_batch(batch: AnyBatch, path: str | PathLike[str], *, by: Any = None) -> Path:
    """Write a batch to a file.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to write.

    path : str or path-like
        File to write; its suffix tells the format.

    by : array-like of shape (n_rows,), default=None
        Group of each row, at most 12 groups; only reports compare groups.

    Returns
    -------
    path : pathlib.Path
        The written file.
    """
    suffix = _suffix_of(path, BATCH_WRITERS)
    if by is None:
        return write_atomically(path, BATCH_WRITERS[suffix](batch))
    if suffix != ".html":
        raise ValueError(
            f"by= compares groups in a report, which ends in .html; {str(path)!r} ends in "
            f"{suffix!r}. Leave by out, or add the groups to to_frame()."
        )
    return save_report(batch, path, by=by)


def save_page(explanation: BaseExplanation, path: str | PathLike[str]) -> Path:
    """Write the card of an explanation to a page, whatever its suffix.

    Parameters
    ----------
    explanation : Explanation
        The explanation to write.

    path : str or path-like
        File to write.

    Returns
    -------
    path : pathlib.Path
        The written file.
    """
    return write_atomically(path, page_of(explanation))


def _suffix_of(path: str | PathLike[str], known: Iterable[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in known:
        raise ValueError(
            f"{str(path)!r} ends in {suffix!r}, which is not a format of explanations; "
            f"pass a path that ends in one of {', '.join(known)}."
        )
    return suffix


def save_report(
    batch: AnyBatch,
    path: str | PathLike[str],
    *,
    title: str | None = None,
    y: Any = None,
    include_values: bool = True,
    by: Any = None,
) -> Path:
    """Write a report to a file.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to write.

    path : str or path-like
        File to write.

    title : str, default=None
        Heading of the report.

    y : array-like of shape (n_rows,), default=None
        True classes or numbers of the rows.

    include_values : bool, default=True
        Whether the values of the rows are part of the file.

    by : array-like of shape (n_rows,), default=None
        Group of each row, at most 12 groups.

    Returns
    -------
    path : pathlib.Path
        The written file.
    """
    html = report_html(batch, title=title, y=y, include_values=include_values, by=by)
    return write_atomically(path, html)


def page_of(explanation: BaseExplanation) -> str:
    """Return the HTML of notebooks as a whole page.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    Returns
    -------
    html : str
        A page that needs no network.
    """
    label = name_of(explanation.row_label).text
    return render(
        "page.html",
        title=f"{words_of(explanation).heading}, {explanation.noun} {label}",
        style=asset("page.css"),
        # The element has been escaped by its own templates.
        body=_markup(notebook_html(explanation, heading="h1")),
    )


def _picture(format: Literal["pdf", "png", "svg"]) -> Writer:
    def draw(explanation: BaseExplanation) -> bytes:
        from matplotlib.figure import Figure

        # Without pyplot, which would keep the figure open or show it.
        figure = Figure(layout="constrained")
        if explanation.kind == "image":
            figure = Figure()
            LimeImageDisplay.from_explanation(cast("ImageExplanation", explanation), figure=figure)
        else:
            display = cast("LimeExplanationDisplay", explanation.plot(ax=figure.add_subplot()))
            figure.set_size_inches(*display.figure_size())
        buffer = BytesIO()
        # The date would differ from call to call.
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[format]
        figure.savefig(buffer, format=format, dpi=DOTS_PER_INCH, metadata=metadata)
        picture = buffer.getvalue()
        return _with_counted_ids(picture) if format == "svg" else picture

    return draw


def _with_counted_ids(svg: bytes) -> bytes:
    """Replace random ids by numbers, so that the same explanation gives the same file.

    Matplotlib's setting for that, ``svg.hashsalt``, would change for all threads.
    """
    ids = dict.fromkeys(_RANDOM_ID.findall(svg))
    numbers = {name: b"%s%d" % (name[:-_ID_DIGITS], index) for index, name in enumerate(ids)}
    return _ANY_ID.sub(lambda match: numbers.get(match[0], match[0]), svg)


def _json(explanation: BaseExplanation | AnyBatch) -> str:
    return str(explanation.to_json())


def _csv(explanation: BaseExplanation | AnyBatch) -> str:
    return csv_text(explanation.to_frame())


def _markup(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)


WRITERS: dict[str, Writer] = {
    ".html": page_of,
    ".png": _picture("png"),
    ".svg": _picture("svg"),
    ".pdf": _picture("pdf"),
    ".md": explanation_markdown,
    ".json": _json,
    ".csv": _csv,
}

BATCH_WRITERS: dict[str, BatchWriter] = {
    ".html": report_html,
    ".csv": _csv,
    ".parquet": lambda batch: parquet_bytes(batch.to_frame()),
    ".json": _json,
    ".xlsx": lambda batch: xlsx_bytes(batch.to_frame()),
}
