"""What must be said of an explanation beside its numbers: no markup here."""

from typing import NamedTuple

import numpy as np

from sklime.display._names import name_of
from sklime.utils._text import counted

__all__ = ["Note", "note_text", "notes_of"]

MAX_NAMES = 5
FEW = 1.0  # copies that differ, by their weights
OF_ROWS = ": nearly all copies agree on whether the rule holds. A larger n_perturbations may help."
OF_KERNELS = ": the copies that differ there have next to no weight. Raise kernel_width."
OF_DOCUMENTS = ": nearly all copies have them. A smaller keep may help."


class Note(NamedTuple):
    """A sentence with names in it, as the user has them."""

    before: str
    names: tuple
    after: str


def notes_of(explanation):
    """Return what a reader of the weights has to know.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    Returns
    -------
    notes : list of Note
        Features without a weight, for want of copies or because they were not selected, and
        values beyond the training rows.
    """
    notes = []
    thin = np.flatnonzero(explanation.is_thin)
    if thin.size:
        reason = OF_DOCUMENTS if hasattr(explanation, "document") else OF_ROWS
        if explanation.effective_sample_size < FEW:
            reason = OF_KERNELS
        notes.append(Note("No weight for", *_names(explanation, thin, reason)))
    notes += _not_selected(explanation)
    for side, word in ((1, "Above"), (-1, "Below")):
        beyond = np.flatnonzero(np.asarray(explanation.out_of_range) == side)
        if beyond.size:
            begin = f"{word} all training rows in"
            notes.append(Note(begin, *_names(explanation, beyond, ".")))
    return notes


def note_text(note, write=None):
    """Write a note as one text.

    Parameters
    ----------
    note : Note
        A sentence with names.

    write : callable, default=None
        From a name to how it is shown; `None` makes strange characters visible.

    Returns
    -------
    text : str
        The sentence.
    """
    names = (name_of(name).text if write is None else write(name) for name in note.names)
    return f"{note.before} {', '.join(names)}{note.after}"


def _not_selected(explanation):
    """Name what the selection left out, or count it where it is much."""
    selected = explanation.selected.any(axis=1)
    left_out = np.flatnonzero(~selected & ~np.asarray(explanation.is_thin))
    if not left_out.size:
        return []
    if left_out.size <= MAX_NAMES:
        # The rule of a category names the level of this row.
        conditions = explanation.conditions
        return [Note("Not selected:", tuple(conditions[place] for place in left_out), ".")]
    noun = "word" if hasattr(explanation, "document") else "feature"
    count = counted(left_out.size, f"other {noun}" if selected.any() else noun)
    return [Note("Not selected:", (count,), ".")]


def _names(explanation, features, after):
    """Return the first names, and how many more there are before the end of the sentence."""
    names = tuple(str(explanation.feature_names[place]) for place in features[:MAX_NAMES])
    more = features.size - MAX_NAMES
    return names, f" and {more} more{after}" if more > 0 else after
