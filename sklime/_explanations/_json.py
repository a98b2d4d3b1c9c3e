"""Explanations as JSON and back, without loss.

The file is one JSON object: ``schema``, ``version`` and ``fields``. An array is an object of
``dtype``, ``shape`` and flat ``data``; NaN is null, infinity a text. A label, of a class or of a
row, is itself where JSON has its type, else an object of ``type`` and ``value``.
"""

import json
import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from sklime._explanations._flat import PAIR_FIELDS, flat
from sklime._explanations._pairs import NO_FEATURE
from sklime._explanations._pixels import ENCODING, packed, unpacked
from sklime._explanations._settings import ExplainerSettings
from sklime.utils._files import write_atomically
from sklime.utils._objects import object_array
from sklime.utils._text import listed
from sklime.utils._types import Array, IntArray

__all__ = [
    "is_one_row",
    "one_row",
    "read_batch",
    "read_one",
    "read_parts",
    "shared_facts",
    "write_json",
]

_Read = TypeVar("_Read")

# From an item of JSON and its name to a value; a ValueError for an item of another type.
_Check: TypeAlias = Callable[[Any, str], Any]

VERSION = 1

# Kinds of dtype and names of the axes of each array.
ARRAYS = {
    "values": ("f", ("rows", "features", "outputs")),
    "standard_errors": ("f", ("rows", "features", "outputs")),
    "left_out_values": ("f", ("rows", "replicates", "features", "outputs")),
    "reselected_values": ("f", ("rows", "replicates", "features", "outputs")),
    "intercepts": ("f", ("rows", "outputs")),
    "predictions": ("f", ("rows", "outputs")),
    "local_predictions": ("f", ("rows", "outputs")),
    "held_out_predictions": ("f", ("rows", "outputs")),
    "fidelity": ("f", ("rows", "outputs")),
    "fidelity_errors": ("f", ("rows", "outputs")),
    "response_r2": ("f", ("rows", "outputs")),
    "effective_sample_size": ("f", ("rows",)),
    "n_perturbations": ("iu", ("rows",)),
    "converged": ("b", ("rows",)),
    "failures": ("O", ("rows",)),
    "fidelity_failures": ("O", ("rows", "outputs")),
    "is_thin": ("b", ("rows", "features")),
    "out_of_range": ("i", ("rows", "features")),
    "encodings": ("f", ("rows", "features")),
    "background_encodings": ("f", ("rows", "features")),
    "data": ("biufOUMm", ("rows", "features")),
    "codes": ("iu", ("rows", "features")),
    "responses": ("f", ("rows", "responses")),
    "explained": ("iu", ("rows", "outputs")),
    "opposed": ("i", ("rows", "outputs")),
    "predicted": ("i", ("rows",)),
    "row_labels": ("biufOUMm", ("rows",)),
}
# The same of arrays that are written only where they were computed: all of them or none.
PAIR_ARRAYS = {
    "pair_features": ("i", ("rows", "pairs", "members")),
    "pair_values": ("f", ("rows", "pairs", "outputs")),
    "pair_fidelity": ("f", ("rows", "outputs")),
    "pair_fidelity_with_pairs": ("f", ("rows", "outputs")),
}
SHARED = (
    "output_names",
    "response_names",
    "response_labels",
    "target",
    "is_classification",
    "n_replicates",
    "baseline",
    "fidelity_is_bound",
    "settings",
)

_NUMBERS = re.compile(r"[<>]?(b|bool|[iu][1248]|u?int(8|16|32|64)|f[248]|float(16|32|64))")
_TEXTS = re.compile(r"[<>]U\d{1,7}")
_TIMES = re.compile(r"[<>][Mm]8\[\d{0,9}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]")
_TIME = re.compile(r"-?\d[\dT:.-]*", re.ASCII)
# A name of the time zone database or an offset; pandas would also take a path to a file.
_ZONE = re.compile(r"(?!dateutil)[A-Za-z0-9_+:-]+(/[A-Za-z0-9_+-]+)*", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_CHARACTERS = 2**24

# Arrays of pixels, which are compressed; and how much zlib can do so at most, with a margin.
_PACKED = ("image", "segments")
_MAX_COMPRESSION = 2048
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}


