"""Explanations as Markdown, for issues, wikis and reports that take no HTML."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from sklime.display._names import (
    MAX_NAME_LENGTH,
    MAX_VALUE_LENGTH,
    has_output_name,
    middle_cut,
    visible,
    without_piles,
)
from sklime.display._notes import note_text, notes_of
from sklime.display._numbers import (
    decimals_for,
    fidelity_text,
    fidelity_word,
    signed_text,
    strongest_first,
    value_beside,
)
from sklime.display._units import model_words
from sklime.display._view import failure_of
from sklime.display._words import parts_of, words_of

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation

__all__ = ["escaped", "explanation_markdown"]

# What some dialect of Markdown reads as a mark, an entity, a tag, a link, a formula or a mention.
_MARKS = re.compile(r"[\\`*_{}\[\]#|~$@:]|(?<=www)\.", re.IGNORECASE)

MAX_REASON_LENGTH = 300


def explanation_markdown(explanation: BaseExplanation) -> str:
    """Write an explanation as Markdown: a heading, facts, and a table for each explained output.

    Parameters
    ----------
    explanation : Explanation
        The explanation to write.

    Returns
    -------
    text : str
        Names and values of the user cannot become markup, links or HTML.
    """
    title = f"{words_of(explanation).heading}, {explanation.noun} {_name(explanation.row_label)}"
    reason = failure_of(explanation)
    if reason:
        return f"## {title}\n\nNo explanation: {_name(reason, MAX_REASON_LENGTH)}\n"
    n_outputs = len(explanation.internals.output_index)
    parts = [f"## {title}", *(_output(explanation, index) for index in range(n_outputs))]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Escape a text of the user, so that Markdown shows it unchanged and in one line.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        Numeric entities in the place of marks. Backslashes would not do: some dialects show them.

    Examples
    --------
    >>> from sklime.display._markdown import escaped
    >>> escaped("a|b")
    'a&#124;b'
    """
    tagless = escape(visible(text), quote=False)
    return _MARKS.sub(lambda match: f"&#{ord(match[0])};", tagless)


def _name(label: Any, length: int = MAX_NAME_LENGTH) -> str:
    return escaped(middle_cut(without_piles(str(label)), length))


def _output(explanation: BaseExplanation, index: int) -> str:
    name = explanation.explained_names()[index]
    of_output = [f"**{_name(name)}**"] if has_output_name(explanation) else []
    predicted = explanation.predicted_class
    if predicted is not None:
        of_output.append(f"the model predicts {_name(predicted)}")
    lines = ["; ".join(of_output)] if of_output else []
    lines.append(_facts(explanation, index))
    lines += [note_text(note, _name) for note in notes_of(explanation, index)]
    return "\n\n".join([*lines, _table(explanation, index)])


def _facts(explanation: BaseExplanation, index: int) -> str:
    model, surrogate = explanation.predictions[index], explanation.local_predictions[index]
    decimals = decimals_for([model, surrogate])
    facts = [
        f"{model_words(explanation, index)} {signed_text(model, decimals, always_signed=False)}"
    ]
    if explanation.baseline != "shapley":
        fidelity, is_bound = explanation.fidelity[index], explanation.internals.fidelity_is_bound
        word = fidelity_word(
            fidelity,
            explanation.fidelity_failures[index],
            is_bound=is_bound,
            error=explanation.fidelity_errors[index],
        )
        facts += [
            f"surrogate {signed_text(surrogate, decimals, always_signed=False)}",
            f"gap {signed_text(surrogate - model, decimals)}",
            f"fidelity R² {fidelity_text(fidelity, is_bound=is_bound)} ({word})",
        ]
    n_rows = int(explanation.n_perturbations)
    one, many = ("row", "rows") if explanation.kind == "table" else ("copy", "copies")
    asked = f"from {n_rows:,d} perturbed {one if n_rows == 1 else many}"
    facts.append("exact" if explanation.is_exact else asked)
    # A number that is smaller than its last digit begins with this sign.
    return ", ".join(facts).replace("<", "&lt;")


def _table(explanation: BaseExplanation, index: int) -> str:
    words, weights = words_of(explanation), explanation.values[:, index]
    decimals = decimals_for(weights)
    has_intervals = not explanation.is_exact
    low, high = explanation.confidence_intervals()
    is_table, parts = explanation.kind == "table", parts_of(explanation)
    first = "Feature and rule" if is_table else parts.one.capitalize()
    header = [first, parts.beside or "Count", words.quantity.capitalize()]
    rows = []
    for feature in strongest_first(weights, explanation.selected[:, index]).tolist():
        condition = explanation.conditions[feature]
        ends = (signed_text(end[feature, index], decimals) for end in (low, high))
        rows.append(
            [
                _name(condition, MAX_VALUE_LENGTH),
                _name(value_beside(explanation, feature, condition), MAX_VALUE_LENGTH),
                signed_text(weights[feature], decimals),
                f"{' to '.join(ends)}",
            ]
        )
    rows.append([words.base, "", signed_text(explanation.intercepts[index], decimals), ""])
    total = signed_text(explanation.local_predictions[index], decimals, always_signed=False)
    rows.append([f"**{words.total}**", "", f"**{total}**", ""])
    header.append("95 % interval")
    n_columns = 4 if has_intervals and np.isfinite(low).any() else 3
    lines = [header, [":---", "---:", "---:", "---:"], *rows]
    return "\n".join(f"| {' | '.join(line[:n_columns])} |" for line in lines)
