"""Pictures of all kinds: each is explained as it should be, or a clear error says what to pass."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pictures import blobs, brightness
from PIL import Image

from sklime import LimeImageExplainer

GRID = {"segmenter": "grid", "n_segments": 16, "random_state": 0}


class Recorder:
    """A function of pictures that keeps what it is given, and answers the mean of each."""

    def __init__(self):
        self.calls = []

    def __call__(self, X):
        self.calls.append(X)
        return np.array([np.asarray(x, dtype=float).mean() for x in X])


def explained(X, *, Z=None, **options):
    """The explanations of X, or of Z after a fit on X, and what the model was given."""
    model = Recorder()
    explainer = LimeImageExplainer(model, **{**GRID, **options}).fit(X)
    return explainer.explain(X if Z is None else Z), model.calls


def check_adds_up(batch, X):
    """A model of means is linear: weights add up to what the fill takes away."""
    for one, x in zip(batch, X):
        mean = np.asarray(x, dtype=float).mean()
        size = max(np.abs(one.values).sum(), 1e-12)
        assert one.predictions[0] == pytest.approx(mean)
        assert one.local_predictions[0] == pytest.approx(mean, abs=2e-3 * size)


COLOR = blobs(3, shape=(12, 16, 3))
ARRAYS = {
    "H x W": blobs(3, shape=(12, 16)),
    "H x W x 1": COLOR[..., :1],
    "H x W x 2": COLOR[..., :2],
    "RGB": COLOR,
    "RGBA": np.concatenate([COLOR, np.ones((3, 12, 16, 1))], axis=-1),
    "channels first": np.ascontiguousarray(COLOR.transpose(0, 3, 1, 2)),
    "float16": COLOR.astype(np.float16),
    "float32": COLOR.astype(np.float32),
    "uint8": (255 * COLOR).astype(np.uint8),
    "uint16": (65535 * COLOR).astype(np.uint16),
    "int32": (1000 * COLOR - 300).astype(np.int32),
    "bool": COLOR > 0.3,
    "Fortran": np.asfortranarray(COLOR),
    "big endian": COLOR.astype(">f4"),
    "reversed": COLOR[:, ::-1, ::-1],
    "8 x 8": blobs(3, shape=(8, 8)),
    "28 x 28": blobs(3, shape=(28, 28)),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("segmenter", ["grid", "slic"])
@pytest.mark.filterwarnings('ignore:segmenter="slic" finds fewer than 8')
def test_arrays_reach_the_model_as_they_came(name, segmenter):
    if segmenter == "slic":
        pytest.importorskip("skimage")
    X = ARRAYS[name].view()
    X.flags.writeable = False
    batch, calls = explained(X, segmenter=segmenter)
    assert {type(call) for call in calls} == {np.ndarray}
    assert {call.dtype for call in calls} == {X.dtype}
    assert {call.shape[1:] for call in calls} == {X.shape[1:]}
    least, most = X.min(), X.max()
    assert all(call.min() >= least and call.max() <= most for call in calls)
    check_adds_up(batch, X)
    assert batch.heatmaps().shape == (3, *batch[0].segments.shape)


def test_six_bands_need_their_axis():
    X = blobs(3, shape=(12, 16, 6))
    with pytest.raises(ValueError, match="Pass channel_axis=-1 if they come last"):
        explained(X)
    for axis, bands in [(-1, X), (1, X.transpose(0, 3, 1, 2))]:
        batch, calls = explained(bands, channel_axis=axis)
        assert calls[-1].shape[1:] == bands.shape[1:]
        check_adds_up(batch, bands)


@pytest.mark.parametrize("name", ["H x W", "RGB", "channels first"])
def test_one_picture_without_an_axis_of_pictures_is_an_error(name):
    X = ARRAYS[name]
    words = r"x\[None\]|X\[None\]"
    if name == "channels first":
        # In fit these are three grey pictures: nothing tells that they are not.
        with pytest.raises(ValueError, match=words):
            explained(X[0], channel_axis=1)
    else:
        with pytest.raises(ValueError, match=words):
            explained(X[0])
    explainer = LimeImageExplainer(brightness, **GRID).fit(X)
    with pytest.raises(ValueError, match=words):
        explainer.explain(X[0])
    assert len(explainer.explain(X[0][None])) == 1


def test_lists_of_several_sizes():
    X = [COLOR[0], COLOR[1, :9], COLOR[2, :, :5]]
    batch, calls = explained(X)
    assert all(isinstance(call, list) for call in calls)
    assert {x.shape for call in calls for x in call} == {x.shape for x in X}
    check_adds_up(batch, X)
    explainer = LimeImageExplainer(Recorder(), **GRID).fit(X)
    weights = explainer.transform(X)
    assert weights.shape == (3, 12 * 16)
    assert_allclose(weights.sum(axis=1), [one.values.sum() for one in batch])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_pictures_of_pil(mode):
    X = [Image.fromarray(picture).convert(mode) for picture in ARRAYS["uint8"]]
    batch, calls = explained(X)
    given = {(type(x), x.mode, x.size) for call in calls for x in call}
    assert given == {(Image.Image, mode, (16, 12))}
    check_adds_up(batch, X)


def test_volumes_have_supervoxels():
    X = np.random.default_rng(0).random((3, 6, 9, 12))
    with pytest.raises(ValueError, match="channel_axis=None for volumes"):
        explained(X)
    batch, calls = explained(X, channel_axis=None)
    assert calls[-1].shape[1:] == (6, 9, 12)
    assert batch.heatmaps().shape == (3, 6, 9, 12)
    check_adds_up(batch, X)
    batch, calls = explained(X[..., None], channel_axis=-1)
    assert batch[0].image.shape == (6, 9, 12, 1)
    explainer = LimeImageExplainer(Recorder(), channel_axis=None, **GRID).fit(X)
    assert explainer.get_feature_names_out()[-1] == "z5_r8_c9"
    assert_allclose(explainer.transform(X).sum(axis=1), [one.values.sum() for one in batch])


@pytest.mark.parametrize("path", ["photo.png", ["photo.png"]])
def test_a_path_is_an_error(path):
    with pytest.raises(ValueError, match="load the picture first"):
        explained(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_pixels_are_an_error_with_picture_and_count(value):
    X = ARRAYS["RGB"].copy()
    explainer = LimeImageExplainer(brightness, **GRID).fit(X)
    X[1, 2:4, 5] = value
    for call in (explainer.explain, explainer.transform, explainer.fit):
        with pytest.raises(ValueError, match="Picture 1 of X holds NaN or infinity in 6 of 576"):
            call(X)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (1, 1, 3)])
@pytest.mark.parametrize("segmenter", ["grid", "slic", "quickshift"])
@pytest.mark.filterwarnings("ignore:segmenter=.* finds fewer than 8")
def test_pictures_of_extreme_sizes(shape, segmenter):
    pytest.importorskip("skimage")
    X = np.random.default_rng(0).random((4, *shape))
    axis = -1 if len(shape) == 3 else None
    batch, _ = explained(X, segmenter=segmenter, channel_axis=axis)
    check_adds_up(batch, X)
    if shape[:2] == (1, 1):
        assert batch.n_perturbations.tolist() == [2] * 4


@pytest.mark.parametrize("value", [0.0, 0.5])
@pytest.mark.parametrize("segmenter", ["grid", "slic"])
@pytest.mark.filterwarnings("ignore:segmenter=.* finds fewer than 8")
def test_constant_and_black_pictures(value, segmenter):
    pytest.importorskip("skimage")
    X = np.full((2, 12, 16, 3), value)
    with pytest.warns(UserWarning, match="The fill equals all segments of pictures 0, 1"):
        batch, _ = explained(X, segmenter=segmenter)
    assert not batch.heatmaps().any()
    assert_allclose(batch.local_predictions, value)
    assert set(batch.fidelity_failures[:, 0]) == {"there is nothing that could be removed"}
    batch, _ = explained(X, segmenter=segmenter, fill=1.0)
    check_adds_up(batch, X)
    assert (batch.heatmaps() < 0.0).all()


def test_a_constant_model_has_no_weights():
    X = ARRAYS["RGB"]
    explainer = LimeImageExplainer(lambda X: np.full(len(X), 0.25), **GRID).fit(X)
    batch = explainer.explain(X)
    assert not batch.heatmaps().any()
    assert np.isnan(batch.fidelity).all()
    assert set(batch.fidelity_failures[:, 0]) == {"the model is constant here"}
    assert not explainer.transform(X).any()


def test_a_saturated_model_is_explained():
    X = ARRAYS["H x W"]

    def model(X):
        p = 1.0 / (1.0 + np.exp(-400.0 * (brightness(X) - 0.05)))
        return np.stack([1.0 - p, p], axis=1)

    one = LimeImageExplainer(model, **GRID).fit(X).explain(X[:1])[0]
    assert one.predictions[0] == pytest.approx(1.0)
    assert np.isfinite(one.values).all()


@pytest.mark.parametrize("answer", [lambda X: brightness(X), lambda X: brightness(X)[:, None]])
def test_answers_of_one_number(answer):
    X = ARRAYS["RGB"]
    batch = LimeImageExplainer(answer, **GRID).fit(X).explain(X)
    assert_allclose(batch.predictions[:, 0], brightness(X))


def test_missing_answers_are_an_error_or_a_failed_picture():
    X = ARRAYS["RGB"].copy()
    X[1] = np.minimum(X[1], 0.1)

    def model(X):
        return np.where(brightness(X) < 0.09, np.nan, brightness(X))

    explainer = LimeImageExplainer(model, fill=0.0, **GRID).fit(X[[0, 2]] + 0.2)
    with pytest.raises(
        ValueError,
        match=r"The model returned NaN or infinity for picture 0 \(shape \(12, 16, 3\)\) or",
    ) as told:
        explainer.explain(X)
    assert "array" not in str(told.value)
    explainer.set_params(on_error="warn")
    with pytest.warns(
        RuntimeWarning, match=r"The model failed on pictures .*for picture 0 \(shape"
    ):
        batch = explainer.explain(X)
    assert batch.failures[1] is not None
    assert np.isnan(batch[1].values).all()


@pytest.mark.parametrize("name", ["RGB", "channels first", "uint8", "H x W"])
def test_a_model_that_writes_into_its_input_changes_nothing(name):
    X = ARRAYS[name].copy()
    before = X.copy()

    class Spoils:
        classes_ = np.array([0, 1])

        def predict(self, X):
            classes = (brightness(X) > X.max() / 4).astype(int)
            X[...] = 0
            return classes

        def predict_proba(self, X):
            p = brightness(X) / 70_000.0
            X[...] = 1
            return np.stack([p, 1.0 - p], axis=1)

    class Keeps(Spoils):
        def predict(self, X):
            return super().predict(X.copy())

        def predict_proba(self, X):
            return super().predict_proba(X.copy())

    spoiled = LimeImageExplainer(Spoils(), **GRID).fit(X).explain(X)
    assert_array_equal(X, before)
    assert spoiled.to_json() == LimeImageExplainer(Keeps(), **GRID).fit(X).explain(X).to_json()


def test_a_wrong_number_of_answers_is_an_error():
    X = ARRAYS["RGB"]
    with pytest.raises(ValueError, match="returned"):
        LimeImageExplainer(lambda X: np.zeros(2), **GRID).fit(X)
    answers = iter([np.zeros(1)])
    explainer = LimeImageExplainer(lambda X: next(answers, np.zeros(3)), **GRID).fit(X)
    with pytest.raises(ValueError, match="3"):
        explainer.explain(X)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros((5, 5), int), r"must have the shape of the picture without channels, \(12, 16\)"),
        (np.zeros((12, 16, 3), int), "without channels"),
        (np.zeros((12, 16)), "must be integers, one per pixel, not of the type float64"),
    ],
)
@pytest.mark.parametrize("is_function", [False, True])
def test_labels_of_a_wrong_shape_or_type_are_an_error_in_fit(labels, words, is_function):
    model = Recorder()
    segmenter = (lambda picture: labels) if is_function else labels
    with pytest.raises(ValueError, match=words):
        LimeImageExplainer(model, segmenter=segmenter).fit(ARRAYS["RGB"])
    assert not model.calls


def test_labels_from_anywhere_with_gaps_are_mapped_back():
    labels = np.arange(12 * 16).reshape(12, 16) // 16 * 7 - 20
    batch, _ = explained(COLOR, segmenter=labels)
    plain, _ = explained(COLOR, segmenter=(labels + 20) // 7)
    assert_array_equal(batch[0].segments, labels)
    assert batch[0].feature_names[0] == "segment -20 (r0 c8)"
    assert_allclose(batch.heatmaps(), plain.heatmaps())


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        ([1.0, 2.0], "fill has 2 numbers, but there are 3 channels"),
        (np.zeros((5, 5, 3)), r"fill has the shape \(5, 5, 3\), which does not fit"),
        ("gray", "fill='gray' is unknown; pass one of 'mean'"),
        (np.nan, "fill holds NaN or infinity"),
    ],
)
def test_a_fill_that_does_not_fit_is_an_error_in_fit(fill, words):
    model = Recorder()
    with pytest.raises(ValueError, match=words):
        LimeImageExplainer(model, fill=fill, **GRID).fit(COLOR)
    assert not model.calls


def test_a_color_that_whole_numbers_cannot_hold_is_an_error():
    with pytest.raises(ValueError, match="fill holds -1, which uint8 cannot hold"):
        explained(ARRAYS["uint8"], fill=-1)
    _, calls = explained(ARRAYS["uint8"], fill=(123.675, 116.28, 103.53))
    filled = calls[1][(calls[1] != ARRAYS["uint8"][0]).any(axis=-1)]
    assert filled[0].tolist() == [124, 116, 104]


def test_a_photo_of_twelve_million_pixels():
    pytest.importorskip("skimage")
    photo = np.kron(ARRAYS["uint8"][0], np.ones((250, 250, 1), dtype=np.uint8))[None]
    assert photo.shape == (1, 3000, 4000, 3)
    sizes = []

    def model(X):
        sizes.append(X.nbytes)
        return X[:, ::50, ::50].mean(axis=(1, 2, 3))

    explainer = LimeImageExplainer(model, n_segments=20, n_perturbations=16, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = explainer.fit(photo).explain(photo)[0]
    assert max(sizes) == photo.nbytes
    assert one.segments.shape == (3000, 4000)
    assert one.segments.dtype == np.uint8


def test_pictures_of_another_size_than_in_fit():
    larger = blobs(2, shape=(20, 20, 3))
    batch, calls = explained(COLOR, Z=larger)
    assert calls[-1].shape[1:] == (20, 20, 3)
    check_adds_up(batch, larger)
    batch, _ = explained(COLOR, Z=larger, fill="background")
    assert batch[0].segments.shape == (20, 20)
    explainer = LimeImageExplainer(brightness, **GRID).fit(COLOR)
    assert explainer.transform(larger).shape == (2, 12 * 16)
    with pytest.raises(ValueError, match="does not fit"):
        explained(COLOR, Z=larger, fill=COLOR[0])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_late_error_is_raised_from_threads_too(n_jobs):
    X = [*blobs(12, shape=(12, 12)), *blobs(1, shape=(9, 9))]
    with pytest.raises(
        ValueError, match="does not fit an instance of 9 x 9 positions and 1 channel"
    ):
        explained(X, fill=X[0], n_jobs=n_jobs, n_perturbations=32)


@pytest.mark.parametrize(
    ("Z", "words"),
    [
        (COLOR[..., :1], "have 1 channels, and those of fit had 3"),
        (ARRAYS["uint8"], "of the type uint8, and those of fit were of the type float"),
        (COLOR * 255, "where those of fit were from"),
        (COLOR[..., 0], "have 2 axes"),
    ],
)
def test_pictures_of_another_kind_than_in_fit_are_an_error(Z, words):
    with pytest.raises(ValueError, match=words):
        explained(COLOR, Z=Z)


def test_a_target_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="target=7 is not an output of the model"):
        explained(COLOR, target=7)


def test_a_thousand_classes_at_once():
    slopes = np.random.default_rng(0).normal(size=(12 * 16 * 3, 1000))

    def model(X):
        scores = np.exp(X.reshape(len(X), -1) @ slopes / 50)
        return scores / scores.sum(axis=1, keepdims=True)

    explainer = LimeImageExplainer(model, target="all", n_perturbations=64, **GRID).fit(COLOR)
    one = explainer.explain(COLOR[:1])[0]
    assert one.values.shape == (15, 1000)
    assert explainer.transform(COLOR[:1]).shape == (1, 12 * 16 * 1000)
    single = LimeImageExplainer(model, target=3, n_perturbations=64, **GRID).fit(COLOR)
    assert_allclose(single.explain(COLOR[:1])[0].values[:, 0], one.values[:, 3], atol=1e-12)


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)", "a'\"<!--]]>", "\u2028", "\ud800", "\0", ""]
)
def test_hostile_class_names(name, tmp_path):
    def model(X):
        p = brightness(X)
        return np.stack([p, 1.0 - p], axis=1)

    explainer = LimeImageExplainer(model, output_names=[name, "other"], **GRID).fit(COLOR)
    batch = explainer.explain(COLOR[:1])
    assert type(batch).from_json(batch.to_json()) == batch
    for html in (batch[0].to_html(), batch.to_html(), batch[0]._repr_html_()):
        assert "<script>alert(1)" not in html
        html.encode("utf-8")
    batch.save(tmp_path / "report.html")
    repr(batch[0]).encode("utf-8")


def test_too_few_copies_for_errors_are_an_error():
    with pytest.raises(ValueError, match="fewer than 2 perturbations to each of n_replicates=8"):
        explained(COLOR, n_perturbations=15)


def test_nothing_to_explain_is_an_error():
    for empty in (COLOR[:0], []):
        with pytest.raises(ValueError, match="0 sample"):
            explained(COLOR, Z=empty)
    with pytest.raises(ValueError, match="no pixels"):
        explained(np.zeros((2, 0, 5, 3)))


def test_parameters_of_a_wrong_type_are_errors():
    for name, value in [
        ("channel_axis", 0),
        ("segmenter", "squares"),
        ("n_segments", 1),
        ("keep", 1.0),
        ("n_perturbations", 0),
        ("on_error", "ignore"),
        ("image_shape", 8),
    ]:
        with pytest.raises(ValueError, match=name):
            LimeImageExplainer(brightness, **{**GRID, name: value}).fit(COLOR)


PHOTOS = (blobs(3, shape=(12, 16, 3)) * 255).astype(np.uint8)


def scaled(picture):
    return picture / 255 * 0.9


@pytest.mark.parametrize("fill", [0.5, [0.2, 0.4, 0.6], PHOTOS[0] / 255, scaled])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_fill_on_another_scale_is_told_once_a_call(fill, n_jobs):
    explainer = LimeImageExplainer(Recorder(), fill=fill, n_jobs=n_jobs, **GRID)
    with pytest.warns(UserWarning, match=r"The fill, .*fractions.*pixel_range_") as told:
        explainer.fit(PHOTOS)
    assert len(told) == 1
    with pytest.warns(UserWarning, match=r"The fill, .*fractions.*pixel_range_") as told:
        explainer.explain(PHOTOS)
    assert len(told) == 1
    assert told[0].filename == __file__


@pytest.mark.parametrize("fill", [0, 255, 128.0, [0, 127.5, 255], lambda p: p * 0.5])
def test_usual_fills_are_no_alarm(fill):
    explained(PHOTOS, fill=fill)


def test_a_fill_that_no_model_has_seen_is_told_in_fit():
    X = blobs(3, shape=(8, 8)) * 16
    with pytest.warns(UserWarning, match="the value 300.*never seen"):
        LimeImageExplainer(Recorder(), fill=300, **GRID).fit(X)
    for fill in (0, 16, -3.0):
        LimeImageExplainer(Recorder(), fill=fill, **GRID).fit(X)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ("digit.png", "'digit.png', a text or a path. Load the picture first"),
        (["digit.png"], "'digit.png', a text or a path. Load the picture first"),
        (Path("digit.png"), "a text or a path. Load the picture first"),
        (np.array(["digit.png"]), "a text or a path. Load the picture first"),
        (np.zeros((8, 8)), r"X has the shape \(8, 8\)"),
        (np.zeros((1, 8, 8)), r"X has the shape \(1, 8, 8\)"),
        ([np.zeros((8, 8))], "X is a list of pictures"),
        (Image.new("L", (8, 8)), "a picture of PIL"),
    ],
)
def test_what_is_no_row_of_pixels_is_told_how_to_become_one(X, words):
    rows = blobs(3, shape=(8, 8)).reshape(3, -1)
    explainer = LimeImageExplainer(Recorder(), image_shape=(8, 8), **GRID).fit(rows)
    message = rf"{words}.*image_shape=\(8, 8\) expects rows of 64 pixels.*x.reshape\(1, -1\)"
    for method in (explainer.explain, explainer.transform, explainer.fit):
        with pytest.raises(ValueError, match=message):
            method(X)


def test_rows_of_pixels_may_be_lists():
    rows = blobs(3, shape=(8, 8)).reshape(3, -1)
    explainer = LimeImageExplainer(Recorder(), image_shape=(8, 8), **GRID).fit(rows)
    expected = explainer.transform(rows)
    assert_array_equal(explainer.transform(rows.tolist()), expected)
    assert_array_equal(explainer.transform(list(rows)), expected)
    assert_array_equal(explainer.transform(rows.astype(object)), expected)


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("method", ["explain", "transform"])
@pytest.mark.parametrize(
    ("shape", "channel_axis"),
    [
        ((8, 9), None),
        ((8, 9), "auto"),
        ((8, 9, 3), -1),
        ((8, 9, 3), "auto"),
        ((3, 8, 9), 1),
        ((5, 6, 7), None),
        ((5, 6, 7, 2), -1),
        ((2, 5, 6, 7), 1),
    ],
)
def test_other_axes_are_told_before_the_model_is_called(shape, channel_axis, method, as_list):
    X, model = np.random.default_rng(0).random((3, *shape)), Recorder()
    explainer = LimeImageExplainer(model, channel_axis=channel_axis, **GRID)
    method = getattr(explainer.fit(list(X) if as_list else X), method)
    model.calls.clear()
    with pytest.raises(ValueError, match=r"pass X\[None\]"):
        method(X[0])
    with pytest.raises(ValueError, match="call fit again"):
        method(X[None])
    for wrong in (X[0][0], X[0][None]):
        with pytest.raises(ValueError, match=r"Picture 1 of X has the shape.* x as \[x\]"):
            method([X[0], wrong])
    assert not model.calls
