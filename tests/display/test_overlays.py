"""Tints, outlines, numbers and the table of pictures of weights."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pictures import blobs, scores

from sklime import LimeImageExplainer
from sklime.display import _overlays
from sklime.display._overlays import (
    REST,
    evidence,
    fill_sentence,
    image_view,
    is_certain,
    number_places,
    outlined,
    outlines,
    overlay,
    segment_table,
    shown_picture,
    strengths_of,
    tint_colors,
    tinted,
)
from sklime.display._pixels_shown import faded

NUMBERS = np.array([0.3, -0.2, 0.1, 0.0, np.nan])
LOW, HIGH = NUMBERS - 0.15, NUMBERS + 0.15


def some_parts(seed, shape=(9, 13), n_parts=4):
    """Segments of any form, with holes and pieces that touch at corners."""
    return np.random.default_rng(seed).integers(0, n_parts, shape)


@pytest.fixture(scope="module")
def one():
    """The explanation of a picture of noise, of all outputs."""

    def model(X):
        noise = np.abs(np.sin(1e4 * np.asarray(X).sum(axis=(1, 2, 3))))
        return scores(X) + 0.05 * noise[:, None]

    X = blobs(3, shape=(20, 30, 3))
    explainer = LimeImageExplainer(
        model, target="all", segmenter="grid", n_segments=24, n_perturbations=64, random_state=0
    )
    return explainer.fit(X).explain(X)[1]


# Tints


def test_a_segment_is_tinted_where_its_interval_leaves_zero_out(one):
    for output in range(3):
        low, high = one.confidence_intervals()
        view = image_view(one, output)
        has_zero = (low[:, output] <= 0.0) & (high[:, output] >= 0.0)
        assert 0 < has_zero.sum() < len(has_zero)
        assert_array_equal(view.certain, ~has_zero & (one.values[:, output] != 0.0))
        plane = view.planes[0]
        is_unchanged = (overlay(one, output) == faded(plane.picture)).all(axis=-1)
        assert is_unchanged[has_zero[plane.parts]].all()
        is_tinted = [not is_unchanged[plane.parts == part].all() for part in range(len(has_zero))]
        assert_array_equal(is_tinted, ~has_zero)


def test_weights_without_a_number_or_an_interval():
    assert is_certain(NUMBERS, LOW, HIGH).tolist() == [True, True, False, False, False]
    nothing = np.full(5, np.nan)
    assert is_certain(NUMBERS, nothing, nothing).tolist() == [True, True, True, False, False]


def test_the_scale_is_the_same_on_both_sides_of_zero():
    certain = is_certain(NUMBERS, LOW, HIGH)
    strengths = strengths_of(NUMBERS, certain, 0.3)
    assert_allclose(strengths, [1.0, -2.0 / 3.0, 0.0, 0.0, 0.0])
    assert_array_equal(strengths_of(-NUMBERS, certain, 0.3), -strengths)
    assert strengths_of(NUMBERS, certain, 0.0).tolist() == [0.0] * 5
    raising, lowering = tint_colors(np.array([0.4, 1.0])), tint_colors(np.array([-0.4, -1.0]))
    assert_array_equal(raising[:, 3], lowering[:, 3])
    assert raising[0, 3] < raising[1, 3]
    assert tint_colors(np.zeros(1))[0, 3] == 0.0


def test_tints_mix_with_the_picture():
    picture = np.full((1, 2, 3), 100, dtype=np.uint8)
    colors = np.array([[1.0, 0.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0]])
    mixed = tinted(picture, np.array([[0, 1]]), colors)
    assert mixed.tolist() == [[[178, 50, 50], [100, 100, 100]]]


def test_evidence_is_the_picture_where_segments_raise_the_output(one):
    view = image_view(one, 0, max_features=4)
    assert 0 < len(view.supporting) <= 4
    assert (one.values[view.supporting, 0] > 0.0).all()
    plane = view.planes[0]
    shown = evidence(plane.picture, plane.parts, view.supporting)
    is_shown = np.isin(plane.parts, view.supporting)
    assert_array_equal(shown[is_shown], plane.picture[is_shown])
    assert (shown[~is_shown] == REST).all()


# Outlines


@pytest.mark.parametrize("seed", range(5))
def test_outlines_separate_a_segment_from_all_others(seed):
    parts = some_parts(seed)
    for part in range(4):
        crossed = set()
        for polygon in outlines(parts, part):
            sides = np.roll(polygon, -1, axis=0) - polygon
            assert ((sides == 0.0).sum(axis=1) == 1).all()
            for (x, y), side in zip(polygon.astype(int), sides.astype(int)):
                for step in range(abs(side).sum()):
                    begin = np.array([x, y]) + step * np.sign(side)
                    edge = (*np.minimum(begin, begin + np.sign(side)).tolist(), bool(side[0]))
                    assert edge not in crossed
                    crossed.add(edge)
        padded = np.pad(parts, 1, constant_values=-1) == part
        across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
        down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
        wanted = {(x, y, True) for y, x in across.tolist()}
        wanted |= {(x, y, False) for y, x in down.tolist()}
        assert crossed == wanted


def test_the_areas_of_outlines_are_those_of_segments():
    # Clockwise areas count, those of holes are subtracted.
    parts = some_parts(0)
    for part in range(4):
        total = 0.0
        for x, y in (polygon.T for polygon in outlines(parts, part)):
            total += (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2.0
        assert total == (parts == part).sum()


def test_pieces_that_touch_at_a_corner_are_polygons_of_their_own():
    polygons = outlines(np.eye(2, dtype=int), 1)
    assert [polygon.tolist() for polygon in polygons] == [
        [[0, 0], [1, 0], [1, 1], [0, 1]],
        [[1, 1], [2, 1], [2, 2], [1, 2]],
    ]
    assert outlines(np.zeros((3, 3), dtype=int), 1) == []


@pytest.mark.parametrize("dash", [None, 2])
def test_painted_outlines_stay_in_their_segment(dash):
    parts = np.repeat(np.repeat(some_parts(1), 5, axis=0), 5, axis=1)
    picture = np.zeros((*parts.shape, 3), dtype=np.uint8)
    painted = outlined(picture, parts, 2, (255, 0, 0), width=1, dash=dash)[..., 0] > 0
    assert not picture.any()
    assert (parts[painted] == 2).all()
    padded = np.pad(parts, 1, constant_values=-1)
    neighbors = [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
    is_edge = (parts == 2) & np.any([parts != other for other in neighbors], axis=0)
    assert (painted <= is_edge).all()
    assert painted.sum() == is_edge.sum() if dash is None else painted.sum() < is_edge.sum()


# Numbers


@pytest.mark.parametrize("seed", range(5))
def test_numbers_lie_inside_their_segment(seed):
    parts = some_parts(seed)
    places, radii = number_places(parts, range(5))
    for part, (x, y) in enumerate(places[:4]):
        assert parts[int(y), int(x)] == part
    assert (radii[:4] > 0.0).all()
    assert np.isnan(places[4]).all()
    assert radii[4] == 0.0


def test_numbers_stand_in_the_middle_of_a_box_and_on_a_ring():
    box = np.zeros((10, 12), dtype=int)
    box[2:6, 3:11] = 1
    (place,), _ = number_places(box, [1])
    assert place.tolist() == [7.0, 4.0]
    ring = np.ones((9, 9), dtype=int)
    ring[2:7, 2:7] = 0
    (place,), _ = number_places(ring, [1])
    assert ring[int(place[1]), int(place[0])] == 1


# The table


@pytest.mark.parametrize("max_features", [1, 5, None])
def test_the_table_adds_up_to_the_local_prediction(one, max_features):
    for output in range(3):
        table = segment_table(one, output, max_features)
        total = table.intercept + sum(row.weight for row in table.rows) + table.others
        assert total == pytest.approx(table.local_prediction)
        shares = sum(row.share for row in table.rows) + table.others_share
        assert shares == pytest.approx(1.0)
        assert table.prediction == one.predictions[output]
        assert len(table.rows) + table.n_others == len(one.data)
        assert [row.number for row in table.rows] == list(range(1, len(table.rows) + 1))
        sizes = [abs(row.weight) for row in table.rows]
        assert sizes == sorted(sizes, reverse=True)


def test_rows_have_the_numbers_of_the_explanation_as_texts(one):
    table = segment_table(one, 0)
    row = table.rows[0]
    assert row.name == one.feature_names[row.part]
    assert (row.weight, row.share) == (one.values[row.part, 0], one.data[row.part] / 600)
    assert row.texts[0] == f"{row.weight:+.{table.decimals}f}".replace("-", "−")
    assert row.texts[1].startswith("[+0.")
    assert row.texts[2] == f"{100 * row.share:.1f} %"


# The view


def test_the_fill_is_named(one):
    fill = "the mean color of the training pictures"
    assert fill_sentence(one) == f"Removed segments are filled with {fill}."
    settings = replace(one.internals.settings, fill="what <b>\n$x$ returns")
    named = replace(one, internals=replace(one.internals, settings=settings))
    assert fill_sentence(named) == ("Removed segments are filled with what <b>⟨U+000A⟩$x$ returns.")
    settings = replace(settings, fill=None)
    assert not fill_sentence(replace(one, internals=replace(one.internals, settings=settings)))


def test_a_view_without_a_picture_says_so(one):
    view = image_view(replace(one, image=None), 0)
    assert len(view.notes) == 2
    assert "not stored" in view.notes[1]
    assert shown_picture(replace(one, image=None)).shape == (20, 30, 3)


def test_the_slices_of_a_volume_cross_the_strongest_segment():
    volumes = np.random.default_rng(0).random((3, 6, 8, 10))
    explainer = LimeImageExplainer(
        lambda X: X[:, 4:, :4, :5].mean(axis=(1, 2, 3)),
        channel_axis=None,
        segmenter="grid",
        n_segments=24,
        random_state=0,
    ).fit(volumes)
    one = explainer.explain(volumes)[2]
    view = image_view(one)
    strongest = view.table.rows[0].part
    assert len(view.planes) == 3
    assert all(strongest in plane.parts for plane in view.planes)
    is_seen = np.isin(
        [row.part for row in view.table.rows],
        np.concatenate([plane.parts.ravel() for plane in view.planes]),
    )
    assert is_seen.all() == (len(view.notes) == 1)


def test_a_model_that_is_constant_tints_nothing():
    X = blobs(2, shape=(9, 12))
    explainer = LimeImageExplainer(lambda X: np.ones(len(X)), segmenter="grid", random_state=0)
    one = explainer.fit(X).explain(X)[0]
    view = image_view(one)
    assert view.largest == 0.0
    assert view.table.rows == ()
    assert_array_equal(overlay(one), faded(shown_picture(one)))


def test_overlays_can_share_a_scale(one):
    weak, strong = overlay(one, 0, largest=1e9), overlay(one, 0)
    gray = faded(shown_picture(one)).astype(int)
    assert np.abs(weak - gray).max() < np.abs(strong - gray).max()


@pytest.mark.parametrize(
    ("numbers", "decimals", "texts"),
    [
        ((0.5, 0.4, 0.6), 2, ("+0.50", "[+0.40, +0.60]")),
        ((0.002, 0.001, 0.003), 2, ("+0.002", "[+0.001, +0.003]")),
        ((-0.02, -0.041, -0.0012), 2, ("−0.02", "[−0.041, −0.001]")),
        ((0.0001, -0.0002, 0.0004), 2, ("+0.0001", "[−0.0002, +0.0004]")),
        ((0.5, 0.0, 1.0), 1, ("+0.5", "[0.0, +1.0]")),
        ((1e-9, 1e-9, 1e-9), 2, ("<0.00001", "[<0.00001, <0.00001]")),
        ((0.5, np.nan, np.nan), 2, ("+0.50", "")),
    ],
)
def test_numbers_of_a_row_have_a_sign_and_a_size(numbers, decimals, texts):
    assert _overlays._row_texts(*numbers, 0.1, decimals)[:2] == texts


def test_segments_that_may_be_nothing_have_no_number(one):
    weights, n_segments = one.values[:, 0], len(one.data)
    low, high = (ends[:, 0] for ends in one.confidence_intervals())
    table = segment_table(one, 0, None)
    is_nothing = (low <= 0) & (high >= 0) & (np.abs(weights) < 0.01 * np.abs(weights).max())
    numbered = {row.part for row in table.rows}
    assert numbered == set(np.flatnonzero((weights != 0) & ~is_nothing))
    assert len(numbered) + table.n_others == n_segments


def test_a_weak_segment_is_one_of_the_others(one, monkeypatch):
    full = segment_table(one, 0, None)
    monkeypatch.setattr(_overlays, "_LEAST_SHARE", 0.5)
    monkeypatch.setattr(
        _overlays, "is_certain", lambda weights, low, high: np.zeros(len(weights), dtype=bool)
    )
    table = segment_table(one, 0, None)
    largest = abs(full.rows[0].weight)
    assert [row.part for row in table.rows] == [
        row.part for row in full.rows if abs(row.weight) >= 0.5 * largest
    ]
    total = table.intercept + sum(row.weight for row in table.rows) + table.others
    assert total == pytest.approx(table.local_prediction)