def write_json(explanations: Any, path: str | os.PathLike[str] | None = None) -> str | None:
    """Write one explanation or many.

    Parameters
    ----------
    explanations : Explanation or ExplanationBatch
        Explanations that are written.

    path : str or path-like, default=None
        File to write, completely or not at all; `None` returns the text.

    Returns
    -------
    text : str or None
        The text, where no file is written.

    Raises
    ------
    ValueError
        If a label is of a type that JSON cannot keep.
    OSError
        If the file cannot be written; an old file stays unchanged.
    """
    document = {"schema": f"sklime.{type(explanations).__name__}", "version": VERSION}
    if not is_one_row(explanations) and not explanations.shares_features:
        shared = shared_facts(explanations)
        document["shared"] = _plain_fields(shared)
        document["explanations"] = [_plain_fields(one_row(one)) for one in explanations]
    else:
        document["fields"] = _plain_fields(one_row(explanations))
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    if path is None:
        return text
    write_atomically(path, text)
    return None


def one_row(explanation: Any) -> dict[str, Any]:
    """Return the fields of an explanation with an axis of one row, as a batch has them.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        One explanation; a batch has the axis already.

    Returns
    -------
    arrays : dict
        Arrays and names.
    """
    arrays = flat(explanation)
    if is_one_row(explanation):
        kinds = {name: kind for name, (kind, _) in (ARRAYS | PAIR_ARRAYS).items()}
        arrays = {
            name: _stacked(value, kinds[name]) if name in kinds else value
            for name, value in arrays.items()
        }
        arrays |= {name: getattr(explanation, name) for name in _OF_KINDS[explanation.kind]}
    return arrays


def shared_facts(explanations: Any) -> dict[str, Any]:
    """Return the names and facts that all explanations of a batch share.

    Parameters
    ----------
    explanations : Explanation or ExplanationBatch
        Either.

    Returns
    -------
    facts : dict
        Names, and facts of the model and of the explainer.
    """
    internals = explanations.internals
    return {name: getattr(internals, name, getattr(explanations, name, None)) for name in SHARED}


def _stacked(value: Any, kinds: str) -> Array:
    """Put an axis of length one before the others; labels of any type stay as they are."""
    if isinstance(value, np.ndarray | np.generic) or "O" not in kinds:
        return np.asarray(value)[None]
    return object_array([value])


def read_batch(source: str | os.PathLike[str], schema: str) -> dict[str, Any]:
    """Read the arrays and names of a batch, and check that they fit together.

    Parameters
    ----------
    source : str or path-like
        Text that `write_json` returned, which begins with a brace, or the path of a file.

    schema : str
        Name of the class whose explanations are read.

    Returns
    -------
    arrays : dict
        Arrays and names.

    Raises
    ------
    ValueError
        If `write_json` does not write such a text; the message names the field.
    """
    return _read(source, schema, lambda document: _fields(document.get("fields")))


def read_one(source: str | os.PathLike[str], schema: str, kind: str) -> dict[str, Any]:
    """Read the arrays and names of one explanation.

    Parameters
    ----------
    source : str or path-like
        Text that `write_json` returned, which begins with a brace, or the path of a file.

    schema : str
        Name of the class whose explanations are read.

    kind : {"table", "text", "image"}
        Kind of the explained instance.

    Returns
    -------
    arrays : dict
        Arrays and names, without an axis of rows.

    Raises
    ------
    ValueError
        If `write_json` does not write such a text; the message names the field.
    """
    return _read(source, schema, lambda document: _one(document.get("fields"), kind))


