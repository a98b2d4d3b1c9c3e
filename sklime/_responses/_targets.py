"""Which outputs of a model are explained, and what the user calls them."""

from dataclasses import replace

import numpy as np

__all__ = ["chosen_outputs", "named_outputs"]

_ALL = ("auto", "all")


def chosen_outputs(target, outputs):
    """Return which outputs of the model `target` means.

    Parameters
    ----------
    target : str, int, class label, list or pair
        See `LimeTabularExplainer`.

    outputs : Outputs
        What the model answers.

    Returns
    -------
    chosen : tuple of (int, int), or None
        Each output, and the one that is taken from it or -1; `None` where each row has its
        own, its predicted class.

    Raises
    ------
    ValueError
        If something is no output of the model.
    """
    if isinstance(target, str) and target in _ALL:
        is_binary = outputs.is_classification and len(outputs) == 2
        indices = (1,) if is_binary and target == "auto" else range(len(outputs))
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


def named_outputs(outputs, output_names, label_names=None):
    """Give outputs the names of the user.

    Parameters
    ----------
    outputs : Outputs
        What the model answers.

    output_names : sequence of str, dict or None
        One name an output, or from labels to names.

    label_names : list or None, default=None
        Names of the columns that the model was fitted to; used where there are as many.

    Returns
    -------
    outputs : Outputs
        The same, named.

    Raises
    ------
    ValueError
        If names are no texts, do not differ, or do not fit the outputs.
    """
    if label_names is not None and output_names is None:
        return _named_by_columns(outputs, label_names)
    if output_names is None:
        return outputs
    is_dict = isinstance(output_names, dict)
    _check_texts(output_names.values() if is_dict else output_names)
    names = (_names_of_dict if is_dict else _names_of_sequence)(output_names, outputs)
    _check_differ(names)
    return replace(outputs, names=tuple(names))


def _chosen(target, outputs):
    index = outputs.index(target)
    if index is not None or not isinstance(target, tuple):
        return _known(index, target, outputs), -1
    if len(target) != 2:
        raise ValueError(
            f"target={target!r} has {len(target)} items; a tuple is a pair (A, B), why A and not "
            "B. Pass a list to explain several outputs."
        )
    indices = tuple(_known(outputs.index(item), item, outputs) for item in target)
    if indices[0] == indices[1]:
        raise ValueError(f"target={target!r} compares an output with itself; pass two that differ.")
    return indices


def _known(index, target, outputs):
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


def _either(outputs):
    names = list(outputs.names)
    return names if outputs.names == outputs.labels else f"{names} (labels {list(outputs.labels)})"


def _check_predicted(outputs):
    if outputs.kind == "labels":
        raise ValueError(
            "target='predicted' needs one predicted class a row; this model predicts "
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


def _named_by_columns(outputs, label_names):
    if outputs.is_classification or len(label_names) < 2:
        return outputs
    if outputs.parts is not None and len(outputs.parts) == len(label_names):
        return replace(outputs, names=tuple(_by_part(label_names, outputs)))
    has_own = outputs.labels not in (_indices(outputs), _default_names(outputs))
    if has_own or len(label_names) != len(outputs):
        return outputs
    return replace(outputs, names=tuple(label_names))


def _indices(outputs):
    return tuple(range(len(outputs)))


def _default_names(outputs):
    return tuple(f"prediction{index}" for index in range(len(outputs)))


def _by_part(names, outputs):
    return [
        f"{name}__{label.partition('__')[2]}"
        for name, classes, start in zip(names, outputs.parts, _starts(outputs.parts))
        for label in outputs.labels[start : start + len(classes)]
    ]


def _starts(parts):
    return np.cumsum([0, *map(len, parts)])[:-1].tolist()


def _names_of_dict(given, outputs):
    names, meant = list(outputs.names), {}
    for label, name in given.items():
        index = outputs.index(label)
        if index is None:
            raise ValueError(
                f"output_names has a name for {label!r}, which is no output of the model; its "
                f"outputs are {list(outputs.labels)}."
            )
        if index in meant:
            raise ValueError(f"output_names names one output twice: {meant[index]!r}, {label!r}.")
        names[index], meant[index] = str(name), label
    return names


def _names_of_sequence(given, outputs):
    given = list(map(str, given))
    if outputs.parts is not None and len(given) == len(outputs.parts) < len(outputs):
        _check_differ(given)
        return _by_part(given, outputs)
    if len(given) != len(outputs):
        raise ValueError(
            f"output_names has {len(given)} names for {len(outputs)} outputs of the model, "
            f"{list(outputs.labels)}; pass one for each, in that order, or a dict from labels to "
            "names."
        )
    return given


def _check_texts(names):
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise ValueError(f"output_names holds {wrong[0]!r}, which is no text; pass texts.")


def _check_differ(names):
    repeated = [name for index, name in enumerate(names) if name in names[:index]]
    if repeated:
        raise ValueError(f"output_names gives the name {repeated[0]!r} twice; names must differ.")
