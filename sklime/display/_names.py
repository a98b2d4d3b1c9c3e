"""How names are written: strange characters made visible, long ones cut, conditions taken apart."""

import json
import re
from typing import NamedTuple

__all__ = [
    "Name",
    "condition_ends",
    "json_for_html",
    "middle_cut",
    "name_of",
    "output_sides",
    "output_title",
    "pair_title",
    "split_condition",
    "visible",
    "without_piles",
]

MAX_NAME_LENGTH = 40
MAX_CLASS_LENGTH = 24
MAX_VALUE_LENGTH = 80
MAX_TITLE_LENGTH = 300

# Characters that are invisible or that change the order of others: controls, marks of direction,
# embeddings and isolates, zero-width space, line and paragraph separators, tags, byte order mark.
_STRANGE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# Accents piled up on one letter, which would reach into the lines above and below.
_PILE = re.compile("([\u0300-\u036f]{3})[\u0300-\u036f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAKS = "\n\r\t"
_BRACKETS = "\N{MATHEMATICAL LEFT ANGLE BRACKET}\N{MATHEMATICAL RIGHT ANGLE BRACKET}"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

# "25 < age <= 37", with whichever side is closed.
_BELOW_NAME = re.compile(r"(\S+) (<=?) ")
_BESIDE_NAME = re.compile(r"(<=?|>=?) (\S+)")
_MIRRORED = {"<": ">", "<=": ">="}
_NEGATIVE = re.compile(r"(?<!\S)-(?=[\d.i])")
_MINUS = "\N{MINUS SIGN}"

_JSON_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


class Name(NamedTuple):
    """A text as it is shown, and in full where it was cut."""

    text: str
    full: str


def visible(text, *, keep_lines=False, marks=_BRACKETS):
    """Show characters that nobody would see, or that reorder others, by their number.

    Parameters
    ----------
    text : str
        Any text.

    keep_lines : bool, default=False
        Whether line breaks and tabs stay.

    marks : str, default="⟨⟩"
        What stands before and after a number.

    Returns
    -------
    text : str
        Text that can be encoded as UTF-8 and reads in the order in which it is stored.

    Examples
    --------
    >>> from sklime.display._names import visible
    >>> visible("gpj.\u202eexe")
    'gpj.⟨U+202E⟩exe'
    """
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)

    def by_number(match):
        if keep_lines and match[0] in _LINE_BREAKS:
            return match[0]
        return f"{marks[0]}U+{ord(match[0]):04X}{marks[1]}"

    return _STRANGE.sub(by_number, text)


def middle_cut(name, length=MAX_NAME_LENGTH, mark=_ELLIPSIS):
    """Shorten a name in its middle.

    Parameters
    ----------
    name : str
        The name.

    length : int, default=40
        Longest result.

    mark : str, default="…"
        What stands for what was cut.

    Returns
    -------
    name : str
        At most `length` characters.
    """
    if len(name) <= length:
        return name
    room = length - len(mark)
    head = room // 2
    return f"{name[:head]}{mark}{name[len(name) - (room - head) :]}"


def without_piles(text):
    """Leave three accents on a letter at most.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        One that stays within its line.
    """
    return _PILE.sub(r"\1", text)


def name_of(label, length=MAX_NAME_LENGTH):
    """Write a label of any type.

    Parameters
    ----------
    label : object
        Name of a column, a class or a row.

    length : int, default=40
        Longest text.

    Returns
    -------
    name : Name
        The text, and its first 300 characters where it was cut.
    """
    text = without_piles(str(label))
    if len(text) <= length:
        return Name(visible(text), "")
    return Name(visible(middle_cut(text, length)), visible(text[:MAX_TITLE_LENGTH]))


def condition_ends(name, condition):
    """Read what a condition compares a number with.

    Parameters
    ----------
    name : str
        Name of the column.

    condition : str
        Such as ``"25 < age <= 37"``.

    Returns
    -------
    ends : list of (str, str)
        Signs, as they stand after the name, and numbers as they are written; the lower end
        first. Empty where nothing is compared.

    Examples
    --------
    >>> from sklime.display._names import condition_ends
    >>> condition_ends("age", "25 < age <= 37")
    [('>', '25'), ('<=', '37')]
    """
    ends, start = [], 0
    if not condition.startswith(f"{name} "):
        below = _BELOW_NAME.match(condition)
        if below is None or not condition.startswith(f"{name} ", below.end()):
            return []
        ends, start = [(_MIRRORED[below[2]], below[1])], below.end()
    beside = _BESIDE_NAME.fullmatch(condition, start + len(name) + 1)
    return [*ends, (beside[1], beside[2])] if beside else ends


def split_condition(name, condition):
    """Take a condition apart, so that the name can stand first.

    Parameters
    ----------
    name : str
        Name of the column.

    condition : str
        Such as ``"25 < age <= 37"``, ``"job = nurse"``, ``"age is missing"`` or the bare name.

    Returns
    -------
    rule : str
        ``"25 to 37"``, ``"= nurse"``, ``"is missing"`` or nothing.

    Examples
    --------
    >>> from sklime.display._names import split_condition
    >>> split_condition("age", "25 < age <= 37")
    '25 to 37'
    >>> split_condition("age", "age <= 25")
    '≤ 25'
    """
    if condition.startswith(f"{name} "):
        rule = condition[len(name) + 1 :]
    else:
        rule = _between(name, condition)
    if rule.startswith("="):
        return rule
    return (
        _NEGATIVE.sub(_MINUS, rule)
        .replace("<=", "\N{LESS-THAN OR EQUAL TO}")
        .replace(">=", "\N{GREATER-THAN OR EQUAL TO}")
    )


def output_title(explanation, index):
    """Write the name of an explained output.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    index : int
        Which of the explained outputs.

    Returns
    -------
    name : Name
        The class or the output.
    """
    return pair_title(*output_sides(explanation, index))


def output_sides(explanation, index):
    """Return what an explained output is, and what it is set against.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    index : int
        Which of the explained outputs.

    Returns
    -------
    name, other : object
        Names of classes or outputs; `None` as the other where there is none.
    """
    names, opposed = explanation.response_names, int(explanation.opposed[index])
    return names[int(explanation.explained[index])], names[opposed] if opposed >= 0 else None


def pair_title(name, other=None):
    """Write the name of an output, and of the one that it is set against.

    Parameters
    ----------
    name : object
        The class or the output.

    other : object, default=None
        The other one; `None` for none.

    Returns
    -------
    title : Name
        Each cut on its own.
    """
    name = name_of(name, MAX_CLASS_LENGTH)
    if other is None:
        return name
    other = name_of(other, MAX_CLASS_LENGTH)
    text = f"{name.text} rather than {other.text}"
    is_cut = name.full or other.full
    full = f"{name.full or name.text} rather than {other.full or other.text}" if is_cut else ""
    return Name(text, full)


def json_for_html(value):
    """Write data as JSON that cannot end the element that it stands in.

    Parameters
    ----------
    value : object
        Lists, dicts, texts, numbers.

    Returns
    -------
    text : str
        JSON without ``<``, ``>``, ``&`` and the separators that old scripts take for line ends.

    Examples
    --------
    >>> from sklime.display._names import json_for_html
    >>> "<" in json_for_html("</script>")
    False
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_JSON_ESCAPES)


def _between(name, condition):
    if condition == name:
        return ""
    ends = condition_ends(name, condition)
    return f"{ends[0][1]} to {ends[1][1]}" if len(ends) == 2 else condition
