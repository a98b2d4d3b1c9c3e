"""Explanations as plain text, for terminals."""

from sklime.display._names import MAX_VALUE_LENGTH, middle_cut, name_of, output_sides, visible
from sklime.display._numbers import (
    decimals_for,
    fidelity_text,
    fidelity_word,
    signed_text,
    strongest_first,
    value_beside,
)
from sklime.display._view import failure_of, is_text

__all__ = ["explanation_text"]

BAR_WIDTH = 10


def explanation_text(explanation):
    """Write an explanation as a small table a selected output.

    Parameters
    ----------
    explanation : Explanation
        What to write.

    Returns
    -------
    text : str
        Several lines.
    """
    reason = failure_of(explanation)
    if reason:
        return f"{_title(explanation, 0)}\nno explanation: {name_of(reason, 300).text}"
    parts = [_output_text(explanation, place) for place in range(len(explanation.explained))]
    return "\n\n".join(parts)


def _output_text(explanation, place):
    weights = explanation.values[:, place]
    order = strongest_first(weights, explanation.selected[:, place])
    decimals = decimals_for(weights)
    lines = [_title(explanation, place), _facts(explanation, place)]
    rows = [_line(explanation, feature, place, decimals) for feature in order]
    largest = max((abs(weights[feature]) for feature in order), default=0.0)
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for feature, (condition, value, weight) in zip(order, rows):
        share = abs(weights[feature]) / largest if largest else 0.0
        bar = "#" * round(BAR_WIDTH * share)
        lines.append(
            f"  {condition:<{widths[0]}}  {value:>{widths[1]}}  {bar:<{BAR_WIDTH}}  {weight}"
        )
    indent = widths[0] + widths[1] + BAR_WIDTH + 6
    intercept = signed_text(explanation.intercepts[place], decimals)
    lines.append(f"{'  intercept':<{indent}}  {intercept}".rstrip())
    return "\n".join(lines)


def _title(explanation, place):
    noun = "document" if is_text(explanation) else "row"
    title = f"LIME explanation, {noun} {name_of(explanation.row_labels).text}"
    name, other = output_sides(explanation, place)
    what = _quoted(name) if other is None else f"{_quoted(name)} rather than {_quoted(other)}"
    if not explanation.is_classification:
        return title if len(explanation.response_names) == 1 else f"{title}, output {what}"
    predicted = explanation.predicted_class
    if predicted is None:
        return f"{title}, class {what}"
    is_predicted = other is None and explanation.explained[place] == explanation.predicted
    suffix = "predicted" if is_predicted else f"predicted is {_quoted(predicted)}"
    return f"{title}, class {what} ({suffix})"


def _quoted(label):
    """Write a label as `repr` does, but short, and without the names of NumPy's types."""
    label = label.item() if hasattr(label, "item") else label
    return repr(visible(middle_cut(label))) if isinstance(label, str) else name_of(label).text


def _facts(explanation, place):
    model = explanation.predictions[place]
    surrogate = explanation.local_predictions[place]
    decimals = decimals_for([model, surrogate])
    fidelity = explanation.fidelity[place]
    facts = [
        f"model {signed_text(model, decimals, always_signed=False)}",
        f"surrogate {signed_text(surrogate, decimals, always_signed=False)}",
        f"gap {signed_text(surrogate - model, decimals)}",
        f"held-out R2 {fidelity_text(fidelity)} ({fidelity_word(fidelity)})",
        f"n={int(explanation.n_perturbations)}",
    ]
    return "   ".join(facts)


def _line(explanation, feature, place, decimals):
    low, high = explanation.confidence_intervals()
    half_width = (high - low)[feature, place] / 2
    weight = signed_text(explanation.values[feature, place], decimals)
    error = signed_text(half_width, decimals, always_signed=False)
    return (
        _condition(explanation, feature),
        visible(middle_cut(value_beside(explanation, feature), MAX_VALUE_LENGTH)),
        f"{weight} \N{PLUS-MINUS SIGN}{error}",
    )


def _condition(explanation, feature):
    """Write a condition with its name cut first, so that a rule is cut only if it is long."""
    name, condition = str(explanation.feature_names[feature]), explanation.conditions[feature]
    if name and len(name) > len(middle_cut(name)):
        condition = condition.replace(name, middle_cut(name), 1)
    return visible(middle_cut(condition, MAX_VALUE_LENGTH))
