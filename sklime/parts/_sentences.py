"""Where sentences end: not after "Dr." or "e.g.", nor within 3.14."""

import re

__all__ = ["sentences"]

# A mark that may end a sentence, with what closes after it; or an empty line.
_END = re.compile(
    r"[.!?\u2026\u203d]+(?:[\"'\u201d\u2019\u00bb)\]*_\u00b9\u00b2\u00b3]|\[\d+\])*(?=\s|$)"
    r"|[\u3002\uff01\uff1f\uff61\u0964\u06d4\u061f\u1362]+[\u300d\u300f\u201d\uff09)]*"
    r"|\n[^\S\n]*\n"
)

# Text without blanks before a full stop, brackets and quotes left out.
_LAST_WORD = re.compile(r"[^\s([\"'\u201c\u2018\u00ab]+\Z")

# Longest text in which a last word is sought.
_REACH = 40


def _words_of(text):
    return frozenset(text.split())


# What comes before a name or a number, so that the sentence goes on.
_BEFORE_MORE = _words_of(
    "dr mr mrs ms prof st sen rep gov gen col capt lt sgt rev hon pres messrs mme mlle m hr "
    "fr herr nr no nos art fig figs eq eqs sec ch vol p pp ed eds vs cf e.g i.e z.b d.h bzw "
    "ca approx dept ave mt ft sra dra dres cit ibid sq resp med op assoc bspw mio dipl"
)

# What may stand at the end of a sentence as well: what comes next decides.
_AT_ANY_PLACE = _words_of("etc inc ltd co corp jr sr al a.m p.m usw u.a bros")

# Words that begin sentences more often than names do.
_STARTERS = _words_of(
    "a an and as at but by for he her his how if i in it its my no not on one or our she so "
    "that the their then there these they this those to we what when where which who why you "
    "your"
)

_ACRONYM = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{1,2}")
_SPACED = re.compile(r"(?<![^\s(])[A-Za-z]\.\s[A-Za-z]\Z")  # "z. B"
_ORDINAL = re.compile(r"\d{1,2}")
_NEXT_WORD = re.compile(r"\s*[([\"'\u201c\u2018\u00ab]*(\w[\w'\u2019]*)?")
# What goes on where a number follows.
_BEFORE_NUMBERS = _words_of(
    "jan feb mar apr jun jul aug sep sept oct nov dec min max op str rd vol bd"
)

_MONTHS = _words_of(
    "januar februar märz april mai juni juli august september oktober november dezember "
    "january february march may june july october december"
)


def sentences(document, token_pattern=None):
    """Return where the sentences of a document are.

    Parameters
    ----------
    document : str
        The text.

    token_pattern : object, default=None
        Ignored.

    Returns
    -------
    spans : list of tuple
        First code point and end of each, without blanks around it. English abbreviations,
        initials, numbers and dots within words end none.

    Examples
    --------
    >>> from sklime.parts._sentences import sentences
    >>> text = "Dr. Smith came. He left."
    >>> [text[start:end] for start, end in sentences(text)]
    ['Dr. Smith came.', 'He left.']
    """
    ends = [match.end() for match in _END.finditer(document) if _ends_here(document, match)]
    spans, start = [], 0
    for end in [*ends, len(document)]:
        text = document[start:end]
        first = start + len(text) - len(text.lstrip())
        last = start + len(text.rstrip())
        if first < last:
            spans.append((first, last))
        start = end
    return spans


def _ends_here(document, match):
    """Tell whether a mark ends the sentence."""
    mark = match[0]
    following = _NEXT_WORD.match(document, match.end())[1] or ""
    if mark.startswith(("..", "\u2026")):
        return not following[:1].islower()
    if not mark.startswith(".") or not following:
        return True
    reach = max(0, match.start() - _REACH), match.start()
    word = _LAST_WORD.search(document, *reach)
    if word is None:
        return True
    if _SPACED.search(document, *reach):
        return following.lower() in _STARTERS and following[0].isupper()
    # "(Fig." and "Smith,Jr." have their last part looked at.
    word = re.split(r"[,;:/\u2014\u2013-]", word[0])[-1]
    return not _goes_on(word, following)


def _goes_on(word, following):
    """Tell whether the full stop after a word is no end, by what comes next."""
    lowered = word.lower()
    if lowered in _BEFORE_MORE and ((word != "no" and word != "No") or following[0].isdigit()):
        return True
    if lowered in _BEFORE_NUMBERS and following[0].isdigit():
        return True
    begins = following[0].isupper() and following.lower() in _STARTERS
    if len(word) == 1 and word.isupper() and word != "I":
        return not begins
    if len(word) == 1 and word.isalpha() and len(following) == 1:
        # "z. B." and "e. g."
        return True
    if lowered in _AT_ANY_PLACE or _ACRONYM.fullmatch(word):
        return not begins
    if _ORDINAL.fullmatch(word):
        return following[0].islower() or following.lower() in _MONTHS
    return False
