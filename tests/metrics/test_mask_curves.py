"""Deletion and insertion of words and segments, against brute force."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pictures import blobs, brightness, scores

from sklime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from sklime.metrics import (
    deletion_curve,
    deletion_score,
    get_scorer,
    insertion_curve,
    insertion_score,
)
from sklime.metrics._mask_curves import judge_fill

X = blobs(3, shape=(8, 10))
LABELS = np.array([[0, 1, 1, 2, 2], [0, 3, 3, 3, 9]]).repeat(4, axis=0).repeat(2, axis=1)


def bent(X):
    """A function that no weights of segments follow."""
    return np.tanh(5.0 * brightness(X) * brightness(X[:, :4]))


def explained(model, pictures=X, **options):
    options = {"segmenter": LABELS, "n_perturbations": 32, "random_state": 0, **options}
    explainer = LimeImageExplainer(model, **options).fit(pictures)
    return explainer.explain(pictures), explainer


def brute_force(one, output, model, filled, inserts):
    """Responses segment by segment, and the area below, step by step."""
    weights = one.values[:, output]
    labels = sorted(one.segment_labels, key=lambda label: -weights[one.segment_labels == label][0])
    copy, gain = (filled, one.image) if inserts else (one.image, filled)
    copy = copy.copy()
    curve, shares = [model(copy[None])[0]], [0.0]
    for label in labels:
        here = one.segments == label
        copy[here] = gain[here]
        curve.append(model(copy[None])[0])
        shares.append(shares[-1] + here.mean())
    area = sum((b - a) * (f + g) / 2 for a, b, f, g in zip(shares, shares[1:], curve, curve[1:]))
    return curve, area


@pytest.mark.parametrize("inserts", [False, True])
def test_segments_are_taken_and_given_in_the_order_of_their_weights(inserts):
    batch, explainer = explained(bent)
    curve_of, score_of = (
        (insertion_curve, insertion_score) if inserts else (deletion_curve, deletion_score)
    )
    curves = curve_of(batch, explainer, X, fill=0.25)
    areas = score_of(batch, explainer, X, fill=0.25, average=None)
    assert curves.shape == (3, 6, 1)
    for index, one in enumerate(batch):
        curve, area = brute_force(one, 0, bent, np.full(X[0].shape, 0.25), inserts)
        assert_allclose(curves[index, :, 0], curve)
        assert_allclose(areas[index, 0], area)
    assert_allclose(score_of(batch, explainer, X, fill=0.25), areas.mean())


def test_each_output_has_its_own_order():
    batch, explainer = explained(scores, target="all", output_names=["up", "left", "all"])
    curves = deletion_curve(batch, explainer, X, fill=0.0)
    areas = deletion_score(batch, explainer, X, fill=0.0, average=None)
    for index, one in enumerate(batch):
        for output in range(3):
            model = lambda pictures, output=output: scores(pictures)[:, output]  # noqa: E731
            curve, area = brute_force(one, output, model, np.zeros(X[0].shape), False)
            assert_allclose(curves[index, :, output], curve)
            assert_allclose(areas[index, output], area)


def test_fills_of_the_judge_are_those_of_explainers():
    # The last point of a deletion is the response to the fill alone.
    batch, explainer = explained(bent, fill=0.1)
    mean = np.full(X[0].shape, explainer.mean_color_[0])
    last = deletion_curve(batch, explainer, X, fill="mean")[:, -1, 0]
    assert_allclose(last, bent(mean[None])[0])
    of_all = np.stack([bent(other[None])[0] for other in X])
    random = deletion_curve(batch, explainer, X, fill="background", n_draws=3)[:, -1, 0]
    assert ((random >= of_all.min()) & (random <= of_all.max())).all()
    again = deletion_curve(batch, explainer, X, fill="background", n_draws=3)[:, -1, 0]
    assert_allclose(random, again)


def test_judge_fills_in_another_way_than_the_explainer():
    explainers = {fill: LimeImageExplainer(bent, fill=fill) for fill in ("mean", "blur", 0.0)}
    assert judge_fill(explainers["mean"], "auto") == "blur"
    assert judge_fill(explainers["blur"], "auto") == "mean"
    assert judge_fill(explainers[0.0], "auto") == "blur"
    assert judge_fill(explainers["mean"], 0.5) == 0.5
    with pytest.raises(ValueError, match="fill='mean' is also the fill of the explainer"):
        judge_fill(explainers["mean"], "mean")
    assert judge_fill(LimeTextExplainer(len), "auto") is None
    for kind in (LimeTextExplainer, LimeTabularExplainer):
        with pytest.raises(ValueError, match="fill='blur' is for pictures"):
            judge_fill(kind(len), "blur")


def test_good_weights_are_better_than_their_opposite():
    batch, explainer = explained(brightness, fill=0.0)
    opposite, _ = explained(lambda pictures: -brightness(pictures), fill=0.0)
    assert deletion_score(batch, explainer, X) < deletion_score(opposite, explainer, X)
    assert insertion_score(batch, explainer, X) > insertion_score(opposite, explainer, X)


def test_pictures_of_other_sizes_end_earlier():
    pictures = [X[0], X[1][:4]]

    def sums(pictures):
        return np.array([np.tanh(picture.sum() / 9.0) for picture in pictures])

    options = {"segmenter": lambda picture: LABELS[: len(picture)], "fill": 0.1}
    batch, explainer = explained(sums, pictures, **options)
    curves = deletion_curve(batch, explainer, pictures, fill=0.0)
    assert curves.shape == (2, 6, 1)
    assert np.isnan(curves[1, 4:]).all()
    areas = deletion_score(batch, explainer, pictures, fill=0.0, average=None)
    for index, one in enumerate(batch):
        curve, area = brute_force(one, 0, sums, np.zeros(pictures[index].shape), False)
        assert_allclose(curves[index, : len(curve), 0], curve)
        assert_allclose(areas[index, 0], area)


def test_constant_model_and_missing_explanations_have_no_area():
    batch, explainer = explained(lambda pictures: np.ones(len(pictures)))
    assert np.isnan(deletion_score(batch, explainer, X))

    def fails(pictures):
        return np.where(brightness(pictures) > 0.6, np.nan, brightness(pictures))

    pictures = np.concatenate([X, np.ones((1, 8, 10))])
    with pytest.warns(RuntimeWarning, match="failed on pictures 3"):
        batch, explainer = explained(fails, pictures, on_error="warn")
    areas = insertion_score(batch, explainer, pictures, average=None)
    assert np.isnan(areas[:, 0]).tolist() == [False, False, False, True]


def test_other_pictures_than_those_explained_are_refused():
    batch, explainer = explained(bent)
    with pytest.raises(ValueError, match="explains 3 pictures, X has 2"):
        deletion_score(batch, explainer, X[:2])
    with pytest.raises(ValueError, match="Picture 0 of X is not the one"):
        deletion_score(batch, explainer, X[::-1])
    rows = np.arange(12.0).reshape(4, 3)
    tables = LimeTabularExplainer(lambda rows: rows.sum(axis=1)).fit(rows)
    with pytest.raises(TypeError, match="The batch explains pictures"):
        deletion_score(batch, tables, X)


def test_words_are_taken_in_the_order_of_their_weights():
    texts = ["good and fine", "bad but good and not fine"]

    def moods(texts):
        return np.array(
            [np.tanh(t.count("good") + 0.4 * t.count("fine") - t.count("bad")) for t in texts]
        )

    explainer = LimeTextExplainer(moods, max_features=None, random_state=0).fit(texts)
    batch = explainer.explain(texts)
    deleted = deletion_curve(batch, explainer, texts)
    inserted = insertion_curve(batch, explainer, texts)
    assert_allclose(deleted[0, :4, 0], moods(["good and fine", "and fine", "and", ""]))
    assert_allclose(inserted[0, :4, 0], moods(["", "good", "good fine", "good and fine"]))
    assert np.isnan(deleted[0, 4:]).all()
    areas = deletion_score(batch, explainer, texts, average=None)
    steps = deleted[0, :4, 0]
    assert_allclose(areas[0, 0], (steps[:-1] + steps[1:]).sum() / 6)
    with pytest.raises(ValueError, match="explains other documents"):
        deletion_score(batch, explainer, texts[::-1])


def test_scorers_judge_pictures():
    _, explainer = explained(brightness, fill=0.0)
    insertion, deletion = get_scorer("insertion"), get_scorer("neg_deletion", fill="mean")
    assert insertion(explainer, X) == pytest.approx(
        insertion_score(explainer.explain(X), explainer, X)
    )
    assert deletion(explainer, X) == pytest.approx(
        -deletion_score(explainer.explain(X), explainer, X, fill="mean")
    )


@pytest.mark.parametrize("metric", [deletion_score, insertion_score])
def test_batches_of_another_model_are_refused(metric):
    X = np.random.default_rng(0).random((3, 6, 6))
    two = LimeImageExplainer(
        lambda X: np.stack([X[:, :3].sum(axis=(1, 2)), X[:, 3:].sum(axis=(1, 2))], axis=1),
        segmenter="grid",
        n_segments=4,
        target="all",
        random_state=0,
    ).fit(X)
    one = LimeImageExplainer(
        lambda X: X.sum(axis=(1, 2)), segmenter="grid", n_segments=4, random_state=0
    ).fit(X)
    with pytest.raises(ValueError, match=r"outputs prediction, and .* prediction0, prediction1"):
        metric(one.explain(X), two, X)
    table = X.reshape(3, -1)[:, :4]
    of_rows = LimeTabularExplainer(lambda X: X[:, 0], random_state=0).fit(table)
    others = LimeTabularExplainer(lambda X: X[:, :2], target="all", random_state=0).fit(table)
    with pytest.raises(ValueError, match="pass the explainer that made the batch"):
        metric(of_rows.explain(table), others, table)
