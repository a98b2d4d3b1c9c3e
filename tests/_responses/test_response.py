"""How many rows the model is asked about, and when."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from tables import FEW, MANY, explained_model, first_column, mixed_score

from sklime import LimeTabularExplainer

# `fit` asks about one row alone and among others, to see that the model answers row by row.
N_ROWWISE = 1 + 1 + 32


def explainer_of(model, neighborhood, **parameters):
    parameters = {"n_perturbations": 64, "random_state": 0} | parameters
    return LimeTabularExplainer(model, neighborhood=neighborhood, **parameters)


@pytest.mark.parametrize("n_rows", [1, 7, 50])
def test_shared_neighborhood_asks_once_for_all_and_once_a_row(
    n_rows, binary_data, recording_classifier
):
    X, _ = binary_data
    explainer_of(recording_classifier, "shared").fit(X).explain(X[:n_rows])
    assert recording_classifier.n_rows == 64 + n_rows + N_ROWWISE


@pytest.mark.parametrize("neighborhood", ["anchored", "around"])
@pytest.mark.parametrize("n_rows", [1, 7, 50])
def test_local_neighborhoods_ask_for_each_row(
    n_rows, neighborhood, binary_data, recording_classifier
):
    X, _ = binary_data
    explainer_of(recording_classifier, neighborhood).fit(X).explain(X[:n_rows])
    assert recording_classifier.n_rows == n_rows * (64 + 1) + N_ROWWISE


@pytest.mark.parametrize(
    ("neighborhood", "n_rows"), [("shared", 64 + 5), ("anchored", 5 * 65), ("around", 5 * 65)]
)
def test_function_is_asked_at_most_few_rows_more(neighborhood, n_rows, binary_data, recording):
    X, _ = binary_data
    function = recording(lambda X: X[:, 0])
    explainer_of(function, neighborhood).fit(X).explain(X[:5])
    assert n_rows <= function.n_rows <= n_rows + N_ROWWISE


@pytest.mark.parametrize(("neighborhood", "n_rows"), [("shared", 4096), ("anchored", 1024)])
def test_default_numbers_of_perturbations(neighborhood, n_rows, binary_data, recording_classifier):
    X, _ = binary_data
    explainer = explainer_of(recording_classifier, neighborhood, n_perturbations=None)
    explainer.fit(X).explain(X[:1])
    assert recording_classifier.n_rows == n_rows + 1 + N_ROWWISE


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.parametrize("n_perturbations", [16, 63, 65, 100])
def test_numbers_that_replicates_do_not_divide_are_asked_exactly(
    n_perturbations, neighborhood, binary_data, recording_classifier
):
    X, _ = binary_data
    explainer = explainer_of(recording_classifier, neighborhood, n_perturbations=n_perturbations)
    explainer.fit(X).explain(X[:1])
    # Anchored rows come in pairs.
    n_asked = n_perturbations - n_perturbations % 2 * (neighborhood == "anchored")
    assert recording_classifier.n_rows == n_asked + 1 + N_ROWWISE


@pytest.mark.parametrize(
    "parameters",
    [
        {"target": "all"},
        {"target": "predicted"},
        {"selection": "lasso_path", "max_features": 2},
        {"surrogate": Lasso(alpha=0.001)},
        {"discretizer": None},
        {"background": "empirical"},
        {"link": "logit"},
        {"n_jobs": 2},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_no_option_costs_a_call(parameters, neighborhood, binary_data, recording_classifier):
    X, _ = binary_data
    explainer_of(recording_classifier, neighborhood, **parameters).fit(X).explain(X[:3])
    expected = 64 + 3 if neighborhood == "shared" else 3 * 65
    assert recording_classifier.n_rows == expected + N_ROWWISE


def test_score_asks_no_more_than_explain(neighborhood, binary_data, recording_classifier):
    X, _ = binary_data
    explainer_of(recording_classifier, neighborhood).fit(X).score(X[:3])
    expected = 64 + 3 if neighborhood == "shared" else 3 * 65
    assert recording_classifier.n_rows == expected + N_ROWWISE


def test_reading_an_explanation_asks_nothing(neighborhood, binary_data, recording_classifier):
    X, _ = binary_data
    batch = explainer_of(recording_classifier, neighborhood).fit(X).explain(X[:3])
    n_rows = recording_classifier.n_rows
    batch.to_frame()
    batch[0].as_list()
    repr(batch)
    assert (batch.response_r2 <= 1).all()
    assert recording_classifier.n_rows == n_rows


def test_shared_fit_does_not_ask_again_in_explain(binary_data, recording_classifier):
    X, _ = binary_data
    explainer = explainer_of(recording_classifier, "shared").fit(X)
    assert recording_classifier.n_rows == 64 + N_ROWWISE
    explainer.explain(X[:2])
    explainer.explain(X[:2])
    assert recording_classifier.n_rows == 64 + N_ROWWISE + 2 + 2


def test_anchored_fit_asks_only_whether_rows_are_answered_one_by_one(
    binary_data, recording_classifier
):
    explainer_of(recording_classifier, "anchored").fit(binary_data[0])
    assert recording_classifier.n_rows == N_ROWWISE
    assert len(recording_classifier.calls) == 2


@pytest.mark.parametrize("batch_size", [1, 10, 64, 65, 1000])
def test_no_call_is_larger_than_the_batch_size(
    batch_size, neighborhood, binary_data, recording_classifier
):
    X, _ = binary_data
    explainer = explainer_of(recording_classifier, neighborhood, batch_size=batch_size)
    explainer.fit(X).explain(X[:5])
    assert max(len(call) for call in recording_classifier.calls) <= batch_size


def test_rows_are_asked_together(binary_data, recording_classifier):
    # 20 rows of 65 fit in one call; a few more are no harm, one for each row would be.
    X, _ = binary_data
    explainer_of(recording_classifier, "anchored").fit(X).explain(X[:20])
    assert len(recording_classifier.calls) < 20


def test_model_is_never_asked_about_no_rows(neighborhood, binary_data, recording_classifier):
    X, _ = binary_data
    explainer_of(recording_classifier, neighborhood, batch_size=13).fit(X).explain(X[:3])
    assert min(len(call) for call in recording_classifier.calls) > 0


def test_every_explained_row_is_asked_itself(neighborhood, binary_data, recording_classifier):
    X, _ = binary_data
    explainer_of(recording_classifier, neighborhood).fit(X).explain(X[:3])
    asked = recording_classifier.rows()
    for row in X[:3]:
        assert np.isclose(asked, row, rtol=1e-12, atol=0).all(axis=1).any()


@pytest.mark.parametrize("batch_size", [np.int8(100), np.uint8(100), np.int64(100)])
def test_batch_size_may_be_an_integer_of_numpy(batch_size, binary_data, recording_classifier):
    # The starts of the calls go beyond 255, which no byte can count.
    X, _ = binary_data
    explainer = explainer_of(
        recording_classifier, "shared", batch_size=batch_size, n_perturbations=512
    )
    explainer.fit(X)
    assert [len(call) for call in recording_classifier.calls[:6]] == [100] * 5 + [12]


# Missing values that the model refuses


@pytest.mark.parametrize("container", ["array", "pandas"])
def test_missing_training_value_that_the_model_refuses_is_named_in_fit(
    container, neighborhood, mixed
):
    X = mixed[["income", "age"]].set_axis(["x0", "x1"], axis=1)
    X = X.to_numpy() if container == "array" else X
    complete = X[~np.isnan(np.asarray(X)).any(axis=1)]
    model = LinearRegression().fit(complete, np.arange(len(complete)))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **MANY)
    with pytest.raises(ValueError, match=r"\bx1\b"):
        explainer.fit(X)


@pytest.mark.parametrize("container", ["array", "pandas"])
def test_missing_value_of_a_row_that_the_model_refuses_is_named_in_explain(
    container, neighborhood, mixed
):
    X = mixed[["income", "age"]].dropna().set_axis(["x0", "x1"], axis=1)
    rows = X[:3].copy()
    rows.iloc[1, 1] = np.nan
    if container == "array":
        X, rows = X.to_numpy(), rows.to_numpy()
    model = LinearRegression().fit(X, np.arange(len(X)))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **MANY).fit(X)
    with pytest.raises(ValueError, match=r"\bx1\b"):
        explainer.explain(rows)


def test_missing_value_that_the_model_answers_with_nan_is_an_error(neighborhood, mixed):
    X = mixed[["income", "age"]]
    explainer = LimeTabularExplainer(
        lambda X: X["age"].to_numpy() * 2, neighborhood=neighborhood, **MANY
    )
    with pytest.raises(ValueError, match="age"):
        explainer.fit(X)


def test_only_the_columns_that_the_model_refuses_are_named(mixed):
    # The model imputes one column and not the other.
    def half_imputed(X):
        if X["age"].isna().any():
            raise ValueError("no missing ages, please")
        return X["income"].fillna(0.0).to_numpy()

    X = mixed[["income", "age"]].copy()
    X.loc[X.index[3::5], "income"] = np.nan
    with pytest.raises(ValueError, match="age") as error:
        LimeTabularExplainer(half_imputed, **MANY).fit(X)
    assert "income" not in str(error.value)


def test_finding_out_costs_at_most_a_row_for_each_column_with_missing_values(
    neighborhood, mixed, recording
):
    function = recording(mixed_score)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **MANY).fit(mixed)
    explainer.explain(mixed[:2])
    n_asked = 256 + 2 if neighborhood == "shared" else 2 * 257
    n_columns = int(mixed.isna().any().sum())
    assert n_asked <= function.n_rows <= n_asked + 2 * n_columns + N_ROWWISE


# Containers


@pytest.mark.parametrize("container", ["array", "pandas", "polars"])
def test_function_is_asked_with_the_kind_of_table_of_fit(
    container, neighborhood, binary_frame, recording
):
    table = binary_frame
    if container == "array":
        table = binary_frame.to_numpy()
    if container == "polars":
        polars = pytest.importorskip("polars")
        table = polars.DataFrame({name: binary_frame[name].to_numpy() for name in binary_frame})
    function = recording(first_column)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **FEW).fit(table)
    explainer.explain(table[:2])
    assert {type(call) for call in function.calls} == {type(table)}


def test_model_fitted_on_an_array_is_asked_with_arrays(neighborhood, binary_frame, binary_data):
    # Warnings are errors: scikit-learn would warn of names that the model has never seen.
    model = LogisticRegression().fit(*binary_data)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    explainer.fit(binary_frame).explain(binary_frame[:2])


def test_model_fitted_on_a_frame_is_asked_with_frames(neighborhood, binary_frame, binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(binary_frame, y)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    explainer.fit(X).explain(X[:2])


def test_logit_link_works_on_clipped_probabilities(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, link="logit", **FEW).fit(X)
    p = np.clip(binary_model.predict_proba(X[:20])[:, 1], 1e-3, 1 - 1e-3)
    assert_allclose(explainer.explain(X[:20]).predictions[:, 0], np.log(p / (1 - p)))


class Picky(BaseEstimator):
    """A regressor that knows the number of its columns, and takes a frame only."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        self.dtypes_ = X.dtypes
        return self

    def predict(self, X):
        assert (X.dtypes == self.dtypes_).all()
        return X["count"] * 2.0 + X["size"].cat.codes


