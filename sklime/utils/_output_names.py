"""Find an output of a model by its name, its label or its index."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Protocol

import numpy as np

__all__ = [
    "allows_index",
    "explained_name",
    "find_explained_output",
    "find_output",
    "is_same_name",
]


class _NamedResponse(Protocol):
    """An explanation or a batch, as far as names of outputs are concerned."""

    @property
    def response_names(self) -> Sequence[Any]: ...

    @property
    def response_labels(self) -> Sequence[Any]: ...

    @property
    def is_classification(self) -> bool: ...


def is_same_name(name: Any, wanted: Any) -> bool:
    """Compare labels without mixing up texts and numbers.

    Parameters
    ----------
    name, wanted : object
        Labels of classes, or names of outputs.

    Returns
    -------
    is_same : bool
        True if they are equal, and both are texts or neither is.
    """
    if isinstance(name, str) != isinstance(wanted, str):
        return False
    same = name == wanted
    # Arrays and the like compare item by item; they are not labels.
    return isinstance(same, bool | np.bool_) and bool(same)


def allows_index(labels: Sequence[Any], *, is_classification: bool) -> bool:
    """Tell whether an integer may mean the index of an output.

    Parameters
    ----------
    labels : sequence
        Labels of the outputs, as the model has them.

    is_classification : bool
        Whether the outputs are classes. An integer is then always a label.

    Returns
    -------
    allows_index : bool
        False also where labels are integers.
    """
    return not is_classification and not any(isinstance(label, Integral) for label in labels)


def find_output(
    wanted: Any, names: Sequence[Any], labels: Sequence[Any], *, is_classification: bool
) -> int | None:
    """Return the index of an output of a model.

    Parameters
    ----------
    wanted : label, str or int
        Name or label of the output, or its index where outputs are not classes.

    names, labels : sequence
        Names of the outputs in explanations, and their labels in the model.

    is_classification : bool
        Whether outputs are classes.

    Returns
    -------
    index : int or None
        `None` where there is no such output.
    """
    for candidates in (names, labels):
        for index, name in enumerate(candidates):
            if is_same_name(name, wanted):
                return index
    is_index = isinstance(wanted, Integral) and not isinstance(wanted, bool)
    if is_index and allows_index(labels, is_classification=is_classification):
        return int(wanted) if 0 <= wanted < len(names) else None
    return None


def explained_name(names: Sequence[Any], index: int, opposed: int = -1) -> Any:
    """Return the name of an explained output.

    Parameters
    ----------
    names : sequence
        Names of all outputs.

    index : int
        Index of the output.

    opposed : int, default=-1
        Index of the output that is subtracted; -1 for none.

    Returns
    -------
    name : object
        The name, or ``"A rather than B"``.
    """
    return names[index] if opposed < 0 else f"{names[index]} rather than {names[opposed]}"


def find_explained_output(
    output: Any, explanation: _NamedResponse, explained: Sequence[int], opposed: Sequence[int]
) -> int | None:
    """Return the index of an output among the explained ones.

    Parameters
    ----------
    output : label, str, int or tuple
        Name or label of the output, its index where outputs are not classes, or a pair of
        these.

    explanation : Explanation or ExplanationBatch
        It has the names and labels of the outputs.

    explained, opposed : sequence of int
        Indices of the explained outputs, and of the outputs subtracted from them; negative for
        none.

    Returns
    -------
    index : int or None
        `None` where the output is not explained.
    """
    names, labels = explanation.response_names, explanation.response_labels
    pairs = [(int(index), max(int(other), -1)) for index, other in zip(explained, opposed)]
    for index, (first, second) in enumerate(pairs):
        if is_same_name(explained_name(names, first, second), output):
            return index

    def find(wanted: Any) -> int | None:
        return find_output(wanted, names, labels, is_classification=explanation.is_classification)

    is_pair = isinstance(output, tuple) and len(output) == 2
    pair = (find(output[0]), find(output[1])) if is_pair else (find(output), -1)
    return pairs.index(pair) if pair in pairs else None
