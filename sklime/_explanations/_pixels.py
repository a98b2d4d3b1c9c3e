"""Arrays of pixels as compressed text, without loss.

As in PNG, each row of pixels is replaced by differences to its neighbors, and the differences are
compressed. Any type of number is taken, and any number of axes and channels.
"""

import math
import zlib
from typing import Any

import numpy as np

from sklime.utils._types import Array

__all__ = ["ENCODING", "packed", "unpacked"]

# Name of the format in files.
ENCODING = "differences+zlib+base85"

# How a row is written: as it is, or as differences to the pixel before, to the row above, or both.
_ACROSS, _DOWN = 1, 2
_N_FILTERS = 4

_COMPRESSION_LEVEL, _MEMORY_LEVEL = 9, 9

# Up to this number of bytes two ways to compress are tried, of which each suits some arrays.
_SMALL = 2**22

# Four bytes become five digits of base 85, whose letters need no escapes in JSON: this takes 25 %
# more than the bytes, and base 64 takes 33 %.
_BASE, _N_DIGITS, _N_BYTES = 85, 5, 4
_LETTERS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    dtype=np.uint8,
)
_NO_LETTER = 255
_DIGIT_OF = np.full(256, _NO_LETTER, dtype=np.uint8)
_DIGIT_OF[_LETTERS] = np.arange(_BASE)


def packed(array: Array, has_channels: bool) -> str:
    """Compress an array of numbers.

    Parameters
    ----------
    array : ndarray
        Booleans, integers or floats.

    has_channels : bool
        Whether the last axis is that of channels.

    Returns
    -------
    text : str
        Text of ASCII letters, from which `unpacked` makes the array.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._explanations._pixels import packed, unpacked
    >>> array = np.arange(12, dtype="<f4").reshape(3, 4)
    >>> text = packed(array, has_channels=False)
    >>> unpacked(text, array.dtype, array.shape, has_channels=False).tolist() == array.tolist()
    True
    """
    rows = _colors_apart(_rows(array, has_channels), array, has_channels, np.subtract)
    above = np.zeros_like(rows)
    above[1:] = rows[:-1]
    filtered = [_differences(rows, above, kind) for kind in range(_N_FILTERS)]
    # As in PNG: small differences, on either side of zero, are compressed best.
    sizes = np.stack([_size(candidate) for candidate in filtered])
    kinds = sizes.argmin(axis=0).astype(np.uint8)
    chosen = np.stack(filtered)[kinds, np.arange(len(rows))]
    # Channel by channel, because neighbors in a row resemble each other most.
    return _text_of(_compressed(kinds.tobytes() + chosen.swapaxes(0, 1).tobytes()))


def unpacked(text: str, dtype: np.dtype[Any], shape: tuple[int, ...], has_channels: bool) -> Array:
    """Return the array that `packed` has compressed.

    Parameters
    ----------
    text : str
        The text.

    dtype : numpy.dtype
        Type of the numbers.

    shape : tuple of int
        Shape of the array.

    has_channels : bool
        Whether the last axis is that of channels.

    Returns
    -------
    array : ndarray
        The array.

    Raises
    ------
    ValueError
        If the text does not hold an array of this type and shape.
    """
    empty = np.zeros(shape, dtype=dtype)
    rows = _rows(empty, has_channels)
    data = _inflated(text, len(rows) + rows.size)
    kinds = np.frombuffer(data, dtype=np.uint8, count=len(rows))
    if kinds.size and kinds.max() >= _N_FILTERS:
        raise ValueError("its rows are filtered in an unknown way")
    planes = np.frombuffer(data, dtype=np.uint8, offset=len(rows))
    n_rows, n_planes, length = rows.shape
    read = planes.reshape(n_planes, n_rows, length).swapaxes(0, 1).copy()
    for index, kind in enumerate(kinds.tolist()):
        if kind & _ACROSS:
            np.add.accumulate(read[index], axis=-1, out=read[index])
        if kind & _DOWN and index:
            read[index] += read[index - 1]
    return _from_rows(_colors_apart(read, empty, has_channels, np.add), empty, has_channels)


