"""Explanations: frozen arrays and names, for one row and for many."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np

from sklime._explanations._global import find_output, mean_abs_weights, weight_matrix
from sklime._explanations._json import (
    one_row,
    read_batch,
    read_one,
    write_json,
)
from sklime._explanations._settings import ExplainerSettings
from sklime._explanations._shap import shap_explanation
from sklime.utils._frames import frame_of
from sklime.utils._intervals import CONFIDENCE_LEVEL, half_widths
from sklime.utils._output_names import explained_name, find_explained_output
from sklime.utils._text import counted

__all__ = ["Explanation", "ExplanationBatch"]

# Arrays whose first axis is the rows; everything else is the same for all of them.
PER_ROW = (
    "values",
    "standard_errors",
    "left_out_values",
    "reselected_values",
    "intercepts",
    "predictions",
    "local_predictions",
    "held_out_predictions",
    "fidelity",
    "fidelity_errors",
    "response_r2",
    "effective_sample_size",
    "n_perturbations",
    "converged",
    "failures",
    "fidelity_failures",
    "is_thin",
    "out_of_range",
    "encodings",
    "background_encodings",
    "data",
    "codes",
    "responses",
    "explained",
    "opposed",
    "predicted",
    "row_labels",
)


class _Nothing(NamedTuple):
    """What fills an array about which there is nothing to say."""

    shaped_as: str
    value: object
    dtype: type


NOTHING_TO_SAY = {
    "is_thin": _Nothing("codes", False, np.bool_),
    "out_of_range": _Nothing("codes", 0, np.int8),
    "fidelity_failures": _Nothing("fidelity", None, np.object_),
}


@dataclass(frozen=True, eq=False, repr=False)
class _ExplanationArrays:
    """The arrays and names of explanations; see `ExplanationBatch` for their meaning."""

    values: np.ndarray
    standard_errors: np.ndarray
    left_out_values: np.ndarray
    reselected_values: np.ndarray
    intercepts: np.ndarray
    predictions: np.ndarray
    local_predictions: np.ndarray
    held_out_predictions: np.ndarray
    fidelity: np.ndarray
    fidelity_errors: np.ndarray
    response_r2: np.ndarray
    effective_sample_size: np.ndarray
    n_perturbations: np.ndarray
    converged: np.ndarray
    failures: np.ndarray
    encodings: np.ndarray
    background_encodings: np.ndarray
    data: np.ndarray
    codes: np.ndarray
    responses: np.ndarray
    explained: np.ndarray
    row_labels: np.ndarray
    feature_names: tuple
    output_names: tuple
    response_names: tuple
    condition_labels: tuple
    target: object
    is_classification: bool
    n_replicates: int
    baseline: str
    fidelity_is_bound: bool
    settings: ExplainerSettings
    opposed: np.ndarray = field(default=None, kw_only=True)
    predicted: np.ndarray = field(default=None, kw_only=True)
    response_labels: tuple = field(default=None, kw_only=True)
    is_thin: np.ndarray = field(default=None, kw_only=True)
    out_of_range: np.ndarray = field(default=None, kw_only=True)
    fidelity_failures: np.ndarray = field(default=None, kw_only=True)

    def __post_init__(self):
        """Fill in what was left out, and make arrays read-only, without touching the caller's."""
        for name, value in _left_out(self).items():
            object.__setattr__(self, name, value)
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                view = value.view()
                view.flags.writeable = False
                object.__setattr__(self, item.name, view)

    @property
    def selected(self):
        """Tell which weights were fitted; the others are zero because not selected."""
        return ~np.isnan(self.standard_errors)

    def confidence_intervals(self, level=CONFIDENCE_LEVEL):
        """Return intervals for the weights.

        Student's t on the spread between replicates, ``n_replicates - 1`` degrees of
        freedom. They say how far the weights would move with other perturbed rows, on the
        same features and bins; not how well a linear model describes the black box.

        Parameters
        ----------
        level : float, default=0.95
            Confidence level, in (0, 1).

        Returns
        -------
        low, high : ndarray of the shape of `values`
            Ends of the intervals; NaN for features that were not selected.
        """
        half_width = half_widths(self.standard_errors, self.n_replicates, level)
        return self.values - half_width, self.values + half_width

    def to_json(self, path=None):
        """Write everything as JSON, exactly.

        `from_json` gives the same arrays, names and types again, to the last bit. The file
        holds data only: reading one from a stranger runs nothing.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write, whole or not at all; `None` returns the text.

        Returns
        -------
        text : str or None
            The text, where no file is written.

        Raises
        ------
        ValueError
            If a label of a row or class is of a type that JSON cannot keep.
        OSError
            If the file cannot be written; an old one stays as it was.
        """
        return write_json(self, path)

    def _repr_html_(self):
        """Return static HTML for notebooks; nothing under ``set_config(display="text")``."""
        return self._repr_mimebundle_().get("text/html")

    def _repr_mimebundle_(self, **kwargs):
        """Return plain text and HTML for notebooks."""
        from sklime.display._notebook import mime_bundle

        return mime_bundle(self)