def whole_frame(n_rows=80):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "count": rng.integers(0, 5, n_rows),
            "size": pd.Categorical(rng.choice(["s", "m", "l"], n_rows)),
            "flag": rng.random(n_rows) > 0.5,
            "name": pd.array(rng.choice(["x", "y"], n_rows), dtype="string"),
            "value": rng.normal(size=n_rows).astype("float32"),
            "small": pd.array(rng.integers(0, 9, n_rows), dtype="Int8"),
        }
    )


# The table that the model takes


def test_model_without_names_of_columns_is_given_the_frame(neighborhood):
    X = whole_frame()
    batch = explained_model(Picky().fit(X), X, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], X["count"][:5] * 2.0 + X["size"][:5].cat.codes)


def test_model_that_refuses_a_frame_is_given_an_array(binary_data):
    class Rows(BaseEstimator):
        def fit(self, X, y=None):
            self.n_features_in_ = X.shape[1]
            return self

        def predict(self, X):
            return X[:, 0]

    X = pd.DataFrame(binary_data[0], columns=list("abcde"))
    assert_allclose(explained_model(Rows().fit(X.to_numpy()), X).predictions[:, 0], X["a"][:5])


def test_model_fitted_on_an_array_is_not_warned_of_names(binary_data):
    # Warnings are errors.
    X, y = binary_data
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = make_pipeline(LogisticRegression()).fit(X, y)
    assert_allclose(
        explained_model(model, frame).predictions[:, 0], model.predict_proba(X[:5])[:, 1]
    )


