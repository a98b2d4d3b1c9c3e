"""What the benchmarks share: threads, arguments, data, models, lime, true effects, tables."""

import argparse
import os
import platform
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from time import perf_counter
from types import SimpleNamespace

# One thread for BLAS and OpenMP, here and in worker processes. Libraries read these when they are
# loaded, so the benchmarks import this module before numpy.
THREAD_LIMITS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
os.environ.update(THREAD_LIMITS)

# isort: split
import numpy as np
import pandas as pd
from _tables import (
    load_applications,
    load_caravan,
    load_default,
    load_health_insurance,
    load_orange_juice,
    load_wage,
    make_flags,
    make_levels,
    make_noise,
)
from _titanic import IntegerCoding, filled, load_fare, load_survival, make_mixed_pipeline
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer as TheirExplainer
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from threadpoolctl import threadpool_info

from sklime import LimeTabularExplainer

__all__ = [
    "DATASETS",
    "MODELS",
    "Pair",
    "Run",
    "TimedFunction",
    "explain_with_lime",
    "explain_with_sklime",
    "fitted_lime",
    "geometric_mean",
    "make_pair",
    "make_pairs",
    "parse_arguments",
    "print_environment",
    "print_table",
    "print_verdicts",
    "versions",
]

# Loader, and the class that is explained: None for a regression.
DATASETS = {
    "breast cancer": (partial(load_breast_cancer, return_X_y=True), 1),
    "wine": (partial(load_wine, return_X_y=True), 0),
    "wine class 1": (partial(load_wine, return_X_y=True), 1),
    "wine class 2": (partial(load_wine, return_X_y=True), 2),
    "diabetes": (partial(load_diabetes, return_X_y=True), None),
    "titanic": (load_survival, 1),
    "titanic fare": (load_fare, None),
    "Caravan": (load_caravan, 1),
    "HealthInsurance": (load_health_insurance, 1),
    "OJ": (load_orange_juice, 1),
    "Wage": (load_wage, None),
    "College": (load_applications, None),
    "Default": (load_default, 1),
    "flags": (make_flags, 1),
    "levels": (make_levels, None),
    "noise": (make_noise, None),
}


def make_svc():
    """Return a support vector classifier with probabilities from one sigmoid a class."""
    return CalibratedClassifierCV(make_pipeline(StandardScaler(), SVC()), ensemble=False)


def make_svr():
    """Return a support vector regressor; ``C=10`` does best on diabetes, where 1 underfits."""
    return make_pipeline(StandardScaler(), SVR(C=10.0))


# Classifier and regressor of each name.
MODELS = {
    "forest": (
        lambda: RandomForestClassifier(n_estimators=100, random_state=0),
        lambda: RandomForestRegressor(n_estimators=100, random_state=0),
    ),
    "boosting": (
        lambda: HistGradientBoostingClassifier(random_state=0),
        lambda: HistGradientBoostingRegressor(random_state=0),
    ),
    "SVM": (make_svc, make_svr),
    "linear": (lambda: LogisticRegression(max_iter=1000), Ridge),
}


@dataclass(frozen=True)
class Pair:
    """A fitted model, its data, and which of its outputs is explained."""

    name: str
    model: object
    X_train: np.ndarray | pd.DataFrame
    X_test: np.ndarray | pd.DataFrame
    y_train: np.ndarray
    label: int | None
    coding: IntegerCoding | None = None  # of a mixed table

    @property
    def target(self):
        """Return what sklime's ``target`` is for the explained output."""
        return "auto" if self.label is None else self.label

    def ask(self, X):
        """Return the response of the explained output, shape (n_rows,)."""
        if self.label is None:
            return self.model.predict(X)
        return self.model.predict_proba(X)[:, self.label]

    def encode(self, X):
        """Return rows as a matrix of floats, as they are or in the integer codes of `lime`."""
        return X if self.coding is None else self.coding.encode(X)

    def decode(self, matrix):
        """Return the rows of a matrix of floats as the model takes them."""
        return matrix if self.coding is None else self.coding.decode(matrix)


