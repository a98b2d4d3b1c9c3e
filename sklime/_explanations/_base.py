"""Base classes of explanations of all kinds: one instance, and a batch of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    overload,
)

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklime._explanations._equality import is_same
from sklime._explanations._flat import nested, of_former_name
from sklime._explanations._global import find_output, mean_abs_weights, weight_matrix
from sklime._explanations._internals import Facts, Internals
from sklime._explanations._json import read_one, write_json
from sklime._explanations._loc import RowsByLabel
from sklime._explanations._shap import shap_explanation
from sklime.utils._intervals import CONFIDENCE_LEVEL, half_widths
from sklime.utils._objects import object_array, read_only
from sklime.utils._output_names import explained_name, find_explained_output
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas.io.formats.style import Styler

    from sklime.display._plots import BatchDisplay, ExplanationDisplay

__all__ = ["AnyBatch", "BaseExplanation", "BaseExplanationBatch", "OfFit", "check_same"]

One = TypeVar("One", bound="BaseExplanation")

# Public names that other rooms use, or that `Sequence` defines: users have no need of them.
_UNLISTED = frozenset(
    ("as_batch", "count", "from_arrays", "index", "kind", "noun", "shares_features")
)


class _Shown:
    """Facts and representations that one explanation and a batch share."""

    # Kind of the explained instances: "table" or "text"; and the word for one of them.
    kind: ClassVar[str]
    noun: ClassVar[str]

    n_replicates: int
    output_names: tuple[Any, ...]
    response_names: tuple[Any, ...]
    predictions: FloatArray
    internals: Any

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Make arrays read-only again, which pickles and copies do not keep."""
        vars(self).update({name: read_only(value) for name, value in state.items()})

    def __eq__(self, other: object) -> bool:
        """Tell whether all values are the same; NaN is the same as NaN."""
        return type(self) is type(other) and is_same(vars(self), vars(other))

    def __hash__(self) -> int:
        """Return a hash of names and shapes: explanations that are equal have the same."""
        return hash((type(self), self.output_names, self.response_names, self.predictions.shape))

    def __dir__(self) -> list[str]:
        """List the documented attributes alone: completion shows what users look for."""
        names = super().__dir__()
        return [name for name in names if not name.startswith("_") and name not in _UNLISTED]

    @property
    def response_labels(self) -> tuple[Any, ...]:
        """Return the labels of classes, or the names of outputs that are no classes."""
        return tuple(self.internals.response_labels)

    @property
    def is_classification(self) -> bool:
        """Tell whether the outputs of the model are classes."""
        return bool(self.internals.is_classification)

    @overload
    def to_json(self, path: None = None) -> str: ...

    @overload
    def to_json(self, path: str | PathLike[str]) -> None: ...

    def to_json(self, path: str | PathLike[str] | None = None) -> str | None:
        """Write everything as JSON, without loss.

        `from_json` returns equal arrays, names and types. The file holds data only: reading a file
        from an unknown source runs no code.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write, completely or not at all; `None` returns the text.

        Returns
        -------
        text : str or None
            The text, where no file is written.

        Raises
        ------
        ValueError
            If a label of a row or class is of a type that JSON cannot keep.
        OSError
            If the file cannot be written; an old file stays unchanged.
        """
        return write_json(self, path)

    def _repr_html_(self) -> str | None:
        """Return static HTML for notebooks; nothing under ``set_config(display="text")``."""
        return self._repr_mimebundle_().get("text/html")

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        """Return plain text and HTML for notebooks."""
        from sklime.display._notebook import mime_bundle

        return mime_bundle(cast(Any, self))


