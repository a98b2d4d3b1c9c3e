"""Exact explanations against TreeSHAP, WOODELF, sampling and `lime`: milliseconds per row.

Everything runs on one thread and is timed without `fit`, except WOODELF, whose set-up is part of
each call. Each figure is the least processor time of some repeats; explainers take turns. Of three
classes (wine) sklime and shap explain all, WOODELF and `lime` one.

"shapley" are exact Shapley values, to compare with shap's interventional explainer. "fidelity" is
what the fidelity takes that `explain` adds to the weights; it should take less time than the model
for 32 rows, all in one call, or than a tenth of a millisecond for 1,000 nodes.
"""

from _common import (
    fitted_lime,
    geometric_mean,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
from functools import cached_property, partial
from importlib import import_module
from importlib.util import find_spec
from time import process_time
from warnings import filterwarnings

import numpy as np
import pandas as pd
import shap
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_wine,
    make_classification,
    make_friedman1,
)
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)

from sklime import LimeTabularExplainer
from sklime._exact._fidelity import judge

# Of the time of path-dependent TreeSHAP, on each ensemble and in the geometric mean.
MOST_OF_SHAP, MEAN_OF_SHAP = 0.6, 0.35
LEAST_TIMES_LIME, N_LIME_ENSEMBLES = 300, 9

# The fidelity of a row may take the time of this many rows of the model, or this for 1,000 nodes.
N_FIDELITY_ROWS, FIDELITY_MILLISECONDS = 32, 0.1

# Rows per call at which exact explanations are timed, and at which WOODELF is.
N_ROWS = (1, 100, 500, 20_000)
N_WOODELF_ROWS = (500, 20_000)
N_SHAP_ROWS, N_BACKGROUND_ROWS = 100, 100

# WOODELF sets up for minutes where there are more nodes.
MOST_WOODELF_NODES = 100_000

# Share of the values of a timed row that come from another row, so that no row is a training row.
MIXED = 0.3

EXPLAINERS = (
    *(f"exact, {n_rows:,}" for n_rows in N_ROWS),
    "shap",
    "shapley",
    "shap interventional",
    "fidelity",
    f"model, {N_FIDELITY_ROWS} rows",
    "sampling",
    *(f"woodelf, {n_rows:,}" for n_rows in N_WOODELF_ROWS),
    "lime",
)

TABLES = {
    "breast cancer": partial(load_breast_cancer, return_X_y=True),
    "diabetes": partial(load_diabetes, return_X_y=True),
    "wine": partial(load_wine, return_X_y=True),
    "20,000 x 50": partial(
        make_classification, 20_000, 50, n_informative=15, n_redundant=10, random_state=0
    ),
    "friedman1": partial(make_friedman1, 10_000, random_state=0),
}


def histogram_boosting():
    """Return 500 trees of scikit-learn's histogram gradient boosting."""
    return HistGradientBoostingClassifier(max_iter=500, early_stopping=False, random_state=0)


def lightgbm():
    """Return 500 trees of LightGBM."""
    return import_module("lightgbm").LGBMClassifier(n_estimators=500, n_jobs=1, verbose=-1)


def xgboost():
    """Return 500 trees of XGBoost."""
    return import_module("xgboost").XGBClassifier(n_estimators=500, n_jobs=1)


# Table and model of each name. Nothing was tuned on the last two.
ENSEMBLES = {
    "breast cancer, forest of 100": ("breast cancer", partial(RandomForestClassifier, 100)),
    "breast cancer, forest of 500": ("breast cancer", partial(RandomForestClassifier, 500)),
    "diabetes, forest of 100": ("diabetes", partial(RandomForestRegressor, 100)),
    "breast cancer, HistGB 500": ("breast cancer", histogram_boosting),
    "20,000 x 50, HistGB 500": ("20,000 x 50", histogram_boosting),
    "20,000 x 50, LightGBM 500": ("20,000 x 50", lightgbm),
    "20,000 x 50, XGBoost 500": ("20,000 x 50", xgboost),
    "20,000 x 50, forest of 100": ("20,000 x 50", partial(RandomForestClassifier, 100)),
    "wine, extra trees 200": ("wine", partial(ExtraTreesClassifier, 200)),
    "friedman1, boosting 300": ("friedman1", partial(GradientBoostingRegressor, n_estimators=300)),
}


