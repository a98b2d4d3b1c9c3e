"""Which discretizer, rate of keeping and background serve best? A grid of the defaults."""

import itertools
from time import perf_counter

import numpy as np
from _common import explain_with_lime, explain_with_sklime, make_pair, print_table, print_verdicts
from _effects import MEASURES, measured_pair, summary

from sklime import LimeTabularExplainer

__all__ = ["compare_grid"]

# What is varied, and the perturbations a row.
GRID = ("discretizer", "keep", "background")
N_PERTURBATIONS = 1024
LIME = "lime, 5000 calls"
JACCARD = "top-5 Jaccard"


def compare_grid(pairs, settings):
    """Measure every setting on every pair, print the medians and what the rule says.

    `settings` has the texts of the options `discretizers`, `keeps` and `backgrounds` beside what
    `measured_pair` takes.
    """
    configurations = {LIME: (explain_with_lime, {"num_samples": 5000})}
    for setting in grid_settings(settings):
        options = dict(zip(GRID, setting), n_perturbations=N_PERTURBATIONS)
        configurations[setting] = (explain_with_sklime, options)
    of_pairs = {}
    for name in pairs:
        start = perf_counter()
        of_pairs[name] = measured_pair(make_pair(name), configurations, settings)
        print(f"{name}: {perf_counter() - start:.0f} s", flush=True)
    measured = {
        name: {
            measure: np.array([summary(of_pair[name], measure) for of_pair in of_pairs.values()])
            for measure in MEASURES
        }
        for name in configurations
    }
    print_grid(measured, pairs)
    print_rule(measured, pairs)


def default_setting():
    """Return the package's defaults of what the grid varies."""
    parameters = LimeTabularExplainer(None).get_params(deep=False)
    return tuple(parameters[name] for name in GRID)


def grid_settings(options):
    """Return the settings of the grid; the package's defaults always belong to it."""
    discretizers = [None if name == "None" else name for name in options.discretizers.split(",")]
    keeps = [float(keep) for keep in options.keeps.split(",")]
    settings = itertools.product(discretizers, keeps, options.backgrounds.split(","))
    return dict.fromkeys([*settings, default_setting()])


def effects_of_pairs(measures):
    """Return the mean of rank and linear correlation with true effects, pair by pair."""
    return (measures["rank"] + measures["linear"]) / 2


def print_grid(measured, pairs):
    """Print the medians over pairs, truest effects first, and who is as stable as lime."""
    lime = measured[LIME]
    threshold = np.median(lime[JACCARD])
    lines = []
    for name, values in measured.items():
        medians = {measure: np.median(of_pairs) for measure, of_pairs in values.items()}
        words = (LIME, "", "") if name == LIME else tuple(map(str, name))
        stable = "yes" if medians[JACCARD] >= threshold else "no"
        worst = (effects_of_pairs(values) - effects_of_pairs(lime)).min()
        worst_jaccard = (values[JACCARD] - lime[JACCARD]).min()
        effects = np.median(effects_of_pairs(values))
        lines.append((*words, effects, *medians.values(), stable, worst, worst_jaccard))
    lines.sort(key=lambda line: -line[3])
    print_table(
        f"Medians over {len(pairs)} pairs, {N_PERTURBATIONS} calls a row; effects: mean of rank "
        "and linear correlation; stable: top-5 Jaccard not below lime's; last two: difference "
        "from lime in the worst pair",
        (*GRID, "effects", *MEASURES, "stable", "effects", "Jaccard"),
        lines,
    )


def print_rule(measured, pairs):
    """Print the best stable setting beside the package's defaults."""
    settings = [name for name in measured if name != LIME]
    effects = {name: effects_of_pairs(values) for name, values in measured.items()}
    jaccard = {name: np.median(values[JACCARD]) for name, values in measured.items()}
    default = default_setting()
    stable = [name for name in settings if jaccard[name] >= jaccard[LIME]]
    best = max(stable or settings, key=lambda name: np.median(effects[name]))
    columns = {"lime": LIME, "best": best, "default": default}
    print_table(
        f"Pair by pair; best: {setting_text(best)}; default: {setting_text(default)}",
        ("pair", *(f"effects, {who}" for who in columns), *(f"Jaccard, {who}" for who in columns)),
        [
            (
                pair,
                *(effects[name][place] for name in columns.values()),
                *(measured[name][JACCARD][place] for name in columns.values()),
            )
            for place, pair in enumerate(pairs)
        ],
    )
    gains = effects[best] - effects[default]
    medians = np.median(effects[best]), np.median(effects[default])
    print(
        f"{len(stable)} of {len(settings)} settings are as stable as lime "
        f"(median top-5 Jaccard {jaccard[LIME]:.3f}).\n"
        f"Truest effects among {'them' if stable else 'all'}: {setting_text(best)} "
        f"({medians[0]:.3f}, Jaccard {jaccard[best]:.3f}).\n"
        f"The default: {setting_text(default)} ({medians[1]:.3f}, Jaccard {jaccard[default]:.3f}, "
        f"{'' if default in stable else 'not '}as stable as lime).\n"
        f"They differ by {medians[0] - medians[1]:+.3f}; pair by pair by a median of "
        f"{np.median(gains):+.3f}, from {gains.min():+.3f} to {gains.max():+.3f}; "
        f"the first is ahead in {(gains > 0).sum()} of {len(pairs)} pairs.\n"
    )
    what = "the defaults have the truest effects among the settings as stable as lime"
    print_verdicts([(what, f"behind by {medians[0] - medians[1]:.3f}", best == default)])


def setting_text(setting):
    """Return a setting of the grid in words."""
    return ", ".join(f"{name}={value!r}" for name, value in zip(GRID, setting))
