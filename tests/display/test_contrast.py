"""Colors that can be read: contrast as WCAG 2 computes it."""

import re

import pytest

from sklime.display._document import LOWERS_RGB, RAISES_RGB, STRONGEST_TINT
from sklime.display._dots import MAX_LEVELS
from sklime.display._html import asset
from sklime.display._value_colors import (
    HUES,
    OTHER,
    SCALE_ON_ANY,
    SCALE_ON_DARK,
    SCALE_ON_LIGHT,
)
from sklime.display._view import LOWERS, NEUTRAL, RAISES

# Backgrounds of notebooks, with the text on them.
NOTEBOOKS = {"#ffffff": "#1a1a1a", "#111111": "#dddddd", "#1e1e1e": "#d4d4d4"}
OF_TEXT, OF_GRAPHICS = 4.5, 3.0


def rgb(color):
    digits = color.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    return [int(digits[place : place + 2], 16) for place in (0, 2, 4)]


def luminance(color):
    shares = [channel / 255 for channel in color]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blended(color, alpha, background):
    return [alpha * a + (1 - alpha) * b for a, b in zip(color, background)]


@pytest.mark.parametrize("background", NOTEBOOKS)
@pytest.mark.parametrize("color", [RAISES, LOWERS, NEUTRAL])
def test_bars_are_seen_on_every_background(color, background):
    assert contrast(rgb(color), rgb(background)) >= OF_GRAPHICS


@pytest.mark.parametrize("background", NOTEBOOKS)
@pytest.mark.parametrize("color", [*SCALE_ON_ANY, *HUES, OTHER])
def test_dots_are_seen_on_every_background(color, background):
    assert contrast(rgb(color), rgb(background)) >= OF_GRAPHICS


@pytest.mark.parametrize(
    ("colors", "background"), [(SCALE_ON_LIGHT, "#ffffff"), (SCALE_ON_DARK, "#141517")]
)
def test_scales_become_lighter(colors, background):
    lights = [luminance(rgb(color)) for color in colors]
    assert lights == sorted(lights)
    assert all(contrast(rgb(color), rgb(background)) >= OF_GRAPHICS for color in colors)


@pytest.mark.parametrize("background", NOTEBOOKS)
@pytest.mark.parametrize("tint", [RAISES_RGB, LOWERS_RGB])
def test_highlighted_words_are_read_on_every_background(tint, background):
    color = [int(channel) for channel in tint.split(",")]
    behind = blended(color, STRONGEST_TINT, rgb(background))
    assert contrast(rgb(NOTEBOOKS[background]), behind) >= OF_TEXT


@pytest.mark.parametrize("background", NOTEBOOKS)
def test_weaker_texts_of_notebooks_are_read(background):
    (opacity,) = set(re.findall(r"opacity:(\.\d+)", str(asset("notebook.css"))))
    text = blended(rgb(NOTEBOOKS[background]), float(opacity), rgb(background))
    assert contrast(text, rgb(background)) >= OF_TEXT


def palettes():
    """The colors of a report: light, dark by the system, dark by the button."""
    found = re.findall(r"\{([^{}]*--bg:[^{}]*)\}", str(asset("report.css")))
    return [dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", palette)) for palette in found]


def test_a_report_has_one_light_and_one_dark_palette():
    light, dark, chosen = palettes()
    assert dark == chosen
    assert luminance(rgb(light["bg"])) > 0.9
    assert luminance(rgb(dark["bg"])) < 0.1


def test_dots_of_reports_have_the_colors_of_the_displays():
    light, dark, _ = palettes()
    assert tuple(light[f"v{step}"] for step in range(5)) == SCALE_ON_LIGHT
    assert tuple(dark[f"v{step}"] for step in range(5)) == SCALE_ON_DARK
    hues = re.findall(r"\.h\d\{color:(#\w+)\}", str(asset("report.css")))
    assert tuple(hues) == HUES[:MAX_LEVELS]


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark", "chosen dark"])
def test_texts_of_reports_are_read(palette):
    for behind in ("bg", "card", "sel"):
        for text in ("fg", "mut", "link", "bad", "pos", "neg"):
            assert contrast(rgb(palette[text]), rgb(palette[behind])) >= OF_TEXT, (text, behind)
    for behind in ("hu", "hl"):
        assert contrast(rgb(palette["fg"]), rgb(palette[behind])) >= OF_TEXT
    assert contrast(rgb(palette["grey"]), rgb(palette["bg"])) >= OF_GRAPHICS


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark", "chosen dark"])
@pytest.mark.parametrize("tint", [RAISES_RGB, LOWERS_RGB])
def test_highlighted_words_of_reports_are_read(palette, tint):
    color = [int(channel) for channel in tint.split(",")]
    behind = blended(color, STRONGEST_TINT, rgb(palette["card"]))
    assert contrast(rgb(palette["fg"]), behind) >= OF_TEXT
