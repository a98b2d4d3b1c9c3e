"""Explain documents: mask, ask, weigh, fit, one document after the other."""

import warnings
from dataclasses import dataclass, fields
from hashlib import blake2b

import numpy as np

from sklime._gram import jackknife_r2, pooled_r2, scatter_about_mean
from sklime._masks._control_variates import fit_control_models, largest_sample
from sklime._masks._fit import mask_fits, ridge_penalty
from sklime._masks._kernel import kernel_table, mask_distances
from sklime._surrogates._causes import CAUSES, undefined_fidelity
from sklime._surrogates._evidence import effective_sample_sizes, min_differing
from sklime._surrogates._local_fit import LocalSamples, local_fits
from sklime._text._response import CountPath, DocumentResponse
from sklime.neighborhoods import MaskDistribution, MaskSample, n_kept
from sklime.selection import no_features
from sklime.utils._magnitude import units
from sklime.utils._text import listed
from sklime.utils._threads import in_threads, one_blas_thread

__all__ = [
    "ExplainedDocument",
    "TextPlan",
    "explain_documents",
    "mask_distances",
    "predicted_classes",
    "warn_unreliable",
]

# Below this, weights rest on a handful of masks.
MIN_EFFECTIVE_SAMPLE_SIZE = 10.0

# Masks that are free, because only the control model is asked about them: as many as make their
# variance this part of the variance of what the control model leaves, and no fewer than some. No
# more than so many, or so many times those that cost a model call, or so many numbers.
_FREE_OF_NOISE = 32
_MIN_FREE = 4096
_N_FREE = 2**14
_FREE_PER_PERTURBATION = 8
_MAX_FREE_CELLS = 10 * 2**20
_FREE_STREAM = 1

# Characters, or numbers in masks, that come together before the model is asked about them.
_MAX_PENDING = 2**22

# Surrogates that are fitted to the masks themselves get at most this many parts.
MAX_REFITTED_PARTS = 1000

# Characters of a document that an error shows.
_SHOWN = 60

# Whatever a model raises: it is not ours, and the user has asked to go on.
_MODEL_ERRORS = (Exception,)


@dataclass(frozen=True)
class TextPlan:
    """Everything that explaining a document takes, besides the document.

    Attributes
    ----------
    response : DocumentResponse
        Asks the model.

    count_path : CountPath or None
        The way around its vectorizer.

    mask_token : str or None
        What stands for a removed token.

    keep : float or None
        Distribution of the masks.

    kernel, width, metric : callable, float or None, str or callable
        Proximity; `None` for the width that goes with the metric.

    n_perturbations, n_replicates, seed : int
        Sample.

    control_variates : bool
        Whether to use control models.

    surrogate : estimator or None
        Regressor.

    has_errors : bool
        Whether to compute standard errors and fidelity.

    on_error : {"raise", "warn"}
        What to do where the model fails.
    """

    response: DocumentResponse
    count_path: CountPath | None
    mask_token: str | None
    keep: float | None
    kernel: object
    width: float | None
    metric: object
    n_perturbations: int
    n_replicates: int
    seed: int
    control_variates: bool
    surrogate: object
    has_errors: bool
    on_error: str


@dataclass(frozen=True)
class ExplainedDocument:
    """What explaining one document gives; see `ExplanationBatch` for the meaning of arrays.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (n_parts, n_outputs)
        Weights.

    left_out_values, reselected_values : ndarray of shape (n_replicates, n_parts, n_outputs)
        Weights without each replicate.

    intercepts, local_predictions, held_out_predictions, fidelity, fidelity_errors : ndarray of \
            shape (n_outputs,)
        Of the local fit.

    fidelity_failures : ndarray of object of shape (n_outputs,)
        Why the fidelity is not defined, in words; `None` where it is.

    effective_sample_size : float
        Of the masks that remove a part, by their kernel weights; NaN without parts.

    n_perturbations : int
        Number of masks.

    is_exact : bool
        Whether those were all masks that there are.

    is_thin : bool
        Whether too few masks remove each part for it to get a weight.

    responses, explained : ndarray of shape (n_columns,), of shape (n_outputs,)
        Answer of the model, and which of it is explained.

    predicted : int
        Which class is predicted; -1 for none.

    failure : str or None
        Why there is no explanation.
    """

    values: np.ndarray
    standard_errors: np.ndarray
    left_out_values: np.ndarray
    reselected_values: np.ndarray
    intercepts: np.ndarray
    local_predictions: np.ndarray
    held_out_predictions: np.ndarray
    fidelity: np.ndarray
    fidelity_errors: np.ndarray
    fidelity_failures: np.ndarray
    effective_sample_size: float
    n_perturbations: int
    is_exact: bool
    is_thin: bool
    responses: np.ndarray
    predicted: int
    explained: np.ndarray
    failure: str | None


