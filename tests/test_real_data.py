"""Real tables, as messy as they come; skipped where the data are not there."""

import re

import numpy as np
import pytest
import realdata
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from sklime import LimeTabularExplainer

# Each passenger has a name of their own, which is said.
pytestmark = [pytest.mark.data, pytest.mark.filterwarnings("ignore:Column name has")]

SMALL = {"n_perturbations": 256, "random_state": 0}
IS_TEXT = make_column_selector(dtype_exclude="number")
IS_NUMBER = make_column_selector(dtype_include="number")


def one_hot_booster(model):
    """Imputation, one-hot columns and a booster, on raw columns."""
    return make_pipeline(
        make_column_transformer(
            (SimpleImputer(strategy="median"), IS_NUMBER),
            (
                OneHotEncoder(
                    handle_unknown="infrequent_if_exist", min_frequency=10, sparse_output=False
                ),
                IS_TEXT,
            ),
        ),
        model,
    )


def ordinal_booster(model):
    """Texts as places, and a booster that takes missing values, on raw columns."""
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=20, max_categories=200
    )
    return make_pipeline(
        make_column_transformer((encoder, IS_TEXT), remainder="passthrough"), model
    )


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small boosters lose more on threads than they gain where processors are shared."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def titanic(one_thread):
    """Raw columns of the passengers, and a pipeline fitted on them."""
    X, y = realdata.titanic()
    model = HistGradientBoostingClassifier(max_iter=5, random_state=0)
    return X, one_hot_booster(model).fit(X, y)


@pytest.fixture(scope="module")
def credit():
    """Raw columns of the loans, and a pipeline fitted on them."""
    X, y = realdata.credit()
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), IS_NUMBER),
        (OneHotEncoder(handle_unknown="ignore"), IS_TEXT),
    )
    return X, make_pipeline(columns, LogisticRegression()).fit(X, y)


@pytest.fixture(scope="module")
def loans(one_thread):
    """Raw columns of the loans, and a pipeline fitted on them."""
    X, y = realdata.loans()
    model = HistGradientBoostingRegressor(max_iter=5, random_state=0)
    return X, ordinal_booster(model).fit(X, y)


# Titanic: 1,309 rows, eleven columns, 2,846 missing values, names and tickets of all levels


def test_titanic_is_explained_in_raw_columns_without_a_warning(titanic):
    X, model = titanic
    explainer = LimeTabularExplainer(model, **SMALL).set_output(transform="pandas").fit(X)
    weights = explainer.transform(X[:20])
    assert list(weights.columns) == list(X.columns)
    assert np.isfinite(weights).all(axis=None)
    assert (weights["sex"] != 0).all()
    batch = explainer.explain(X[:20])
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:20])[:, 1])


def test_reasons_of_titanic_are_readable(titanic):
    X, model = titanic
    women = X[(X["sex"] == "female") & X["age"].isna() & X["cabin"].isna()][:5]
    batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(women)
    for row in batch:
        conditions = dict(zip(X.columns, row.conditions))
        assert conditions["sex"] == "sex = female"
        assert conditions["age"] == "age is missing"
        assert conditions["cabin"] == "cabin is missing"
        assert re.fullmatch(r"(\S+ < )?fare( (<=|>) \S+)?", conditions["fare"])
        assert row.as_list()[0][0] in row.conditions


def test_women_of_titanic_have_their_sex_for_a_reason_and_men_against(titanic):
    X, model = titanic
    batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(X[:40])
    weights = batch.values[:, list(X.columns).index("sex"), 0]
    assert_array_equal(weights > 0, X["sex"][:40] == "female")


def test_shared_rows_of_titanic_warn_of_the_columns_of_rare_levels_only(titanic):
    X, model = titanic
    explainer = LimeTabularExplainer(
        model, neighborhood="shared", n_perturbations=1024, random_state=0
    ).fit(X)
    with pytest.warns(UserWarning, match=r"name.*ticket") as caught:
        explainer.explain(X[:20])
    for warning in caught:
        assert "sex" not in str(warning.message)
        assert "fare" not in str(warning.message)


@pytest.mark.parametrize("background", ["marginal", "empirical", "copula"])
@pytest.mark.parametrize("discretizer", ["quartile", "model", None])
def test_titanic_is_explained_whatever_is_drawn_and_cut(discretizer, background, titanic):
    X, model = titanic
    explainer = LimeTabularExplainer(
        model, discretizer=discretizer, background=background, n_perturbations=64, random_state=0
    )
    assert np.isfinite(explainer.fit(X).transform(X[:5])).all()


# credit_data: 4,454 rows, four columns of texts, 455 missing values


@pytest.mark.parametrize("target", ["auto", "good", "all", "predicted"])
def test_credit_is_explained_without_a_warning(target, credit):
    X, model = credit
    explainer = LimeTabularExplainer(model, target=target, **SMALL).fit(X)
    batch = explainer.explain(X[:20])
    assert np.isfinite(batch.values).all()
    assert len(batch.to_frame()) > 0


def test_missing_values_of_credit_are_reasons(credit):
    X, model = credit
    rows = X[X["Income"].isna() & X["Job"].notna()][:5]
    batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(rows)
    assert {row.conditions[list(X.columns).index("Income")] for row in batch} == {
        "Income is missing"
    }


def test_missing_texts_of_credit_are_reasons(credit):
    X, model = credit
    rows = X[X["Job"].isna()]
    batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(rows)
    assert {row.conditions[list(X.columns).index("Job")] for row in batch} == {"Job is missing"}


# loans_full_schema: 10,000 rows, 54 columns, 42,191 missing values, 4,741 employers


def test_loans_are_explained_without_a_warning(loans):
    X, model = loans
    explainer = LimeTabularExplainer(model, **SMALL).set_output(transform="pandas").fit(X)
    weights = explainer.transform(X[:5])
    assert list(weights.columns) == list(X.columns)
    assert ((weights != 0).sum(axis=1) <= 10).all()
    batch = explainer.explain(X[:5])
    assert_allclose(batch.predictions[:, 0], model.predict(X[:5]))
    assert len(batch.to_frame()) <= 50


def test_grade_of_a_loan_is_its_reason(loans):
    # A grade is all but another word for the interest rate. Columns of zeros and little else,
    # of which a handful of perturbed rows differ, are not.
    X, model = loans
    batch = LimeTabularExplainer(model, random_state=0).fit(X).explain(X[:10])
    strongest = {row.as_list()[0][0].split(" = ")[0] for row in batch}
    assert strongest <= {"grade", "sub_grade"}


def test_loans_are_cut_by_the_model_without_a_warning(loans):
    X, model = loans
    explainer = LimeTabularExplainer(model, discretizer="model", **SMALL).fit(X)
    assert np.isfinite(explainer.transform(X[:5])).all()
