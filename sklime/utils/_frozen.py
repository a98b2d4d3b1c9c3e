"""What `fit` has used: parameters, and what a model had learnt; and what differs since."""

import zlib
from dataclasses import dataclass, field
from types import MethodType, ModuleType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

__all__ = ["FrozenParameters", "LearntState"]

# Deeper than this, settings within settings are compared as objects.
_MAX_DEPTH = 8

# A text in a message is cut here.
_MAX_TEXT = 60

# Arrays up to this size are compared by their content, larger ones by being the same array.
_MAX_BYTES = 2**16

# What any model may say about what it has learnt, compared by its value.
_FACTS = ("classes_", "n_features_in_", "feature_names_in_", "n_iter_", "n_samples_seen_", "t_")

# What holds everything that LightGBM and XGBoost have learnt.
_PRIVATE_STATE = frozenset({"_Booster"})


@dataclass(frozen=True)
class _Settings:
    """An object by its class and its settings, or a container by what it holds."""

    kind: type
    values: dict
    separator: str = ""


@dataclass(frozen=True)
class _Object:
    """What can only be compared with itself."""

    value: Any


@dataclass(frozen=True, eq=False)
class FrozenParameters:
    """Parameters of an estimator at one time, as deep as they can be read.

    Settings are copied, so that it shows when an object, a list or an array that is a
    parameter is changed in place. A function is known by being the same function: what it
    reads besides its arguments is not seen.

    Attributes
    ----------
    settings : dict
        Frozen values, by name.

    template : object
        Value of the parameter that is compared by its settings, as long as it is this object,
        even if `is_whole` is true of it by now.
    """

    settings: dict
    template: object

    @classmethod
    def of(cls, parameters, template_name, is_whole, template=None):
        """Freeze parameters.

        Parameters
        ----------
        parameters : dict
            Values, by name.

        template_name : str
            The parameter that may be an object of the user's that is used as it is.

        is_whole : callable
            Tells whether it is. It is then compared with itself, not by its settings.

        template : object, default=None
            An object that is not asked for `is_whole`.

        Returns
        -------
        frozen : FrozenParameters
            What can be compared later.
        """
        given = parameters[template_name]
        is_template = given is template or not is_whole(given)
        settings = {
            name: _Object(value) if name == template_name and not is_template else _frozen(value)
            for name, value in parameters.items()
        }
        return cls(settings, given if is_template else None)

    def difference(self, parameters, template_name, is_whole):
        """Find a parameter that is not what it was.

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
            found = _difference(name, then, now.settings[name])
            if found is not None:
                return found
        return None


@dataclass
class LearntState:
    """What a fitted model holds, to tell whether it was fitted again since.

    For models that derive from scikit-learn's `BaseEstimator`, whose attributes that end in
    an underscore come from ``fit`` and from nothing else, these must be the same objects; for
    other models, classes and columns must be equal. Steps of pipelines and models within
    models count too. A model that was changed in place in large arrays only, or a function
    that asks another model since, is not seen.

    Attributes
    ----------
    found : dict or None
        What was there, by index among the models and name. `None` in a copy, whose model is
        a copy too: it is looked at when the copy is used first.
    """

    found: dict | None = field(default=None, repr=False)

    @classmethod
    def of(cls, model):
        """Look at a model.

        Parameters
        ----------
        model : object
            Fitted model, one of its methods, or a function.

        Returns
        -------
        state : LearntState
            What it holds.
        """
        return cls(_learnt(model))

    def difference(self, model):
        """Find something that the model has learnt since.

        Parameters
        ----------
        model : object
            The model.

        Returns
        -------
        name : str or None
            Class and attribute; `None` where nothing is seen to differ.
        """
        now = _learnt(model)
        if self.found is None:
            self.found = now
        for key in {**self.found, **now}:
            _, name = key
            if key not in now or key not in self.found:
                return name
            (held, then), (holds, value) = self.found[key], now[key]
            if held is not holds or _difference(name, then, value) is not None:
                return name
        return None

    def __getstate__(self):
        """Leave behind what is known by identity."""
        return {"found": None}


def _frozen(value, depth=0):
    """Copy a setting, so far as it can be changed in place."""
    if depth >= _MAX_DEPTH or isinstance(value, type | ModuleType):
        return _Object(value)
    if hasattr(value, "get_params"):
        # Without the settings of settings: these are frozen with the objects that have them.
        held = {k: v for k, v in value.get_params(deep=True).items() if "__" not in k}
        # Steps by name before the list of them, for the better name in a message.
        held = dict(sorted(held.items(), key=lambda item: not hasattr(item[1], "get_params")))
        return _Settings(type(value), _all_frozen(held, depth), "__")
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


def _all_frozen(values, depth):
    return {name: _frozen(value, depth + 1) for name, value in values.items()}


def _frozen_array(array, depth):
    if array.ndim == 0:
        return _Object(array.item())
    if array.dtype == object:
        return _frozen(array.tolist(), depth)
    return _Object(array.copy())


def _difference(name, then, now):
    """Return name and texts of what differs, as deep as it has a name; None if nothing does."""
    if then is now:
        return None
    if isinstance(then, _Settings) and isinstance(now, _Settings):
        is_same = then.kind is now.kind and then.values.keys() == now.values.keys()
        common = then.values.keys() & now.values.keys() if then.kind is now.kind else ()
        for key in [key for key in then.values if key in common]:
            inner = f"{name}{then.separator}{key}"
            found = _difference(inner, then.values[key], now.values[key])
            if found is not None and then.separator:
                return found
            # What a container holds has no name of its own: it is shown whole.
            is_same = is_same and found is None
    else:
        is_same = isinstance(then, _Object) and isinstance(now, _Object) and _same(then, now)
    return None if is_same else (name, _text(then), _text(now))


def _same(then, now):
    then, now = then.value, now.value
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


def _text(frozen):
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


def _learnt(model):
    """Return what a model and the models within have learnt, by class and attribute."""
    model = model.__self__ if isinstance(model, MethodType) else model
    found = {}
    for index, part in enumerate(_parts(model)):
        names = _FACTS
        if isinstance(part, BaseEstimator):
            names = [name for name in vars(part) if _is_learnt(name)]
        for name in names:
            value = getattr(part, name, None)
            if value is not None:
                found[index, f"{type(part).__name__}.{name}"] = _mark(name, value)
    return found


def _parts(model):
    """Return a model and the models that are its parameters."""
    if isinstance(model, type) or not hasattr(model, "get_params"):
        return [model]
    try:
        inner = model.get_params(deep=True).values()
    except TypeError:
        # A class without scikit-learn's base need not know `deep`.
        return [model]
    unique = {id(part): part for part in inner if hasattr(part, "fit")}
    return [model, *unique.values()]


def _is_learnt(name):
    return name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))


def _mark(name, value):
    """Return an object that must be the same, and a frozen value that must be equal."""
    if name in _FACTS:
        return None, _frozen(value)
    if isinstance(value, np.ndarray) and value.dtype != object and value.nbytes <= _MAX_BYTES:
        return None, _Object((value.shape, zlib.crc32(np.ascontiguousarray(value).tobytes())))
    if np.isscalar(value):
        # It may be a counter of the user's own, which ``predict`` changes.
        return None, None
    size = len(value) if isinstance(value, list | tuple | dict) else None
    return value, _Object(size)
