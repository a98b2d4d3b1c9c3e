"""How many rows the model is asked about, and when."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from sklime import LimeTabularExplainer


def explainer_of(model, neighborhood, **parameters):
    parameters = {"n_perturbations": 64, "random_state": 0} | parameters
    return LimeTabularExplainer(model, neighborhood=neighborhood, **parameters)


@pytest.mark.parametrize("n_rows", [1, 7, 50])
def test_shared_neighborhood_asks_once_for_all_and_once_a_row(
    n_rows, binary_data, recording_classifier
):
    X, _ = binary_data
    explainer_of(recording_classifier, "shared").fit(X).explain(X[:n_rows])
    assert recording_classifier.n_rows == 64 + n_rows


@pytest.mark.parametrize("neighborhood", ["anchored", "around"])
@pytest.mark.parametrize("n_rows", [1, 7, 50])
def test_local_neighborhoods_ask_for_each_row(
    n_rows, neighborhood, binary_data, recording_classifier
):
    X, _ = binary_data
    explainer_of(recording_classifier, neighborhood).fit(X).explain(X[:n_rows])
    assert recording_classifier.n_rows == n_rows * (64 + 1)


@pytest.mark.parametrize(
    ("neighborhood", "n_rows"), [("shared", 64 + 5), ("anchored", 5 * 65), ("around", 5 * 65)]
)
def test_function_is_asked_at_most_one_row_more(neighborhood, n_rows, binary_data, recording):
    X, _ = binary_data
    function = recording(lambda X: X[:, 0])
    explainer_of(function, neighborhood).fit(X).explain(X[:5])
    assert n_rows <= function.n_rows <= n_rows + 1


@pytest.mark.parametrize(("neighborhood", "n_rows"), [("shared", 4096), ("anchored", 1024)])
def test_default_numbers_of_perturbations(neighborhood, n_rows, binary_data, recording_classifier):
    X, _ = binary_data
    explainer = explainer_of(recording_classifier, neighborhood, n_perturbations=None)
    explainer.fit(X).explain(X[:1])
    assert recording_classifier.n_rows == n_rows + 1


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
    assert recording_classifier.n_rows == n_asked + 1


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
    assert recording_classifier.n_rows == expected


def test_score_asks_no_more_than_explain(neighborhood, binary_data, recording_classifier):
    X, _ = binary_data
    explainer_of(recording_classifier, neighborhood).fit(X).score(X[:3])
    expected = 64 + 3 if neighborhood == "shared" else 3 * 65
    assert recording_classifier.n_rows == expected


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
    assert recording_classifier.n_rows == 64
    explainer.explain(X[:2])
    explainer.explain(X[:2])
    assert recording_classifier.n_rows == 64 + 2 + 2


def test_anchored_fit_asks_nothing(binary_data, recording_classifier):
    explainer_of(recording_classifier, "anchored").fit(binary_data[0])
    assert recording_classifier.n_rows == 0


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
    assert [len(call) for call in recording_classifier.calls[-6:]] == [100] * 5 + [12]
