"""What explanations are held against: one-feature effects, Shapley values, deletion curves."""

from dataclasses import dataclass

import numpy as np
import shap

__all__ = [
    "Reference",
    "deletion_areas",
    "one_feature_effects",
    "reference_of",
    "shapley_values",
]

# Values of one column that are put in at most; of more distinct ones evenly spread quantiles.
MAX_VALUES = 512

# Steps of a deletion curve: as many features as a display names.
N_DELETED = 10


@dataclass(frozen=True)
class Reference:
    """What explanations of some rows are held against."""

    effects: np.ndarray  # (n_rows, n_features)
    shapley: np.ndarray  # of the first rows only
    responses: np.ndarray  # (n_rows,)
    spread: float  # standard deviation of the responses at the training rows
    mean: float  # mean of the responses at the background rows
    background: np.ndarray  # encoded, (n_background, n_features)


def reference_of(pair, rows, *, n_shapley_rows, n_background, n_permutations=10):
    """Compute what the explanations of a pair are held against, once a pair."""
    background = background_rows(pair, n_background, seed=0)
    return Reference(
        effects=one_feature_effects(pair, rows),
        shapley=shapley_values(pair, rows[:n_shapley_rows], background, n_permutations),
        responses=pair.ask(rows),
        spread=pair.ask(pair.X_train).std(),
        mean=pair.ask(pair.decode(background)).mean(),
        background=background,
    )


def background_rows(pair, n_rows, seed):
    """Return some training rows, encoded."""
    places = np.random.default_rng(seed).permutation(len(pair.X_train))[:n_rows]
    return pair.encode(pair.X_train)[places]


def one_feature_effects(pair, rows):
    """Return f(x) minus the mean of f over x with one feature redrawn from the training rows.

    The result has shape (n_rows, n_features).
    """
    columns = [_values_and_shares(column) for column in pair.encode(pair.X_train).T]
    return np.array([_effects_of_row(pair, row, columns) for row in pair.encode(rows)])


def _values_and_shares(column):
    """Return the distinct values of a column, few enough to ask about, and their shares."""
    values, counts = np.unique(column, return_counts=True)
    if len(values) > MAX_VALUES:
        levels = (np.arange(MAX_VALUES) + 0.5) / MAX_VALUES
        return np.quantile(column, levels, method="inverted_cdf"), np.full(
            MAX_VALUES, 1 / MAX_VALUES
        )
    return values, counts / counts.sum()


def _effects_of_row(pair, row, columns):
    """Return the true one-feature effects of one row, shape (n_features,)."""
    own = pair.ask(pair.decode(row[np.newaxis]))[0]
    effects = np.empty(len(columns))
    for feature, (values, shares) in enumerate(columns):
        redrawn = np.tile(row, (len(values), 1))
        redrawn[:, feature] = values
        effects[feature] = own - pair.ask(pair.decode(redrawn)) @ shares
    return effects


def shapley_values(pair, rows, background, n_permutations=10):
    """Return interventional Shapley values, shape (n_rows, n_features).

    By shap's permutation explainer, forwards and backwards, against encoded background rows.
    """
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.PermutationExplainer(lambda X: pair.ask(pair.decode(X)), masker, seed=0)
    # All masks of a permutation in one call of the model.
    n_masks = 2 * background.shape[1] + 1
    return explainer(
        pair.encode(rows), max_evals=n_permutations * n_masks, batch_size=n_masks, silent=True
    ).values


def deletion_areas(pair, rows, contributions, reference):
    """Return the area below the deletion curve of each row, shape (n_rows,).

    The features that are said to move the row most towards its own side of the mean response are
    replaced by those of the background rows, one after the other, ten at most. The area is the
    mean over these steps of the distance that is left to the mean response, as a share of the
    mean distance of the rows: less is better, below 0 is beyond the mean.
    """
    explained = zip(pair.encode(rows), contributions, reference.responses)
    areas = np.array([_deletion_area(pair, *one, reference) for one in explained])
    return areas / np.abs(reference.responses - reference.mean).mean()


def _deletion_area(pair, row, said, response, reference):
    side = np.sign(response - reference.mean)
    order = np.argsort(-side * said, kind="stable")[:N_DELETED]
    changed = np.tile(row, (len(order), len(reference.background), 1))
    for step in range(len(order)):
        deleted = order[: step + 1]
        changed[step][:, deleted] = reference.background[:, deleted]
    answers = pair.ask(pair.decode(changed.reshape(-1, row.size)))
    left = answers.reshape(len(order), -1).mean(axis=1) - reference.mean
    return side * left.mean()
