"""Explanations of rows that share their features: one, and a batch of them as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from sklime._explanations._base import (
    BaseExplanation,
    BaseExplanationBatch,
    OfFit,
    check_same,
)
from sklime._explanations._flat import nested, of_former_name
from sklime._explanations._internals import Internals
from sklime._explanations._json import read_batch
from sklime._explanations._one_output import of_output
from sklime.utils._frames import frame_of, index_of
from sklime.utils._objects import object_array
from sklime.utils._text import counted
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray

__all__ = ["Explanation", "ExplanationBatch"]

# Fields that all rows of a batch share.
_SHARED = ("feature_names", "output_names", "response_names", "target", "n_replicates", "baseline")


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(BaseExplanation):
    """The explanation of one row.

    An integer index of an `ExplanationBatch` returns it. It has the same attributes, without the
    axis of the rows. It holds computed values only and cannot be changed.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (n_features, n_outputs)
        Weights and their standard errors.

    conditions : list of str
        Rule that each weight belongs to, such as ``"25 < age <= 37"``.

    row_label : object
        Label of the row.

    failure : str or None
        Reason why the row has no explanation; `None` if it has one.

    predicted_class : object
        Class that the model predicts; `None` if there is no single class.

    is_exact : bool
        Whether the weights are exact; otherwise they come from a sample.

    style : pandas.io.formats.style.Styler
        The selected weights as a table with colors, for notebooks; strongest first.

    See Also
    --------
    ExplanationBatch : Explanations of many rows, where all attributes are described.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklime import LimeTabularExplainer
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = LogisticRegression(max_iter=1000).fit(X, y)
    >>> explainer = LimeTabularExplainer(model, target=0, random_state=0).fit(X)
    >>> condition, weight = explainer.explain(X.head(1))[0].as_list()[0]
    >>> condition
    'petal length (cm) <= 1.6'
    """

    kind = "table"
    noun = "row"

    def as_batch(self) -> ExplanationBatch:
        """Return a batch of this row alone.

        Returns
        -------
        batch : ExplanationBatch
            One row.
        """
        values: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        failure, label = values.pop("failure"), values.pop("row_label")
        for name in values.keys() - {*_SHARED, "internals"}:
            values[name] = np.asarray(values[name])[None]
        # A label may be a tuple, which an array would take apart.
        is_plain = isinstance(label, np.generic)
        values["row_labels"] = np.asarray(label)[None] if is_plain else object_array([label])
        values["failures"] = object_array([failure])
        values["internals"] = self.internals.stacked()
        return ExplanationBatch(**values)


@dataclass(frozen=True, eq=False, repr=False)
class ExplanationBatch(BaseExplanationBatch[Explanation], OfFit):
    """Explanations of many rows, as arrays.

    A sequence of `Explanation`. An integer gives one explanation. A slice, or an array of indices
    or of booleans, gives a smaller batch. It holds computed values only and cannot be changed.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_features, n_outputs)
        Weights, in units of the response; 0 where not selected, NaN for a row that the
        model could not answer.

    standard_errors : ndarray of shape (n_rows, n_features, n_outputs)
        Standard errors of the weights, conditional on the selected features and the bins;
        NaN where not selected.

    intercepts : ndarray of shape (n_rows, n_outputs)
        Local prediction where no condition of the row holds.

    predictions : ndarray of shape (n_rows, n_outputs)
        Responses of the model.

    local_predictions : ndarray of shape (n_rows, n_outputs)
        ``intercepts + (values * encodings).sum(axis=1)``.

    held_out_predictions : ndarray of shape (n_rows, n_outputs)
        Local prediction by the fit that leaves the explained row itself out.

    fidelity : ndarray of shape (n_rows, n_outputs)
        Held-out R2 of the local fit against the mean response given the conditions, at most 1. The
        value that replaced a changed column is not part of a condition. Its effect counts neither
        for nor against the fit. NaN where it is not defined.

    fidelity_errors : ndarray of shape (n_rows, n_outputs)
        Standard errors of `fidelity`.

    fidelity_failures : ndarray of object of shape (n_rows, n_outputs)
        Reason why the fidelity is not defined; `None` if it is defined.

    response_r2 : ndarray of shape (n_rows, n_outputs)
        Held-out R2 of the local fit against single responses; NaN where the model is constant. It
        also counts variation that no conditions can explain.

    effective_sample_size : ndarray of shape (n_rows,)
        Effective number of perturbed rows that differ from the explained row:
        ``sum(w)**2 / sum(w**2)`` of their kernel weights. Infinite for exact weights.

    is_exact : ndarray of bool of shape (n_rows,)
        Whether weights are exact; the others come from a sample.

    n_perturbations : ndarray of int of shape (n_rows,)
        Number of perturbed rows. For exact weights, the number at which the reading of the model
        was compared with the model.

    converged : ndarray of bool of shape (n_rows,)
        Whether ``n_perturbations="auto"`` reached the required precision, with enough perturbed
        rows for all features; true for a fixed number of perturbed rows.

    failures : ndarray of object of shape (n_rows,)
        Reason why a row has no explanation; `None` if it has one.

    background_encodings : ndarray of shape (n_rows, n_features)
        Share of the background that meets the condition, in [0, 1]; the mean standard score of
        a column without bins.

    data : ndarray of shape (n_rows, n_features)
        The explained rows.

    conditions : ndarray of str of shape (n_rows, n_features)
        Rule that each weight belongs to.

    selected : ndarray of bool of shape (n_rows, n_features, n_outputs)
        Which features are selected; the weights of the others are 0.

    responses : ndarray of shape (n_rows, n_responses)
        All responses of the model, explained or not.

    row_labels : ndarray of shape (n_rows,)
        Labels of the rows: the index of a frame, else their numbers.

    style : pandas.io.formats.style.Styler
        The weights as a table with colors, for notebooks; one line per row.

    loc : indexer
        Finds rows by their labels: ``batch.loc[27]`` is the row with the label 27.

    feature_names, output_names, response_names : tuple
        Names of columns, of explained outputs and of all outputs.

    response_labels : tuple
        Labels of classes, or the names of outputs that are no classes.

    is_classification : bool
        Whether the outputs of the model are classes.

    predicted_classes : ndarray of object of shape (n_rows,)
        Class that the model predicts for each row; `None` if there is no single class.

    target : object
        As given to the explainer.

    n_replicates : int
        Number of independent replicates of the perturbed rows.

    baseline : {"background", "other", "removed", "shapley"}
        Comparison that weights make. "background": contributions. "other": contrasts with all
        other bins. "removed": parts of a text. "shapley": Shapley values, which
        `LimeTabularExplainer.shapley` returns.

    internals : Internals
        Arrays for further computations: codes of conditions, encodings, weights of the fits
        without each replicate, indices of the explained responses.

    See Also
    --------
    Explanation : One row.

    Notes
    -----
    A row takes about ``(20 + 4 * n_replicates) * n_features * n_outputs`` bytes and
    ``30 * n_features`` more: the weights without each replicate are kept in single precision.
    `LimeTabularExplainer.transform` keeps the weights alone.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> batch = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y).explain(X.head(3))
    >>> batch
    <ExplanationBatch: 3 rows x 10 features x 1 output, exact, median fidelity 1.00>
    >>> batch[1:].to_frame()[["row", "condition", "value", "weight"]].head(2).round(3)
       row                 condition  value  weight
    0    1  -0.0373 < age <= 0.00539 -0.002  -0.156
    1    1            sex <= -0.0446 -0.045   3.705
    """

    predictions: FloatArray
    responses: FloatArray
    effective_sample_size: FloatArray
    n_perturbations: IntArray
    converged: BoolArray
    failures: ObjectArray
    fidelity_failures: ObjectArray
    data: Array
    row_labels: Array
    feature_names: tuple[str, ...]
    output_names: tuple[Any, ...]
    response_names: tuple[Any, ...]
    target: Any
    n_replicates: int
    baseline: str
    internals: Internals

    kind = "table"
    noun = "row"
    shares_features = True

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """Make a batch from arrays and names, as JSON has them.

        Parameters
        ----------
        arrays : mapping
            The fields of `to_json`.

        Returns
        -------
        batch : ExplanationBatch
            With these arrays.
        """
        return cls(**nested(arrays, is_one=False))

    @classmethod
    def from_json(cls, source: str | PathLike[str]) -> Self:
        """Read a batch that `to_json` wrote.

        Parameters
        ----------
        source : str or path-like
            The text, which begins with a brace, or the file.

        Returns
        -------
        batch : ExplanationBatch
            Equal to the one that was written.

        Raises
        ------
        ValueError
            If `to_json` does not write such a text; the message names the field.
        """
        return cls.from_arrays(read_batch(source, cls.__name__))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.row_labels)

    @property
    def conditions(self) -> ObjectArray:
        """Return the condition that each weight belongs to, one text per row and feature."""
        return _conditions(self.internals)

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy frame, one line per row, output and selected feature.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``output``, ``feature``, ``condition``; ``value``, the value of the
            row; ``weight``, ``standard_error``, ``ci_low``, ``ci_high`` (95 %). Four columns are
            the same for all lines of a row and output. ``intercept`` is the base value, to which
            the weights are added, ``prediction`` the response of the model, ``fidelity`` that of
            the local fit, and ``predicted`` the predicted class, `None` if there is no single
            class.
        """
        low, high = self.confidence_intervals()
        row, output, feature = np.nonzero(self.selected.transpose(0, 2, 1))
        here = row, feature, output
        outputs = object_array(self.response_names)[self.internals.output_index[row, output]]
        is_pair = self.internals.opposed_index[row, output] >= 0
        outputs[is_pair] = object_array(self.output_names)[output[is_pair]]
        return frame_of(
            {
                "row": self.row_labels[row],
                "output": outputs,
                "feature": object_array(self.feature_names)[feature],
                "condition": self.conditions[row, feature],
                "value": self.data[row, feature],
                "weight": self.values[here],
                "standard_error": self.standard_errors[here],
                "ci_low": low[here],
                "ci_high": high[here],
                "intercept": self.intercepts[row, output],
                "prediction": self.predictions[row, output],
                "fidelity": self.fidelity[row, output],
                "predicted": self.predicted_classes[row].tolist(),
            }
        )

    def _one(self, index: int) -> Explanation:
        values = self._taken(index)
        failure, label = values.pop("failures"), values.pop("row_labels")
        return Explanation(**values, failure=failure, row_label=label)

    def _several(self, key: Any) -> Self:
        return type(self)(**self._taken(key))

    def _of_output(self, index: int) -> Self:
        return replace(self, **of_output(self, index))

    def _taken(self, key: Any) -> dict[str, Any]:
        """Return all fields, those of rows for some rows only."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        shared = {name: values.pop(name) for name in _SHARED}
        internals = values.pop("internals").take(key)
        return {
            **{name: value[key] for name, value in values.items()},
            **shared,
            "internals": internals,
        }

    @classmethod
    def _concatenated(cls, batches: list[Self]) -> Self:
        first = batches[0]
        names = {item.name for item in fields(cls)} - {*_SHARED, "internals"}
        values: dict[str, Any] = {name: getattr(first, name) for name in _SHARED}
        names -= {"row_labels"}
        values |= {name: np.concatenate([getattr(one, name) for one in batches]) for name in names}
        values["row_labels"] = _all_labels([one.row_labels for one in batches])
        return cls(**values, internals=Internals.concatenate([one.internals for one in batches]))

    def _check_same_facts(self, other: Self, index: int) -> None:
        check_same("feature_names", self.feature_names, other.feature_names, index)
        super()._check_same_facts(other, index)

    def __repr__(self) -> str:
        """Return one line: size, outputs, how they were computed, and the median fidelity."""
        from sklime.display._plain import batch_text

        n_rows, n_features, _ = self.values.shape
        return batch_text(self, f"{counted(n_rows, 'row')} x {counted(n_features, 'feature')}")

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """Find internals by their former names."""
            return of_former_name(self, name)


def _conditions(internals: Internals) -> ObjectArray:
    conditions = np.empty(internals.codes.shape, dtype=object)
    for feature, labels in enumerate(internals.condition_labels):
        conditions[:, feature] = object_array(labels)[internals.codes[:, feature]]
    return conditions


def _all_labels(labels: list[Array]) -> Array:
    if len({array.dtype.kind for array in labels}) == 1:
        return np.concatenate(labels)
    # NumPy makes numbers of booleans, and refuses dates beside numbers; pandas differs by version.
    return np.concatenate([index_of(array).astype(object).to_numpy() for array in labels])
