"""Screening: the columns that the answers depend on are found, also rare and interacting ones."""

import numpy as np
import pytest
import scipy.sparse as sp

from sklime import LimeTabularExplainer

N_FEATURES = 2000


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(200, N_FEATURES))


class Counting:
    """A function of a table that counts the rows it was asked about."""

    def __init__(self, function):
        self.function, self.n_rows = function, 0

    def __call__(self, X):
        self.n_rows += X.shape[0]
        return self.function(X)


def relevant(model, X, seed=0):
    explainer = LimeTabularExplainer(model, random_state=seed).fit(X)
    found = explainer._sampler.is_relevant
    return None if found is None else np.flatnonzero(found).tolist()


def test_ten_columns_of_two_thousand_are_found(X, global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    columns = np.sort(rng.choice(N_FEATURES, 10, replace=False))
    assert relevant(lambda X: X[:, columns] @ np.linspace(0.01, 3, 10), X) == columns.tolist()


def test_columns_that_matter_together_are_found(X):
    assert relevant(lambda X: X[:, 3] * X[:, 1500] + (X[:, 7] > 0) * (X[:, 8] > 0), X) == [
        3,
        7,
        8,
        1500,
    ]


def test_rare_flags_of_a_sparse_table_are_found():
    table = sp.random(500, N_FEATURES, density=0.01, random_state=0, format="csr")
    table.data[:] = 1.0
    effects = np.isin(np.arange(N_FEATURES), [4, 900])
    assert relevant(lambda X: X @ effects, table) == [4, 900]


def test_a_constant_model_depends_on_no_column(X):
    assert relevant(lambda X: np.full(len(X), 5.0), X) == []


def test_a_model_of_all_columns_is_given_up_early(X):
    model = Counting(lambda X: X.sum(axis=1))
    assert relevant(model, X) is None
    assert model.n_rows < 4096 + 16 + 2


def test_answers_rounded_in_single_precision_do_not_move(X):
    def single(X):
        noise = 1e-8 * np.random.default_rng(int(abs(X[0, 5]) * 1e6)).normal(size=len(X))
        return X[:, 11] + noise

    assert relevant(single, X) == [11]


def test_missing_answers_end_the_screening(X):
    assert relevant(lambda X: np.where(X[:, 0] > 0, np.nan, X[:, 1]), X) is None


@pytest.mark.slow
def test_the_top_reasons_of_six_thousand_columns_are_found():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(100, 6_000)).astype(np.float32)
    columns = np.sort(rng.choice(6_000, 10, replace=False))

    def model(X):
        return X[:, columns].astype(float) @ np.linspace(1.0, 3.0, 10)

    explainer = LimeTabularExplainer(model, n_perturbations=512, random_state=0).fit(X)
    (explanation,) = explainer.explain(X[:1])
    assert set(np.flatnonzero(explanation.values)) <= set(columns)
    assert np.count_nonzero(explanation.values) >= 9


def test_columns_without_effect_have_no_weight_even_if_all_are_kept(X):
    explainer = LimeTabularExplainer(lambda X: X[:, 5], max_features=None, random_state=0)
    batch = explainer.fit(X).explain(X[:2])
    assert (np.count_nonzero(batch.values, axis=1) == 1).all()


def test_a_column_that_screening_missed_is_found_by_the_sample(X, monkeypatch):
    monkeypatch.setattr(
        "sklime._tables._explainer.relevant_columns",
        lambda *args: np.arange(N_FEATURES) == 3,
    )
    explainer = LimeTabularExplainer(lambda X: X[:, 3] + 2 * X[:, 40], random_state=0).fit(X)
    batch = explainer.explain(X[:1])
    assert np.flatnonzero(batch.values[0, :, 0]).tolist() == [3, 40]


def test_more_columns_than_perturbed_rows_is_said(X):
    explainer = LimeTabularExplainer(lambda X: X.sum(axis=1), random_state=0).fit(X)
    with pytest.warns(UserWarning, match="may depend on 2000 columns.*1024 perturbed rows"):
        explainer.transform(X[:2])