class Explanation(_ExplanationArrays):
    """The explanation of one row.

    What `ExplanationBatch` gives for an integer index; it has the same attributes, without
    the axis of the rows. It holds computed values only and cannot be changed.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (n_features, n_outputs)
        Weights and their standard errors.

    conditions : list of str
        What each weight is the weight of, such as ``"25 < age <= 37"``.

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

    @property
    def conditions(self):
        """Return what each weight is the weight of, one text a feature."""
        return [labels[code] for labels, code in zip(self.condition_labels, self.codes.tolist())]

    @property
    def predicted_class(self):
        """Return the class that the model predicts; `None` where there is no one class."""
        return self.response_names[self.predicted] if self.predicted >= 0 else None

    def explained_names(self):
        """Return the names of the explained outputs of this row.

        Returns
        -------
        names : tuple
            Class labels, or names of outputs; for ``target="predicted"`` the class that was
            predicted for this row, and for a pair ``"A rather than B"``.
        """
        pairs = zip(self.explained.tolist(), self.opposed.tolist())
        return tuple(explained_name(self.response_names, *pair) for pair in pairs)

    def as_list(self, output=None):
        """Return the selected conditions and their weights, strongest first.

        Parameters
        ----------
        output : label, str, int or pair, default=None
            Which output, as in `target`: by name, class label, or index where outputs are no
            classes. `None` is the only one or, of several classes, the predicted one.

        Returns
        -------
        pairs : list of (str, float)
            Conditions and weights.
        """
        index = self._output_index(output)
        weights = self.values[:, index]
        kept = np.flatnonzero(self.selected[:, index])
        order = kept[np.argsort(-np.abs(weights[kept]), kind="stable")]
        conditions = self.conditions
        return [(conditions[feature], float(weights[feature])) for feature in order]

    def to_frame(self):
        """Return a tidy frame of the weights.

        Returns
        -------
        frame : pandas.DataFrame
            See `ExplanationBatch.to_frame`.
        """
        return self._as_batch().to_frame()

    @classmethod
    def from_json(cls, source):
        """Read what `to_json` wrote.

        Parameters
        ----------
        source : str or path-like
            The text, which begins with a brace, or the file.

        Returns
        -------
        explanation : Explanation
            The same as was written.

        Raises
        ------
        ValueError
            If it is something else, saying what is wrong.
        """
        return cls(**read_one(source, cls.__name__))

    def to_shap(self, output=None):
        """Return the explanation as what shap's plots take.

        Parameters
        ----------
        output : label, str or int, default=None
            Which output; see `as_list`.

        Returns
        -------
        explanation : shap.Explanation
            With ``values`` of shape (n_features,); see `ExplanationBatch.to_shap`.
        """
        return shap_explanation(self, self._output_index(output))

    def plot(self, output=None, *, kind="bar", max_features=10, ax=None):
        """Draw the weights.

        Parameters
        ----------
        output : label, str or int, default=None
            Which output; see `as_list`.

        kind : {"bar", "waterfall", "comparison", "text"}, default="bar"
            Bars from zero; bars that begin where the last one ends, from the intercept to the
            surrogate; all explained outputs side by side; or, of a document, its words.

        max_features : int, default=10
            Most features, or words, at least 1; `None` is all. Bars sum up the others in one
            more.

        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure.

        Returns
        -------
        display : LimeExplanationDisplay, LimeComparisonDisplay or LimeTextDisplay
            With ``ax_`` and ``figure_``.
        """
        from sklime.display._plots import plot_explanation

        return plot_explanation(self, output, kind=kind, max_features=max_features, ax=ax)

    def save(self, path):
        """Write the explanation to a file, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Where; the suffix says what: ``.html``, ``.png``, ``.svg``, ``.json`` or ``.csv``. A
            link is replaced, not followed. In CSV, texts that a spreadsheet would run have a
            ``'`` before them.

        Returns
        -------
        path : pathlib.Path
            Where it was written.
        """
        from sklime.display._save import save_explanation

        return save_explanation(self, path)

    def __repr__(self):
        """Return a few lines for people."""
        from sklime.display._plain import explanation_text

        return explanation_text(self)

    def _output_index(self, output):
        names = self.explained_names()
        if output is not None:
            index = find_explained_output(output, self, self.explained, self.opposed)
        elif len(names) == 1:
            index = 0
        else:
            is_predicted = (self.explained == self.predicted) & (self.opposed < 0)
            index = int(is_predicted.argmax()) if is_predicted.any() else None
        if index is not None:
            return index
        if output is None:
            raise ValueError(
                f"{len(names)} outputs are explained, none of them predicted; pass one of "
                f"{list(names)} as output."
            )
        raise ValueError(
            f"output={output!r} is not one of the explained outputs: pass one of {list(names)}."
        )

    def _as_batch(self):
        return ExplanationBatch(**one_row(self))


class ExplanationBatch(_ExplanationArrays, Sequence):
    """Explanations of many rows, as arrays.

    A sequence of `Explanation`: an integer gives one, a slice or an array of indices or of
    booleans a smaller batch. It holds computed values only and cannot be changed.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_features, n_outputs)
        Weights, in units of the response; 0 where not selected, NaN for a row that the
        model could not answer.

    standard_errors : ndarray of shape (n_rows, n_features, n_outputs)
        Standard errors of the weights, conditional on the selected features and the bins;
        NaN where not selected.

    left_out_values : ndarray of shape (n_rows, n_replicates, n_features, n_outputs)
        Weights of the fit without each replicate, on the same features: what standard errors
        are made from. ``standard_errors**2`` is ``(n_replicates - 1) / n_replicates`` times
        the sum of their squared distances to their mean.

    reselected_values : ndarray of shape (n_rows, n_replicates, n_features, n_outputs)
        The same with features selected anew without each replicate.

    intercepts : ndarray of shape (n_rows, n_outputs)
        Local prediction where no condition of the row holds.

    predictions : ndarray of shape (n_rows, n_outputs)
        Responses of the model.

    local_predictions : ndarray of shape (n_rows, n_outputs)
        ``intercepts + (values * encodings).sum(axis=1)``.

    held_out_predictions : ndarray of shape (n_rows, n_outputs)
        Local prediction by the fit that leaves the explained row itself out.

    fidelity : ndarray of shape (n_rows, n_outputs)
        R2 of the local fit against the mean response given the conditions, on perturbed rows
        that it has not seen, at most 1. Which value replaced a changed column is no condition,
        and counts neither for nor against the fit. NaN where it is not defined.

    fidelity_errors : ndarray of shape (n_rows, n_outputs)
        Standard errors of `fidelity`.

    fidelity_failures : ndarray of object of shape (n_rows, n_outputs)
        Why the fidelity is not defined, in words; `None` where it is.

    response_r2 : ndarray of shape (n_rows, n_outputs)
        R2 of the local fit against single responses, on perturbed rows that it has not seen;
        NaN where the model is constant. It also counts what no conditions can explain.

    effective_sample_size : ndarray of shape (n_rows,)
        How many perturbed rows of equal weight those that differ from the explained row are
        worth: ``sum(w)**2 / sum(w**2)`` of their kernel weights.

    n_perturbations : ndarray of int of shape (n_rows,)
        How many perturbed rows the explanation rests on.

    converged : ndarray of bool of shape (n_rows,)
        Whether ``n_perturbations="auto"`` reached what was asked, with enough perturbed rows
        for all features; true where nothing was asked.

    failures : ndarray of object of shape (n_rows,)
        Why a row has no explanation, in words; `None` for a row that has one.

    is_thin : ndarray of bool of shape (n_rows, n_features)
        Whether a feature has no weight because too few perturbed rows tell its condition
        from its opposite: fewer than 10 hold it, or fewer than 10 do not.

    out_of_range : ndarray of int of shape (n_rows, n_features)
        1 where a number is above all training rows, -1 where it is below, else 0.

    encodings : ndarray of shape (n_rows, n_features)
        What a weight is multiplied by to give its part of the local prediction: ones, but for
        standard scores under ``baseline="other"``.

    background_encodings : ndarray of shape (n_rows, n_features)
        Share of the background that meets the condition, in [0, 1]; the mean standard score of
        a column without bins.

    data : ndarray of shape (n_rows, n_features)
        The explained rows.

    conditions : ndarray of str of shape (n_rows, n_features)
        What each weight is the weight of.

    responses : ndarray of shape (n_rows, n_responses)
        All responses of the model, explained or not.

    explained : ndarray of int of shape (n_rows, n_outputs)
        Which of the responses are explained.

    opposed : ndarray of int of shape (n_rows, n_outputs)
        Where a pair of outputs is explained, which response is taken from the first; -1
        elsewhere.

    predicted : ndarray of int of shape (n_rows,)
        Which of the responses is the predicted class: what ``predict`` of the model says, or
        the largest where it has none. -1 where a row has no one class: outputs that are no
        classes, several labels, or a row that the model could not answer.

    row_labels : ndarray of shape (n_rows,)
        What the user calls the rows.

    feature_names, output_names, response_names : tuple
        Names of columns, of explained outputs and of all outputs.

    response_labels : tuple
        What the model calls all outputs: labels of classes, or the names themselves.

    target : object
        As given to the explainer.

    n_replicates : int
        Number of independent replicates of the perturbed rows.

    baseline : {"background", "other", "removed"}
        What weights compare with: "background" for contributions, "other" for contrasts with
        all other bins, "removed" for parts of a text.

    fidelity_is_bound : bool
        Whether `fidelity` is a lower bound: the neighborhood has no twins, which tell what the
        conditions could explain.

    settings : object
        Parameters of the explainer as plain values: ``link``, ``keep``, ``neighborhood``,
        ``discretizer`` and ``background``. What displays advise depends on them.

    See Also
    --------
    Explanation : One row.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> batch = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y).explain(X.head(3))
    >>> batch
    <ExplanationBatch: 3 rows x 10 features x 1 output>
    >>> batch[1:].to_frame().columns.tolist()
    ['row', 'output', 'feature', 'condition', 'weight', 'standard_error', 'ci_low', 'ci_high']
    """

    def __len__(self):
        """Return the number of rows."""
        return len(self.values)

    def __getitem__(self, key):
        """Return one explanation for an integer, a batch for a slice, mask or list of indices."""
        if key is None or isinstance(key, tuple):
            raise IndexError(
                f"batch[{key!r}] is not possible; a batch takes one integer, a slice, a mask or a "
                "list of places, of rows alone."
            )
        is_one = isinstance(key, int | np.integer) and not isinstance(key, bool)
        if is_one and not -len(self) <= key < len(self):
            raise IndexError(f"row {key} is out of range for a batch of {len(self)} rows.")
        arrays = _field_values(self)
        arrays.update({name: arrays[name][key] for name in PER_ROW})
        return (Explanation if is_one else ExplanationBatch)(**arrays)

    @property
    def conditions(self):
        """Return what each weight is the weight of, one text a row and feature."""
        return _conditions(self.codes, self.condition_labels)

    def to_frame(self):
        """Return a tidy frame, one line a row, output and selected feature.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``output``, ``feature``, ``condition``, ``weight``,
            ``standard_error``, ``ci_low``, ``ci_high`` (95 %).
        """
        low, high = self.confidence_intervals()
        row, output, feature = np.nonzero(self.selected.transpose(0, 2, 1))
        here = row, feature, output
        outputs = _object_array(self.response_names)[self.explained[row, output]]
        is_pair = self.opposed[row, output] >= 0
        outputs[is_pair] = _object_array(self.output_names)[output[is_pair]]
        return frame_of(
            {
                "row": self.row_labels[row],
                "output": outputs,
                "feature": _object_array(self.feature_names)[feature],
                "condition": self.conditions[row, feature],
                "weight": self.values[here],
                "standard_error": self.standard_errors[here],
                "ci_low": low[here],
                "ci_high": high[here],
            }
        )

    def to_matrix(self, output=None):
        """Return the weights as a frame, one line a row.

        Parameters
        ----------
        output : label, str or int, default=None
            Which output, by name or class label; `None` is all of them.

        Returns
        -------
        matrix : pandas.DataFrame of shape (n_rows, n_features)
            Weights, with the labels of the rows as its index; 0 where not selected. Of
            several outputs, columns ``output__feature`` of the first output, then of the
            next, as in `transform`.
        """
        return weight_matrix(self, output)

    def mean_abs_weights(self, level=CONFIDENCE_LEVEL):
        """Return how strong each feature is over the rows, with intervals.

        Rows of one explainer share their perturbations, so that their errors do not average
        out. The intervals come from the means without each replicate, features selected
        anew: they say how far a mean would move with other perturbed rows, not with other
        explained rows.

        Parameters
        ----------
        level : float, default=0.95
            Confidence level, in (0, 1).

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``output``, ``feature``, ``mean_abs_weight``, ``standard_error``,
            ``ci_low``, ``ci_high``; strongest first within each output. Rows without an
            explanation are left out.

        Raises
        ------
        ValueError
            If the level is not in (0, 1).
        """
        return mean_abs_weights(self, level)

    @classmethod
    def from_json(cls, source):
        """Read what `to_json` wrote.

        Parameters
        ----------
        source : str or path-like
            The text, which begins with a brace, or the file.

        Returns
        -------
        batch : ExplanationBatch
            The same as was written.

        Raises
        ------
        ValueError
            If it is something else, saying what is wrong.
        """
        return cls(**read_batch(source, cls.__name__))

    def to_shap(self, output=None):
        """Return the explanations as what shap's plots take.

        Weights times encoding are the values, intercepts the base values: they add up to the
        local predictions. Needs the package ``shap``.

        Parameters
        ----------
        output : label, str or int, default=None
            Which output, by name or class label; `None` is all of them.

        Returns
        -------
        explanations : shap.Explanation
            With ``values`` of shape (n_rows, n_features), or (n_rows, n_features,
            n_outputs) for several outputs.
        """
        return shap_explanation(self, find_output(self, output))

    def plot(self, output=None, *, kind="global", max_features=10, ax=None):
        """Draw the weights of all rows, or how well the surrogates follow the model.

        Parameters
        ----------
        output : label, str or int, default=None
            Which output; `None` is the only one or, of several classes, the predicted one of
            each row.

        kind : {"global", "fidelity"}, default="global"
            A strip of dots a feature; or the surrogates' predictions against the model's.

        max_features : int, default=10
            Most strips, at least 1; `None` is all.

        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure.

        Returns
        -------
        display : LimeGlobalDisplay or LimeFidelityDisplay
            With ``ax_`` and ``figure_``.
        """
        from sklime.display._plots import plot_batch

        return plot_batch(self, output, kind=kind, max_features=max_features, ax=ax)

    def to_html(self, path, *, title=None, y=None, include_values=True):
        """Write a report on all rows: one file that needs no network.

        Parameters
        ----------
        path : str or path-like
            Where; the file is written whole or not at all.

        title : str, default=None
            Heading; `None` is "LIME explanations".

        y : array-like of shape (n_rows,), default=None
            What the model should have said, for its accuracy and to find wrong rows.

        include_values : bool, default=True
            Whether the values of the rows, and documents, are part of the file. The rules are
            in any case, since they are the reasons.

        Returns
        -------
        path : pathlib.Path
            Where it was written.
        """
        from sklime.display._save import save_report

        return save_report(self, path, title=title, y=y, include_values=include_values)

    def __repr__(self):
        """Return the size."""
        n_rows, n_features, n_outputs = self.values.shape
        return (
            f"<ExplanationBatch: {counted(n_rows, 'row')} x {counted(n_features, 'feature')} "
            f"x {counted(n_outputs, 'output')}>"
        )


def _left_out(explanation):
    """Return what nobody said, as it is for most rows and models."""
    found = {
        name: np.full(np.shape(getattr(explanation, filler.shaped_as)), filler.value, filler.dtype)
        for name, filler in NOTHING_TO_SAY.items()
        if getattr(explanation, name) is None
    }
    if explanation.opposed is None:
        found["opposed"] = np.full(np.shape(explanation.explained), -1)
    if explanation.predicted is None:
        responses = np.nan_to_num(explanation.responses, nan=-np.inf)
        is_known = np.isfinite(responses).all(axis=-1) & explanation.is_classification
        found["predicted"] = np.where(is_known, responses.argmax(axis=-1), -1)[()]
    if explanation.response_labels is None:
        found["response_labels"] = explanation.response_names
    return found


def _field_values(explanation):
    return {item.name: getattr(explanation, item.name) for item in fields(explanation)}


def _conditions(codes, condition_labels):
    conditions = np.empty(codes.shape, dtype=object)
    for feature, labels in enumerate(condition_labels):
        conditions[:, feature] = _object_array(labels)[codes[:, feature]]
    return conditions


def _object_array(items):
    # Not by assignment, which would take tuples apart.
    return np.fromiter(items, dtype=object, count=len(items))
