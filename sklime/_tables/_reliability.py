"""Which explained rows are unreliable, and the warnings about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sklime._surrogates._evidence import MIN_EFFECTIVE_SAMPLE_SIZE
from sklime._tables._rows import ExplainedRows
from sklime._tables._shapley_walks import WalkedRows
from sklime.utils._text import listed
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray
from sklime.utils._warnings import warn

__all__ = ["Reliability", "failures", "warn_unreliable", "warn_wide"]


@dataclass(frozen=True)
class Reliability:
    """Which rows have no explanation, or one from too few perturbed rows.

    Attributes
    ----------
    has_answers : ndarray of bool of shape (n_rows,)
        Whether the model gave finite answers around the row.

    is_weak : ndarray of bool of shape (n_rows,)
        Whether a few perturbed rows have most of the weight.

    effective_sample_size : ndarray of shape (n_rows,)
        As in `ExplainedRows`.

    lacks_support : ndarray of bool of shape (n_rows,)
        Whether too few perturbed rows share the bin of some column.

    is_exact : ndarray of bool of shape (n_rows,)
        Whether nothing was sampled.

    is_misread : ndarray of bool of shape (n_rows,)
        Whether the reading of the model is not the model at the row or near it.

    unsupported : ndarray of bool of shape (n_features,)
        Columns in which rows lack support.
    """

    has_answers: BoolArray
    is_weak: BoolArray
    effective_sample_size: FloatArray
    lacks_support: BoolArray
    is_exact: BoolArray
    is_misread: BoolArray
    unsupported: BoolArray

    @classmethod
    def of(cls, result: ExplainedRows) -> Self:
        """Judge explained rows.

        Parameters
        ----------
        result : ExplainedRows
            Explained rows.

        Returns
        -------
        reliability : Reliability
            One entry per row.
        """
        # If few perturbed rows differ at all, the features without support are reported instead.
        is_weak = result.is_exact | (result.n_differing >= MIN_EFFECTIVE_SAMPLE_SIZE)
        is_weak &= result.has_answers
        is_weak &= result.effective_sample_size < MIN_EFFECTIVE_SAMPLE_SIZE
        lacking = (result.has_answers & ~is_weak)[:, None] & ~result.is_shared
        return cls(
            has_answers=result.has_answers,
            is_weak=is_weak,
            effective_sample_size=result.effective_sample_size,
            lacks_support=np.logical_or.reduce(lacking, axis=1),
            is_exact=result.is_exact,
            is_misread=result.is_misread,
            unsupported=np.logical_or.reduce(lacking, axis=0),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Concatenate the reliability of blocks of rows.

        Parameters
        ----------
        parts : sequence of Reliability
            At least one.

        Returns
        -------
        reliability : Reliability
            All rows, in this order.
        """
        names = (
            "has_answers",
            "is_weak",
            "effective_sample_size",
            "lacks_support",
            "is_exact",
            "is_misread",
        )
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
            unsupported=np.logical_or.reduce([part.unsupported for part in parts], axis=0),
        )


def warn_unreliable(
    reliability: Reliability,
    row_labels: Array,
    feature_names: Sequence[str],
    model_name: str,
    *,
    on_misread: str | None = None,
) -> None:
    """Warn of rows whose explanation is missing or unreliable.

    Parameters
    ----------
    reliability : Reliability
        Reliability of all rows.

    row_labels : ndarray of shape (n_rows,)
        Labels of the rows.

    feature_names : sequence of str
        Names of the columns.

    model_name : str
        Name of the model in messages.

    on_misread : str or None, default=None
        Sentence on what becomes of rows at which the model is not its reading; `None` for
        sampling, or no explanation.

    Raises
    ------
    ValueError
        If the model answered for no row at all.
    """
    failed, weak = ~reliability.has_answers, reliability.is_weak
    _warn_misread(reliability, row_labels, model_name, on_misread)
    failed &= ~reliability.is_misread
    if failed.size and failed.all():
        raise ValueError(
            f"{model_name} returned NaN or infinity for every row to explain, or for rows "
            "perturbed from it; check the model on these rows."
        )
    if failed.any():
        warn(
            f"{model_name} returned NaN or infinity for rows {listed(row_labels[failed])} or rows "
            "perturbed from them; their explanations are NaN.",
            RuntimeWarning,
        )
    if weak.any():
        warn(
            f"Rows {listed(row_labels[weak])} have an effective sample size below "
            f"{MIN_EFFECTIVE_SAMPLE_SIZE:.0f} perturbed rows that differ from them (the least is "
            f"{reliability.effective_sample_size[weak].min():.3g}). Their weights are unreliable. "
            "Raise kernel_width.",
            UserWarning,
        )
    _warn_unsupported(reliability, row_labels, feature_names)


