"""The outputs of a model that are explained, and their names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sklime._responses._outputs import Outputs

__all__ = ["chosen_outputs", "named_outputs"]

_ALL = ("auto", "all")


def chosen_outputs(target: Any, outputs: Outputs) -> tuple[tuple[int, int], ...] | None:
    """Return the outputs of the model that `target` names.

    Parameters
    ----------
    target : str, int, class label, list or pair
        See `LimeTabularExplainer`.

    outputs : Outputs
        Outputs of the model.

    Returns
    -------
    chosen : tuple of (int, int), or None
        Index of each explained output and of the output that is subtracted, or -1; `None` for
        "predicted": the output then depends on the row.

    Raises
    ------
    ValueError
        If the model has no such output.
    """
    if isinstance(target, str) and target in _ALL:
        is_binary = outputs.is_classification and len(outputs) == 2
        indices = (1,) if is_binary and target == "auto" else tuple(range(len(outputs)))
        return tuple((index, -1) for index in indices)
    if isinstance(target, str) and target == "predicted":
        _check_predicted(outputs)
        return None
    if not (isinstance(target, list) or (hasattr(target, "tolist") and np.ndim(target) == 1)):
        return (_chosen(target, outputs),)
    chosen = tuple(_chosen(item, outputs) for item in target)
    repeated = [item for index, item in enumerate(target) if chosen[index] in chosen[:index]]
    if repeated or not chosen:
        what = f"names {repeated[0]!r} twice" if repeated else "is an empty list"
        raise ValueError(f"target {what}; pass each output that is to be explained once.")
    return chosen


def named_outputs(
    outputs: Outputs,
    output_names: Sequence[str] | Mapping[Any, str] | None,
    label_names: Sequence[Any] | None = None,
) -> Outputs:
    """Give outputs the names of the user.

    Parameters
    ----------
    outputs : Outputs
        Outputs of the model.

    output_names : sequence of str, dict or None
        One name per output, or names by label.

    label_names : list or None, default=None
        Names of the columns of the target; used if their number is that of the outputs.

    Returns
    -------
    outputs : Outputs
        The same outputs, with names.

    Raises
    ------
    ValueError
        If names are not texts, are not distinct, or do not fit the outputs.
    """
    if label_names is not None and output_names is None:
        return _named_by_columns(outputs, label_names)
    if output_names is None:
        return outputs
    if isinstance(output_names, dict):
        _check_texts(output_names.values())
        names = _names_of_dict(output_names, outputs)
    else:
        _check_texts(output_names)
        names = _names_of_sequence(output_names, outputs)
    _check_differ(names)
    return replace(outputs, names=tuple(names))


def _chosen(target: Any, outputs: Outputs) -> tuple[int, int]:
    """Return the index of one output, and of the output that is subtracted or -1."""
    index = outputs.index(target)
    if index is not None or not isinstance(target, tuple):
        return _known(index, target, outputs), -1
    if len(target) != 2:
        raise ValueError(
            f"target={target!r} has {len(target)} items; a tuple is a pair (A, B), why A and not "
            "B. Pass a list to explain several outputs."
        )
    first, second = (_known(outputs.index(item), item, outputs) for item in target)
    if first == second:
        raise ValueError(f"target={target!r} compares an output with itself; pass two that differ.")
    return first, second


def _known(index: int | None, target: Any, outputs: Outputs) -> int:
    """Return an index, or raise the error for an output that does not exist."""
    if index is not None:
        return index
    if outputs.is_classification:
        raise ValueError(
            f"target={target!r} is not a class of the model; pass one of {_either(outputs)}, "
            "'auto', 'all' or 'predicted', or a list or pair of classes."
        )
    names = "" if outputs.names == tuple(range(len(outputs))) else f"one of {_either(outputs)}, "
    raise ValueError(
        f"target={target!r} is not an output of the model; pass {names}an index from 0 to "
        f"{len(outputs) - 1}, 'auto' or 'all', or a list or pair of outputs."
    )


def _either(outputs: Outputs) -> str | list[Any]:
    names = list(outputs.names)
    return names if outputs.names == outputs.labels else f"{names} (labels {list(outputs.labels)})"


def _check_predicted(outputs: Outputs) -> None:
    if outputs.kind == "labels":
        raise ValueError(
            "target='predicted' needs one predicted class per row; this model predicts "
            f"{len(outputs)} outputs of each row, of which a row may have several or none. Pass "
            "target='all', or one of them."
        )
    if outputs.kind == "numbers":
        raise ValueError(
            "target='predicted' needs a classifier; this model has no classes. Pass "
            f"target='all' or an output index below {len(outputs)}."
        )
    if outputs.predicted_by is None:
        raise ValueError(
            "target='predicted' needs to know the classes: the model has no classes_, and its "
            f"predict returns none of {list(outputs.labels)}. Give the model the attribute "
            "classes_, or pass its labels as output_names."
        )


def _named_by_columns(outputs: Outputs, label_names: Sequence[Any]) -> Outputs:
    """Use the names of the target's columns, unless the model has names of its own."""
    if outputs.is_classification or len(label_names) < 2:
        return outputs
    if outputs.parts is not None and len(outputs.parts) == len(label_names):
        return replace(outputs, names=tuple(_by_part(label_names, outputs)))
    has_own = outputs.labels not in (_indices(outputs), _default_names(outputs))
    if has_own or len(label_names) != len(outputs):
        return outputs
    return replace(outputs, names=tuple(label_names))


def _indices(outputs: Outputs) -> tuple[int, ...]:
    return tuple(range(len(outputs)))


def _default_names(outputs: Outputs) -> tuple[str, ...]:
    return tuple(f"prediction{index}" for index in range(len(outputs)))


def _by_part(names: Sequence[Any], outputs: Outputs) -> list[str]:
    """Return names such as "color__red" from names of the parts of an answer."""
    parts = outputs.parts or ()
    starts = np.cumsum([0, *map(len, parts)])[:-1].tolist()
    return [
        f"{name}__{label.partition('__')[2]}"
        for name, classes, start in zip(names, parts, starts)
        for label in outputs.labels[start : start + len(classes)]
    ]


def _names_of_dict(given: Mapping[Any, str], outputs: Outputs) -> list[Any]:
    names = list(outputs.names)
    label_of: dict[int, Any] = {}
    for label, name in given.items():
        index = outputs.index(label)
        if index is None:
            raise ValueError(
                f"output_names has a name for {label!r}, which is no output of the model; its "
                f"outputs are {list(outputs.labels)}."
            )
        if index in label_of:
            first = label_of[index]
            raise ValueError(f"output_names names one output twice: {first!r}, {label!r}.")
        names[index], label_of[index] = str(name), label
    return names


def _names_of_sequence(given: Iterable[Any], outputs: Outputs) -> list[str]:
    names = list(map(str, given))
    if outputs.parts is not None and len(names) == len(outputs.parts) < len(outputs):
        _check_differ(names)
        return _by_part(names, outputs)
    if len(names) != len(outputs):
        raise ValueError(
            f"output_names has {len(names)} names for {len(outputs)} outputs of the model, "
            f"{list(outputs.labels)}; pass one for each, in that order, or a dict from labels to "
            "names."
        )
    return names


def _check_texts(names: Iterable[Any]) -> None:
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise ValueError(f"output_names holds {wrong[0]!r}, which is no text; pass texts.")


def _check_differ(names: Sequence[Any]) -> None:
    repeated = [name for index, name in enumerate(names) if name in names[:index]]
    if repeated:
        raise ValueError(f"output_names gives the name {repeated[0]!r} twice; names must differ.")
