"""Control variates made of scores: exact identities, no bias, less noise, honest intervals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scored import MODELS, combinations, explainer_of, whole_numbers
from sklearn.linear_model import Ridge

from sklime import LimeTabularExplainer
from sklime._tables import _explainer
from sklime._tables._score_controls import ScoreControls

NEIGHBORHOODS = ["anchored", "shared"]


def without_scores(monkeypatch, *args, **parameters):
    """Return an explainer that does not look for a score."""
    with monkeypatch.context() as patch:
        patch.setattr(_explainer, "is_scored", lambda response: False)
        return explainer_of(*args, **parameters)


def noise_at(explainer, row, flat, Z, scores=None):
    """Return what is known to be noise in all outputs at given perturbed rows of one row."""
    plan = explainer._scores
    response = plan.asking(explainer._response)
    answers = response(flat)
    if scores is not None:
        answers[:, -plan.n_scores :] = scores
    every = np.arange(answers.shape[1] - plan.n_scores)[None]
    controls = ScoreControls(plan, response)
    return controls(row[None], flat[None], answers[None], Z[None], every)[0, :, 0]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("link", ["identity", "logit"])
def test_mean_and_covariance_with_the_encoding_are_zero(name, neighborhood, n_classes, link):
    X, y = whole_numbers(n_classes)
    explainer = explainer_of(name, X, y, neighborhood=neighborhood, target="all", link=link)
    row = X[1]
    flat, w, Z = combinations(explainer, X, row)
    noise = noise_at(explainer, row, flat, Z)
    assert np.abs(noise).max() > 1e-3
    assert_allclose(w @ noise, 0.0, atol=1e-10)
    assert_allclose((w[:, None] * Z).T @ noise, 0.0, atol=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_most_of_the_responses_beyond_the_encoding_is_known_noise(name):
    X, y = whole_numbers()
    explainer = explainer_of(name, X, y)
    flat, w, Z = combinations(explainer, X, X[1])
    noise = noise_at(explainer, X[1], flat, Z)[:, 1]
    root = np.sqrt(w)
    linear = root[:, None] * np.column_stack([Z, np.ones(len(Z))])
    f = root * explainer.estimator_.predict_proba(flat)[:, 1]
    left = f - linear @ np.linalg.lstsq(linear, f, rcond=None)[0]
    assert ((left - root * noise) ** 2).sum() < 0.1 * (left**2).sum()


def test_the_slopes_do_not_depend_on_the_sample():
    # Noise that follows the answers would not show in the spread of the replicates.
    X, y = whole_numbers()
    explainer = explainer_of("boosting", X, y)
    flat, _, Z = combinations(explainer, X, X[0])
    whole = noise_at(explainer, X[0], flat, Z)
    assert_array_equal(noise_at(explainer, X[0], flat[:40], Z[:40]), whole[:40])


def test_scores_that_are_no_number_or_not_those_of_the_reading_are_left_out():
    X, y = whole_numbers()
    explainer = explainer_of("boosting", X, y)
    flat, _, Z = combinations(explainer, X, X[0])
    scores = explainer.estimator_.decision_function(flat)[:, None]
    assert noise_at(explainer, X[0], flat, Z, scores).any()
    missing = scores.copy()
    missing[3] = np.nan
    assert_array_equal(noise_at(explainer, X[0], flat, Z, missing), 0.0)
    assert_array_equal(noise_at(explainer, X[0], flat, Z, scores + 1.0), 0.0)


def test_saturated_scores_are_no_problem():
    X, y = whole_numbers()
    explainer = explainer_of("logistic", X, y)
    explainer.estimator_[-1].coef_ *= 400.0
    explainer = explainer_of_model(explainer.estimator_, X)
    assert np.abs(explainer.estimator_.decision_function(X)).max() > 400.0
    batch = explainer.explain(X[:5])
    assert np.isfinite(batch.values).all()


def explainer_of_model(model, X, **parameters):
    """Return an explainer of a fitted model."""
    parameters = {"method": "sampling", "max_features": None, "random_state": 0} | parameters
    return LimeTabularExplainer(model, **parameters).fit(X)


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
def test_weights_of_all_classes_cancel(neighborhood):
    X, y = whole_numbers(3)
    explainer = explainer_of("boosting", X, y, neighborhood=neighborhood, target="all")
    assert_allclose(explainer.explain(X[:4]).values.sum(axis=2), 0.0, atol=1e-9)


def expected_weights(explainer, X, row):
    """Weights of the second class from all perturbed rows, with the penalty and the row itself."""
    flat, w, Z = combinations(explainer, X, row)
    f = explainer.estimator_.predict_proba(flat)[:, 1]
    own = explainer.estimator_.predict_proba(row[None])[0, 1]
    total = 5000.0
    if explainer.neighborhood == "shared":
        n_changed = (Z == 0.0).sum(axis=1)
        total /= w @ np.exp(0.5 * n_changed / explainer._kernel_width() ** 2)
    means = w @ Z
    gaps = Z - means
    factor = total / (total + 1.0)
    gram = total * (gaps * w[:, None]).T @ gaps + np.eye(len(row))
    gram += factor * np.outer(1.0 - means, 1.0 - means)
    moments = total * (gaps * w[:, None]).T @ f + factor * (1.0 - means) * (own - w @ f)
    return np.linalg.solve(gram, moments)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
def test_less_noise_no_bias_and_honest_intervals(name, neighborhood, monkeypatch):
    X, y = whole_numbers()
    given = {
        "neighborhood": neighborhood,
        "n_perturbations": 512,
        "n_replicates": 16,
        "baseline": "other",
        "surrogate": Ridge(alpha=1.0),
    }
    rows, seeds = X[:6], range(40)
    model = MODELS[name]().fit(X, y)
    found = [explainer_of_model(model, X, random_state=seed, **given) for seed in seeds]
    monkeypatch.setattr(_explainer, "is_scored", lambda response: False)
    plain = [explainer_of_model(model, X, random_state=seed, **given) for seed in seeds]
    truth = np.array([expected_weights(found[0], X, row) for row in rows])
    batches = [explainer.explain(rows) for explainer in found]
    errors = np.array([batch.values[..., 0] for batch in batches]) - truth
    others = np.array([explainer.transform(rows) for explainer in plain]) - truth
    assert np.sqrt((errors**2).mean() / (others**2).mean()) < 0.9
    z = errors / np.array([batch.standard_errors[..., 0] for batch in batches])
    # The limit of 95 % of Student's distribution with 15 degrees of freedom.
    assert 0.91 < (np.abs(z) < 2.13).mean() < 0.985
    means = errors.mean(axis=0) / (errors.std(axis=0, ddof=1) / np.sqrt(len(seeds)))
    assert np.sqrt((means**2).mean()) < 1.6


def test_growing_samples_work():
    X, y = whole_numbers()
    explainer = explainer_of("boosting", X, y, n_perturbations="auto", tol=0.2)
    batch = explainer.explain(X[:4])
    assert batch.converged.all()


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
@pytest.mark.parametrize("name", MODELS)
def test_a_row_alone_is_explained_as_in_a_batch_to_the_last_bit(name, neighborhood):
    X, y = whole_numbers(3)
    explainer = explainer_of(name, X, y, neighborhood=neighborhood, target="all")
    many, one = explainer.explain(X[:9]), explainer.explain(X[5:6])
    assert_array_equal(one.values, many.values[5:6])
    assert_array_equal(one.standard_errors, many.standard_errors[5:6])
    again = explainer.set_params(batch_size=2000, n_jobs=2).explain(X[8::-1])
    assert_array_equal(again.values[::-1], many.values)


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
def test_the_fidelity_is_that_of_the_responses(neighborhood, monkeypatch):
    # The controls vary with several conditions at once, and so does what the model means by them.
    X, y = whole_numbers()
    given = {"neighborhood": neighborhood, "n_perturbations": 4096}
    found = explainer_of("boosting", X, y, **given).explain(X[:6]).fidelity
    plain = without_scores(monkeypatch, "boosting", X, y, **given).explain(X[:6]).fidelity
    assert_allclose(found, plain, atol=0.01)


@pytest.mark.slow
def test_intervals_are_honest_on_a_continuous_table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)
    rows, seeds = X[:5], range(40)
    model = MODELS["boosting"]().fit(X, y)
    batches = [
        explainer_of_model(model, X, random_state=seed, n_replicates=16).explain(rows)
        for seed in seeds
    ]
    long = explainer_of_model(model, X, random_state=99, n_perturbations=2**16)
    errors = np.array([batch.values for batch in batches]) - long.explain(rows).values
    z = errors / np.array([batch.standard_errors for batch in batches])
    # The limit of 95 % of Student's distribution with 15 degrees of freedom.
    assert 0.91 < (np.abs(z) < 2.13).mean() < 0.98