def explain_documents(plans, splits, selectors, predicted, explained_in, *, n_jobs=None, verbose=0):
    """Explain documents, each on its own.

    Parameters
    ----------
    plans : list of TextPlan
        How to explain each document.

    splits : list of SplitDocument
        Documents.

    selectors : list of (callable, int)
        Selector of each document, and how many parts it is to keep.

    predicted : sequence of int or None
        Predicted class of each document; `None` for the one of its largest answer.

    explained_in : callable
        From predicted classes, of shape (1,), to which of the answers are explained.

    n_jobs : int, default=None
        Number of threads.

    verbose : int, default=0
        Verbosity of joblib.

    Returns
    -------
    results : list of ExplainedDocument
        In the order of the documents.
    """
    tasks = (
        (plan, split, *selector, index, explained_in)
        for plan, split, selector, index in zip(plans, splits, selectors, predicted)
    )
    return in_threads(_explain_document, tasks, n_jobs=n_jobs, verbose=verbose)


def predicted_classes(plan, texts):
    """Return which class is predicted for each document.

    Parameters
    ----------
    plan : TextPlan
        How to ask.

    texts : list of str
        Documents.

    Returns
    -------
    indices : list of int or None
        `None` where ``predict`` is not what says it; -1 where the model fails.
    """
    if not plan.response.asks_predict:
        return [None] * len(texts)
    try:
        return plan.response.predicted_indices(texts).tolist()
    except _MODEL_ERRORS:
        if plan.on_error == "raise":
            raise
        if len(texts) == 1:
            return [-1]
    return [index for text in texts for index in predicted_classes(plan, [text])]


def warn_unreliable(results, labels, model_name):
    """Warn of documents whose explanation is missing or rests on too little.

    Parameters
    ----------
    results : list of ExplainedDocument
        What was computed.

    labels : ndarray of shape (n_documents,)
        What the user calls the documents.

    model_name : str
        What to call the model.
    """
    failed = [index for index, result in enumerate(results) if result.failure is not None]
    if failed:
        warnings.warn(
            f"{model_name} failed on documents {listed(labels[failed])}, whose explanations are "
            f"NaN. The first time: {results[failed[0]].failure}",
            RuntimeWarning,
            stacklevel=4,
        )
    # Of all masks that there are, few are enough.
    few = [
        index
        for index, result in enumerate(results)
        if not result.is_thin
        and result.effective_sample_size < (0.5 if result.is_exact else MIN_EFFECTIVE_SAMPLE_SIZE)
    ]
    if few:
        least = min(results[index].effective_sample_size for index in few)
        warnings.warn(
            f"Documents {listed(labels[few])} have an effective sample size below "
            f"{MIN_EFFECTIVE_SAMPLE_SIZE:.0f} texts (the least is {least:.3g}), too few to rest "
            "weights on. Raise kernel_width.",
            UserWarning,
            stacklevel=4,
        )


