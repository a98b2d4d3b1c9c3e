"""Fonts for characters that the font of a picture does not have, such as Chinese and emoji."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

from sklime.utils._text import listed
from sklime.utils._warnings import warn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FALLBACKS", "Fonts", "chosen_fonts", "fonts_for", "warn_of_boxes"]

# Fonts with outlines, which matplotlib can draw: fonts of colored emoji have bitmaps only.
FALLBACKS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans SC",
    "Noto Sans JP",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "SimHei",
    "PingFang SC",
    "PingFang HK",
    "Hiragino Sans",
    "Hiragino Sans GB",
    "Apple SD Gothic Neo",
    "Heiti TC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Arial Unicode MS",
    "Noto Emoji",
    "Segoe UI Emoji",
    "Segoe UI Symbol",
    "Symbola",
    "Noto Sans Symbols 2",
    "Noto Sans Symbols2",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Unifont",
)

BOX = "\N{WHITE SQUARE}"

# Figures that have been warned about.
_warned: WeakSet[Figure] = WeakSet()


class Fonts(NamedTuple):
    """Fonts for some texts, and the characters that none of them has."""

    families: tuple[str, ...]
    missing: frozenset[str]

    def drawable(self, text: str) -> str:
        """Replace characters without a font by boxes.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        text : str
            Matplotlib would draw boxes as well, and warn once per character and drawing.
        """
        table = {ord(c): BOX if unicodedata.category(c)[0] != "C" else None for c in self.missing}
        table |= {ord(c): None for c in self.missing if unicodedata.category(c)[0] == "M"}
        return text.translate(table) if table else text


def fonts_for(texts: Iterable[str]) -> Fonts:
    """Choose fonts for texts, with those of the style in use first.

    Parameters
    ----------
    texts : iterable of str
        Texts of a picture.

    Returns
    -------
    fonts : Fonts
        Without further families if the style has all characters.
    """
    import matplotlib as mpl

    own = tuple(mpl.rcParams["font.family"])
    needed = {c for text in texts for c in text if not c.isspace() and ord(c) > 127}
    if not needed:
        return Fonts(own, frozenset())
    return chosen_fonts(needed, own, _characters_of_style(own), _installed())


def chosen_fonts(
    needed: Iterable[str], own: tuple[str, ...], known: frozenset[int], installed: Mapping[str, Any]
) -> Fonts:
    """Choose fallback fonts among those that are installed.

    Parameters
    ----------
    needed : iterable of str
        Characters to draw.

    own : tuple of str
        Families of the style in use.

    known : frozenset of int
        Code points that they have.

    installed : mapping
        From the name of a family to the path of its file, or to its code points.

    Returns
    -------
    fonts : Fonts
        The families of the style, then those that have further characters, each only if it helps.

    Examples
    --------
    >>> from sklime.display._fonts import chosen_fonts
    >>> fake = {"Noto Sans CJK SC": {0x4F60, 0x597D}, "Other": {0x1F600}}
    >>> fonts = chosen_fonts("a你", ("DejaVu Sans",), frozenset({97}), fake)
    >>> fonts.families, sorted(fonts.missing)
    (('DejaVu Sans', 'Noto Sans CJK SC'), [])
    """
    missing = {character for character in needed if ord(character) not in known}
    families = list(own)
    for family in FALLBACKS:
        if not missing:
            break
        if family in installed:
            found = installed[family]
            characters = found if isinstance(found, set | frozenset) else _characters(found)
            covered = {character for character in missing if ord(character) in characters}
            families += [family] if covered else []
            missing -= covered
    return Fonts(tuple(families), frozenset(missing))


def warn_of_boxes(figure: Any, fonts: Fonts) -> None:
    """Warn of characters without a font, once per figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.

    fonts : Fonts
        Fonts of texts in it.
    """
    if not fonts.missing or figure in _warned:
        return
    _warned.add(figure)
    warn(
        f"No installed font that matplotlib can draw has {listed(sorted(fonts.missing))}: boxes "
        "are drawn. Install one, such as Noto Sans CJK or Noto Emoji, or use to_html."
    )


@cache
def _installed() -> dict[str, str]:
    """Return the files of installed fonts by family."""
    from matplotlib.font_manager import fontManager

    return {entry.name: entry.fname for entry in fontManager.ttflist if entry.name in FALLBACKS}


@cache
def _characters(path: str) -> frozenset[int]:
    """Return the code points that a font has."""
    from matplotlib.font_manager import get_font

    return frozenset(get_font(path).get_charmap())


def _characters_of_style(own: tuple[str, ...]) -> frozenset[int]:
    """Return the code points that the fonts of the style in use have."""
    from matplotlib.font_manager import FontProperties, findfont

    # Not cached: the style may give other fonts for "sans-serif" later.
    paths = [findfont(FontProperties(family=[family])) for family in own]
    return frozenset().union(*map(_characters, paths))
