"""Search for the settings of an explainer with scikit-learn's searches."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, ShuffleSplit

from sklime._base import BaseLimeExplainer
from sklime.metrics._scorers import Scorer, get_scorer, make_multi_scorer
from sklime.utils._sklearn import HasMethods, Interval, validate_params
from sklime.utils._types import FloatArray, RandomState
from sklime.utils._warnings import warn

__all__ = ["BestAboveFloor", "make_search"]

# Explaining a row costs thousands of model calls, so a candidate is scored on few rows: 20 in each
# of three random splits, by default.
_N_SPLITS, _N_ROWS = 3, 20

_PREFIX = "mean_test_"


class BestAboveFloor:
    """Choose the best candidate of a search among those that are stable enough.

    scikit-learn's searches take it as ``refit``. Candidates are admitted if their mean test score
    `stability` is at least `floor`. The best of them has the largest mean of the mean test scores
    `scores`. If no candidate is admitted, the most stable one is chosen, with a warning.

    Parameters
    ----------
    scores : sequence of str, default=("local_accuracy", "effects")
        Names of the scores whose mean is maximized; their scales should be alike.

    stability : str, default="jaccard_stability"
        Name of the score that has a floor.

    floor : float, default=0.8
        Smallest mean test score `stability` of an admitted candidate.

    See Also
    --------
    make_search : Returns a search that uses it.

    Examples
    --------
    >>> from sklime.metrics import BestAboveFloor
    >>> results = {
    ...     "mean_test_effects": [0.90, 0.95, 0.85],
    ...     "mean_test_jaccard_stability": [0.85, 0.60, 0.95],
    ... }
    >>> BestAboveFloor(["effects"], floor=0.8)(results)
    0
    """

    def __init__(
        self,
        scores: Sequence[str] = ("local_accuracy", "effects"),
        stability: str = "jaccard_stability",
        floor: float = 0.8,
    ) -> None:
        self.scores = scores
        self.stability = stability
        self.floor = floor

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Return the index of the chosen candidate in the results of a search."""
        means = np.mean([_mean_scores(cv_results, name) for name in self.scores], axis=0)
        stabilities = _mean_scores(cv_results, self.stability)
        # A candidate of which one fold has no score gets NaN from scikit-learn, not the best rank.
        is_defined = ~np.isnan(means) & ~np.isnan(stabilities)
        if not is_defined.any():
            raise ValueError(
                f"No candidate has all of the scores {[*self.scores, self.stability]}; is the "
                "model constant on these rows, or do all fits fail?"
            )
        is_stable = is_defined & (stabilities >= self.floor)
        if is_stable.any():
            return int(np.argmax(np.where(is_stable, means, -np.inf)))
        best = int(np.argmax(np.where(is_defined, stabilities, -np.inf)))
        warn(
            f"No candidate reaches a {self.stability} of {self.floor}; the most stable one, with "
            f"{stabilities[best]:.3g}, is taken. Raise n_perturbations or lower the floor.",
            UserWarning,
        )
        return best

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"BestAboveFloor({list(self.scores)}, {self.stability!r}, floor={self.floor})"


