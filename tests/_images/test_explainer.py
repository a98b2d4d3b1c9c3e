"""Pictures: the fit against closed forms, what transform returns, a pure function, parameters."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pictures import DIGITS, KINDS, blobs, brightness, digit_rows, linear, scores
from scipy.stats import t as student_t
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklime import LimeImageExplainer

GRID = {"segmenter": "grid", "n_segments": 16, "random_state": 0}


@pytest.fixture(scope="module")
def model():
    """A classifier of digits in rows."""
    return LogisticRegression(max_iter=2000).fit(digit_rows(), KINDS)


@pytest.fixture(scope="module")
def explainer(model):
    """It explains the class that is predicted."""
    return LimeImageExplainer(model, image_shape=(8, 8), **GRID).fit(digit_rows())


# Against closed forms


@pytest.mark.parametrize("keep", [0.75, 0.5, None])
@pytest.mark.parametrize("fill", ["mean", "segment_mean", "blur", "noise", 0.2])
def test_weights_of_a_linear_model_are_what_segments_lose(fill, keep):
    X = blobs(4, shape=(12, 12))
    slopes = np.random.default_rng(1).normal(size=(12, 12))
    explainer = LimeImageExplainer(linear(slopes), fill=fill, keep=keep, **GRID).fit(X)
    for one in explainer.explain(X[:2]):
        whole = (slopes * one.image).sum()
        for label, weight in zip(one.segment_labels, one.values[:, 0]):
            removed = one.image.copy()
            here = one.segments == label
            removed[here] = _filled(explainer, one.image, one.segments, fill)[here]
            # A ridge penalty of 1 beside 5000 copies hardly shrinks.
            loss = whole - (slopes * removed).sum()
            assert weight == pytest.approx(loss, abs=2e-3 * np.abs(one.values).max())
        assert one.fidelity[0] > 0.999
        assert one.local_predictions[0] == pytest.approx(whole, abs=2e-3 * abs(one.values).sum())


def _filled(explainer, image, segments, fill):
    """The picture with all segments removed."""
    seen = []

    def model(X):
        seen.extend(X)
        return X.mean(axis=(1, 2))

    params = {**explainer.get_params(deep=False), "estimator": model, "segmenter": segments}
    twin = LimeImageExplainer(**params).fit(blobs(4, shape=image.shape))
    twin.explain(image[None])
    filled = np.full(image.shape, np.nan)
    for copy in seen:
        changed = copy != image
        filled[changed] = copy[changed]
    return np.where(np.isnan(filled), image, filled)


def test_a_product_of_two_segments_is_explained_exactly_by_all_masks():
    # f = k1 * k2 with four segments, each kept with probability p: least squares weighs by p.
    labels = np.arange(4).repeat(4).reshape(4, 4)
    X = np.ones((2, 4, 4))
    explainer = LimeImageExplainer(
        lambda X: X[:, 0, 0] * X[:, 1, 0], segmenter=labels, fill=0.0, keep=0.75, random_state=0
    )
    one = explainer.fit(X).explain(X)[0]
    assert one.n_perturbations == 16
    # The picture itself has the weight of one copy among 5000.
    assert_allclose(one.values[:, 0], [0.75, 0.75, 0.0, 0.0], atol=1e-4)
    assert_allclose(one.standard_errors[:, 0], 0.0, atol=1e-12)
    assert one.intercepts[0] == pytest.approx(-(0.75**2), abs=1e-4)


def test_background_averages_over_the_training_pictures():
    # With all masks and all training pictures nothing is random: a linear model has the weights
    # of the mean picture.
    labels = np.arange(4).repeat(4).reshape(4, 4)
    X = blobs(4, shape=(4, 4))
    slopes = np.random.default_rng(1).normal(size=(4, 4))
    options = {"segmenter": labels, "n_perturbations": 64, "random_state": 0}
    explainer = LimeImageExplainer(linear(slopes), fill="background", **options).fit(X)
    one = explainer.explain(X[:1])[0]
    lost = slopes * (X[0] - X.mean(axis=0))
    assert_allclose(one.values[:, 0], [lost[labels == k].sum() for k in range(4)], atol=1e-10)
    # A sample of masks and pictures has the same weights, within its errors.
    labels = np.arange(144).reshape(12, 12) // 12
    X = blobs(20, shape=(12, 12))
    slopes = np.random.default_rng(1).normal(size=(12, 12))
    options = {"segmenter": labels, "n_perturbations": 2048, "random_state": 0}
    explainer = LimeImageExplainer(linear(slopes), fill="background", **options).fit(X)
    one = explainer.explain(X[:1])[0]
    lost = slopes * (X[0] - np.mean(explainer._training.donors, axis=0)[..., 0])
    expected = np.array([lost[labels == k].sum() for k in range(12)])
    t = (one.values[:, 0] - expected) / one.standard_errors[:, 0]
    assert np.abs(t).max() < 5.0
    assert one.internals.fidelity_is_bound


def test_segments_that_the_fill_does_not_change_weigh_nothing():
    X = np.zeros((3, 8, 8))
    X[:, 2:6, 2:6] = 1.0
    explainer = LimeImageExplainer(brightness, fill=0.0, **GRID).fit(X)
    one = explainer.explain(X)[0]
    assert not one.selected[one.heatmap()[0, 0] == one.values[:, 0], 0].any()
    assert one.heatmap()[0, 0] == 0.0
    assert_array_equal(
        np.unique(one.segments[one.mask(top=16)]), np.flatnonzero(one.selected[:, 0])
    )
    # Four segments are left: all masks are taken, and nothing is random.
    assert one.n_perturbations == 16


# What transform returns


def test_rows_add_up_to_the_weights_of_the_segments(explainer):
    X = digit_rows()[:5]
    weights = explainer.transform(X)
    batch = explainer.explain(X)
    assert weights.shape == (5, 64)
    assert_allclose(weights.sum(axis=1), [one.values.sum() for one in batch])
    for row, one in zip(weights, batch):
        sizes = one.data[one.segments]
        assert_allclose(row.reshape(8, 8), one.heatmap() / sizes, atol=1e-15)
    names = explainer.get_feature_names_out()
    assert names[[0, 9, 63]].tolist() == ["r0_c0", "r1_c1", "r7_c7"]


def test_large_pictures_have_32_cells_a_side():
    X = blobs(2, shape=(70, 64))
    explainer = LimeImageExplainer(brightness, **GRID).fit(X)
    assert explainer.heatmap_shape_ == (32, 32)
    assert explainer.transform(X).shape == (2, 1024)
    assert explainer.get_feature_names_out()[3 * 32 + 17] == "r03_c17"
    explainer.set_params(heatmap_shape=(2, 3)).fit(X)
    assert explainer.transform(X).shape == (2, 6)
    with pytest.raises(
        ValueError, match=r"heatmap_shape=\(2,\) does not give the numbers of cells"
    ):
        explainer.set_params(heatmap_shape=(2,)).fit(X)


def test_several_outputs_stand_beside_each_other(model):
    explainer = LimeImageExplainer(model, image_shape=(8, 8), target="all", **GRID)
    frame = explainer.fit(digit_rows()).set_output(transform="pandas").transform(digit_rows()[:2])
    assert frame.shape == (2, 640)
    assert frame.columns[[0, 64]].tolist() == ["0__r0_c0", "1__r0_c0"]
    one = explainer.explain(digit_rows()[:1])[0]
    assert_allclose(frame.iloc[0, 64:128].sum(), one.values[:, 1].sum())


def test_rows_of_a_frame_keep_their_labels(model):
    frame = pd.DataFrame(digit_rows()[:3], index=["p", "q", "r"])
    frame.columns = [f"pixel{index}" for index in range(64)]
    explainer = LimeImageExplainer(
        LogisticRegression(max_iter=2000).fit(
            pd.DataFrame(digit_rows(), columns=frame.columns), KINDS
        ),
        image_shape=(8, 8),
        **GRID,
    )
    explainer.fit(frame).set_output(transform="pandas")
    assert explainer.transform(frame).index.tolist() == ["p", "q", "r"]
    assert explainer.explain(frame).loc["q"].row_label == "q"
    with pytest.raises(ValueError, match="feature names should match"):
        explainer.explain(frame.rename(columns={"pixel0": "other"}))


def test_it_stands_in_a_pipeline(model):
    explainer = LimeImageExplainer(model, image_shape=(8, 8), n_perturbations=64, **GRID)
    pipeline = make_pipeline(explainer, KMeans(2, random_state=0)).fit(digit_rows()[:12])
    assert pipeline.predict(digit_rows()[:5]).shape == (5,)


def test_search_explains_the_model_unchanged(model):
    explainer = LimeImageExplainer(model, image_shape=(8, 8), n_perturbations=64, **GRID)
    grid = {"keep": [None, 0.8], "n_segments": [9, 16], "fill": ["mean", 0]}
    search = GridSearchCV(explainer, grid, cv=2).fit(digit_rows()[:8])
    assert search.best_estimator_.estimator_ is model
    assert search.best_score_ <= 1.0


def test_an_unfitted_model_is_fitted():
    explainer = LimeImageExplainer(LogisticRegression(max_iter=2000), image_shape=(8, 8), **GRID)
    with pytest.raises(ValueError, match="requires y to be passed"):
        explainer.fit(digit_rows())
    explainer.fit(digit_rows(), KINDS)
    assert explainer.classes_.tolist() == list(range(10))
    assert explainer.explain(digit_rows()[:1])[0].predicted_class == KINDS[0]


# A pure function


@pytest.mark.parametrize("fill", ["mean", "noise", "background"])
def test_weights_do_not_depend_on_company_order_or_threads(model, fill):
    X = digit_rows()[:6]
    explainer = LimeImageExplainer(model, image_shape=(8, 8), fill=fill, **GRID).fit(digit_rows())
    whole = explainer.transform(X)
    assert whole.tobytes() == explainer.transform(X).tobytes()
    assert whole[::-1].tobytes() == explainer.transform(X[::-1]).tobytes()
    assert whole.tobytes() == np.vstack([explainer.transform(X[[k]]) for k in range(6)]).tobytes()
    explainer.set_params(n_jobs=2)
    assert whole.tobytes() == explainer.transform(X).tobytes()
    assert explainer.explain(X[2:3])[0].to_json() == _relabelled(explainer.explain(X)[2]).to_json()


def _relabelled(one):
    from dataclasses import replace

    return replace(one, row_label=np.int64(0))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_size_of_calls_does_not_matter(explainer, batch_size):
    X = digit_rows()[:2]
    other = clone(explainer).set_params(batch_size=batch_size).fit(digit_rows())
    assert_allclose(other.transform(X), explainer.transform(X), atol=1e-12)


def test_a_model_is_never_given_more_pictures_than_the_batch_size():
    sizes = []

    def model(X):
        sizes.append(len(X))
        return X.mean(axis=(1, 2))

    X = blobs(3, shape=(9, 9))
    LimeImageExplainer(model, batch_size=5, **GRID).fit(X).explain(X)
    assert max(sizes) == 5


def test_it_pickles_and_clones(explainer):
    X = digit_rows()[:2]
    again = pickle.loads(pickle.dumps(explainer))
    assert again.transform(X).tobytes() == explainer.transform(X).tobytes()
    fresh = clone(explainer).fit(digit_rows())
    assert fresh.transform(X).tobytes() == explainer.transform(X).tobytes()
    other = clone(explainer).set_params(random_state=1).fit(digit_rows())
    assert (other.transform(X) != explainer.transform(X)).any()


def test_numpys_random_state_is_not_touched(explainer):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    explainer.transform(digit_rows()[:2])
    assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_parameters_that_change_after_fit_are_an_error(model):
    explainer = LimeImageExplainer(model, image_shape=(8, 8), **GRID).fit(digit_rows())
    explainer.set_params(fill=0)
    with pytest.raises(ValueError, match="fill was 'mean' when fit ran and is 0 now"):
        explainer.explain(digit_rows()[:1])
    labels = np.zeros((8, 8), dtype=int)
    labels[4:] = 1
    explainer.set_params(fill="mean", segmenter=labels).fit(digit_rows())
    labels[0, 0] = 7
    with pytest.raises(ValueError, match="segmenter was"):
        explainer.explain(digit_rows()[:1])


# Outputs


def test_the_predicted_class_is_explained(explainer):
    batch = explainer.explain(digit_rows()[:5])
    assert batch.output_names == ("predicted",)
    assert [one.explained_names()[0] for one in batch] == batch.predicted_classes.tolist()


def test_the_largest_output_of_a_function_is_explained():
    X = blobs(6, shape=(9, 9))
    explainer = LimeImageExplainer(scores, **GRID).fit(X)
    batch = explainer.explain(X)
    assert batch.target == "predicted"
    assert batch.internals.output_index[:, 0].tolist() == scores(X).argmax(axis=1).tolist()
    assert [one.explained_names()[0] for one in batch] == batch.predicted_classes.tolist()
    assert_allclose(batch.predictions[:, 0], scores(X).max(axis=1))
    named = LimeImageExplainer(scores, output_names=["top", "left", "all"], **GRID).fit(X)
    assert named.explain(X)[0].predicted_class in ("top", "left", "all")
    every = LimeImageExplainer(scores, target="all", **GRID).fit(X).explain(X)
    assert len(every.output_names) == 3
    pair = LimeImageExplainer(scores, target=(2, 0), **GRID).fit(X).explain(X)
    assert_allclose(pair.predictions[:, 0], scores(X)[:, 2] - scores(X)[:, 0])


def test_a_single_output_is_explained_as_it_comes():
    X = blobs(3, shape=(9, 9))
    for function in (brightness, lambda X: brightness(X)[:, None]):
        batch = LimeImageExplainer(function, **GRID).fit(X).explain(X)
        assert batch.target == "auto"
        assert_allclose(batch.predictions[:, 0], brightness(X))
    rows = X.reshape(3, -1)
    regressor = Ridge().fit(rows, brightness(X))
    batch = LimeImageExplainer(regressor, image_shape=(9, 9), **GRID).fit(rows).explain(rows)
    assert_allclose(batch.predictions[:, 0], regressor.predict(rows))


def test_several_numbers_of_a_regressor_are_no_classes():
    rows = blobs(5, shape=(9, 9)).reshape(5, -1)
    regressor = Ridge().fit(rows, rows[:, :3])
    explainer = LimeImageExplainer(regressor, image_shape=(9, 9), **GRID)
    with pytest.raises(ValueError, match=r"needs a classifier.*target='all'"):
        explainer.fit(rows)
    assert explainer.set_params(target="all").fit(rows).explain(rows).predictions.shape == (5, 3)


def test_an_output_that_does_not_exist_is_an_error(model):
    with pytest.raises(ValueError, match="target='cat' is not a class of the model"):
        LimeImageExplainer(model, image_shape=(8, 8), target="cat").fit(digit_rows())


def test_logit_explains_log_odds(model):
    explainer = LimeImageExplainer(model, image_shape=(8, 8), link="logit", **GRID)
    one = explainer.fit(digit_rows()).explain(digit_rows()[:1])[0]
    p = model.predict_proba(digit_rows()[:1]).max()
    assert one.predictions[0] == pytest.approx(np.log(p / (1 - p)))


# What fit learns


def test_what_fit_learns():
    X = blobs(5, shape=(9, 12, 3))
    explainer = LimeImageExplainer(lambda X: X.mean(axis=(1, 2, 3)), **GRID).fit(X)
    assert explainer.channel_axis_ == -1
    assert explainer.n_channels_ == 3
    assert_allclose(explainer.mean_color_, X.mean(axis=(0, 1, 2)))
    assert_allclose(explainer.mean_image_, X.mean(axis=0))
    assert explainer.pixel_range_ == (X.min(), X.max())
    assert explainer.heatmap_shape_ == (9, 12)
    html = explainer._repr_html_()
    assert "Channels" in html
    with pytest.raises(ValueError, match="image_shape"):
        explainer.set_params(image_shape=(0, 3)).fit(X.reshape(5, -1))


def test_segments_are_shown_before_any_model_call():
    calls = []

    def model(X):
        calls.append(len(X))
        return X.mean(axis=(1, 2))

    X = blobs(2, shape=(9, 12))
    explainer = LimeImageExplainer(model, **GRID).fit(X)
    n_calls = len(calls)
    segments = explainer.preview_segments(X[1])
    assert len(calls) == n_calls
    assert_array_equal(segments, explainer.explain(X)[1].segments)
    rows = LimeImageExplainer(lambda rows: rows.mean(axis=1), image_shape=(9, 12), **GRID).fit(
        X.reshape(2, -1)
    )
    assert_array_equal(rows.preview_segments(X[1].ravel()), segments)
    frame = pd.DataFrame(X.reshape(2, -1)[1:])
    frame.columns = frame.columns.astype(str)
    for one in (X[1].reshape(1, -1), [X[1].ravel()], frame):
        assert_array_equal(rows.preview_segments(one), segments)
    objects = np.empty(1, dtype=object)
    objects[0] = X[1]
    for one in (X[1:], [X[1]], (X[1],), objects):
        assert_array_equal(explainer.preview_segments(one), segments)


@pytest.mark.parametrize("many", [lambda X: X, lambda X: X[None], list])
def test_the_preview_of_several_pictures_is_an_error(many):
    X = blobs(2, shape=(9, 12))
    explainer = LimeImageExplainer(lambda X: X.mean(axis=(1, 2)), **GRID).fit(X)
    with pytest.raises(ValueError, match=r"takes one picture with 2 axes.*X\[0\]"):
        explainer.preview_segments(many(X))


def test_digits_are_explained_by_their_strokes():
    pytest.importorskip("skimage")
    # The classifier knows digits; the pixels that matter lie where the strokes are.
    images = DIGITS
    model = LogisticRegression(max_iter=2000).fit(digit_rows(), KINDS)
    explainer = LimeImageExplainer(
        lambda X: model.predict_proba(X.reshape(len(X), -1)), fill=0.0, random_state=0
    ).fit(images)
    one = explainer.explain(images[:1])[0]
    assert (images[0][one.mask(top=5)] > 0.0).all()


# As many copies as it takes


def auto_explainer(model, **options):
    options = {"segmenter": "grid", "n_segments": 36, "tol": 0.2, "random_state": 0, **options}
    return LimeImageExplainer(model, n_perturbations="auto", **options)


def wavy(X):
    """A function of which each picture needs another number of copies."""
    flat = np.asarray(X, dtype=float).reshape(len(X), -1)
    return np.sin(flat.sum(axis=1)) + flat[:, :40].sum(axis=1)


def test_every_picture_gets_as_many_copies_as_it_needs():
    X = blobs(8, shape=(12, 12))
    batch = auto_explainer(wavy).fit(X).explain(X)
    assert batch.converged.all()
    assert len(set(batch.n_perturbations.tolist())) > 1
    assert batch.n_replicates == 16
    critical = student_t.ppf(0.975, 15)
    for one in batch:
        width = critical * np.nan_to_num(one.standard_errors).max()
        assert width <= 0.2 * np.abs(one.values).max()


def test_number_of_copies_depends_on_the_picture_alone():
    X = blobs(6, shape=(12, 12))
    explainer = auto_explainer(wavy).fit(X)
    batch, reverse = explainer.explain(X), explainer.explain(X[::-1])
    weights = explainer.transform(X)
    explainer.set_params(n_jobs=2, batch_size=7)
    threads = explainer.explain(X)
    for index, one in enumerate(batch):
        for other in (
            reverse[len(X) - 1 - index],
            threads[index],
            explainer.explain(X[[index]])[0],
        ):
            assert one.n_perturbations == other.n_perturbations
            assert_array_equal(one.values, other.values)
            assert_array_equal(one.standard_errors, other.standard_errors)
        assert_allclose(weights[index].sum(), one.values.sum())
        assert_array_equal(weights[index], explainer.transform(X[[index]])[0])


def test_picture_that_does_not_converge_is_named():
    X = blobs(3, shape=(12, 12))
    explainer = auto_explainer(wavy, tol=1e-6, max_perturbations=600).fit(X)
    wanted = "is not reached with 512 copies for pictures 0, 1, 2. Raise max_perturbations or tol"
    with pytest.warns(ConvergenceWarning, match=wanted):
        batch = explainer.explain(X)
    assert not batch.converged.any()
    assert batch.n_perturbations.tolist() == [512] * 3
    with pytest.warns(ConvergenceWarning, match=wanted):
        assert np.isfinite(explainer.transform(X)).all()


def test_noise_of_the_fill_is_part_of_the_precision():
    # With nine segments all 512 masks are known after two samples; their fills are not.
    X = blobs(6, shape=(12, 12))
    explainer = auto_explainer(
        brightness, n_segments=9, fill="background", tol=1e-3, max_perturbations=1024
    )
    with pytest.warns(ConvergenceWarning):
        one = explainer.fit(X).explain(X[:1])[0]
    assert one.n_perturbations == 1024
    assert (one.standard_errors > 0.0).all()
    exact = auto_explainer(brightness, n_segments=9, tol=1e-3).fit(X).explain(X[:1])[0]
    assert exact.n_perturbations == 512
    assert_array_equal(exact.standard_errors, 0.0)


def test_limit_below_the_first_number_of_copies_is_an_error():
    with pytest.raises(ValueError, match="max_perturbations=255 is less than the 256"):
        auto_explainer(wavy, max_perturbations=255).fit(blobs(2, shape=(12, 12)))


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_perturbations", "many"), ("tol", 0.0), ("criterion", "rank"), ("max_perturbations", 0)],
)
def test_wrong_parameter_of_the_precision_is_named(name, value):
    explainer = auto_explainer(wavy).set_params(**{name: value})
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        explainer.fit(blobs(2, shape=(12, 12)))


@pytest.mark.parametrize("as_rows", [False, True])
@pytest.mark.parametrize(
    ("shape", "channel_axis"),
    [
        ((6, 9), None),
        ((6, 9, 3), -1),
        ((3, 6, 9), 1),
        ((1, 6, 9), 1),
        ((6, 9, 1), -1),
        ((5, 6, 9), None),
        ((5, 6, 9, 2), -1),
        ((2, 5, 6, 9), 1),
    ],
)
def test_the_mean_picture_of_fit_is_a_fill(shape, channel_axis, as_rows):
    X = np.random.default_rng(1).random((4, *shape))
    slopes = np.random.default_rng(2).normal(size=X[0].size)

    def model(X):
        return np.tanh(X.reshape(len(X), -1) @ slopes)

    explainer = LimeImageExplainer(model, channel_axis=channel_axis, **GRID)
    if as_rows:
        X = X.reshape(4, -1)
        explainer.set_params(image_shape=shape)
    expected = explainer.set_params(fill=X.mean(axis=0, keepdims=as_rows)).fit(X).transform(X)
    found = explainer.set_params(fill=explainer.mean_image_).fit(X).transform(X)
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
