"""Copies of parameters and of a model's learnt state, to detect changes since `fit`."""

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MethodType, ModuleType
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator

from sklime.utils._types import Array

__all__ = ["FrozenParameters", "LearntState"]

# Deeper than this, settings within settings are compared as objects.
_MAX_DEPTH = 8

# A text in a message is cut to this many characters.
_MAX_TEXT = 60

# Arrays up to this size are compared by their content, larger ones by being the same array.
_MAX_BYTES = 2**16

# Attributes of any model that are compared by value.
_FACTS = ("classes_", "n_features_in_", "feature_names_in_", "n_iter_", "n_samples_seen_", "t_")

# The attribute that holds all that LightGBM and XGBoost have learnt.
_PRIVATE_STATE = frozenset({"_Booster"})


@dataclass(frozen=True)
class _Settings:
    """An object by its class and its settings, or a container by its items."""

    kind: type
    values: "dict[Any, _Frozen]"
    separator: str = ""


@dataclass(frozen=True)
class _Object:
    """A value that is compared as one, without looking inside."""

    value: Any


_Frozen: TypeAlias = _Settings | _Object

# Name of what differs, and texts of its value then and now.
_Difference: TypeAlias = tuple[str, str, str]

# Index of a model within a model, and name of its attribute.
_Key: TypeAlias = tuple[int, str]

# An object that must be the same, and a frozen value that must be equal.
_Mark: TypeAlias = tuple[Any, _Frozen]


@dataclass(frozen=True, eq=False)
class FrozenParameters:
    """Parameters of an estimator at one time, as deep as they can be read.

    Settings are copied. A later change in place, of an object, a list or an array, is then
    detected. A function is compared by identity: changes of its closure or of globals are not
    detected.

    Attributes
    ----------
    settings : dict
        Frozen values, by name.

    template : object
        The object whose parameter is compared by its settings. It stays so for this object,
        even if `is_whole` becomes true of it.
    """

    settings: dict[str, _Frozen]
    template: object

    @classmethod
    def of(
        cls,
        parameters: Mapping[str, Any],
        template_name: str,
        is_whole: Callable[[Any], bool],
        template: object = None,
    ) -> Self:
        """Freeze parameters.

        Parameters
        ----------
        parameters : dict
            Values, by name.

        template_name : str
            Name of the parameter whose value may be used unchanged.

        is_whole : callable
            Tells whether this value is used unchanged. It is then compared by identity, not
            by its settings.

        template : object, default=None
            An object for which `is_whole` is not called.

        Returns
        -------
        frozen : FrozenParameters
            A copy for later comparison.
        """
        given = parameters[template_name]
        is_template = given is template or not is_whole(given)
        settings = {
            name: _Object(value) if name == template_name and not is_template else _frozen(value)
            for name, value in parameters.items()
        }
        return cls(settings, given if is_template else None)

    def difference(
        self,
        parameters: Mapping[str, Any],
        template_name: str,
        is_whole: Callable[[Any], bool],
    ) -> _Difference | None:
        """Find a parameter that has changed.

        Parameters
        ----------
        parameters, template_name, is_whole : dict, str, callable
            As in `of`.

        Returns
        -------
        difference : tuple of (str, str, str) or None
            Name, with double underscores as in ``get_params``, and texts of the value then
            and now; `None` where nothing differs.
        """
        now = self.of(parameters, template_name, is_whole, self.template)
        for name, then in self.settings.items():
            difference = _difference(name, then, now.settings[name])
            if difference is not None:
                return difference
        return None


@dataclass
class LearntState:
    """Learnt attributes of a model, to detect whether it was fitted again.

    In models that derive from scikit-learn's `BaseEstimator`, only ``fit`` sets attributes
    that end in an underscore: these must be the same objects. In other models, classes and
    columns must be equal. Steps of pipelines and models within models are compared too. Two
    changes are not detected: large arrays changed in place, and a function that now calls
    another model.

    Attributes
    ----------
    marks : dict or None
        Marks of the learnt attributes, by index of the model and name. `None` in a copy, whose
        model is a copy too: the marks are taken when the copy is first used.
    """

    marks: dict[_Key, _Mark] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, model: Any) -> Self:
        """Record the state of a model.

        Parameters
        ----------
        model : object
            Fitted model, one of its methods, or a function.

        Returns
        -------
        state : LearntState
            Its learnt state.
        """
        return cls(_learnt(model))

    def difference(self, model: Any) -> str | None:
        """Find an attribute that the model has learnt since.

        Parameters
        ----------
        model : object
            The model.

        Returns
        -------
        name : str or None
            Class and attribute; `None` where no difference is detected.
        """
        now = _learnt(model)
        if self.marks is None:
            self.marks = now
        for key in {**self.marks, **now}:
            _, name = key
            if key not in now or key not in self.marks:
                return name
            (object_then, value_then), (object_now, value_now) = self.marks[key], now[key]
            is_other = object_then is not object_now
            if is_other or _difference(name, value_then, value_now) is not None:
                return name
        return None

    def __getstate__(self) -> dict[str, None]:
        """Drop the marks: a copied model has other objects."""
        return {"marks": None}


