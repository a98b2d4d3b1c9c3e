"""What must be said of an explanation beside its numbers: no markup here."""

from typing import NamedTuple

import numpy as np

from sklime.display._advice import advice_text, case_of, saturation_text
from sklime.display._names import name_of
from sklime.utils._text import counted

__all__ = ["Note", "advice_notes", "note_text", "notes_of"]

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


def notes_of(explanation, index=None):
    """Return what a reader of the weights has to know.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    index : int, default=None
        Which of the explained outputs is advised on; `None` for none.

    Returns
    -------
    notes : list of Note
        What may raise a low fidelity, features without a weight for want of copies, because they
        are held or were not selected, values beyond the training rows, and outputs of which the
        surrogate has kept nothing.
    """
    notes = [] if index is None else advice_notes(explanation, index)
    notes += _penalty_notes(explanation)
    thin = np.flatnonzero(explanation.is_thin)
    if thin.size:
        reason = OF_DOCUMENTS if hasattr(explanation, "document") else OF_ROWS
        if explanation.effective_sample_size < FEW:
            reason = OF_KERNELS
        notes.append(Note("No weight for", *_names(explanation, thin, reason)))
    held = np.flatnonzero(_is_held(explanation))
    if held.size:
        notes.append(Note("Held at the value of the row:", *_names(explanation, held, ".")))
    notes += _not_selected(explanation)
    for side, word in ((1, "Above"), (-1, "Below")):
        beyond = np.flatnonzero(np.asarray(explanation.out_of_range) == side)
        if beyond.size:
            begin = f"{word} all training rows in"
            notes.append(Note(begin, *_names(explanation, beyond, ".")))
    return notes


def _penalty_notes(explanation):
    """Name the penalty that leaves no weight where the answers of the model vary."""
    penalty, is_empty = explanation.settings.penalty, _is_emptied(explanation)
    if not is_empty.any():
        return []
    after = f": the penalty of {penalty} is too large for the answers of the model. Lower it."
    if is_empty.all():
        return [Note("No feature has a weight", (), after)]
    explained = explanation.explained_names()
    names = [explained[index] for index in np.flatnonzero(is_empty)]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return [Note("No weight for the outputs", tuple(map(str, names[:MAX_NAMES])), more + after)]


def _is_emptied(explanation):
    """Tell which outputs have no weight left by the penalty of the surrogate."""
    is_empty = ~explanation.selected.any(axis=0) & np.isfinite(explanation.fidelity)
    has_reason = explanation.settings.penalty is not None and not np.all(explanation.is_thin)
    return is_empty & has_reason


def advice_notes(explanation, index):
    """Return what may raise a low fidelity, and what else the scale hides.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    index : int
        Which of the explained outputs.

    Returns
    -------
    notes : list of Note
        At most one of each.
    """
    if _is_emptied(explanation)[index]:
        # The penalty is to blame, which has a note of its own.
        return []
    case = case_of(explanation, index)
    head, advice = advice_text(case)
    texts = [saturation_text(case), f"{head} {advice}" if head else ""]
    return [Note(text, (), "") for text in texts if text]


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
    listed = ", ".join(names)
    return f"{note.before} {listed}{note.after}" if listed else f"{note.before}{note.after}"


def _not_selected(explanation):
    """Name what the selection left out, or count it where it is much."""
    selected = explanation.selected.any(axis=1)
    is_left_out = ~selected & ~np.asarray(explanation.is_thin) & ~_is_held(explanation)
    left_out = np.flatnonzero(is_left_out)
    if not left_out.size:
        return []
    if left_out.size <= MAX_NAMES:
        # The rule of a category names the level of this row.
        conditions = explanation.conditions
        return [Note("Not selected:", tuple(conditions[index] for index in left_out), ".")]
    noun = "word" if hasattr(explanation, "document") else "feature"
    count = counted(left_out.size, f"other {noun}" if selected.any() else noun)
    return [Note("Not selected:", (count,), ".")]


def _is_held(explanation):
    """Tell which columns keep the value of the row in every copy."""
    fixed = set(explanation.settings.fixed)
    return np.array([str(name) in fixed for name in explanation.feature_names], dtype=bool)


def _names(explanation, features, after):
    """Return the first names, and how many more there are before the end of the sentence."""
    names = tuple(str(explanation.feature_names[index]) for index in features[:MAX_NAMES])
    more = features.size - MAX_NAMES
    return names, f" and {more} more{after}" if more > 0 else after
