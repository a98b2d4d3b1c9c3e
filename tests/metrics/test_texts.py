"""Metrics on texts: each document alone says the same, also among documents of other lengths."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime import LimeTextExplainer
from sklime.metrics import (
    coefficients_stability_index,
    effective_n_features,
    explain_repeatedly,
    jaccard_stability_score,
    n_nonzero_weights,
    rank_stability_score,
    selection_frequency,
    variables_stability_index,
)

OF_ONE_RUN = [
    effective_n_features,
    jaccard_stability_score,
    n_nonzero_weights,
    rank_stability_score,
    variables_stability_index,
]
OF_RUNS = [
    coefficients_stability_index,
    jaccard_stability_score,
    rank_stability_score,
    variables_stability_index,
]
TEXTS = [
    "not good at all , a long film that is bad , bad and so very long that nobody stays",
    "good , and yet so bad that all of it is bad in the end , or nearly all of it",
    "so good a film that nobody in the house of films has seen the like of it , ever",
]


def moody(texts):
    """Two outputs that no linear model of words can follow."""
    counts = np.array(
        [[text.count(word) for word in ("good", "bad", "so", "it")] for text in texts]
    )
    lengths = np.array([1 + len(text) for text in texts])
    return np.column_stack([counts @ [1, -1, 2, 1] / lengths, np.tanh(counts.sum(axis=1)) / 5])


@pytest.fixture(scope="module")
def explainer():
    return LimeTextExplainer(moody, n_perturbations=64, max_features=4, random_state=0).fit(TEXTS)


@pytest.fixture(scope="module")
def runs(explainer):
    return explain_repeatedly(explainer, TEXTS, n_repeats=3)


@pytest.mark.parametrize("metric", OF_ONE_RUN)
def test_a_document_is_measured_as_if_it_were_alone(metric, runs):
    found = metric(runs[0], average=None)
    assert found.shape == (3, 2)
    assert np.isfinite(found).all()
    for place in range(3):
        assert_allclose(found[[place]], metric(runs[0][[place]], average=None))
    assert_allclose(metric(runs[0]), found.mean())


@pytest.mark.parametrize("metric", OF_RUNS)
def test_runs_are_compared_document_by_document(metric, runs):
    found = metric(runs, average=None)
    for place in range(3):
        alone = metric([run[[place]] for run in runs], average=None)
        assert_allclose(found[[place]], alone)
    assert 0.0 < metric(runs) <= 1.0


def test_overlap_of_words_is_that_of_their_sets(runs):
    scores = jaccard_stability_score(runs[:2], n_top=2, average=None)
    for place in range(3):
        for output in range(2):
            sets = []
            for run in runs[:2]:
                sizes = np.abs(run[place].values[:, output])
                sets.append(set(np.argsort(-sizes, kind="stable")[:2].tolist()))
            shared = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
            assert_allclose(scores[place, output], shared)


def test_words_are_counted(runs):
    counts = [(one.values != 0.0).sum(axis=0) for one in runs[0]]
    assert_array_equal(n_nonzero_weights(runs[0], average=None), counts)


def test_frequencies_end_with_the_parts_of_a_document(runs):
    found = selection_frequency(runs, average=None)
    sizes = [len(one.feature_names) for one in runs[0]]
    assert found.shape == (3, max(sizes), 2)
    assert len(set(sizes)) > 1
    for place, size in enumerate(sizes):
        assert np.isfinite(found[place, :size]).all()
        assert np.isnan(found[place, size:]).all()
    assert 0.0 < selection_frequency(runs) <= 1.0
    assert 0.0 < selection_frequency(runs[0]) <= 1.0


def test_documents_without_words_or_explanation_are_undefined():
    def fragile(texts):
        if any("trap" in text for text in texts):
            raise RuntimeError("the service has refused")
        return [len(text) for text in texts]

    explainer = LimeTextExplainer(fragile, on_error="warn", random_state=0).fit(["x"])
    with pytest.warns(RuntimeWarning, match="has refused"):
        batch = explainer.explain(["one two three", "...", "a trap"])
    assert_array_equal(n_nonzero_weights(batch, average=None)[:, 0], [3.0, 0.0, np.nan])
    for metric in OF_ONE_RUN:
        if metric is not n_nonzero_weights:
            found = metric(batch, average=None)[:, 0]
            assert_array_equal(np.isnan(found), [False, True, True])


def test_texts_are_explained_anew_with_other_seeds(explainer, runs):
    again = explain_repeatedly(explainer, TEXTS, n_repeats=3)
    own = explainer.explain(TEXTS)
    for first, second in zip(runs, again, strict=True):
        assert_array_equal(first[0].values, second[0].values)
        assert not np.allclose(first[0].values, own[0].values)
    assert not np.allclose(runs[0][0].values, runs[1][0].values)


def test_runs_on_other_documents_are_refused(explainer, runs):
    others = explainer.explain(TEXTS[::-1])
    with pytest.raises(ValueError, match="documents of these runs"):
        jaccard_stability_score([runs[0], others])
    with pytest.raises(ValueError, match="at least two runs"):
        jaccard_stability_score(runs[:1])
