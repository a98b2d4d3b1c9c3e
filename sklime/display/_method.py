"""Words for how weights were found: exactly, or by sampling, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sklime.display._names import name_of
from sklime.utils._text import counted
from sklime.utils._types import BoolArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._settings import ExplainerSettings

__all__ = ["how_many", "method_of_batch", "method_of_one", "method_tag", "replacement_of"]

MAX_REASON_LENGTH = 300

# What the user asked for needs no reason.
_ASKED_FOR = "method="

# Where the new values of a column come from, by the name of the background.
_SOURCES = {
    "marginal": "take values like those of the training rows, each column by itself",
    "empirical": "take values of other training rows, all from the same row",
    "normal": "take values from a normal distribution of each column",
    "copula": "take values that correlate as those of the training rows do",
}

MISREAD = "the model gives other answers here, or near here, than its reading"
MISREAD_ROWS = "the model gives other answers there, or near there, than its reading"


def method_tag(explanation: BaseExplanation) -> str:
    """Return one word for the heading of an explanation.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    Returns
    -------
    tag : str
        "exact"; "sampled" where other rows are exact; else nothing, as most explanations are
        sampled, and some rows have none.
    """
    if explanation.is_exact:
        return "exact"
    is_sampled = _is_evident(explanation) and explanation.internals.settings.method == "exact"
    return "sampled" if is_sampled else ""


def method_of_one(explanation: BaseExplanation) -> list[str]:
    """Write how the weights of one row were found, in sentences.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    Returns
    -------
    sentences : list of str
        For exact weights: what was read, and where the reading was compared with the model. For
        sampled ones why they are not exact; nothing where the user asked for sampling.
    """
    settings = explanation.internals.settings
    if not explanation.is_exact and settings.method == "exact" and not _is_evident(explanation):
        return _sentence(settings.method_reason)
    if not explanation.is_exact:
        reason = MISREAD if settings.method == "exact" else settings.method_reason
        return _why_sampled(reason)
    n_checks, noun = int(explanation.n_perturbations), explanation.noun
    copies = f" and at {_copies(n_checks)} of it" if n_checks else ""
    return [
        *_sentence(settings.method_reason),
        f"The reading was compared with the model at this {noun}{copies}.",
    ]


def replacement_of(explanation: BaseExplanation | AnyBatch) -> str:
    """Write in one sentence what the changed copies of a row or document have in its place.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    sentence : str
        Empty if the explainer did not record it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklime._explanations._settings import ExplainerSettings
    >>> from sklime.display._method import replacement_of
    >>> settings = ExplainerSettings("identity", 0.75, "anchored", background="marginal")
    >>> internals = SimpleNamespace(settings=settings)
    >>> replacement_of(SimpleNamespace(kind="table", baseline="other", internals=internals))
    'Changed copies take values like those of the training rows, each column by itself; a value \
stays with probability 0.75.'
    """
    settings = explanation.internals.settings
    if explanation.kind == "text":
        kept = "" if settings.keep is None else f"; a word stays with probability {settings.keep:g}"
        return f"Changed copies lack some of the words{kept}."
    if explanation.kind == "image":
        return _filled(settings)
    is_shapley = explanation.baseline == "shapley"
    if settings.background is None or (settings.neighborhood is None and not is_shapley):
        return ""
    source = _SOURCES.get(settings.background)
    source = source or f"take values of {_shown(settings.background)}"
    if is_shapley:
        return f"Changed rows {source}."
    if settings.neighborhood == "around":
        return "Changed copies are the row with normal noise."
    if settings.neighborhood not in ("anchored", "shared"):
        return f"Changed copies are drawn by {_shown(str(settings.neighborhood))}."
    if settings.keep is not None:
        return f"Changed copies {source}; a value stays with probability {settings.keep:g}."
    return f"Changed copies {source}; they are the same for all rows."


def _filled(settings: ExplainerSettings) -> str:
    """Write what changed copies of a picture have in place of segments."""
    # Names of the user's functions may be part of it.
    fill = "filled" if settings.fill is None else f"filled with {_shown(settings.fill)}"
    kept = "" if settings.keep is None else f"; a segment stays with probability {settings.keep:g}"
    return f"Removed segments are {fill}{kept}."


def method_of_batch(batch: AnyBatch) -> list[str]:
    """Write how the weights of many rows were found, in sentences.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    sentences : list of str
        As in `method_of_one`; with the number of sampled rows if others are exact.
    """
    settings, is_exact = batch.internals.settings, batch.is_exact
    if not len(batch):
        return []
    if settings.method != "exact":
        return _why_sampled(settings.method_reason)
    sentences = _sentence(settings.method_reason)
    if is_exact.any():
        n_checks = int(np.max(batch.n_perturbations[is_exact]))
        copies = f" and at {_copies(n_checks)} of it" if n_checks else ""
        sentences.append(f"The reading was compared with the model at each {batch.noun}{copies}.")
    n_sampled = int((~is_exact & _is_evident(batch)).sum())
    if n_sampled:
        verb = "is" if n_sampled == 1 else "are"
        sentences.append(f"{counted(n_sampled, batch.noun)} {verb} sampled: {MISREAD_ROWS}.")
    return sentences


def how_many(batch: AnyBatch) -> str:
    """Write how many rows are exact, and how many copies were drawn for the others.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    text : str
        For example "exact", "1,024 perturbed copies each", or "7 exact; 1 without weights; 2 by
        1,024 perturbed copies each".
    """
    is_exact = batch.is_exact
    n_exact = int(is_exact.sum())
    if n_exact and n_exact == len(batch):
        return "exact"
    if batch.internals.settings.method == "exact":
        return _how_many_of_each(batch)
    return _copies_each(batch, ~is_exact)


def _how_many_of_each(batch: AnyBatch) -> str:
    """Write how many rows are exact, how many have no weights, and how many are sampled."""
    is_exact, is_evident = batch.is_exact, np.asarray(_is_evident(batch))
    n_exact, n_nothing = int(is_exact.sum()), int((~is_evident).sum())
    is_sampled = ~is_exact & is_evident
    parts = [f"{n_exact:,d} exact"] if n_exact else []
    parts += [f"{n_nothing:,d} without weights"] if n_nothing else []
    if is_sampled.any():
        copies = _copies_each(batch, is_sampled)
        parts.append(f"{int(is_sampled.sum()):,d} by {copies}" if parts else copies)
    return "; ".join(parts) or _copies_each(batch, is_sampled)


def _copies_each(batch: AnyBatch, rows: BoolArray) -> str:
    """Write how many copies were drawn for each of some rows."""
    counts = np.asarray(batch.n_perturbations)[rows]
    # A dict has equal ends once.
    ends = dict.fromkeys((int(counts.min()), int(counts.max()))) if counts.size else (0,)
    what = "model rows" if batch.baseline == "shapley" else "perturbed copies"
    return f"{' to '.join(f'{count:,d}' for count in ends)} {what} each"


def _is_evident(shown: AnyBatch | BaseExplanation) -> Any:
    """Tell whether anything tells the weights of a row: an answer, and weight of the kernel."""
    return np.asarray(shown.effective_sample_size) > 0.0


def _why_sampled(reason: str) -> list[str]:
    if not reason or reason.startswith(_ASKED_FOR):
        return []
    return [f"The weights are sampled, not exact: {_shown(reason)}."]


def _sentence(reason: str) -> list[str]:
    return [f"{_shown(reason)}."] if reason else []


def _shown(reason: str) -> str:
    """Write a reason, which may hold names of the user, on one line and not too long."""
    return name_of(reason.rstrip(". "), MAX_REASON_LENGTH).text


def _copies(count: int) -> str:
    return f"{count:,d} changed {'copy' if count == 1 else 'copies'}"
