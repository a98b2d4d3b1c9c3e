"""Explanations as plain text, for terminals, logs and files of any encoding.

Signs, bars and cuts are ASCII, because the encoding of the stream is not known. Names of the user
may have other characters. Those that standard output cannot encode are written as escapes, as
Python does in a traceback.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from sklime.display._names import (
    MAX_NAME_LENGTH,
    MAX_VALUE_LENGTH,
    has_output_name,
    middle_cut,
    output_sides,
    visible,
    without_piles,
)
from sklime.display._notes import note_text, notes_of
from sklime.display._numbers import (
    MINUS,
    decimals_for,
    fidelity_text,
    fidelity_word,
    signed_text,
    strongest_first,
    value_beside,
)
from sklime.display._pairs import pair_line, pair_text
from sklime.display._types import Label
from sklime.display._units import model_words
from sklime.display._view import failure_of
from sklime.display._words import parts_of, words_of
from sklime.utils._text import counted
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation

__all__ = ["batch_text", "explanation_text", "printable"]

BAR_WIDTH = 10
MAX_REASON_LENGTH = 300
MAX_LINES = 200  # the strongest weights; a document may have thousands
MAX_OUTPUTS = 3  # names of outputs of a batch
NEXT_LINE = "\n  "
PLUS_MINUS, ELLIPSIS, BRACKETS = "+-", "...", "<>"


def explanation_text(explanation: BaseExplanation) -> str:
    """Write an explanation as one small table per explained output.

    Parameters
    ----------
    explanation : Explanation
        The explanation to write.

    Returns
    -------
    text : str
        Several lines.
    """
    reason = failure_of(explanation)
    if reason:
        return f"{_title(explanation, 0)}\nno explanation: {_name(reason, MAX_REASON_LENGTH)}"
    parts = [
        _output_text(explanation, index) for index in range(len(explanation.internals.output_index))
    ]
    return "\n\n".join(parts)


def batch_text(batch: AnyBatch, size: str) -> str:
    """Describe a batch in one line: its size and outputs, how it was computed, its fidelity.

    Parameters
    ----------
    batch : ExplanationBatch or TextExplanationBatch
        The batch to describe.

    size : str
        What it contains, without the outputs, as in "3 rows x 10 features".

    Returns
    -------
    text : str
        One line.
    """
    names = batch.output_names
    outputs = f"{size} x {counted(len(names), 'output')}"
    if has_output_name(batch):
        # The word for the class that was predicted for each row is no label.
        is_word = isinstance(batch.target, str) and names == (batch.target,) == ("predicted",)
        shown = ["predicted"] if is_word else [_quoted(name) for name in names[:MAX_OUTPUTS]]
        outputs += f" ({', '.join(shown)}{', ...' if len(names) > MAX_OUTPUTS else ''})"
    parts = ["Shapley values (marginal)"] if batch.baseline == "shapley" else []
    parts += [outputs, *_how_computed(batch)]
    fidelity = batch.fidelity[np.isfinite(batch.fidelity)]
    if fidelity.size:
        parts.append(f"median fidelity {_ascii_minus(fidelity_text(float(np.median(fidelity))))}")
    return f"<{type(batch).__name__}: {', '.join(parts)}>"


def _how_computed(batch: AnyBatch) -> list[str]:
    """Write how many instances are exact, and how many perturbed rows the others took."""
    if len(batch) == 0:
        return []
    is_exact = batch.is_exact
    if is_exact.all():
        return ["exact"]
    sizes = batch.n_perturbations[~is_exact]
    sampled = f"n={sizes.min():d}"
    if sizes.max() > sizes.min():
        sampled += f" to {sizes.max():d}"
    return [f"{int(is_exact.sum())} of {len(batch)} exact"] * bool(is_exact.any()) + [sampled]


def _output_text(explanation: BaseExplanation, index: int) -> str:
    weights = explanation.values[:, index]
    order = strongest_first(weights, explanation.selected[:, index])
    decimals = decimals_for(weights)
    lines = [_title(explanation, index), _facts(explanation, index)]
    lines += [note_text(note, _name) for note in notes_of(explanation, index)]
    order, rest = order[:MAX_LINES], order[MAX_LINES:]
    half_widths, conditions = _half_widths(explanation, index), explanation.conditions
    rows = [
        (
            _condition(explanation, feature, conditions[feature]),
            _value(explanation, feature, conditions[feature]),
            _weight(weights[feature], half_widths[feature], decimals),
        )
        for feature in order.tolist()
    ]
    largest = max((abs(weights[feature]) for feature in order), default=0.0)
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for feature, (condition, value, weight) in zip(order, rows):
        bar = "#" * _bar_length(abs(weights[feature]), largest)
        lines.append(
            f"  {condition:<{widths[0]}}  {value:>{widths[1]}}  {bar:<{BAR_WIDTH}}  {weight}"
        )
    if not rows:
        lines.append(f"  no {parts_of(explanation).one} has a weight")
    indent = widths[0] + widths[1] + BAR_WIDTH + 6
    if rest.size:
        more = f"  {rest.size:,d} more, together"
        lines.append(f"{more:<{indent}}  {_number(weights[rest].sum(), decimals)}")
    intercept = _number(explanation.intercepts[index], decimals)
    base = f"  {words_of(explanation).base}"
    lines.append(f"{base:<{indent}}  {intercept}".rstrip())
    lines += _pair_lines(explanation, index, decimals)
    return "\n".join(lines)


def _pair_lines(explanation: BaseExplanation, index: int, decimals: int) -> list[str]:
    """Write the strongest pair, if it matters."""
    pair = pair_line(explanation, index, decimals)
    if pair is None:
        return []
    # Only the numbers get ASCII signs: a minus sign in a name comes from the user.
    numbers = [_ascii_minus(text) for text in (pair.value, pair.fidelity, pair.fidelity_with)]
    pair = pair._replace(value=numbers[0], fidelity=numbers[1], fidelity_with=numbers[2])
    return [f"  {pair_text(pair, _name, gap=NEXT_LINE)}"]


def _half_widths(explanation: BaseExplanation, index: int) -> FloatArray:
    """Return half the widths of the intervals; NaN for exact weights, which have none."""
    if explanation.is_exact:
        return np.full(len(explanation.values), np.nan)
    low, high = explanation.confidence_intervals()
    half_widths: FloatArray = (high - low)[:, index] / 2
    return half_widths


def _bar_length(magnitude: float, largest: float) -> int:
    is_drawn = largest > 0.0 and np.isfinite(largest)
    return round(BAR_WIDTH * float(magnitude / largest)) if is_drawn else 0


def _title(explanation: BaseExplanation, index: int) -> str:
    title = f"{words_of(explanation).heading}, {explanation.noun} {_name(explanation.row_label)}"
    name, other = output_sides(explanation, index)
    what = _quoted(name) if other is None else f"{_quoted(name)} rather than {_quoted(other)}"
    if not explanation.is_classification:
        return f"{title}, output {what}" if has_output_name(explanation) else title
    predicted = explanation.predicted_class
    if predicted is None:
        return f"{title}, class {what}"
    internals = explanation.internals
    is_predicted = other is None and internals.output_index[index] == internals.predicted_index
    suffix = "predicted" if is_predicted else f"predicted is {_quoted(predicted)}"
    return f"{title}, class {what} ({suffix})"


def _quoted(label: Label) -> str:
    """Write a label as `repr` does, but cut, and without the names of NumPy's types."""
    label = label.item() if hasattr(label, "item") else label
    return printable(repr(_cut(label))) if isinstance(label, str) else _name(label)


