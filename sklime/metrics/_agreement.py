"""Agreement of explanations with Shapley values, or of two batches with each other."""

from typing import Any

import numpy as np

from sklime._base import BaseLimeExplainer
from sklime._explanations._explanation import ExplanationBatch
from sklime._tables._explainer import LimeTabularExplainer
from sklime.metrics._averages import AVERAGE, BATCH, Average, averaged, contributions
from sklime.metrics._correlations import METHOD, Method, row_correlations
from sklime.metrics._probe import check_tabular
from sklime.utils._sklearn import validate_params
from sklime.utils._types import FloatArray

__all__ = ["agreement_score", "shapley_agreement_score"]


@validate_params(
    {**BATCH, "reference": [ExplanationBatch], **METHOD, **AVERAGE},
    prefer_skip_nested_validation=True,
)
def agreement_score(
    batch: ExplanationBatch,
    reference: ExplanationBatch,
    *,
    method: Method = "both",
    average: Average = "mean",
) -> float | FloatArray:
    """Return the correlation of the contributions of two batches.

    The correlation goes over the features of a row. A contribution is the weight times the
    encoding of the row. Features that neither batch could change (``fixed``) are left out.

    Parameters
    ----------
    batch, reference : ExplanationBatch
        Explanations of the same rows, features and outputs, made in different ways.

    method : {"both", "spearman", "pearson"}, default="both"
        Correlation of ranks ("spearman"), linear correlation ("pearson"), or the mean of the
        two. Ranks depend much on the many features with little effect, linear correlation on
        the few strongest.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From -1 to 1, more is better. 0 where all contributions of `batch` are equal and those of
        `reference` are not. NaN where those of `reference` are equal, or where a row has no
        explanation.

    Raises
    ------
    ValueError
        If the batches do not explain the same rows, features and outputs.

    See Also
    --------
    shapley_agreement_score : Compares with the Shapley values of the explainer.
    rank_stability_score : Compares runs with other seeds.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import agreement_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> quartiles = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> deciles = LimeTabularExplainer(Ridge(), discretizer="decile", random_state=0).fit(X, y)
    >>> round(agreement_score(quartiles.explain(X[:5]), deciles.explain(X[:5])), 2)
    0.99
    """
    _check_same_rows(batch, reference)
    held = set(batch.internals.settings.fixed) & set(reference.internals.settings.fixed)
    is_free = np.array([str(name) not in held for name in batch.feature_names], dtype=bool)
    shown, wanted = contributions(batch)[:, is_free], contributions(reference)[:, is_free]
    return averaged(row_correlations(shown, wanted, method), average)


@validate_params(
    {**BATCH, "explainer": [BaseLimeExplainer], "X": "no_validation", **METHOD, **AVERAGE},
    prefer_skip_nested_validation=True,
)
def shapley_agreement_score(
    batch: ExplanationBatch,
    explainer: LimeTabularExplainer,
    X: Any,
    *,
    method: Method = "both",
    average: Average = "mean",
) -> float | FloatArray:
    """Return the correlation of contributions with Shapley values.

    `agreement_score` of the explanations and of ``explainer.shapley(X)``.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them. Its model is called on `n_perturbations` rows for
        each row, and its background replaces values.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    method : {"both", "spearman", "pearson"}, default="both"
        As in `agreement_score`.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From -1 to 1, more is better. Where Shapley values are sampled, their noise lowers it.

    See Also
    --------
    effects_agreement_score : Compares with the effects of one feature at a time.
    sklime.LimeTabularExplainer.shapley : The values.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import shapley_agreement_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> round(shapley_agreement_score(explainer.explain(X[:5]), explainer, X[:5]), 2)
    0.99
    """
    check_tabular(explainer)
    return agreement_score(batch, explainer.shapley(X), method=method, average=average)


def _check_same_rows(batch: ExplanationBatch, reference: ExplanationBatch) -> None:
    """Check that two batches have the same rows, features and outputs."""
    facts = {
        "numbers of rows": (len(batch), len(reference)),
        "features": (batch.feature_names, reference.feature_names),
        "outputs": (batch.output_names, reference.output_names),
    }
    for name, (first, other) in facts.items():
        if first != other:
            raise ValueError(
                f"The batches have different {name}: {first!r} and {other!r}. Agreement needs "
                "explanations of the same rows, features and outputs."
            )
