"""Strips of dots in HTML."""

import base64
import re

import numpy as np
import pytest
from shown import batch_of, document_batch, hand_made

from sklime.display._dots import MAX_LEVELS, image_of, legend_of, strip_of, values_in

AXIS = (-1.0, 1.0)


def dots_in(path):
    return [tuple(map(int, pair)) for pair in re.findall(r"M(\d+) (\d+)h0", path)]


def test_dots_stand_where_their_weights_are():
    strip = strip_of(np.array([-1.0, 0.0, 1.0]), None, AXIS, 10)
    found = {name: [x for x, _ in dots_in(path)] for name, path in strip.paths}
    assert found == {"dl": [0, 200], "du": [400]}
    assert not strip.is_scale
    assert not strip.levels


def test_numbers_go_from_low_to_high():
    weights = np.linspace(-1.0, 1.0, 100)
    strip = strip_of(weights, weights * 1e6, AXIS, 1000)
    places = [np.mean([x for x, _ in dots_in(path)]) for _, path in strip.paths]
    assert [name for name, _ in strip.paths] == ["v0", "v1", "v2", "v3", "v4"]
    assert places == sorted(places)
    assert strip.is_scale


def test_missing_numbers_are_gray():
    values = np.array([1.0, None, 2.0, np.nan], dtype=object)
    strip = strip_of(np.zeros(4), values, AXIS, 10)
    assert [(name, len(dots_in(path))) for name, path in strip.paths] == [
        ("v0", 1),
        ("v4", 1),
        ("vx", 2),
    ]
    assert legend_of([strip])["other"]


def test_levels_have_hues_and_names():
    values = np.array(list("aaabbc") + [None], dtype=object)
    strip = strip_of(np.arange(7.0) / 7.0, values, AXIS, 10)
    assert [(color, level.text) for color, level in strip.levels] == [
        ("h0", "a"),
        ("h1", "b"),
        ("h2", "c"),
    ]
    assert [len(dots_in(path)) for _, path in strip.paths] == [3, 2, 1, 1]
    assert strip.paths[-1][0] == "vx"


def test_rare_levels_are_gray_and_counted():
    values = np.array([f"level {n}" for n in range(MAX_LEVELS + 3)], dtype=object)
    strip = strip_of(np.zeros(values.size), values, AXIS, 100)
    assert len(strip.levels) == MAX_LEVELS
    assert strip.n_others == 3
    assert len(dots_in(dict(strip.paths)["vx"])) == 3


@pytest.mark.parametrize("n_rows", [0, 1, 500])
def test_of_many_rows_some_are_drawn(n_rows):
    weights = np.linspace(-1.0, 1.0, n_rows)
    drawn = [dot for _, path in strip_of(weights, None, AXIS, 50).paths for dot in dots_in(path)]
    assert len(drawn) == min(n_rows, 50)
    if n_rows > 50:
        assert min(drawn)[0] == 0
        assert max(drawn)[0] == 400


def test_dots_do_not_depend_on_the_order_of_the_rows(global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    weights, values = rng.normal(size=40), rng.normal(size=40)
    order = rng.permutation(40)
    axis = weights.min(), weights.max()
    assert strip_of(weights, values, axis, 99) == strip_of(weights[order], values[order], axis, 99)


def test_a_legend_names_what_is_drawn():
    weights = np.array([0.1, -0.1])
    numbers = strip_of(weights, np.array([1.0, 2.0]), AXIS, 9)
    levels = strip_of(weights, np.array(["a", "b"], dtype=object), AXIS, 9)
    signs = strip_of(weights, None, AXIS, 9)
    assert len(legend_of([levels, numbers])["steps"]) == 5
    assert legend_of([levels])["steps"] == []
    assert legend_of([signs]) == {"steps": [], "other": (), "is_sign": True}
    assert not legend_of([])["is_sign"]


def test_an_image_holds_the_dots():
    strip = strip_of(np.array([0.1, -0.1]), np.array([1.0, 2.0]), AXIS, 9)
    code = image_of(strip).removeprefix("data:image/svg+xml;base64,")
    image = base64.b64decode(code).decode()
    assert all(path in image for _, path in strip.paths)
    assert image.count("stroke=") == len(strip.paths)


def test_values_are_those_of_a_column():
    batch = batch_of([hand_made(levels=(None, None, None, level)) for level in ("own", "rented")])
    assert values_in(batch, "housing", np.array([1, 0])).tolist() == ["rented", "own"]
    twice = batch_of([hand_made(names=("a", "a", "b", "c"))])
    assert values_in(twice, "a", np.array([0])) is None
    assert values_in(document_batch(["good"], {"good": 0.1}), "good", np.array([0])) is None
