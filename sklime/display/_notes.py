"""Notes that readers of an explanation need beside its numbers, as texts without markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sklime.display._advice import advice_text, case_of, saturation_text
from sklime.display._names import name_of
from sklime.display._units import response_noun
from sklime.display._words import parts_of
from sklime.utils._text import counted
from sklime.utils._types import BoolArray, IntArray

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation

__all__ = ["Note", "advice_notes", "note_text", "notes_of"]

MAX_NAMES = 5

# If the effective number of perturbed rows is smaller, the kernel is too narrow for any weight.
FEW = 1.0

# Why a feature has no weight: of tables, of too narrow kernels, of documents and pictures.
OF_ROWS = ": nearly all copies agree on whether the rule holds. A larger n_perturbations may help."
OF_EXACT_ROWS = ": the rule holds in no training row."
OF_KERNELS = ": the copies that differ there have next to no weight. Raise kernel_width."
OF_PARTS = ": nearly all copies have them. A smaller keep may help."


class Note(NamedTuple):
    """A sentence that contains names of the user, which each display writes in its own way."""

    before: str
    names: tuple[str, ...]
    after: str
    between: str = ", "


def notes_of(explanation: BaseExplanation, index: int | None = None) -> list[Note]:
    """Return all notes on an explanation.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int, default=None
        Index of the explained output that gets advice; `None` for no advice.

    Returns
    -------
    notes : list of Note
        In this order: a predicted class whose response is not the largest; advice on a low
        fidelity; outputs whose weights are all zero because of the penalty; features without a
        weight because too few perturbed rows differ, because they are held, or because they are
        not selected; values outside of the training rows.
    """
    notes = _other_prediction(explanation)
    notes += [] if index is None else advice_notes(explanation, index)
    notes += _penalty_notes(explanation)
    thin = np.flatnonzero(explanation.internals.is_thin)
    for features, reason in _reasons_of_thin(explanation, thin):
        if features.size:
            notes.append(Note("No weight for", *_names(explanation, features, reason)))
    held = np.flatnonzero(_is_held(explanation))
    if held.size:
        notes.append(Note("Held at the value of the row:", *_names(explanation, held, ".")))
    notes += _not_selected(explanation)
    for side, word in ((1, "Above"), (-1, "Below")):
        beyond = np.flatnonzero(np.asarray(explanation.internals.out_of_range) == side)
        if beyond.size:
            begin = f"{word} all training rows in"
            notes.append(Note(begin, *_names(explanation, beyond, ".")))
    return notes


def _other_prediction(explanation: BaseExplanation) -> list[Note]:
    """Tell that the model predicts another class than that of the largest response."""
    predicted, responses = int(explanation.internals.predicted_index), explanation.responses
    if predicted < 0 or not responses[predicted] < np.nanmax(responses):
        return []
    largest = explanation.response_names[int(np.nanargmax(responses))]
    names = str(explanation.response_names[predicted]), str(largest)
    between = f"; the largest {response_noun(explanation)} is that of "
    return [Note("The model predicts", names, ".", between)]


def _reasons_of_thin(
    explanation: BaseExplanation, thin: IntArray
) -> tuple[tuple[IntArray, str], ...]:
    """Return features without evidence, with the reason."""
    if explanation.is_exact:
        # Nothing was drawn: more perturbed rows would change nothing.
        is_unknown = np.asarray(explanation.internals.background_encodings)[thin] == 0.0
        return (thin[is_unknown], OF_EXACT_ROWS), (thin[~is_unknown], OF_KERNELS)
    if explanation.effective_sample_size < FEW:
        return ((thin, OF_KERNELS),)
    return ((thin, OF_ROWS if explanation.kind == "table" else OF_PARTS),)


def _penalty_notes(explanation: BaseExplanation) -> list[Note]:
    """Name the penalty if it makes all weights zero although the responses vary."""
    penalty, is_empty = explanation.internals.settings.penalty, _is_emptied(explanation)
    if not is_empty.any():
        return []
    after = f": the penalty of {penalty} is too large for the answers of the model. Lower it."
    if is_empty.all():
        return [Note("No feature has a weight", (), after)]
    explained = explanation.explained_names()
    names = [explained[index] for index in np.flatnonzero(is_empty)]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return [Note("No weight for the outputs", tuple(map(str, names[:MAX_NAMES])), more + after)]


def _is_emptied(explanation: BaseExplanation) -> BoolArray:
    """Tell which outputs have no weight because of the penalty of the surrogate."""
    # The fidelity is NaN if the responses do not vary, and then a penalty is not to blame.
    is_empty = ~explanation.selected.any(axis=0) & np.isfinite(explanation.fidelity)
    internals = explanation.internals
    has_reason = internals.settings.penalty is not None and not np.all(internals.is_thin)
    emptied: BoolArray = is_empty & has_reason
    return emptied


def advice_notes(explanation: BaseExplanation, index: int) -> list[Note]:
    """Return a note on a saturated probability, and advice on a low fidelity.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    notes : list of Note
        None, one or both.
    """
    if _is_emptied(explanation)[index]:
        # The penalty is the reason, and `notes_of` has a note on it.
        return []
    case = case_of(explanation, index)
    head, advice = advice_text(case)
    texts = [saturation_text(case), f"{head} {advice}" if head else ""]
    return [Note(text, (), "") for text in texts if text]


def note_text(note: Note, write: Callable[[str], str] | None = None) -> str:
    """Write a note as one text.

    Parameters
    ----------
    note : Note
        The note.

    write : callable, default=None
        Function that writes a name; `None` shows strange characters by their numbers.

    Returns
    -------
    text : str
        The sentence.
    """
    names = (name_of(name).text if write is None else write(name) for name in note.names)
    listed = note.between.join(names)
    return f"{note.before} {listed}{note.after}" if listed else f"{note.before}{note.after}"


def _not_selected(explanation: BaseExplanation) -> list[Note]:
    """Name the features that are not selected, or count them if there are many."""
    # A segment has no weight, either, where the fill changes nothing.
    is_image = explanation.kind == "image"
    begin = "Not selected, or equal to the fill:" if is_image else "Not selected:"
    selected = explanation.selected.any(axis=1)
    is_left_out = ~selected & ~np.asarray(explanation.internals.is_thin) & ~_is_held(explanation)
    left_out = np.flatnonzero(is_left_out)
    if not left_out.size:
        return []
    if left_out.size <= MAX_NAMES:
        # Conditions rather than names: that of a category contains the level of this row.
        conditions = explanation.conditions
        return [Note(begin, tuple(conditions[index] for index in left_out), ".")]
    noun = parts_of(explanation).one
    count = counted(left_out.size, f"other {noun}" if selected.any() else noun)
    return [Note(begin, (count,), ".")]


def _is_held(explanation: BaseExplanation) -> BoolArray:
    """Tell which columns keep the value of the row in all perturbed rows."""
    fixed = set(explanation.internals.settings.fixed)
    return np.array([str(name) in fixed for name in explanation.feature_names], dtype=bool)


def _names(
    explanation: BaseExplanation, features: IntArray, after: str
) -> tuple[tuple[str, ...], str]:
    """Return the first names, and the end of the sentence with the number of the others."""
    names = tuple(str(explanation.feature_names[index]) for index in features[:MAX_NAMES])
    more = features.size - MAX_NAMES
    return names, f" and {more} more{after}" if more > 0 else after
