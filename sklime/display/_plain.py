"""Explanations as plain text, for terminals."""

from sklime.display._names import middle_cut
from sklime.display._numbers import (
    decimals_for,
    fidelity_word,
    signed_text,
    strongest_first,
    value_beside,
)

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
    names = explanation.explained_names()
    parts = [_output_text(explanation, place, name) for place, name in enumerate(names)]
    return "\n\n".join(parts)


def _output_text(explanation, place, name):
    weights = explanation.values[:, place]
    order = strongest_first(weights, explanation.selected[:, place])
    decimals = decimals_for(weights)
    lines = [_title(explanation, name), _facts(explanation, place)]
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


def _title(explanation, name):
    title = f"LIME explanation, row {explanation.row_labels}"
    if not explanation.is_classification:
        return title if len(explanation.response_names) == 1 else f"{title}, output {name!r}"
    is_predicted = name == explanation.predicted_class
    suffix = "predicted" if is_predicted else f"predicted is {explanation.predicted_class!r}"
    return f"{title}, class {name!r} ({suffix})"


def _facts(explanation, place):
    model = explanation.predictions[place]
    surrogate = explanation.local_predictions[place]
    decimals = decimals_for([model, surrogate])
    fidelity = explanation.fidelity[place]
    facts = [
        f"model {signed_text(model, decimals, always_signed=False)}",
        f"surrogate {signed_text(surrogate, decimals, always_signed=False)}",
        f"gap {signed_text(surrogate - model, decimals)}",
        f"held-out R2 {signed_text(fidelity, 2, always_signed=False)} ({fidelity_word(fidelity)})",
        f"n={explanation.n_perturbations}",
    ]
    return "   ".join(facts)


def _line(explanation, feature, place, decimals):
    low, high = explanation.confidence_intervals()
    half_width = (high - low)[feature, place] / 2
    weight = signed_text(explanation.values[feature, place], decimals)
    error = signed_text(half_width, decimals, always_signed=False)
    condition = explanation.conditions[feature]
    name = explanation.feature_names[feature]
    return (
        condition.replace(name, middle_cut(name)),
        value_beside(explanation, feature),
        f"{weight} \N{PLUS-MINUS SIGN}{error}",
    )