def _explain_document(plan, split, select, max_features, predicted, explained_in):
    try:
        masks, answers, sizes = _asked(plan, split)
    except _MODEL_ERRORS as error:
        if plan.on_error == "raise":
            raise
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        return _failed(plan, split, explained_in, None, reason)
    if not np.isfinite(answers).all():
        reason = f"{plan.response.name} returned NaN or infinity for it or for texts made from it."
        if plan.on_error == "raise":
            raise ValueError(
                f"{reason} Check the model on {split.document[:_SHOWN]!r}, or pass on_error='warn'."
            )
        return _failed(plan, split, explained_in, answers[0], reason)
    if predicted is None:
        predicted = plan.response.largest(answers[:1])[0]
    explained = explained_in(np.array([predicted]))[0]
    instance = answers[0, explained]
    if masks is None:
        return _without_parts(plan, answers[0], predicted, explained)
    # Measured from its value at the document, a constant response is exactly zero.
    F = answers[1:, explained] - instance
    table = kernel_table(masks, kernel=plan.kernel, width=plan.width, metric=plan.metric)
    is_ridge = ridge_penalty(plan.surrogate) is not None
    has_moments = is_ridge and (plan.control_variates or masks.is_exact)
    fit = _fit_in_closed_form if has_moments else _fit_to_masks
    options = {"sizes": sizes, "select": select, "max_features": max_features}
    n_removed = np.concatenate([split.n_parts - n_kept(block) for _, _, block in masks.blocks()])
    differs = n_removed > 0
    # Parts are alike: each is removed by the same share of the masks, but for chance.
    is_thin = n_removed.sum() < split.n_parts * min_differing(masks.n_masks)
    is_thin = bool(is_thin and not masks.is_exact)
    if is_thin:
        options["select"] = no_features
    with one_blas_thread():
        fitted = fit(plan, masks, F, instance, table, **options)
    w = _weights(masks, table)
    size = effective_sample_sizes(w[None], differs[None])[0]
    if size == 0.0 or (masks.is_exact and not _tells_parts_apart(masks.distribution, table)):
        # A fit that no mask could contradict cannot be judged.
        size, fitted["fidelity"] = 0.0, np.full(len(explained), np.nan)
    return ExplainedDocument(
        **fitted,
        fidelity_failures=_causes(plan, fitted["fidelity"], F, w, size, differs),
        effective_sample_size=size,
        n_perturbations=masks.n_masks,
        is_exact=masks.is_exact,
        is_thin=is_thin,
        responses=answers[0],
        predicted=predicted,
        explained=explained,
        failure=None,
    )


def _causes(plan, fidelity, F, w, size, differs):
    """Say why fidelities are not defined."""
    causes = np.full(fidelity.shape, None, dtype=object)
    if not plan.has_errors:
        return causes
    if np.count_nonzero(differs) == 1:
        causes[np.isnan(fidelity)] = CAUSES["one copy"]
        return causes
    fidelity = fidelity[None]
    return undefined_fidelity(
        fidelity, fidelity, F[None], w[None], np.array([size]), differs[None]
    )[0]


def _asked(plan, split):
    """Return the masks of a document, and the answers about it and about each mask."""
    if split.n_parts == 0:
        return None, plan.response([split.document]), None
    distribution = MaskDistribution(split.n_parts, plan.keep)
    if distribution.n_possible <= plan.n_perturbations:
        masks = MaskSample.all_of(distribution)
    else:
        masks = MaskSample.of(distribution, plan.n_perturbations, plan.n_replicates, plan.seed)
    asker = _Asker(plan, split)
    asker.add(np.ones((1, split.n_parts), dtype=bool))
    for _, _, block in masks.blocks():
        asker.add(block)
    return masks, asker.answers(), asker.sizes()


class _Asker:
    """Asks the model about masked documents, about each different one once."""

    def __init__(self, plan, split):
        self.plan = plan
        self.split = split
        self.counts = self._counts()
        self.indices = []
        self.known = {}
        self.pending = []
        self.size = 0
        self.found = []

    def _counts(self):
        """Return the counts of the parts, where the vectorizer can be left out."""
        if self.plan.count_path is None or self.plan.mask_token is not None:
            return None
        return self.plan.count_path.counts_of(self.split)

    def add(self, masks):
        """Ask about some masks, sooner or later.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            Masks; they are asked about when enough of them have come together.
        """
        if self.counts is None:
            items = keys = self.split.texts(masks, self.plan.mask_token)
            keys = [blake2b(key.encode("utf-8", "surrogatepass")).digest() for key in keys]
            sizes = [len(item) for item in items]
        else:
            items, sizes = masks, [masks.shape[1]] * len(masks)
            keys = [row.tobytes() for row in np.packbits(masks, axis=1)]
        for item, key, size in zip(items, keys, sizes):
            if key not in self.known:
                self.known[key] = len(self.known)
                self.pending.append(item)
                self.size += size
                if self.size >= _MAX_PENDING:
                    self._flush()
            self.indices.append(self.known[key])

    def answers(self):
        """Return the answers about all masks, in the order in which they were added.

        Returns
        -------
        answers : ndarray of shape (n_masks, n_responses)
            Answers.
        """
        if self.pending:
            self._flush()
        return np.concatenate(self.found)[self.indices]

    def sizes(self):
        """Return how much each part adds to the length of a text, as far as that is known.

        Returns
        -------
        sizes : ndarray of shape (n_parts,)
            0 for a part that the model does not see; ones where nothing is known.
        """
        if self.counts is None:
            return np.ones(self.split.n_parts)
        sizes = self.plan.count_path.sizes(self.counts)
        return sizes if sizes.any() else np.ones(self.split.n_parts)

    def _flush(self):
        if self.counts is None:
            self.found.append(self.plan.response(self.pending))
        else:
            self.found.append(self.plan.count_path.ask(self.counts, np.stack(self.pending)))
        self.pending, self.size = [], 0


