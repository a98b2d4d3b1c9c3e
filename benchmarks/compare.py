"""sklime, lime and shap's kernel and permutation explainers on the same models and rows.

Processor time, rows that the model is asked about, memory, noise over seeds, and agreement with
true one-feature effects. Everything runs on one thread. ``--write`` puts the tables where the
documentation reads them, ``doc/_compare.rst``.
"""

import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

from _common import (
    explain_with_lime,
    explain_with_sklime,
    make_pair,
    parse_arguments,
    print_environment,
    print_table,
    versions,
)

# isort: split
import numpy as np
import shap
from _measures import mean_jaccard, relative_seed_noise, row_correlations
from _references import one_feature_effects
from scipy.stats import rankdata

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,wine/forest,wine/SVM,"
    "diabetes/forest,diabetes/boosting"
)
PAGE = Path(__file__).parent.parent / "doc" / "_compare.rst"

# Training rows that shap averages over, as its documentation recommends; the same for each seed.
N_BACKGROUND = 50

HEADER = ("rank", "linear", "seed noise", "top-5 Jaccard", "rows asked", "CPU s a row", "peak MB")


@dataclass(frozen=True)
class Attributions:
    """What one seed of shap says about some rows."""

    contributions: np.ndarray  # (n_rows, n_features)


class CountingModel:
    """A fitted model that counts the rows it is asked about."""

    def __init__(self, model):
        self.model = model
        self.n_rows = 0

    def __getattr__(self, name):
        if name == "fit" or (name.startswith("__") and name != "__sklearn_tags__"):
            raise AttributeError(name)
        return getattr(self.model, name)

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        self.n_rows += len(X)
        return self.model.predict(X)

    def predict_proba(self, X):
        self.n_rows += len(X)
        return self.model.predict_proba(X)


def background_of(pair):
    """Return the training rows that shap averages over."""
    places = np.random.default_rng(0).permutation(len(pair.X_train))[:N_BACKGROUND]
    return pair.X_train[places]


def explain_with_kernel_shap(pair, rows, seed):
    """Explain rows with shap's kernel explainer, which draws from NumPy's global state."""
    np.random.seed(seed)  # noqa: NPY002
    explainer = shap.KernelExplainer(pair.ask, background_of(pair))
    return Attributions(explainer.shap_values(rows, l1_reg=0, silent=True))


def explain_with_permutation_shap(pair, rows, seed):
    """Explain rows with shap's permutation explainer, ten permutations a row."""
    masker = shap.maskers.Independent(background_of(pair), max_samples=N_BACKGROUND)
    explainer = shap.PermutationExplainer(pair.ask, masker, seed=seed)
    explanation = explainer(rows, batch_size=2 * rows.shape[1] + 1, silent=True)
    return Attributions(explanation.values)


# Name: (function, options). All keep every feature; shap's kernel explainer would keep ten.
EXPLAINERS = {
    "sklime, anchored": (explain_with_sklime, {}),
    "sklime, shared": (explain_with_sklime, {"neighborhood": "shared"}),
    "lime": (explain_with_lime, {}),
    "shap, kernel": (explain_with_kernel_shap, {}),
    "shap, permutation": (explain_with_permutation_shap, {}),
}


def peak_megabytes(explain, pair, rows, options):
    """Return the most memory that Python and NumPy held at once for one explainer."""
    tracemalloc.start()
    explain(pair, rows, 0, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def measures(pair, rows, effects, explain, options, n_seeds):
    """Return the numbers of HEADER for one explainer of one model."""
    counting = CountingModel(pair.model)
    counted = replace(pair, model=counting)
    start = process_time()
    runs = [explain(counted, rows, seed, **options) for seed in range(n_seeds)]
    seconds = (process_time() - start) / n_seeds
    n_asked = counting.n_rows / n_seeds
    ranks = rankdata(effects, axis=1)
    return (
        np.mean(
            [np.nanmedian(row_correlations(rankdata(r.contributions, axis=1), ranks)) for r in runs]
        ),
        np.mean([np.nanmedian(row_correlations(r.contributions, effects)) for r in runs]),
        relative_seed_noise(runs),
        mean_jaccard(runs),
        n_asked / len(rows),
        seconds / len(rows),
        peak_megabytes(explain, pair, rows, options),
    )


def compare(pair_name, arguments):
    """Return a dict: explainer -> its measures."""
    pair = make_pair(pair_name)
    rows = pair.X_test[: arguments.rows]
    effects = one_feature_effects(pair, rows)
    return {
        name: measures(pair, rows, effects, explain, options, arguments.seeds)
        for name, (explain, options) in EXPLAINERS.items()
    }


def csv_table(title, lines):
    """Return a reStructuredText table with a title."""
    first, *rest = (("", *HEADER), *((name, *map(number, row)) for name, row in lines))
    cells = [",".join(f'"{cell}"' for cell in line) for line in (first, *rest)]
    body = "\n".join(f"   {line}" for line in cells)
    return f".. csv-table:: {title}\n   :header-rows: 1\n\n{body}\n"


def number(value):
    """Return a number for people: three digits, and no more than it has."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def page(medians, of_pairs, arguments):
    """Return what the documentation includes."""
    parts = [
        f"{arguments.rows} rows and {arguments.seeds} seeds of each pair; {versions()}.\n",
        csv_table(f"Medians over {len(of_pairs)} pairs of data and model", medians.items()),
        *(csv_table(name, measured.items()) for name, measured in of_pairs.items()),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    arguments = parse_arguments(
        __doc__.partition("\n")[0],
        {"rows": 10, "seeds": 3, "pairs": PAIRS, "write": False},
        {"rows": 2, "seeds": 2, "pairs": "wine/forest"},
    )
    print_environment()
    of_pairs = {}
    for name in arguments.pairs.split(","):
        of_pairs[name] = compare(name, arguments)
        lines = [(explainer, *row) for explainer, row in of_pairs[name].items()]
        print_table(name, ("explainer", *HEADER), lines)
    medians = {
        name: np.median([measured[name] for measured in of_pairs.values()], axis=0)
        for name in EXPLAINERS
    }
    print_table(
        f"medians over {len(of_pairs)} pairs",
        ("explainer", *HEADER),
        [(name, *row) for name, row in medians.items()],
    )
    if arguments.write:
        PAGE.write_text(page(medians, of_pairs, arguments), encoding="utf-8")
