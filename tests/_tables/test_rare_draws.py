"""Rare categories and numbers: their effects are found, or a warning names them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tables import MANY, explained_table

from sklime import LimeTabularExplainer


@pytest.fixture(scope="module")
def tickets():
    """A column of ten thousand different texts, beside one of few."""
    n_rows = 10_000
    return pd.DataFrame(
        {
            "ticket": [f"ticket {place}" for place in range(n_rows)],
            "sex": ["female", "male"] * (n_rows // 2),
            "age": np.arange(n_rows) % 80.0,
        }
    )


def is_ticket_seven(X):
    return (X["ticket"] == "ticket 7").to_numpy(float)


@pytest.mark.filterwarnings("ignore:Column")
def test_value_that_no_other_row_has_gets_its_effect(tickets):
    # `lime` says 0.5 whatever the truth: none of its samples shares the value.
    batch = explained_table(is_ticket_seven, tickets, tickets[7:8])
    assert batch[0].as_list()[0][0] == "ticket = ticket 7"
    assert batch.values[0, 0, 0] > 0.9


def test_frequent_category_does_not_warn_beside_a_rare_one(tickets):
    X = tickets[["sex", "age"]].assign(job=np.where(np.arange(10_000) < 5, "nurse", "cook"))
    explained_table(lambda X: X["age"], X, X[100:110], neighborhood="shared")


def test_rare_number_in_a_shared_neighborhood_warns_and_names_the_column():
    X = pd.DataFrame({"visits": [0, 0, 0, 9] * 50, "grade": [1] * 199 + [2]})
    explainer = LimeTabularExplainer(
        lambda X: X["grade"],
        neighborhood="shared",
        categorical_features=["grade"],
        n_perturbations=128,
        random_state=0,
    ).fit(X)
    with pytest.warns(UserWarning, match="grade"):
        explainer.explain(X[-1:])


def test_rare_number_in_a_larger_shared_sample_is_drawn_often_enough():
    X = pd.DataFrame({"visits": [0, 0, 0, 9] * 50, "grade": [1] * 199 + [2]})
    explainer = LimeTabularExplainer(
        lambda X: X["grade"], neighborhood="shared", categorical_features=["grade"], **MANY
    ).fit(X)
    assert_allclose(explainer.explain(X[-1:]).values[0, 1, 0], 1.0, atol=0.1)


@pytest.mark.filterwarnings("ignore:Column")
def test_rare_category_near_the_row_does_not_warn(tickets, mixed):
    explained_table(is_ticket_seven, tickets, tickets[5:9], neighborhood="anchored")


@pytest.mark.parametrize("control_variates", [True, False])
@pytest.mark.parametrize("kind", ["number", "category"])
def test_value_that_all_but_a_few_rows_share_is_not_the_strongest_reason(
    kind, control_variates, global_random_seed
):
    # Of 1024 perturbed rows about one differs there, by chance with whatever else it differs.
    rng = np.random.default_rng(global_random_seed)
    late = np.arange(1000) % 333 == 5
    late = late * 1.0 if kind == "number" else np.where(late, "late", "on time")
    X = pd.DataFrame({"late": late, "a": rng.normal(size=1000), "b": rng.normal(size=1000)})

    def crossed(X):
        return np.sign(X["a"] * X["b"]).to_numpy() + X["a"].to_numpy()

    for random_state in range(8):
        explainer = LimeTabularExplainer(
            crossed, control_variates=control_variates, random_state=random_state
        )
        weights = np.abs(explainer.fit(X).transform(X[:3]))
        assert (weights[:, 0] < 0.5 * weights.max(axis=1)).all()


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]
