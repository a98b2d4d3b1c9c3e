"""Explanations as objects of the package shap."""

from numbers import Real
from typing import Any

import numpy as np

from sklime._explanations._global import documents_by_words
from sklime._explanations._json import is_one_row, one_row
from sklime.utils._optional import import_optional
from sklime.utils._types import Array, FloatArray

__all__ = ["shap_explanation"]


def shap_explanation(explanations: Any, index: int | None = None) -> Any:
    """Return explanations for the plots of shap.

    Parameters
    ----------
    explanations : Explanation or ExplanationBatch
        One or many; of documents, the words of all of them are the columns.

    index : int, default=None
        Index of the explained output; `None` is all of them.

    Returns
    -------
    explanations : shap.Explanation
        Values, weights times encoding, add up to local predictions.
    """
    codes: Any = None
    shap = import_optional("shap", "to_shap")
    if not is_one_row(explanations) and not explanations.shares_features:
        feature_names, values, data = documents_by_words(explanations, "to_shap")
        base_values = explanations.intercepts
    else:
        arrays = one_row(explanations)
        feature_names, data, codes = list(arrays["feature_names"]), arrays["data"], arrays["codes"]
        # shap expects values that add up to the prediction; weights of standard scores do not.
        values = arrays["values"] * arrays["encodings"][:, :, None]
        base_values = arrays["intercepts"]
    output_names: Any = [str(name) for name in explanations.output_names]
    if index is None and len(output_names) == 1:
        index = 0
    if index is not None:
        values, base_values = values[:, :, index], base_values[:, index]
        output_names = output_names[index]
    # shap colors dots by numbers, and shows `display_data` in place of them.
    is_numeric = data.dtype.kind in "biuf"
    made = shap.Explanation(
        values=np.array(values),
        base_values=base_values.copy(),
        data=data.copy() if is_numeric else _numeric_data(data, codes),
        display_data=None if is_numeric else data.copy(),
        feature_names=feature_names,
        output_names=output_names,
    )
    return made[0] if is_one_row(explanations) else made


def _numeric_data(data: Array, codes: Array) -> FloatArray:
    """Return rows of a mixed table as numbers, which shap needs for colors: levels as indices."""
    columns = [
        column.astype(np.float64) if _holds_numbers(column) else of_levels
        for column, of_levels in zip(data.T, codes.T)
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _holds_numbers(column: Array) -> bool:
    return all(isinstance(value, Real | np.bool_) for value in column)
