"""Spans of sentences; none ends after "Dr." or "e.g.", or inside 3.14."""

import re

__all__ = ["sentences"]

# Marks that end a sentence before a blank, and those of scripts that need none.
_STOPS = ".!?\u2026\u203d\u061f\u0589"
_STOPS_WITHOUT_BLANK = "\u3002\uff01\uff1f\uff61\uff0e\u0964\u0965\u06d4\u104b\u1362\u1367\u17d4"

# Closing characters after a mark: quotes, brackets, emphasis, notes. A straight quote without a
# blank may also open the next sentence.
_CLOSING = "\u201d\u2019\u00bb\u203a)\\]"
_CLOSING_WIDE = "\u300d\u300f\u3009\u300b\u3011\u3015\uff09\uff3d\uff63"

# A mark that may end a sentence, with the closing characters after it; or an empty line. A run of
# marks is matched from its first character only, without backtracking: time is linear in the
# length of the text, also for texts that contain only marks.
_END = re.compile(
    rf"(?<![{_STOPS}])[{_STOPS}]++(?:[\"'{_CLOSING}*_\u00b9\u00b2\u00b3]|\[\d++\])*+(?=\s|$)"
    rf"|[{_STOPS_WITHOUT_BLANK}]++[{_CLOSING}{_CLOSING_WIDE}]*+"
    r"|\n[^\S\n]*+\n\s*+|\u2029\s*+"
)
_FULLWIDTH_STOP = "\uff0e"
_CLOSING_OF_SPEECH = frozenset("\"'\u201d\u2019\u00bb\u203a)]")

_OPENING = "([\"'\u201c\u2018\u00ab\u2039\u201e\u201a\u00bf\u00a1"

# Text without blanks before a full stop, without brackets and quotes.
_LAST_WORD = re.compile(rf"[^\s{re.escape(_OPENING)}]+\Z")
_NEXT_WORD = re.compile(rf"\s*[{re.escape(_OPENING)}]*(\w[\w'\u2019]*)?")

# Number of characters in which the last word is searched for.
_REACH = 40


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Abbreviations before a name or a number: the sentence goes on.
_BEFORE_MORE = _words_of(
    "dr mr mrs ms prof assoc st sen rep gov gen col capt lt sgt rev hon pres messrs mme mlle m "
    "hr fr herr sra srta dra dres art fig figs eq eqs sec ch vol p pp ed eds vs cf op cit ibid sq "
    "e.g i.e z.b d.h bspw bzw evtl ggf inkl vgl mio mrd resp med dipl ca approx dept ave mt ft"
)

# Abbreviations that may also be a word or a name: the sentence goes on before a number only.
_BEFORE_NUMBERS = _words_of(
    "no nos nr jan feb febr mar apr jun jul aug sep sept oct okt nov dec dez min max str rd bd"
)

# Abbreviations that may also end a sentence: the next word decides.
_ANYWHERE = _words_of("etc inc ltd co corp jr sr al a.m p.m usw u.a bros")

# Words that begin sentences more often than names do.
_STARTERS = _words_of(
    "a an and as at but by for he her his how if i in it its my no not on one or our she so "
    "that the their then there these they this those to we what when where which who why you "
    "your"
)

_ACRONYM = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{1,2}")
_ORDINAL = re.compile(r"\d{1,2}")
_MONTHS = _words_of(
    "januar februar märz april mai juni juli august september oktober november dezember "
    "january february march may june july october december"
)

# "z. B." and "e. g.", written with a blank.
_SPACED = re.compile(r"(?<![^\s(])[a-z]\.\s[A-Za-z\u00c4\u00d6\u00dc\u00e4\u00f6\u00fc]\.")

# A number that begins a line, as in a list.
_ITEM = re.compile(r"(?:^|\n)[^\S\n]*\d{1,2}(?:\.\d{1,2})*\Z")


def sentences(document: str, token_pattern: object = None) -> list[tuple[int, int]]:
    """Return the spans of the sentences of a document.

    Parameters
    ----------
    document : str
        The text.

    token_pattern : object, default=None
        Ignored.

    Returns
    -------
    spans : list of tuple
        First code point and end of each sentence, without the blanks around it. A sentence does
        not end at common abbreviations of English and German, initials, numbers and dots
        inside words. It ends at the full stops of scripts without blanks.

    Examples
    --------
    >>> from sklime._text._sentences import sentences
    >>> text = "Dr. Smith came. He left."
    >>> [text[start:end] for start, end in sentences(text)]
    ['Dr. Smith came.', 'He left.']
    """
    ends = [match.end() for match in _END.finditer(document) if _ends_here(document, match)]
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*ends, len(document)]:
        text = document[start:end]
        first = start + len(text) - len(text.lstrip())
        last = start + len(text.rstrip())
        if first < last:
            spans.append((first, last))
        start = end
    return spans


def _ends_here(document: str, match: re.Match[str]) -> bool:
    """Tell whether a mark ends the sentence."""
    mark = match[0]
    next_word = _NEXT_WORD.match(document, match.end())
    following = (next_word and next_word[1]) or ""
    if mark[-1] in _CLOSING_OF_SPEECH and following[:1].islower():
        # "Stop!" she said.
        return False
    if mark.startswith(("..", "\u2026")):
        return not following[:1].islower()
    if mark == _FULLWIDTH_STOP:
        return not following[:1].isdigit()
    if not mark.startswith(".") or not following:
        return True
    return not _is_inside(document, match.start(), following)


def _is_inside(document: str, index: int, following: str) -> bool:
    """Tell whether the full stop at an index is within a sentence."""
    first = max(0, index - _REACH)
    if _ITEM.search(document, first, index) or _SPACED.match(document, index - 1):
        return True
    if index > 3 and _SPACED.match(document, index - 4):
        return not _begins(following)
    word = _LAST_WORD.search(document, first, index)
    # Look at the last part of "(Fig." and "Smith,Jr.".
    return word is not None and _goes_on(re.split(r"[,;:/\u2014\u2013-]", word[0])[-1], following)


def _goes_on(word: str, following: str) -> bool:
    """Tell whether the sentence goes on after a word with a full stop, by the next word."""
    lowered = word.lower()
    if lowered in _BEFORE_MORE:
        return True
    if lowered in _BEFORE_NUMBERS:
        return following[0].isdigit()
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    if is_initial or lowered in _ANYWHERE or _ACRONYM.fullmatch(word):
        return not _begins(following)
    if _ORDINAL.fullmatch(word):
        return following[0].islower() or following.lower() in _MONTHS
    return False


def _begins(word: str) -> bool:
    """Tell whether a word looks like the first one of a sentence."""
    return word[0].isupper() and word.lower() in _STARTERS