class Ensemble:
    """A fitted model, its table, and rows to explain."""

    def __init__(self, name):
        table, make = ENSEMBLES[name]
        self.X, y = TABLES[table]()
        self.model = make().set_params(random_state=0).fit(self.X, y)

    def rows(self, n_rows):
        """Return rows that mix two rows of the table each."""
        rng = np.random.default_rng(0)
        one, other = (self.X[rng.integers(0, len(self.X), n_rows)] for _ in range(2))
        return np.where(rng.random(one.shape) < MIXED, other, one)

    @cached_property
    def method(self):
        """Return the method whose answers are sums of trees."""
        is_forest = isinstance(self.model, (RandomForestClassifier, ExtraTreesClassifier))
        has_classes = hasattr(self.model, "predict_proba")
        return "decision_function" if has_classes and not is_forest else "auto"

    def explainer(self, method):
        """Return a fitted explainer of sklime."""
        explainer = LimeTabularExplainer(
            self.model, method=method, response_method=self.method, n_jobs=1, random_state=0
        )
        return explainer.fit(self.X)

    def ask(self, rows):
        """Return the answers of the model."""
        return getattr(self.model, "predict_proba", self.model.predict)(rows)

    def fidelity(self, explainer, rows):
        """Return a function that measures the fidelity at rows, whose moments are known."""
        plan = explainer._exact
        derived = plan.model.reading.derive(rows)
        around = plan.tilts.around(plan.encoder.represent(rows))
        moments = plan.model.expectations(derived, around, plan.kernel)
        outputs = np.tile(np.arange(moments[0].shape[1]), (len(rows), 1))
        return partial(judge, plan.model, derived, around, *moments, outputs, plan.seed)

    def lime(self, row):
        """Explain one row with ``lime``."""
        self._lime.explain_instance(row, self.ask, num_features=row.size, num_samples=5000)

    @cached_property
    def _lime(self):
        return fitted_lime(self.model, self.X, seed=0)

    def woodelf(self, rows):
        """Explain rows with WOODELF, set-up included."""
        explainer = import_module("woodelf").WoodelfExplainer(
            self.model, feature_perturbation="tree_path_dependent"
        )
        explainer.shap_values(pd.DataFrame(rows), verbose=False)


def best_of(steps, n_repeats):
    """Return the least time of each step in milliseconds; steps take turns."""
    best = dict.fromkeys(steps, np.inf)
    for _ in range(n_repeats):
        for name, step in steps.items():
            start = process_time()
            step()
            best[name] = min(best[name], (process_time() - start) * 1e3)
    return best


def measure(name, settings):
    """Return milliseconds per row of all explainers, by name."""
    ensemble = Ensemble(name)
    exact, sampling = (ensemble.explainer(method) for method in ("exact", "sampling"))
    dependent = shap.TreeExplainer(ensemble.model)
    # The answers of scikit-learn's forests are probabilities, those of boosters raw scores.
    interventional = shap.TreeExplainer(
        ensemble.model,
        ensemble.X[:N_BACKGROUND_ROWS],
        feature_perturbation="interventional",
        model_output="raw",
    )
    sizes = {}
    steps = {}

    def add(what, step, n_rows):
        sizes[what] = n_rows
        steps[what] = partial(step, ensemble.rows(n_rows))

    for n_rows in N_ROWS:
        add(f"exact, {n_rows:,}", exact.transform, min(n_rows, settings.largest))
    shap_rows = min(N_SHAP_ROWS, settings.largest)
    add("shap", partial(dependent.shap_values, check_additivity=False), shap_rows)
    add(
        "shap interventional",
        partial(interventional.shap_values, check_additivity=False),
        settings.slow_rows,
    )
    add("shapley", exact.shapley, shap_rows)
    asked = f"model, {N_FIDELITY_ROWS} rows"
    add(asked, lambda rows: ensemble.ask(rows.repeat(N_FIDELITY_ROWS, axis=0)), shap_rows)
    sizes["fidelity"] = shap_rows
    steps["fidelity"] = ensemble.fidelity(exact, ensemble.rows(shap_rows))
    add("sampling", sampling.transform, settings.slow_rows)
    if find_spec("woodelf") and exact._exact.model.reading.trees.n_nodes <= MOST_WOODELF_NODES:
        for n_rows in N_WOODELF_ROWS:
            add(f"woodelf, {n_rows:,}", ensemble.woodelf, min(n_rows, settings.largest))
    add("lime", lambda rows: [ensemble.lime(row) for row in rows], settings.lime_rows)
    found = best_of(steps, settings.repeats)
    found = {what: milliseconds / sizes[what] for what, milliseconds in found.items()}
    n_nodes = exact._exact.model.nodes.layout.n_nodes
    found["fidelity limit"] = max(found[asked], FIDELITY_MILLISECONDS * n_nodes / 1000)
    return found


