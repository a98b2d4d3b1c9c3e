"""Scorers: metrics in the form that scikit-learn's searches take as ``scoring``."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from sklime._base import BaseLimeExplainer
from sklime._explanations._base import AnyBatch
from sklime.metrics._agreement import shapley_agreement_score
from sklime.metrics._complexity import effective_n_features, n_nonzero_weights
from sklime.metrics._faithfulness import (
    deletion_score,
    effects_agreement_score,
    infidelity,
    insertion_score,
    max_sensitivity,
)
from sklime.metrics._fidelity import fidelity_score, local_accuracy_score, local_gap
from sklime.metrics._stability import (
    coefficients_stability_index,
    jaccard_stability_score,
    rank_stability_score,
    selection_frequency,
    variables_stability_index,
)
from sklime.utils._sklearn import Interval, validate_params

__all__ = [
    "explain_repeatedly",
    "get_scorer",
    "get_scorer_names",
    "make_multi_scorer",
]


# Called as ``scorer(explainer, X, y=None)``: what scikit-learn makes of a scorer.
Scorer: TypeAlias = Callable[..., Any]


class _Metric(NamedTuple):
    """A metric and the sign that makes more of it better.

    `call` takes explanations, explainer, rows and options.
    """

    call: Callable[..., Any]
    sign: int = 1
    options: Mapping[str, Any] = MappingProxyType({})


def _without_model(metric: Callable[..., Any]) -> Callable[..., Any]:
    """Give a metric of explanations alone the signature of those that need the model."""
    return lambda batch, explainer, X, **options: metric(batch, **options)


def _repeated_csi(
    batch: AnyBatch,
    explainer: BaseLimeExplainer,
    X: Any,
    n_repeats: int = 3,
    **options: Any,
) -> Any:
    runs = [batch, *explain_repeatedly(explainer, X, n_repeats - 1)]
    return coefficients_stability_index(runs, **options)


_METRICS: dict[str, _Metric] = {
    "fidelity": _Metric(_without_model(fidelity_score)),
    "local_accuracy": _Metric(_without_model(local_accuracy_score)),
    "neg_local_gap": _Metric(_without_model(local_gap), -1),
    "selection_frequency": _Metric(_without_model(selection_frequency)),
    "jaccard_stability": _Metric(_without_model(jaccard_stability_score)),
    "rank_stability": _Metric(_without_model(rank_stability_score)),
    "variables_stability": _Metric(_without_model(variables_stability_index)),
    "coefficients_stability": _Metric(_repeated_csi),
    "effects": _Metric(effects_agreement_score),
    "effects_spearman": _Metric(effects_agreement_score, 1, {"method": "spearman"}),
    "effects_pearson": _Metric(effects_agreement_score, 1, {"method": "pearson"}),
    "shapley": _Metric(shapley_agreement_score),
    "shapley_spearman": _Metric(shapley_agreement_score, 1, {"method": "spearman"}),
    "shapley_pearson": _Metric(shapley_agreement_score, 1, {"method": "pearson"}),
    "insertion": _Metric(insertion_score),
    "neg_deletion": _Metric(deletion_score, -1),
    "neg_infidelity": _Metric(infidelity, -1),
    "neg_max_sensitivity": _Metric(max_sensitivity, -1),
    "neg_n_nonzero_weights": _Metric(_without_model(n_nonzero_weights), -1),
    "neg_effective_n_features": _Metric(_without_model(effective_n_features), -1),
}


class _ExplanationScorer:
    """Score an explainer by one metric of its explanations."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self.name = name
        self.options = options

    def __call__(self, explainer: BaseLimeExplainer, X: Any, y: Any = None) -> Any:
        """Explain rows and score the explanations; `y` is ignored."""
        return self.of_batch(explainer.explain(X), explainer, X)

    def of_batch(self, batch: AnyBatch, explainer: BaseLimeExplainer, X: Any) -> Any:
        """Score explanations of the rows, without explaining them again."""
        metric = _METRICS[self.name]
        options = {**metric.options, **self.options}
        return metric.sign * metric.call(batch, explainer, X, **options)

    def __repr__(self) -> str:
        """Return the call that makes it."""
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"get_scorer({self.name!r}{options})"


class _MultiScorer:
    """Score an explainer by several metrics of the same explanations."""

    def __init__(self, scorers: dict[str, Scorer]) -> None:
        self.scorers = scorers

    def __call__(self, explainer: BaseLimeExplainer, X: Any, y: Any = None) -> dict[str, Any]:
        """Explain rows once, and return a dict of scores; `y` is ignored."""
        batch = explainer.explain(X)
        return {
            name: scorer.of_batch(batch, explainer, X)
            if isinstance(scorer, _ExplanationScorer)
            else scorer(explainer, X, y)
            for name, scorer in self.scorers.items()
        }

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"make_multi_scorer({self.scorers!r})"