def _warn_unsupported(
    reliability: Reliability, row_labels: Array, feature_names: Sequence[str]
) -> None:
    """Warn of values of explained rows that perturbed rows lack."""
    here = reliability.lacks_support
    if not here.any():
        return
    names = listed(
        [feature_names[index] for index in np.flatnonzero(reliability.unsupported).tolist()]
    )
    # Of endless perturbed rows none has such a value, so that more of them would not help.
    begin = "Use" if reliability.is_exact[here].all() else "Raise n_perturbations or use"
    warn(
        f"Too few perturbed rows share the category or bin of rows {listed(row_labels[here])} in "
        f"columns {names}; these get no weight there. {begin} neighborhood='anchored'.",
        UserWarning,
    )


def warn_wide(n_features: int, is_relevant: BoolArray | None, sizes: Sequence[IntArray]) -> None:
    """Warn of more columns that may matter than perturbed rows.

    Parameters
    ----------
    n_features : int
        Number of columns of a wide table.

    is_relevant : ndarray of bool of shape (n_features,), or None
        Columns that the answers of the model were found to depend on; `None` if that is not
        known.

    sizes : sequence of ndarray of int
        Numbers of perturbed rows of the explained rows, block by block.
    """
    n_relevant = n_features if is_relevant is None else int(is_relevant.sum())
    least = min((int(block.min()) for block in sizes if block.size), default=n_relevant)
    if n_relevant > least:
        warn(
            f"The answers of the model may depend on {n_relevant} columns, and it was called on "
            f"{least} perturbed rows per row. Columns with large effects are found; small effects "
            "cannot be told from noise, and intervals are wide. Raise n_perturbations, put columns "
            "that belong together into groups, or select columns before the model.",
            UserWarning,
        )


def _warn_misread(
    reliability: Reliability, row_labels: Array, model_name: str, on_misread: str | None
) -> None:
    """Warn of rows at which a model gives other answers than its reading."""
    here = reliability.is_misread
    if not here.any():
        return
    sampled = here & reliability.has_answers
    if on_misread is not None:
        ending = on_misread
    elif sampled.any():
        ending = "They are explained by sampling."
    else:
        ending = "Their explanations are NaN; pass method='auto' to sample such rows."
    warn(
        f"{model_name} gives other answers than its reading at rows {listed(row_labels[here])} or "
        f"near them. {ending}",
        RuntimeWarning,
    )


def failures(result: ExplainedRows | WalkedRows, model_name: str) -> ObjectArray:
    """Return the reasons why rows have no explanation.

    Parameters
    ----------
    result : ExplainedRows or WalkedRows
        Explained rows.

    model_name : str
        Name of the model in messages.

    Returns
    -------
    failures : ndarray of object of shape (n_rows,)
        `None` for a row with an explanation.
    """
    reasons = np.full(len(result.has_answers), None, dtype=object)
    reasons[~result.has_answers] = (
        f"{model_name} returned NaN or infinity for the row or rows perturbed from it."
    )
    reasons[result.is_misread & ~result.has_answers] = (
        f"{model_name} gives other answers at the row or near it than its reading, so that "
        "method='exact' is not possible there; method='auto' samples such rows."
    )
    return reasons
