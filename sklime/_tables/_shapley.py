"""Shapley values of rows as a batch of explanations."""

from dataclasses import dataclass, fields, replace
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._internals import Internals
from sklime._responses._codec import TableCodec
from sklime._responses._response import ModelResponse
from sklime._surrogates._causes import CAUSES
from sklime._surrogates._fit import Fit
from sklime._tables._exact import ExactPlan, original_order
from sklime._tables._groups import GroupedCodec
from sklime._tables._reliability import Reliability, failures, warn_unreliable
from sklime._tables._shapley_walks import WalkedRows, WalkPlan, shapley_walks
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray

if TYPE_CHECKING:
    from sklime._tables._explainer import LimeTabularExplainer

__all__ = ["BASELINE", "N_CALLS_PER_ROW", "AskedRows", "asked_rows", "shapley_batch"]

# Name of the comparison that Shapley values make, among those of `ExplanationBatch.baseline`.
BASELINE = "shapley"

# Rows per explained row that the model is called on, unless n_perturbations is a number.
N_CALLS_PER_ROW = 1024


def shapley_batch(explainer: "LimeTabularExplainer", X: Any) -> ExplanationBatch:
    """Return the marginal Shapley values of rows.

    Parameters
    ----------
    explainer : LimeTabularExplainer
        Fitted explainer.

    X : array-like, sparse matrix or DataFrame of shape (n_rows, n_features)
        Rows as in ``explain``.

    Returns
    -------
    batch : ExplanationBatch
        One explanation per row, with ``baseline="shapley"``.

    Raises
    ------
    ValueError
        If the model answers for no row, or `n_perturbations` is too small.
    """
    asked = asked_rows(explainer, X)
    walked = _shapley_rows(explainer, asked)
    name = asked.response.name
    _warn(walked, asked.labels, explainer._column_names, name)
    facts = explainer._facts_of_outputs()
    response_labels = facts.pop("response_labels")
    is_classification = facts.pop("is_classification")
    return ExplanationBatch(
        predictions=asked.predictions,
        responses=asked.responses[:, : len(asked.response.known_outputs)],
        effective_sample_size=_evidence(walked),
        n_perturbations=walked.n_calls,
        converged=np.ones(len(asked.rows), dtype=bool),
        failures=failures(walked, name),
        fidelity_failures=_fidelity_failures(walked, asked.predictions.shape),
        data=asked.codec.values(asked.rows),
        row_labels=asked.labels,
        feature_names=explainer._column_names,
        n_replicates=walked.replicate_values.shape[1],
        baseline=BASELINE,
        internals=_internals(explainer, asked, walked, response_labels, is_classification),
        **facts,
    )


@dataclass(frozen=True)
class AskedRows:
    """Rows of a table, the responses of the model to them, and which of these are explained.

    Attributes
    ----------
    labels : ndarray of shape (n_rows,)
        Labels of the rows.

    rows : ndarray of shape (n_rows, n_features)
        Rows as floats.

    codec, response : TableCodec or GroupedCodec, ModelResponse
        They know the levels of these rows.

    responses, predictions : ndarray of shape (n_rows, n_responses), (n_rows, n_outputs)
        All responses, and those that are explained.

    answer_index, output_index, opposed_index : ndarray of int of shape (n_rows, n_outputs)
        Columns of the responses, explained outputs, and outputs subtracted from them.

    predicted : ndarray of int of shape (n_rows,)
        Predicted class; -1 where there is none.
    """

    labels: Array
    rows: FloatArray
    codec: TableCodec | GroupedCodec
    response: ModelResponse
    responses: FloatArray
    predictions: FloatArray
    answer_index: IntArray
    output_index: IntArray
    opposed_index: IntArray
    predicted: IntArray

    def take(self, rows: BoolArray) -> "AskedRows":
        """Return some of the rows.

        Parameters
        ----------
        rows : ndarray of bool of shape (n_rows,)
            Which.

        Returns
        -------
        asked : AskedRows
            These rows.
        """
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        of_all = {name: values.pop(name) for name in ("codec", "response")}
        return AskedRows(**of_all, **{name: array[rows] for name, array in values.items()})


