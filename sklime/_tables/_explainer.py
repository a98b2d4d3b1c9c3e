"""Explain the rows of a table."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from numbers import Integral, Real
from operator import index
from typing import Any, Literal, Protocol, Self, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.utils.validation import check_consistent_length, check_scalar

from sklime._base import BaseLimeExplainer
from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._internals import Internals
from sklime._explanations._learnt import Learnt
from sklime._explanations._settings import ExplainerSettings, plain_choice
from sklime._readings._readers import read_model
from sklime._readings._reading import Reading, UnreadableError
from sklime._responses._codec import TableCodec
from sklime._responses._response import ModelResponse
from sklime._responses._rowwise import among_others, check_rowwise
from sklime._surrogates._local_fit import FULL_SCATTER
from sklime._surrogates._precision import warn_imprecise
from sklime._surrogates._solvers import RidgeSolver, Solver, gram_solver, penalty_text
from sklime._tables._baseline import BASELINES, Baseline
from sklime._tables._checks import (
    check_large,
    check_missing,
    held_in_single,
    is_large,
    warn_of_texts,
    without_missing,
)
from sklime._tables._choices import (
    BACKGROUNDS,
    NEIGHBORHOODS,
    fitted_background,
    name_of_neighborhood,
    unfitted_neighborhood,
)
from sklime._tables._cuts import DISCRETIZERS, column_cuts, side_of_cuts
from sklime._tables._edges import Edges
from sklime._tables._encoding import TableStatistics, TabularEncoder
from sklime._tables._exact import ExactPlan, Fitting, explain_exactly, misread, with_sampled
from sklime._tables._exact_learn import (
    ExactParts,
    learn_exact,
    part_of_columns,
    reading_of,
    unchanged_features,
)
from sklime._tables._exact_method import METHODS, exact_sentence, is_cheaper, obstacle
from sklime._tables._groups import GroupedCodec, held_parts, parts_of
from sklime._tables._interactions import pairs_frame
from sklime._tables._learnt import columns_in_words
from sklime._tables._one_row import as_table
from sklime._tables._precision import explain_until_precise, is_precise, precise_shared_sample
from sklime._tables._reliability import Reliability, failures, warn_unreliable, warn_wide
from sklime._tables._rows import ExplainedRows, RowPlan, RunOptions, explain_rows
from sklime._tables._sample import Sample, Sampler
from sklime._tables._score_controls import ScoreControls
from sklime._tables._scores import ScorePlan, is_scored, learn_scores
from sklime._tables._screening import relevant_columns
from sklime._tables._shapley import shapley_batch
from sklime._tables._what_if import what_if_batch
from sklime.backgrounds import BaseBackground
from sklime.kernels import (
    Kernel,
    exponential_kernel,
    kernel_function,
    weight_of_one_change,
)
from sklime.neighborhoods import AnchoredNeighborhood, BaseNeighborhood
from sklime.selection import all_features, highest_weights
from sklime.utils._frames import (
    column_names,
    columns_where,
    is_frame,
    row_labels,
    some_rows,
    whole_columns,
)
from sklime.utils._sklearn import HasMethods, Interval, StrOptions
from sklime.utils._spread import evenly_spread
from sklime.utils._threads import process_settings_kept
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray, RandomState
from sklime.utils._validation import (
    as_numbers,
    categorical_columns,
    check_finite,
    check_names,
    check_same_columns,
    validated_table,
)

__all__ = ["LimeTabularExplainer"]

N_PERTURBATIONS_PER_ROW = 1024
N_PERTURBATIONS_SHARED = 4096

# Perturbed rows at which `explain` compares an exact explanation with the model.
N_CHECKS = 32

# Perturbed rows that must share a category of the explained row, for it to get a weight. Bins
# hold a fixed share of the training rows: any positive weight is enough.
MIN_CATEGORY_SUPPORT = 10.0
MIN_BIN_SUPPORT = 1e-9

# Maximum number of training rows that a shared sample must be large enough for, and at which a
# reading of the model is checked.
MAX_ROWS_FOR_SIZE = 1024

# Number of rows whose weights are computed at once. Only the weights of earlier rows are kept.
_ROWS_PER_BLOCK = 2**14

# The kernel width of `lime` for tables is this times the square root of the number of features.
_WIDTH_PER_ROOT_FEATURE = 0.75

_ResponseMethod = Literal["auto", "predict_proba", "decision_function", "predict", "score_samples"]


def _some_rows(matrix: Any) -> FloatArray:
    """Return training rows that are evenly spread, a bounded number of them."""
    n_rows = len(matrix)
    return np.asarray(matrix[evenly_spread(n_rows, min(n_rows, MAX_ROWS_FOR_SIZE))])


def _first_asked(matrix: Any) -> FloatArray:
    """Return the training row that the model is asked about first, without what it may refuse.

    In a sorted table, the first row would have rank 1 among others as it has alone.
    """
    return held_in_single(without_missing(matrix, matrix.shape[0] // 2))


class _Transformer(Protocol):
    """A transformer of scikit-learn."""

    @property
    def fit(self) -> Callable[..., Any]: ...

    @property
    def transform(self) -> Callable[..., Any]: ...


@dataclass(frozen=True)
class _Block:
    """Rows of a table, the responses of the model to them, and their local fits."""

    rows: FloatArray  # (n_rows, n_features)
    codec: TableCodec | GroupedCodec
    responses: FloatArray  # (n_rows, n_responses)
    predictions: FloatArray  # (n_rows, n_outputs)
    output_index: IntArray  # (n_rows, n_outputs)
    opposed_index: IntArray  # (n_rows, n_outputs)
    predicted: IntArray  # (n_rows,)
    result: ExplainedRows


class LimeTabularExplainer(BaseLimeExplainer):
    """Explain rows of a table by sparse linear models that hold near each row.

    ``fit`` learns bins and background from training rows. ``explain`` returns an
    `ExplanationBatch`, and ``transform`` the matrix of its weights.

    The explainer calls the model on perturbed rows around each row, and fits a weighted linear
    model to the answers [1]_. It reads models of trees and linear models instead. The weights are
    then those of infinitely many perturbed rows (`method`).

    New values of `batch_size`, `n_jobs` and `verbose` act at once. After a change of any other
    parameter, call ``fit`` again: until then, explaining rows is an error. This also holds for
    parameters of a background, a neighborhood or a surrogate, and after the model was fitted
    again.

    A sampled table is wide if it has 256 columns or more, with independent columns in bins.
    ``fit`` then also screens the columns, and time and memory grow in proportion to them. See
    :doc:`/guide/performance`.

    The parameters below are in groups: model (`estimator` to `link`), neighborhood (to `fixed`),
    sample (to `control_variates`), local fit (to `surrogate`), run (to `random_state`).

    Parameters
    ----------
    estimator : estimator or callable
        The model: a classifier, regressor, outlier detector, Pipeline, or any object with a
        prediction method. Or a function that takes a table and returns an array or frame of shape
        (n_rows,) or (n_rows, n_outputs). ``classes_`` name the outputs. A method such as
        ``model.predict_proba`` stands for its model and this response method. A fitted estimator,
        a function, or an object without ``fit`` is used unchanged, also after `clone`. An unfitted
        model is cloned and fitted.

    target : {"auto", "all", "predicted"}, class label, str, int, list or tuple, default="auto"
        Which outputs to explain. "auto": the only output; of two classes the second; of several,
        all. "predicted": the class that ``predict`` returns for each row. Any other value is a
        class label for a classifier, else the name or index of an output. A list explains several
        outputs. A pair ``(A, B)`` explains why A and not B: the difference of the two, or with
        ``link="logit"`` the logarithm of their ratio.

    output_names : array-like of str or dict, default=None
        Names of classes or outputs: one per output, in order, or a dict from labels to names.
        `None` keeps the labels of the model, or the columns of the frame that it returns.

    response_method : str or list of str, default="auto"
        "predict_proba", "decision_function", "predict" or "score_samples", or a list in order
        of preference. "auto" is the first of the first three for classifiers, "predict"
        for regressors, "decision_function" for outlier detectors.

    link : {"identity", "logit"}, default="identity"
        "logit" explains log-odds, of probabilities clipped to [0.001, 0.999].

    neighborhood : {"anchored", "shared", "around"} or BaseNeighborhood, default="anchored"
        "anchored" keeps each value of the explained row with probability `keep` and draws the
        others from the background. "shared" draws all values from the background once for all
        rows, as `lime` does. The model is then called in `fit` only. "around" adds normal noise to
        the row.

    keep : float, default=0.75
        Probability with which an anchored feature keeps its value, in (0, 1).

    background : {"marginal", "normal", "empirical", "copula"} or BaseBackground, \
            default="marginal"
        Distribution of replacement values. "marginal" draws each column independently, from
        the bins of `discretizer` (quartiles for `None`), as `lime` does. "normal" draws each
        column from a normal distribution, as `lime` does without bins. "empirical" draws whole
        training rows. "copula" keeps rank correlations. The last two keep all training values
        in the explainer, and so in its pickle.

    discretizer : {"quartile", "decile", "entropy", "model"}, transformer or None, \
            default="quartile"
        How columns of numbers are cut into bins; a weight belongs to a bin. "entropy" needs `y`.
        "model" cuts where the response of the model changes. It fits one small tree per column to
        the answers of the model at up to 4096 training rows. A scikit-learn transformer with
        ``bin_edges_``, such as `KBinsDiscretizer`. `None` explains standard scores. Weights are
        then per standard deviation.

    categorical_features : "from_dtype", array-like of {bool, int, str} or None, \
            default="from_dtype"
        Columns whose values are levels: a mask, indices or names, as in
        `HistGradientBoostingClassifier`. Columns of texts, objects, booleans and categorical types
        are always included.

    groups : dict of str to list of columns, default=None
        Columns that are replaced together and explained as one feature. The keys are the names of
        the groups. All new values of a group come from the same training row; the explainer keeps
        the combinations of the training rows. Columns are given by name, or by index in an array.

    fixed : list of columns, default=None
        Columns that keep the value of the explained row in every perturbed row, and get no
        weight. Not with the shared neighborhood.

    method : {"auto", "exact", "sampling"}, default="auto"
        "exact" reads the model as trees or as functions of single columns. It computes the weights
        from the moments of the perturbed rows: nothing is sampled, and standard errors are 0.
        Model, neighborhood, background and surrogate must allow it; otherwise an error gives the
        reason. "sampling" calls the model on perturbed rows. "auto" is exact where that is
        possible and takes less work; see `method_`.

    n_perturbations : int or "auto", default=None
        Number of perturbed rows per explained row, best a power of two times `n_replicates`. For
        sampling, `None` is 1024, or 4096 for a shared neighborhood. Anchored rows are drawn in
        pairs, so an odd number is rounded down. "auto" doubles the number, in at least 16
        replicates, until the precision of the row is `tol`, and once more. It makes a shared
        sample large enough for 95 % of the training rows.

        With exact weights, `explain` compares the reading with the model at this number of
        perturbed rows per row. `None` and "auto" are then 32; 0 compares at the row alone.

    tol : float, default=0.05
        Precision that ``n_perturbations="auto"`` must reach, above 0, in units of `criterion`.

    criterion : {"half_width", "top_features"}, default="half_width"
        Quantity that `tol` limits. "half_width" is half of the widest 95 % interval of the
        weights, relative to the largest weight of the row. Where outputs are no classes, it is
        relative to the largest weight of the output. "top_features" is one minus the mean Jaccard
        index between the five strongest features and those of likely other seeds.

    max_perturbations : int, default=16384
        Maximum number of perturbed rows with "auto". A row that does not converge within it is
        still explained, with a warning. Its ``converged`` is false.

    n_replicates : int, default=8
        Number of independent replicates of the perturbed rows, at least 2. Their spread gives
        standard errors.

    control_variates : bool, default=True
        Whether to subtract a part of the responses that has mean zero. This part is the effect of
        the bin that a value landed in, given that it left the bin of the explained row. Weights
        are then less noisy and the same on average, without further calls of the model. It needs
        columns that are drawn independently (``background="marginal"``) and cut into bins.
        Otherwise it does nothing. `False` fits the responses unchanged, as `lime` does.

    baseline : {"background", "other"}, default="background"
        Reference of a weight. "background" gives contributions: how the local prediction differs
        between the condition and an average background row. A contribution is small for a
        condition that nearly every row meets. Base value and contributions add up to the local
        prediction. "other" gives contrasts, as `lime` does: the condition against all other bins
        or levels of the column. A contribution is the contrast times the share of the background
        that does not meet the condition.

    kernel : {"auto", "exponential", "uniform"} or callable, default="auto"
        Weight of a perturbed row, from its distance: a function ``(distances, width)``, or
        of the distances alone.
        "auto" is "uniform" where the neighborhood is local by its sampling (anchored), else
        "exponential".

    kernel_width : float, default=None
        Width of the kernel, above 0, in units of the distance. `None` is
        ``0.75 * sqrt(n_features)``.

    metric : str or callable, default="auto"
        Distance between encodings, as in `sklearn.metrics.pairwise_distances`; "auto" is
        "euclidean".

    selection : {"auto", "forward", "highest_weights", "lasso_path", "none"} or callable, \
            default="auto"
        How features are selected. "auto" is "highest_weights", which keeps the largest
        contributions. With ``baseline="other"`` and ``max_features <= 6`` it is "forward", as in
        `lime`. "none" keeps all. A function as in `sklime.selection`.

    max_features : int, default=10
        Maximum number of non-zero weights per row and output; `None` for all.

    surrogate : estimator, default=None
        Any linear regressor with ``coef_``, or any regressor with ``feature_importances_``. It may
        be the last step of a Pipeline, or inside a search such as `GridSearchCV`. It is cloned
        before each fit, and a ``random_state`` of `None` is replaced by the seed. `None` is
        ``Ridge(alpha=1.0)``. `Ridge`, `LinearRegression`, `Lasso`, `LassoLars` and `ElasticNet`
        with an intercept are solved exactly, for all rows at once. Their ``tol``, ``max_iter`` and
        ``selection`` have no effect. Others are fitted one by one. If ``fit`` of the regressor
        takes no ``sample_weight``, as that of `Lars`, perturbed rows of unequal weight are
        resampled: about four copies each, drawn by the seed. A coefficient that is zero in the
        full and in every leave-one-out fit counts as not selected.

    batch_size : int, default=None
        Maximum number of rows in one call of the model; `None` chooses by memory. A new value
        acts without ``fit``.

    n_jobs : int, default=None
        Number of threads; `None` is 1 unless in a `joblib.parallel_config` context, -1 all
        processors. A new value acts without ``fit``.

    verbose : int, default=0
        Above 0, joblib reports on batches of rows. A new value acts without ``fit``.

    random_state : int, RandomState instance or None, default=None
        Source of the seed, which ``fit`` draws once. A fitted explainer gives the same row the
        same weights at every call. `None` draws fresh entropy; NumPy's global random state is
        never touched.

    Attributes
    ----------
    estimator_ : object
        The fitted model; `estimator` itself if it is used unchanged.

    method_ : {"exact", "sampling"}
        How rows are explained.

    method_reason_ : str
        Why, in words.

    background_ : BaseBackground
        Fitted background.

    neighborhood_ : BaseNeighborhood
        The neighborhood.

    classes_ : ndarray of shape (n_classes,)
        Classes, for classifiers.

    n_outputs_ : int
        Number of outputs of the model, otherwise.

    n_features_in_ : int
        Number of columns.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where all are strings.

    See Also
    --------
    sklearn.inspection.permutation_importance : What a model needs overall.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?": Explaining the Predictions
       of Any Classifier, KDD 2016, :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    Explain a fitted forest; the table of weights is a DataFrame on request.

    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklime import LimeTabularExplainer
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> model = RandomForestClassifier(20, random_state=0).fit(X, y)
    >>> explainer = LimeTabularExplainer(model, random_state=0).fit(X)
    >>> explainer.set_output(transform="pandas").transform(X.head(3)).shape
    (3, 30)

    One explanation says why, with its conditions.

    >>> explanation = explainer.explain(X.head(1))[0]
    >>> len(explanation.as_list())
    10
    """

    # Learnt in `fit`.
    background_: BaseBackground
    neighborhood_: BaseNeighborhood
    _codec: TableCodec | GroupedCodec
    _parts: tuple[tuple[int, ...], ...]
    _column_names: tuple[str, ...]
    _is_fixed: BoolArray
    _may_miss: BoolArray
    _may_be_large: BoolArray
    _encoder: TabularEncoder
    _baseline: Baseline
    _sampler: Sampler
    _sample: Sample | None
    _asked: tuple[FloatArray, Any]
    _exact: ExactPlan | None
    _scores: ScorePlan | None
    method_: Literal["exact", "sampling"]
    method_reason_: str

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012
        **BaseLimeExplainer._parameter_constraints,
        "baseline": [StrOptions(set(BASELINES))],
        "neighborhood": [StrOptions(set(NEIGHBORHOODS)), BaseNeighborhood],
        "keep": [Interval(Real, 0, 1, closed="neither")],
        "background": [StrOptions(set(BACKGROUNDS)), HasMethods(["fit", "sample"])],
        "method": [StrOptions(set(METHODS))],
        "n_perturbations": [Interval(Integral, 0, None, closed="left"), StrOptions({"auto"}), None],
        "control_variates": ["boolean"],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "discretizer": [StrOptions(set(DISCRETIZERS)), HasMethods(["fit", "transform"]), None],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        target: Any = "auto",
        output_names: Sequence[str] | Array | Mapping[Any, str] | None = None,
        response_method: _ResponseMethod | list[str] | tuple[str, ...] = "auto",
        link: Literal["identity", "logit"] = "identity",
        neighborhood: Literal["anchored", "shared", "around"] | BaseNeighborhood = "anchored",
        keep: float = 0.75,
        background: Literal["marginal", "normal", "empirical", "copula"]
        | BaseBackground = "marginal",
        discretizer: Literal["quartile", "decile", "entropy", "model"]
        | _Transformer
        | None = "quartile",
        categorical_features: Literal["from_dtype"] | npt.ArrayLike | None = "from_dtype",
        groups: Mapping[str, Sequence[int] | Sequence[str] | Array] | None = None,
        fixed: Sequence[int] | Sequence[str] | Array | None = None,
        method: Literal["auto", "exact", "sampling"] = "auto",
        n_perturbations: int | Literal["auto"] | None = None,
        tol: float = 0.05,
        criterion: Literal["half_width", "top_features"] = "half_width",
        max_perturbations: int = 16384,
        n_replicates: int = 8,
        control_variates: bool = True,
        baseline: Literal["background", "other"] = "background",
        kernel: Literal["auto", "exponential", "uniform"] | Callable[..., Any] = "auto",
        kernel_width: float | None = None,
        metric: str | Callable[..., float] = "auto",
        selection: Literal["auto", "forward", "highest_weights", "lasso_path", "none"]
        | Callable[..., Any] = "auto",
        max_features: int | None = 10,
        surrogate: Any = None,
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
        self.neighborhood = neighborhood
        self.keep = keep
        self.background = background
        self.discretizer = discretizer
        self.categorical_features = categorical_features
        self.groups = groups
        self.fixed = fixed
        self.method = method
        self.n_perturbations = n_perturbations
        self.tol = tol
        self.criterion = criterion
        self.max_perturbations = max_perturbations
        self.n_replicates = n_replicates
        self.control_variates = control_variates
        self.baseline = baseline
        self.kernel = kernel
        self.kernel_width = kernel_width
        self.metric = metric
        self.selection = selection
        self.max_features = max_features
        self.surrogate = surrogate
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Self:
        """Learn from training rows how to perturb rows; fit an unfitted model.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n_samples, n_features)
            Training rows as the model takes them.

        y : array-like of shape (n_samples,), default=None
            Target of the model. Only an unfitted model and ``discretizer="entropy"`` need it.

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
            If the model does not take the rows, or its answers are not numbers. Also if its answer
            for a row depends on the other rows of the table.
        """
        fitted: Self = super().fit(X, y, **fit_params)
        return fitted

    def explain(self, X: Any) -> ExplanationBatch:
        """Explain rows.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n_rows, n_features)
            Rows as in `fit`. One row may also be a Series whose index names the columns, such
            as ``X.iloc[0]``, or a dict of values by name.

        Returns
        -------
        batch : ExplanationBatch
            One explanation per row, in the same order.

        Raises
        ------
        ValueError
            If a parameter or the model has changed since `fit`, or if the model does not take
            the rows.
        """
        batch: ExplanationBatch = super().explain(X)
        return batch

    def shapley(self, X: Any) -> ExplanationBatch:
        """Return the Shapley values of rows, each column replaced as `background` draws it.

        In a walk, the columns of a background row take the values of the explained row, one after
        the other. The Shapley value of a column is the mean change of the response when this
        column does. The mean goes over all orders of the columns and over all background rows
        [1]_. Base value and values add up to the response. Values are *marginal*: a column that
        the model does not use has the value 0, even if it is strongly correlated with others.

        They are exact where ``method_`` is "exact" and no column is fixed: nothing is sampled,
        and standard errors are 0. The model is called on `n_perturbations` rows near each
        row, 32 by default, to compare it with its reading.

        Otherwise they are sampled with `n_perturbations` rows per explained row on average; `None`
        and "auto" are 1024 here. A column that has the value of the row from the beginning takes
        no call. If `n_replicates` replicates would have fewer than 16 walks each, there are fewer
        replicates, at least 2. The interval of a column that matters in few walks is too narrow.

        The parameters `neighborhood`, `keep`, `kernel`, `selection` and `surrogate` have no
        effect. `discretizer` has an effect only through the bins of ``background="marginal"``.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n_rows, n_features)
            Rows as in `explain`.

        Returns
        -------
        batch : ExplanationBatch
            One explanation per row. ``values`` are Shapley values of all columns and
            ``intercepts`` the base values: the mean response to background rows.
            ``n_perturbations`` are the rows that the model was called on. There is no
            surrogate, so ``fidelity`` is NaN.

        Raises
        ------
        ValueError
            If a parameter or the model has changed since `fit`, or if the model does not take the
            rows. Also if `n_perturbations` is too small for two walks through all columns.

        See Also
        --------
        sklime.metrics.shapley_agreement_score : How close contributions are to them.

        References
        ----------
        .. [1] Strumbelj, Kononenko, Explaining prediction models and individual predictions with
           feature contributions, Knowledge and Information Systems 41 (2014),
           :doi:`10.1007/s10115-013-0679-x`.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn.linear_model import Ridge
        >>> from sklime import LimeTabularExplainer
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
        >>> batch = explainer.shapley(X.head(3))
        >>> batch
        <ExplanationBatch: Shapley values (marginal), 3 rows x 10 features x 1 output, exact>

        Base value and values add up to the response:

        >>> (batch.intercepts + batch.values.sum(axis=1)).ravel().round(2)
        array([182.67,  91.  , 166.11])
        >>> batch.predictions.ravel().round(2)
        array([182.67,  91.  , 166.11])
        """
        self._check_ready()
        with process_settings_kept():
            return shapley_batch(self, X)

    def interactions(self, X: Any, n_pairs: int = 5) -> pd.DataFrame:
        """Return the pairs of features that explain most of what single weights leave unexplained.

        A pair has an effect if the effect of one condition depends on the other. Pairs are exact
        for models of trees that are read. Models that are sums of functions of single columns have
        no pairs.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n_rows, n_features)
            Rows as in `explain`.

        n_pairs : int, default=5
            Maximum number of pairs per row and output, at least 1.

        Returns
        -------
        frame : pandas.DataFrame
            One line per row, output and pair, the strongest pair first. Columns ``row``,
            ``output``, ``first``, ``second``, ``first_condition`` and ``second_condition`` name
            them. ``value`` is what both conditions together add to their single weights, in units
            of the response and of `baseline`. ``fidelity`` is that of the weights alone.
            ``fidelity_with_pairs`` is that of the weights and all pairs of these lines.

        Raises
        ------
        ValueError
            If `method_` is "sampling", or if the trees are too many and too deep. Also where
            `explain` raises it.

        See Also
        --------
        explain : The weights; its cards name the strongest pair where it matters.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn.ensemble import GradientBoostingRegressor
        >>> from sklime import LimeTabularExplainer
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> model = GradientBoostingRegressor(random_state=0).fit(X, y)
        >>> pairs = LimeTabularExplainer(model, random_state=0).fit(X).interactions(X.head(1))
        >>> pairs[["first", "second"]].iloc[0].tolist()
        ['bmi', 's3']
        """
        super()._check_ready()
        check_scalar(n_pairs, "n_pairs", Integral, min_val=1)
        with process_settings_kept():
            return pairs_frame(self, X, index(n_pairs))

    def what_if(
        self, row: Any, /, changes: Mapping[Any, Any] | None = None, **columns: Any
    ) -> ExplanationBatch:
        """Explain a row beside copies of it in which some columns have other values.

        Parameters
        ----------
        row : DataFrame or array-like of shape (1, n_features), Series, dict or array of shape \
                (n_features,)
            The row, which stays unchanged.

        changes : dict, default=None
            From columns to lists of new values, for names that are no keywords, as in
            ``changes={"capital gain": [0, 5000]}``. Columns of an array are given by index.

        **columns : list
            New values of the columns with these names, as in ``age=[20, 40, 60]``. The values of
            several columns are combined, as in `sklearn.model_selection.ParameterGrid`: the last
            column varies fastest. At most 256 combinations.

        Returns
        -------
        batch : ExplanationBatch
            First the row, with the label "unchanged", then one row per combination, with a label
            such as "age=20". With ``target="predicted"`` all of them explain the class that is
            predicted for the unchanged row. In a notebook it shows answers and explanations side
            by side, and `LimeWhatIfDisplay` draws them.

        Raises
        ------
        ValueError
            If there is more than one row or nothing to change. If a name is no column, or its
            type cannot hold a value. If there are more than 256 combinations. Also where
            `explain` raises it.

        Warns
        -----
        UserWarning
            If no training row has a new level.

        See Also
        --------
        sklime.display.LimeWhatIfDisplay : Draws the answers and explanations.
        sklearn.inspection.partial_dependence : Mean answers for many rows.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn.ensemble import GradientBoostingRegressor
        >>> from sklime import LimeTabularExplainer
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
        >>> model = GradientBoostingRegressor(random_state=0).fit(X, y)
        >>> explainer = LimeTabularExplainer(model, random_state=0).fit(X)
        >>> batch = explainer.what_if(X.head(1), bmi=[20, 25, 30])
        >>> batch.row_labels.tolist()
        ['unchanged', 'bmi=20', 'bmi=25', 'bmi=30']
        >>> batch.predictions.ravel().round().tolist()
        [201.0, 162.0, 165.0, 194.0]
        """
        self._check_ready()
        with process_settings_kept():
            return what_if_batch(self, row, changes, columns)

    def _validated_training_rows(self, X: Any, y: Any) -> Any:
        table = validated_table(self, X, reset=True, has_target=y is not None)
        if y is not None:
            check_consistent_length(table, y)
        is_categorical = categorical_columns(self.categorical_features, table)
        table = as_numbers(table, is_categorical)
        codec = TableCodec.fit(table, is_categorical)
        names, has_names = tuple(column_names(table)), is_frame(table)
        self._codec = codec
        self._parts, self._column_names = parts_of(self.groups, names, has_names)
        self._is_fixed = held_parts(self.fixed, self._parts, self._column_names, names, has_names)
        if len(self._parts) < len(names):
            if sparse.issparse(table):
                raise ValueError(
                    "groups takes a dense table; pass X.toarray() or a DataFrame, or groups=None."
                )
            self._codec = GroupedCodec.fit(codec, self._parts, table)
        return table

    def _sample_size(self) -> int:
        """Return the size of a sample, if rows must be sampled though the model was read.

        A small `n_perturbations` asks for few comparisons with the model, not for noise.
        """
        return max(self._n_perturbations(), self._default_size())

    def _n_checks(self) -> int:
        """Return the number of perturbed rows at which a reading is compared with the model."""
        given = self.n_perturbations
        return N_CHECKS if given is None or isinstance(given, str) else index(given)

    def _default_size(self) -> int:
        """Return the size of a sample of default size."""
        is_shared = self.neighborhood == "shared" or getattr(self.neighborhood, "is_shared", False)
        return N_PERTURBATIONS_SHARED if is_shared else N_PERTURBATIONS_PER_ROW

    def _learn(self, X: Any, y: Any) -> None:
        check_same_columns(self.estimator_, X)
        matrix: Any = self._codec.read(X)[0]
        check_finite(matrix, self._column_names)
        warn_of_texts(self._codec.columns, matrix, self._column_names, has_names=is_frame(X))
        self.neighborhood_ = unfitted_neighborhood(self.neighborhood, self.keep)
        self._check_fixed()
        response = self._learn_model(matrix, y)
        self._learn_encoding(matrix, y, response)
        self._sampler = Sampler(
            neighborhood=self.neighborhood_,
            background=self.background_,
            encoder=self._encoder,
            n_replicates=self._n_replicates(),
            control_variates=self.control_variates,
            seed=self._seed,
            first_size=self._n_perturbations() if self._is_auto else None,
            baseline=self._baseline,
            is_sparse=isinstance(self._codec, TableCodec) and self._codec.container == "sparse",
        )
        response = self._learn_method(matrix, response, y)
        self._sample = self._scores = None
        if self._exact is None:
            super()._check_counts()
            response = self._learn_scores(matrix, response, y)
            self._learn_sample(matrix, response, y)
            self._check_rowwise(matrix)
            if self._sampler.wide is not None:
                self._screen(matrix)
        del self._asked

    def _learn_outputs(self, response: ModelResponse, rows: Any, y: Any) -> Any:
        answer = super()._learn_outputs(response, rows, y)
        self._asked = rows, answer
        return answer

    def _check_rowwise(self, matrix: Any) -> None:
        """Refuse a model whose answer for a row depends on the other rows of the table."""
        (rows, answer), response = self._asked, self._asker
        if answer is None:
            rows = rows[:1]
        known = response(rows, first=answer)
        if len(rows) > 1:
            place = len(rows) // 2
            check_rowwise(response, rows[[place]], rows, place, known, is_alone=False)
            return
        indices = among_others(matrix.shape[0], matrix.shape[0] // 2)
        among: FloatArray = np.asarray(matrix[indices])
        among[1] = rows[0]
        check_rowwise(response, rows, among, 1, known, is_alone=True)

    def _screen(self, matrix: Any) -> None:
        """Find the columns of a wide table that the answers of the model depend on."""
        is_relevant = relevant_columns(
            self._response, self.background_, self._encoder, matrix, self._seed
        )
        self._sampler = replace(self._sampler, is_relevant=is_relevant)
        if self._sample is not None:
            self._sample = replace(self._sample, wide=self._sampler.wide)

    def _check_counts(self) -> None:
        # A model may be read, and then there is no sample; a function never is.
        if self.method == "sampling" or not hasattr(self.estimator, "predict"):
            super()._check_counts()

    def _learn_method(self, matrix: Any, response: ModelResponse, y: Any) -> ModelResponse:
        """Find out whether the model can be read; return it with its outputs, if it was asked."""
        self._exact = None
        if self.method == "sampling":
            self.method_, self.method_reason_ = "sampling", "method='sampling'"
            return response
        try:
            self._check_obstacles()
            reading = read_model(response.estimator, response.method)
            if response.outputs is None:
                self._learn_outputs(response, _first_asked(matrix), y)
                response = self._response
            self._exact = self._exact_plan(matrix, response, reading)
        except UnreadableError as refusal:
            if self.method == "exact":
                raise ValueError(
                    f"method='exact' is not possible: {refusal}. Pass method='auto' to sample "
                    "where exact weights are not possible."
                ) from None
            self.method_, self.method_reason_ = "sampling", str(refusal)
            return response
        self.method_ = "exact"
        self.method_reason_ = exact_sentence(response.name, self._exact.model.reading)
        return response

    def _learn_scores(self, matrix: Any, response: ModelResponse, y: Any) -> ModelResponse:
        """Read the score of a model of probabilities; return the model with its outputs."""
        try:
            # Neither the link nor the selection matters: scores only lower the noise.
            self._check_obstacles(link="identity", selection="auto")
        except UnreadableError:
            return response
        if self._sampler.wide is not None or not self.control_variates or not is_scored(response):
            return response
        if response.outputs is None:
            self._learn_outputs(response, _first_asked(matrix), y)
            response = self._response
        size = None if self.neighborhood_.is_shared else self._n_perturbations()
        self._scores = learn_scores(response, _some_rows(matrix), self._exact_parts(), size)
        if self._scores is not None:
            self.method_reason_ += "; the score was read, and its exact moments lower the noise"
        return response

    def _check_obstacles(self, **instead: Any) -> None:
        """Raise an error if a parameter stands in the way of exact weights."""
        given = {"link": self.link, "selection": self.selection} | instead
        reason = obstacle(
            neighborhood=self.neighborhood_,
            background=self.background_,
            kernel=self.kernel,
            metric=self.metric,
            surrogate=self.surrogate,
            kernel_width=self._kernel_width(),
            **given,
        )
        if reason is not None:
            raise UnreadableError(reason)

    def _exact_plan(self, matrix: Any, response: ModelResponse, reading: Reading) -> ExactPlan:
        """Return how rows are explained exactly."""
        wanted = None
        if self._chosen is not None:
            first = np.zeros(1, dtype=np.intp)
            wanted = self._answers_to(*self._explained_in(first))[0]
        reading, columns = reading_of(response, reading, wanted)
        plan = learn_exact(response, reading, columns, _some_rows(matrix), self._exact_parts())
        if self.method == "auto" and plan.score_width is not None:
            raise UnreadableError("a kernel on standard scores makes exact weights slow")
        # A shared sample is asked once, and yet its fits take as long as these.
        is_shared = self.neighborhood_.is_shared
        if (
            self.method == "auto"
            and not is_shared
            and not is_cheaper(plan.kernel, reading.trees, self._sample_size())
        ):
            raise UnreadableError("sampling takes less work for trees of this size")
        return plan

    def _check_ready(self) -> None:
        super()._check_ready()
        if self._exact is not None:
            self._exact.check_unchanged(self._response, self.method)

    def _exact_parts(self) -> ExactParts:
        """Return the fitted parts that exact moments need."""
        neighborhood: Any = self.neighborhood_
        kernel, width = self._kernel(), self._kernel_width()
        return ExactParts(
            encoder=self._encoder,
            background=self.background_,
            neighborhood=neighborhood,
            keep=0.0 if neighborhood.is_shared else float(neighborhood.keep),
            outside=weight_of_one_change(kernel, width),
            width=width if kernel is exponential_kernel else None,
            part_of_column=part_of_columns(self._parts),
            is_unchanged=unchanged_features(self._codec, self._parts),
            seed=self._seed,
        )

    def _kernel(self) -> Kernel:
        return kernel_function(
            self.neighborhood_.default_kernel if self.kernel == "auto" else self.kernel
        )

    def _kernel_width(self) -> float:
        if self.kernel_width is not None:
            return self.kernel_width
        width: float = _WIDTH_PER_ROOT_FEATURE * np.sqrt(len(self._column_names))
        return width

    def _check_fixed(self) -> None:
        if self._is_fixed.any() and self.neighborhood_.is_shared:
            raise ValueError(
                "fixed holds columns at the value of each row, and the copies of "
                "neighborhood='shared' are the same for all rows; pass neighborhood='anchored'."
            )

    def _learn_model(self, matrix: Any, y: Any) -> ModelResponse:
        """Learn the outputs of the model and the columns that may be missing.

        If a shared sample will tell the outputs, the model is not asked here.
        """
        response = ModelResponse(
            self.estimator_, self._method, self.link, self._codec, self.batch_size
        )
        has_odd = any(columns_where(matrix, kind)[0].size > 0 for kind in (np.isnan, is_large))
        is_asked_now = has_odd or not self.neighborhood_.is_shared
        if is_asked_now or self.discretizer == "model":
            self._learn_outputs(response, _first_asked(matrix), y)
            response = self._response
        self._may_miss = np.zeros(matrix.shape[1], dtype=bool)
        self._may_miss[check_missing(response, matrix, self._may_miss, self._column_names)] = True
        self._may_be_large = np.zeros(matrix.shape[1], dtype=bool)
        large = check_large(response, matrix, self._may_be_large, self._column_names)
        self._may_be_large[large] = True
        return response

    def _learn_encoding(self, matrix: Any, y: Any, response: ModelResponse) -> None:
        """Learn bins, background and baseline."""
        is_categorical = self._codec.is_categorical
        is_discrete = self._codec.is_discrete | whole_columns(matrix)
        cuts = column_cuts(
            self.discretizer,
            matrix,
            is_categorical,
            y,
            estimator=self.estimator_,
            response=response,
        )
        levels = tuple(
            column.levels if column.is_categorical else None for column in self._codec.columns
        )
        side = side_of_cuts(self.discretizer)
        statistics = TableStatistics.fit(matrix, is_discrete, is_categorical)
        encoder = TabularEncoder(cuts, levels, side, statistics, self._is_fixed)
        edges = Edges.fit(matrix, cuts, encoder.names_numbers, side)
        self._encoder = replace(encoder, edges=edges)
        self.background_ = fitted_background(
            self.background, matrix, is_discrete, cuts=cuts, side=side
        )
        self._baseline = Baseline.of(self.background_, self._encoder)

    def _with_seed(self, seed: int) -> Self:
        """Return the explainer that `fit` on the same training rows gives with another seed."""
        twin = copy.copy(self)
        twin._seed, twin._sampler = seed, replace(self._sampler, seed=seed)
        if self._sample is not None:
            sample = twin._sampler.sample(self._sample.n_perturbations)
            if self.neighborhood_.is_shared:
                sample = sample.answered(self._shared_answers(sample.draws.values))
            twin._sample = sample
        return twin

    def _learn_sample(self, matrix: Any, response: ModelResponse, y: Any) -> None:
        """Draw the sample that all rows use; call the model on it if all rows share it."""
        is_shared = self.neighborhood_.is_shared
        if not is_shared:
            if not self._is_auto:
                self._sample = self._sampler.sample(self._n_perturbations())
            return
        sample = self._sampler.sample(self._n_perturbations())
        values, first = sample.draws.values, None
        if response.outputs is None:
            # The first block of answers tells the outputs. It is part of the sample: no
            # further call of the model.
            first = self._learn_outputs(response, response.blocks(values)[0], y)
        sample = sample.answered(self._shared_answers(values, first=first))
        self._sample = self._precise_sample(matrix, sample) if self._is_auto else sample

    def _precise_sample(self, matrix: Any, sample: Sample) -> Sample:
        """Return a shared sample that is large enough for the training rows."""
        rows = _some_rows(matrix)
        responses = self._response(rows)
        predicted = self._predicted_classes(self._response, rows, responses, is_reported=False)
        answer_index = self._answers_to(*self._explained_in(predicted))

        def fits_of(sample: Sample) -> ExplainedRows:
            plan = self._plan(self._response, sample)
            return explain_rows(plan, rows, responses, answer_index, with_errors=True)

        return precise_shared_sample(
            self._sampler, self._precision(), sample, self._shared_answers, fits_of
        )

    def _shared_answers(self, values: FloatArray, *, first: Any = None) -> FloatArray:
        """Ask the model about perturbed rows that all rows share."""
        if self._scores is None:
            responses = self._response(values, first=first)
        else:
            responses = self._scores.asking(self._asker)(values)
        n_failed = int((~np.isfinite(responses)).any(axis=1).sum())
        if n_failed:
            raise ValueError(
                f"{self._response.name} returned NaN or infinity for {n_failed} of "
                f"{len(responses)} perturbed rows; the model cannot answer everywhere in the "
                "range of the training rows."
            )
        return responses

    def _plan(self, response: ModelResponse, sample: Sample) -> RowPlan:
        select, max_features = self._selector(len(self._column_names))
        ask: Callable[[FloatArray], FloatArray] = response
        controls = None
        if self._scores is not None:
            scored = self._scores.asking(response)
            ask, controls = scored, ScoreControls(self._scores, scored)
        return RowPlan(
            neighborhood=self.neighborhood_,
            encoder=self._encoder,
            response=ask,
            sample=sample,
            kernel=self._kernel(),
            width=self._kernel_width(),
            metric="euclidean" if self.metric == "auto" else self.metric,
            select=select,
            max_features=max_features,
            surrogate=self.surrogate,
            seed=self._seed,
            min_support=self._min_support(),
            baseline=self._baseline if self.baseline == "background" else None,
            controls=controls,
        )

    def _auto_selection(self, max_features: int) -> str:
        # Forward selection adds features that predict the responses of perturbed rows. A rare
        # flag that the explained row does not have predicts well and contributes nothing.
        if self.baseline == "background":
            return "highest_weights"
        return super()._auto_selection(max_features)

    def _min_support(self) -> FloatArray:
        """Return how many perturbed rows must share a value, column by column."""
        needed = np.where(self._codec.is_categorical, MIN_CATEGORY_SUPPORT, MIN_BIN_SUPPORT)
        return np.where(self._encoder.is_binned, needed, 0.0)

    def _explained(self, X: Any, with_errors: bool = True) -> ExplanationBatch:
        table, _, labels = self._checked(X)
        return self._explained_as(table, labels, with_errors)

    def _explained_as(
        self, table: Any, labels: Array, with_errors: bool = True
    ) -> ExplanationBatch:
        """Explain the rows of a checked table under given labels."""
        block = self._block(table, slice(0, len(labels)), with_errors)
        result = block.result
        sizes = [result.n_perturbations]
        is_converged = self._is_converged(result)
        self._warn([Reliability.of(result)], [is_converged], sizes, labels)
        return self._batch(block, is_converged, labels)

    def _for_class_of(self, table: Any) -> Self:
        """Return the explainer of the class that is predicted for the first row of a table.

        With another target it is the explainer itself.
        """
        if self._chosen is not None:
            return self
        row, codec = self._read_some(table, slice(0, 1))
        response = replace(self._asker, codec=codec)
        self._check_odd_values(response, row, 0)
        predicted = int(response.predicted(row, response(row))[0])
        return self if predicted < 0 else self._with_only_output(predicted)

    def _weights(self, X: Any) -> tuple[FloatArray, Array]:
        """Return the weights of all rows; nothing else is kept in memory."""
        table, n_rows, labels = self._checked(X)
        n_columns = len(self._column_names) * len(self._output_names())
        weights = np.empty((n_rows, n_columns))

        def keep(rows: slice, block: _Block) -> None:
            weights[rows] = block.result.fit.values.transpose(0, 2, 1).reshape(-1, n_columns)

        self._block_by_block(table, n_rows, labels, keep)
        return weights, labels

    def _held_out_predictions(self, X: Any) -> tuple[FloatArray, FloatArray]:
        table, n_rows, labels = self._checked(X)
        held_out: list[FloatArray] = []
        predictions: list[FloatArray] = []

        def keep(rows: slice, block: _Block) -> None:
            held_out.append(block.result.fit.held_out_predictions)
            predictions.append(block.predictions)

        self._block_by_block(table, n_rows, labels, keep)
        return np.concatenate(held_out), np.concatenate(predictions)

    def _block_by_block(
        self, table: Any, n_rows: int, labels: Array, keep: Callable[[slice, _Block], None]
    ) -> None:
        """Explain one block of rows at a time, and give each to `keep`; warn once for all."""
        reliability, is_converged, sizes = [], [], []
        starts = range(0, n_rows, _ROWS_PER_BLOCK)
        blocks = [slice(start, min(start + _ROWS_PER_BLOCK, n_rows)) for start in starts]
        # A cell that cannot be read is an error before the model is called on any row.
        for rows in blocks if len(blocks) > 1 else ():
            self._read_some(table, rows)
        for rows in blocks:
            block = self._block(table, rows, with_errors=False)
            reliability.append(Reliability.of(block.result))
            is_converged.append(self._is_converged(block.result))
            sizes.append(block.result.n_perturbations)
            keep(rows, block)
        self._warn(reliability, is_converged, sizes, labels)

    def _checked(self, X: Any) -> tuple[Any, int, Array]:
        """Return a checked table, its number of rows and their labels."""
        table = validated_table(self, as_table(X, self._codec.names), reset=False)
        check_names(table, self._codec.names, type(self).__name__)
        labels = row_labels(table)
        return table, len(labels), labels

    def _read(self, X: Any) -> tuple[FloatArray, TableCodec | GroupedCodec]:
        """Return a checked table as floats, and the codec that knows all of its levels."""
        rows, codec = self._codec.read(self._checked(X)[0])
        return np.asarray(rows), codec

    def _read_some(self, table: Any, rows: slice) -> tuple[FloatArray, TableCodec | GroupedCodec]:
        """Return some rows as floats, and the codec that knows their levels."""
        read, codec = self._codec.read(some_rows(table, rows), rows.start)
        matrix = np.asarray(read)
        check_finite(matrix, self._column_names, rows.start)
        return matrix, codec

    def _block(self, table: Any, rows: slice, with_errors: bool) -> _Block:
        """Explain some rows of a table."""
        matrix, codec = self._read_some(table, rows)
        response = replace(self._asker, codec=codec)
        self._check_odd_values(response, matrix, rows.start)
        if self._exact is not None:
            return self._exact_block(self._exact, matrix, codec, response, with_errors)
        responses = response(matrix)
        predicted = self._predicted_classes(response, matrix, responses, is_reported=with_errors)
        output_index, opposed_index = self._explained_in(predicted)
        answer_index = self._answers_to(output_index, opposed_index)
        predictions = np.take_along_axis(responses, answer_index, axis=1)
        result = self._explain_function(response, with_errors)(matrix, responses, answer_index)
        return _Block(
            rows=matrix,
            codec=codec,
            responses=responses[:, : len(response.known_outputs)],
            predictions=predictions,
            output_index=output_index,
            opposed_index=opposed_index,
            predicted=predicted,
            result=replace(result, fit=result.fit.without_rounding(predictions)),
        )

    def _check_odd_values(self, response: ModelResponse, matrix: FloatArray, start: int) -> None:
        """Ask the model about missing values and huge numbers in columns that had none in `fit`."""
        check_missing(response, matrix, self._may_miss, self._column_names, start)
        check_large(response, matrix, self._may_be_large, self._column_names, start)

    def _exact_block(
        self,
        plan: ExactPlan,
        matrix: FloatArray,
        codec: TableCodec | GroupedCodec,
        response: ModelResponse,
        with_errors: bool,
    ) -> _Block:
        """Explain some rows exactly; the model is called only where errors are wanted."""
        derived = plan.derived(response, matrix)
        responses = response(matrix) if with_errors else plan.answers(derived)
        predicted = self._predicted_classes(response, matrix, responses, is_reported=with_errors)
        output_index, opposed_index = self._explained_in(predicted)
        answer_index = self._answers_to(output_index, opposed_index)
        result = explain_exactly(
            plan,
            self._fitting(),
            matrix,
            derived,
            responses,
            answer_index,
            with_errors=with_errors,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        result, responses = self._compared(
            plan, result, matrix, derived, response, responses, answer_index, with_errors
        )
        predictions = np.take_along_axis(responses, answer_index, axis=1)
        return _Block(
            rows=matrix,
            codec=codec,
            responses=responses[:, : len(response.known_outputs)],
            predictions=predictions,
            output_index=output_index,
            opposed_index=opposed_index,
            predicted=predicted,
            result=replace(result, fit=result.fit.without_rounding(predictions)),
        )

    def _fitting(self) -> Fitting:
        """Return how weights follow from exact moments."""
        select, max_features = self._selector(len(self._column_names))
        solve = gram_solver(self.surrogate)
        if self.surrogate is None:
            solve = RidgeSolver(1.0, full_scatter=FULL_SCATTER)
        n_kept = len(self._column_names) if select is all_features else max_features
        return Fitting(
            solve=cast(Solver, solve),
            select=select,
            max_features=n_kept,
            is_ranked=select in (highest_weights, all_features),
            are_contributions=self.baseline == "background",
            n_replicates=self._n_replicates(),
        )

    def _compared(
        self,
        plan: ExactPlan,
        result: ExplainedRows,
        matrix: FloatArray,
        derived: FloatArray,
        response: ModelResponse,
        responses: FloatArray,
        answer_index: IntArray,
        with_errors: bool,
    ) -> tuple[ExplainedRows, FloatArray]:
        """Explain by sampling where the reading is wrong; return the responses of the model."""
        n_checks = self._n_checks()
        if with_errors:
            differs = plan.differs(response, matrix, responses, n_checks)
            result = replace(result, n_perturbations=np.full(len(matrix), n_checks))
        else:
            differs = plan.differs_unasked(response, matrix, derived, max(n_checks, N_CHECKS))
        if not differs.any():
            return result, responses
        if self.method == "exact":
            return misread(result, differs), responses
        responses[differs] = response(matrix[differs])
        sample = self._sampler.sample(self._sample_size())
        if self.neighborhood_.is_shared:
            sample = sample.answered(self._shared_answers(sample.draws.values))
        sampled = explain_rows(
            self._plan(response, sample),
            matrix[differs],
            responses[differs],
            answer_index[differs],
            with_errors=with_errors,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        is_changed = plan.is_changed(response)
        return with_sampled(result, sampled, differs, is_changed=is_changed), responses

    def _batch(self, block: _Block, is_converged: BoolArray, labels: Array) -> ExplanationBatch:
        """Return the explanations of a block of rows."""
        result, facts = block.result, self._facts_of_outputs()
        response_labels = facts.pop("response_labels")
        is_classification = facts.pop("is_classification")
        return ExplanationBatch(
            predictions=block.predictions,
            responses=block.responses,
            effective_sample_size=result.effective_sample_size,
            n_perturbations=result.n_perturbations,
            converged=is_converged,
            failures=failures(result, self._response.name),
            fidelity_failures=result.fidelity_failures,
            data=block.codec.values(block.rows),
            row_labels=labels,
            feature_names=self._column_names,
            n_replicates=self._n_replicates(),
            baseline=self.baseline,
            internals=self._internals(block, response_labels, is_classification),
            **facts,
        )

    def _internals(
        self, block: _Block, response_labels: tuple[Any, ...], is_classification: bool
    ) -> Internals:
        """Return the part of the explanations that displays and metrics read."""
        instance = self._encoder.represent(block.rows)
        encodings = self._encoder.instance_encoding(instance)
        codes = self._encoder.condition_codes(instance, block.rows)
        return Internals(
            fit=block.result.fit,
            # A contribution is counted once, whatever the standard score.
            encodings=np.ones_like(encodings) if self.baseline == "background" else encodings,
            background_encodings=self._baseline.encodings(instance),
            codes=codes,
            condition_labels=self._encoder.labels(
                self._column_names, block.codec.unseen_levels, self._may_miss, codes
            ),
            output_index=block.output_index,
            opposed_index=block.opposed_index,
            predicted_index=block.predicted,
            is_thin=block.result.is_thin,
            out_of_range=self._encoder.out_of_range(block.rows),
            response_labels=response_labels,
            is_classification=is_classification,
            fidelity_is_bound=self._fidelity_is_bound,
            settings=self._settings(),
            pairs=block.result.pairs,
        )

    def _part_names(self, names: ObjectArray) -> ObjectArray:
        """Return the names of the parts: groups, and columns as scikit-learn names them."""
        groups, pairs = self.groups or {}, zip(self._parts, self._column_names)
        of_parts = [name if name in groups else names[part[0]] for part, name in pairs]
        return np.array(of_parts, dtype=object)

    def _settings(self) -> ExplainerSettings:
        neighborhood = self.neighborhood_
        is_anchored = isinstance(neighborhood, AnchoredNeighborhood)
        return ExplainerSettings(
            link=self.link,
            keep=float(neighborhood.keep) if is_anchored else None,
            neighborhood=name_of_neighborhood(neighborhood),
            discretizer=plain_choice(self.discretizer),
            background=plain_choice(self.background),
            penalty=penalty_text(self.surrogate),
            fixed=tuple(str(self._column_names[part]) for part in np.flatnonzero(self._is_fixed)),
            method=self.method_,
            method_reason=self.method_reason_,
            response_method=self._method,
        )

    def _learnt_html(self) -> str:
        settings = self._settings()
        neighborhood = str(settings.neighborhood)
        if settings.keep is not None:
            neighborhood += f", keep={settings.keep:g}"
        facts = [
            *self._learnt_facts(),
            ("Method", f"{self.method_}: {self.method_reason_}"),
            ("Neighborhood", neighborhood),
            ("Background", str(settings.background)),
        ]
        return Learnt(facts, columns_in_words(self._column_names, self._encoder)).to_html()

    def _predicted_classes(
        self, response: ModelResponse, rows: FloatArray, responses: FloatArray, *, is_reported: bool
    ) -> IntArray:
        """Return the predicted class of each row; -1 if neither target nor report need it."""
        if self._chosen is None or is_reported:
            return response.predicted(rows, responses)
        return np.full(len(responses), -1)

    @property
    def _fidelity_is_bound(self) -> bool:
        """Tell whether the fidelity is a lower bound.

        Without twins it counts against the surrogate that other values under the same
        conditions change the response.
        """
        has_twins = self._sampler.n_copies(self._n_perturbations()) > 1
        return not has_twins and bool(self._encoder.is_binned.any())

    def _is_converged(self, result: ExplainedRows) -> BoolArray:
        """Tell which rows are as precise as `tol` requires; all rows without "auto"."""
        if not self._is_auto:
            return np.ones(len(result.n_perturbations), dtype=bool)
        return is_precise(self._precision(), result)

    def _warn(
        self,
        reliability: Sequence[Reliability],
        is_converged: Sequence[BoolArray],
        sizes: Sequence[IntArray],
        labels: Array,
    ) -> None:
        """Warn of unreliable rows, once for all blocks."""
        of_all = Reliability.concatenate(reliability)
        warn_unreliable(of_all, labels, self._column_names, self._response.name)
        is_imprecise = of_all.has_answers & ~np.concatenate(is_converged)
        warn_imprecise(self._precision(), is_imprecise, np.concatenate(sizes), labels)
        if self._exact is None and self._sampler.wide is not None:
            warn_wide(len(self._column_names), self._sampler.wide.is_relevant, sizes)

    def _explain_function(
        self, response: ModelResponse, with_errors: bool
    ) -> Callable[[FloatArray, FloatArray, IntArray], ExplainedRows]:
        """Return a function of rows, responses and answer indices that returns local fits."""
        options: RunOptions = {
            "batch_size": self.batch_size,
            "n_jobs": self.n_jobs,
            "verbose": self.verbose,
        }
        if self._sample is not None:
            plan, with_errors = self._plan(response, self._sample), with_errors or self._is_auto
            return partial(explain_rows, plan, with_errors=with_errors, **options)

        @cache
        def plan_of(size: int) -> RowPlan:
            return self._plan(response, self._sampler.sample(size))

        return partial(explain_until_precise, plan_of, self._precision(), **options)
