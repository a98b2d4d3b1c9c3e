"""The local fit of one instance or of several, as one frozen value.

A *fit stack* is the list of fits of one instance from which everything is computed: the fit that
is reported, the fit without the explained instance itself, and one fit without each replicate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from sklime.utils._sums import ordered_sum
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = [
    "INSTANCE_LEFT_OUT",
    "LIME_N_PERTURBATIONS",
    "REPLICATE_LEFT_OUT",
    "REPORTED",
    "Fit",
]

# Weights are scaled to the default sample of `lime`. A penalty then has the same effect, and the
# explained instance the same share of the weight, as in `lime`.
LIME_N_PERTURBATIONS = 5000

# Numbers from 2**-120 to 2**120 have all their digits in single precision.
_MAX_SINGLE_EXPONENT = 120

# Weights below this share of the response are sums of its rounding errors.
_ROUNDING = 64 * np.finfo(np.float64).eps

# Index of a fit in a fit stack; from the last one on, one fit without each replicate.
REPORTED, INSTANCE_LEFT_OUT, REPLICATE_LEFT_OUT = 0, 1, 2


@dataclass(frozen=True)
class Fit:
    """Weights, errors, predictions and R2 of local fits.

    Arrays of several instances have a first axis for the instances; arrays of one instance do not.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (..., n_features, n_outputs)
        Weights, or contributions where there is a baseline, in units of the response. A feature
        that is not selected has the weight 0 and the standard error NaN.

    left_out_values, reselected_values : ndarray of shape (..., n_replicates, n_features, n_outputs)
        Weights of the fits without each replicate, on the reported features and on features
        selected again; the same array if the features are the same. Without errors the axis of
        replicates has length 0.

    intercepts, local_predictions, held_out_predictions : ndarray of shape (..., n_outputs)
        Local prediction where no condition holds, at the instance, and at the instance by the fit
        without it.

    fidelity, fidelity_errors, response_r2 : ndarray of shape (..., n_outputs)
        Held-out R2 against the mean response given the conditions, its standard error, and
        held-out R2 against single responses. NaN where they are not defined.
    """

    values: FloatArray
    standard_errors: FloatArray
    left_out_values: Array
    reselected_values: Array
    intercepts: FloatArray
    local_predictions: FloatArray
    held_out_predictions: FloatArray
    fidelity: FloatArray
    fidelity_errors: FloatArray
    response_r2: FloatArray

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.values)

    def arrays(self) -> dict[str, Array]:
        """Return all arrays.

        Returns
        -------
        arrays : dict of str to ndarray
            By name.
        """
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def take(self, instances: Any) -> Self:
        """Return the fits of some instances.

        Parameters
        ----------
        instances : int, slice or ndarray
            An index gives the fit of one instance; a slice, a mask or indices give several.

        Returns
        -------
        fit : Fit
            In this order.
        """
        return self.mapped(lambda array: array[instances])

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Put the fits of several instances below each other.

        Parameters
        ----------
        parts : sequence of Fit
            At least one.

        Returns
        -------
        fit : Fit
            All instances, in this order.
        """
        names = [item.name for item in fields(cls)]
        if all(part.reselected_values is part.left_out_values for part in parts):
            # The largest array by far is not copied twice.
            names.remove("reselected_values")
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        arrays.setdefault("reselected_values", arrays["left_out_values"])
        return cls(**arrays)

    def scaled(self, factors: FloatArray) -> Self:
        """Return the fits in other units of the response.

        Parameters
        ----------
        factors : ndarray of shape (..., n_outputs)
            Factors of the responses.

        Returns
        -------
        fit : Fit
            R2 does not change.
        """
        per_feature, per_replicate = factors[..., None, :], factors[..., None, None, :]
        return self._replaced(
            values=self.values * per_feature,
            standard_errors=self.standard_errors * per_feature,
            **self._left_out_times(per_replicate),
            intercepts=self.intercepts * factors,
            local_predictions=self.local_predictions * factors,
            held_out_predictions=self.held_out_predictions * factors,
        )

    def as_contributions(self, distances: FloatArray, baselines: FloatArray) -> Self:
        """Turn weights into contributions to the local prediction, and the intercept with them.

        With the encoding z of the instance and that of the baseline b,
        ``w z = w b + w (z - b)``: the first part goes to the intercept, the second is the
        contribution.

        Parameters
        ----------
        distances : ndarray of shape (..., n_features)
            Encoding of the instance minus that of the baseline.

        baselines : ndarray of shape (..., n_features)
            Encoding of the baseline.

        Returns
        -------
        fit : Fit
            Predictions and R2 do not change.
        """
        factors = distances[..., None]
        return self._replaced(
            values=self.values * factors,
            standard_errors=self.standard_errors * np.abs(factors),
            **self._left_out_times(factors[..., None, :, :]),
            intercepts=self.intercepts + ordered_sum(self.values * baselines[..., None], -2),
        )

    def without(self, is_failed: BoolArray) -> Self:
        """Return the fits with NaN for some instances.

        Parameters
        ----------
        is_failed : ndarray of bool of shape (n_instances,)
            Instances that have no fit.

        Returns
        -------
        fit : Fit
            The same value where none has failed.
        """
        if not is_failed.any():
            return self

        def blanked(array: Array) -> Array:
            array = array.copy()
            array[is_failed] = np.nan
            return array

        return self.mapped(blanked)

    def judged(self, fidelity: FloatArray, fidelity_errors: FloatArray) -> Self:
        """Return the fits with their R2, where it is the same for mean and single responses.

        Parameters
        ----------
        fidelity, fidelity_errors : ndarray of shape (..., n_outputs)
            R2 and its standard error.

        Returns
        -------
        fit : Fit
            `response_r2` is `fidelity`.
        """
        return self._replaced(
            fidelity=fidelity, fidelity_errors=fidelity_errors, response_r2=fidelity
        )

    def with_response_r2(self, response_r2: FloatArray) -> Self:
        """Return the fits with another R2 against single responses.

        Parameters
        ----------
        response_r2 : ndarray of shape (..., n_outputs)
            R2; NaN where it is not known.

        Returns
        -------
        fit : Fit
            Other arrays do not change.
        """
        return self._replaced(response_r2=response_r2)

    def unjudged(self) -> Self:
        """Return the fits with NaN for R2; the standard errors of R2 stay.

        Returns
        -------
        fit : Fit
            Other arrays do not change.
        """
        unknown = np.full(self.fidelity.shape, np.nan)
        return self._replaced(fidelity=unknown, response_r2=unknown)

    def spread_over(self, n_features: int, indices: IntArray) -> Self:
        """Return the fit of one instance among more features, which are not selected.

        Parameters
        ----------
        n_features : int
            Number of features.

        indices : ndarray of int
            Indices of the features of this fit among them.

        Returns
        -------
        fit : Fit
            The other features have the weight 0 and the standard error NaN.
        """

        def spread(array: Array, filler: float) -> Array:
            shape = *array.shape[:-2], n_features, array.shape[-1]
            everywhere = np.full(shape, filler)
            everywhere[..., indices, :] = array
            return everywhere

        left_out = spread(self.left_out_values, 0.0)
        is_same = self.reselected_values is self.left_out_values
        return self._replaced(
            values=spread(self.values, 0.0),
            standard_errors=spread(self.standard_errors, np.nan),
            left_out_values=left_out,
            reselected_values=left_out if is_same else spread(self.reselected_values, 0.0),
        )

    def noiseless(self) -> Self:
        """Return the fit of one instance to all masks, which has no sampling error.

        Returns
        -------
        fit : Fit
            Without a replicate it is the same. Standard errors that are not NaN are 0.
        """
        same = np.broadcast_to(self.values, self.left_out_values.shape)
        return self._replaced(
            left_out_values=same,
            reselected_values=same,
            standard_errors=np.where(np.isnan(self.standard_errors), np.nan, 0.0),
            fidelity_errors=np.where(np.isnan(self.fidelity_errors), np.nan, 0.0),
        )

    def without_fidelity(self, is_unjudged: BoolArray) -> Self:
        """Return the fits with NaN for the R2 of some instances.

        Parameters
        ----------
        is_unjudged : ndarray of bool of shape (n_instances,)
            Instances whose fit no perturbed instance can contradict.

        Returns
        -------
        fit : Fit
            The others keep their R2.
        """
        names = ("fidelity", "fidelity_errors", "response_r2")
        shown = ~is_unjudged[:, None]
        return self._replaced(**{n: np.where(shown, getattr(self, n), np.nan) for n in names})

    def without_rounding(self, responses: FloatArray) -> Self:
        """Return the fits with weights of 0 where all weights of an output are rounding errors.

        Parameters
        ----------
        responses : ndarray of shape (..., n_outputs)
            Responses of the model at the instances.

        Returns
        -------
        fit : Fit
            The same value where weights or their standard errors are larger than rounding.
        """
        limits = _ROUNDING * np.abs(responses)[..., None, :]
        with np.errstate(invalid="ignore"):
            # Failed instances have NaN, and stay as they are.
            is_below = (np.abs(self.values) <= limits) & ~(self.standard_errors > limits)
        is_rounded = is_below.all(axis=-2) & (self.values != 0.0).any(axis=-2)
        if not is_rounded.any():
            return self
        here = is_rounded[..., None, :]
        is_same = self.reselected_values is self.left_out_values
        left_out = np.where(here[..., None, :, :], 0.0, self.left_out_values)
        reselected = left_out
        if not is_same:
            reselected = np.where(here[..., None, :, :], 0.0, self.reselected_values)
        errors = np.where(here & ~np.isnan(self.standard_errors), 0.0, self.standard_errors)
        return self._replaced(
            values=np.where(here, 0.0, self.values),
            standard_errors=errors,
            left_out_values=left_out,
            reselected_values=reselected,
        )

    def compact(self) -> Self:
        """Return the fits with the weights without each replicate in single precision.

        They take most of the memory. Standard errors are computed before, in double precision.

        Returns
        -------
        fit : Fit
            Other arrays stay in double precision.
        """
        repeated = np.broadcast_to(self.values[..., None, :, :], self.left_out_values.shape)
        if np.array_equal(self.left_out_values, repeated, equal_nan=True):
            # Without noise, as with all masks there are, rounding would look like noise.
            return self
        left_out = _in_single_precision(self.left_out_values)
        is_same = self.reselected_values is self.left_out_values
        reselected = left_out if is_same else _in_single_precision(self.reselected_values)
        return self._replaced(left_out_values=left_out, reselected_values=reselected)

    def mapped(self, function: Callable[[Array], Array]) -> Self:
        """Apply a function to each array.

        Parameters
        ----------
        function : callable
            From an array to an array.

        Returns
        -------
        fit : Fit
            If `reselected_values` is `left_out_values`, it stays the same array.
        """
        arrays = self.arrays()
        reselected = arrays.pop("reselected_values")
        is_same = reselected is self.left_out_values
        arrays = {name: function(array) for name, array in arrays.items()}
        arrays["reselected_values"] = arrays["left_out_values"] if is_same else function(reselected)
        return type(self)(**arrays)

    def _left_out_times(self, factors: FloatArray) -> dict[str, Array]:
        left_out = reselected = self.left_out_values * factors
        if self.reselected_values is not self.left_out_values:
            reselected = self.reselected_values * factors
        return {"left_out_values": left_out, "reselected_values": reselected}

    def _replaced(self, **arrays: Array) -> Self:
        return type(self)(**{**self.arrays(), **arrays})


def _in_single_precision(array: FloatArray) -> Array:
    """Round to the digits of single precision, in a type that holds the range of the numbers."""
    fractions, exponents = np.frexp(array)
    is_number = np.isfinite(array) & (array != 0.0)
    if np.abs(exponents[is_number]).max(initial=0) <= _MAX_SINGLE_EXPONENT:
        return array.astype(np.float32)
    # The digits are the same in any unit of the response; only the type differs.
    return np.ldexp(fractions.astype(np.float32).astype(np.float64), exponents)
