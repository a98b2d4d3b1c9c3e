"""Explanations as what shap's plots take."""

from numbers import Real

import numpy as np

from sklime._explanations._global import documents_by_words
from sklime._explanations._json import is_one_row, one_row
from sklime.utils._optional import import_optional

__all__ = ["shap_explanation"]


def shap_explanation(explanations, index=None):
    """Return explanations as what shap's plots take.

    Parameters
    ----------
    explanations : Explanation or ExplanationBatch
        One or many; of documents, words of all of them make the columns.

    index : int, default=None
        Which explained output; `None` is all of them.

    Returns
    -------
    explanations : shap.Explanation
        Values, weights times encoding, add up to local predictions.
    """
    shap = import_optional("shap", "to_shap")
    if not is_one_row(explanations) and not explanations.shares_features:
        feature_names, values, data = documents_by_words(explanations)
        base_values, codes = explanations.intercepts, None
    else:
        arrays = one_row(explanations)
        feature_names, data, codes = list(arrays["feature_names"]), arrays["data"], arrays["codes"]
        values = arrays["values"] * arrays["encodings"][:, :, None]
        base_values = arrays["intercepts"]
    output_names = [str(name) for name in explanations.output_names]
    if index is None and len(output_names) == 1:
        index = 0
    if index is not None:
        values, base_values = values[:, :, index], base_values[:, index]
        output_names = output_names[index]
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


def _numeric_data(data, codes):
    """Return rows of a mixed table as numbers, for colors: levels by their indices."""
    columns = [
        column.astype(np.float64) if _holds_numbers(column) else of_levels
        for column, of_levels in zip(data.T, codes.T)
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _holds_numbers(column):
    return all(isinstance(value, Real | np.bool_) for value in column)