def make_pair(name):
    """Load the data and train the model of a ``"data/model"`` name.

    The model of a mixed table imputes. The rows that are explained have been filled before, as
    the model itself would, since `lime` takes no missing values.
    """
    data_name, model_name = name.split("/")
    load, label = DATASETS[data_name]
    X, y = load()
    X_train, X_test, y_train, _ = train_test_split(X, y, test_size=0.3, random_state=0)
    make_classifier, make_regressor = MODELS[model_name]
    model = (make_regressor if label is None else make_classifier)()
    if not isinstance(X, pd.DataFrame):
        return Pair(name, model.fit(X_train, y_train), X_train, X_test, y_train, label)
    # Every level that five rows have counts: that of Titanic's columns, and many of a made table.
    model = make_mixed_pipeline(model, max_categories=None).fit(X_train, y_train)
    X_train, X_test = filled(X_train, X_test)
    coding = IntegerCoding.fit(X_train, X_test)
    return Pair(name, model, X_train, X_test, y_train, label, coding)


def make_pairs(names):
    """Return the pairs of a comma-separated text of names, or of a sequence of them."""
    names = names.split(",") if isinstance(names, str) else names
    return [make_pair(name.strip()) for name in names]


@dataclass(frozen=True)
class Run:
    """What one seed of one explainer says about some rows."""

    contributions: np.ndarray  # weight times encoding, (n_rows, n_features)
    local_predictions: np.ndarray  # by the fit without the explained row, (n_rows,)
    seconds: float


class HeldOutLimeBase(LimeBase):
    """``lime``'s local fit, which also records what it says without the explained row."""

    def explain_instance_with_data(
        self,
        neighborhood_data,
        neighborhood_labels,
        distances,
        label,
        num_features,
        feature_selection="auto",
        model_regressor=None,
    ):
        """Return what ``lime`` returns; the first perturbed row is the explained one."""
        explanation = super().explain_instance_with_data(
            neighborhood_data,
            neighborhood_labels,
            distances,
            label,
            num_features,
            feature_selection=feature_selection,
            model_regressor=model_regressor,
        )
        selected = [feature for feature, _ in explanation[1]]
        Z, F = neighborhood_data[:, selected], neighborhood_labels[:, label]
        without_row = Ridge(alpha=1.0).fit(
            Z[1:], F[1:], sample_weight=self.kernel_fn(distances[1:])
        )
        self.encoding_ = neighborhood_data[0]
        self.held_out_prediction_ = without_row.predict(Z[:1])[0]
        return explanation


def fitted_lime(model, X_train, seed, **options):
    """Return ``lime``'s explainer of a table."""
    mode = "classification" if is_classifier(model) else "regression"
    return TheirExplainer(X_train, mode=mode, random_state=seed, **options)


def explain_with_lime(pair, rows, seed, num_samples=5000, **options):
    """Explain rows one by one with ``lime``, all features kept."""
    start = perf_counter()
    if pair.coding is not None:
        options = {"categorical_features": pair.coding.categorical_features, **options}
    explainer = fitted_lime(pair.model, pair.encode(pair.X_train), seed, **options)
    explainer.base = HeldOutLimeBase(explainer.base.kernel_fn, random_state=explainer.random_state)
    explained = [_lime_row(explainer, pair, row, num_samples) for row in pair.encode(rows)]
    contributions, local_predictions = map(np.array, zip(*explained))
    return Run(contributions, local_predictions, perf_counter() - start)


