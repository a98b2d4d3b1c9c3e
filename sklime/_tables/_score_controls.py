"""Control variates that are made of the score of a model, with exact moments.

For an explained row and a contrast of scores, there are three of them: the score itself, the sum of
its first-order effects in whole steps, and the link at that sum. Each is taken minus its best
linear function of the encoding, which is known exactly. What is left has mean zero and no
covariance with the encoding: to subtract any multiple of it changes no expected weight.

The multiples come from a regression on further perturbed rows, at which the reading computes the
score: the model is not asked. They do not depend on the sample that the weights are fitted to, and
so the replicates of that sample stay independent. Their spread gives honest intervals.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import expit

from sklime._exact._curved import curved_moments, rounded_to_steps
from sklime._exact._grid import Grid
from sklime._exact._tilt import Around
from sklime._responses._response import LINKS
from sklime._surrogates._controls import solved
from sklime._tables._score_contrasts import Contrasts
from sklime._tables._scores import LINKS_OF_SCORES, ScoredResponse, ScorePlan
from sklime.utils._sums import ordered_sum
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["ScoreControls"]

# Perturbed rows at which each explained row compares the reading with the scores.
_N_CHECKED = 32

# With fewer rows per parameter a regression on the encoding costs more than it gains.
_ROWS_PER_FEATURE = 4

# Controls are used if they explain this many times what pure noise would explain.
_MIN_GAIN = 3.0


@dataclass(frozen=True)
class ScoreControls:
    """The part of responses that is known to be noise: what scores tell beyond the encoding.

    Attributes
    ----------
    plan : ScorePlan
        The score of the model.

    response : ScoredResponse
        The responses.
    """

    plan: ScorePlan
    response: ScoredResponse

    def __call__(
        self,
        rows: FloatArray,
        perturbed: FloatArray,
        answers: FloatArray,
        Z: Array,
        answer_index: IntArray,
    ) -> FloatArray:
        """Return the part of the responses that is noise.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            Explained rows.

        perturbed : ndarray of shape (n_rows, n_masks * n_copies, n_features)
            Perturbed rows.

        answers : ndarray of shape (n_rows, n_masks * n_copies, n_responses + n_scores)
            Answers of `response` at the perturbed rows.

        Z : ndarray of shape (n_rows, n_masks, n_features)
            Encodings.

        answer_index : ndarray of int of shape (n_rows, n_outputs)
            Column of the responses that belongs to each explained output.

        Returns
        -------
        noise : ndarray of shape (n_rows, n_masks, n_copies, n_outputs)
            Its mean and its covariance with the encoding are 0 under the distribution of the
            perturbed rows. Zero around a row where a score is not finite, or not that of the
            reading.
        """
        derived = self.plan.exact.derived(self.response.response, rows)
        known = _KnownMoments.around(self.plan, self.response, rows, derived, answer_index)
        scores = answers[..., answers.shape[2] - self.plan.n_scores :]
        controls = known.controls(perturbed, scores, Z)
        slopes = self._slopes(known, rows, answer_index)
        noise = _products(controls.reshape(len(rows), -1, controls.shape[3]), slopes)
        is_used = np.logical_and.reduce(np.isfinite(noise), axis=(1, 2))
        is_used &= self._is_read(rows, derived, perturbed, scores)
        noise[~is_used] = 0.0
        return noise.reshape(*controls.shape[:3], -1)

    def _slopes(
        self, known: "_KnownMoments", rows: FloatArray, answer_index: IntArray
    ) -> FloatArray:
        """Return the slopes of the responses on the controls: (n_rows, n_controls, n_outputs)."""
        exact, draws = self.plan.exact, self.plan.draws
        perturbed = exact.neighborhood.perturb(draws, exact.encoder, rows)
        instance = exact.encoder.represent(rows)
        Z = exact.neighborhood.encode(draws, exact.encoder, perturbed, instance)
        perturbed = np.where(exact.encoder.can_change, perturbed, rows[:, None])
        is_shared = exact.neighborhood.is_shared
        flat = perturbed[0] if is_shared else perturbed.reshape(-1, rows.shape[1])
        response = self.response.response
        scores = exact.model.reading.answer_at(exact.derived(response, flat))
        answers = response.responses_of(LINKS_OF_SCORES[self.plan.link](scores))
        shape = (1 if is_shared else len(rows), perturbed.shape[1], -1)
        scores, answers = (
            np.broadcast_to(found.reshape(shape), (len(rows), perturbed.shape[1], found.shape[1]))
            for found in (scores, answers)
        )
        controls = known.controls(perturbed, scores, Z)[:, :, 0]
        n_changed = ((Z == 0.0) & exact.encoder.is_binned).sum(axis=2)
        # All classes decide together, explained or not: weights do not depend on the target.
        slopes = _regressed(controls, Z, answers, exact.tilts.outside**n_changed)
        return np.take_along_axis(slopes, answer_index[:, None], axis=2)

    def _is_read(
        self, rows: FloatArray, own: FloatArray, perturbed: FloatArray, scores: FloatArray
    ) -> BoolArray:
        """Tell around which rows the reading gives the scores of the model."""
        exact = self.plan.exact
        some, asked = perturbed[:, :_N_CHECKED], scores[:, :_N_CHECKED]
        derived = exact.derived(self.response.response, some.reshape(-1, some.shape[2]))
        gaps = np.abs(exact.model.reading.answer_at(derived).reshape(asked.shape) - asked)
        largest = np.abs(asked).max(axis=(1, 2), initial=exact.scale)
        is_read: BoolArray = gaps.max(axis=(1, 2)) <= exact.tolerance * largest
        return is_read & ~exact.mixes(own, derived, some, rows)


def _products(controls: FloatArray, slopes: FloatArray) -> FloatArray:
    """Multiply controls by slopes, each row as if it were alone."""
    product = np.zeros((*controls.shape[:2], slopes.shape[2]))
    for index in range(slopes.shape[1]):
        product += controls[..., index, None] * slopes[:, index, None]
    return product


def _regressed(controls: FloatArray, Z: Array, F: FloatArray, w: FloatArray) -> FloatArray:
    """Return the slopes of responses on controls, both minus what the encoding explains."""
    n_controls, n_outputs = controls.shape[2], F.shape[2]
    columns = np.concatenate([controls, F - F[:, :1]], axis=2)
    sizes = w.sum(axis=1) ** 2 / (w**2).sum(axis=1)
    constant = np.ones((*Z.shape[:2], 1))
    left = _residuals(constant, columns, w)
    n_linear = Z.shape[2] + 1
    has_many = sizes > _ROWS_PER_FEATURE * n_linear
    if has_many.any():
        linear = np.concatenate([Z[has_many], constant[has_many]], axis=2)
        left[has_many] = _residuals(linear, columns[has_many], w[has_many])
    weighted = (left[..., :n_controls] * w[..., None]).swapaxes(1, 2).copy()
    slopes = solved(weighted @ left[..., :n_controls], weighted @ left[..., n_controls:])
    n_free = sizes - np.where(has_many, n_linear, 1) - n_controls
    squares = (left[..., n_controls:] ** 2 * w[..., None]).sum(axis=1)
    after = left[..., n_controls:] - left[..., :n_controls] @ slopes
    gains = squares - (after**2 * w[..., None]).sum(axis=1)
    # Controls of pure noise would explain n_controls / n_free of what is left, on average.
    is_useful = ordered_sum(gains) * n_free > _MIN_GAIN * n_controls * ordered_sum(squares)
    is_useful &= (n_free > n_controls) & np.isfinite(slopes).all(axis=(1, 2))
    slopes[~is_useful] = 0.0
    return slopes.reshape(len(Z), n_controls, n_outputs)


def _residuals(linear: FloatArray, columns: FloatArray, w: FloatArray) -> FloatArray:
    """Return columns minus their regression on others."""
    weighted = (linear * w[..., None]).swapaxes(1, 2).copy()
    left: FloatArray = columns - linear @ solved(weighted @ linear, weighted @ columns)
    return left


@dataclass(frozen=True)
class _KnownMoments:
    """The controls around some rows, before they are evaluated.

    Attributes
    ----------
    grid : Grid or None
        Cells of the first-order effects; `None` without them.

    contrasts : Contrasts
        Pairs of scores.

    counts : ndarray of int of shape (n_rows, n_cells, n_contrasts)
        First-order effects of each contrast, in whole steps.

    tables : ndarray of shape (n_rows, N_STEPS, n_contrasts)
        The link at each number of steps.

    constants, slopes : ndarray of shape (n_rows, n_controls), (n_rows, n_features, n_controls)
        Best linear function of the encoding for each control.
    """

    grid: Grid | None
    contrasts: Contrasts
    counts: IntArray
    tables: FloatArray
    constants: FloatArray
    slopes: FloatArray

    @classmethod
    def around(
        cls,
        plan: ScorePlan,
        response: ScoredResponse,
        rows: FloatArray,
        derived: FloatArray,
        answer_index: IntArray,
    ) -> Self:
        """Find the moments around some rows."""
        exact = plan.exact
        around = exact.tilts.around(exact.encoder.represent(rows))
        at_rows = exact.model.reading.answer_at(derived)
        contrasts = Contrasts.of(at_rows, answer_index, response.response.pairs)
        means, covariances = exact.model.expectations(derived, around, exact.kernel)
        moments = [(contrasts(means[:, None])[:, 0], contrasts(covariances))]
        nothing = np.zeros((len(rows), 0, moments[0][0].shape[1]))
        grid, tables = None, nothing
        counts: IntArray = nothing.astype(np.intp)
        if plan.effects is not None:
            grid = plan.effects.grid
            masses, encoded = grid.masses_around(rows, around)
            effects = contrasts(plan.effects(derived, around))
            link = response.response.link
            counts, tables = _curves(effects, masses, moments[0][0], grid.starts, link)
            moments.append(_additive_moments(counts, masses, encoded, grid.starts, around))
            moments.append(_curved_moments(counts, tables, masses, encoded, grid.starts, around))
        of_means, of_covariances = (np.concatenate(part, axis=-1) for part in zip(*moments))
        variances = np.broadcast_to(around.variances[..., None], of_covariances.shape)
        slopes = np.divide(
            of_covariances, variances, out=np.zeros(variances.shape), where=variances > 0.0
        )
        constants = of_means - ordered_sum(around.means[..., None] * slopes, axis=1)
        return cls(grid, contrasts, counts, tables, constants, slopes)

    def controls(self, perturbed: FloatArray, scores: FloatArray, Z: Array) -> FloatArray:
        """Return the controls at perturbed rows.

        Parameters
        ----------
        perturbed : ndarray of shape (n_rows, n_masks * n_copies, n_features)
            Perturbed rows.

        scores : ndarray of shape (n_rows, n_masks * n_copies, n_scores)
            Scores at them.

        Z : ndarray of shape (n_rows, n_masks, n_features)
            Encodings.

        Returns
        -------
        controls : ndarray of shape (n_rows, n_masks, n_copies, n_controls)
            Their mean and their covariance with the encoding are 0.
        """
        values = [self.contrasts(scores)]
        if self.grid is not None:
            steps = self._steps_at(self.grid, perturbed)
            values += [steps.astype(np.float64), np.take_along_axis(self.tables, steps, axis=1)]
        linear = np.asarray(Z, dtype=np.float64) @ self.slopes + self.constants[:, None]
        both = np.concatenate(values, axis=2)
        controls: FloatArray = both.reshape(*linear.shape[:2], -1, both.shape[2])
        return controls - linear[:, :, None]

    def _steps_at(self, grid: Grid, perturbed: FloatArray) -> IntArray:
        """Return the sums of the effects, in steps."""
        # Rows of a shared sample are a view of one: their cells are found once.
        seen = perturbed[:1] if perturbed.strides[0] == 0 else perturbed
        firsts = (np.arange(len(perturbed)) * grid.n_cells)[:, None]
        counts = [np.ascontiguousarray(self.counts[..., k]) for k in range(self.counts.shape[2])]
        steps = np.zeros((len(counts), *perturbed.shape[:2]), dtype=np.intp)
        for column in range(perturbed.shape[2]):
            cells = grid.cells_of_column(column, seen[..., column]) + firsts
            for of_contrast, own in zip(steps, counts):
                of_contrast += own.take(cells)
        last: IntArray = np.moveaxis(steps, 0, 2) % self.tables.shape[1]
        return last


def _additive_moments(
    counts: IntArray, masses: FloatArray, encoded: FloatArray, starts: IntArray, around: Around
) -> tuple[FloatArray, FloatArray]:
    """Return the means of sums of steps, and their covariances with the encoding."""
    means = np.add.reduceat(counts * masses[..., None], starts, axis=1)
    products = np.add.reduceat(counts * encoded[..., None], starts, axis=1)
    return ordered_sum(means, axis=1), products - means * around.means[..., None]


def _curves(
    effects: FloatArray, masses: FloatArray, means: FloatArray, starts: IntArray, link: str
) -> tuple[IntArray, FloatArray]:
    """Return effects in whole steps, and the link at each number of steps."""
    counts, tables = [], []
    for index in range(effects.shape[2]):
        steps = rounded_to_steps(effects[..., index], masses, means[:, index], starts)
        counts.append(steps.counts)
        tables.append(LINKS[link](expit(steps.values)))
    return np.stack(counts, axis=2), np.stack(tables, axis=2)


def _curved_moments(
    counts: IntArray,
    tables: FloatArray,
    masses: FloatArray,
    encoded: FloatArray,
    starts: IntArray,
    around: Around,
) -> tuple[FloatArray, FloatArray]:
    """Return the means of the link at sums, and their covariances with the encoding."""
    means = np.empty((len(masses), counts.shape[2]))
    covariances = np.empty((*around.means.shape, counts.shape[2]))
    for index in range(counts.shape[2]):
        mean, products = curved_moments(
            counts[..., index], tables[..., index], masses, encoded, starts
        )
        means[:, index] = mean
        covariances[..., index] = products - mean[:, None] * around.means
    return means, covariances
