"""Find an output of a model by its name, its label or its index, in one way everywhere."""

from numbers import Integral

import numpy as np

__all__ = [
    "allows_index",
    "explained_name",
    "find_explained_output",
    "find_output",
    "is_same_name",
]


def is_same_name(name, wanted):
    """Compare labels without mixing up texts and numbers.

    Parameters
    ----------
    name, wanted : object
        Labels of classes, or names of outputs.

    Returns
    -------
    is_same : bool
        Whether they are equal, and both texts or neither.
    """
    if isinstance(name, str) != isinstance(wanted, str):
        return False
    same = name == wanted
    # Arrays and the like compare item by item, and are no labels.
    return isinstance(same, bool | np.bool_) and bool(same)


def allows_index(labels, *, is_classification):
    """Tell whether a whole number means the index of an output.

    Parameters
    ----------
    labels : sequence
        Labels of the outputs, as the model has them.

    is_classification : bool
        Whether they are the labels of classes, which are never meant by index.

    Returns
    -------
    allows_index : bool
        False as well where labels are numbers themselves.
    """
    return not is_classification and not any(isinstance(label, Integral) for label in labels)


def find_output(wanted, names, labels, *, is_classification):
    """Return which output of a model is meant.

    Parameters
    ----------
    wanted : label, str or int
        Its name, its label, or its index where outputs are no classes.

    names, labels : sequence
        What the outputs are called, and what the model calls them.

    is_classification : bool
        Whether outputs are classes.

    Returns
    -------
    index : int or None
        `None` where nothing of the sort is there.
    """
    for known in (names, labels):
        for index, name in enumerate(known):
            if is_same_name(name, wanted):
                return index
    is_index = isinstance(wanted, Integral) and not isinstance(wanted, bool)
    if is_index and allows_index(labels, is_classification=is_classification):
        return int(wanted) if 0 <= wanted < len(names) else None
    return None


def explained_name(names, index, opposed=-1):
    """Return what an explained output is called.

    Parameters
    ----------
    names : sequence
        Names of all outputs.

    index : int
        The output.

    opposed : int, default=-1
        The output that is taken from it; -1 for none.

    Returns
    -------
    name : object
        The name, or ``"A rather than B"``.
    """
    return names[index] if opposed < 0 else f"{names[index]} rather than {names[opposed]}"


def find_explained_output(output, explanation, explained, opposed):
    """Return which of the explained outputs is meant.

    Parameters
    ----------
    output : label, str, int or tuple
        Its name, its label, its index where outputs are no classes, or a pair of these.

    explanation : Explanation or ExplanationBatch
        Knows the names.

    explained, opposed : sequence of int
        The explained outputs, and those taken from them.

    Returns
    -------
    index : int or None
        `None` where it is not among the explained ones.
    """
    names, labels = explanation.response_names, explanation.response_labels
    chosen = [(int(index), int(other)) for index, other in zip(explained, opposed)]
    called = [explained_name(names, *pair) for pair in chosen]
    for index, name in enumerate(called):
        if is_same_name(name, output):
            return index

    def find(wanted):
        return find_output(wanted, names, labels, is_classification=explanation.is_classification)

    is_pair = isinstance(output, tuple) and len(output) == 2
    wanted = (find(output[0]), find(output[1])) if is_pair else (find(output), -1)
    return chosen.index(wanted) if wanted in chosen else None
