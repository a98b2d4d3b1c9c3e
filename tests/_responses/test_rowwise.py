"""Models whose answer for a row depends on other rows are refused; random and rounded are not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale
from tables import FEW

from sklime import LimeTabularExplainer, LimeTextExplainer

REFUSAL = "depends on the other (rows of the table|texts of the list)"


@pytest.fixture
def X(global_random_seed):
    return np.random.default_rng(global_random_seed).normal(size=(90, 3))


def fitted(function, X, **parameters):
    return LimeTabularExplainer(function, **FEW, **parameters).fit(X)


def normalized(X):
    return X[:, 0] / np.abs(X[:, 0]).max()


DEPENDENT = {
    "scaled": lambda X: scale(X).sum(axis=1),
    "centered": lambda X: (X - X.mean(axis=0))[:, 0],
    "centered, far from 0": lambda X: 1e3 + scale(X)[:, 0],
    "small": lambda X: 1e-200 * scale(X)[:, 1],
    "ranked": lambda X: pd.DataFrame(X)[0].rank().to_numpy(),
    "ranked in percent": lambda X: pd.DataFrame(X)[0].rank(pct=True).to_numpy(),
    "normalized": normalized,
    "summed up": lambda X: X[:, 0].cumsum(),
    "single precision": lambda X: scale(X)[:, 0].astype(np.float32),
    "two outputs": lambda X: np.column_stack([X[:, 0], scale(X)[:, 0]]),
}


@pytest.mark.parametrize("name", DEPENDENT)
def test_function_of_the_other_rows_is_refused(name, neighborhood, X):
    with pytest.raises(ValueError, match=REFUSAL):
        fitted(DEPENDENT[name], X, neighborhood=neighborhood)


def test_ranks_in_a_sorted_table_are_refused():
    X = np.arange(100.0)[:, None]
    with pytest.raises(ValueError, match=REFUSAL):
        fitted(lambda X: X[:, 0].argsort().argsort(), X)


def test_scaler_in_the_function_is_refused_and_the_pipeline_is_not(X):
    y = (X[:, 0] > 0.0).astype(int)
    model = LogisticRegression().fit(scale(X), y)
    with pytest.raises(ValueError, match=r"alone, and .* Pipeline with the scaler"):
        fitted(lambda X: model.predict_proba(StandardScaler().fit_transform(X)), X)
    fitted(make_pipeline(StandardScaler(), model).fit(X, y), X, method="sampling")


def test_step_of_a_pipeline_that_depends_on_other_rows_is_refused(X):
    y = (X[:, 0] > 0.0).astype(int)
    forest = RandomForestClassifier(10, random_state=0)
    model = make_pipeline(FunctionTransformer(scale), forest).fit(X, y)
    with pytest.raises(ValueError, match=REFUSAL):
        fitted(model, X)


def test_labels_that_depend_on_other_rows_are_refused(X):
    class Above:
        classes_ = np.array(["no", "yes"])

        def predict(self, X):
            return self.classes_[(X[:, 0] > X[:, 0].mean()).astype(int)]

    X[45, 0] = 9.0
    with pytest.raises(ValueError, match=REFUSAL):
        fitted(Above(), X)


def test_function_of_the_other_texts_is_refused():
    texts = ["a b c", "a", "b c", "c d e f"]

    def relative(texts):
        lengths = np.array([len(text) for text in texts], dtype=float)
        return lengths / lengths.max()

    with pytest.raises(ValueError, match=REFUSAL):
        LimeTextExplainer(relative, random_state=0).fit(texts[1:] + texts[:1])


# No false alarms


def noisy(seed):
    rng = np.random.default_rng(seed)
    return lambda X: X[:, 0] + rng.normal(size=len(X))


def rounded_by_batch(size, dtype):
    """A function with rounding errors that depend on the number of rows."""

    def function(X):
        rng = np.random.default_rng(len(X))
        answers = 5.0 + np.tanh(X[:, 0])
        return (answers * (1.0 + size * rng.uniform(-1.0, 1.0, len(X)))).astype(dtype)

    return function


INDEPENDENT = {
    "random": noisy(0),
    "constant": lambda X: np.full(len(X), 0.1),
    "double precision": rounded_by_batch(1e-14, np.float64),
    "single precision inside": rounded_by_batch(1e-6, np.float64),
    "single precision": rounded_by_batch(1e-5, np.float32),
    "half precision inside": rounded_by_batch(4e-3, np.float32),
    "half precision": rounded_by_batch(1e-3, np.float16),
    "huge": lambda X: 1e300 * np.sign(X[:, 0]),
}


@pytest.mark.parametrize("name", INDEPENDENT)
def test_function_of_the_row_alone_is_explained(name, neighborhood, X):
    fitted(INDEPENDENT[name], X, neighborhood=neighborhood)


def test_nearly_constant_probabilities_of_single_precision_are_explained(X):
    function = rounded_by_batch(1e-6, np.float32)
    for link in ("identity", "logit"):
        fitted(lambda X: 1e-4 + 1e-9 * function(X), X, link=link)


def test_network_of_single_precision_is_explained(X):
    narrow = X.astype(np.float32)
    model = MLPRegressor(hidden_layer_sizes=(64, 64), tol=1.0, random_state=0)
    fitted(model.fit(narrow, narrow[:, 0]), narrow)


@pytest.mark.filterwarnings("ignore:The training rows")
@pytest.mark.parametrize("n_rows", [1, 2, 40])
def test_tables_of_equal_rows_cannot_tell(n_rows):
    fitted(lambda X: X[:, 0] - X[:, 0].mean(), np.ones((n_rows, 2)))


def test_failure_at_other_rows_is_left_to_explain(X):
    def picky(X):
        if (X[:, 0] == X[0, 0]).all() or len(X) > 40:
            return X[:, 0]
        raise RuntimeError("only one row, please")

    fitted(picky, X)


def test_each_row_in_its_own_call_is_explained(X):
    # Then each row is explained as it is answered.
    fitted(DEPENDENT["scaled"], X, batch_size=1)


@pytest.mark.parametrize("batch_size", [2, 3, 16, 32, 33])
def test_calls_of_few_rows_tell_as_well(batch_size, X):
    # With 33 rows in calls of 32, the last row would be alone again.
    with pytest.raises(ValueError, match=REFUSAL):
        fitted(DEPENDENT["ranked in percent"], X, batch_size=batch_size)
