"""Fonts for characters that the font of a picture does not have; the fonts are fake lists."""

import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.font_manager import findfont
from matplotlib.text import Text
from shown import document_explanation, hand_made

from sklime.display import _fonts
from sklime.display._fonts import BOX, FALLBACKS, Fonts, chosen_fonts, fonts_for

NI, HAO, SMILE = "\u4f60", "\u597d", "\U0001f600"
OWN = ("DejaVu Sans",)
LATIN = frozenset(range(256))
CJK, EMOJI = {ord(NI), ord(HAO)}, {ord(SMILE)}


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


@pytest.fixture
def installed(monkeypatch):
    """Set the fonts that are installed: families and their files or code points."""

    def only(families):
        monkeypatch.setattr(_fonts, "_installed", lambda: families)

    return only


@pytest.mark.parametrize(
    ("families", "chosen", "missing"),
    [
        ({}, (), {NI, HAO, SMILE}),
        ({"Noto Sans CJK SC": CJK}, ("Noto Sans CJK SC",), {SMILE}),
        ({"Noto Emoji": EMOJI, "SimHei": CJK}, ("SimHei", "Noto Emoji"), set()),
        ({"SimHei": CJK, "Noto Sans CJK SC": CJK}, ("Noto Sans CJK SC",), {SMILE}),
        ({"SimHei": set(), "Unifont": CJK | EMOJI}, ("Unifont",), set()),
        ({"Of nobody": CJK | EMOJI}, (), {NI, HAO, SMILE}),
    ],
)
def test_fonts_are_chosen_that_have_what_is_missing(families, chosen, missing):
    fonts = chosen_fonts(f"a{NI}{HAO}{SMILE}", OWN, LATIN, families)
    assert fonts.families == OWN + chosen
    assert fonts.missing == missing


def test_texts_that_the_style_can_draw_need_no_other_font(installed):
    installed(dict.fromkeys(FALLBACKS, CJK))
    assert fonts_for(["age > 37", "Größe ≤ 3 − 2"]) == Fonts(
        tuple(mpl.rcParams["font.family"]), frozenset()
    )


def test_a_style_with_its_own_font_is_respected(installed):
    installed({"SimHei": CJK})
    with mpl.rc_context({"font.family": ["DejaVu Serif", "DejaVu Sans"]}):
        assert fonts_for([NI]).families == ("DejaVu Serif", "DejaVu Sans", "SimHei")


def test_characters_without_a_font_are_boxes_and_invisible_ones_nothing():
    fonts = Fonts(OWN, frozenset({NI, "\ufe0f", "\u200d"}))
    assert fonts.drawable(f"a{NI}\ufe0f b\u200d{HAO}") == f"a{BOX} b{HAO}"


def drawings():
    names = (f"{NI} name", f"{HAO} name", f"{SMILE} a", "plain")
    row = hand_made(names=names, classes=(NI, HAO), label=SMILE)
    document = document_explanation(f"{NI} good {SMILE} film", {"good": 0.3}, classes=(HAO, NI))
    return {
        "bars": lambda: row.plot(),
        "waterfall": lambda: row.plot(kind="waterfall"),
        "text": lambda: document.plot(kind="text"),
        "bars of words": lambda: document.plot(),
    }


@pytest.mark.parametrize("kind", drawings())
def test_one_warning_names_what_cannot_be_drawn(kind, installed):
    installed({})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        display = drawings()[kind]()
        display.figure_.canvas.draw()
        display.figure_.canvas.draw()
    assert [item.category for item in caught] == [UserWarning]
    assert "No installed font that matplotlib can draw has " in str(caught[0].message)
    assert "Noto Sans CJK" in str(caught[0].message)


@pytest.mark.parametrize("kind", drawings())
def test_nothing_is_said_where_a_font_is_installed(kind, installed):
    # The file is that of another font: only the choice is tested here.
    installed({"Noto Sans CJK SC": CJK | EMOJI})
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        display = drawings()[kind]()
        visible = [text for text in display.figure_.findobj(Text) if text.get_visible()]
        texts = [text for text in visible if NI in text.get_text()]
        assert texts or kind == "bars of words"
        for text in texts:
            assert text.get_fontfamily()[-1] == "Noto Sans CJK SC"


def test_fonts_of_the_machine_are_found_by_family():
    assert set(_fonts._installed()) <= set(FALLBACKS)
    assert ord("a") in _fonts._characters(findfont("DejaVu Sans"))
