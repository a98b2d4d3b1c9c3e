"""Exact and sampled explanations with the same weights, for tests of what people see."""

from dataclasses import replace

import numpy as np

from sklime import ExplanationBatch
from sklime._explanations._pairs import Pairs

__all__ = ["READ", "as_exact", "with_pairs"]

READ = "Model.predict is read as 3 trees; nothing is sampled"


def as_exact(batch: ExplanationBatch, rows=slice(None), *, reason: str = READ, n_checks: int = 32):
    """Return a batch in which some rows are as if they had been computed exactly."""
    is_exact = np.zeros(len(batch), dtype=bool)
    is_exact[rows] = True
    fit = batch.internals.fit
    here = is_exact[:, None, None]
    errors = np.where(here & batch.selected, 0.0, fit.standard_errors)
    same = np.where(here[:, None], fit.values[:, None], fit.left_out_values)
    fit = replace(fit, standard_errors=errors, left_out_values=same, reselected_values=same)
    settings = replace(batch.internals.settings, method="exact", method_reason=reason)
    return replace(
        batch,
        effective_sample_size=np.where(is_exact, np.inf, batch.effective_sample_size),
        n_perturbations=np.where(is_exact, n_checks, batch.n_perturbations),
        internals=replace(batch.internals, fit=fit, settings=settings),
    )


def with_pairs(batch: ExplanationBatch, values, fidelity: float = 0.81, with_pairs: float = 0.93):
    """Return a batch with pairs (0, 1), (2, 3), ..., each with one value for all outputs."""
    n_rows, n_outputs = batch.predictions.shape
    pairs = np.arange(2 * len(values)).reshape(-1, 2)
    shape = (n_rows, len(values), n_outputs)
    return replace(
        batch,
        internals=replace(
            batch.internals,
            pairs=Pairs(
                features=np.broadcast_to(pairs, (n_rows, *pairs.shape)),
                values=np.broadcast_to(np.asarray(values, dtype=float)[:, None], shape),
                fidelity=np.full((n_rows, n_outputs), fidelity),
                fidelity_with_pairs=np.full((n_rows, n_outputs), with_pairs),
            ),
        ),
    )
