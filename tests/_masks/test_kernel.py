"""The weight of a mask: a function of the number of parts that it keeps, or an error."""

import numpy as np
import pytest
from documents import explain_text, many_words, weighted_sum
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import pairwise_distances

from sklime import LimeTextExplainer
from sklime._masks._kernel import kernel_table, mask_distances
from sklime.kernels import exponential_kernel
from sklime.neighborhoods import MaskDistribution, MaskSample
from sklime.utils._sklearn import DISTANCE_METRICS

SHORT, LONG = "a b c d", " ".join(f"w{index}" for index in range(30))


def explain(text, **options):
    explainer = LimeTextExplainer(
        lambda texts: [float(len(text)) for text in texts], random_state=0, **options
    )
    return explainer.fit([text]).explain([text])[0]


@pytest.mark.parametrize("metric", sorted(DISTANCE_METRICS - {"correlation"}))
def test_metrics_by_name_do_not_depend_on_which_words_are_kept(metric):
    # All masks of six words: the proof for the table.
    masks = np.array(list(np.ndindex(*[2] * 6)), dtype=bool)
    given = masks if mask_kind(metric) is bool else masks.astype(float)
    expected = pairwise_distances(given, given[-1:], metric=metric)[:, 0]
    assert_allclose(mask_distances(6, metric)[masks.sum(axis=1)], expected, atol=1e-12)


def mask_kind(metric):
    from sklearn.metrics.pairwise import PAIRWISE_BOOLEAN_FUNCTIONS

    return bool if metric in PAIRWISE_BOOLEAN_FUNCTIONS else float


def test_metric_that_is_not_defined_is_named():
    with pytest.raises(ValueError, match="metric='correlation' gives nan"):
        explain(SHORT, metric="correlation")


def first_word_counts_twice(one, other):
    return 2.0 * abs(one[0] - other[0]) + np.abs(one[1:] - other[1:]).sum()


def last_of_thirty(one, other):
    # Differs from the number of words in few masks only.
    return np.abs(one - other).sum() + 0.5 * (one.size == 30 and one.sum() <= 3 and one[-1])


@pytest.mark.parametrize(
    ("text", "metric"),
    [(SHORT, first_word_counts_twice), (LONG, first_word_counts_twice), (LONG, last_of_thirty)],
)
def test_metric_that_depends_on_which_words_are_kept_is_refused(text, metric):
    with pytest.raises(ValueError, match="metric must not depend on which words a copy keeps"):
        explain(text, metric=metric, kernel_width=5.0)


def test_metric_of_the_user_that_counts_words_is_taken():
    found = explain(LONG, metric=lambda one, other: np.abs(one - other).sum(), kernel_width=5.0)
    assert_allclose(found.values, explain(LONG, metric="manhattan", kernel_width=5.0).values)


@pytest.mark.parametrize(
    "kernel",
    [
        lambda distances, width: np.exp(-((distances / distances.std()) ** 2)),
        lambda distances, width: np.argsort(np.argsort(-distances)) + 1.0,
        lambda distances, width: np.linspace(1.0, 0.0, distances.size),
    ],
)
@pytest.mark.parametrize("text", [SHORT, LONG])
def test_kernel_that_looks_at_other_distances_is_refused(text, kernel):
    with pytest.raises(ValueError, match=r"kernel must give each distance a weight|kernel must re"):
        explain(text, kernel=kernel)


def test_kernel_of_the_user_that_looks_at_each_distance_is_taken():
    found = explain(LONG, kernel=lambda distances, width: exponential_kernel(distances, width))
    assert_allclose(found.values, explain(LONG).values)


def test_table_is_the_kernel_of_the_distances():
    masks = MaskSample.of(MaskDistribution(30), 256, 8, seed=0)
    table = kernel_table(masks, kernel=exponential_kernel, width=None, metric="cosine")
    assert_allclose(table, exponential_kernel(mask_distances(30, "cosine"), 0.25))


# Kernels and metrics of the user


def test_kernel_is_a_function_of_the_distance():
    seen = []

    def kernel(distances, width):
        seen.append((distances, width))
        return np.exp(-0.5 * (distances / width) ** 2)

    ours = explain_text(weighted_sum, many_words(12), kernel=kernel)
    assert_array_equal(ours.values, explain_text(weighted_sum, many_words(12)).values)
    distances, width = seen[0]
    assert width == 0.25
    assert_allclose(distances, 1 - np.sqrt(np.arange(13) / 12))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "hamming", "jaccard", "manhattan"])
def test_any_metric_that_forgets_the_order(metric):
    from sklime._masks._kernel import mask_distances

    masks = np.arange(6) < np.arange(7)[:, None]
    if metric != "jaccard":
        masks = masks.astype(float)
    expected = pairwise_distances(masks, np.ones((1, 6), masks.dtype), metric=metric)[:, 0]
    assert_allclose(mask_distances(6, metric), expected)


def test_bad_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel must return one finite weight"):
        explain_text(weighted_sum, many_words(12), kernel=lambda distances, width: distances[:3])


def test_messages_name_the_parts_of_the_instance():
    masks = MaskSample.of(MaskDistribution(30), 64, 8, seed=0)
    options = {"width": 5.0, "nouns": ("picture", "segments")}
    with pytest.raises(ValueError, match="of 30 segments it returned"):
        kernel_table(masks, kernel=exponential_kernel, metric=first_word_counts_twice, **options)
    with pytest.raises(ValueError, match="whole picture and a copy without some segments"):
        kernel_table(masks, kernel=exponential_kernel, metric="correlation", **options)
    with pytest.raises(ValueError, match="among the copies of the picture"):
        kernel_table(
            masks, kernel=lambda d, width: np.linspace(1.0, 0.5, d.size), metric="cosine", **options
        )
