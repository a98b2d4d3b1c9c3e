"""The hash of texts by which CatBoost knows levels."""

from functools import lru_cache

__all__ = ["city_hash"]

_ALL = 2**64 - 1
_K0, _K1 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273
_K2, _K3 = 0x9AE16A3B2F90404F, 0xC949D7C7509E6557
_PAIR = 0x9DDFEA08EB382D69


@lru_cache(maxsize=2**16)
def city_hash(text: str) -> int:
    """Return the hash of a text, of 64 bits.

    Parameters
    ----------
    text : str
        Hashed in UTF-8.

    Returns
    -------
    hash : int
        CityHash64 in its first version, from 0 to ``2 ** 64 - 1``.

    References
    ----------
    G. Pike, J. Alakuijala, "CityHash", 2011, https://github.com/google/cityhash.

    Examples
    --------
    >>> from sklime._readings._city_hash import city_hash
    >>> city_hash("red") == city_hash("red"), city_hash("red") == city_hash("green")
    (True, False)
    """
    data = text.encode("utf-8")
    for limit, hashed in ((16, _up_to_16), (32, _up_to_32), (64, _up_to_64)):
        if len(data) <= limit:
            return hashed(data)
    return _longer(data)


def _rotated(value: int, shift: int) -> int:
    """Rotate 64 bits to the right."""
    value &= _ALL
    return ((value >> shift) | (value << (64 - shift))) & _ALL


def _mixed(value: int) -> int:
    value &= _ALL
    return value ^ (value >> 47)


def _pair(first: int, second: int) -> int:
    """Hash two numbers of 64 bits."""
    second &= _ALL
    inner = _mixed(((first & _ALL) ^ second) * _PAIR)
    return (_mixed((second ^ inner) * _PAIR) * _PAIR) & _ALL


def _word(data: bytes, start: int, size: int = 8) -> int:
    return int.from_bytes(data[start : start + size], "little")


def _up_to_16(data: bytes) -> int:
    size = len(data)
    if size > 8:
        last = _word(data, size - 8)
        return _pair(_word(data, 0), _rotated(last + size, size)) ^ last
    if size >= 4:
        return _pair(size + (_word(data, 0, 4) << 3), _word(data, size - 4, 4))
    if size == 0:
        return _K2
    front = data[0] + (data[size >> 1] << 8)
    back = size + (data[-1] << 2)
    return (_mixed((front * _K2) ^ (back * _K3)) * _K2) & _ALL


def _up_to_32(data: bytes) -> int:
    size = len(data)
    a, b = _word(data, 0) * _K1, _word(data, 8)
    c, d = _word(data, size - 8) * _K2, _word(data, size - 16) * _K0
    first = _rotated(a - b, 43) + _rotated(c, 30) + d
    return _pair(first, a + _rotated(b ^ _K3, 20) - c + size)


def _up_to_64(data: bytes) -> int:
    size = len(data)
    start = _word(data, 0) + (size + _word(data, size - 16)) * _K0
    front = _half(data, start, _word(data, 24), 8, 16)
    start = _word(data, 16) + _word(data, size - 32)
    back = _half(data, start, _word(data, size - 8), size - 24, size - 16)
    total = _mixed((front[0] + back[1]) * _K2 + (back[0] + front[1]) * _K0)
    return (_mixed(total * _K0 + front[1]) * _K2) & _ALL


def _half(data: bytes, start: int, last: int, one: int, other: int) -> tuple[int, int]:
    """Return two sums of four words of a text of 33 to 64 bytes."""
    turned = _rotated(start + last, 52)
    second = _rotated(start, 37)
    start += _word(data, one)
    second += _rotated(start, 7)
    start += _word(data, other)
    return start + last, turned + _rotated(start, 31) + second


def _four_words(data: bytes, start: int, first: int, second: int) -> tuple[int, int]:
    """Mix 32 bytes into two numbers."""
    words = [_word(data, start + 8 * k) for k in range(4)]
    first += words[0]
    second = _rotated(second + first + words[3], 21)
    before = first
    first += words[1] + words[2]
    second += _rotated(first, 44)
    return (first + words[3]) & _ALL, (second + before) & _ALL


def _longer(data: bytes) -> int:
    """Hash more than 64 bytes: the last 64 first, then blocks of 64 from the start."""
    size = len(data)
    x, y, z = _word(data, 0), _word(data, size - 16) ^ _K1, _word(data, size - 56) ^ _K0
    v = _four_words(data, size - 64, size, y)
    w = _four_words(data, size - 32, size * _K1, _K0)
    z += _mixed(v[1]) * _K1
    x = (_rotated(z + x, 39) * _K1) & _ALL
    y = (_rotated(y, 33) * _K1) & _ALL
    for start in range(0, (size - 1) // 64 * 64, 64):
        x = _rotated(x + y + v[0] + _word(data, start + 16), 37) * _K1
        y = _rotated(y + v[1] + _word(data, start + 48), 42) * _K1
        x, y = (x & _ALL) ^ w[1], (y & _ALL) ^ v[0]
        z = _rotated((z & _ALL) ^ w[0], 33)
        v = _four_words(data, start, v[1] * _K1, x + w[0])
        w = _four_words(data, start + 32, z + w[1], y)
        x, z = z, x
    return _pair(_pair(v[0], w[0]) + _mixed(y) * _K1 + z, _pair(v[1], w[1]) + x)
