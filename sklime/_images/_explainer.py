"""Explain pictures and volumes."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from numbers import Integral, Real
from operator import index
from typing import Any, Literal, Self

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklime._base import BaseLimeExplainer
from sklime._explanations._images import ImageExplanation, ImageExplanationBatch
from sklime._explanations._internals import Facts, Internals
from sklime._explanations._learnt import Learnt
from sklime._explanations._settings import ExplainerSettings
from sklime._fills._given import check_fill
from sklime._fills._training import TrainingValues
from sklime._images._cells import cell_names, cell_sums, default_cells
from sklime._images._checks import (
    check_finite_pixels,
    check_one_picture,
    check_range,
    kind_of_pixels,
    the_only_one,
)
from sklime._images._codec import Pictures, check_are_rows, check_dense, read_pictures, read_rows
from sklime._images._cut import Cutter, fill_text, segmenter_text
from sklime._images._instance import AveragedResponse, CutImage, ImageInstance, n_averaged
from sklime._images._layout import Layout, check_channels
from sklime._images._pictures import check_explained, warn_about_cuts, warn_of_failures
from sklime._images._response import ImageResponse
from sklime._images._segments import SEGMENTERS, Segmenter, check_segmenter
from sklime._masks import (
    Answers,
    ExplainedInstance,
    MaskPlan,
    explain_instances,
    known_classes,
)
from sklime._responses._model import tags_of
from sklime._responses._outputs import Outputs
from sklime._responses._response import ModelResponse
from sklime._surrogates._solvers import penalty_text
from sklime.kernels import kernel_function
from sklime.utils._frames import is_frame, row_labels
from sklime.utils._sklearn import Interval, Options, StrOptions
from sklime.utils._threads import one_blas_thread
from sklime.utils._types import (
    Array,
    BoolArray,
    FloatArray,
    IntArray,
    ObjectArray,
    RandomState,
)
from sklime.utils._validation import validated_table

__all__ = ["LimeImageExplainer"]

N_PERTURBATIONS = 512

# Distribution of `lime_image`, for keep=None: half of the segments are removed.
_KEEP_OF_LIME = 0.5

_ResponseMethod = Literal["auto", "predict_proba", "decision_function", "predict", "score_samples"]


class LimeImageExplainer(BaseLimeExplainer):
    """Explain pictures by sparse linear models of the segments that are present.

    ``explain`` returns an `ImageExplanationBatch`. ``transform`` returns the weights of each
    picture, summed over the cells of a grid.

    The explainer calls the model on copies of a picture whose removed segments are filled. It fits
    a weighted linear model of the kept segments to the answers [1]_. Volumes are pictures with
    three axes of space.

    The model gets pictures as they come: their container, type, shape and order of axes. Whole
    numbers stay whole.

    New values of `batch_size`, `n_jobs`, `on_error` and `verbose` act at once. After a change of
    any other parameter, call ``fit`` again: until then, explaining pictures is an error.

    The parameters below are in groups: model (`estimator` to `link`), pictures (to `fill`), sample
    (to `control_variates`), local fit (to `surrogate`), run (to `random_state`).

    Parameters
    ----------
    estimator : estimator or callable
        The model: any object with a prediction method that takes pictures. Or a function that
        takes pictures and returns an array or frame of shape (n_pictures,) or (n_pictures,
        n_outputs). A method such as ``model.predict_proba`` stands for its model and this response
        method. A fitted estimator, a function, or an object without ``fit`` is used unchanged, also
        after `clone`. An unfitted model is cloned and fitted.

    target : {"predicted", "auto", "all"}, class label, str, int, list or tuple, \
            default="predicted"
        Which outputs to explain. "predicted": the class that ``predict`` returns for each picture.
        Of a function with several outputs it is the largest, and a single output is explained as
        it comes. Any other value is as in `LimeTextExplainer`.

    output_names : array-like of str or dict, default=None
        Names of classes or outputs: one per output, in order, or a dict from labels to names.
        `None` keeps the labels of the model, or the columns of the frame that it returns.

    response_method : str or list of str, default="auto"
        "predict_proba", "decision_function", "predict" or "score_samples", or a list in order
        of preference. "auto" is the first of the first three for classifiers, "predict"
        for regressors, "decision_function" for outlier detectors.

    link : {"identity", "logit"}, default="identity"
        "logit" explains log-odds, of probabilities clipped to [0.001, 0.999].

    image_shape : tuple of int, default=None
        Shape of a picture where X has one row of pixels per picture, as models of scikit-learn
        take it: (8, 8) for rows of 64 pixels. One length may be -1. `None` for arrays or lists of
        pictures.

    channel_axis : {"auto", -1, 1, None}, default="auto"
        Axis of the channels in an array of pictures, whose first axis is that of the pictures: -1
        is the last one, 1 the one after the pictures. `None`: there are no channels, in grey
        pictures and volumes. "auto" finds an axis of at most 4 channels, and raises an error where
        none or two are possible.

    segmenter : {"slic", "quickshift", "grid"}, callable or array-like of int, default="slic"
        How a picture is cut. "slic" and "quickshift" need scikit-image; they see pixels scaled to
        [0, 1]. If they find fewer than 8 segments, the grid is taken, with a warning. "grid": equal
        boxes. A function takes a picture and returns the label of the segment of each pixel. An
        array holds such labels for all pictures. Labels are any integers.

    n_segments : int, default=50
        Number of segments that named segmenters aim at, at least 2.

    fill : {"mean", "segment_mean", "blur", "noise", "background"}, number, array-like or \
            callable, default="mean"
        What stands in place of removed segments. "mean": the mean color of the training pictures.
        "segment_mean": the mean color of each segment, which hides nothing in smooth regions.
        "blur": a blurred copy. "noise": random pixels with the means and deviations of the
        training pictures. "background": a training picture, another one in each copy. Or a number;
        a color, with one number per channel; a picture; or a function of a picture, or of a
        picture and its segments, that returns one of these. Fills of whole numbers are rounded.

    keep : float, default=0.75
        Probability with which each segment is kept, in (0, 1); all copies then have the same
        weight. `None` is `lime`'s distribution: half of the segments are kept, and copies are
        weighted by their distance.

    n_perturbations : int or "auto", default=None
        Number of copies per picture; `None` is 512. If a picture has no more copies than that, all
        are used, each with its probability. Nothing is then random. "auto" doubles the number, in
        at least 16 replicates, until the precision of the picture is `tol`, and once more.

    tol : float, default=0.05
        Precision that ``n_perturbations="auto"`` must reach, above 0, in units of `criterion`.

    criterion : {"half_width", "top_features"}, default="half_width"
        Quantity that `tol` limits. "half_width" is half of the widest 95 % interval of the
        weights, relative to the largest weight of the picture. Where outputs are no classes, it is
        relative to the largest weight of the output. "top_features" is one minus the mean Jaccard
        index between the five strongest segments and those of likely other seeds.

    max_perturbations : int, default=16384
        Maximum number of copies with "auto". A picture that does not converge within it is still
        explained, with a warning. Its ``converged`` is false.

    n_replicates : int, default=8
        Number of independent replicates of the copies, at least 2. Their spread gives standard
        errors.

    control_variates : bool, default=True
        Whether to fit a control model to the answers of the model, and to estimate from the copies
        only the residual. Weights are then less noisy and the same on average, without further
        calls of the model. `False` fits the surrogate to the responses unchanged, as `lime` does.

    kernel : {"auto", "exponential", "uniform"} or callable, default="auto"
        Weight of a copy, from its cosine distance to the picture in masks: a function ``(distances,
        width)``, or of the distances alone. "auto" is "uniform" with `keep`, else "exponential"
        with a width of 0.25.

    selection : {"none", "auto", "forward", "highest_weights", "lasso_path"} or callable, \
            default="none"
        How segments are selected, as in `LimeTextExplainer`. "none" keeps all.

    max_features : int, default=None
        Maximum number of non-zero weights per picture and output; `None` for all.

    surrogate : estimator, default=None
        Regressor as in `LimeTextExplainer`. `None` is ``Ridge(alpha=1.0)``, and least squares if
        all copies of a picture are used.

    heatmap_shape : "auto" or tuple of int, default="auto"
        Numbers of cells along each axis, for `transform`. "auto": one per pixel, at most 32; in
        volumes at most 10.

    on_error : {"raise", "warn"}, default="raise"
        What to do if the model fails on a picture. "raise" stops. "warn" warns, returns NaN for
        this picture and explains the others. A new value acts without ``fit``.

    batch_size : int, default=None
        Maximum number of pictures in one call of the model; `None` chooses by memory. A new value
        acts without ``fit``.

    n_jobs : int, default=None
        Number of threads, over pictures; `None` is 1 unless in a `joblib.parallel_config`
        context, -1 all processors. A new value acts without ``fit``.

    verbose : int, default=0
        Above 0, joblib reports on pictures. A new value acts without ``fit``.

    random_state : int, RandomState instance or None, default=None
        Source of the seed, which ``fit`` draws once. A fitted explainer gives the same picture
        the same weights at every call. `None` draws fresh entropy; NumPy's global random state is
        never touched.

    Attributes
    ----------
    estimator_ : object
        The fitted model; `estimator` itself if it is used unchanged.

    channel_axis_ : int or None
        Axis of the channels in an array of pictures; `None` without channels.

    n_channels_ : int
        Number of channels; 1 without channels.

    mean_color_ : ndarray of shape (n_channels,)
        Mean of each channel over the training pictures.

    pixel_range_ : tuple of float
        Smallest and largest number in the training pictures.

    mean_image_ : ndarray or None
        Mean of the training pictures, with channels last; `None` if they differ in size.

    heatmap_shape_ : tuple of int
        Numbers of cells along each axis.

    classes_ : ndarray of shape (n_classes,)
        Classes, for classifiers.

    n_outputs_ : int
        Number of outputs of the model, otherwise.

    See Also
    --------
    LimeTabularExplainer : Explain rows of a table.
    LimeTextExplainer : Explain texts.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?": Explaining the Predictions
       of Any Classifier, KDD 2016, :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    Explain a classifier of digits, whose rows are pictures of 8 x 8 pixels.

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklime import LimeImageExplainer
    >>> X, y = load_digits(return_X_y=True)
    >>> model = LogisticRegression(max_iter=5000).fit(X / 16, y)
    >>> explainer = LimeImageExplainer(
    ...     model, image_shape=(8, 8), segmenter="grid", n_segments=16, random_state=0
    ... )
    >>> explanation = explainer.fit(X / 16).explain(X[:1] / 16)[0]
    >>> explanation.heatmap().shape
    (8, 8)

    The weights of many pictures, one column per pixel.

    >>> explainer.transform(X[:3] / 16).shape
    (3, 64)
    """

    _free_parameters = BaseLimeExplainer._free_parameters | {"on_error"}

    # Distances are those of `lime`: other parameters of its kernel have had no use.
    metric: str = "cosine"
    kernel_width: None = None

    # Learnt in `fit`.
    channel_axis_: int | None
    n_channels_: int
    mean_color_: FloatArray
    pixel_range_: tuple[float, float]
    mean_image_: FloatArray | None
    heatmap_shape_: tuple[int, ...]
    _layout: Layout
    _pixel_kind: str
    _training: TrainingValues
    _target: Any

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012
        **{
            name: constraint
            for name, constraint in BaseLimeExplainer._parameter_constraints.items()
            if name not in ("metric", "kernel_width")
        },
        "image_shape": ["array-like", None],
        "channel_axis": [StrOptions({"auto"}), Options(Integral, {-1, 1}), None],
        "segmenter": [StrOptions(set(SEGMENTERS)), callable, "array-like"],
        "n_segments": [Interval(Integral, 2, None, closed="left")],
        "fill": "no_validation",
        "keep": [Interval(Real, 0, 1, closed="neither"), None],
        "control_variates": ["boolean"],
        "heatmap_shape": [StrOptions({"auto"}), "array-like"],
        "on_error": [StrOptions({"raise", "warn"})],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        target: Any = "predicted",
        output_names: Sequence[str] | Array | Mapping[Any, str] | None = None,
        response_method: _ResponseMethod | list[str] | tuple[str, ...] = "auto",
        link: Literal["identity", "logit"] = "identity",
        image_shape: Sequence[int] | None = None,
        channel_axis: Literal["auto", -1, 1] | None = "auto",
        segmenter: Literal["slic", "quickshift", "grid"] | Callable[..., Any] | Any = "slic",
        n_segments: int = 50,
        fill: Any = "mean",
        keep: float | None = 0.75,
        n_perturbations: int | Literal["auto"] | None = None,
        tol: float = 0.05,
        criterion: Literal["half_width", "top_features"] = "half_width",
        max_perturbations: int = 16384,
        n_replicates: int = 8,
        control_variates: bool = True,
        kernel: Literal["auto", "exponential", "uniform"] | Callable[..., Any] = "auto",
        selection: Literal["auto", "forward", "highest_weights", "lasso_path", "none"]
        | Callable[..., Any] = "none",
        max_features: int | None = None,
        surrogate: Any = None,
        heatmap_shape: Literal["auto"] | Sequence[int] = "auto",
        on_error: Literal["raise", "warn"] = "raise",
        batch_size: int | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.target = target
        self.output_names = output_names
        self.response_method = response_method
        self.link = link
        self.image_shape = image_shape
        self.channel_axis = channel_axis
        self.segmenter = segmenter
        self.n_segments = n_segments
        self.fill = fill
        self.keep = keep
        self.n_perturbations = n_perturbations
        self.tol = tol
        self.criterion = criterion
        self.max_perturbations = max_perturbations
        self.n_replicates = n_replicates
        self.control_variates = control_variates
        self.kernel = kernel
        self.selection = selection
        self.max_features = max_features
        self.surrogate = surrogate
        self.heatmap_shape = heatmap_shape
        self.on_error = on_error
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Self:
        """Learn range, colors and channels of the training pictures; fit an unfitted model.

        Parameters
        ----------
        X : ndarray, list of ndarray or list of PIL pictures; with `image_shape` an array or \
                DataFrame of shape (n_pictures, n_pixels)
            Training pictures, as the model takes them. One picture x is ``x[None]``.

        y : array-like of shape (n_pictures,), default=None
            Target of the model; needed only by an unfitted model.

        **fit_params : dict
            Parameters of the ``fit`` of an unfitted model; routed as metadata if metadata
            routing is enabled.

        Returns
        -------
        self : object
            The fitted explainer.

        Raises
        ------
        ValueError
            If X is no array or list of pictures, if its axes can be read in several ways, if pixels
            are missing, or if `fill` or `segmenter` do not fit the pictures.
        """
        fitted: Self = super().fit(X, y, **fit_params)
        return fitted

    def explain(self, X: Any) -> ImageExplanationBatch:
        """Explain pictures.

        Parameters
        ----------
        X : ndarray, list of ndarray or list of PIL pictures; with `image_shape` an array or \
                DataFrame of shape (n_pictures, n_pixels)
            Pictures, with the axes and the type of those in `fit`. Sizes may differ.

        Returns
        -------
        batch : ImageExplanationBatch
            One explanation per picture, in the same order.
        """
        batch: ImageExplanationBatch = super().explain(X)
        return batch

    def transform(self, X: Any) -> FloatArray:
        """Return the weights of each picture, summed over the cells of a grid.

        Parameters
        ----------
        X : ndarray, list of ndarray or list of PIL pictures; with `image_shape` an array or \
                DataFrame of shape (n_pictures, n_pixels)
            Pictures, as in `explain`.

        Returns
        -------
        weights : ndarray of shape (n_pictures, n_cells * n_outputs)
            The weight of a segment is spread evenly over its pixels. So a row adds up to the
            weights of the segments. All cells of the first explained output come first, then those
            of the next; see `get_feature_names_out`.
        """
        weights: FloatArray = super().transform(X)
        return weights

    def score(self, X: Any, y: Any = None) -> float:
        """Return the local accuracy over pictures.

        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` over pictures and explained
        outputs. f is the response of the model to a picture. The local prediction comes from
        a fit without this picture. Pictures without a defined value are ignored.

        Parameters
        ----------
        X : ndarray, list of ndarray or list of PIL pictures; with `image_shape` an array or \
                DataFrame of shape (n_pictures, n_pixels)
            Pictures.

        y : object, default=None
            Ignored.

        Returns
        -------
        score : float
            At most 1; NaN if the model gives the same response to all pictures.
        """
        return super().score(X, y)

    def preview_segments(self, x: Any) -> IntArray:
        """Cut one picture, without a call of the model.

        Parameters
        ----------
        x : ndarray or PIL picture
            One picture, as an item of X; with `image_shape` one row of pixels. It may come in a
            batch of its own, as ``X[:1]``.

        Returns
        -------
        segments : ndarray of int
            Label of the segment of each pixel, in the shape of the picture without channels.

        Raises
        ------
        ValueError
            For several pictures.
        """
        self._check_ready()
        is_row = self.image_shape is not None
        n_axes, noun = (1, "row of pixels") if is_row else (self._layout.n_axes, "picture")
        x = the_only_one(x, n_axes)
        if self.image_shape is not None and np.ndim(x) != 1:
            check_are_rows(x, _checked_shape(self.image_shape, "image_shape"))
        check_one_picture(x, n_axes, noun)
        pictures = self._pictures(np.asarray(x)[None] if is_row else [x])
        cut, _ = self._cutter(pictures.codec.layout)(pictures.arrays[0])
        warn_about_cuts([cut], np.arange(1), self.segmenter)
        return cut.segments

    def get_feature_names_out(self, input_features: Any = None) -> ObjectArray:
        """Return the names of the columns of `transform`.

        Parameters
        ----------
        input_features : object, default=None
            Ignored; part of the interface of scikit-learn.

        Returns
        -------
        names : ndarray of str
            Row and column of each cell, as ``r03_c17``; with several explained outputs
            ``output__r03_c17``.
        """
        check_is_fitted(self)
        cells, outputs = cell_names(self.heatmap_shape_), self._output_names()
        if len(outputs) == 1:
            return np.array(cells, dtype=object)
        return np.array([f"{output}__{cell}" for output in outputs for cell in cells], dtype=object)

    def _validated_training_rows(self, X: Any, y: Any) -> Any:
        check_fill(self.fill)
        check_segmenter(self.segmenter)
        pictures = self._pictures(X, is_training=True)
        if y is not None:
            check_consistent_length(pictures.arrays, y)
        spaces = sorted({array.shape[:-1] for array in pictures.arrays})
        self.heatmap_shape_ = _cells(self.heatmap_shape, spaces)
        return X

    def _pictures(self, X: Any, is_training: bool = False) -> Pictures:
        """Read pictures, and check them."""
        learnt = None if is_training else self._layout
        if self.image_shape is None:
            pictures = read_pictures(X, self.channel_axis, learnt)
        else:
            shape = _checked_shape(self.image_shape, "image_shape")
            check_dense(X)
            check_are_rows(X, shape)
            table = validated_table(self, X, reset=is_training)
            pictures = read_rows(table, shape, self.channel_axis)
        arrays = pictures.arrays
        check_finite_pixels(arrays)
        n_channels = check_channels(
            [array.shape for array in arrays], None if is_training else self.n_channels_
        )
        kind = kind_of_pixels(arrays[0].dtype)
        if is_training:
            self._layout, self.n_channels_ = pictures.codec.layout, n_channels
            self.channel_axis_, self._pixel_kind = self._layout.channel_axis, kind
            return pictures
        if kind != self._pixel_kind:
            raise ValueError(
                f"The pixels of X are of the type {kind}, and those of fit were of the type "
                f"{self._pixel_kind}; convert them, or call fit again."
            )
        check_range(arrays, *self.pixel_range_)
        return pictures

    def _default_size(self) -> int:
        return N_PERTURBATIONS

    def _learn(self, X: Any, y: Any) -> None:
        pictures = self._pictures(X, is_training=True)
        self._training = TrainingValues.of(pictures.arrays, self._seed)
        self.mean_color_, self.mean_image_ = self._training.mean, self._training.mean_array
        self.pixel_range_ = self._training.low, self._training.high
        # What is wrong with a fill or segmenter is said now, before the model is called often.
        cutter = self._cutter(self._layout)
        cut, _ = cutter(pictures.arrays[0])
        if cut.is_off_scale:
            cutter.warn_off_scale()
        else:
            cutter.warn_far_outside(cut.array.dtype)
        response = ImageResponse(
            self.estimator_, self._method, self.link, pictures.codec, self.batch_size
        )
        self._learn_outputs(response, pictures.arrays[:1], y)

    def _target_among(self, outputs: Outputs) -> tuple[Any, Outputs]:
        target, is_function = self.target, tags_of(self.estimator_) is None
        if isinstance(target, str) and target == "predicted" and outputs.kind == "numbers":
            if len(outputs) == 1:
                target = "auto"
            elif is_function:
                # Models of pictures are mostly functions that return one number per class.
                outputs = replace(outputs, kind="classes", predicted_by="largest")
        self._target = target
        return target, outputs

    def _cutter(self, layout: Layout) -> Cutter:
        low, high = self.pixel_range_
        segmenter = Segmenter(self.segmenter, index(self.n_segments), low, high, layout)
        shape = None if self.image_shape is None else tuple(self.image_shape)
        return Cutter(segmenter, self.fill, self._training, layout, shape, self._seed)

    def _with_seed(self, seed: int) -> Self:
        """Return the explainer with other copies; colors and training pictures are the same."""
        twin = copy.copy(self)
        twin._seed = seed
        return twin

    def _learnt_html(self) -> str:
        low, high = self.pixel_range_
        facts = [
            ("Channels", str(self.n_channels_)),
            ("Pixels", f"from {low:.6g} to {high:.6g}"),
            ("Cells", " x ".join(map(str, self.heatmap_shape_))),
        ]
        return Learnt([*self._learnt_facts(), *facts], []).to_html()

    def _plan(self, with_errors: bool) -> MaskPlan:
        kernel: Any = self.kernel
        if kernel == "auto":
            kernel = "exponential" if self.keep is None else "uniform"
        return MaskPlan(
            keep=_KEEP_OF_LIME if self.keep is None else float(self.keep),
            kernel=kernel_function(kernel),
            width=self.kernel_width,
            metric=self.metric,
            n_perturbations=self._n_perturbations(),
            n_replicates=self._n_replicates(),
            seed=self._seed,
            control_variates=self.control_variates,
            surrogate=self.surrogate,
            has_errors=with_errors or self._is_auto,
            precision=self._precision() if self._is_auto else None,
            on_error=self.on_error,
            nouns=("picture", "segments"),
        )

    def _weights(self, X: Any) -> tuple[FloatArray, Array]:
        batch, parts = self._explained_with_parts(X, with_errors=False)
        with one_blas_thread():
            rows = [
                cell_sums(part, one.values, self.heatmap_shape_).ravel()
                for part, one in zip(parts, batch)
            ]
        return np.stack(rows), batch.row_labels

    def _explained(self, X: Any, with_errors: bool = True) -> ImageExplanationBatch:
        return self._explained_with_parts(X, with_errors)[0]

    def _explained_with_parts(
        self, X: Any, with_errors: bool
    ) -> tuple[ImageExplanationBatch, list[IntArray]]:
        """Return explanations, and the segment of each pixel of each picture from 0."""
        pictures = self._pictures(X)
        response = replace(
            self._asker, codec=pictures.codec, reports_failures=self.on_error == "warn"
        )
        labels = row_labels(X) if is_frame(X) else np.arange(len(pictures))
        classes: list[int | None] = [-1] * len(pictures)
        if self._chosen is None or with_errors:
            classes = known_classes(response, pictures.arrays)
        cuts: list[CutImage] = []
        tasks = self._tasks(pictures, response, classes, self._plan(with_errors), cuts)
        results = explain_instances(tasks, n_jobs=self.n_jobs, verbose=self.verbose)
        warn_about_cuts(cuts, labels, self.segmenter)
        if any(cut.is_off_scale for cut in cuts):
            self._cutter(self._layout).warn_off_scale()
        warn_of_failures(results, labels, self._response.name)
        self._warn_imprecise(results, labels, ("pictures", "copies"))
        predicted = np.array([self._predicted(*pair) for pair in zip(results, classes)])
        shared = self._shared_facts()
        indices = zip(predicted, *self._explained_in(predicted))
        n_responses = len(self._response.known_outputs)
        explanations = [
            _explanation(cut, result, label, n_responses, *chosen, shared, self._layout)
            for cut, result, label, chosen in zip(cuts, results, labels, indices)
        ]
        return ImageExplanationBatch(explanations, shared), [cut.parts for cut in cuts]

    def _tasks(
        self,
        pictures: Pictures,
        response: ModelResponse,
        classes: Sequence[int | None],
        plan: MaskPlan,
        cuts: list[CutImage],
    ) -> Any:
        """Yield the arguments of the engine for each picture, and store how it was cut."""
        cut_one = self._cutter(pictures.codec.layout)
        for position, (array, predicted) in enumerate(zip(pictures.arrays, classes)):
            cut, replacement = cut_one(array)
            cuts.append(cut)
            n_variants = n_averaged(replacement, plan)
            shape = pictures.codec.layout.restored(array).shape
            name = f"picture {position} (shape {shape})"
            instance = ImageInstance(replacement, n_variants, name)
            respond = AveragedResponse(response) if n_variants else response
            output_of = partial(self._answer_index, predicted)
            yield plan, instance, respond, *self._selector(instance.n_parts), output_of

    def _judged(
        self, X: Any, batch: ImageExplanationBatch, fill: Any, n_draws: int, seed: int
    ) -> Iterator[tuple[Callable[[BoolArray], FloatArray], FloatArray]]:
        """Yield a function from masks of all segments to answers, and the sizes of the segments.

        The masked copies have another fill than those that explain.
        """
        check_fill(fill)
        pictures = self._pictures(X)
        check_explained(pictures.arrays, batch)
        response = replace(self._asker, codec=pictures.codec)
        judge = replace(self._cutter(pictures.codec.layout), fill=fill, seed=seed)
        is_warned = False
        for array, segments in zip(pictures.arrays, batch.segments):
            replacement = judge.replacement(array, segments)
            if replacement.is_off_scale and not is_warned:
                judge.warn_off_scale()
                is_warned = True
            n_variants = min(n_draws, len(replacement.variants))
            instance = ImageInstance(replacement, n_variants if n_variants > 1 else 0)
            respond = AveragedResponse(response) if n_variants > 1 else response
            sizes = np.bincount(replacement.parts.ravel()).astype(np.float64)
            yield partial(_answers_to_masks, instance, respond), sizes

    def _shared_facts(self) -> dict[str, Any]:
        """Return the attributes that all explanations of a batch share."""
        facts = self._facts_of_outputs()
        return {
            **facts,
            "target": self._target if isinstance(self._target, str) else facts["target"],
            "n_replicates": self._n_replicates(),
            "baseline": "removed",
            # Which training picture stands in place of segments is noise that no mask explains.
            "fidelity_is_bound": isinstance(self.fill, str) and self.fill == "background",
            "settings": ExplainerSettings(
                link=self.link,
                keep=None if self.keep is None else float(self.keep),
                penalty=penalty_text(self.surrogate),
                fill=fill_text(self.fill),
                segmenter=segmenter_text(self.segmenter),
                pixel_range=(float(self.pixel_range_[0]), float(self.pixel_range_[1])),
            ),
        }

    def __sklearn_tags__(self) -> Any:
        """Return tags that follow the model; the input is pictures."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = self.image_shape is not None
        tags.input_tags.three_d_array = self.image_shape is None
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = False
        return tags


def _answers_to_masks(instance: ImageInstance, respond: Any, masks: BoolArray) -> FloatArray:
    """Return the answers about masks of all segments, also of those that the fill leaves alone."""
    return Answers(instance, respond).about([masks[:, instance.part_indices]])


def _checked_shape(shape: Any, name: str) -> tuple[int, ...]:
    lengths = np.asarray(shape)
    is_shape = lengths.ndim == 1 and lengths.dtype.kind in "iu" and len(lengths) in (2, 3, 4)
    if not is_shape or (lengths == 0).any() or (lengths < -1).any() or (lengths == -1).sum() > 1:
        raise ValueError(
            f"{name}={shape!r} is no shape of a picture; pass two to four lengths, for example "
            "(8, 8). One of them may be -1."
        )
    return tuple(lengths.tolist())


def _cells(shape: Any, spaces: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the numbers of cells along each axis."""
    if isinstance(shape, str):
        return default_cells(spaces)
    lengths, n_axes = np.asarray(shape), len(spaces[0])
    if lengths.shape != (n_axes,) or lengths.dtype.kind not in "iu" or (lengths < 1).any():
        raise ValueError(
            f"heatmap_shape={shape!r} does not give the numbers of cells along {n_axes} axes; pass "
            f"{n_axes} integers from 1 on, or 'auto'."
        )
    return tuple(lengths.tolist())


def _explanation(
    cut: CutImage,
    result: ExplainedInstance,
    label: Any,
    n_responses: int,
    predicted: Any,
    output_index: IntArray,
    opposed_index: IntArray,
    shared: Mapping[str, Any],
    layout: Layout,
) -> ImageExplanation:
    """Return the explanation of a picture."""
    n_parts, facts, names = len(cut.changes), dict(shared), cut.names
    internals = Internals(
        fit=result.fit.spread_over(n_parts, np.flatnonzero(cut.changes)),
        encodings=np.ones(n_parts),
        background_encodings=np.zeros(n_parts),
        codes=np.zeros(n_parts, dtype=np.int32),
        condition_labels=tuple((name,) for name in names),
        output_index=output_index,
        opposed_index=opposed_index,
        predicted_index=predicted,
        is_thin=cut.changes & result.is_thin,
        out_of_range=np.zeros(n_parts, dtype=np.int8),
        **{item.name: facts.pop(item.name) for item in fields(Facts)},
    )
    picture = np.array(cut.array[..., 0] if layout.axis is None else cut.array)
    return ImageExplanation(
        predictions=result.responses[result.answer_index],
        responses=result.responses[:n_responses],
        effective_sample_size=result.effective_sample_size,
        n_perturbations=result.n_perturbations,
        converged=result.converged,
        failure=result.failure,
        fidelity_failures=result.fidelity_failures,
        row_label=label,
        internals=internals,
        feature_names=names,
        data=np.bincount(cut.parts.ravel(), minlength=n_parts),
        image=picture,
        segments=cut.segments,
        **facts,
    )