def read_parts(
    source: str | os.PathLike[str], schema: str, kind: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Read a batch of instances, each of which has its own parts.

    Parameters
    ----------
    source : str or path-like
        Text that `write_json` returned, which begins with a brace, or the path of a file.

    schema : str
        Name of the class whose explanations are read.

    kind : {"text", "image"}
        Kind of the explained instances.

    Returns
    -------
    explanations : list of dict
        Arrays and names of each instance, without an axis of rows.

    shared : dict
        Names and facts that all instances share.

    Raises
    ------
    ValueError
        If `write_json` does not write such a text; the message names the field.
    """

    def parts(document: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        shared = document.get("shared")
        if not isinstance(shared, dict) or set(shared) != set(SHARED):
            raise _invalid(f"shared does not hold {listed(SHARED)}")
        items = _list(document.get("explanations"), "explanations")
        read = {name: _NAMES[name](item, name) for name, item in shared.items()}
        instances = [_one(item, kind) for item in items]
        for name in ("output_names", "response_names", "response_labels", "is_classification"):
            if any(instance[name] != read[name] for instance in instances):
                raise _invalid(f"{name} is not the same in all instances")
        return instances, read

    return _read(source, schema, parts)


def _read(
    source: str | os.PathLike[str], schema: str, read: Callable[[dict[str, Any]], _Read]
) -> _Read:
    """Parse a text, check its schema and version, and read the fields."""
    text = _text_of(source)
    try:
        return read(_checked_document(_parsed(text), schema))
    except RecursionError:
        raise _invalid("it is nested too deeply") from None


def _one(item: Any, kind: str) -> dict[str, Any]:
    arrays = _fields(item, _OF_KINDS[kind])
    n_rows = len(arrays["row_labels"])
    if n_rows != 1:
        raise _invalid(f"it holds {n_rows} rows where it should hold one")
    arrays.update({name: arrays[name][0] for name in (*ARRAYS, *PAIR_ARRAYS) if name in arrays})
    _CHECKS_OF_KINDS[kind](arrays)
    return arrays


def is_one_row(explanation: Any) -> bool:
    """Tell an explanation of one row from a batch.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        Either.

    Returns
    -------
    is_one_row : bool
        Whether there is no axis of rows.
    """
    return np.ndim(explanation.effective_sample_size) == 0


# Writing


def _plain_fields(arrays: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _plain_field(name, value) for name, value in arrays.items()}
    # The largest array is not written twice.
    if "left_out_values" in arrays and _is_same(arrays, "left_out_values", "reselected_values"):
        plain["reselected_values"] = {"same_as": "left_out_values"}
    return plain


def _is_same(arrays: Mapping[str, Array], first: str, second: str) -> bool:
    one, other = arrays[first], arrays[second]
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


def _plain_field(name: str, value: Any) -> Any:
    if name in _PACKED:
        return _packed_array(value)
    if isinstance(value, np.ndarray):
        return _plain_array(value, name)
    if name == "condition_labels":
        return [[_plain_label(text, name) for text in labels] for labels in value]
    if name == "spans":
        return [_plain_array(spans, name) for spans in value]
    if name == "settings":
        return asdict(value)
    if isinstance(value, tuple) and name != "target":
        return [_plain_label(label, name) for label in value]
    return _plain_label(value, name)


def _plain_array(array: Array, name: str) -> dict[str, Any]:
    flat = array.ravel()
    kind = array.dtype.kind
    if kind == "f":
        data = flat.tolist()
        for index in np.flatnonzero(~np.isfinite(flat)):
            data[index] = None if math.isnan(data[index]) else _infinity_text(data[index])
    elif kind == "M":
        data = np.datetime_as_string(flat).tolist()
    elif kind == "m":
        data = flat.view(f"{array.dtype.byteorder}i8").tolist()
    elif kind in "OU":
        data = [_plain_label(label, name) for label in flat.tolist()]
    else:
        data = flat.tolist()
    has_plain_name = kind in "biufO" and array.dtype.isnative
    dtype = array.dtype.name if has_plain_name else array.dtype.str
    return {"dtype": dtype, "shape": list(array.shape), "data": data}


def _packed_array(array: Array | None) -> dict[str, Any] | None:
    """Return an array of pixels, compressed."""
    if array is None:
        return None
    # A picture of segments has no channels, and one of numbers may have them; both are lossless.
    has_channels = array.ndim > 2
    dtype = array.dtype.name if array.dtype.isnative else array.dtype.str
    data = {"encoding": ENCODING, "data": packed(array, has_channels)}
    return {"dtype": dtype, "shape": list(array.shape), **data}


def _plain_label(label: Any, where: str) -> Any:
    kind = type(label)
    if label is None or kind in (bool, int):
        return label
    if kind is str:
        # JSON would read two surrogates, one after the other, as one character.
        return _tagged("str", _hexadecimal(label)) if _SURROGATE.search(label) else label
    if kind is float:
        return label if math.isfinite(label) else _tagged("float", _float_text(label))
    if kind in (tuple, list):
        return _tagged(kind.__name__, [_plain_label(item, where) for item in label])
    if label is pd.NaT or label is pd.NA:
        return _tagged("missing", str(label))
    if kind is pd.Timestamp and _ZONE.fullmatch(str(label.tz)):
        return _plain_timestamp(label)
    if kind in (datetime, date) and getattr(label, "tzinfo", None) is None:
        return _tagged(kind.__name__, label.isoformat())
    if isinstance(label, np.generic) and label.dtype.kind in "biufUMm":
        return _tagged("numpy", _plain_array(np.asarray(label), where))
    raise ValueError(
        f"{where} holds {label!r} of type {kind.__name__}, which JSON cannot keep. Use texts, "
        "numbers or timestamps instead: X.reset_index(drop=True) for the rows, .astype(str) for a "
        "column, before the model."
    )


def _tagged(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value}


def _plain_timestamp(stamp: pd.Timestamp) -> dict[str, Any]:
    zone = None
    if stamp.tz is not None:
        zone = str(stamp.tz)
        stamp = stamp.tz_convert("UTC").tz_localize(None)
    return _tagged("timestamp", [stamp.isoformat(), stamp.unit, zone])


def _hexadecimal(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex()


def _infinity_text(number: float) -> str:
    return "Infinity" if number > 0 else "-Infinity"


def _float_text(number: float) -> str:
    return "NaN" if math.isnan(number) else _infinity_text(number)


# Reading


def _invalid(what: str) -> ValueError:
    return ValueError(f"This is no explanation that sklime can read: {what}.")


def _text_of(source: Any) -> str:
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith("{"):
        return source.lstrip("\ufeff")
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"Pass a text or a path, not {type(source).__name__}.")
    path = os.path.expanduser(source)
    if isinstance(source, str) and not _is_file(path):
        raise _invalid(
            f"{source[:40]!r} is neither a text that begins with a brace nor the path of a file"
        )
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(f"the file is not a text in UTF-8 ({error.reason})") from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        raise _invalid(f"not JSON, or cut off ({error})") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON, where a missing number is null")


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        # Too long for a name, or with a NUL in it.
        return False


def _checked_document(document: Any, schema: str) -> dict[str, Any]:
    """Return a document of the right schema and version."""
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise _invalid("it names no schema")
    if document["schema"] != f"sklime.{schema}":
        raise _invalid(
            f"the schema is {document['schema'][:80]!r}, not 'sklime.{schema}'; read it with "
            "from_json of the class that the schema names"
        )
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise _invalid(
            f"the version is {_shown(version)}, and this sklime reads version {VERSION}; upgrade "
            "sklime if the file is newer"
        )
    return document


def _fields(items: Any, more_names: Mapping[str, _Check] = MappingProxyType({})) -> dict[str, Any]:
    """Read the fields of a batch, and further fields of some classes."""
    if not isinstance(items, dict):
        raise _invalid("it has no fields")
    names = {**_NAMES, **more_names}
    wanted = dict(ARRAYS)
    if not PAIR_FIELDS.keys().isdisjoint(items):
        wanted |= PAIR_ARRAYS
    known = {*wanted, *names}
    missing, unknown = sorted(known - set(items)), sorted(set(items) - known)
    if missing or unknown:
        what = "missing" if missing else "unknown"
        raise _invalid(f"{what} fields: {listed(missing or unknown)[:200]}")
    read = {name: check(items[name], name) for name, check in names.items()}
    lengths = _lengths(items, read)
    for name, (kinds, axes) in wanted.items():
        if items[name] == {"same_as": "left_out_values"} and name == "reselected_values":
            read[name] = read["left_out_values"]
            continue
        read[name] = _array(items[name], name, kinds, tuple(lengths[axis] for axis in axes))
    _check_indices(read)
    return read


def _lengths(items: Mapping[str, Any], read: Mapping[str, Any]) -> dict[str, int]:
    """Return the length of each axis: the numbers of names, and of labels for rows."""
    if len(read["condition_labels"]) != len(read["feature_names"]):
        raise _invalid("condition_labels and feature_names differ in length")
    shape = _shape(items["row_labels"], "row_labels")
    of_pairs = _shape(items.get("pair_features", {"shape": []}), "pair_features")
    return {
        "rows": shape[0] if shape else 0,
        "replicates": read["n_replicates"],
        "features": len(read["feature_names"]),
        "outputs": len(read["output_names"]),
        "responses": len(read["response_names"]),
        "pairs": of_pairs[1] if len(of_pairs) > 1 else 0,
        "members": 2,
    }


def _check_indices(read: Mapping[str, Any]) -> None:
    """Check that indices of names are within the names."""
    counts = np.array([len(labels) for labels in read["condition_labels"]], dtype=np.int64)
    n_responses = len(read["response_names"])
    limits = {"codes": (0, counts), "explained": (0, n_responses)}
    limits |= dict.fromkeys(("opposed", "predicted"), (-1, n_responses))
    for name, (least, limit) in limits.items():
        indices = read[name]
        if ((indices < least) | (indices >= limit)).any():
            raise _invalid(f"{name} points beyond the names")
    _check_outputs(read)
    _check_pairs(read)
    for name in ("failures", "fidelity_failures"):
        if any(reason is not None and type(reason) is not str for reason in read[name].flat):
            raise _invalid(f"{name} holds something that is neither null nor a text")
    if (np.abs(read["out_of_range"]) > 1).any():
        raise _invalid("out_of_range holds something other than -1, 0 and 1")


def _check_outputs(read: Mapping[str, Any]) -> None:
    """Check that indices of outputs agree with each other."""
    names, predicted = read["response_names"], read["predicted"]
    if len(read["response_labels"]) != len(names):
        raise _invalid("response_labels and response_names differ in length")
    if not read["is_classification"] and (predicted >= 0).any():
        raise _invalid("predicted points to a class, and there are none")
    if (read["explained"] == read["opposed"]).any():
        raise _invalid("explained and opposed point to the same output")
    is_predicted = type(read["target"]) is str and read["target"] == "predicted"
    if is_predicted and (read["explained"] != np.maximum(predicted, 0)[:, None]).any():
        raise _invalid("the explained output is not the predicted class, as target says")


def _check_pairs(read: Mapping[str, Any]) -> None:
    """Check that pairs are of two features, or of none."""
    if "pair_features" not in read:
        return
    members = read["pair_features"]
    if ((members < NO_FEATURE) | (members >= len(read["feature_names"]))).any():
        raise _invalid("pair_features points beyond the names")
    first, second = members[..., 0], members[..., 1]
    if ((first == second) & (first != NO_FEATURE)).any():
        raise _invalid("pair_features holds a pair of a feature and itself")
    if ((first == NO_FEATURE) != (second == NO_FEATURE)).any():
        raise _invalid("pair_features holds a pair of one feature")


def _array(item: Any, name: str, kinds: str, shape: tuple[int, ...]) -> Array:
    if not isinstance(item, dict) or set(item) != {"dtype", "shape", "data"}:
        raise _invalid(f"{name} is not an array of dtype, shape and data")
    data = _list(item["data"], f"{name}.data")
    dtype = _dtype(item["dtype"], name)
    if dtype.kind not in kinds:
        raise _invalid(f"{name} cannot be of dtype {item['dtype']}")
    if _shape(item, name) != shape:
        raise _invalid(f"{name} has shape {_shown(item['shape'])} where {list(shape)} fits")
    if len(data) != math.prod(shape):
        raise _invalid(f"{name} has {len(data)} data for a shape of {list(shape)}")
    return _flat_array(data, dtype, name).reshape(shape)


def _shape(item: Any, name: str) -> tuple[int, ...]:
    shape = item.get("shape") if isinstance(item, dict) else None
    if not isinstance(shape, list) or any(type(n) is not int or n < 0 for n in shape):
        raise _invalid(f"{name} has no shape of whole numbers")
    return tuple(shape)


def _dtype(text: Any, name: str) -> np.dtype[Any]:
    is_text = isinstance(text, str)
    if is_text and text == "object":
        return np.dtype(object)
    if is_text and any(pattern.fullmatch(text) for pattern in (_NUMBERS, _TEXTS, _TIMES)):
        dtype: np.dtype[Any] = np.dtype(text)
        return dtype
    raise _invalid(f"{name} has the unknown dtype {_shown(text)}")


def _flat_array(data: list[Any], dtype: np.dtype[Any], name: str) -> Array:
    """Make a one-dimensional array of numbers, texts, times or labels."""
    if dtype.kind == "O":
        return object_array([_label(item, name) for item in data])
    if dtype.kind == "U":
        # A short file could ask for a lot of memory by the width of its texts alone.
        if dtype.itemsize // 4 * len(data) > _MAX_CHARACTERS:
            raise _invalid(f"{name} asks for texts of {dtype.itemsize // 4} characters")
        return np.array(_texts([_label(item, name) for item in data], name), dtype=dtype)
    if dtype.kind == "M":
        return _times(_texts(data, name), dtype, name)
    _check_types(data, _TYPES[dtype.kind], name)
    if dtype.kind == "f":
        return _floats(data, dtype, name)
    if dtype.kind == "m":
        return _integers(data, np.dtype(f"{dtype.byteorder}i8"), name).view(dtype)
    return _integers(data, dtype, name) if dtype.kind in "iu" else np.array(data, dtype=dtype)


_TYPES: dict[str, set[type]] = {
    "f": {int, float, str, type(None)},
    "i": {int},
    "u": {int},
    "m": {int},
    "b": {bool},
}


def _check_types(data: list[Any], allowed: set[type], name: str) -> None:
    wrong = set(map(type, data)) - allowed
    if wrong:
        raise _invalid(f"{name} holds a {wrong.pop().__name__} among its data")


def _floats(data: list[Any], dtype: np.dtype[Any], name: str) -> Array:
    if not set(map(type, data)) <= {float}:
        data = [_float(item, name) for item in data]
    with np.errstate(over="ignore"):
        array = np.array(data, dtype=dtype)
    if (np.isinf(array) & np.isfinite(data)).any():
        raise _invalid(f"{name} holds a number too large for {dtype.name}")
    return array


def _float(item: Any, name: str) -> float:
    if item is None:
        return math.nan
    if isinstance(item, str) and item not in _INFINITIES:
        raise _invalid(f"{name} holds a text among its numbers")
    try:
        return _INFINITIES[item] if isinstance(item, str) else float(item)
    except OverflowError:
        raise _invalid(f"{name} holds a number too large for a float") from None


def _integers(data: list[int], dtype: np.dtype[Any], name: str) -> Array:
    limits = np.iinfo(dtype)
    if data and not (limits.min <= min(data) and max(data) <= limits.max):
        raise _invalid(f"{name} holds a number too large for {dtype.name}")
    return np.array(data, dtype=dtype)


def _texts(items: list[Any], name: str) -> list[str]:
    _check_types(items, {str}, name)
    return items


def _times(texts: list[str], dtype: np.dtype[Any], name: str) -> Array:
    if not all(text == "NaT" or _TIME.fullmatch(text) for text in texts):
        raise _invalid(f"{name} holds a text that is no time")
    try:
        return np.array(texts, dtype=dtype)
    except (ValueError, OverflowError, TypeError) as error:
        raise _invalid(f"{name} holds a text that is no time ({error})") from None


def _list(item: Any, name: str) -> list[Any]:
    if not isinstance(item, list):
        raise _invalid(f"{name} is not a list")
    return item


def _text(item: Any, name: str) -> str:
    label = _label(item, name)
    if type(label) is not str:
        raise _invalid(f"{name} holds {_shown(item)}, which is no text")
    return label


def _label(item: Any, name: str) -> Any:
    if item is None or isinstance(item, str | bool | int | float):
        return item
    if not isinstance(item, dict) or set(item) != {"type", "value"}:
        raise _invalid(f"{name} holds {_shown(item)}, which is no label")
    kind, value = item["type"], item["value"]
    if not isinstance(kind, str) or kind not in _LABEL_TYPES:
        raise _invalid(f"{name} holds a label of the unknown type {_shown(kind)}")
    try:
        return _LABEL_TYPES[kind](value, name)
    except (KeyError, TypeError, OverflowError):
        raise _invalid(f"{name} holds {_shown(item)}, which is no {kind}") from None
    except ValueError as error:
        is_ours = str(error).startswith("This is no explanation")
        raise error if is_ours else _invalid(f"{name} holds no {kind}: {error}") from None


def _numpy_scalar(value: Any, name: str) -> Any:
    return _array(value, name, "biufUMm", ())[()]


def _timestamp(value: Any, name: str) -> pd.Timestamp:
    text, unit, zone = _list(value, name)
    if not _TIME.fullmatch(text) or not (zone is None or _ZONE.fullmatch(zone)):
        raise TypeError
    stamp = pd.Timestamp(text).as_unit(unit)
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(zone)


_LABEL_TYPES: dict[str, _Check] = {
    "str": lambda value, name: bytes.fromhex(value).decode("utf-8", "surrogatepass"),
    "float": lambda value, name: {"NaN": math.nan, **_INFINITIES}[value],
    "tuple": lambda value, name: tuple(_label(item, name) for item in _list(value, name)),
    "list": lambda value, name: [_label(item, name) for item in _list(value, name)],
    "missing": lambda value, name: {"NaT": pd.NaT, "<NA>": pd.NA}[value],
    "timestamp": _timestamp,
    "datetime": lambda value, name: datetime.fromisoformat(value),
    "date": lambda value, name: date.fromisoformat(value),
    "numpy": _numpy_scalar,
}


def _replicates(item: Any, name: str) -> int:
    if type(item) is not int or item < 2:
        raise _invalid(f"{name} is {_shown(item)}, not a whole number of at least 2")
    return item


# Settings that older files do not have: all of their explanations were sampled, none of pictures.
_LATER_SETTINGS = {
    "method": "sampling",
    "method_reason": "",
    "fill": None,
    "segmenter": None,
    "pixel_range": None,
}
_METHODS = ("exact", "sampling")


def _settings(item: Any, name: str) -> ExplainerSettings:
    names = [field.name for field in fields(ExplainerSettings)]
    item = {**_LATER_SETTINGS, **item} if isinstance(item, dict) else item
    if not isinstance(item, dict) or set(item) != set(names):
        raise _invalid(f"{name} does not hold {listed(names)}")
    fixed = _text_tuple(item["fixed"], f"{name}.fixed")
    pixel_range = _pixel_range(item["pixel_range"], f"{name}.pixel_range")
    tuples = ("fixed", "pixel_range")
    read = {key: _label(value, name) for key, value in item.items() if key not in tuples}
    texts = [value for key, value in read.items() if key != "keep"]
    if not all(value is None or type(value) is str for value in texts) or read["link"] is None:
        raise _invalid(f"{name} holds something other than texts")
    if read["method"] not in _METHODS or read["method_reason"] is None:
        raise _invalid(f"{name}.method is {_shown(item['method'])}, not one of {listed(_METHODS)}")
    if read["keep"] is not None and type(read["keep"]) not in (int, float):
        raise _invalid(f"{name}.keep is {_shown(item['keep'])}, which is no number")
    return ExplainerSettings(**read, fixed=fixed, pixel_range=pixel_range)


def _pixel_range(item: Any, name: str) -> tuple[float, float] | None:
    if item is None:
        return None
    is_pair = isinstance(item, list) and len(item) == 2
    # Python compares integers of any size with a float; NaN is in no range.
    most = sys.float_info.max
    if not is_pair or not all(type(e) in (int, float) and -most <= e <= most for e in item):
        raise _invalid(f"{name} is {_shown(item)}, not two numbers")
    return float(item[0]), float(item[1])


def _truth(item: Any, name: str) -> bool:
    if type(item) is not bool:
        raise _invalid(f"{name} is {_shown(item)}, neither true nor false")
    return item


def _text_tuple(item: Any, name: str) -> tuple[str, ...]:
    return tuple(_text(text, name) for text in _list(item, name))


def _label_tuple(item: Any, name: str) -> tuple[Any, ...]:
    return tuple(_label(label, name) for label in _list(item, name))


def _baseline(item: Any, name: str) -> str:
    if item not in ("background", "other", "removed", "shapley"):
        raise _invalid(f"{name} is {_shown(item)}, no baseline")
    return str(item)


def _span_tuple(item: Any, name: str) -> tuple[IntArray, ...]:
    items = _list(item, name)
    shapes = [_shape(spans, name) for spans in items]
    return tuple(_array(spans, name, "iu", (*shape[:1], 2)) for spans, shape in zip(items, shapes))


def _check_spans(read: Mapping[str, Any]) -> None:
    """Check that the spans of parts are within the document."""
    if len(read["spans"]) != len(read["feature_names"]):
        raise _invalid("spans and feature_names differ in length")
    for spans in read["spans"]:
        is_inside = (spans >= 0) & (spans <= len(read["document"]))
        if not (is_inside.all() and (spans[:, 0] <= spans[:, 1]).all()):
            raise _invalid("spans points beyond the document")


def _picture(item: Any, name: str) -> Array | None:
    """Read compressed pixels; null where they were left out."""
    return None if item is None else _unpacked(item, name, "biuf")


def _segments(item: Any, name: str) -> Array:
    return _unpacked(item, name, "iu")


def _unpacked(item: Any, name: str, kinds: str) -> Array:
    if not isinstance(item, dict) or set(item) != {"dtype", "shape", "encoding", "data"}:
        raise _invalid(f"{name} is not an array of dtype, shape, encoding and data")
    if item["encoding"] != ENCODING or not isinstance(item["data"], str):
        raise _invalid(f"{name} is not encoded as {ENCODING}")
    dtype, shape = _dtype(item["dtype"], name), _shape(item, name)
    if dtype.kind not in kinds:
        raise _invalid(f"{name} cannot be of dtype {item['dtype']}")
    # Zlib compresses to a thousandth at best: a short text cannot ask for a lot of memory.
    if not 0 < math.prod(shape) * dtype.itemsize <= _MAX_COMPRESSION * (len(item["data"]) + 1):
        raise _invalid(f"{name} has the shape {_shown(item['shape'])}, which its data do not fit")
    try:
        return unpacked(item["data"], dtype, shape, len(shape) > 2)
    except ValueError as error:
        raise _invalid(f"{name} cannot be read: {error}") from None


def _check_picture(read: Mapping[str, Any]) -> None:
    """Check that segments are those of the weights and of the picture."""
    image, segments = read["image"], read["segments"]
    if len(np.unique(segments)) != len(read["feature_names"]):
        raise _invalid("segments and feature_names differ in length")
    if image is not None and image.shape[: segments.ndim] != segments.shape:
        raise _invalid("image and segments differ in shape")


_NAMES: dict[str, _Check] = {
    "feature_names": _text_tuple,
    "output_names": _label_tuple,
    "response_names": _label_tuple,
    "response_labels": _label_tuple,
    "condition_labels": lambda item, name: tuple(
        _text_tuple(labels, name) for labels in _list(item, name)
    ),
    "target": _label,
    "is_classification": _truth,
    "n_replicates": _replicates,
    "baseline": _baseline,
    "fidelity_is_bound": _truth,
    "settings": _settings,
}
# Fields of one kind of explanation alone.
_OF_KINDS: dict[str, dict[str, _Check]] = {
    "table": {},
    "text": {"document": _text, "spans": _span_tuple},
    "image": {"image": _picture, "segments": _segments},
}
_CHECKS_OF_KINDS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "table": lambda read: None,
    "text": _check_spans,
    "image": _check_picture,
}


def _shown(item: Any) -> str:
    """Write something for a message, however large it is."""
    text = json.dumps(item)
    return text if len(text) <= 60 else f"{text[:60]}..."
