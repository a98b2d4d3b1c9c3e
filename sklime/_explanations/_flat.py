"""Explanations as flat mappings of arrays and names, as JSON has them, and back."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from sklime._explanations._internals import Internals
from sklime._explanations._pairs import Pairs
from sklime._surrogates._fit import Fit

__all__ = ["FIELDS", "PAIR_FIELDS", "flat", "nested", "of_former_name"]

# Names in the order in which they are written.
FIELDS = (
    "values",
    "standard_errors",
    "left_out_values",
    "reselected_values",
    "intercepts",
    "predictions",
    "local_predictions",
    "held_out_predictions",
    "fidelity",
    "fidelity_errors",
    "response_r2",
    "effective_sample_size",
    "n_perturbations",
    "converged",
    "failures",
    "encodings",
    "background_encodings",
    "data",
    "codes",
    "responses",
    "explained",
    "row_labels",
    "feature_names",
    "output_names",
    "response_names",
    "condition_labels",
    "target",
    "is_classification",
    "n_replicates",
    "baseline",
    "fidelity_is_bound",
    "settings",
    "opposed",
    "predicted",
    "response_labels",
    "is_thin",
    "out_of_range",
    "fidelity_failures",
)

# Arrays of pairs, with their names there. They are written where they were computed.
PAIR_FIELDS = {
    "pair_features": "features",
    "pair_values": "values",
    "pair_fidelity": "fidelity",
    "pair_fidelity_with_pairs": "fidelity_with_pairs",
}
_OF_FIT = frozenset(item.name for item in fields(Fit))
_OF_INTERNALS = frozenset(item.name for item in fields(Internals)) - {"fit", "pairs"}

# Attributes that have another name in JSON.
_ATTRIBUTES = {
    "explained": "output_index",
    "opposed": "opposed_index",
    "predicted": "predicted_index",
}
# Indices that some rows do not have.
_MAY_BE_MISSING = frozenset({"opposed", "predicted", "pair_features"})
_OF_ONE = {"failures": "failure", "row_labels": "row_label"}


def flat(explanation: Any) -> dict[str, Any]:
    """Return all arrays and names of an explanation.

    Parameters
    ----------
    explanation : Explanation, TextExplanation or ExplanationBatch
        One explanation, or rows that share their features.

    Returns
    -------
    arrays : dict
        In the order of `to_json`.
    """
    arrays = {name: _value(explanation, name) for name in FIELDS}
    pairs = explanation.internals.pairs
    if pairs is not None:
        arrays |= {name: getattr(pairs, field) for name, field in PAIR_FIELDS.items()}
    # Files have -1, which fits into any type of integer.
    missing = {name: np.maximum(arrays[name], -1) for name in _MAY_BE_MISSING & arrays.keys()}
    return arrays | missing


def _value(explanation: Any, name: str) -> Any:
    attribute = _ATTRIBUTES.get(name, name)
    if attribute in _OF_FIT:
        return getattr(explanation.internals.fit, attribute)
    if attribute in _OF_INTERNALS:
        return getattr(explanation.internals, attribute)
    if name in _OF_ONE and _OF_ONE[name] in vars(explanation):
        attribute = _OF_ONE[name]
    return getattr(explanation, attribute)


def nested(arrays: Mapping[str, Any], *, is_one: bool) -> dict[str, Any]:
    """Return the arguments of the constructor of an explanation.

    Parameters
    ----------
    arrays : mapping
        Arrays and names, as `flat` returns them. Optional are opposed outputs, thin features,
        values out of range, causes of an undefined fidelity and pairs: without them there are none.
        Without the predicted class, it is that of the largest response.

    is_one : bool
        Whether there is no axis of rows.

    Returns
    -------
    values : dict
        By name of the field.
    """
    values = {_ATTRIBUTES.get(name, name): value for name, value in arrays.items()}
    values = {**_defaults(values), **values}
    fit = Fit(**{name: values.pop(name) for name in _OF_FIT})
    pairs = None
    if PAIR_FIELDS.keys() <= values.keys():
        pairs = Pairs(**{field: values.pop(name) for name, field in PAIR_FIELDS.items()})
    of_internals = {name: values.pop(name) for name in _OF_INTERNALS}
    internals = Internals(fit=fit, pairs=pairs, **of_internals)
    if is_one:
        values = {_OF_ONE.get(name, name): value for name, value in values.items()}
    return {**values, "internals": internals}


def _defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of optional fields."""
    # A row with NaN among its responses has no predicted class.
    responses = np.nan_to_num(values["responses"], nan=-np.inf)
    is_known = np.isfinite(responses).all(axis=-1) & values["is_classification"]
    return {
        "is_thin": np.zeros(np.shape(values["codes"]), dtype=bool),
        "out_of_range": np.zeros(np.shape(values["codes"]), dtype=np.int8),
        "fidelity_failures": np.full(np.shape(values["fidelity"]), None, dtype=object),
        "opposed_index": np.full(np.shape(values["output_index"]), -1),
        "predicted_index": np.where(is_known, responses.argmax(axis=-1), -1)[()],
        "response_labels": values["response_names"],
    }


def of_former_name(explanation: Any, name: str) -> Any:
    """Return the value of an attribute that has moved to the internals.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        Explanation.

    name : str
        Former name of the attribute.

    Returns
    -------
    value : object
        Value that has this name in JSON; `None` for the index of a predicted class where there is
        no such class.

    Raises
    ------
    AttributeError
        For any other name.
    """
    is_former = name in _OF_INTERNALS or name in _ATTRIBUTES or name in _OF_ONE or name in _OF_FIT
    if is_former and "internals" in vars(explanation):
        value = _value(explanation, name)
        is_class = _ATTRIBUTES.get(name, name) == "predicted_index"
        return None if is_class and _has_no_class(explanation, value) else value
    raise AttributeError(f"{type(explanation).__name__!r} object has no attribute {name!r}")


def _has_no_class(explanation: Any, predicted: Any) -> bool:
    """Tell whether there are no classes, or one row has none."""
    return not explanation.is_classification or (np.ndim(predicted) == 0 and predicted < 0)
