"""Sampled Shapley values against long runs, beside shap's permutation explainer at equal calls.

Both play the same game: background rows of shap are drawn from sklime's fitted background, whose
columns are independent. shap gets as many background rows as the calls allow for one permutation
and its reverse, as it does best with; it asks nothing where a value is that of the row already.
"""

from _common import make_pair, parse_arguments, print_environment, print_table, print_verdicts

# isort: split
from dataclasses import replace

import numpy as np
import shap
from _measures import row_correlations
from scipy.stats import rankdata

from sklime import LimeTabularExplainer
from sklime._tables._shapley import shapley_batch
from sklime.neighborhoods import base_points
from sklime.utils._intervals import half_widths

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,wine/forest,wine/boosting,"
    "diabetes/forest,diabetes/boosting,titanic/boosting,titanic fare/boosting,"
    "OJ/boosting,Wage/boosting,HealthInsurance/boosting,College/boosting"
)
N_CALLS = (512, 1024)
TOLERANCE = 0.02
COVERAGE = (0.93, 0.97)

# Rows on which the size of shap's background is settled.
N_PILOT_ROWS = 3


class Game:
    """Rows of a pair as floats, and the explained response to such rows."""

    def __init__(self, pair, n_rows):
        self.explainer = LimeTabularExplainer(
            pair.model, method="sampling", target=pair.target, max_features=None, random_state=0
        ).fit(pair.X_train)
        self.table = pair.X_test[:n_rows]
        self.rows, codec = self.explainer._read(self.table)
        self.response = replace(self.explainer._asker, codec=codec)
        self.column = 0 if pair.label is None else int(pair.label)
        self.n_asked = 0

    def ask(self, rows):
        """Return the explained response to rows of floats, and count them."""
        self.n_asked += len(rows)
        return self.response(np.asarray(rows, dtype=float))[:, self.column]

    def walks(self, n_calls, seed):
        """Return the Shapley values of sklime."""
        explainer = self.explainer._with_seed(seed)
        # The number of calls has no part in what `fit` learnt that Shapley values need.
        explainer.n_perturbations = n_calls
        return shapley_batch(explainer, self.table)

    def permutations(self, n_calls, seed):
        """Return the Shapley values of shap's permutation explainer."""
        n_masks = 2 * self.rows.shape[1] + 1
        n_background = max(1, n_calls // n_masks)
        before = self.n_asked
        self._permuted(self.rows[:N_PILOT_ROWS], n_background, seed)
        asked = (self.n_asked - before) / len(self.rows[:N_PILOT_ROWS])
        n_background = max(1, int(n_background * n_calls / asked))
        return self._permuted(self.rows, n_background, seed)

    def _permuted(self, rows, n_background, seed):
        background = self.explainer.background_
        # Independent rows: shap has no way to say how they should be spread.
        points = base_points(
            n_background, background.n_dimensions_, 1, seed=seed, points="independent"
        )
        masker = shap.maskers.Independent(background.sample(points), max_samples=n_background)
        explainer = shap.PermutationExplainer(self.ask, masker, seed=seed)
        n_masks = 2 * rows.shape[1] + 1
        return explainer(rows, max_evals=n_masks, batch_size=n_masks, silent=True).values


def correlations(values, truth):
    """Return median rank and linear correlation over rows."""
    ranks = [rankdata(numbers, axis=1) for numbers in (values, truth)]
    return np.nanmedian(row_correlations(*ranks)), np.nanmedian(row_correlations(values, truth))


def compare(name, arguments):
    """Return the figures of a pair: of both explainers at each number of calls, and coverage."""
    game = Game(make_pair(name), arguments.rows)
    long_run = game.walks(arguments.long, seed=10**6)
    truth, errors = long_run.values[..., 0], long_run.standard_errors[..., 0]
    figures = {}
    for n_calls in N_CALLS:
        runs = [game.walks(n_calls, seed) for seed in range(arguments.seeds)]
        ours = [correlations(run.values[..., 0], truth) for run in runs]
        before, n_runs = game.n_asked, arguments.shap_seeds
        theirs = [correlations(game.permutations(n_calls, seed), truth) for seed in range(n_runs)]
        n_pilot = min(N_PILOT_ROWS, len(game.rows))
        figures[n_calls] = {
            "ours": np.mean(ours, axis=0),
            "theirs": np.mean(theirs, axis=0),
            "asked": np.mean([run.n_perturbations.mean() for run in runs]),
            "shap asked": (game.n_asked - before) / n_runs / (len(game.rows) + n_pilot),
            "coverage": np.mean([_covered(run, truth, errors) for run in runs]),
        }
    return figures


def _covered(run, truth, errors):
    """Return the share of intervals that cover the long run; its own error widens them.

    Columns whose replicates are all equal have no interval, and do not count.
    """
    own = run.standard_errors[..., 0]
    half = half_widths(np.hypot(own, errors), run.n_replicates)
    moves = own > 0.0
    return np.mean((np.abs(run.values[..., 0] - truth) <= half)[moves])


def print_pairs(measured, n_calls):
    """Print the figures of all pairs at a number of calls."""
    lines = []
    for name, figures in measured.items():
        found = figures[n_calls]
        counts = found["asked"], found["shap asked"]
        lines.append((name, *found["ours"], *found["theirs"], found["coverage"], *counts))
    lines.append(("median", *np.median([line[1:] for line in lines], axis=0)))
    header = ("rank", "linear", "shap rank", "shap linear", "coverage", "asked", "shap asked")
    print_table(f"{n_calls} calls a row", ("pair", *header), lines)


def verdicts(measured):
    """Return (what, figure, is_reached) of all that is required."""
    found = []
    for n_calls in N_CALLS:
        for index, measure in enumerate(("rank", "linear")):
            ours, theirs = (
                np.array([figures[n_calls][who][index] for figures in measured.values()])
                for who in ("ours", "theirs")
            )
            worst = (ours - theirs).min()
            what = f"{n_calls} calls, {measure}: nowhere below shap by more than {TOLERANCE}"
            found.append((what, f"{worst:+.3f}", worst >= -TOLERANCE))
            medians = np.median(ours), np.median(theirs)
            what = f"{n_calls} calls, {measure}: above shap in the median"
            found.append((what, f"{medians[0]:.3f}, {medians[1]:.3f}", medians[0] > medians[1]))
        shares = {pair: figures[n_calls]["coverage"] for pair, figures in measured.items()}
        least, coverage = min(shares, key=shares.get), np.mean(list(shares.values()))
        is_honest = COVERAGE[0] <= coverage <= COVERAGE[1]
        what = f"{n_calls} calls: intervals cover 93 to 97 %, mean over pairs"
        found.append((what, f"{coverage:.3f}, least {shares[least]:.3f} ({least})", is_honest))
    return found


def main():
    """Compare pair by pair."""
    arguments = parse_arguments(
        __doc__.partition("\n")[0],
        {"pairs": PAIRS, "rows": 12, "seeds": 8, "shap_seeds": 4, "long": 2**16},
        {"pairs": "wine/boosting", "rows": 3, "seeds": 2, "shap_seeds": 1, "long": 2**14},
    )
    print_environment()
    names = [name.strip() for name in arguments.pairs.split(",")]
    measured = {}
    for name in names:
        measured[name] = compare(name, arguments)
        print(f"{name}: done", flush=True)
    for n_calls in N_CALLS:
        print_pairs(measured, n_calls)
    print_verdicts(verdicts(measured))


if __name__ == "__main__":
    main()
