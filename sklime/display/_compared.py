"""What is compared in one picture: explanations, their names, and the output of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sklime.display._axes import plain_name
from sklime.display._names import MAX_CLASS_LENGTH, has_output_name, output_title
from sklime.display._types import Label
from sklime.display._view import failure_of
from sklime.utils._objects import is_missing

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation

__all__ = ["MAX_COMPARED", "Compared", "compared"]

MAX_COMPARED = 12  # more cannot be told apart


class Compared(NamedTuple):
    """Explanations to compare.

    Attributes
    ----------
    names : list of str
        Names for the legend.

    items : list of Explanation
        The explanations.

    indices : list of int
        Index of the drawn output of each.

    is_one_row : bool
        Whether all explain the same row.
    """

    names: list[str]
    items: list[BaseExplanation]
    indices: list[int]
    is_one_row: bool


def compared(explanations: Any, output: Label) -> Compared:
    """Check and name what is to be compared.

    Parameters
    ----------
    explanations : dict, list or ExplanationBatch
        From names to explanations; or explanations, which have the labels of their rows as names.

    output : label, str or int or None
        Output to draw; `None` is the main output of each explanation.

    Returns
    -------
    compared : Compared
        Between 2 and 12 explanations. If they explain several classes, the names tell the class.

    Raises
    ------
    TypeError
        If something else is given, or holds something else than explanations.
    ValueError
        If there are fewer than 2 or more than 12 explanations, or if their numbers have different
        units.
    """
    keys, items = _items_of(explanations)
    for key, item in zip(keys, items):
        _check_item(key, item)
    if len(items) < 2:
        raise ValueError(
            f"from_explanations compares at least two explanations; it got {len(items)}. Draw one "
            "with explanation.plot(), or its outputs with explanation.plot(kind='comparison')."
        )
    if len(items) > MAX_COMPARED:
        raise ValueError(
            f"from_explanations compares at most {MAX_COMPARED} explanations; it got {len(items)}. "
            "Pass fewer, such as batch[:3], or draw many rows with batch.plot()."
        )
    _check_units(keys, items)
    _check_segments(keys, items)
    indices = [0 if failure_of(item) else item._output_index(output) for item in items]
    is_one_row = all(_is_same_row(items[0], item) for item in items[1:])
    if isinstance(explanations, Mapping):
        names = [plain_name(key, MAX_CLASS_LENGTH) for key in keys]
        return Compared(_with_classes(names, items, indices), items, indices, is_one_row)
    names = [_row_name(item) for item in items]
    classes = _classes(items, indices)
    if is_one_row and len(set(classes)) == len(items):
        # The row is the same, and the class alone tells the explanations apart.
        return Compared(classes, items, indices, is_one_row)
    names = _apart(_with_classes(names, items, indices))
    return Compared(names, items, indices, is_one_row)


def _items_of(explanations: Any) -> tuple[list[Any], list[Any]]:
    """Return keys, or places, and items."""
    if _is_explanation(explanations):
        raise TypeError(
            "from_explanations compares several explanations; it got one. Compare its outputs with "
            "from_explanation, or draw it with explanation.plot()."
        )
    if isinstance(explanations, Mapping):
        return list(explanations), list(explanations.values())
    if isinstance(explanations, Iterable) and not isinstance(explanations, str | bytes):
        items = list(explanations)
        return list(range(len(items))), items
    raise TypeError(
        "from_explanations takes a batch, a list of explanations, or a dict from names to "
        f"explanations; it got an object of the class {type(explanations).__name__}."
    )


def _is_explanation(item: Any) -> bool:
    return callable(getattr(item, "_output_index", None))


def _check_item(key: Any, item: Any) -> None:
    if _is_explanation(item):
        return
    hint = "pass single explanations"
    if isinstance(item, Sequence) and hasattr(item, "shares_features"):
        hint = "it is a batch, so pass one of its explanations, such as batch[0]"
    raise TypeError(
        f"from_explanations compares explanations; item {key!r} is of the class "
        f"{type(item).__name__}: {hint}."
    )


def _check_units(keys: Sequence[Any], items: Sequence[BaseExplanation]) -> None:
    """Refuse explanations whose numbers cannot stand on one axis."""
    known = [(key, _unit_of(item)) for key, item in zip(keys, items) if not failure_of(item)]
    for key, unit in known[1:]:
        if unit != known[0][1]:
            raise ValueError(
                f"from_explanations draws numbers of one unit; explanation {known[0][0]!r} has "
                f"{known[0][1]}, and {key!r} has {unit}. Give both explainers the same "
                "response_method and link."
            )


def _check_segments(keys: Sequence[Any], items: Sequence[BaseExplanation]) -> None:
    """Refuse pictures that are cut in different ways: equal names are other segments there."""
    pictures = [(key, item) for key, item in zip(keys, items) if item.kind == "image"]
    for key, item in pictures[1:]:
        first = pictures[0]
        if not np.array_equal(_segments_of(first[1]), _segments_of(item)):
            raise ValueError(
                f"from_explanations draws the same segments side by side; explanation {key!r} has "
                f"other segments than {first[0]!r}. Pass the same label array as segmenter of both "
                "explainers, or segmenter='grid' for pictures of one size."
            )


def _segments_of(item: BaseExplanation) -> Any:
    return getattr(item, "segments", None)


def _unit_of(item: BaseExplanation) -> str:
    """Return what the numbers of an explanation are, as far as it is known."""
    link = item.internals.settings.link
    if link != "identity":
        return f"numbers with link={link!r}"
    answers = np.asarray(item.responses, dtype=np.float64)
    # A function has no classes that are known. Scores hardly ever add up to 1.
    is_share = bool(((answers >= 0.0) & (answers <= 1.0)).all())
    return "probabilities" if is_share and abs(answers.sum() - 1.0) < 1e-6 else "numbers"


def _row_name(item: BaseExplanation) -> str:
    return f"{item.noun} {plain_name(item.row_label, MAX_CLASS_LENGTH)}"


def _classes(items: Sequence[BaseExplanation], indices: Sequence[int]) -> list[str]:
    return [output_title(item, index).text for item, index in zip(items, indices)]


def _with_classes(
    names: list[str], items: Sequence[BaseExplanation], indices: Sequence[int]
) -> list[str]:
    """Add the explained output to each name unless it is the same one everywhere."""
    classes = _classes(items, indices)
    # The only output of a model may have a name in one of them alone.
    has_names = any(len(item.response_names) > 1 for item in items)
    has_names |= all(has_output_name(item) for item in items)
    if len(set(classes)) < 2 or not has_names:
        return names
    return [f"{name}: {output}" for name, output in zip(names, classes)]


def _apart(names: list[str]) -> list[str]:
    """Add numbers to names that occur more than once."""
    counts, met = Counter(names), Counter[str]()
    found = []
    for name in names:
        met[name] += 1
        found.append(f"{name} ({met[name]})" if counts[name] > 1 else name)
    return found


def _is_same_row(first: BaseExplanation, other: BaseExplanation) -> bool:
    """Tell whether two explanations have the same label and, of the same columns, the same data."""
    if (first.noun, first.row_label) != (other.noun, other.row_label):
        return False
    if first.kind == "text":
        return getattr(first, "document", None) == getattr(other, "document", None)
    if first.kind == "image":
        one, two = getattr(first, "image", None), getattr(other, "image", None)
        return one is None or two is None or np.array_equal(one, two)
    if list(first.feature_names) != list(other.feature_names):
        return True
    return all(
        one == two or (is_missing(one) and is_missing(two))
        for one, two in zip(first.data.tolist(), other.data.tolist())
    )
