"""Metrics on pictures, each of which has its own segments."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pictures import blobs, brightness

from sklime import LimeImageExplainer
from sklime.metrics import (
    agreement_score,
    coefficients_stability_index,
    effective_n_features,
    explain_repeatedly,
    fidelity_score,
    jaccard_stability_score,
    local_accuracy_score,
    rank_stability_score,
)


def bent(X):
    """A function that no weights of segments follow."""
    return np.tanh(5.0 * brightness(X) * brightness(X[:, :4]))


@pytest.fixture(scope="module")
def explainer():
    options = {"segmenter": "grid", "n_segments": 16, "n_perturbations": 64, "random_state": 0}
    return LimeImageExplainer(bent, **options).fit(blobs(4, shape=(12, 12)))


@pytest.fixture(scope="module")
def runs(explainer):
    return explain_repeatedly(explainer, blobs(4, shape=(12, 12)), n_repeats=4)


def test_runs_differ_in_their_copies_alone(runs):
    assert len(runs) == 4
    assert (runs[0].heatmaps() != runs[1].heatmaps()).any()
    assert_allclose(runs[0].predictions, runs[1].predictions)
    assert runs[0].segments[1].tolist() == runs[1].segments[1].tolist()


@pytest.mark.parametrize(
    "metric", [jaccard_stability_score, rank_stability_score, coefficients_stability_index]
)
def test_runs_are_compared_segment_by_segment(metric, runs):
    assert 0.0 <= metric(runs) <= 1.0
    assert metric([runs[0], runs[0]]) == pytest.approx(1.0)


def test_runs_of_other_segments_are_not_compared(runs):
    labels = np.arange(144).reshape(12, 12) // 9
    other = LimeImageExplainer(bent, segmenter=labels, n_perturbations=64, random_state=0)
    X = blobs(4, shape=(12, 12))
    batch = other.fit(X).explain(X)
    with pytest.raises(ValueError, match="the pictures of these runs are not the same"):
        jaccard_stability_score([runs[0], batch])


def test_one_run_is_measured(runs):
    batch = runs[0]
    assert fidelity_score(batch) == pytest.approx(np.mean(batch.fidelity))
    assert local_accuracy_score(batch) <= 1.0
    assert 1.0 <= effective_n_features(batch) <= 16.0


def test_pictures_are_no_reference_of_a_table(runs):
    with pytest.raises((TypeError, ValueError)):
        agreement_score(runs[0], runs[1])