def asked_rows(explainer: "LimeTabularExplainer", X: Any) -> AskedRows:
    """Read rows, and call the model on them.

    Parameters
    ----------
    explainer : LimeTabularExplainer
        Fitted explainer.

    X : array-like, sparse matrix or DataFrame of shape (n_rows, n_features)
        Rows.

    Returns
    -------
    asked : AskedRows
        Rows, responses and what is explained.
    """
    table, n_rows, labels = explainer._checked(X)
    rows, codec = explainer._read_some(table, slice(0, n_rows))
    response = replace(explainer._asker, codec=codec)
    explainer._check_odd_values(response, rows, 0)
    responses = response(rows)
    predicted = explainer._predicted_classes(response, rows, responses, is_reported=True)
    output_index, opposed_index = explainer._explained_in(predicted)
    answer_index = explainer._answers_to(output_index, opposed_index)
    return AskedRows(
        labels=labels,
        rows=rows,
        codec=codec,
        response=response,
        responses=responses,
        predictions=np.take_along_axis(responses, answer_index, axis=1),
        answer_index=answer_index,
        output_index=output_index,
        opposed_index=opposed_index,
        predicted=predicted,
    )


def _shapley_rows(explainer: "LimeTabularExplainer", asked: AskedRows) -> WalkedRows:
    """Return the Shapley values of the rows: exact if the model is read, else by walks.

    Fixed columns are held at the value of each row, so that there is no one background; they
    take walks.
    """
    plan = explainer._exact
    if plan is None or not explainer._encoder.can_change.all():
        return _walked(explainer, asked)
    exact = _exact_rows(explainer, plan, asked)
    n_checks = explainer._n_checks()
    differs = plan.differs(asked.response, asked.rows, asked.responses, n_checks)
    exact = replace(exact, n_calls=np.full(len(differs), n_checks))
    if not differs.any():
        return exact
    if explainer.method == "exact":
        return _without(exact, differs)
    walked = _walked(explainer, asked.take(differs))
    is_misread = np.full(len(walked.values), not plan.is_changed(asked.response))
    walked = replace(walked, is_misread=is_misread)
    kept = exact.take(~differs)
    shape = (len(kept.values), *walked.replicate_values.shape[1:])
    same = np.broadcast_to(kept.values[:, None], shape)
    return WalkedRows.concatenate([replace(kept, replicate_values=same), walked]).take(
        original_order(differs)
    )


def _exact_rows(explainer: "LimeTabularExplainer", plan: ExactPlan, asked: AskedRows) -> WalkedRows:
    """Return the exact Shapley values of the rows."""
    with np.errstate(over="ignore", invalid="ignore"):
        values, means = plan.model.shapley_values(plan.derived(asked.response, asked.rows))
    outputs = plan.columns[asked.answer_index]
    values = np.take_along_axis(values, outputs[:, None, :], axis=2)
    flat = np.concatenate([asked.predictions, values.reshape(len(values), -1)], axis=1)
    has_answers = np.logical_and.reduce(np.isfinite(flat), axis=1)
    values[~has_answers] = np.nan
    errors = np.where(np.isnan(values), np.nan, 0.0)
    n_replicates = explainer._n_replicates()
    shape = (len(values), n_replicates, *values.shape[1:])
    bases = np.where(has_answers[:, None], means[outputs], np.nan)
    return WalkedRows(
        values=values,
        standard_errors=errors,
        replicate_values=np.broadcast_to(values[:, None], shape),
        base_values=bases,
        base_errors=np.zeros(bases.shape),
        n_calls=np.zeros(len(values), dtype=np.intp),
        has_answers=has_answers,
        is_exact=has_answers,
        is_misread=np.zeros(len(values), dtype=bool),
    )


def _without(exact: WalkedRows, differs: BoolArray) -> WalkedRows:
    """Return values without those of rows at which the reading is not the model."""
    arrays = {
        name: np.where(differs.reshape(-1, *[1] * (array.ndim - 1)), np.nan, array)
        for name, array in vars(exact).items()
        if array.dtype.kind == "f"
    }
    return replace(
        exact,
        **arrays,
        has_answers=exact.has_answers & ~differs,
        is_exact=exact.is_exact & ~differs,
        is_misread=differs,
    )


