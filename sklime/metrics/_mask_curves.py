"""Curves of deletion and insertion for documents and pictures, each of which has its own parts."""

from typing import Any

import numpy as np

from sklime._base import BaseLimeExplainer
from sklime._explanations._parts import PartsExplanationBatch
from sklime.metrics._probe import check_same_outputs
from sklime.utils._random import draw_seed
from sklime.utils._types import FloatArray, RandomState

__all__ = ["judge_fill", "mask_curves"]


def judge_fill(explainer: BaseLimeExplainer, fill: Any) -> Any:
    """Return what stands in place of segments while an explanation is judged.

    Parameters
    ----------
    explainer : BaseLimeExplainer
        Explainer whose explanations are judged.

    fill : object
        As the user gave it.

    Returns
    -------
    fill : object
        A fill of pictures; `None` for explainers without fills.

    Raises
    ------
    ValueError
        If the explainer has no fill and one is given, or if both are the same.
    """
    is_auto = isinstance(fill, str) and fill == "auto"
    if not hasattr(explainer, "fill"):
        if is_auto:
            return None
        raise ValueError(
            f"fill={fill!r} is for pictures, and {type(explainer).__name__} explains none; leave "
            "it out."
        )
    own = explainer.fill
    if is_auto:
        return "mean" if isinstance(own, str) and own == "blur" else "blur"
    if isinstance(fill, str) and isinstance(own, str) and fill == own:
        raise ValueError(
            f"fill={fill!r} is also the fill of the explainer. A judge must hide segments in "
            "another way than the explanation has seen; pass another fill, or 'auto'."
        )
    return fill


def mask_curves(
    batch: PartsExplanationBatch[Any],
    explainer: BaseLimeExplainer,
    X: Any,
    *,
    inserts: bool,
    fill: Any,
    n_draws: int,
    random_state: RandomState,
) -> tuple[FloatArray, FloatArray]:
    """Return the responses while parts are taken away or put in, the most supportive first.

    Parameters
    ----------
    batch : TextExplanationBatch or ImageExplanationBatch
        Explanations.

    explainer : LimeTextExplainer or LimeImageExplainer
        The fitted explainer that made them.

    X : list of str, ndarray or list of ndarray
        The documents or pictures.

    inserts : bool
        Whether parts are put in.

    fill : object
        What stands in place of segments of pictures; `None` for documents.

    n_draws : int
        Most variants of a random fill over which answers are averaged.

    random_state : int, RandomState instance or None
        Source of random fills.

    Returns
    -------
    curves, shares : ndarray of shape (n_instances, n_parts + 1, n_outputs)
        Responses, and the shares of the instance that are taken away or put in. `n_parts` is the
        largest number of parts; instances of fewer parts are filled up with NaN. So are those
        without an explanation.
    """
    if not hasattr(explainer, "_judged"):
        raise TypeError(
            f"The batch explains {batch.noun}s; pass the explainer that made it, not a "
            f"{type(explainer).__name__}."
        )
    explainer._check_ready()
    check_same_outputs(batch, explainer)
    n_steps = 1 + max((len(one.feature_names) for one in batch), default=0)
    curves = np.full((len(batch), n_steps, len(batch.output_names)), np.nan)
    shares = curves.copy()
    columns = explainer._answers_to(batch.internals.output_index, batch.internals.opposed_index)
    judged = explainer._judged(X, batch, fill, n_draws, draw_seed(random_state))
    for row, (one, (answers_to, sizes)) in enumerate(zip(batch, judged)):
        if not np.isfinite(one.values).all():
            continue
        order = np.argsort(-one.values, axis=0, kind="stable")
        ranks, counts = np.argsort(order, axis=0), np.arange(len(sizes) + 1)
        is_first = ranks.T[:, None, :] < counts[:, None]
        masks = is_first if inserts else ~is_first
        answers = answers_to(masks.reshape(-1, len(sizes))).reshape(*masks.shape[:2], -1)
        for output, column in enumerate(columns[row]):
            curves[row, : len(counts), output] = answers[output, :, column]
            gone = np.cumsum(np.concatenate([[0.0], sizes[order[:, output]]]))
            shares[row, : len(counts), output] = gone / max(gone[-1], 1.0)
    return curves, shares