def get_scorer_names() -> list[str]:
    """Return the names of all scorers.

    Returns
    -------
    names : list of str
        Names that `get_scorer` takes. More is always better. If less of a metric is better, its
        score is the negative metric, and the name begins with ``neg_``.

    See Also
    --------
    get_scorer : Returns the scorer with such a name.

    Examples
    --------
    >>> from sklime.metrics import get_scorer_names
    >>> get_scorer_names()[:3]
    ['coefficients_stability', 'effects', 'effects_pearson']
    """
    return sorted(_METRICS)


def get_scorer(scoring: str | Scorer, **options: Any) -> Scorer:
    """Return a scorer of explainers.

    Scorers are called as ``scorer(explainer, X, y=None)``. scikit-learn's searches and
    cross-validation take them as ``scoring``, alone or several in a dict. Each scorer explains
    the rows again; use `make_multi_scorer` to explain them once for several scores.

    Parameters
    ----------
    scoring : str or callable
        A name of `get_scorer_names`; a callable is returned unchanged.

    **options : dict
        Options of the metric, such as ``n_top=3``. "coefficients_stability" also takes
        ``n_repeats``, the number of runs that it compares, 3 by default.

    Returns
    -------
    scorer : callable
        More is better; NaN where the score is not defined.

    See Also
    --------
    make_multi_scorer : Computes several scores from the same explanations.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import get_scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge().fit(X, y), random_state=0)
    >>> scorer = get_scorer("jaccard_stability", n_top=3)
    >>> cross_val_score(explainer, X[:60], scoring=scorer, cv=3).shape
    (3,)
    """
    if callable(scoring):
        if options:
            raise ValueError(
                f"Options {sorted(options)} go with the name of a scorer, not with a callable."
            )
        return scoring
    if scoring not in _METRICS:
        raise ValueError(
            f"{scoring!r} is not the name of a scorer; pass one of {get_scorer_names()}."
        )
    return _ExplanationScorer(scoring, options)


def make_multi_scorer(scoring: Sequence[str] | Mapping[str, str | Scorer]) -> Scorer:
    """Return a scorer that computes several scores from the same explanations.

    The rows are explained once for all scores. A dict of scorers would explain them once for
    each score.

    Parameters
    ----------
    scoring : sequence of str, or dict of {str: str or callable}
        Names of `get_scorer_names`; or a dict from the names of the scores to their scorers.

    Returns
    -------
    scorer : callable
        Called as ``scorer(explainer, X, y=None)``, it returns a dict of scores.
        scikit-learn's searches and cross-validation read it as several metrics.

    See Also
    --------
    get_scorer : Returns a scorer for one score.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import cross_validate
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import make_multi_scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge().fit(X, y), random_state=0)
    >>> scorer = make_multi_scorer(["local_accuracy", "jaccard_stability"])
    >>> sorted(cross_validate(explainer, X[:60], scoring=scorer, cv=3))
    ['fit_time', 'score_time', 'test_jaccard_stability', 'test_local_accuracy']
    """
    if isinstance(scoring, str):
        raise TypeError(
            f"make_multi_scorer takes several names; got one, {scoring!r}: pass it to get_scorer."
        )
    # A plain string is a sequence of strings as well, hence the check above.
    named: Mapping[str, str | Scorer] = (
        scoring if isinstance(scoring, dict) else {name: name for name in scoring}
    )
    return _MultiScorer({name: get_scorer(scorer) for name, scorer in named.items()})


@validate_params(
    {
        "explainer": [BaseLimeExplainer],
        "X": "no_validation",
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def explain_repeatedly(explainer: BaseLimeExplainer, X: Any, n_repeats: int = 3) -> list[AnyBatch]:
    """Explain rows as explainers with other seeds would.

    Bins and background are those of the explainer; only the perturbed rows, or the masks of
    documents, are drawn anew. The metrics of stability compare these runs, while for a single
    batch they predict other runs from its replicates.

    Parameters
    ----------
    explainer : LimeTabularExplainer or LimeTextExplainer
        Fitted explainer.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features), or list of str
        The rows or documents.

    n_repeats : int, default=3
        Number of runs, at least 1. Their seeds are derived from the seed of the explainer.

    Returns
    -------
    batches : list of ExplanationBatch
        Explanations of the rows by each run.

    See Also
    --------
    jaccard_stability_score : Compares such runs.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import explain_repeatedly, jaccard_stability_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(10, random_state=0).fit(X, y)
    >>> settings = {"method": "sampling", "n_perturbations": 256, "random_state": 0}
    >>> explainer = LimeTabularExplainer(model, **settings).fit(X)
    >>> round(jaccard_stability_score(explain_repeatedly(explainer, X[:5])), 2)
    0.62
    """
    if not hasattr(explainer, "_with_seed"):
        raise TypeError(f"{type(explainer).__name__} has no perturbed rows to draw anew.")
    explainer._check_ready()
    seeds = np.random.SeedSequence(explainer._seed).generate_state(n_repeats)
    # Seeds are below 2**31, like those that `draw_seed` returns.
    return [explainer._with_seed(int(seed >> 1)).explain(X) for seed in seeds]