def _weights(masks, table):
    """Return the weight of each mask, times its probability where those differ."""
    w = np.concatenate([table[n_kept(block)] for _, _, block in masks.blocks()])
    return w if masks.probabilities is None else w * masks.probabilities * masks.n_masks


def _tells_parts_apart(distribution, table):
    """Tell whether all masks together, as they are weighed, determine the weight of each part."""
    total, first, second = distribution.moments(table)
    return total > first if distribution.n_parts == 1 else first > second


def _fit_in_closed_form(plan, masks, F, instance, table, *, sizes, select, max_features):
    """Fit from expected moments of the masks, and moments of the response."""
    unit = units(F + instance, axis=0)
    F, instance = F / unit, instance / unit
    gram = masks.distribution.moments(table)
    w = _weights(masks, table)
    models = None
    if not masks.is_exact and w.any() and np.ptp(F, axis=0).any():
        models = _control_models(masks, F + instance, w, sizes)
    moments, squares, left = _moments(masks, F, instance, w, models)
    if models is not None:
        # With fewer masks than words nothing can tell all words apart. What ridge regression
        # would then leave of a weight is about this share; so it is for what is left here.
        shrunk = min(1.0, masks.n_masks / np.count_nonzero(sizes))
        of_all = moments[:, -1:] * (gram.first / max(gram.total, np.finfo(float).tiny))
        moments[:, :-1] = of_all + shrunk * (moments[:, :-1] - of_all)
        n_free = _n_free(masks, models, w, left)
        moments += _free_moments(plan, masks, models, instance, table, gram, n_free)
    fits = mask_fits(
        gram,
        moments,
        squares,
        instance,
        select=select,
        max_features=max_features,
        alpha=_penalty(plan, masks),
        n_left_out=plan.n_replicates if plan.has_errors else 0,
    )
    fidelity = fidelity_errors = np.full(instance.shape, np.nan)
    if plan.has_errors:
        fidelity, fidelity_errors = _held_out_r2(masks, F + instance, w, fits)
    arrays = {item.name: getattr(fits, item.name) for item in fields(fits)}
    del arrays["left_out_intercepts"]
    if (unit != 1.0).any():
        arrays = {name: array * unit for name, array in arrays.items()}
    return {**arrays, "fidelity": fidelity, "fidelity_errors": fidelity_errors}


def _penalty(plan, masks):
    """Return the penalty of the surrogate.

    A penalty steadies what is estimated. With all copies there are nothing is, and `None` is
    least squares.
    """
    if plan.surrogate is None and masks.is_exact:
        return 0.0
    return ridge_penalty(plan.surrogate)


def _control_models(masks, F, w, sizes):
    """Fit control models to the first masks of each replicate."""
    n_fitted = largest_sample(masks.n_masks, masks.distribution.n_parts, masks.n_replicates)
    chosen, indices = [], []
    for replicate, here, block in masks.blocks():
        most = masks.bounds[replicate] + n_fitted - here.start
        chosen.append(block[: max(most, 0)])
        indices.append(np.arange(here.start, here.start + len(chosen[-1])))
    indices = np.concatenate(indices)
    bounds = np.searchsorted(indices, masks.bounds)
    return fit_control_models(np.concatenate(chosen), F[indices], w[indices], bounds, sizes)


