"""Internals of explanations: arrays that further computations and displays need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from sklime._explanations._pairs import Pairs
from sklime._explanations._settings import ExplainerSettings
from sklime._surrogates._fit import Fit
from sklime.utils._objects import read_only, unindexable
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["PER_ROW", "Facts", "Internals", "PartsInternals"]

# Fields whose first axis is the rows; the others are the same for all rows.
PER_ROW = (
    "encodings",
    "background_encodings",
    "codes",
    "is_thin",
    "out_of_range",
    "output_index",
    "opposed_index",
    "predicted_index",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """Facts that all explanations of a batch share, beside names.

    Attributes
    ----------
    response_labels : tuple
        Labels of classes, or the names of outputs that are no classes.

    is_classification : bool
        Whether the outputs are classes.

    fidelity_is_bound : bool
        Whether the fidelity is a lower bound: without twins, the noise of replacement values counts
        against the fit.

    settings : ExplainerSettings
        Parameters of the explainer as plain values. The advice of displays depends on them.
    """

    response_labels: tuple[Any, ...]
    is_classification: bool
    fidelity_is_bound: bool
    settings: ExplainerSettings

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Make arrays read-only again, which pickles and copies do not keep."""
        vars(self).update({name: read_only(value) for name, value in state.items()})


@dataclass(frozen=True, eq=False, kw_only=True)
class PartsInternals(Facts):
    """Internals of a batch of instances, each of which has its own parts.

    Attributes
    ----------
    output_index, opposed_index : ndarray of int of shape (n_instances, n_outputs)
        As in `Internals`.

    predicted_index : ndarray of int of shape (n_instances,)
        As in `Internals`.

    response_labels, is_classification, fidelity_is_bound, settings : object
        As in `Internals`.
    """

    output_index: IntArray
    opposed_index: IntArray
    predicted_index: IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Internals(Facts):
    """Internals of an explanation, for further computations.

    Arrays of a batch have a first axis for the rows; arrays of one explanation do not.

    Attributes
    ----------
    fit : Fit
        The local fits, with the weights of the fits without each replicate.

    encodings : ndarray of shape (n_rows, n_features)
        Factors that turn weights into their parts of the local prediction: ones, except for
        standard scores under ``baseline="other"``.

    background_encodings : ndarray of shape (n_rows, n_features)
        Share of the background that meets the condition, in [0, 1]; the mean standard score of
        a column without bins.

    codes : ndarray of int of shape (n_rows, n_features)
        Index of each condition among `condition_labels` of its feature.

    condition_labels : tuple of tuple of str
        Words for all conditions of each feature.

    output_index : ndarray of int of shape (n_rows, n_outputs)
        Indices of the explained responses.

    opposed_index : ndarray of int of shape (n_rows, n_outputs)
        Where a pair of outputs is explained, index of the response that is subtracted; elsewhere
        a negative number that is an error as an index.

    predicted_index : ndarray of int of shape (n_rows,)
        Index of the predicted class among the responses. The class is the one that ``predict`` of
        the model returns, or without ``predict`` the one with the largest response. The index is
        negative, and an error as an index, for outputs that are no classes, for several labels per
        row, and for a row that the model could not answer. ``predicted_classes`` has the labels.

    is_thin : ndarray of bool of shape (n_rows, n_features)
        Whether a feature has no weight because its condition holds in fewer than 10 perturbed
        rows, or does not hold in fewer than 10.

    out_of_range : ndarray of int of shape (n_rows, n_features)
        1 where a number is above all training rows, -1 where it is below, else 0.

    response_labels : tuple
        Labels of classes, or the names of outputs that are no classes.

    is_classification : bool
        Whether the outputs are classes.

    fidelity_is_bound : bool
        Whether the fidelity is a lower bound: without twins, the noise of replacement values counts
        against the fit.

    settings : ExplainerSettings
        Parameters of the explainer as plain values. The advice of displays depends on them.

    pairs : Pairs or None, default=None
        The strongest pairs of features that single weights leave unexplained; `None` where they
        were not computed.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> batch = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y).explain(X.head(3))
    >>> batch.internals.left_out_values.shape
    (3, 8, 10, 1)
    >>> batch[0].internals.codes
    array([2, 1, 3, 2, 0, 0, 0, 1, 2, 1], dtype=int32)
    """

    fit: Fit
    encodings: FloatArray
    background_encodings: FloatArray
    codes: IntArray
    condition_labels: tuple[tuple[str, ...], ...]
    output_index: IntArray
    opposed_index: IntArray
    predicted_index: IntArray
    is_thin: BoolArray
    out_of_range: IntArray
    pairs: Pairs | None = None

    def __post_init__(self) -> None:
        """Make arrays read-only, without touching the caller's."""
        object.__setattr__(self, "fit", self.fit.mapped(read_only))
        for name in ("opposed_index", "predicted_index"):
            object.__setattr__(self, name, unindexable(getattr(self, name)))
        for name in PER_ROW:
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Make arrays read-only again, those of the fit too."""
        super().__setstate__({**state, "fit": state["fit"].mapped(read_only)})

    @property
    def left_out_values(self) -> Array:
        """Return the weights of the fit without each replicate, on the same features.

        Standard errors are computed from them: ``standard_errors**2`` is
        ``(n_replicates - 1) / n_replicates`` times the sum of their squared distances to their
        mean. Shape (n_rows, n_replicates, n_features, n_outputs), in single precision.
        """
        return self.fit.left_out_values

    @property
    def reselected_values(self) -> Array:
        """Return the same with features selected again without each replicate."""
        return self.fit.reselected_values

    def take(self, rows: Any) -> Self:
        """Return the internals of some rows.

        Parameters
        ----------
        rows : int, slice or ndarray
            An index gives one row, without the axis of the rows.

        Returns
        -------
        internals : Internals
            Of these rows.
        """
        pairs = None if self.pairs is None else self.pairs.take(rows)
        return self._mapped(self.fit.take(rows), pairs, lambda array: array[rows])

    def stacked(self) -> Self:
        """Return the internals of one row as those of a batch of one.

        Returns
        -------
        internals : Internals
            With an axis of one row.
        """
        pairs = None if self.pairs is None else self.pairs.take(None)
        return self._mapped(
            self.fit.mapped(lambda array: array[None]), pairs, lambda array: np.asarray(array)[None]
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Concatenate the internals of several batches.

        Parameters
        ----------
        parts : sequence of Internals
            Of the same features and outputs. The words for conditions may differ: each call of
            ``explain`` adds words for levels that the training rows do not have.

        Returns
        -------
        internals : Internals
            All rows, in this order.
        """
        labels, codes = _same_codes(parts)
        names = [name for name in PER_ROW if name != "codes"]
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        fit = Fit.concatenate([part.fit for part in parts])
        shapes = [part.output_index.shape for part in parts]
        pairs = Pairs.concatenate([part.pairs for part in parts], shapes)
        return parts[0]._replaced(
            fit=fit, pairs=pairs, codes=codes, condition_labels=labels, **arrays
        )

    def _mapped(self, fit: Fit, pairs: Pairs | None, function: Callable[[Any], Any]) -> Self:
        arrays = {name: function(getattr(self, name)) for name in PER_ROW}
        return self._replaced(fit=fit, pairs=pairs, **arrays)

    def _replaced(self, **values: Any) -> Self:
        current = {item.name: getattr(self, item.name) for item in fields(self)}
        return type(self)(**{**current, **values})


def _same_codes(
    parts: Sequence[Internals],
) -> tuple[tuple[tuple[str, ...], ...], IntArray]:
    """Return the conditions of all parts, and codes that point to them."""
    # The usual case, and by far the fastest: no call has added words.
    if all(part.condition_labels == parts[0].condition_labels for part in parts):
        return parts[0].condition_labels, np.concatenate([part.codes for part in parts])
    # Words are matched by text, since two calls may have given one code to different new levels.
    merged = [
        tuple(dict.fromkeys(label for labels in of_feature for label in labels))
        for of_feature in zip(*(part.condition_labels for part in parts))
    ]
    columns = []
    for feature, labels in enumerate(merged):
        index = {label: code for code, label in enumerate(labels)}
        new_codes = [
            np.array([index[label] for label in part.condition_labels[feature]], dtype=int)
            for part in parts
        ]
        columns.append(
            np.concatenate(
                [code[part.codes[:, feature]] for code, part in zip(new_codes, parts, strict=True)]
            )
        )
    codes = np.stack(columns, axis=1).astype(parts[0].codes.dtype)
    return tuple(merged), codes