def test_error_of_the_model_itself_is_not_hidden(binary_data):
    class Broken(BaseEstimator):
        n_features_in_ = 5

        def fit(self, X, y=None):
            return self

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, X):
            raise RuntimeError(f"out of order for {type(X).__name__}")

    X = pd.DataFrame(binary_data[0], columns=list("abcde"))
    with pytest.raises(RuntimeError, match="out of order for DataFrame"):
        LimeTabularExplainer(Broken(), **FEW).fit(X)


@pytest.mark.parametrize("kind", ["catboost", "lightgbm"])
def test_columns_that_a_booster_does_not_know_are_an_error(kind):
    # It raised, and was then given an array without names; a native booster never looks.
    package = pytest.importorskip(kind)
    X = whole_frame()[["count", "value"]]
    y = (X["value"] > 0).astype(int)
    if kind == "catboost":
        model = package.CatBoostClassifier(
            iterations=2, thread_count=1, verbose=0, allow_writing_files=False
        ).fit(X, y)
    else:
        options = {"objective": "binary", "verbose": -1, "num_threads": 1}
        model = package.train(options, package.Dataset(X, y), 2)
    assert explained_model(model, X).predictions.shape == (5, 1)
    with pytest.raises(ValueError, match="unknown to it: COUNT"):
        LimeTabularExplainer(model, **FEW).fit(X.rename(columns={"count": "COUNT"}))


