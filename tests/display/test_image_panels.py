"""Where panels of pictures lie, and how lines and numbers are drawn in them."""

import pickle

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose
from shown import picture_explanation

from sklime.display._image_panels import (
    PanelGrid,
    colors_of,
    draw_numbers,
    draw_outlines,
    draw_pixels,
    fit_figure,
    frame_in,
    frame_size,
    panel_in,
    ratio_of,
    text_size,
    write_notes,
)
from sklime.display._overlays import outlines, tint_colors, view_at
from sklime.display._pixels_shown import planes_of


@pytest.fixture
def ax():
    figure = plt.figure(figsize=(4, 3), dpi=100)
    yield figure.add_axes([0.1, 0.1, 0.8, 0.8])
    plt.close(figure)


def plane_of(shape):
    return planes_of(np.zeros(shape), np.zeros(shape, dtype=int))[0]


def test_panels_fill_a_line_and_are_as_high_as_they_want():
    grid = PanelGrid((0.5,), 3, caption=0.2, gap=0.1, below=1.0)
    assert_allclose(grid.panel(0, 0, 6.2, 9.0), (0.0, 0.2, 2.0, 1.0))
    assert_allclose(grid.panel(0, 2, 6.2, 9.0), (4.2, 0.2, 2.0, 1.0))
    assert_allclose(grid.part_below(0.3, 0.4, 0.5, 1.0, 6.2, 9.0), (3.1, 1.5, 3.1, 0.4))


def test_only_the_high_lines_give_room():
    grid = PanelGrid((0.2, 2.0, 3.0), 1, caption=0.0, gap=0.0, below=0.0)
    heights = [grid.panel(line, 0, 1.0, 3.0)[3] for line in range(3)]
    assert_allclose(heights, [0.2, 1.4, 1.4])
    assert_allclose([grid.panel(line, 0, 1.0, 9.0)[3] for line in range(3)], [0.2, 2.0, 3.0])
    assert grid.panel(2, 0, 1.0, 0.0)[3] > 0.0


def test_panels_stay_in_place_when_the_figure_grows(ax):
    panel = panel_in(frame_in(ax), lambda width, height: (0.5, 0.25, width / 2.0, 1.0))
    for size in ((4.0, 3.0), (8.0, 6.0)):
        ax.figure.set_size_inches(*size)
        ax.figure.canvas.draw()
        frame, box = ax.get_window_extent(), panel.get_window_extent()
        assert_allclose(box.x0 - frame.x0, 50.0)
        assert_allclose(frame.y1 - box.y1, 25.0)
        assert_allclose((box.width, box.height), (frame.width / 2.0, 100.0))


def test_figures_with_panels_can_be_pickled():
    display = picture_explanation().plot()
    again = pickle.loads(pickle.dumps(display.figure_))
    again.canvas.draw()
    plt.close("all")


@pytest.mark.parametrize(
    ("shape", "ratio"), [((2, 4), 0.5), ((1, 1), 1.0), ((1, 5000), 0.2), ((300, 1), 5.0)]
)
def test_long_pictures_are_stretched(ax, shape, ratio):
    plane = plane_of(shape)
    assert ratio_of(plane) == (ratio, ratio not in (0.5, 1.0))
    draw_pixels(ax, plane, plane.picture)
    ax.figure.canvas.draw()
    box = ax.get_window_extent()
    assert box.height / box.width == pytest.approx(ratio)


def test_lines_follow_the_outlines_and_are_cut_at_them(ax):
    view = view_at(picture_explanation(), 0)
    plane, rows = view.planes[0], view.table.rows
    for line, row in zip(draw_outlines(ax, plane, rows), rows):
        corners = np.concatenate(outlines(plane.parts, row.part))
        path = line.get_path()
        assert_allclose(np.unique(path.vertices, axis=0), np.unique(corners, axis=0))
        clip, affine = line.get_transformed_clip_path_and_affine()
        assert_allclose(
            clip.transformed(affine).get_extents().size,
            np.ptp(ax.transData.transform(corners), axis=0),
        )


def test_numbers_without_room_are_named(ax):
    view = view_at(picture_explanation(np.linspace(1.0, 0.1, 30), shape=(4, 60, 3)), 0, None)
    texts, left_out = draw_numbers(ax, view.planes[0], view.table.rows, 8.0, 1.0)
    drawn = [int(text.get_text()) for text in texts]
    assert drawn[0] == 1
    assert sorted(drawn + left_out) == list(range(1, 31))
    assert left_out
    _, left_out = draw_numbers(ax, view.planes[0], view.table.rows, 8.0, 40.0)
    assert not left_out


def test_texts_are_smaller_in_narrow_frames(ax):
    assert text_size(ax, 3.2) == text_size(ax, 1.0) == 8.0
    assert text_size(ax, 4.0) == pytest.approx(6.4)
    assert text_size(ax, 100.0) == pytest.approx(4.8)


def test_a_figure_gets_the_size_of_its_frame(ax):
    ax.set_title("one\ntwo", loc="left")
    write_notes(frame_in(ax), ["a $note$ " * 30], 8.0)
    assert len(ax.get_xlabel().splitlines()) > 3
    fit_figure(ax, (5.0, 2.0))
    assert_allclose(frame_size(ax), (5.0, 2.0))
    box = ax.figure.get_tightbbox()
    width, height = ax.figure.get_size_inches()
    assert box.x0 >= 0.0
    assert box.y0 >= 0.0
    assert box.x1 <= width
    assert box.y1 <= height


def test_colors_can_come_from_a_colormap():
    strengths = np.array([-1.0, 0.0, 0.5])
    assert_allclose(colors_of(strengths), tint_colors(strengths))
    colors = colors_of(strengths, "PiYG")
    assert_allclose(colors[:, 3], tint_colors(strengths)[:, 3])
    assert_allclose(colors[:, :3], plt.get_cmap("PiYG")([0.0, 0.5, 0.75])[:, :3])
