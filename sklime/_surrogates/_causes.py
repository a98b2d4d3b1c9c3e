"""Words for the causes of an undefined fidelity."""

import numpy as np

from sklime.utils._types import BoolArray, FloatArray, ObjectArray

__all__ = ["CAUSES", "undefined_fidelity"]

CAUSES = {
    "no answer": "the model gave no number for it or for its copies",
    "no surrogate": "Shapley values add up to the answer and need no surrogate",
    "no parts": "there is nothing that could be removed",
    "one copy": "a single part has a single copy, the one without it",
    "no spare copy": "it has no more copies than the fit has weights, so any answers fit exactly",
    "one value": "the training rows leave nothing to change, each column has one value or bin",
    "no difference": "none of the copies differs from it",
    "no weight": "the kernel leaves no weight to the copies that differ",
    "constant": "the model is constant here",
    "no effect": "the mean answers vary too little to measure it",
    "misread": "the model gives other answers here than its reading",
    "rounding": "the model's answers differ by less than 1e-12 of their size, as rounding may",
}


def undefined_fidelity(
    fidelity: FloatArray,
    response_r2: FloatArray,
    F: FloatArray,
    w: FloatArray | None,
    effective_sample_size: FloatArray,
    differs: BoolArray,
    is_thin: BoolArray | None = None,
) -> ObjectArray:
    """Return why fidelities are NaN, in words.

    Parameters
    ----------
    fidelity, response_r2 : ndarray of shape (n_rows, n_outputs)
        R2 against the mean response given the conditions, and against single responses; NaN
        where they are not defined.

    F : ndarray of shape (n_rows, n_perturbations, n_outputs)
        Responses at the perturbed rows.

    w : ndarray of shape (n_rows, n_perturbations), or None
        Kernel weights; `None` for ones.

    effective_sample_size : ndarray of shape (n_rows,)
        Effective number of perturbed rows that differ from the explained row.

    differs : ndarray of bool of shape (n_rows, n_perturbations)
        Perturbed rows that differ from the explained row.

    is_thin : ndarray of bool of shape (n_rows, n_features), default=None
        Features with too few perturbed rows that differ in them; `None` for none.

    Returns
    -------
    causes : ndarray of object of shape (n_rows, n_outputs)
        Words from `CAUSES`; `None` where the fidelity is defined.
    """
    causes: ObjectArray = np.full(fidelity.shape, None, dtype=object)
    for row, output in np.argwhere(np.isnan(fidelity)):
        # Rows without weight do not enter R2, so they must not make a response look variable.
        is_weighed = slice(None) if w is None else w[row] > 0.0
        answers = F[row, is_weighed, output]
        if not differs[row].any():
            # Columns that could change, but have hardly done so, are thin.
            is_one_value = is_thin is None or not is_thin[row].any()
            cause = "one value" if is_one_value else "no difference"
        elif effective_sample_size[row] == 0.0:
            cause = "no weight"
        elif not np.isnan(response_r2[row, output]):
            cause = "no effect"
        else:
            cause = "rounding" if answers.size and np.ptp(answers) > 0.0 else "constant"
        causes[row, output] = CAUSES[cause]
    return causes
