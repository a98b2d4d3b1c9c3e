"""Pictures as addresses that contain them, within a number of bytes."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sklime.utils._types import Array

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Encoded", "encoded", "fitted_size", "resized"]

# Quality of JPEG, in percent, in the order in which they are tried.
QUALITIES = (85, 75, 60, 50)

# Pictures of more colors than these are photos.
MOST_COLORS = 4096

# Where no quality is small enough, both sides become shorter by this factor.
SHRINK = 0.9
SHORTEST_SIDE = 8  # in pixels; never shorter for the sake of bytes

# A side is stretched to this number of pixels: one row of 5000 pixels would be no visible picture.
THINNEST = 24


class Encoded(NamedTuple):
    """A picture as text.

    Attributes
    ----------
    source : str
        An address that contains the picture, as PNG or JPEG.

    width, height : int
        Size in pixels.
    """

    source: str
    width: int
    height: int


def fitted_size(height: int, width: int, longest: int) -> tuple[int, int]:
    """Return the size of a picture whose longest side is to have a given length.

    Parameters
    ----------
    height, width : int
        Size of the picture.

    longest : int
        Greatest length of a side, in pixels.

    Returns
    -------
    height, width : int
        A small picture is enlarged by a whole number, so that its pixels stay squares. A very
        narrow one is stretched to a side of 24 pixels.

    Examples
    --------
    >>> from sklime.display._encoded import fitted_size
    >>> fitted_size(8, 8, 380), fitted_size(3000, 4000, 380), fitted_size(1, 5000, 380)
    ((376, 376), (285, 380), (24, 380))
    """
    scale = longest / max(height, width)
    if scale >= 2.0:
        scale = float(int(scale))
    least = min(THINNEST, longest)
    return max(round(scale * height), least), max(round(scale * width), least)


def resized(pixels: Array, height: int, width: int) -> Array:
    """Resize a picture: pixels that are enlarged stay squares, others are averaged.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (height, width, 3)
        The picture.

    height, width : int
        New size.

    Returns
    -------
    pixels : ndarray of uint8 of shape (height, width, 3)
        The picture in the new size.
    """
    from PIL.Image import Resampling

    is_enlarged = height >= 2 * pixels.shape[0] or width >= 2 * pixels.shape[1]
    filter_ = Resampling.NEAREST if is_enlarged else Resampling.LANCZOS
    return np.asarray(_image(pixels).resize((width, height), filter_))


def encoded(pixels: Array, room: int) -> Encoded:
    """Write a picture as an address, and make it smaller until it fits.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (height, width, 3)
        The picture.

    room : int
        Most characters of the address. A picture that does not fit is compressed more, and then
        made smaller, down to a side of 8 pixels.

    Returns
    -------
    encoded : Encoded
        PNG, or JPEG where it is shorter.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display._encoded import encoded
    >>> picture = encoded(np.zeros((4, 6, 3), dtype=np.uint8), room=1000)
    >>> picture.source[:22], picture.width, picture.height
    ('data:image/png;base64,', 6, 4)
    """
    image = _image(pixels)
    while True:
        source = _source(image, room)
        if len(source) <= room or min(image.size) <= SHORTEST_SIDE:
            return Encoded(source, *image.size)
        sides = (max(round(SHRINK * side), SHORTEST_SIDE) for side in image.size)
        image = image.resize((next(sides), next(sides)))


def _image(pixels: Array) -> Image:
    from PIL.Image import fromarray

    return fromarray(np.ascontiguousarray(pixels, dtype=np.uint8))


def _source(image: Image, room: int) -> str:
    """Return the address of best quality that fits, else the shortest."""
    source = _address("jpeg", _as_jpeg(image, QUALITIES[0]))
    png = _as_png(image)
    if png is not None:
        source = min(source, _address("png", png), key=len)
    for quality in QUALITIES[1:]:
        if len(source) <= room:
            break
        source = min(source, _address("jpeg", _as_jpeg(image, quality)), key=len)
    return source


def _address(format: str, data: bytes) -> str:
    return f"data:image/{format};base64,{base64.b64encode(data).decode('ascii')}"


def _as_png(image: Image) -> bytes | None:
    """Write PNG without loss, of few colors with a palette; None for a photo."""
    from PIL.Image import fromarray

    pixels = np.asarray(image, dtype=np.uint32)
    codes = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    colors, indices = np.unique(codes, return_inverse=True)
    if len(colors) > MOST_COLORS:
        # PNG takes long there, and is never the shorter one.
        return None
    if len(colors) <= 256:
        palette = np.stack([colors >> 16, colors >> 8, colors], axis=1).astype(np.uint8)
        image = fromarray(indices.reshape(codes.shape).astype(np.uint8))
        image.putpalette(palette.tobytes())
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _as_jpeg(image: Image, quality: int) -> bytes:
    buffer = BytesIO()
    # Not optimized: Pillow's buffer is then too small for pictures of noise.
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