def _evidence(walked: WalkedRows) -> FloatArray:
    """Return how many model rows each row rests on: infinitely many for exact values."""
    evidence = np.where(walked.is_exact, np.inf, walked.n_calls)
    return np.where(walked.has_answers, evidence, 0.0)


def _walked(explainer: "LimeTabularExplainer", asked: AskedRows) -> WalkedRows:
    """Return the Shapley values of the rows, from walks."""
    n_calls = explainer.n_perturbations
    if n_calls is None or isinstance(n_calls, str) or explainer._exact is not None:
        n_calls = N_CALLS_PER_ROW
    plan = WalkPlan(
        response=asked.response,
        background=explainer.background_,
        can_change=explainer._encoder.can_change,
        n_calls=index(n_calls),
        n_replicates=explainer._n_replicates(),
        seed=explainer._seed,
    )
    return shapley_walks(
        plan,
        asked.rows,
        asked.responses,
        asked.answer_index,
        batch_size=explainer.batch_size,
        n_jobs=explainer.n_jobs,
        verbose=explainer.verbose,
    )


def _warn(
    walked: WalkedRows, labels: Array, feature_names: tuple[str, ...], model_name: str
) -> None:
    """Warn of rows that the model did not answer."""
    nowhere = np.zeros(len(labels), dtype=bool)
    reliability = Reliability(
        has_answers=walked.has_answers,
        is_weak=nowhere,
        effective_sample_size=walked.n_calls.astype(np.float64),
        lacks_support=nowhere,
        is_exact=walked.is_exact,
        is_misread=walked.is_misread,
        unsupported=np.zeros(len(feature_names), dtype=bool),
    )
    warn_unreliable(reliability, labels, feature_names, model_name)


def _internals(
    explainer: "LimeTabularExplainer",
    asked: AskedRows,
    walked: WalkedRows,
    response_labels: tuple[Any, ...],
    is_classification: bool,
) -> Internals:
    """Return the part of the explanations that displays and metrics read."""
    rows, encoder = asked.rows, explainer._encoder
    # A Shapley value belongs to the value, not to its bin: numbers are named by their column.
    named = replace(encoder, cuts=(None,) * encoder.n_features, edges=None)
    codes = named.condition_codes(named.represent(rows), rows)
    return Internals(
        fit=_as_fit(walked, asked.predictions),
        encodings=np.ones(rows.shape),
        background_encodings=np.zeros(rows.shape),
        codes=codes,
        condition_labels=named.labels(
            explainer._column_names, asked.codec.unseen_levels, explainer._may_miss, codes
        ),
        output_index=asked.output_index,
        opposed_index=asked.opposed_index,
        predicted_index=asked.predicted,
        is_thin=np.zeros(rows.shape, dtype=bool),
        out_of_range=encoder.out_of_range(rows),
        response_labels=response_labels,
        is_classification=is_classification,
        fidelity_is_bound=False,
        # No neighborhood and no surrogate: their parameters have no effect here.
        settings=replace(
            explainer._settings(), keep=None, neighborhood=None, discretizer=None, penalty=None
        ),
    )


def _as_fit(walked: WalkedRows, predictions: FloatArray) -> Fit:
    """Return Shapley values in the place of a local fit that meets the model at each row."""
    n_replicates = walked.replicate_values.shape[1]
    left_out = walked.values[:, None] * n_replicates - walked.replicate_values
    left_out /= n_replicates - 1
    unknown = np.full(predictions.shape, np.nan)
    fit = Fit(
        values=walked.values,
        standard_errors=walked.standard_errors,
        left_out_values=left_out,
        reselected_values=left_out,
        intercepts=walked.base_values,
        local_predictions=predictions,
        held_out_predictions=unknown,
        fidelity=unknown,
        fidelity_errors=unknown,
        response_r2=unknown,
    )
    return fit.without(~walked.has_answers).compact()


def _fidelity_failures(walked: WalkedRows, shape: tuple[int, ...]) -> ObjectArray:
    """Return why there is no fidelity, in words."""
    causes: ObjectArray = np.full(shape, CAUSES["no surrogate"], dtype=object)
    causes[~walked.has_answers] = CAUSES["no answer"]
    return causes