def _inflated(text: str, n_bytes: int) -> bytes:
    """Decompress a text to a known number of bytes; a short text could ask for a lot of memory."""
    try:
        data = zlib.decompressobj().decompress(_bytes_of(text), n_bytes + 1)
    except (zlib.error, ValueError) as error:
        raise ValueError(f"it is not compressed as {ENCODING} ({error})") from None
    if len(data) != n_bytes:
        raise ValueError(f"it does not hold the {n_bytes} bytes of its shape")
    return data


def _compressed(data: bytes) -> bytes:
    strategies = [zlib.Z_FILTERED]
    if len(data) <= _SMALL:
        strategies.append(zlib.Z_DEFAULT_STRATEGY)
    results = []
    for strategy in strategies:
        compressor = zlib.compressobj(
            _COMPRESSION_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY_LEVEL, strategy
        )
        results.append(compressor.compress(data) + compressor.flush())
    return min(results, key=len)


def _text_of(data: bytes) -> str:
    """Write bytes in base 85, as `base64.b85encode` does, which is slower by far."""
    padding = -len(data) % _N_BYTES
    words = np.frombuffer(data + bytes(padding), dtype=">u4").astype(np.uint32)
    digits = np.empty((len(words), _N_DIGITS), dtype=np.uint8)
    for place in reversed(range(_N_DIGITS)):
        words, digits[:, place] = np.divmod(words, np.uint32(_BASE))
    letters = _LETTERS[digits].tobytes()
    return letters[: len(letters) - padding].decode("ascii")


def _bytes_of(text: str) -> bytes:
    digits = _DIGIT_OF[np.frombuffer(text.encode("ascii"), dtype=np.uint8)]
    padding = -len(digits) % _N_DIGITS
    if padding == _N_BYTES or (digits == _NO_LETTER).any():
        raise ValueError("it is no text of base 85")
    padded = np.concatenate([digits, np.full(padding, _BASE - 1, dtype=np.uint8)])
    words = np.zeros(len(padded) // _N_DIGITS, dtype=np.uint64)
    for digit in padded.reshape(-1, _N_DIGITS).T:
        words = words * np.uint64(_BASE) + digit
    if (words >> np.uint64(32)).any():
        raise ValueError("it is no text of base 85")
    data = words.astype(">u4").tobytes()
    return data[: len(data) - padding]


def _rows(array: Array, has_channels: bool) -> Array:
    """Return bytes of shape (n_rows, n_planes, row_length): one plane per channel and byte."""
    length = array.shape[-2] if has_channels else array.shape[-1]
    n_channels = array.shape[-1] if has_channels else 1
    n_rows = math.prod(array.shape) // max(length * n_channels, 1)
    itemsize = array.dtype.itemsize
    whole = np.frombuffer(np.ascontiguousarray(array).tobytes(), dtype=np.uint8)
    pixels = whole.reshape(n_rows, length, n_channels * itemsize)
    return np.ascontiguousarray(pixels.swapaxes(1, 2))


def _from_rows(rows: Array, like: Array, has_channels: bool) -> Array:
    return np.frombuffer(rows.swapaxes(1, 2).tobytes(), dtype=like.dtype).reshape(like.shape).copy()


def _colors_apart(rows: Array, array: Array, has_channels: bool, change: Any) -> Array:
    """Subtract green from red and blue, which resemble it; or add it again."""
    is_color = has_channels and array.shape[-1] in (3, 4) and array.dtype.itemsize == 1
    if not is_color:
        return rows
    rows = rows.copy()
    for plane in (0, 2):
        change(rows[:, plane], rows[:, 1], out=rows[:, plane])
    return rows


def _differences(rows: Array, above: Array, kind: int) -> Array:
    if kind & _DOWN:
        rows = rows - above
    if kind & _ACROSS:
        rows = np.diff(rows, axis=-1, prepend=np.zeros_like(rows[..., :1]))
    return rows


def _size(rows: Array) -> Array:
    sizes: Array = np.abs(rows.view(np.int8).astype(np.int16)).sum(axis=(1, 2))
    return sizes
