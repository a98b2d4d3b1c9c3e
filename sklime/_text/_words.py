"""Spans of words, and of characters as readers see them."""

import re
import unicodedata
from functools import lru_cache

from sklime._text._spans import disjoint_spans

__all__ = ["characters", "word_pattern", "words"]

# All combining marks are below this code point, except a few variation selectors.
_MARKS_END = 0x20000
_SELECTORS = "\N{VARIATION SELECTOR-17}-\N{VARIATION SELECTOR-256}"

# Characters inside a word: apostrophes, joiners of Indic and Persian letters, soft hyphens.
_JOINERS = "'\N{RIGHT SINGLE QUOTATION MARK}\u200c\u200d\u00ad"

# Ideographs. Each counts as one word: texts have no blanks between them.
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

# Pictures that are drawn as such, with reserved code points; stars and check marks of the
# same blocks, but no quotes, brackets and arrows. Signs such as the trademark are pictures only
# where a selector says so.
_PICTURES = (
    "\u231a\u231b\u23e9-\u23f3\u23f8-\u23fa\u25fd\u25fe\u2600-\u2757\u2763-\u2767\u2776-\u2793"
    "\u2795-\u2797\u27a1\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f000-\U0001f0ff\U0001f18e\U0001f191-\U0001f19a\U0001f200-\U0001f2ff"
    "\U0001f300-\U0001f64f\U0001f680-\U0001f7ff\U0001f900-\U0001faff\U0001fc00-\U0001fffd"
)
_SIGNS = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u2328\u23cf\u24c2\u25aa-\u25fe"
    "\u2934\u2935\u2b05-\u2b07\u3030\u303d\u3297\u3299\U0001f170-\U0001f17f"
)
_SIGN_AS_PICTURE = rf"[{_SIGNS}](?=\ufe0f)"
_TONE = "[\U0001f3fb-\U0001f3ff]"
_ONE_PICTURE = (
    rf"(?:[{_PICTURES}]|{_SIGN_AS_PICTURE})\ufe0e?\ufe0f?{_TONE}?\ufe0f?"
    "(?:[\U000e0020-\U000e007e]+\U000e007f)?\u20e3?"
)
# Two letters of regions are a flag; one alone is drawn as a letter in a box.
_FLAG = "[\U0001f1e6-\U0001f1ff]{1,2}\ufe0f?"
_KEYCAP = "[0-9#*][\ufe0e\ufe0f]?\u20e3"
_EMOJI = (
    rf"(?:{_KEYCAP}|{_FLAG}|{_ONE_PICTURE}(?:\u200d{_ONE_PICTURE}|\u200d[\u2640\u2642]\ufe0f?)*)"
)

_IS_PICTURE = re.compile(f"[{_PICTURES}{_SIGNS}]")
_ZERO_WIDTH_JOINER = "\u200d"
# Joiners of letters, and the voice marks of narrow Japanese letters, which are letters themselves.
_ATTACHED = "\u200c\u200d\uff9e\uff9f"
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)

# Letters of Korean syllables: leading consonants, vowels, final consonants.
_LEADS = frozenset((*range(0x1100, 0x1160), *range(0xA960, 0xA97D)))
_VOWELS = frozenset((*range(0x1160, 0x11A8), *range(0xD7B0, 0xD7C7)))
_FINALS = frozenset((*range(0x11A8, 0x1200), *range(0xD7CB, 0xD7FC)))
_SYLLABLES = range(0xAC00, 0xD7A4)


def words(document: str, token_pattern: str | None) -> list[tuple[int, int]]:
    """Return the spans of the words of a document.

    Parameters
    ----------
    document : str
        The text.

    token_pattern : str or None
        Regular expression of a word. If it has a group, the group is the word, and a match
        without it is no word. `None` takes letters, digits and their marks, each ideograph,
        and each emoji with its modifiers.

    Returns
    -------
    spans : list of tuple
        First code point and end of each word; none is empty, none overlap.

    Raises
    ------
    ValueError
        If `token_pattern` is no regular expression, or its words overlap.

    Examples
    --------
    >>> from sklime._text._words import words
    >>> words("so good \N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}!", None)
    [(0, 2), (3, 7), (8, 10)]
    """
    if token_pattern is None:
        return [match.span() for match in _default_pattern().finditer(document)]
    pattern = word_pattern(token_pattern)
    spans = (match.span(pattern.groups) for match in pattern.finditer(document))
    present = [(start, end) for start, end in spans if 0 <= start < end]
    # Matches never overlap, but a group that looks around may reach beyond its match.
    if pattern.groups:
        return disjoint_spans(present, f"token_pattern={token_pattern!r} takes")
    return present


