"""A picture and its weights as two small pictures with captions, for HTML."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from sklime.display._encoded import encoded, fitted_size, resized
from sklime.display._numbers import decimals_for, signed_text
from sklime.display._overlays import (
    is_certain,
    number_places,
    outlined,
    strengths_of,
    tint_colors,
    tinted,
)
from sklime.display._pixels_shown import Plane, faded, pixel_notes, planes_of
from sklime.display._types import View
from sklime.display._view import contributions
from sklime.utils._types import Array, FloatArray, IntArray

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from sklime._explanations._base import BaseExplanation
    from sklime._explanations._images import ImageExplanation

__all__ = ["picture_view", "thumbnails"]

# Longest side on cards, in pixels.
CARD_SIDE = 380

# Characters that both addresses of a card take at least, however long its texts are.
LEAST_ROOM = 6_000

# The overlay has lines and numbers, which must stay legible: it gets this share of the characters.
OVERLAY_SHARE = 0.55

N_OUTLINES = 5  # of a thumbnail, which has no numbers

# In pixels of a card: widths of outlines of weights that are certain and of others, and dashes.
SURE_LINE, UNSURE_LINE, DASH = 3, 1, 7
FONT_SIZE = 15
INK, HALO = (20, 20, 20), (255, 255, 255)
RAISES_LINE, LOWERS_LINE = (150, 62, 0), (18, 82, 150)


class _Drawn(NamedTuple):
    """The pixels of a picture, and of its segments tinted by weight."""

    plane: Plane
    picture: Array
    overlay: Array


def picture_view(
    explanation: BaseExplanation, index: int, numbered: Sequence[int], room: int
) -> View:
    """Return a picture and its segments tinted by weight, as a card shows them.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    index : int
        Index of the explained output.

    numbered : sequence of int
        Indices of the segments with the numbers 1, 2, ... in the table.

    room : int
        Most characters of both addresses.

    Returns
    -------
    view : dict
        ``images``: addresses (``source``), widths in pixels, and texts for readers who cannot see
        (``alt``). ``numbers``: by the index of a segment. ``size``, ``notes``: texts below the
        picture. ``largest``: the greatest weight.
        ``has_unsure``: whether a numbered segment has no tint.
    """
    one = cast("ImageExplanation", explanation)
    columns = contributions(one, index)
    drawn = _drawn(one, columns, numbered, CARD_SIDE, has_numbers=True)
    room = max(room, LEAST_ROOM)
    overlay = encoded(drawn.overlay, int(OVERLAY_SHARE * room))
    picture = encoded(drawn.picture, room - len(overlay.source))
    width = drawn.picture.shape[1]
    weights, certain = columns[0], is_certain(*columns)
    decimals = decimals_for(weights)
    largest = float(np.max(np.abs(weights[certain]), initial=0.0))
    return {
        "images": [
            {"source": picture.source, "width": width, "alt": _alt(drawn.plane)},
            {
                "source": overlay.source,
                "width": width,
                "alt": _alt_of_overlay(weights, certain, numbered),
            },
        ],
        "numbers": {part: number for number, part in enumerate(numbered, start=1)},
        "size": _size_text(one, drawn.plane),
        "notes": _notes(one, drawn.plane, numbered),
        "largest": signed_text(largest, decimals, always_signed=False) if largest else "",
        "has_unsure": not certain[list(numbered)].all(),
    }


def thumbnails(explanation: BaseExplanation, index: int, side: int, room: int) -> list[View]:
    """Return a picture and its tinted segments as thumbnails.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    index : int
        Index of the explained output.

    side : int
        Longest side, in pixels.

    room : int
        Most characters of both addresses.

    Returns
    -------
    images : list of dict
        ``source``, ``width``, ``height`` and ``alt``.
    """
    one = cast("ImageExplanation", explanation)
    columns = contributions(one, index)
    order = np.argsort(-np.abs(np.nan_to_num(columns[0])), kind="stable")[:N_OUTLINES]
    drawn = _drawn(one, columns, order.tolist(), side, has_numbers=False)
    overlay = encoded(drawn.overlay, room // 2)
    picture = encoded(drawn.picture, room - len(overlay.source))
    height, width = drawn.picture.shape[:2]
    size: View = {"width": width, "height": height}
    return [
        {"source": picture.source, "alt": "the picture", **size},
        {"source": overlay.source, "alt": "its segments, tinted by weight", **size},
    ]


def _drawn(
    explanation: ImageExplanation,
    columns: tuple[FloatArray, FloatArray, FloatArray],
    outlined_parts: Sequence[int],
    longest: int,
    *,
    has_numbers: bool,
) -> _Drawn:
    """Draw a picture so that its longest side has a number of pixels."""
    weights, certain = columns[0], is_certain(*columns)
    plane = _fitted(_shown_plane(explanation, outlined_parts), longest)
    largest = float(np.max(np.abs(weights[certain]), initial=0.0))
    strengths = strengths_of(weights, certain, largest)
    picture = tinted(faded(plane.picture), plane.parts, tint_colors(strengths))
    # The strongest last: its outline must not be covered.
    for part in reversed(outlined_parts):
        weight = np.nan_to_num(weights[part])
        if weight == 0.0:
            continue
        width = (SURE_LINE if certain[part] else UNSURE_LINE) if has_numbers else 1
        picture = outlined(
            picture,
            plane.parts,
            part,
            RAISES_LINE if weight > 0.0 else LOWERS_LINE,
            width=width,
            dash=None if weight > 0.0 else (DASH if has_numbers else 3),
        )
    if has_numbers:
        picture = _with_numbers(picture, plane.parts, outlined_parts)
    return _Drawn(plane, plane.picture, picture)


def _shown_plane(explanation: ImageExplanation, strongest: Sequence[int]) -> Plane:
    """Return the picture, or the slice of a volume through its strongest segment."""
    parts: IntArray = explanation._parts()
    middle = None
    if parts.ndim > 2 and len(strongest):
        inside = np.argwhere(parts == strongest[0])
        offsets = inside - inside.mean(axis=0)
        middle = inside[np.argmin((offsets**2).sum(axis=1))]
    learnt = getattr(explanation.internals.settings, "pixel_range", None)
    return planes_of(explanation.image, parts, middle, learnt)[0]


def _fitted(plane: Plane, longest: int) -> Plane:
    height, width = fitted_size(plane.parts.shape[0], plane.parts.shape[1], longest)
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.intp)
        for new, old in zip((height, width), plane.parts.shape)
    )
    parts = plane.parts[np.ix_(rows, columns)]
    return plane._replace(picture=resized(plane.picture, height, width), parts=parts)


def _with_numbers(picture: Array, parts: IntArray, numbered: Sequence[int]) -> Array:
    """Write the numbers of segments into them, black with a white edge."""
    from PIL import Image, ImageDraw

    places, _ = number_places(parts, numbered)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for number, (x, y) in reversed(list(enumerate(places.tolist(), start=1))):
        if np.isfinite(x):
            text = str(number)
            # Within the picture, also in one of a few rows.
            half = draw.textlength(text, font=_font()) / 2.0 + 1.0
            x = min(max(x, half), max(image.width - half, half))
            draw.text(
                (x, y),
                text,
                fill=INK,
                font=_font(),
                anchor="mm",
                stroke_width=2,
                stroke_fill=HALO,
            )
    return np.asarray(image)


@cache
def _font() -> FreeTypeFont:
    from matplotlib import get_data_path
    from PIL.ImageFont import truetype

    return truetype(str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf")), FONT_SIZE)


def _alt(plane: Plane) -> str:
    return f"The picture, {plane.name}" if plane.name else "The picture"


def _alt_of_overlay(weights: FloatArray, certain: Any, numbered: Sequence[int]) -> str:
    """Write which of the numbered segments raise and which lower the output."""
    listed = list(enumerate(numbered, start=1))
    raising = [str(number) for number, part in listed if certain[part] and weights[part] > 0.0]
    lowering = [str(number) for number, part in listed if certain[part] and weights[part] < 0.0]
    texts = [f"{', '.join(raising)} raise it"] if raising else []
    texts += [f"{', '.join(lowering)} lower it"] if lowering else []
    end = f"; segments {' and '.join(texts)}" if texts else ""
    return f"The picture in gray, its segments tinted by weight{end}"


def _size_text(explanation: ImageExplanation, plane: Plane) -> str:
    lengths = " \N{MULTIPLICATION SIGN} ".join(f"{n:d}" for n in explanation.segments.shape)
    text = f"{lengths} {'pixels' if explanation.segments.ndim == 2 else 'voxels'}"
    return f"{plane.name} of {text}" if plane.name else text


def _notes(explanation: ImageExplanation, plane: Plane, numbered: Sequence[int]) -> list[str]:
    learnt = getattr(explanation.internals.settings, "pixel_range", None)
    notes = pixel_notes(explanation.image, explanation.segments.ndim, learnt)
    drawn = np.unique(plane.parts)
    missing = [str(k) for k, part in enumerate(numbered, start=1) if part not in drawn]
    if missing:
        where = "outside of this slice" if plane.name else "too small to be drawn"
        noun = "Segment" if len(missing) == 1 else "Segments"
        notes.append(f"Not seen, {where}: {noun.lower()} {', '.join(missing)}.")
    return notes