def ratio_line(found):
    """Return the ratios that are required, of one ensemble."""
    woodelf = [
        found[f"exact, {n:,}"] / found.get(f"woodelf, {n:,}", np.nan) for n in N_WOODELF_ROWS
    ]
    return (
        found["exact, 100"] / found["shap"],
        found["shapley"] / found["shap interventional"],
        found["fidelity"] / found["fidelity limit"],
        found["exact, 100"] / found["sampling"],
        *woodelf,
        found["lime"] / found["exact, 100"],
    )


def verdicts(ratios):
    """Return what was required, the number, and whether it is reached."""
    of_shap, of_interventional, of_limit, of_sampling, *of_woodelf, of_lime = np.array(ratios).T
    mean, n_lime = geometric_mean(of_shap), int((of_lime >= LEAST_TIMES_LIME).sum())
    n_required = min(N_LIME_ENSEMBLES, len(ratios))
    found = [
        (
            f"at most {MOST_OF_SHAP} of the time of TreeSHAP on each",
            f"{of_shap.max():.3f}",
            of_shap.max() <= MOST_OF_SHAP,
        ),
        (
            f"at most {MEAN_OF_SHAP} in the geometric mean",
            f"{mean:.3f}",
            mean <= MEAN_OF_SHAP,
        ),
        (
            "Shapley values faster than shap's interventional explainer on each",
            f"{of_interventional.max():.3f}",
            of_interventional.max() < 1.0,
        ),
        ("time of the fidelity, of its limit", f"{of_limit.max():.3f}", of_limit.max() <= 1.0),
        ("never slower than sampling", f"{of_sampling.max():.3f}", of_sampling.max() <= 1.0),
        (
            f"at least {LEAST_TIMES_LIME} times as fast as lime on {n_required}",
            f"{n_lime} of {len(ratios)}",
            n_lime >= n_required,
        ),
    ]
    for n_rows, ratio in zip(N_WOODELF_ROWS, of_woodelf):
        if np.isfinite(ratio).any():
            largest = np.nanmax(ratio)
            what = f"not slower than WOODELF at {n_rows:,} rows"
            found.append((what, f"{largest:.3f}", largest <= 1.0))
    return found


def main():
    settings = parse_arguments(
        __doc__,
        defaults={
            "ensembles": ";".join(ENSEMBLES),
            "largest": max(N_ROWS),
            "slow_rows": 20,
            "lime_rows": 3,
            "repeats": 3,
        },
        quick={
            "ensembles": "breast cancer, forest of 100;breast cancer, HistGB 500",
            "largest": 200,
            "slow_rows": 2,
            "lime_rows": 1,
            "repeats": 1,
        },
    )
    print_environment()
    filterwarnings("ignore", category=UserWarning, module="shap")
    if not find_spec("woodelf"):
        print("woodelf-explainer is not installed and takes no part")
    names, lines, ratios = settings.ensembles.split(";"), [], []
    for name in names:
        found = measure(name, settings)
        lines.append((name, *(found.get(what, np.nan) for what in EXPLAINERS)))
        ratios.append(ratio_line(found))
        print_table(name, ("explainer", "ms per row"), list(found.items()))
    print_table("Milliseconds per row", ("ensemble", *EXPLAINERS), lines)
    means = [geometric_mean(column[~np.isnan(column)]) for column in np.array(ratios).T]
    print_table(
        "Ratios",
        (
            "ensemble",
            "/ shap",
            "shapley / interv.",
            "fidelity / limit",
            "/ sampling",
            "/ woodelf 500",
            "/ w. 20,000",
            "lime /",
        ),
        [*((name, *line) for name, line in zip(names, ratios)), ("geometric mean", *means)],
    )
    print_verdicts(verdicts(ratios))


if __name__ == "__main__":
    main()
