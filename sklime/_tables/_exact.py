"""Exact explanations of rows: exact moments, and the fits that follow from them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from sklime._exact._fidelity import judge
from sklime._exact._kernel import Kernel
from sklime._exact._model import ExactModel
from sklime._exact._tilt import Around, Tilts
from sklime._exact._weighted_scores import weighted_for_row
from sklime._explanations._pairs import Pairs
from sklime._readings._fingerprint import Fingerprint
from sklime._readings._ownership import agrees, typical_sizes
from sklime._responses._response import ModelResponse
from sklime._surrogates._causes import CAUSES
from sklime._surrogates._fit import Fit
from sklime._surrogates._solvers import Solver
from sklime._tables._encoding import TabularEncoder
from sklime._tables._exact_fidelity import N_PAIRS, judged
from sklime._tables._exact_fits import ExactMoments, exact_fits
from sklime._tables._rows import ExplainedRows
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods import AnchoredNeighborhood, BaseNeighborhood, base_points
from sklime.neighborhoods._base import Draws
from sklime.selection import Selector
from sklime.utils._magnitude import units
from sklime.utils._threads import in_threads
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray
from sklime.utils._warnings import warn

__all__ = [
    "ExactPlan",
    "Fitting",
    "explain_exactly",
    "misread",
    "original_order",
    "single_draws",
    "with_sampled",
]

# Perturbed rows in one call of the model.
_MAX_MODEL_ROWS = 2**16

# Rows, and numbers of covariances, of one chunk.
_ROWS_PER_CHUNK, _NUMBERS_PER_CHUNK = 1024, 2**22


@dataclass(frozen=True)
class Fitting:
    """How weights follow from moments.

    Attributes
    ----------
    solve : Solver
        Solver of the surrogate.

    select, max_features : callable, int
        Selector, and the maximum number of features.

    is_ranked : bool
        Whether the selector ranks by one fit on all features, or keeps all.

    are_contributions : bool
        Whether values are contributions.

    n_replicates : int
        Number of equal copies that stand for replicates.

    n_pairs : int, default=3
        Number of pairs of features of each row.
    """

    solve: Solver
    select: Selector
    max_features: int
    is_ranked: bool
    are_contributions: bool
    n_replicates: int
    n_pairs: int = N_PAIRS


@dataclass(frozen=True)
class ExactPlan:
    """A model that was read, and the distribution of the perturbed rows.

    Attributes
    ----------
    model : ExactModel
        The model under the background.

    tilts : Tilts
        Neighborhood and kernel.

    kernel : Kernel or None
        The trees, prepared for this neighborhood; `None` without trees.

    score_width : float or None
        Width of the exponential kernel where it weighs standard scores; else `None`.

    columns : ndarray of int of shape (n_responses,)
        Output of the reading for each column of the responses; -1 if it is not explained.

    encoder : TabularEncoder
        Bins and standard scores.

    neighborhood, background : BaseNeighborhood, BaseBackground
        They perturb the rows at which `explain` checks the reading.

    tolerance : float
        Largest difference between reading and model, relative to the largest response.

    scale : float
        Largest absolute response in `fit`.

    seed : int
        Seed of the perturbed rows.

    fingerprint : Fingerprint
        Of the model when it was read.

    may_miss : ndarray of bool of shape (n_features,)
        Columns that are missing in some rows of the background.
    """

    model: ExactModel
    tilts: Tilts
    kernel: Kernel | None
    score_width: float | None
    columns: IntArray
    encoder: TabularEncoder
    neighborhood: BaseNeighborhood
    background: BaseBackground
    tolerance: float
    scale: float
    seed: int
    fingerprint: Fingerprint
    may_miss: BoolArray

    def is_changed(self, response: ModelResponse) -> bool:
        """Tell whether the model is seen to be another one than `fit` read."""
        return self.fingerprint.differs(response.estimator)

    def check_unchanged(self, response: ModelResponse, method: str) -> None:
        """Tell the user if the model is no longer the one that was read.

        Parameters
        ----------
        response : ModelResponse
            The responses of the model.

        method : str
            "exact" raises an error, "auto" warns.

        Raises
        ------
        ValueError
            With "exact".
        """
        if not self.is_changed(response):
            return
        begin = f"{response.name} has been changed since fit of the explainer read it"
        if method == "exact":
            raise ValueError(f"{begin}. Call fit of the explainer again.")
        warn(
            f"{begin}: rows are sampled. Call fit of the explainer again for exact weights.",
            RuntimeWarning,
        )

    def derived(self, response: ModelResponse, rows: FloatArray) -> FloatArray:
        """Return the derived columns of rows; the model is not asked."""
        return self.model.reading.derive(response.table(rows))

    def answers(self, derived: FloatArray) -> FloatArray:
        """Return the responses of the reading, NaN in columns that are not explained.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        Returns
        -------
        responses : ndarray of shape (n_rows, n_responses)
            As the model would give them.
        """
        kernel = self.kernel
        apply = kernel.leaves_of if kernel is not None and kernel.finds_leaves_fast else None
        found = self.model.reading.answer_at(derived, apply)
        responses: FloatArray = np.where(self.columns >= 0, found[:, self.columns], np.nan)
        return responses

    def explain(
        self,
        fitting: Fitting,
        rows: FloatArray,
        derived: FloatArray,
        responses: FloatArray,
        answer_index: IntArray,
        *,
        with_errors: bool,
    ) -> ExplainedRows:
        """Explain rows.

        Parameters
        ----------
        fitting : Fitting
            How weights follow from moments.

        rows, derived : ndarray of shape (n_rows, n_features), (n_rows, n_derived)
            Rows and their derived columns.

        responses : ndarray of shape (n_rows, n_responses)
            Responses of the model at the rows.

        answer_index : ndarray of int of shape (n_rows, n_outputs)
            Column of the responses that belongs to each explained output.

        with_errors : bool
            Whether to compute the fidelity.

        Returns
        -------
        result : ExplainedRows
            The result of a row does not depend on other rows.
        """
        given = (fitting, rows, derived, responses, answer_index)
        if self.score_width is None:
            # A response that overflows is no answer; the row is reported, without NumPy's warning.
            with np.errstate(over="ignore", invalid="ignore"):
                return self._explained(*given, with_errors=with_errors)
        # The kernel gives each row another background.
        instance = self.encoder.represent(rows)
        baselines = self.tilts.around(instance).baselines
        parts = []
        for row, scores in enumerate(instance):
            model, tilts = weighted_for_row(self.model, self.tilts, scores, self.score_width)
            plan = replace(self, model=model, tilts=tilts, kernel=None)
            own: list[Any] = [array[row : row + 1] for array in given[1:]]
            with np.errstate(over="ignore", invalid="ignore"):
                explained = plan._explained(
                    fitting, *own, with_errors=with_errors, baselines=baselines[[row]]
                )
            parts.append(explained)
        return ExplainedRows.concatenate(parts)

    def _explained(
        self,
        fitting: Fitting,
        rows: FloatArray,
        derived: FloatArray,
        responses: FloatArray,
        answer_index: IntArray,
        *,
        with_errors: bool,
        baselines: FloatArray | None = None,
    ) -> ExplainedRows:
        """Explain rows whose perturbed rows come from the same background."""
        instance = self.encoder.represent(rows)
        around = self.tilts.around(instance)
        if baselines is not None:
            around = replace(around, baselines=baselines)
        outputs = self.columns[answer_index]
        # The fidelity needs all outputs.
        wanted = None if with_errors else outputs
        found = self.model.expectations(derived, around, self.kernel, wanted)
        own = found
        if with_errors:
            of_covariances = np.take_along_axis(found[1], outputs[:, None, :], axis=2)
            own = np.take_along_axis(found[0], outputs, axis=1), of_covariances
        at_rows = np.take_along_axis(responses, answer_index, axis=1)
        moments, has_answers = self._moments(around, instance, *own, at_rows)
        response_units = np.maximum(
            units(moments.means[:, None], axis=1), units(moments.responses[:, None], axis=1)
        )
        moments = moments.in_units(response_units)
        fit = exact_fits(
            moments,
            solve=fitting.solve.in_units(response_units[:, None]),
            select=fitting.select,
            max_features=fitting.max_features,
            is_ranked=fitting.is_ranked,
            are_contributions=fitting.are_contributions,
        )
        pairs, causes = None, _causes_of(moments, has_answers)
        if with_errors:
            fit, pairs, causes = judged(
                fit,
                moments,
                judge(self.model, derived, around, *found, outputs, self.seed),
                outputs,
                response_units,
                causes,
                n_pairs=fitting.n_pairs,
                are_contributions=fitting.are_contributions,
            )
        fit = _finished(fit, moments, response_units, fitting, with_errors)
        is_shared = ~self.encoder.is_binned | (around.means > 0.0)
        # The kernel leaves no weight to copies whose score is another one.
        is_thin = ~is_shared | (~moments.is_usable & self.encoder.can_differ(instance))
        evidence = np.where(around.kernel_means > 0.0, np.inf, 0.0)
        return _reported(fit, pairs, causes, is_shared, is_thin, has_answers, evidence)

    def _moments(
        self,
        around: Around,
        instance: Array,
        means: FloatArray,
        covariances: FloatArray,
        at_rows: FloatArray,
    ) -> tuple[ExactMoments, BoolArray]:
        """Return the moments of explained outputs, and the rows with finite answers."""
        flat = np.concatenate([at_rows, means, covariances.reshape(len(means), -1)], axis=1)
        has_answers = np.logical_and.reduce(np.isfinite(flat), axis=1)
        if not has_answers.all():
            for array in (means, covariances, at_rows):
                array[~has_answers] = 0.0
        moments = ExactMoments(
            means=means,
            covariances=covariances,
            encoding_means=around.means,
            variances=around.variances,
            kernel_means=around.kernel_means,
            encodings=around.tilt.encodings,
            baselines=around.baselines,
            responses=at_rows,
            is_usable=(around.variances > 0.0)
            & self.encoder.can_differ(instance)
            & (around.kernel_means > 0.0)[:, None],
        )
        return moments, has_answers

    def differs(
        self, response: ModelResponse, rows: FloatArray, responses: FloatArray, n_checks: int
    ) -> BoolArray:
        """Ask the model around rows, and tell where the reading gives something else.

        Parameters
        ----------
        response : ModelResponse
            The responses of the model.

        rows : ndarray of shape (n_rows, n_features)
            Explained rows.

        responses : ndarray of shape (n_rows, n_responses)
            Responses of the model at the rows.

        n_checks : int
            Number of perturbed rows for each row.

        Returns
        -------
        differs : ndarray of bool of shape (n_rows,)
            Rows where the reading is not the model, at the row or around it; all if the model
            has been changed.
        """
        if self.is_changed(response):
            return np.ones(len(rows), dtype=bool)
        own = self.derived(response, rows)
        differs = self._differences(own, responses[:, None]) | self.is_unlike(own)
        if n_checks == 0:
            return differs
        for block, perturbed in self._perturbed(rows, n_checks):
            flat = perturbed.reshape(-1, rows.shape[1])
            asked = response(flat).reshape(len(perturbed), n_checks, -1)
            derived = self.derived(response, flat)
            differs[block] |= self._differences(derived, asked)
            differs[block] |= self.mixes(own[block], derived, perturbed, rows[block])
        return differs

    def is_unlike(self, derived: FloatArray) -> BoolArray:
        """Tell which rows have another value where derived columns never changed in `fit`.

        The column that owns such a derived column is not known: it may be that of a level which
        no training row has.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        Returns
        -------
        is_unlike : ndarray of bool of shape (n_rows,)
            Rows whose moments are not those of the model.
        """
        columns, values = self.model.used_constants
        is_same = agrees(derived[:, columns], values, np.abs(values))
        is_unlike: BoolArray = ~np.logical_and.reduce(is_same, axis=1)
        return is_unlike

    def differs_unasked(
        self, response: ModelResponse, rows: FloatArray, derived: FloatArray, n_checks: int
    ) -> BoolArray:
        """Tell where the reading cannot be the model, without calling the model.

        Steps of the model that look at other columns or rows only where a value is missing are
        not noticed in `fit`, if no training row lacks the value.

        Parameters
        ----------
        response : ModelResponse
            The responses of the model.

        rows, derived : ndarray of shape (n_rows, n_features), (n_rows, n_derived)
            Explained rows, and their derived columns.

        n_checks : int
            Number of perturbed rows for each row with a missing value that `fit` did not see.

        Returns
        -------
        differs : ndarray of bool of shape (n_rows,)
            Rows where it is not; all if the model has been changed.
        """
        if self.is_changed(response):
            return np.ones(len(rows), dtype=bool)
        differs = self.is_unlike(derived)
        is_new = (np.isnan(rows) & ~self.may_miss).any(axis=1)
        if not is_new.any() or self._copies_all:
            return differs
        new, own = rows[is_new], derived[is_new]
        mixes = differs[is_new]
        for block, perturbed in self._perturbed(new, n_checks):
            derived = self.derived(response, perturbed.reshape(-1, rows.shape[1]))
            mixes[block] = self.mixes(own[block], derived, perturbed, new[block])
        differs[is_new] |= mixes
        return differs

    def _perturbed(self, rows: FloatArray, n_checks: int) -> Iterator[tuple[slice, FloatArray]]:
        """Yield blocks of rows, and the rows perturbed from them."""
        draws = single_draws(self.neighborhood, self.background, self.encoder, n_checks, self.seed)
        step = max(1, _MAX_MODEL_ROWS // n_checks)
        for start in range(0, len(rows), step):
            block = slice(start, start + step)
            perturbed = self.neighborhood.perturb(draws, self.encoder, rows[block])
            yield block, np.where(self.encoder.can_change, perturbed, rows[block, None, :])

    @property
    def _copies_all(self) -> bool:
        """Tell whether every derived column is a column of the table."""
        copies = self.model.reading.copies
        return copies is not None and bool((copies >= 0).all())

    def mixes(
        self, own: FloatArray, derived: FloatArray, perturbed: FloatArray, rows: FloatArray
    ) -> BoolArray:
        """Tell for which rows a derived column changes although its column is kept.

        `fit` looks for that among training values. A step that fills a missing value from other
        columns shows it only where a value is missing.

        Parameters
        ----------
        own : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        derived : ndarray of shape (n_rows * n_perturbations, n_derived)
            Derived columns of the perturbed rows.

        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Perturbed rows.

        rows : ndarray of shape (n_rows, n_features)
            Rows.

        Returns
        -------
        mixes : ndarray of bool of shape (n_rows,)
            Rows whose moments are not those of the model.
        """
        owners = self.model.owners
        if self._copies_all:
            return np.zeros(len(rows), dtype=bool)
        rows, own = rows[:, None], own[:, None]
        derived = derived.reshape(*perturbed.shape[:2], -1)
        is_kept = (perturbed == rows) | (np.isnan(perturbed) & np.isnan(rows))
        # Derived columns that no column owns are constant.
        is_kept = np.concatenate([is_kept, np.ones((*is_kept.shape[:2], 1), dtype=bool)], axis=2)
        is_same = agrees(derived, own, typical_sizes(derived, axis=1))
        mixes: BoolArray = np.logical_or.reduce(is_kept[:, :, owners] & ~is_same, axis=(1, 2))
        return mixes

    def _differences(self, derived: FloatArray, asked: FloatArray) -> BoolArray:
        """Tell for which rows the reading differs from answers, of shape (n_rows, n, n_out)."""
        found = self.answers(derived).reshape(asked.shape)
        is_read = self.columns >= 0
        found, asked = found[..., is_read], asked[..., is_read]
        is_finite = np.isfinite(found) & np.isfinite(asked)
        is_same = is_finite | (np.isnan(found) & np.isnan(asked)) | (found == asked)
        largest = np.abs(np.where(is_finite, asked, 0.0)).max(axis=(1, 2), initial=self.scale)
        gap = np.subtract(found, asked, out=np.zeros(found.shape), where=is_finite)
        gap = np.abs(gap).max(axis=(1, 2), initial=0.0)
        differs: BoolArray = ~is_same.all(axis=(1, 2)) | (gap > self.tolerance * largest)
        return differs


def single_draws(
    neighborhood: BaseNeighborhood,
    background: BaseBackground,
    encoder: TabularEncoder,
    n_draws: int,
    seed: int,
) -> Draws:
    """Draw perturbations without twins: comparisons with the model need none.

    Parameters
    ----------
    neighborhood, background, encoder : object
        Fitted parts of an explainer.

    n_draws : int
        Number of draws.

    seed : int
        Seed.

    Returns
    -------
    draws : Draws
        Replacement values, and which values are kept.
    """
    if isinstance(neighborhood, AnchoredNeighborhood):
        neighborhood = clone(neighborhood).set_params(twins=False)
    n_dimensions = neighborhood.n_dimensions(background, encoder.n_features)
    points = base_points(n_draws, n_dimensions, 1, seed=seed)
    draws: Draws = neighborhood.draw(points, background, encoder)
    return draws


def explain_exactly(
    plan: ExactPlan,
    fitting: Fitting,
    rows: FloatArray,
    derived: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    *,
    with_errors: bool,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> ExplainedRows:
    """Explain rows exactly, chunk by chunk.

    Parameters
    ----------
    plan : ExactPlan
        The model, and the distribution of perturbed rows.

    fitting, rows, derived, responses, answer_index, with_errors : object
        As in `ExactPlan.explain`.

    n_jobs, verbose : int
        Number of threads, and verbosity of joblib.

    Returns
    -------
    result : ExplainedRows
        Rows in their order. They do not depend on the chunks.
    """
    n_numbers = max(1, rows.shape[1] * plan.model.reading.n_outputs)
    step = max(1, min(_ROWS_PER_CHUNK, _NUMBERS_PER_CHUNK // n_numbers))
    chunks = [slice(start, start + step) for start in range(0, len(rows), step)]
    tasks = ((rows[c], derived[c], responses[c], answer_index[c]) for c in chunks)
    explain = partial(plan.explain, fitting, with_errors=with_errors)
    return ExplainedRows.concatenate(in_threads(explain, tasks, n_jobs=n_jobs, verbose=verbose))


def _finished(
    fit: Fit,
    moments: ExactMoments,
    response_units: FloatArray,
    fitting: Fitting,
    with_errors: bool,
) -> Fit:
    """Return fits as they are reported: contributions, in units of the response."""
    if fitting.are_contributions:
        fit = fit.as_contributions(moments.encodings - moments.baselines, moments.baselines)
    if (response_units != 1.0).any():
        fit = fit.scaled(response_units)
    return _with_replicates(fit, fitting.n_replicates) if with_errors else fit


def _with_replicates(fit: Fit, n_replicates: int) -> Fit:
    """Return fits whose replicates are all the same: nothing was drawn."""
    shape = (len(fit), n_replicates, *fit.values.shape[1:])
    same = np.broadcast_to(fit.values[:, None], shape)
    return replace(fit, left_out_values=same, reselected_values=same)


def _causes_of(moments: ExactMoments, has_answers: BoolArray) -> ObjectArray:
    """Return why fidelities are not defined, as far as that is known before they are computed."""
    causes: ObjectArray = np.full(moments.means.shape, None, dtype=object)
    causes[~moments.is_usable.any(axis=1)] = CAUSES["one value"]
    causes[moments.kernel_means == 0.0] = CAUSES["no weight"]
    causes[~has_answers] = CAUSES["no answer"]
    return causes


def _reported(
    fit: Fit,
    pairs: Pairs | None,
    causes: ObjectArray,
    is_shared: BoolArray,
    is_thin: BoolArray,
    has_answers: BoolArray,
    evidence: FloatArray,
) -> ExplainedRows:
    """Return fits with what is known of their evidence."""
    n_rows = len(fit)
    return ExplainedRows(
        fit=fit.without(~has_answers),
        # Nothing is drawn: no number of perturbed rows would be more precise.
        effective_sample_size=np.where(has_answers, evidence, 0.0),
        n_differing=np.zeros(n_rows, dtype=np.intp),
        n_perturbations=np.zeros(n_rows, dtype=np.intp),
        has_answers=has_answers,
        is_shared=is_shared,
        is_thin=is_thin & has_answers[:, None],
        fidelity_failures=causes,
        is_exact=has_answers,
        is_misread=np.zeros(n_rows, dtype=bool),
        pairs=pairs,
    )


def misread(result: ExplainedRows, differs: BoolArray) -> ExplainedRows:
    """Return results without the rows at which the reading is not the model.

    Parameters
    ----------
    result : ExplainedRows
        Exact explanations.

    differs : ndarray of bool of shape (n_rows,)
        Rows that have no exact explanation.

    Returns
    -------
    result : ExplainedRows
        NaN for these rows.
    """
    causes = result.fidelity_failures.copy()
    causes[differs] = CAUSES["misread"]
    return replace(
        result,
        fit=result.fit.without(differs),
        effective_sample_size=np.where(differs, 0.0, result.effective_sample_size),
        has_answers=result.has_answers & ~differs,
        is_exact=result.is_exact & ~differs,
        is_thin=result.is_thin & ~differs[:, None],
        fidelity_failures=causes,
        is_misread=differs,
    )


def with_sampled(
    result: ExplainedRows, sampled: ExplainedRows, differs: BoolArray, *, is_changed: bool = False
) -> ExplainedRows:
    """Put sampled explanations in the place of exact ones.

    Parameters
    ----------
    result : ExplainedRows
        Exact explanations of all rows.

    sampled : ExplainedRows
        Explanations of the rows that differ, from a sample.

    differs : ndarray of bool of shape (n_rows,)
        Rows that are sampled.

    is_changed : bool, default=False
        Whether that is because the model is another one; otherwise its reading is not the model.

    Returns
    -------
    result : ExplainedRows
        All rows, in their order.
    """
    sampled = replace(sampled, is_misread=np.full(len(sampled.fit), not is_changed))
    joined = ExplainedRows.concatenate([result.take(~differs), sampled])
    return joined.take(original_order(differs))


def original_order(differs: BoolArray) -> IntArray:
    """Return the indices that undo a split into rows that do not and rows that do differ.

    Parameters
    ----------
    differs : ndarray of bool of shape (n_rows,)
        Rows that come after all others.

    Returns
    -------
    order : ndarray of int of shape (n_rows,)
        Index of each row in the concatenation of both parts.
    """
    order: IntArray = np.argsort(np.argsort(differs, kind="stable"), kind="stable")
    return order
