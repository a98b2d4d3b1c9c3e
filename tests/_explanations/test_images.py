"""Explanations of pictures: heat maps, masks, batches, JSON."""

import copy
import json
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pictures import blobs, scores

from sklime import ImageExplanation, ImageExplanationBatch, LimeImageExplainer, SubmodularPick


def explained(X, **options):
    options = {"segmenter": "grid", "n_segments": 12, "random_state": 0, **options}
    return LimeImageExplainer(scores, **options).fit(X).explain(X)


@pytest.fixture(scope="module")
def batch():
    """Explanations of the largest of three outputs of four grey pictures."""
    return explained(blobs(4, shape=(9, 12)))


@pytest.fixture(scope="module")
def ragged():
    """Explanations of all outputs of pictures of two sizes, in colors."""

    def model(X):
        return np.concatenate([scores(x[None]) for x in X])

    X = [*blobs(2, shape=(9, 12, 3)), *blobs(1, shape=(7, 8, 3))]
    explainer = LimeImageExplainer(
        model, target="all", segmenter="grid", n_segments=12, random_state=0
    )
    return explainer.fit(X).explain(X)


def test_a_batch_is_a_sequence(batch):
    assert isinstance(batch, ImageExplanationBatch)
    assert isinstance(batch[0], ImageExplanation)
    assert len(batch) == 4
    assert repr(batch).startswith("<ImageExplanationBatch: 4 pictures x 1 output (predicted)")
    assert batch[1:3].row_labels.tolist() == [1, 2]
    assert len(batch[:0]) == 0
    assert len(batch[:0].to_frame()) == 0
    with pytest.raises(IndexError, match="picture 9 is out of range"):
        batch[9]
    with pytest.raises(AttributeError, match="each picture has its own parts"):
        _ = batch.values
    assert ImageExplanationBatch.concat([batch[:1], batch[1:]]) == batch
    assert batch[2].as_batch()[0] == batch[2]


def test_heatmaps_have_the_weight_of_the_segment(batch):
    one = batch[0]
    heatmap = one.heatmap()
    assert heatmap.shape == (9, 12)
    for label, weight in zip(one.segment_labels, one.values[:, 0]):
        assert (heatmap[one.segments == label] == weight).all()
    assert_array_equal(batch.heatmaps(), [one.heatmap() for one in batch])
    assert one.data.tolist() == np.bincount(one.segments.ravel()).tolist()


def test_heatmaps_of_pictures_of_several_sizes_are_single(ragged):
    with pytest.raises(ValueError, match=r"different sizes.*batch\[i\].heatmap\(\), or transform"):
        ragged.heatmaps(ragged.output_names[0])
    first, second = ragged.output_names[:2]
    assert ragged[2].heatmap(first).shape == (7, 8)
    assert (ragged[2].heatmap(first) != ragged[2].heatmap(second)).any()
    assert ragged[2].image.shape == (7, 8, 3)
    assert len(ragged.images) == len(ragged.segments) == 3


def test_masks_show_the_strongest_segments():
    labels = np.arange(6).repeat(2).reshape(3, 4) * 3 - 4
    weights = np.array([3.0, -5.0, 1.0, 2.0, -1.0, 0.0])
    X = np.zeros((2, 3, 4)) + weights[(labels + 4) // 3]
    explainer = LimeImageExplainer(
        lambda X: X.sum(axis=(1, 2)),
        segmenter=labels,
        fill=0.0,
        random_state=0,
    )
    one = explainer.fit(X).explain(X)[0]
    assert one.feature_names[:2] == ("segment -4 (r0 c0)", "segment -1 (r0 c2)")

    def shown(**options):
        return ((np.unique(labels[one.mask(**options)]) + 4) // 3).tolist()

    assert shown() == [0, 2, 3]
    assert shown(top=2) == [0, 3]
    assert shown(top=1, sign="negative") == [1]
    assert shown(top=3, sign="both") == [0, 1, 3]
    for top in (0, True, 2.0):
        with pytest.raises(ValueError, match="is no number of segments"):
            one.mask(top=top)
    with pytest.raises(ValueError, match="sign='up' is unknown"):
        one.mask(sign="up")


def test_json_holds_everything(batch, ragged, tmp_path):
    for several in (batch, ragged, batch[:0]):
        text = several.to_json()
        again = ImageExplanationBatch.from_json(text)
        assert again == several
        assert again.to_json() == text
    one = ragged[1]
    again = ImageExplanation.from_json(one.to_json())
    assert again == one
    assert again.image.dtype == one.image.dtype
    assert again.segments.dtype == one.segments.dtype
    assert not again.image.flags.writeable
    ragged.to_json(tmp_path / "a.json")
    assert ImageExplanationBatch.from_json(tmp_path / "a.json") == ragged


def test_pictures_can_be_left_out_of_json(batch):
    again = ImageExplanationBatch.from_json(batch.to_json(include_image=False))
    assert again.images == (None,) * 4
    assert_array_equal(again.heatmaps(), batch.heatmaps())
    assert ImageExplanation.from_json(batch[0].to_json(include_image=False)).image is None
    assert batch[0].image is not None
    assert again.to_json() == batch.to_json(include_image=False)


def spoiled(one, change):
    document = json.loads(one.to_json())
    change(document["fields"])
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda fields: fields["image"].pop("data"), "image is not an array of dtype, shape"),
        (lambda fields: fields["image"].update(encoding="png"), "image is not encoded as"),
        (lambda fields: fields["image"].update(dtype="<U3"), "image cannot be of dtype"),
        (lambda fields: fields["image"].update(dtype="float32"), "image cannot be read"),
        (lambda fields: fields["image"].update(shape=[9, 11]), "image cannot be read"),
        (lambda fields: fields["image"].update(shape=[10**9, 10**9]), "which its data do not fit"),
        (lambda fields: fields["segments"].update(dtype="float16"), "segments cannot be of dtype"),
        (lambda fields: fields.update(segments=None), "segments is not an array"),
        (lambda fields: fields.update(segments=fields["image"]), "segments cannot be of dtype"),
    ],
)
def test_a_broken_file_is_said(batch, change, words):
    with pytest.raises(ValueError, match=words):
        ImageExplanation.from_json(spoiled(batch[0], change))