def _facts(explanation: BaseExplanation, index: int) -> str:
    model = explanation.predictions[index]
    surrogate = explanation.local_predictions[index]
    decimals = decimals_for([model, surrogate])
    n_asked = "exact" if explanation.is_exact else f"n={int(explanation.n_perturbations)}"
    words = model_words(explanation, index)
    if explanation.baseline == "shapley":
        return f"{words} {_number(model, decimals, always_signed=False)}   {n_asked}"
    fidelity = explanation.fidelity[index]
    is_bound = explanation.internals.fidelity_is_bound
    quality = _ascii_minus(fidelity_text(fidelity, is_bound=is_bound))
    word = fidelity_word(
        fidelity,
        explanation.fidelity_failures[index],
        is_bound=is_bound,
        error=explanation.fidelity_errors[index],
    )
    facts = [
        f"{words} {_number(model, decimals, always_signed=False)}",
        f"surrogate {_number(surrogate, decimals, always_signed=False)}",
        f"gap {_number(surrogate - model, decimals)}",
        f"fidelity {quality} ({word})",
        n_asked,
    ]
    return "   ".join(facts)


def _weight(weight: float, half_width: float, decimals: int) -> str:
    if np.isnan(half_width):
        return _number(weight, decimals)
    error = _number(half_width, decimals, always_signed=False)
    return f"{_number(weight, decimals)} {PLUS_MINUS}{error}"


def _condition(explanation: BaseExplanation, feature: int, condition: str) -> str:
    """Write a condition; a long name is cut first, so that the rule after it stays whole."""
    name = str(explanation.feature_names[feature])
    if name and len(name) > MAX_NAME_LENGTH:
        condition = condition.replace(name, middle_cut(name, mark=ELLIPSIS), 1)
    return _name(condition, MAX_VALUE_LENGTH)


def _value(explanation: BaseExplanation, feature: int, condition: str) -> str:
    text = value_beside(explanation, feature, condition)
    # The minus sign of a number becomes ASCII; one in a text comes from the user and stays.
    is_text = isinstance(explanation.data[feature], str)
    return _name(text if is_text else _ascii_minus(text), MAX_VALUE_LENGTH)


def _number(number: float, decimals: int, *, always_signed: bool = True) -> str:
    return _ascii_minus(signed_text(number, decimals, always_signed=always_signed))


def _ascii_minus(text: str) -> str:
    return text.replace(MINUS, "-")


def _name(label: Label, length: int = MAX_NAME_LENGTH) -> str:
    """Write a text of the user in one line, with at most `length` characters before escapes."""
    return printable(_cut(label, length))


def _cut(label: Label, length: int = MAX_NAME_LENGTH) -> str:
    return visible(middle_cut(without_piles(str(label)), length, ELLIPSIS), marks=BRACKETS)


def printable(text: str) -> str:
    """Write characters that standard output cannot encode as escapes.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        Unchanged if standard output can encode it, or if its encoding is not known.

    Examples
    --------
    >>> from sklime.display._plain import printable
    >>> printable("plain")
    'plain'
    """
    encoding = getattr(sys.stdout, "encoding", None)
    if not isinstance(encoding, str):
        return text
    try:
        return text.encode(encoding, errors="backslashreplace").decode(encoding)
    except (LookupError, UnicodeError):
        # The stream names an encoding that Python does not know.
        return text
