"""A mark of a fitted model, to notice that it is no longer the one that was read."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import Any, Self

import numpy as np

from sklime.utils._spread import evenly_spread
from sklime.utils._types import Array

__all__ = ["Fingerprint"]

# Models within models are looked at down to this depth.
_MAX_DEPTH = 12

# Trees whose leaf values are compared, evenly spread: a few tenths of a microsecond each.
_MOST_TREES = 256

# Other arrays up to this size are compared by their content.
_MAX_BYTES = 2**16

# Methods that a user may write over on the object itself.
_METHODS = ("predict", "predict_proba", "decision_function", "transform")

# Private attributes that hold what a model has learnt.
_PRIVATE_STATE = frozenset({"_Booster", "_predictors", "_preprocessor", "_baseline_prediction"})


@dataclass
class _Marks:
    """What must be the same.

    Attributes
    ----------
    attributes : list of (dict, str, object)
        Attributes of objects, and what they must be.

    sequences : list of (sequence, list)
        Containers, and the items that they must hold.

    arrays, leaves : list of ndarray
        Arrays whose content must be equal; those of single trees are apart.

    facts : list of (callable, object)
        Questions to compiled models, and their answers.

    digests : list of int
        Of the arrays, then of some of the leaves.
    """

    attributes: list[tuple[Mapping[str, Any], str, Any]] = field(default_factory=list)
    sequences: list[tuple[Sequence[Any], list[Any]]] = field(default_factory=list)
    arrays: list[Array] = field(default_factory=list)
    leaves: list[Array] = field(default_factory=list)
    facts: list[tuple[Callable[[], Any], Any]] = field(default_factory=list)
    digests: list[int] = field(default_factory=list)

    def are_met(self) -> bool:
        """Tell whether all is the same."""
        return (
            all(holder.get(name) is value for holder, name, value in self.attributes)
            and all(_holds(items, expected) for items, expected in self.sequences)
            and all(ask() == answer for ask, answer in self.facts)
            and _digests(self.arrays) == self.digests
        )


@dataclass
class Fingerprint:
    """Marks of a fitted model, which are compared in a fraction of a millisecond.

    Models of scikit-learn must hold the same objects: members, trees, coefficients, predictors.
    Leaf values and small arrays must have the same content. Of more than 256 trees only the
    number, the order and 256 evenly spread ones are compared. LightGBM is asked for its number
    of trees and the bounds of its answers, XGBoost for its number of rounds, CatBoost for its
    leaf values. Thresholds that are edited in place are not noticed, nor leaf values of XGBoost.

    Attributes
    ----------
    marks : _Marks or None
        What must be the same. `None` in a copy, whose model is a copy, too: marks are taken when
        it is first used.
    """

    marks: _Marks | None = field(default=None, repr=False)

    @classmethod
    def of(cls, model: Any) -> Self:
        """Mark a model.

        Parameters
        ----------
        model : object
            Fitted model, or one of its methods.

        Returns
        -------
        fingerprint : Fingerprint
            Of its present state.
        """
        return cls(_marks_of(model))

    def differs(self, model: Any) -> bool:
        """Tell whether a model has been changed in place.

        Parameters
        ----------
        model : object
            The same object as before, or the copy that came with a copy of the fingerprint.

        Returns
        -------
        differs : bool
            False where no change is noticed.
        """
        if self.marks is None:
            self.marks = _marks_of(model)
        return not self.marks.are_met()

    def __getstate__(self) -> dict[str, None]:
        """Drop the marks: a copied model has other objects."""
        return {"marks": None}


def _marks_of(model: Any) -> _Marks:
    """Take the marks of a model."""
    marks = _Marks()
    _walk(model.__self__ if isinstance(model, MethodType) else model, marks, set(), 0)
    chosen = evenly_spread(len(marks.leaves), min(len(marks.leaves), _MOST_TREES))
    marks.arrays += [marks.leaves[index] for index in chosen.tolist()]
    marks.leaves = []
    marks.digests = _digests(marks.arrays)
    return marks


def _walk(part: Any, marks: _Marks, seen: set[int], depth: int) -> None:
    """Add the marks of an object and of all that it holds."""
    if depth > _MAX_DEPTH or _is_plain(part) or id(part) in seen:
        return
    seen.add(id(part))
    facts = _facts_of(part)
    leaves = _leaves_of(part)
    if facts:
        marks.facts += [(ask, ask()) for ask in facts]
    elif leaves is not None:
        marks.leaves.append(leaves)
    elif isinstance(part, np.ndarray) and part.dtype != object:
        if part.nbytes <= _MAX_BYTES:
            marks.arrays.append(part)
    elif isinstance(part, list | tuple | np.ndarray):
        sequence: Any = part.ravel(order="K") if isinstance(part, np.ndarray) else part
        items = list(sequence)
        if not all(map(_is_plain, items)):
            marks.sequences.append((sequence, items))
        for item in items:
            _walk(item, marks, seen, depth + 1)
    elif isinstance(part, dict):
        for item in part.values():
            _walk(item, marks, seen, depth + 1)
    elif hasattr(part, "__dict__") and not isinstance(part, type):
        _walk_attributes(part, marks, seen, depth)


def _walk_attributes(part: Any, marks: _Marks, seen: set[int], depth: int) -> None:
    """Add the marks of the attributes that hold what an object has learnt."""
    holder = vars(part)
    if hasattr(part, "fit"):
        marks.attributes += [(holder, name, holder.get(name)) for name in _METHODS]
    for name, value in holder.items():
        is_learnt = name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))
        if is_learnt and not _is_plain(value):
            marks.attributes.append((holder, name, value))
        # Others may be logs of the calls of a model; models and arrays are none.
        if is_learnt or isinstance(value, np.ndarray) or _holds_models(value):
            _walk(value, marks, seen, depth + 1)


def _is_plain(value: Any) -> bool:
    """Tell whether a value is a number, a text, a type or a function."""
    return value is None or np.isscalar(value) or isinstance(value, type) or _is_function(value)


def _is_function(value: Any) -> bool:
    return callable(value) and not hasattr(value, "fit") and not hasattr(value, "predict")


def _holds_models(value: Any) -> bool:
    """Tell whether a parameter is a model, or a list of steps."""
    if hasattr(value, "fit") or hasattr(value, "predict"):
        return True
    if isinstance(value, dict):
        return any(map(_holds_models, value.values()))
    return isinstance(value, list | tuple) and any(map(_holds_models, value))


def _facts_of(part: Any) -> list[Callable[[], Any]]:
    """Return questions to a compiled model that tell its state."""
    if hasattr(part, "num_trees") and hasattr(part, "upper_bound"):
        return [part.num_trees, part.lower_bound, part.upper_bound]
    if hasattr(part, "num_boosted_rounds"):
        return [part.num_boosted_rounds]
    if hasattr(part, "get_leaf_values") and hasattr(part, "get_scale_and_bias"):
        return [lambda: _digests([np.asarray(part.get_leaf_values())]), part.get_scale_and_bias]
    return []


def _leaves_of(part: Any) -> Array | None:
    """Return the values of the nodes of one tree of scikit-learn; `None` if it is none."""
    if hasattr(part, "children_left") and hasattr(part, "value"):
        return np.asarray(part.value)
    nodes = getattr(part, "nodes", None)
    if isinstance(nodes, np.ndarray) and nodes.dtype.names and "value" in nodes.dtype.names:
        return nodes["value"]
    return None


def _holds(items: Sequence[Any], expected: list[Any]) -> bool:
    """Tell whether a container holds the same objects."""
    return len(items) == len(expected) and all(one is other for one, other in zip(items, expected))


def _digests(arrays: Sequence[Array]) -> list[int]:
    return [zlib.crc32(array.tobytes()) for array in arrays]
