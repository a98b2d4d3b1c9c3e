"""Write names of the user: show strange characters, cut long names, split conditions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sklime.display._types import Label

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation

__all__ = [
    "Name",
    "condition_ends",
    "has_output_name",
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

# In characters.
MAX_NAME_LENGTH = 40
MAX_CLASS_LENGTH = 24
MAX_VALUE_LENGTH = 80
MAX_TITLE_LENGTH = 300

# The name of the only output of a model that has no name for it; displays do not show it.
UNNAMED_OUTPUT = "prediction"

# Characters that are invisible or that change the order of others: controls, marks of direction,
# embeddings and isolates, zero-width space, line and paragraph separators, tags, byte order mark.
# With them a name could look like another one, or turn the text around it backward.
_STRANGE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# More than three accents on one letter reach into the lines above and below.
_PILE = re.compile("([\u0300-\u036f]{3})[\u0300-\u036f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAKS = "\n\r\t"
_BRACKETS = "\N{MATHEMATICAL LEFT ANGLE BRACKET}\N{MATHEMATICAL RIGHT ANGLE BRACKET}"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

# "25 < age <= 37", whichever side is closed.
_BELOW_NAME = re.compile(r"(\S+) (<=?) ")
_BESIDE_NAME = re.compile(r"(<=?|>=?) (\S+)")
_MIRRORED = {"<": ">", "<=": ">="}
_NEGATIVE = re.compile(r"(?<!\S)-(?=[\d.i])")
_MINUS = "\N{MINUS SIGN}"

_JSON_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


class Name(NamedTuple):
    """A text to show, and the longer text if it was cut, else an empty one."""

    text: str
    full: str


def visible(text: str, *, keep_lines: bool = False, marks: str = _BRACKETS) -> str:
    """Replace invisible characters, and those that reorder others, by their numbers.

    Parameters
    ----------
    text : str
        Any text.

    keep_lines : bool, default=False
        Whether to keep line breaks and tabs.

    marks : str, default="⟨⟩"
        Characters before and after a number.

    Returns
    -------
    text : str
        Text that UTF-8 can encode, and that is read in the order in which it is stored.

    Examples
    --------
    >>> from sklime.display._names import visible
    >>> visible("gpj.\u202eexe")
    'gpj.⟨U+202E⟩exe'
    """
    # Half a character may come from a file name or from a cut text; UTF-8 cannot encode it.
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)

    def by_number(match: re.Match[str]) -> str:
        if keep_lines and match[0] in _LINE_BREAKS:
            return match[0]
        return f"{marks[0]}U+{ord(match[0]):04X}{marks[1]}"

    return _STRANGE.sub(by_number, text)


def middle_cut(name: str, length: int = MAX_NAME_LENGTH, mark: str = _ELLIPSIS) -> str:
    """Shorten a name in its middle.

    Parameters
    ----------
    name : str
        The name.

    length : int, default=40
        Longest result.

    mark : str, default="…"
        Text in place of the removed one.

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


def without_piles(text: str) -> str:
    """Remove all but three accents of each letter.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        Text that stays within its line.
    """
    return _PILE.sub(r"\1", text)


def name_of(label: Label, length: int = MAX_NAME_LENGTH) -> Name:
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
        The text; and its first 300 characters if it was cut.
    """
    text = without_piles(str(label))
    if len(text) <= length:
        return Name(visible(text), "")
    return Name(visible(middle_cut(text, length)), visible(text[:MAX_TITLE_LENGTH]))


def condition_ends(name: str, condition: str) -> list[tuple[str, str]]:
    """Read the numbers that a condition compares a column with.

    Parameters
    ----------
    name : str
        Name of the column.

    condition : str
        Such as ``"25 < age <= 37"``.

    Returns
    -------
    ends : list of (str, str)
        The sign, as it would stand after the name, and the number as it is written. The lower end
        comes first. Empty if the condition compares nothing.

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


def split_condition(name: str, condition: str) -> str:
    """Return a condition without its name, to be shown after the name.

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


def has_output_name(explanation: AnyBatch | BaseExplanation) -> bool:
    """Tell whether displays name the explained output.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    has_name : bool
        True for classes and for one of several outputs; of a single number only if the user, or
        the answer of the model, gives it a name.
    """
    is_unnamed = tuple(explanation.response_names) == (UNNAMED_OUTPUT,)
    return bool(explanation.is_classification) or not is_unnamed


def output_title(explanation: BaseExplanation, index: int) -> Name:
    """Write the name of an explained output.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    name : Name
        Name of the class or output.
    """
    return pair_title(*output_sides(explanation, index))


def output_sides(explanation: BaseExplanation, index: int) -> tuple[Label, Label]:
    """Return the name of an explained output, and of the output that it is set against.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    name, other : object
        Names of classes or outputs; `other` is `None` if there is none.
    """
    names, internals = explanation.response_names, explanation.internals
    opposed = int(internals.opposed_index[index])
    return names[int(internals.output_index[index])], names[opposed] if opposed >= 0 else None


def pair_title(name: Label, other: Label = None) -> Name:
    """Write the name of an output, and of the one that it is set against.

    Parameters
    ----------
    name : object
        Name of the class or output.

    other : object, default=None
        Name of the other one; `None` if there is none.

    Returns
    -------
    title : Name
        Both names, each cut separately.
    """
    one = name_of(name, MAX_CLASS_LENGTH)
    if other is None:
        return one
    against = name_of(other, MAX_CLASS_LENGTH)
    text = f"{one.text} rather than {against.text}"
    is_cut = one.full or against.full
    full = f"{one.full or one.text} rather than {against.full or against.text}" if is_cut else ""
    return Name(text, full)


def json_for_html(value: Any) -> str:
    """Write data as JSON that is safe within a script element of HTML.

    Parameters
    ----------
    value : object
        Lists, dicts, texts, numbers.

    Returns
    -------
    text : str
        JSON without ``<``, ``>`` and ``&``, which could end the element, and without the two
        separators that old scripts take for line ends.

    Examples
    --------
    >>> from sklime.display._names import json_for_html
    >>> "<" in json_for_html("</script>")
    False
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_JSON_ESCAPES)


def _between(name: str, condition: str) -> str:
    if condition == name:
        return ""
    ends = condition_ends(name, condition)
    return f"{ends[0][1]} to {ends[1][1]}" if len(ends) == 2 else condition