def test_native_booster_is_not_given_columns_in_another_order():
    lightgbm = pytest.importorskip("lightgbm")
    X = whole_frame()[["count", "value"]]
    options = {"objective": "binary", "verbose": -1, "num_threads": 1}
    model = lightgbm.train(options, lightgbm.Dataset(X, X["value"] > 0), 2)
    with pytest.raises(ValueError, match="the order differs"):
        LimeTabularExplainer(model.predict, **FEW).fit(X[["value", "count"]])


def test_error_about_columns_is_not_answered_with_an_array(binary_data):
    class Strict(BaseEstimator):
        def fit(self, X, y=None):
            self.n_features_in_, self.known_ = X.shape[1], list(X.columns)
            return self

        def predict(self, X):
            if hasattr(X, "columns") and list(X.columns) != self.known_:
                raise ValueError("other columns than in fit")
            return np.asarray(X)[:, 0]

    X = pd.DataFrame(binary_data[0], columns=list("abcde"))
    with pytest.raises(ValueError, match="other columns than in fit"):
        LimeTabularExplainer(Strict().fit(X), **FEW).fit(X[list("edcba")])


def test_catboost_with_whole_numbers_as_categories_is_given_its_frame(neighborhood):
    catboost = pytest.importorskip("catboost")
    X = whole_frame()[["count", "value"]]
    model = catboost.CatBoostClassifier(
        iterations=5, cat_features=[0], thread_count=1, verbose=0, allow_writing_files=False
    ).fit(X, X["count"] % 2)
    batch = explained_model(model, X, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:5])[:, 1])


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


def test_table_that_the_model_was_not_fitted_on_is_an_error(
    neighborhood, binary_frame, binary_data
):
    model = LogisticRegression().fit(binary_frame, binary_data[1])
    renamed = binary_frame.rename(columns={"age": "years"})
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    with pytest.raises(ValueError, match=r"columns of X.*years"):
        explainer.fit(renamed).explain(renamed)


