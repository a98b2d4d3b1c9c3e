"""What the explainer of tables has learnt, in words."""

from collections.abc import Iterable, Sequence

from sklime._tables._encoding import TabularEncoder

__all__ = ["columns_in_words"]


def columns_in_words(
    names: Sequence[str], encoder: TabularEncoder
) -> list[tuple[str, str, list[str]]]:
    """Describe how each feature is divided.

    Parameters
    ----------
    names : sequence of str
        Names of the features.

    encoder : TabularEncoder
        Bins, levels and standard scores.

    Returns
    -------
    columns : list of (str, str, list of str)
        Name, kind of division, and cuts or levels.
    """
    return [
        (name, *_division(None if cuts is None else texts, levels, can_change))
        for name, cuts, texts, levels, can_change in zip(
            names,
            encoder.cuts,
            encoder.written_edges.texts,
            encoder.levels,
            encoder.can_change.tolist(),
        )
    ]


def _division(
    cuts: Sequence[str] | None, levels: Iterable[object] | None, can_change: bool
) -> tuple[str, list[str]]:
    if not can_change:
        return "nothing: it keeps the value of the row", []
    if levels is not None:
        return "levels", [str(level) for level in levels]
    if cuts is None:
        return "nothing: weights are per standard deviation", []
    return ("bins", list(cuts)) if cuts else ("nothing: it has one bin", [])
