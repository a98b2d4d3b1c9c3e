"""Measure explainers of one pair against true effects, Shapley values and deletion curves."""

from dataclasses import dataclass

import numpy as np
from _measures import (
    mean_jaccard,
    recalls,
    relative_seed_noise,
    row_correlations,
    standard_error,
)
from _references import deletion_areas, reference_of
from scipy.stats import rankdata

__all__ = ["HEADER", "MEASURES", "Measured", "measured_pair", "medians", "summary"]

# Measured row by row: how rows become one number, and whether its standard error is printed.
OF_ROWS = {
    "5 of 5": (np.nanmean, True),
    "10 of 10": (np.nanmean, True),
    "5 in 10": (np.nanmean, False),
    "linear": (np.nanmedian, True),
    "rank": (np.nanmedian, False),
    "Shapley": (np.nanmedian, False),
    "Shapley rank": (np.nanmedian, True),
    "deletion": (np.nanmean, False),
    "gap": (np.nanmedian, False),
}
OF_RUNS = ("local accuracy", "top-5 Jaccard", "seed noise", "s a row")
MEASURES = HEADER = (*OF_ROWS, *OF_RUNS)


@dataclass(frozen=True)
class Measured:
    """What is measured of one explainer in one pair."""

    rows: dict  # measure -> means over seeds, (n_rows,)
    runs: dict  # measure -> number

    def cells(self):
        """Return the cells of a table, in the order of HEADER."""
        return [_cell(self, name) for name in OF_ROWS] + [self.runs[name] for name in OF_RUNS]


def _cell(measured, name):
    """Return a number, or a text with its standard error over rows."""
    figure, (statistic, has_error) = summary(measured, name), OF_ROWS[name]
    if not has_error or np.isnan(figure):
        return figure
    return f"{figure:.3f} ± {standard_error(measured.rows[name], statistic):.3f}"


def summary(measured, name):
    """Return one measure of an explainer as one number."""
    if name in OF_RUNS:
        return measured.runs[name]
    values = measured.rows[name]
    return OF_ROWS[name][0](values) if np.isfinite(values).any() else np.nan


def medians(of_pairs, explainer):
    """Return the median over pairs of each measure of an explainer."""
    return {
        name: np.median([summary(of_pair[explainer], name) for of_pair in of_pairs.values()])
        for name in MEASURES
    }


def measured_pair(pair, configurations, arguments):
    """Return a dict: configuration -> what is measured of it."""
    rows = pair.X_test[: arguments.rows]
    reference = reference_of(
        pair,
        rows,
        n_shapley_rows=arguments.shapley_rows,
        n_background=arguments.shapley_background,
        n_permutations=arguments.shapley_permutations,
    )
    return {
        name: measured_runs(
            pair,
            rows,
            reference,
            [explain(pair, rows, seed, **options) for seed in range(arguments.seeds)],
        )
        for name, (explain, options) in configurations.items()
    }


def measured_runs(pair, rows, reference, runs):
    """Return what is measured of the runs of one explainer, one a seed."""
    of_seeds = [_measured_rows(pair, rows, reference, run) for run in runs]
    deviations = reference.responses - reference.responses.mean()
    errors = np.array([run.local_predictions - reference.responses for run in runs])
    return Measured(
        {name: np.mean([of_seed[name] for of_seed in of_seeds], axis=0) for name in OF_ROWS},
        {
            "local accuracy": np.mean(1 - (errors**2).sum(axis=1) / (deviations**2).sum()),
            "top-5 Jaccard": mean_jaccard(runs),
            "seed noise": relative_seed_noise(runs),
            "s a row": np.mean([run.seconds for run in runs]) / len(reference.responses),
        },
    )


def _measured_rows(pair, rows, reference, run):
    """Return what is measured of one run, row by row."""
    said, effects = run.contributions, reference.effects
    first, shapley = said[: len(reference.shapley)], reference.shapley
    return {
        "5 of 5": recalls(said, effects, 5, 5),
        "10 of 10": recalls(said, effects, 10, 10),
        "5 in 10": recalls(said, effects, 5, 10),
        "linear": row_correlations(said, effects),
        "rank": row_correlations(_ranks(said), _ranks(effects)),
        "Shapley": row_correlations(first, shapley),
        "Shapley rank": row_correlations(_ranks(first), _ranks(shapley)),
        "deletion": deletion_areas(pair, rows, said, reference),
        "gap": np.abs(run.local_predictions - reference.responses) / reference.spread,
    }


def _ranks(values):
    return rankdata(values, axis=1)