def _frozen(value: Any, depth: int = 0) -> _Frozen:
    """Copy a setting, as far as it can be changed in place."""
    if depth >= _MAX_DEPTH or isinstance(value, type | ModuleType):
        return _Object(value)
    if hasattr(value, "get_params"):
        # Settings of settings are frozen with the objects that have them.
        own = {k: v for k, v in value.get_params(deep=True).items() if "__" not in k}
        # Compare steps before the list of steps: "pipeline__tree" says more than "steps".
        own = dict(sorted(own.items(), key=lambda item: not hasattr(item[1], "get_params")))
        return _Settings(type(value), _all_frozen(own, depth), "__")
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__"):
        return _frozen_array(np.asarray(value), depth)
    if isinstance(value, dict):
        return _Settings(dict, _all_frozen(value, depth))
    if isinstance(value, list | tuple):
        return _Settings(type(value), _all_frozen(dict(enumerate(value)), depth))
    if isinstance(value, set | frozenset):
        return _Object(frozenset(value))
    if hasattr(value, "__dict__") and not callable(value):
        return _Settings(type(value), _all_frozen(vars(value), depth), ".")
    return _Object(value)


def _all_frozen(values: Mapping[Any, Any], depth: int) -> dict[Any, _Frozen]:
    return {name: _frozen(value, depth + 1) for name, value in values.items()}


def _frozen_array(array: Array, depth: int) -> _Frozen:
    if array.ndim == 0:
        return _Object(array.item())
    if array.dtype == object:
        return _frozen(array.tolist(), depth)
    return _Object(array.copy())


def _difference(name: str, then: _Frozen, now: _Frozen) -> _Difference | None:
    """Return name and texts of what differs, as deep as it has a name; None if nothing does."""
    if then is now:
        return None
    if isinstance(then, _Settings) and isinstance(now, _Settings):
        is_same = then.kind is now.kind and then.values.keys() == now.values.keys()
        common = then.values.keys() & now.values.keys() if then.kind is now.kind else ()
        for key in [key for key in then.values if key in common]:
            path = f"{name}{then.separator}{key}"
            inner = _difference(path, then.values[key], now.values[key])
            if inner is not None and then.separator:
                return inner
            # Items of a container have no names: report the whole container.
            is_same = is_same and inner is None
    else:
        is_same = isinstance(then, _Object) and isinstance(now, _Object) and _same(then, now)
    return None if is_same else (name, _text(then), _text(now))


def _same(frozen_then: _Object, frozen_now: _Object) -> bool:
    then, now = frozen_then.value, frozen_now.value
    if then is now:
        return True
    if isinstance(then, np.ndarray) and isinstance(now, np.ndarray):
        is_float = then.dtype.kind in "fc" and now.dtype.kind in "fc"
        return np.array_equal(then, now, equal_nan=is_float)
    if isinstance(then, bool) != isinstance(now, bool):
        return False
    try:
        # NaN is the only number that differs from itself.
        return bool(then == now) or bool(then != then and now != now)
    except (TypeError, ValueError):
        return False


def _text(frozen: _Frozen) -> str:
    if isinstance(frozen, _Object) and hasattr(frozen.value, "get_params"):
        text = type(frozen.value).__name__
    elif isinstance(frozen, _Object):
        text = repr(frozen.value)
    elif frozen.kind is dict:
        inside = ", ".join(f"{key!r}: {_text(value)}" for key, value in frozen.values.items())
        text = f"{{{inside}}}"
    elif issubclass(frozen.kind, list | tuple):
        text = f"[{', '.join(_text(value) for value in frozen.values.values())}]"
    else:
        text = frozen.kind.__name__
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 3]}..."


def _learnt(model: Any) -> dict[_Key, _Mark]:
    """Return the learnt attributes of a model and of the models within it."""
    model = model.__self__ if isinstance(model, MethodType) else model
    marks: dict[_Key, _Mark] = {}
    for index, part in enumerate(_parts(model)):
        names: Iterable[str] = _FACTS
        if isinstance(part, BaseEstimator):
            names = [name for name in vars(part) if _is_learnt(name)]
        for name in names:
            value = getattr(part, name, None)
            if value is not None:
                marks[index, f"{type(part).__name__}.{name}"] = _mark(name, value)
    return marks


def _parts(model: Any) -> list[Any]:
    """Return a model and the models that are its parameters."""
    if isinstance(model, type) or not hasattr(model, "get_params"):
        return [model]
    try:
        inner = model.get_params(deep=True).values()
    except TypeError:
        # `get_params` of a class without scikit-learn's base may lack `deep`.
        return [model]
    unique = {id(part): part for part in inner if hasattr(part, "fit")}
    return [model, *unique.values()]


def _is_learnt(name: str) -> bool:
    return name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))


def _mark(name: str, value: Any) -> _Mark:
    """Return an object that must be the same, and a frozen value that must be equal."""
    if name in _FACTS:
        return None, _frozen(value)
    if isinstance(value, np.ndarray) and value.dtype != object and value.nbytes <= _MAX_BYTES:
        return None, _Object((value.shape, zlib.crc32(np.ascontiguousarray(value).tobytes())))
    if np.isscalar(value):
        # It may be a counter that the user's ``predict`` changes.
        return None, _Object(None)
    length = len(value) if isinstance(value, list | tuple | dict) else None
    return value, _Object(length)
