"""What `fit` has learnt, below scikit-learn's own view of an explainer in notebooks."""

from __future__ import annotations

from sklime.display._html import render
from sklime.display._names import middle_cut, name_of, visible

__all__ = ["learnt_html"]

# Columns, and cuts or levels of a column, that are listed.
MAX_COLUMNS, MAX_ITEMS = 50, 8
MAX_TEXT_LENGTH = 300


def learnt_html(facts: list[tuple[str, str]], columns: list[tuple[str, str, list[str]]]) -> str:
    """Write what `fit` has learnt as static HTML.

    Parameters
    ----------
    facts : list of (str, str)
        Names and texts.

    columns : list of (str, str, list of str)
        Name of each column, how it is divided, and its cuts or levels.

    Returns
    -------
    html : str
        One element that opens on a click, without scripts. Names and levels are escaped.
    """
    return render(
        "learnt.html",
        facts=[(name, middle_cut(visible(text), MAX_TEXT_LENGTH)) for name, text in facts],
        columns=[_shown(*column) for column in columns[:MAX_COLUMNS]],
        n_more=max(0, len(columns) - MAX_COLUMNS),
    )


def _shown(name: str, kind: str, items: list[str]) -> tuple[str, str, str]:
    texts = [name_of(item).text for item in items[:MAX_ITEMS]]
    more = f" and {len(items) - MAX_ITEMS} more" if len(items) > MAX_ITEMS else ""
    # Levels of a group have commas themselves.
    return name_of(name).text, kind, ("; " if kind == "levels" else ", ").join(texts) + more