def _lime_row(explainer, pair, row, num_samples):
    """Return one row's contributions and local prediction by ``lime``."""
    # lime asks for two-column probabilities, and files a regression's weights under label 1.
    label = 1 if pair.label is None else pair.label
    predict = pair.model.predict if pair.label is None else pair.model.predict_proba
    explanation = explainer.explain_instance(
        row,
        lambda matrix: predict(pair.decode(matrix)),
        labels=(label,),
        num_features=row.size,
        num_samples=num_samples,
    )
    contributions = np.zeros(row.size)
    for feature, weight in explanation.local_exp[label]:
        contributions[feature] = weight * explainer.base.encoding_[feature]
    return contributions, explainer.base.held_out_prediction_


def explain_with_sklime(pair, rows, seed, **options):
    """Explain rows with sklime, all features kept unless ``options`` say otherwise."""
    options = {"max_features": None, "target": pair.target, **options}
    start = perf_counter()
    explainer = LimeTabularExplainer(pair.model, method="sampling", random_state=seed, **options)
    batch = explainer.fit(pair.X_train, pair.y_train).explain(rows)
    return Run(
        batch.values[..., 0] * batch.internals.encodings,
        batch.held_out_predictions[:, 0],
        perf_counter() - start,
    )


class TimedFunction:
    """Call a function, add up the wall time spent in it and the rows asked; for one thread."""

    def __init__(self, function):
        self.function = function
        self.seconds = 0.0
        self.n_rows = 0

    def __call__(self, X):
        self.n_rows += len(X)
        start = perf_counter()
        try:
            return self.function(X)
        finally:
            self.seconds += perf_counter() - start


def geometric_mean(values):
    """Return the geometric mean of positive values."""
    return float(np.exp(np.mean(np.log(values))))


def parse_arguments(description, defaults, quick):
    """Read one option a default from the command line; ``--quick`` takes the values of quick.

    A default of False makes a switch.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a small run, to see that it works")
    for name, default in defaults.items():
        option = f"--{name.replace('_', '-')}"
        if default is False:
            parser.add_argument(option, action="store_true", default=None)
            continue
        parser.add_argument(
            option,
            type=type(default),
            help=f"default {default}, with --quick {quick.get(name, default)}",
        )
    given = vars(parser.parse_args())
    chosen = {**defaults, **quick} if given.pop("quick") else dict(defaults)
    chosen.update({name: value for name, value in given.items() if value is not None})
    print(", ".join(f"{name} = {value}" for name, value in chosen.items()))
    return SimpleNamespace(**chosen)


def print_environment():
    """Print versions, cores and the number of threads that BLAS and OpenMP really have."""
    print(versions())
    pools = {
        f"{pool['user_api']} ({pool['internal_api']}): {pool['num_threads']} thread(s)"
        for pool in threadpool_info()
    }
    print("numerical libraries: " + "; ".join(sorted(pools)))
    limits = ", ".join(f"{name}={value}" for name, value in THREAD_LIMITS.items())
    print(f"BLAS single-threaded: {limits}", flush=True)


def versions():
    """Return Python, cores and the versions of packages; one run from its source has none."""
    packages = ("sklime", "lime", "shap", "scikit-learn", "numpy", "scipy", "pandas")
    installed = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores"]
    for package in packages:
        try:
            installed.append(f"{package} {version(package)}")
        except ModuleNotFoundError:
            installed.append(f"{package} (from source)")
    return ", ".join(installed)


def print_table(title, header, rows):
    """Print a table of texts and numbers; the first column is aligned to the left."""
    cells = [list(map(str, header))] + [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    print(f"\n{title}")
    for number, line in enumerate(cells):
        first, *rest = (
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths))
        )
        print("  ".join([first, *rest]).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)


def _cell(value):
    """Return a number as a text of about three digits, anything else as it is."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.3g}" if abs(value) < 0.01 or abs(value) >= 100 else f"{value:.3f}"
    return str(value)


def print_verdicts(verdicts):
    """Print each required figure as reached or not: (what, number, is_reached) a line."""
    print("Required figures")
    for what, number, is_reached in verdicts:
        print(f"  {'reached    ' if is_reached else 'NOT reached'}  {what}: {number}")
    print(flush=True)