@validate_params(
    {
        "explainer": [BaseLimeExplainer],
        "param_grid": [dict, list, None],
        "scores": ["array-like", dict],
        "stability": [str],
        "floor": [Real],
        "n_iter": [Interval(Integral, 1, None, closed="left"), None],
        "cv": [HasMethods(["split", "get_n_splits"]), Integral, "array-like", None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def make_search(
    explainer: BaseLimeExplainer,
    param_grid: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    *,
    scores: Sequence[str] | Mapping[str, str | Scorer] = ("local_accuracy", "effects"),
    stability: str = "jaccard_stability",
    floor: float = 0.8,
    n_iter: int | None = None,
    cv: int | Iterable[Any] | Any = None,
    random_state: RandomState = 0,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> GridSearchCV | RandomizedSearchCV:
    """Return a search over the settings of an explainer that requires a stability.

    It is an ordinary `GridSearchCV`, or `RandomizedSearchCV` with `n_iter`. Its ``scoring`` comes
    from `make_multi_scorer` and its ``refit`` is a `BestAboveFloor`. If the model is fitted, all
    folds explain it unchanged and ``fit`` needs no ``y``. The tuned explainer is
    ``best_estimator_``.

    Parameters
    ----------
    explainer : BaseLimeExplainer
        Explainer, fitted or not.

    param_grid : dict or list of dict, default=None
        Candidates, as in `GridSearchCV`; with `n_iter` it may hold distributions. `None` varies
        `max_features` and, for tables, `discretizer`. It also varies `keep` if `neighborhood` is
        "anchored", and `kernel_width` (in units of the distance) if it is "shared" or "around".

    scores : sequence of str or dict of {str: str or callable}, \
            default=("local_accuracy", "effects")
        Scores whose mean is maximized; as in `make_multi_scorer`.

    stability : str, default="jaccard_stability"
        Name of the scorer that has a floor.

    floor : float, default=0.8
        Smallest mean stability of a candidate that may be chosen.

    n_iter : int, default=None
        Number of candidates to draw; `None` tries all.

    cv : int, splitter or iterable, default=None
        Folds of the training rows. The explainer learns bins and background on one part and
        explains the rows of the other. `None` explains 20 rows in each of three random splits.

    random_state : int, RandomState instance or None, default=0
        Source of the random splits of ``cv=None`` and of the candidates of `n_iter`.

    n_jobs : int, default=None
        Number of candidates and folds that run in parallel; `None` is 1.

    verbose : int, default=0
        Amount of messages that the search prints; 0 is none.

    Returns
    -------
    search : GridSearchCV or RandomizedSearchCV
        Not yet fitted.

    Raises
    ------
    ValueError
        If the scores hold "effects", which tables alone have, and the explainer takes none.

    See Also
    --------
    BestAboveFloor : Chooses the candidate.
    make_multi_scorer : Scores the candidates.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import make_search
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(20, random_state=0).fit(X, y)
    >>> explainer = LimeTabularExplainer(model, random_state=0)
    >>> search = make_search(explainer, {"keep": [0.5, 0.9]}, floor=0.5).fit(X)
    >>> search.best_params_
    {'keep': 0.9}
    >>> search.best_estimator_.explain(X[:2])
    <ExplanationBatch: 2 rows x 10 features x 1 output, exact, median fidelity 0.96>
    """
    named: dict[str, str | Scorer] = (
        dict(scores) if isinstance(scores, dict) else {name: name for name in scores}
    )
    if "effects" in map(str, named.values()) and "discretizer" not in explainer.get_params():
        raise ValueError(
            "make_search got the score 'effects', which is about the columns of tables; a "
            f"{type(explainer).__name__} has none. Use GridSearchCV with "
            "scoring=get_scorer('fidelity'), or pass other scores."
        )
    options: dict[str, Any] = {
        "scoring": make_multi_scorer({**named, stability: get_scorer(stability)}),
        "refit": BestAboveFloor(tuple(named), stability, floor),
        "cv": cv
        if cv is not None
        else ShuffleSplit(_N_SPLITS, test_size=_N_ROWS, random_state=random_state),
        "n_jobs": n_jobs,
        "verbose": verbose,
    }
    candidates = default_grid(explainer) if param_grid is None else param_grid
    if n_iter is None:
        return GridSearchCV(explainer, candidates, **options)
    return RandomizedSearchCV(
        explainer, candidates, n_iter=n_iter, random_state=random_state, **options
    )


def default_grid(explainer: BaseLimeExplainer) -> dict[str, list[Any]]:
    """Return candidates around the defaults.

    Parameters
    ----------
    explainer : BaseLimeExplainer
        Explainer.

    Returns
    -------
    param_grid : dict
        As in `GridSearchCV`.
    """
    # Explainers of texts have no bins and no neighborhood.
    parameters = explainer.get_params(deep=False)
    grid: dict[str, list[Any]] = {"max_features": [5, 10, None]}
    if "discretizer" in parameters:
        grid["discretizer"] = ["quartile", "decile", "model"]
    if parameters.get("neighborhood") == "anchored":
        grid["keep"] = [0.5, 0.75, 0.9]
    elif parameters.get("neighborhood") in ("shared", "around"):
        grid["kernel_width"] = [None, 1.0, 2.0, 4.0]
    return grid


def _mean_scores(cv_results: Mapping[str, Any], name: str) -> FloatArray:
    key = _PREFIX + name
    if key not in cv_results:
        names = sorted(key.removeprefix(_PREFIX) for key in cv_results if key.startswith(_PREFIX))
        # If the scorer fails for all candidates, scikit-learn reports one score of this name.
        why = (
            " If a scorer failed, warnings before this say why; error_score='raise' in the search "
            "shows where."
        )
        raise ValueError(
            f"The search has no score {name!r}; its scores are {names}."
            + (why if names == ["score"] else "")
        )
    return np.asarray(cv_results[key], dtype=np.float64)
