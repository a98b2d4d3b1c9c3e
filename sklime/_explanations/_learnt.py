"""What an explainer has learnt, in words, on its way to a display."""

from typing import NamedTuple

__all__ = ["Learnt"]


class Learnt(NamedTuple):
    """What an explainer has learnt, as texts.

    Attributes
    ----------
    facts : list of (str, str)
        Names and texts.

    columns : list of (str, str, list of str)
        Name of each column, how it is divided, and its cuts or levels.
    """

    facts: list[tuple[str, str]]
    columns: list[tuple[str, str, list[str]]]

    def to_html(self) -> str:
        """Write it as static HTML for notebooks.

        Returns
        -------
        html : str
            One element that opens on a click.
        """
        from sklime.display._learnt import learnt_html

        return learnt_html(self.facts, self.columns)