def test_number_of_columns_that_the_model_refuses_is_an_error(neighborhood, binary_model, X):
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW)
    with pytest.raises(ValueError, match="features"):
        explainer.fit(X[:, :3]).explain(X[:2, :3])


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_value_that_the_model_refuses_is_an_error_in_fit(value, word, X):
    bad = X.copy()
    bad[3, 2] = value
    model = LogisticRegression().fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match=word):
        LimeTabularExplainer(model, **FEW).fit(bad)


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_value_that_the_model_refuses_is_an_error_in_explain(value, word, neighborhood, X):
    bad = X[:3].copy()
    bad[1, 2] = value
    model = LogisticRegression().fit(X, X[:, 0] > 0)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW).fit(X)
    with pytest.raises(ValueError, match=word):
        explainer.explain(bad)


# Answers that are missing or infinite


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_model_without_a_single_finite_answer_is_blamed(value, neighborhood, X):
    explainer = LimeTabularExplainer(
        lambda X: np.full(len(X), value), neighborhood=neighborhood, **FEW
    )
    with pytest.raises(ValueError, match=r"(?i)model|estimator|response"):
        explainer.fit(X).explain(X[:2])


def test_model_with_a_missing_answer_in_fit_is_blamed(X):
    def sometimes_missing(X):
        response = X[:, 0].copy()
        response[5:6] = np.nan
        return response

    explainer = LimeTabularExplainer(sometimes_missing, neighborhood="shared", **FEW)
    with pytest.raises(ValueError, match=r"(?i)model|estimator|response"):
        explainer.fit(X)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_rows_with_missing_answers_are_named_and_the_others_are_kept(value, neighborhood, X):
    def fails_far_away(X):
        return np.where(X[:, 0] > 1e5, value, X[:, 1])

    rows = X[:4].copy()
    rows[[1, 3], 0] = 1e6
    explainer = LimeTabularExplainer(fails_far_away, neighborhood=neighborhood, **FEW).fit(X)
    with pytest.warns(RuntimeWarning, match=r"fails_far_away.*rows 1, 3\b"):
        batch = explainer.explain(rows)
    assert np.isnan(batch.values[[1, 3]]).all()
    assert_allclose(batch.values[[0, 2]], explainer.explain(rows[[0, 2]]).values, atol=1e-10)


def test_rows_that_all_have_missing_answers_are_an_error(neighborhood, X):
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 0] > 1e5, np.nan, X[:, 1]), neighborhood=neighborhood, **FEW
    ).fit(X)
    rows = X[:2].copy()
    rows[:, 0] = 1e6
    with pytest.raises(ValueError, match=r"(?i)model|estimator"):
        explainer.explain(rows)


def test_masked_answers_are_missing(neighborhood, X):
    def masked(X):
        return np.ma.masked_array(X[:, 0], X[:, 0] == rows[0, 0])

    rows = X[:2]
    explainer = LimeTabularExplainer(masked, neighborhood=neighborhood, **FEW).fit(X[2:])
    with pytest.warns(RuntimeWarning, match="NaN or infinity for rows 0"):
        batch = explainer.explain(rows)
    assert np.isnan(batch.values[0]).all()
    assert np.isfinite(batch.values[1]).all()


def test_answers_whose_sums_overflow_are_an_error(X):
    # They gave NaN for R2, and a report that could not be written.
    with pytest.raises(ValueError, match=r"of size 1e\+305, which leaves no room for sums"):
        LimeTabularExplainer(lambda X: np.full(len(X), 1e305), **FEW).fit(X)


def test_model_that_takes_missing_values_is_not_blamed_for_another_fault(X):
    X = X.copy()
    X[3, 1] = np.nan
    explainer = LimeTabularExplainer(lambda X: 5.0 * np.nan_to_num(X[:, 0]), link="logit", **FEW)
    with pytest.raises(ValueError, match=r"^link='logit' needs probabilities"):
        explainer.fit(X)


def test_error_of_the_model_reaches_the_user(X):
    def broken(X):
        raise ZeroDivisionError("the model is broken")

    with pytest.raises(ZeroDivisionError, match="the model is broken"):
        LimeTabularExplainer(broken, **FEW).fit(X).explain(X[:2])
