"""Tune an explainer with scikit-learn's own search."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, ShuffleSplit

from sklime._base import BaseLimeExplainer
from sklime.metrics._scorers import get_scorer, make_multi_scorer
from sklime.utils._sklearn import HasMethods, Interval, validate_params

__all__ = ["BestAboveFloor", "make_search"]

# Rows that each of the splits explains, unless said otherwise: a candidate costs as much as
# explaining this many rows three times.
_N_SPLITS, _N_ROWS = 3, 20


class BestAboveFloor:
    """Choose the best candidate of a search among those that are stable enough.

    What a search of scikit-learn takes as ``refit``. The best candidate has the largest mean of
    the mean test scores `scores`, among those whose mean test score `stability` is at least
    `floor`. If there is none, the most stable candidate is chosen and a warning says so.

    Parameters
    ----------
    scores : sequence of str, default=("local_accuracy", "effects")
        Names of the scores to maximize; their scales should be alike.

    stability : str, default="jaccard_stability"
        Name of the score that has a floor.

    floor : float, default=0.8
        Least stability, in the scale of that score.

    See Also
    --------
    make_search : A search that chooses so.

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
        scores=("local_accuracy", "effects"),
        stability="jaccard_stability",
        floor=0.8,
    ):
        self.scores = scores
        self.stability = stability
        self.floor = floor

    def __call__(self, cv_results):
        """Return the index of the chosen candidate in the results of a search."""
        merits = np.mean([_mean_scores(cv_results, name) for name in self.scores], axis=0)
        stabilities = _mean_scores(cv_results, self.stability)
        is_defined = ~np.isnan(merits) & ~np.isnan(stabilities)
        if not is_defined.any():
            raise ValueError(
                f"No candidate has all of the scores {[*self.scores, self.stability]}; is the "
                "model constant on these rows, or do all fits fail?"
            )
        is_stable = is_defined & (stabilities >= self.floor)
        if is_stable.any():
            return int(np.argmax(np.where(is_stable, merits, -np.inf)))
        best = int(np.argmax(np.where(is_defined, stabilities, -np.inf)))
        warnings.warn(
            f"No candidate reaches a {self.stability} of {self.floor}; the most stable one, with "
            f"{stabilities[best]:.3g}, is taken. Raise n_perturbations or lower the floor.",
            UserWarning,
            stacklevel=2,
        )
        return best

    def __repr__(self):
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
    explainer,
    param_grid=None,
    *,
    scores=("local_accuracy", "effects"),
    stability="jaccard_stability",
    floor=0.8,
    n_iter=None,
    cv=None,
    random_state=0,
    n_jobs=None,
    verbose=0,
):
    """Return a search over the settings of an explainer, under a floor of stability.

    A `GridSearchCV` (or `RandomizedSearchCV`) with the scorers of this module and with
    `BestAboveFloor` as its ``refit``: nothing else, so that whatever scikit-learn says about its
    searches holds. A fitted model is explained as it is in all folds. ``y`` may be left out of
    ``fit`` then. The tuned explainer is ``best_estimator_``.

    Parameters
    ----------
    explainer : BaseLimeExplainer
        Explainer, fitted or not.

    param_grid : dict or list of dict, default=None
        Candidates, as in `GridSearchCV`; with `n_iter` it may hold distributions. `None` varies
        `max_features`, for tables `discretizer`, and for an anchored neighborhood `keep`, for
        the others by name `kernel_width` (in units of the distance).

    scores : sequence of str or dict of {str: str or callable}, \
            default=("local_accuracy", "effects")
        What to maximize, the mean of all; as in `make_multi_scorer`.

    stability : str, default="jaccard_stability"
        Scorer that has a floor.

    floor : float, default=0.8
        Least mean stability of a candidate that may be chosen.

    n_iter : int, default=None
        Number of candidates to draw; `None` tries all.

    cv : int, splitter or iterable, default=None
        Folds of the training rows: an explainer learns bins and background on one part and
        explains the other. `None` explains 20 rows in each of three random splits.

    random_state : int, RandomState instance or None, default=0
        What the random splits of ``cv=None`` and the candidates of `n_iter` are drawn from.

    n_jobs : int, default=None
        Number of jobs.

    verbose : int, default=0
        Verbosity.

    Returns
    -------
    search : GridSearchCV or RandomizedSearchCV
        Not yet fitted.

    See Also
    --------
    BestAboveFloor : How a candidate is chosen.
    make_multi_scorer : How candidates are scored.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import make_search
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(20, random_state=0).fit(X, y)
    >>> explainer = LimeTabularExplainer(model, n_perturbations=256, random_state=0)
    >>> search = make_search(explainer, {"keep": [0.5, 0.9]}, floor=0.5).fit(X)
    >>> search.best_params_
    {'keep': 0.9}
    >>> search.best_estimator_.explain(X[:2])
    <ExplanationBatch: 2 rows x 10 features x 1 output>
    """
    named = dict(scores) if isinstance(scores, dict) else {name: name for name in scores}
    options = {
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


def default_grid(explainer):
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
    known = explainer.get_params(deep=False)
    grid = {"max_features": [5, 10, None]}
    if "discretizer" in known:
        grid["discretizer"] = ["quartile", "decile", "model"]
    if known.get("neighborhood") == "anchored":
        grid["keep"] = [0.5, 0.75, 0.9]
    elif known.get("neighborhood") in ("shared", "around"):
        grid["kernel_width"] = [None, 1.0, 2.0, 4.0]
    return grid


def _mean_scores(cv_results, name):
    key = f"mean_test_{name}"
    if key not in cv_results:
        found = sorted(key[10:] for key in cv_results if key.startswith("mean_test_"))
        # This one score is what scikit-learn puts down where a scorer fails for all candidates.
        why = (
            " If a scorer failed, warnings before this say why; error_score='raise' in the search "
            "shows where."
        )
        raise ValueError(
            f"The search has no score {name!r}; its scores are {found}."
            + (why if found == ["score"] else "")
        )
    return np.asarray(cv_results[key], dtype=np.float64)