def _moments(masks, F, instance, w, models):
    """Return weighted means, replicate by replicate: of mask times response, of its square.

    Of the response only what the control models leave is taken, where there are any; the mean
    squares of that, times the weight, come last.
    """
    n_outputs = F.shape[1]
    moments = np.zeros((masks.n_replicates, masks.distribution.n_parts + 1, n_outputs))
    squares = np.zeros((masks.n_replicates, n_outputs))
    of_left = np.zeros(n_outputs)
    for replicate, here, block in masks.blocks():
        Z, left = block.astype(np.float64), F[here]
        if models is not None:
            left = left + instance - models.predict(Z, replicate)
        weighted = w[here, None] * left
        moments[replicate, :-1] += Z.T @ weighted
        moments[replicate, -1] += weighted.sum(axis=0)
        squares[replicate] += w[here] @ F[here] ** 2
        of_left += (weighted**2).sum(axis=0)
    sizes = np.diff(masks.bounds)
    return moments / sizes[:, None, None], squares / sizes[:, None], of_left / masks.n_masks


def _n_free(masks, models, w, of_left):
    """Return how many free masks make next to no noise beside what the control models leave.

    Each output has its own number, so that its weights do not depend on the others; powers of
    two, so that few numbers differ.
    """
    of_rest = np.zeros(of_left.shape)
    for replicate, here, block in masks.blocks():
        Z = block.astype(np.float32)
        rest = models.predict(Z, replicate) - models.predict_linear(Z, replicate)
        of_rest += ((w[here, None] * rest) ** 2).sum(axis=0)
    most = min(_N_FREE, _MAX_FREE_CELLS // masks.distribution.n_parts)
    most = max(most, _FREE_PER_PERTURBATION * masks.n_masks)
    wanted = _FREE_OF_NOISE * of_rest / np.maximum(of_left, np.finfo(float).tiny)
    wanted = 2.0 ** np.round(np.log2(np.clip(wanted, _MIN_FREE, _N_FREE * masks.n_masks)))
    return np.minimum(wanted, most).astype(int)


def _free_moments(plan, masks, models, instance, table, gram, n_free):
    """Return what the moments of the control models are, at no model call.

    Those of their linear part are known; those of the rest are means over many masks.
    """
    linear = models.linear.copy()
    linear[:, -1] -= instance
    sums = linear[:, :-1].sum(axis=1, keepdims=True)
    slopes, constants = linear[:, :-1], linear[:, -1:]
    of_parts = (gram.first - gram.second) * slopes + gram.second * sums + gram.first * constants
    of_all = gram.first * sums + gram.total * constants
    moments = np.concatenate([of_parts, of_all], axis=1)
    for n_masks in np.unique(n_free).tolist():
        free = MaskSample(masks.distribution, n_masks, masks.n_replicates, plan.seed, _FREE_STREAM)
        here = np.flatnonzero(n_free == n_masks)
        sizes = np.diff(free.bounds)
        for replicate, _, block in free.blocks():
            Z = block.astype(np.float32)
            rest = models.predict(Z, replicate) - models.predict_linear(Z, replicate)
            weighted = (table[n_kept(block)] / sizes[replicate])[:, None] * rest[:, here]
            moments[replicate][:-1, here] += Z.T @ weighted.astype(np.float32)
            moments[replicate][-1, here] += weighted.sum(axis=0)
    return moments


def _held_out_r2(masks, F, w, fits):
    """Return the R2 of the fits that leave each replicate out, and its standard error."""
    shift = F[0]
    left, total, sums, squares = np.zeros((4, masks.n_replicates, F.shape[1]))
    for replicate, here, block in masks.blocks():
        slopes = fits.reselected_values[replicate]
        used = slopes.any(axis=1)
        predictions = block[:, used] @ slopes[used] + fits.left_out_intercepts[replicate]
        left[replicate] += w[here] @ (F[here] - predictions) ** 2
        total[replicate] += w[here].sum()
        sums[replicate] += w[here] @ (F[here] - shift)
        squares[replicate] += w[here] @ (F[here] - shift) ** 2
    moments = (array.sum(axis=0) for array in (left, total, sums, squares))
    r2 = pooled_r2(*moments, shift)
    if masks.is_exact:
        return r2, np.where(np.isnan(r2), np.nan, 0.0)
    fidelity, errors = jackknife_r2(left, scatter_about_mean(total, sums, squares))
    return (np.where(np.isnan(r2), np.nan, array) for array in (fidelity, errors))


def _fit_to_masks(plan, masks, F, instance, table, *, select, max_features, sizes=None):
    """Fit the surrogate to the masks themselves, as `lime` does."""
    Z = np.concatenate([block for _, _, block in masks.blocks()])
    w, bounds = _weights(masks, table), masks.bounds
    if masks.is_exact:
        # As many copies as replicates: without any of them, the fit is the same.
        n_replicates = plan.n_replicates
        Z, F, w = (np.concatenate([array] * n_replicates) for array in (Z, F, w))
        bounds = tuple(masks.n_masks * index for index in range(n_replicates + 1))
    n_parts = Z.shape[1]
    kept = _strongest_parts(Z, F, w) if n_parts > MAX_REFITTED_PARTS else np.arange(n_parts)
    Z, F = Z[:, kept], F + instance
    samples = LocalSamples(
        Z[None], F[None], F[None], None, None, w[None], np.ones((1, kept.size)), instance[None]
    )
    fits = local_fits(
        samples,
        bounds,
        select=select,
        max_features=min(max_features, kept.size),
        surrogate=plan.surrogate,
        seed=plan.seed,
        with_errors=plan.has_errors,
    )
    names = (
        "intercepts",
        "local_predictions",
        "held_out_predictions",
        "fidelity",
        "fidelity_errors",
    )
    fitted = {name: getattr(fits, name)[0] for name in names}
    for name in ("values", "standard_errors", "left_out_values", "reselected_values"):
        array = getattr(fits, name)[0]
        everywhere = np.full((*array.shape[:-2], n_parts, array.shape[-1]), _NOT_FITTED[name])
        everywhere[..., kept, :] = array
        fitted[name] = everywhere
    if masks.is_exact:
        fitted = _without_noise(fitted)
    return fitted


_NOT_FITTED = {
    "values": 0.0,
    "standard_errors": np.nan,
    "left_out_values": 0.0,
    "reselected_values": 0.0,
}


def _strongest_parts(Z, F, w):
    """Return the parts whose masks go most with any of the responses."""
    weighted = w[:, None] * (F - np.average(F, axis=0, weights=w))
    step = max(1, _MAX_PENDING // len(Z))
    strength = np.concatenate(
        [
            np.abs(Z[:, start : start + step].T.astype(np.float64) @ weighted)
            for start in range(0, Z.shape[1], step)
        ]
    )
    strength /= np.maximum(strength.max(axis=0), np.finfo(float).tiny)
    order = np.argsort(-strength.max(axis=1), kind="stable")
    return np.sort(order[:MAX_REFITTED_PARTS])


def _without_noise(fitted):
    """Make all fits without a replicate the reported one, to the last digit."""
    same = np.broadcast_to(fitted["values"], fitted["left_out_values"].shape)
    without = {
        name: np.where(np.isnan(fitted[name]), np.nan, 0.0)
        for name in ("standard_errors", "fidelity_errors")
    }
    return {**fitted, **without, "left_out_values": same, "reselected_values": same}


def _without_parts(plan, responses, predicted, explained):
    """Return the explanation of a document without any part: its prediction."""
    instance = responses[explained]
    return _unfitted(plan, 0, 0.0, instance, responses, predicted, explained, failure=None)


def _failed(plan, split, explained_in, responses, failure):
    """Return the lack of an explanation."""
    if responses is None:
        responses = np.full(plan.response.n_columns, np.nan)
    explained = explained_in(np.array([-1]))[0]
    nothing = np.full(len(explained), np.nan)
    return _unfitted(
        plan, split.n_parts, np.nan, nothing, responses, -1, explained, failure=failure
    )


def _unfitted(plan, n_parts, value, prediction, responses, predicted, explained, failure):
    n_outputs = len(explained)
    n_replicates = plan.n_replicates if plan.has_errors else 0
    left_out = np.full((n_replicates, n_parts, n_outputs), value)
    cause = CAUSES["no parts" if failure is None else "no answer"]
    return ExplainedDocument(
        values=np.full((n_parts, n_outputs), value),
        standard_errors=np.full((n_parts, n_outputs), np.nan),
        left_out_values=left_out,
        reselected_values=left_out,
        intercepts=prediction,
        local_predictions=prediction,
        held_out_predictions=prediction,
        fidelity=np.full(n_outputs, np.nan),
        fidelity_errors=np.full(n_outputs, np.nan),
        fidelity_failures=np.full(n_outputs, cause, dtype=object),
        effective_sample_size=np.nan,
        n_perturbations=0,
        is_exact=failure is None,
        is_thin=False,
        responses=responses,
        predicted=predicted,
        explained=explained,
        failure=failure,
    )
