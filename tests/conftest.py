"""Fixtures: a seed, small tables, small fitted models, and models that remember what they saw."""

import importlib.util
import os
import sys

import hypothesis
import matplotlib
import numpy as np
import pandas as pd
import pytest
from documents import MOODS, REVIEWS
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tables import RAW, mixed_frame

matplotlib.use("Agg")

# How long an example takes says more of the machine and of who else uses it than of the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

NEIGHBORHOODS = ["anchored", "shared", "around"]

# Without their packages these files are not collected, unless they are named: a skip at collection
# would also count in runs that select other tests by their marks.
NEEDED = {
    "test_arrow.py": "pyarrow",
    "_readings/test_catboost.py": "catboost",
    "_readings/test_lightgbm.py": "lightgbm",
    "_readings/test_xgboost.py": "xgboost",
}
collect_ignore = [name for name, package in NEEDED.items() if not importlib.util.find_spec(package)]


def pytest_configure(config):
    """Give BLAS and OpenMP one thread in each worker of pytest-xdist: workers share the cores.

    More threads than cores wait for each other: histogram boosting then takes ten times as long.
    """
    if getattr(config.option, "numprocesses", None):
        os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(autouse=True)
def figures_are_closed():
    """Close what a test has drawn: matplotlib warns of many open figures."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


class RecordingClassifier:
    """A classifier without `fit` that keeps a copy of every table it is asked about."""

    def __init__(self, classifier):
        self.classifier = classifier
        self.classes_ = classifier.classes_
        self.calls = []

    def predict_proba(self, X):
        self.calls.append(X.copy())
        return self.classifier.predict_proba(X)

    @property
    def n_rows(self):
        return sum(len(call) for call in self.calls)

    def rows(self):
        return np.vstack([np.asarray(call) for call in self.calls])


class RecordingFunction:
    """A plain function that keeps a copy of every table it is asked about."""

    def __init__(self, function):
        self.function = function
        self.calls = []

    def __call__(self, X):
        self.calls.append(X.clone() if hasattr(X, "clone") else X.copy())
        return self.function(X)

    @property
    def n_rows(self):
        return sum(len(call) for call in self.calls)

    def rows(self):
        return np.vstack([np.asarray(call) for call in self.calls])


@pytest.fixture(scope="session")
def global_random_seed():
    """Seed of the data; another one should change no verdict."""
    return int(os.environ.get("SKLIME_TESTS_GLOBAL_RANDOM_SEED", "42"))


@pytest.fixture(params=NEIGHBORHOODS)
def neighborhood(request):
    """Each neighborhood in turn, by name."""
    return request.param


@pytest.fixture(scope="session")
def binary_data(global_random_seed):
    """A table of five numeric columns and labels 0 and 1."""
    return make_classification(
        n_samples=120, n_features=5, n_informative=3, random_state=global_random_seed
    )


@pytest.fixture(scope="session")
def binary_frame(binary_data):
    """The binary table as a DataFrame with telling names and an index of its own."""
    columns = ["age", "income", "debt", "height", "weight"]
    index = [f"row {i}" for i in range(len(binary_data[0]))]
    return pd.DataFrame(binary_data[0], columns=columns, index=index)


@pytest.fixture(scope="session")
def mixed(global_random_seed):
    """A column of every kind that a pandas frame has; tests change copies of it only."""
    return mixed_frame(120, global_random_seed)


@pytest.fixture(scope="session")
def raw(mixed):
    """A frame of raw columns, and labels that depend on three of them."""
    X = mixed[RAW]
    good = (X["sex"] == "female") ^ X["age"].isna() ^ (X["income"] > 4000.0)
    return X, np.where(good, "good", "bad")


@pytest.fixture(params=["marginal", "empirical", "copula"])
def background(request):
    """Each background in turn, by name."""
    return request.param


@pytest.fixture(scope="session")
def regression_data(global_random_seed):
    """A table of four numeric columns and a noisy linear target."""
    return make_regression(n_samples=100, n_features=4, noise=5.0, random_state=global_random_seed)


@pytest.fixture(scope="session")
def multiclass_data():
    """Iris, with the names of the species as labels."""
    iris = load_iris()
    return iris.data, iris.target_names[iris.target]


@pytest.fixture(scope="session")
def binary_model(binary_data):
    """A small forest fitted on the binary table."""
    return RandomForestClassifier(n_estimators=5, random_state=0).fit(*binary_data)


@pytest.fixture(scope="session")
def multiclass_model(multiclass_data):
    """A logistic regression fitted on iris."""
    return LogisticRegression(max_iter=1000).fit(*multiclass_data)


@pytest.fixture(scope="session")
def review_model():
    """A fitted pipeline from strings to probabilities of two classes."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(REVIEWS, MOODS)


@pytest.fixture(scope="session")
def species_model():
    """A fitted pipeline with three string classes."""
    labels = np.array(["cat", "dog", "owl"])[np.arange(120) % 3]
    texts = [f"{text} {label}s" for text, label in zip(REVIEWS, labels)]
    return make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, labels)


@pytest.fixture
def recording_classifier(binary_model):
    """The small forest, remembering the rows that it is asked about."""
    return RecordingClassifier(binary_model)


@pytest.fixture
def recording():
    """Wrap a function so that it remembers the rows that it is asked about."""
    return RecordingFunction


@pytest.fixture
def untouched_global_random_state():
    """Fail the test if NumPy's global random state is another one at its end."""
    _, keys, position, *_ = np.random.get_state()  # noqa: NPY002
    yield
    _, keys_after, position_after, *_ = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(keys_after, keys)
    assert position_after == position