class OfFit(_Shown):
    """Arrays of the local fit, for one instance or for rows that share their features."""

    internals: Internals

    def __post_init__(self) -> None:
        """Make arrays read-only, without touching the caller's."""
        for name, value in list(vars(self).items()):
            object.__setattr__(self, name, read_only(value))

    @property
    def values(self) -> FloatArray:
        """Return the weights; 0 where not selected."""
        return self.internals.fit.values

    @property
    def standard_errors(self) -> FloatArray:
        """Return the standard errors of the weights; NaN where not selected."""
        return self.internals.fit.standard_errors

    @property
    def intercepts(self) -> FloatArray:
        """Return the local prediction where no condition holds."""
        return self.internals.fit.intercepts

    @property
    def local_predictions(self) -> FloatArray:
        """Return the prediction of the surrogate."""
        return self.internals.fit.local_predictions

    @property
    def held_out_predictions(self) -> FloatArray:
        """Return the prediction of the surrogate that leaves the explained instance out."""
        return self.internals.fit.held_out_predictions

    @property
    def fidelity(self) -> FloatArray:
        """Return the held-out R2 against the mean response given the conditions."""
        return self.internals.fit.fidelity

    @property
    def fidelity_errors(self) -> FloatArray:
        """Return the standard errors of the fidelity."""
        return self.internals.fit.fidelity_errors

    @property
    def response_r2(self) -> FloatArray:
        """Return the held-out R2 against single responses."""
        return self.internals.fit.response_r2

    @property
    def background_encodings(self) -> FloatArray:
        """Return the share of the background that meets each condition."""
        return self.internals.background_encodings

    @property
    def selected(self) -> BoolArray:
        """Tell which features are selected; the weights of the others are 0."""
        return ~np.isnan(self.standard_errors)

    def confidence_intervals(
        self, level: float = CONFIDENCE_LEVEL
    ) -> tuple[FloatArray, FloatArray]:
        """Return intervals for the weights.

        They use Student's t on the spread between replicates, with ``n_replicates - 1`` degrees of
        freedom. They tell how far the weights would move with other perturbed rows, on the same
        features and bins. They do not tell how well a linear model describes the black box.
        Exact weights have no error: both ends of their intervals are the weights themselves.

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


@dataclass(frozen=True, eq=False, repr=False)
class BaseExplanation(OfFit):
    """The explanation of one instance; see `Explanation` and `TextExplanation`."""

    predictions: FloatArray
    responses: FloatArray
    effective_sample_size: float
    n_perturbations: int
    converged: bool
    failure: str | None
    fidelity_failures: ObjectArray
    data: Array
    row_label: Any
    feature_names: tuple[str, ...]
    output_names: tuple[Any, ...]
    response_names: tuple[Any, ...]
    target: Any
    n_replicates: int
    baseline: str
    internals: Internals

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """Make an explanation from arrays and names, as JSON has them.

        Parameters
        ----------
        arrays : mapping
            The fields of `to_json`.

        Returns
        -------
        explanation : Explanation or TextExplanation
            With these arrays.
        """
        return cls(**nested(arrays, is_one=True))

    def as_batch(self) -> BaseExplanationBatch[Self]:
        """Return a batch of this explanation alone.

        Returns
        -------
        batch : ExplanationBatch or TextExplanationBatch
            One row.
        """
        raise NotImplementedError

    @property
    def conditions(self) -> list[str]:
        """Return the condition that each weight belongs to, one text per feature."""
        internals = self.internals
        codes = internals.codes.tolist()
        return [labels[code] for labels, code in zip(internals.condition_labels, codes)]

    @property
    def predicted_class(self) -> Any:
        """Return the class that the model predicts; `None` if there is no single class."""
        return (
            None
            if self.internals.predicted_index < 0
            else (self.response_names[self.internals.predicted_index])
        )

    @property
    def is_exact(self) -> bool:
        """Tell whether the weights are exact; otherwise they come from a sample."""
        return bool(np.isinf(self.effective_sample_size))

    def explained_names(self) -> tuple[Any, ...]:
        """Return the names of the explained outputs of this row.

        Returns
        -------
        names : tuple
            Class labels, or names of outputs; for ``target="predicted"`` the class that was
            predicted for this row, and for a pair ``"A rather than B"``.
        """
        pairs = zip(self.internals.output_index.tolist(), self.internals.opposed_index.tolist())
        return tuple(explained_name(self.response_names, *pair) for pair in pairs)

    def as_list(self, output: Any = None) -> list[tuple[str, float]]:
        """Return the selected conditions and their weights, strongest first.

        Parameters
        ----------
        output : label, str, int or pair, default=None
            Explained output, as in `target`: by name, class label, or index where outputs are no
            classes. `None` is the only output or, of several classes, the predicted one.

        Returns
        -------
        pairs : list of (str, float)
            Conditions and weights.
        """
        index = self._output_index(output)
        weights = self.values[:, index]
        features = np.flatnonzero(self.selected[:, index])
        # A stable order: features of equal strength stay in the order of the table.
        order = features[np.argsort(-np.abs(weights[features]), kind="stable")]
        conditions = self.conditions
        return [(conditions[feature], float(weights[feature])) for feature in order]

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy frame of the weights.

        Returns
        -------
        frame : pandas.DataFrame
            See `ExplanationBatch.to_frame`.
        """
        return self.as_batch().to_frame()

    @classmethod
    def from_json(cls, source: str | PathLike[str]) -> Self:
        """Read an explanation that `to_json` wrote.

        Parameters
        ----------
        source : str or path-like
            The text, which begins with a brace, or the file.

        Returns
        -------
        explanation : Explanation
            Equal to the one that was written.

        Raises
        ------
        ValueError
            If `to_json` does not write such a text; the message names the field.
        """
        return cls.from_arrays(read_one(source, cls.__name__, cls.kind))

    def to_shap(self, output: Any = None) -> Any:
        """Return the explanation for the plots of shap.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; see `as_list`.

        Returns
        -------
        explanation : shap.Explanation
            With ``values`` of shape (n_features,); see `ExplanationBatch.to_shap`.
        """
        return shap_explanation(self, self._output_index(output))

    def plot(
        self,
        output: Any = None,
        *,
        kind: Literal["bar", "waterfall", "comparison", "text"] = "bar",
        max_features: int | None = 10,
        ax: Axes | None = None,
    ) -> ExplanationDisplay:
        """Draw the weights.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; see `as_list`.

        kind : {"bar", "waterfall", "comparison", "text"}, default="bar"
            "bar" draws bars from zero. "waterfall" draws bars that begin where the last one ends,
            from the intercept to the surrogate. "comparison" draws all explained outputs side by
            side. "text" draws the words of a document.

        max_features : int, default=10
            Maximum number of features, or words, at least 1; `None` draws all. One more bar sums
            up the others.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure.

        Returns
        -------
        display : LimeExplanationDisplay, LimeComparisonDisplay or LimeTextDisplay
            With ``ax_`` and ``figure_``.
        """
        from sklime.display._plots import plot_explanation

        return plot_explanation(
            cast(Any, self), output, kind=kind, max_features=max_features, ax=ax
        )

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the explanation to a file, completely or not at all.

        Parameters
        ----------
        path : str or path-like
            Path of the file; the suffix sets the format: ``.html``, ``.png``, ``.svg``, ``.pdf``,
            ``.md`` (Markdown), ``.json`` or ``.csv``. A link is replaced, not followed. In CSV, a
            ``'`` is put before texts that a spreadsheet would run.

        Returns
        -------
        path : pathlib.Path
            Path of the file.
        """
        from sklime.display._save import save_explanation

        return save_explanation(cast(Any, self), path)

    @overload
    def to_html(self, path: None = None) -> str: ...

    @overload
    def to_html(self, path: str | PathLike[str]) -> Path: ...

    def to_html(self, path: str | PathLike[str] | None = None) -> Path | str:
        """Return or write the card as a page of its own, which needs no network.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write, completely or not at all; `None` returns the HTML.

        Returns
        -------
        path : pathlib.Path or str
            Path of the file; without a path the HTML.
        """
        from sklime.display._save import page_of, save_page

        return page_of(cast(Any, self)) if path is None else save_page(cast(Any, self), path)

    @property
    def style(self) -> Styler:
        """Return the selected weights as a styled table for notebooks: orange raises, blue lowers.

        It has the columns of `to_frame` that differ from line to line. Names are escaped.
        """
        from sklime.display._styler import styled_explanation

        return styled_explanation(self.to_frame())

    def __repr__(self) -> str:
        """Return a few lines for people."""
        from sklime.display._plain import explanation_text

        return explanation_text(cast(Any, self))

    def _output_index(self, output: Any) -> int:
        """Return the index of an explained output in the arrays.

        Parameters
        ----------
        output : label, str, int or pair
            Explained output; see `as_list`.

        Returns
        -------
        index : int
            Index of the last axis of `values`.

        Raises
        ------
        ValueError
            If the output is not explained, or `None` is ambiguous.
        """
        names, internals = self.explained_names(), self.internals
        explained, opposed = internals.output_index, internals.opposed_index
        index: int | None = 0
        if output is not None:
            index = find_explained_output(output, self, explained.tolist(), opposed.tolist())
        elif len(names) > 1:
            is_predicted = (explained == internals.predicted_index) & (opposed < 0)
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

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """Find internals by their former names."""
            return of_former_name(self, name)


class BaseExplanationBatch(_Shown, Sequence[One], Generic[One]):
    """Explanations of many instances; see `ExplanationBatch` and `TextExplanationBatch`."""

    # Whether all of them have the same features, so that there are arrays over features.
    shares_features: ClassVar[bool]

    intercepts: FloatArray
    predictions: FloatArray
    local_predictions: FloatArray
    held_out_predictions: FloatArray
    fidelity: FloatArray
    fidelity_errors: FloatArray
    fidelity_failures: ObjectArray
    response_r2: FloatArray
    responses: FloatArray
    effective_sample_size: FloatArray
    n_perturbations: IntArray
    converged: BoolArray
    failures: ObjectArray
    row_labels: Array
    output_names: tuple[Any, ...]
    response_names: tuple[Any, ...]
    target: Any
    baseline: str

    @overload
    def __getitem__(self, key: int | np.integer[Any]) -> One: ...

    @overload
    def __getitem__(self, key: slice | Sequence[int] | Array) -> Self: ...

    def __getitem__(self, key: Any) -> One | Self:
        """Return one explanation for an integer, a batch for a slice, mask or list of indices."""
        if isinstance(key, np.ndarray) and key.ndim == 0:
            key = key[()]
        # NumPy would take these as a new axis, or as indices of several axes.
        if key is None or isinstance(key, tuple | bool | np.bool_) or np.ndim(key) > 1:
            raise IndexError(
                f"batch[{key!r}] is not possible. A batch takes one integer, a slice, a mask or a "
                f"list of integers, of {self.noun}s alone. batch.loc finds {self.noun}s by their "
                "labels."
            )
        if isinstance(key, int | np.integer):
            if not -len(self) <= key < len(self):
                raise IndexError(
                    f"{self.noun} {key} is out of range for a batch of {len(self)} {self.noun}s."
                )
            return self._one(int(key))
        return self._several(key)

    def __iter__(self) -> Iterator[One]:
        """Yield the explanations, one after the other."""
        return (self._one(index) for index in range(len(self)))

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the index of the first explanation that equals a given one.

        Parameters
        ----------
        value : Explanation or TextExplanation
            The explanation to find.

        start, stop : int, default=0, None
            Range to search, as in ``list.index``.

        Returns
        -------
        index : int
            Index in the batch.

        Raises
        ------
        ValueError
            If no explanation equals it.
        """
        try:
            return super().index(value, start, *(() if stop is None else (stop,)))
        except ValueError:
            raise ValueError(
                f"no explanation of this batch equals the {type(value).__name__} that was given. "
                f"index takes an explanation; batch.loc finds {self.noun}s by their labels."
            ) from None

    @property
    def is_exact(self) -> BoolArray:
        """Tell for each instance whether its weights are exact; others come from a sample."""
        is_exact: BoolArray = np.isinf(self.effective_sample_size)
        return is_exact

    @property
    def predicted_classes(self) -> ObjectArray:
        """Return the predicted class of each instance; `None` if there is no single class."""
        # Index -1 marks instances without a class.
        names = object_array([*self.response_names, None])
        classes: ObjectArray = names[self.internals.predicted_index]
        return classes

    @property
    def loc(self) -> RowsByLabel:
        """Find explanations by row labels: ``batch.loc[27]`` is the row that is called 27."""
        return RowsByLabel(self.row_labels, self.__getitem__)

    @classmethod
    def concat(cls, batches: Iterable[Self]) -> Self:
        """Concatenate batches of one explainer.

        Parameters
        ----------
        batches : iterable of batches
            At least one. All explain the same features and outputs in the same way.

        Returns
        -------
        batch : batch of the same kind
            All explanations, in the order of the batches.

        Raises
        ------
        TypeError
            If something is no batch of this kind.
        ValueError
            If there is no batch, or batches differ in more than their rows.
        """
        batches = list(batches)
        if not batches:
            raise ValueError("concat needs at least one batch; it got an empty list.")
        for index, batch in enumerate(batches):
            if not isinstance(batch, cls):
                raise TypeError(
                    f"concat puts batches of the class {cls.__name__} together; item {index} "
                    f"is of the class {type(batch).__name__}."
                )
            batches[0]._check_same_facts(batch, index)
        return cls._concatenated(batches)

    def _check_same_facts(self, other: Self, index: int) -> None:
        """Check that another batch explains the same outputs in the same way."""
        for name in ("output_names", "response_names", "target", "n_replicates", "baseline"):
            check_same(name, getattr(self, name), getattr(other, name), index)
        # Displays and metrics read these facts once per batch, so rows with other facts would be
        # described wrongly.
        for item in fields(Facts):
            mine, others = getattr(self.internals, item.name), getattr(other.internals, item.name)
            check_same(item.name, mine, others, index)

    def _one(self, index: int) -> One:
        raise NotImplementedError

    def _several(self, key: Any) -> Self:
        raise NotImplementedError

    @classmethod
    def _concatenated(cls, batches: list[Self]) -> Self:
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy frame, one line per explained instance, output and selected feature.

        Returns
        -------
        frame : pandas.DataFrame
            See `ExplanationBatch.to_frame`.
        """
        raise NotImplementedError

    def to_matrix(self, output: Any = None) -> pd.DataFrame:
        """Return the weights as a frame, one line per explained instance.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output, by name or class label; `None` is all of them.

        Returns
        -------
        matrix : pandas.DataFrame of shape (n_rows, n_features)
            Weights, with the labels of the rows as its index; 0 where not selected. Of
            several outputs, columns ``output__feature`` of the first output, then of the
            next, as in `transform`.
        """
        return weight_matrix(self, output)

    def mean_abs_weights(self, level: float = CONFIDENCE_LEVEL) -> pd.DataFrame:
        """Return the mean absolute weight of each feature, with intervals.

        Rows of one explainer share their perturbations, so their errors do not average out. The
        intervals come from the means without each replicate, with features selected again. They
        tell how far a mean would move with other perturbed rows, not with other explained rows.
        For exact rows both ends are the mean itself.

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

    def to_shap(self, output: Any = None) -> Any:
        """Return the explanations for the plots of shap.

        Weights times encoding are the values, intercepts the base values: they add up to the
        local predictions. Needs the package ``shap``.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output, by name or class label; `None` is all of them.

        Returns
        -------
        explanations : shap.Explanation
            With ``values`` of shape (n_rows, n_features), or (n_rows, n_features,
            n_outputs) for several outputs.
        """
        return shap_explanation(self, find_output(self, output))

    def plot(
        self,
        output: Any = None,
        *,
        kind: Literal["global", "dependence", "heatmap", "fidelity", "what_if"] | None = None,
        feature: str | int | None = None,
        by: ArrayLike | None = None,
        max_features: int | None = 10,
        ax: Axes | None = None,
    ) -> BatchDisplay:
        """Draw the weights of all rows, of one feature, or how well surrogates follow the model.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; `None` is the only output or, of several classes, the predicted one
            of each row.

        kind : {"global", "dependence", "heatmap", "fidelity", "what_if"}, default=None
            A strip of dots per feature, in the colors of the values; the weights of one feature
            against its values; all weights as colors, with similar rows side by side; the
            surrogates' predictions against the model's; or answers and explanations of a row
            and its copies. `None` is "what_if" for a result of
            `LimeTabularExplainer.what_if`, else "global".

        feature : str or int, default=None
            Name or index of the feature that "dependence" draws.

        by : array-like of shape (n_rows,), default=None
            Group of each row, such as ``y_pred != y``: labels of at most 12 groups. Missing labels
            are a group of their own. "global" and "dependence" draw one panel per group, and
            "heatmap" draws the groups side by side.

        max_features : int, default=10
            Maximum number of strips, at least 1; `None` draws all.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure.

        Returns
        -------
        display : LimeGlobalDisplay, LimeDependenceDisplay, LimeHeatmapDisplay, \
                LimeFidelityDisplay, LimeWhatIfDisplay or, with `by`, LimeCohortsDisplay
            With ``ax_`` and ``figure_``.

        Raises
        ------
        ValueError
            If `by` has another length or more than 12 groups, if "fidelity" or "what_if" gets
            groups, if there is no such feature, or if the kind is another one.
        """
        from sklime.display._plots import plot_batch

        return plot_batch(
            cast(Any, self),
            output,
            kind=kind,
            feature=feature,
            by=by,
            max_features=max_features,
            ax=ax,
        )

    def save(self, path: str | PathLike[str], *, by: ArrayLike | None = None) -> Path:
        """Write all explanations to a file, completely or not at all.

        Parameters
        ----------
        path : str or path-like
            Path of the file; the suffix sets the format. ``.html`` is the report of `to_html`,
            ``.json`` the text of `to_json`. ``.csv``, ``.parquet`` and ``.xlsx`` hold the frame of
            `to_frame`. In CSV, a ``'`` is put before texts that a spreadsheet would run; in XLSX,
            all texts are cells of text. ``.parquet`` needs pyarrow, and ``.xlsx`` needs openpyxl.

        by : array-like of shape (n_rows,), default=None
            Group of each instance, for ``.html`` only; see `to_html`.

        Returns
        -------
        path : pathlib.Path
            Path of the file.

        Raises
        ------
        ValueError
            If the suffix is another one, if a sheet cannot hold so many lines, or if a format
            without groups gets `by`.
        ImportError
            If a package that the format needs is not installed.
        """
        from sklime.display._save import save_batch

        return save_batch(cast(Any, self), path, by=by)

    @property
    def style(self) -> Styler:
        """Return the weights as a styled table for notebooks: orange raises, blue lowers.

        It has one line per instance and the columns of `to_matrix`. Names are escaped.
        """
        from sklime.display._styler import styled_matrix

        return styled_matrix(self.to_matrix())

    @overload
    def to_html(
        self,
        path: None = None,
        *,
        title: str | None = None,
        y: ArrayLike | None = None,
        include_values: bool = True,
        by: ArrayLike | None = None,
    ) -> str: ...

    @overload
    def to_html(
        self,
        path: str | PathLike[str],
        *,
        title: str | None = None,
        y: ArrayLike | None = None,
        include_values: bool = True,
        by: ArrayLike | None = None,
    ) -> Path: ...

    def to_html(
        self,
        path: str | PathLike[str] | None = None,
        *,
        title: str | None = None,
        y: ArrayLike | None = None,
        include_values: bool = True,
        by: ArrayLike | None = None,
    ) -> Path | str:
        """Write a report on all rows, one HTML file that needs no network.

        Parameters
        ----------
        path : str or path-like, default=None
            Path of the file, which is written completely or not at all. `None` returns the HTML.

        title : str, default=None
            Heading; `None` is "LIME explanations", or "Shapley values (marginal)".

        y : array-like of shape (n_rows,), default=None
            True classes or values, for the accuracy of the model and to find wrong rows.

        include_values : bool, default=True
            Whether the file contains the values of the rows, documents and pictures. It always
            contains the rules, because they are the reasons.

        by : array-like of shape (n_rows,), default=None
            Group of each instance, such as ``y_pred != y``: labels of at most 12 groups. The report
            compares their median fidelity and mean contributions, and lists one group at a time.
            The names of the groups are part of the file.

        Returns
        -------
        path : pathlib.Path or str
            Path of the file; without a path the HTML.
        """
        from sklime.display._save import report_html, save_report

        options: dict[str, Any] = {
            "title": title,
            "y": y,
            "include_values": include_values,
            "by": by,
        }
        if path is None:
            return report_html(cast(Any, self), **options)
        return save_report(cast(Any, self), path, **options)


# A batch of any kind.
AnyBatch: TypeAlias = BaseExplanationBatch[Any]


def check_same(name: str, first: Any, other: Any, index: int) -> None:
    """Check that two batches have an equal attribute.

    Parameters
    ----------
    name : str
        Name of the attribute.

    first, other : object
        Values of the first batch and of another one.

    index : int
        Index of the other batch.

    Raises
    ------
    ValueError
        If they differ.
    """
    if type(first) is not type(other) or first != other:
        raise ValueError(
            f"{name} of batch 0 is {first!r} and of batch {index} {other!r}; concat takes "
            "batches that one explainer made."
        )