@pytest.mark.parametrize("ends", [[0.0], [0.0, "1"], [0, 10**400], "01", [0, True]])
def test_the_range_of_the_training_pictures_is_two_numbers(batch, ends):
    def change(fields):
        fields["settings"]["pixel_range"] = ends

    with pytest.raises(ValueError, match=r"pixel_range is .*, not two numbers"):
        ImageExplanation.from_json(spoiled(batch[0], change))


def test_the_range_of_the_training_pictures_comes_back_or_was_never_written(batch):
    one = ImageExplanation.from_json(batch[0].to_json())
    assert one.internals.settings.pixel_range == batch[0].internals.settings.pixel_range
    assert 0.0 <= one.internals.settings.pixel_range[0] < one.internals.settings.pixel_range[1]
    older = spoiled(batch[0], lambda fields: fields["settings"].pop("pixel_range"))
    assert ImageExplanation.from_json(older).internals.settings.pixel_range is None


def test_segments_must_be_those_of_the_weights(batch):
    other = explained(blobs(1, shape=(9, 12)), n_segments=30)[0]
    segments = json.loads(other.to_json())["fields"]["segments"]
    with pytest.raises(ValueError, match="segments and feature_names differ in length"):
        ImageExplanation.from_json(
            spoiled(batch[0], lambda fields: fields.update(segments=segments))
        )


def test_pictures_must_be_those_of_the_segments(batch):
    other = explained(blobs(1, shape=(12, 9)))[0]
    image = json.loads(other.to_json())["fields"]["image"]
    with pytest.raises(ValueError, match="image and segments differ in shape"):
        ImageExplanation.from_json(spoiled(batch[0], lambda fields: fields.update(image=image)))


def test_texts_are_not_read_as_pictures(batch):
    with pytest.raises(ValueError, match=r"the schema is 'sklime\.ImageExplanationBatch'"):
        ImageExplanation.from_json(batch.to_json())


def test_results_cannot_be_changed(batch):
    for array in (batch[0].image, batch[0].segments, batch.images[0], batch.segments[0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1
    with pytest.raises(AttributeError):
        batch.images = ()
    for again in (pickle.loads(pickle.dumps(batch)), copy.deepcopy(batch)):
        assert again == batch
        assert not again[0].image.flags.writeable


def test_the_users_picture_is_copied():
    X = blobs(2, shape=(9, 12))
    batch = explained(X)
    before = batch[0].image.copy()
    X[...] = 0
    assert_array_equal(batch[0].image, before)


def test_segments_of_pictures_are_compared_if_they_are_the_same(batch, ragged):
    matrix = batch.to_matrix()
    assert matrix.shape == (4, 12)
    assert_array_equal(matrix.to_numpy()[1], batch[1].values[:, 0])
    assert len(batch.mean_abs_weights()) == 12
    for method in (ragged.to_matrix, ragged.mean_abs_weights):
        with pytest.raises(ValueError, match="compares segments, and each picture has its own"):
            method()


@pytest.mark.parametrize("on", ["rules", "features"])
def test_rows_are_picked_by_segments_of_the_same_place_only(on, batch, ragged):
    assert len(SubmodularPick(2, on=on).fit(batch).names_) == 12
    with pytest.raises(ValueError, match="SubmodularPick compares segments"):
        SubmodularPick(2, on=on).fit(ragged)


def test_shap_gets_segments_of_the_same_place_only(batch, ragged):
    pytest.importorskip("shap")
    assert batch.to_shap().values.shape == (4, 12)
    with pytest.raises(ValueError, match="to_shap compares segments"):
        ragged.to_shap()


def test_reports_do_not_mix_segments_of_different_pictures():
    # Label 0 is at another place in each picture: no view may take both for one segment.
    def halves(picture):
        step = 3 if picture[0, 0] > picture[-1, -1] else 4
        return np.arange(picture.size).reshape(picture.shape) // picture.shape[1] // step

    X = np.stack([np.linspace(1, 0, 144).reshape(12, 12), np.linspace(0, 1, 144).reshape(12, 12)])
    batch = explained(X, segmenter=halves)
    first, second = (set(one.feature_names) for one in batch)
    assert not first & second
    assert all(f"segment {label} (" in batch.to_html() for label in range(3))


def test_a_frame_has_a_line_per_segment(ragged):
    frame = ragged.to_frame()
    assert frame["row"].unique().tolist() == [0, 1, 2]
    assert frame["feature"].iloc[0] == "segment 0 (r1 c1)"
    assert frame["value"].sum() == 3 * (9 * 12 * 2 + 7 * 8)


def test_settings_say_how_pictures_were_cut_and_filled(batch):
    settings = batch.internals.settings
    assert settings.segmenter == "grid"
    assert settings.fill == "the mean color of the training pictures"
    assert settings.keep == 0.75


def test_they_are_shown_as_text_and_html(batch):
    assert "segment" in repr(batch[0])
    assert "picture 0" in repr(batch[0])
    assert "<" in batch[0]._repr_html_()
    assert "<" in batch._repr_html_()
    assert "<" in batch.to_html()
    batch[0].plot()
    batch.plot()
