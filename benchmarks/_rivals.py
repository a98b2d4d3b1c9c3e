"""Explainers beside sklime and `lime`, at a number of model calls: shap's, and one at a time."""

from time import perf_counter

import numpy as np
import shap
from _common import Run, TimedFunction
from _references import background_rows

__all__ = ["explain_one_at_a_time", "explain_with_kernel_shap", "explain_with_permutation_shap"]

# Coalitions a feature that shap's kernel explainer draws; more background rows with the rest.
COALITIONS_A_FEATURE = 4

# Rows on which the size of the background of shap's permutation explainer is settled.
N_PILOT_ROWS = 3


def explain_with_permutation_shap(pair, rows, seed, n_calls=1024):
    """Explain rows with one permutation, forwards and backwards, of shap's explainer.

    It does not ask again where a background row has the value of the explained one, so that the
    number of background rows is settled by counting: as many as `n_calls` allow.
    """
    n_masks = 2 * rows.shape[1] + 1
    n_background = max(1, n_calls // n_masks)
    asked = _rows_asked(pair, rows[:N_PILOT_ROWS], n_background)
    n_background = min(max(1, int(n_background * n_calls / asked)), len(pair.X_train))
    return _timed(_permutation_values, pair, rows, n_background, seed)


def _permutation_values(pair, rows, n_background, seed, ask=None):
    background = background_rows(pair, n_background, seed)
    masker = shap.maskers.Independent(background, max_samples=n_background)
    ask = pair.ask if ask is None else ask
    explainer = shap.PermutationExplainer(lambda X: ask(pair.decode(X)), masker, seed=seed)
    n_masks = 2 * rows.shape[1] + 1
    return explainer(pair.encode(rows), max_evals=n_masks, batch_size=n_masks, silent=True).values


def _rows_asked(pair, rows, n_background):
    """Return how many rows a model is asked about for each explained row."""
    counting = TimedFunction(pair.ask)
    _permutation_values(pair, rows, n_background, 0, counting)
    return counting.n_rows / len(rows)


def explain_with_kernel_shap(pair, rows, seed, n_calls=1024):
    """Explain rows with shap's kernel explainer, which draws from NumPy's global state."""
    n_background = max(1, n_calls // (COALITIONS_A_FEATURE * rows.shape[1]))
    return _timed(_kernel_values, pair, rows, n_background, seed, n_calls // n_background)


def _kernel_values(pair, rows, n_background, seed, n_coalitions):
    np.random.seed(seed)  # noqa: NPY002
    background = background_rows(pair, n_background, seed)
    explainer = shap.KernelExplainer(lambda X: pair.ask(pair.decode(X)), background)
    # It would keep ten features unless told otherwise.
    return explainer.shap_values(pair.encode(rows), nsamples=n_coalitions, l1_reg=0, silent=True)


def explain_one_at_a_time(pair, rows, seed, n_calls=1024):
    """Estimate each one-feature effect by itself, from as many values as `n_calls` allow.

    This is what true one-feature effects are, with fewer values, so that it is close to them by
    construction.
    """
    return _timed(_one_at_a_time_values, pair, rows, max(1, n_calls // rows.shape[1]), seed)


def _one_at_a_time_values(pair, rows, n_values, seed):
    sorted_columns = np.sort(pair.encode(pair.X_train), axis=0)
    rng = np.random.default_rng(seed)
    effects = []
    for row in pair.encode(rows):
        # One value of each of n_values equal shares of the column.
        levels = (np.arange(n_values)[:, None] + rng.random((n_values, row.size))) / n_values
        places = (levels * len(sorted_columns)).astype(np.intp)
        values = np.take_along_axis(sorted_columns, places, axis=0)
        redrawn = np.tile(row, (row.size, n_values, 1))
        diagonal = np.arange(row.size)
        redrawn[diagonal, :, diagonal] = values.T
        responses = pair.ask(pair.decode(redrawn.reshape(-1, row.size)))
        own = pair.ask(pair.decode(row[np.newaxis]))[0]
        effects.append(own - responses.reshape(row.size, n_values).mean(axis=1))
    return np.array(effects)


def _timed(explain, pair, rows, *options):
    """Return contributions as a run, with the seconds that they took."""
    start = perf_counter()
    contributions = explain(pair, rows, *options)
    no_surrogate = np.full(len(rows), np.nan)
    return Run(contributions, no_surrogate, perf_counter() - start)
