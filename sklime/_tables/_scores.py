"""Probabilities whose score can be read: the score is asked for, the probability follows.

The probability of boosters and of logistic models is a known function, the *link*, of a raw score.
The score is a sum of trees, or of functions of single columns: its moments around a row are known
exactly. The perturbed rows are asked for their scores alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from sklime._exact._first_order import FirstOrder
from sklime._exact._grid import Grid
from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError
from sklime._responses._raw_scores import has_method
from sklime._responses._response import ModelResponse
from sklime._tables._exact import ExactPlan, single_draws
from sklime._tables._exact_learn import ExactParts, checked_rows, learn_exact, reading_of
from sklime._tables._exact_method import is_cheaper
from sklime.neighborhoods._base import Draws
from sklime.utils._types import FloatArray

__all__ = ["LINKS_OF_SCORES", "ScorePlan", "ScoredResponse", "is_scored", "learn_scores"]

# Largest difference between the probabilities of the model and those of its score.
_TOLERANCE, _TOLERANCE_SINGLE = 1e-9, 1e-5

# Packages whose probabilities follow from the score in every row.
_PACKAGES = frozenset({"sklearn", "lightgbm", "xgboost", "catboost"})

# Further perturbed rows of each explained row. The model is not called on them.
_N_FURTHER = 256

# From the seed of the sample to that of the further rows.
_NEXT_SEED, _MAX_SEED = 104_729, 2**31 - 1


def _one_vs_rest(scores: FloatArray) -> FloatArray:
    each: FloatArray = expit(scores)
    total = each.sum(axis=1, keepdims=True)
    shares: FloatArray = np.divide(each, total, out=np.full(each.shape, np.nan), where=total > 0.0)
    return shares


def _of_two_classes(scores: FloatArray) -> FloatArray:
    return np.hstack([expit(-scores), expit(scores)])


def _softmax(scores: FloatArray) -> FloatArray:
    shares: FloatArray = softmax(scores, axis=1)
    return shares


# From scores to probabilities, by name: for one score, and for one per class.
LINKS_OF_SCORES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "two classes": _of_two_classes,
    "softmax": _softmax,
    "one-vs-rest": _one_vs_rest,
}


@dataclass(frozen=True)
class ScoredResponse:
    """Responses that are computed from the scores of the model.

    Attributes
    ----------
    response : ModelResponse
        Responses as the user wants them: probabilities, with a link and contrasts.

    scores : ModelResponse
        The scores of the model.

    link : {"two classes", "softmax", "one-vs-rest"}
        From scores to probabilities.
    """

    response: ModelResponse
    scores: ModelResponse
    link: str

    def __call__(self, matrix: FloatArray) -> FloatArray:
        """Ask the model for scores.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Rows as floats.

        Returns
        -------
        answers : ndarray of shape (n_rows, n_responses + n_scores)
            Responses, then scores.
        """
        scores = self.scores(matrix)
        if self.link == "two classes":
            scores = scores[:, 1:]
        probabilities = LINKS_OF_SCORES[self.link](scores)
        return np.hstack([self.response.responses_of(probabilities), scores])


@dataclass(frozen=True)
class ScorePlan:
    """A model whose score was read, and the link to its probabilities.

    Attributes
    ----------
    exact : ExactPlan
        The score, and the distribution of perturbed rows.

    scores : ModelResponse
        The scores of the model.

    link : {"two classes", "softmax", "one-vs-rest"}
        From scores to probabilities.

    draws : Draws
        Further perturbed rows, from which the slopes of responses on control variates come.

    effects : FirstOrder or None
        First-order effects of the score; `None` if the probabilities of intervals are not
        known.
    """

    exact: ExactPlan
    scores: ModelResponse
    link: str
    draws: Draws
    effects: FirstOrder | None

    def asking(self, response: ModelResponse) -> ScoredResponse:
        """Return responses that ask for scores alone.

        Parameters
        ----------
        response : ModelResponse
            Responses of the model.

        Returns
        -------
        scored : ScoredResponse
            The same responses up to rounding.
        """
        scores = replace(self.scores, codec=response.codec, batch_size=response.batch_size)
        return ScoredResponse(response, scores, self.link)

    @property
    def n_scores(self) -> int:
        """Return the number of scores."""
        return self.exact.model.reading.n_outputs


def is_scored(response: ModelResponse) -> bool:
    """Tell whether the score of a model of probabilities can be read.

    Parameters
    ----------
    response : ModelResponse
        Responses of the model, which is not asked.

    Returns
    -------
    is_scored : bool
        Whether there is a reading; it is not yet compared with the model.
    """
    model = response.estimator
    if response.method != "predict_proba" or not has_method(model, "decision_function"):
        return False
    # Checked rows would not show a subclass that answers otherwise in rare rows only.
    if not _answers_as_known(model):
        return False
    try:
        read_model(model, "decision_function")
    except UnreadableError:
        return False
    return True


def _answers_as_known(model: Any) -> bool:
    """Tell whether a model and all models inside answer by methods of known packages."""
    kind = type(model)
    names = ["predict_proba", "decision_function"]
    if not hasattr(kind, "decision_function"):
        # Boosters give their score by `predict`.
        names.append("predict")
    methods = [getattr(kind, name) for name in names if hasattr(kind, name)]
    is_known = all(method.__module__.partition(".")[0] in _PACKAGES for method in methods)
    if not is_known or any(name in vars(model) for name in names):
        return False
    return all(_answers_as_known(inner) for inner in _models_inside(model))


def _models_inside(model: Any) -> list[Any]:
    """Return the fitted models that a model asks."""
    if hasattr(model, "best_estimator_"):
        return [model.best_estimator_]
    if hasattr(model, "steps"):
        return [model.steps[-1][1]]
    if type(model).__name__ == "FrozenEstimator":
        return [model.estimator]
    members = getattr(model, "estimators_", [])
    members = members.ravel() if isinstance(members, np.ndarray) else members
    found = [*members, getattr(model, "estimator_", None)]
    return [inner for inner in found if hasattr(inner, "predict")]


def learn_scores(
    response: ModelResponse,
    rows: FloatArray,
    parts: ExactParts,
    n_perturbations: int | None,
) -> ScorePlan | None:
    """Read the score of a model of probabilities, and find its link.

    Parameters
    ----------
    response : ModelResponse
        Responses of the model; its outputs are known.

    rows : ndarray of shape (n_samples, n_features)
        Training rows, at least one.

    parts : ExactParts
        Fitted parts of the explainer.

    n_perturbations : int or None
        Number of perturbed rows per explained row; `None` if all rows share them.

    Returns
    -------
    plan : ScorePlan or None
        `None` if the score cannot be read, if exact moments take more work than asking the
        model, or if the probabilities are no known function of the score.
    """
    try:
        reading = read_model(response.estimator, "decision_function")
        scores = replace(response, method="decision_function", link="identity", pairs=())
        scores = scores.learned(_present(rows))[0]
        wanted = np.array([1]) if len(scores.known_outputs) == 2 else None
        reading, columns = reading_of(scores, reading, wanted)
        exact = learn_exact(scores, reading, columns, rows, parts)
    except UnreadableError:
        return None
    if exact.score_width is not None:
        # Around each row the kernel gives standard scores another distribution.
        return None
    if n_perturbations is not None and not is_cheaper(exact.kernel, reading.trees, n_perturbations):
        return None
    link = _link_of(response, scores, rows, exact, parts)
    if link is None:
        return None
    # With the seed of the sample the slopes would depend on it.
    draws = single_draws(
        parts.neighborhood,
        parts.background,
        parts.encoder,
        _N_FURTHER,
        (parts.seed + _NEXT_SEED) % _MAX_SEED,
    )
    return ScorePlan(exact, scores, link, draws, _effects(exact, scores, rows, parts))


def _present(rows: FloatArray) -> FloatArray:
    """Return rows without missing values, else the first row."""
    is_whole = ~np.isnan(rows).any(axis=1)
    return rows[np.flatnonzero(is_whole)[:1]] if is_whole.any() else rows[:1]


def _link_of(
    response: ModelResponse,
    scores: ModelResponse,
    rows: FloatArray,
    exact: ExactPlan,
    parts: ExactParts,
) -> str | None:
    """Return the link that gives the probabilities at all checked rows; `None` without one."""
    flat = checked_rows(rows, parts)
    wanted = replace(response, link="identity", pairs=())(flat)
    n_scores = exact.model.reading.n_outputs
    found = scores(flat)[:, -n_scores:]
    tolerance = _TOLERANCE_SINGLE if exact.model.reading.is_single else _TOLERANCE
    names = ("two classes",) if n_scores == 1 else ("softmax", "one-vs-rest")
    for name in names:
        computed = LINKS_OF_SCORES[name](found)
        if computed.shape == wanted.shape and np.allclose(
            computed, wanted, rtol=0.0, atol=tolerance, equal_nan=False
        ):
            return name
    return None


def _effects(
    exact: ExactPlan, scores: ModelResponse, rows: FloatArray, parts: ExactParts
) -> FirstOrder | None:
    """Return the first-order effects of the score."""
    is_level = np.array([levels is not None for levels in parts.encoder.levels], dtype=bool)
    grid = Grid.of(parts.background, parts.encoder, is_level)
    if grid is None:
        return None
    return FirstOrder.of(exact.model, grid, scores.table, rows[0])
