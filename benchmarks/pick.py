"""How long does SubmodularPick take, and how close to the best set is what it picks?"""

from _common import parse_arguments, print_environment, print_table, print_verdicts

# isort: split
from itertools import combinations
from time import perf_counter

import numpy as np

from sklime import SubmodularPick

# Seconds for 10,000 rows and 100 features.
REQUIRED_SECONDS = 5
BOUND = 1 - 1 / np.e


def random_weights(n_rows, n_features, n_used, rng):
    """Return weights with `n_used` features a row, some features used far more than others."""
    popularity = rng.exponential(size=n_features)
    weights = np.zeros((n_rows, n_features))
    for row in weights:
        used = rng.choice(n_features, n_used, replace=False, p=popularity / popularity.sum())
        row[used] = rng.normal(size=n_used)
    return weights


def covered(weights, importances, rows):
    """Return the importance that rows cover, by the definition."""
    return importances[(weights[list(rows)] != 0).any(axis=0)].sum()


def plain_greedy(weights, importances, n_picks):
    """Pick by working out the gain of every row at every step."""
    uses, remaining, picks = (weights != 0).astype(float), importances.copy(), []
    while len(picks) < n_picks and remaining.any():
        picks.append(int(np.argmax(uses @ remaining)))
        remaining[uses[picks[-1]] > 0] = 0.0
    return picks


def time_line(weights, n_picks):
    """Return a line of the table of seconds."""
    start = perf_counter()
    pick = SubmodularPick(n_picks).fit(weights)
    lazy_seconds = perf_counter() - start
    start = perf_counter()
    picks = plain_greedy(weights, pick.importances_, n_picks)
    plain_seconds = perf_counter() - start
    shares = [
        covered(weights, pick.importances_, rows) / pick.importances_.sum()
        for rows in (pick.indices_, picks)
    ]
    return lazy_seconds, plain_seconds, len(pick.indices_), *shares


def ratio_to_best(weights, n_picks):
    """Return what is covered, in shares of what the best set covers."""
    pick = SubmodularPick(n_picks).fit(weights)
    best = max(
        covered(weights, pick.importances_, rows)
        for rows in combinations(range(len(weights)), n_picks)
    )
    return covered(weights, pick.importances_, pick.indices_) / best


def main():
    """Time large matrices; compare small ones with all sets of rows."""
    arguments = parse_arguments(
        __doc__,
        {"rows": 10_000, "features": 100, "used": 10, "trials": 300},
        {"rows": 1000, "trials": 30},
    )
    print_environment()
    rng = np.random.default_rng(0)
    lines, seconds = [], []
    for n_used in (arguments.used, arguments.features // 2):
        weights = random_weights(arguments.rows, arguments.features, n_used, rng)
        for n_picks in (5, 20, arguments.rows):
            lines.append((f"{n_used} used", n_picks, *time_line(weights, n_picks)))
            seconds.append(lines[-1][2])
    print_table(
        f"Seconds for {arguments.rows} rows x {arguments.features} features",
        ("features a row", "most picks", "lazy s", "plain s", "picked", "covered", "plain covered"),
        lines,
    )
    lines = []
    for n_picks in (2, 3, 4):
        ratios = [
            ratio_to_best(random_weights(12, 16, 4, rng), n_picks) for _ in range(arguments.trials)
        ]
        best = np.mean(np.array(ratios) > 1 - 1e-12)
        lines.append((f"{n_picks} of 12", np.min(ratios), np.mean(ratios), f"{best * 100:.0f} %"))
    print_table(
        f"Covered, in shares of the best of all sets ({arguments.trials} random matrices)",
        ("picks", "worst", "mean", "is the best"),
        lines,
    )
    worst = min(line[1] for line in lines)
    print_verdicts(
        [
            (
                f"below {REQUIRED_SECONDS} s",
                f"{max(seconds):.2f} s",
                max(seconds) < REQUIRED_SECONDS,
            ),
            ("within 1 - 1/e of the best", f"{worst:.3f}", worst >= BOUND),
        ]
    )


if __name__ == "__main__":
    main()