def word_pattern(token_pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a word.

    Parameters
    ----------
    token_pattern : str
        Regular expression with one group at most.

    Returns
    -------
    pattern : re.Pattern
        The compiled expression.

    Raises
    ------
    ValueError
        If `token_pattern` is no regular expression, or has several groups.

    Examples
    --------
    >>> from sklime._text._words import word_pattern
    >>> word_pattern("#([a-z]+)").groups
    1
    """
    try:
        pattern = re.compile(token_pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(
            f"token_pattern={token_pattern!r} is no regular expression: {error}."
        ) from error
    if pattern.groups > 1:
        raise ValueError(
            f"token_pattern={token_pattern!r} has {pattern.groups} groups; write all but one of "
            "them as (?:...)."
        )
    return pattern


def characters(document: str, token_pattern: object = None) -> list[tuple[int, int]]:
    """Return the spans of the characters of a document, including blanks.

    Parameters
    ----------
    document : str
        The text.

    token_pattern : object, default=None
        Ignored.

    Returns
    -------
    spans : list of tuple
        Each span is one character for readers: a letter with its marks, joined emoji, a flag.

    Examples
    --------
    >>> from sklime._text._words import characters
    >>> characters("e\N{COMBINING ACUTE ACCENT} b")
    [(0, 2), (2, 3), (3, 4)]
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(document) + 1):
        if end == len(document) or _is_boundary(document, start, end):
            spans.append((start, end))
            start = end
    return spans


def _is_boundary(document: str, start: int, index: int) -> bool:
    """Tell whether a character begins at an index, if the previous one begins at `start`."""
    before, after = document[index - 1], document[index]
    if before == "\r" and after == "\n":
        return False
    if before in "\r\n" or after in "\r\n":
        return True
    code = ord(after)
    is_mark = unicodedata.category(after) in ("Mn", "Mc", "Me")
    if is_mark or after in _ATTACHED or code in _SKIN_TONES or code in _TAGS:
        return False
    if before == _ZERO_WIDTH_JOINER and _IS_PICTURE.match(after):
        # Joined pictures are one character; after a letter the joiner belongs to the letter.
        return _IS_PICTURE.match(document, start) is None
    if code in _REGIONAL and ord(before) in _REGIONAL:
        return (index - start) % 2 == 0
    return not _is_hangul_joined(ord(before), code)


def _is_hangul_joined(before: int, after: int) -> bool:
    """Tell whether two letters belong to one Korean syllable."""
    is_syllable = before in _SYLLABLES
    is_open = is_syllable and (before - _SYLLABLES.start) % 28 == 0
    if before in _LEADS:
        return after in _LEADS or after in _VOWELS or after in _SYLLABLES
    if before in _VOWELS or is_open:
        return after in _VOWELS or after in _FINALS
    return after in _FINALS and (is_syllable or before in _FINALS)


@lru_cache(maxsize=1)
def _default_pattern() -> re.Pattern[str]:
    """Return the pattern of a word.

    A word is an emoji with its modifiers, an ideograph with its marks, or letters and digits
    with their marks, joined by apostrophes. A mark or a selector alone is no word.
    """
    marks = [chr(code) for code in range(_MARKS_END) if unicodedata.category(chr(code))[0] == "M"]
    mark = f"{''.join(marks)}{_SELECTORS}"
    letter = rf"(?!{_KEYCAP}|{_SIGN_AS_PICTURE}|[{_IDEOGRAPHS}])\w[{mark}]*"
    return re.compile(
        rf"{_EMOJI}|[{_IDEOGRAPHS}][{mark}]*|(?:{letter})+(?:[{_JOINERS}]+(?:{letter})+)*"
    )
