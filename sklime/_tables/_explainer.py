"""Explain the rows of a table."""

import copy
from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_consistent_length, has_fit_parameter

from sklime._base import BaseLimeExplainer
from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._internals import Internals
from sklime._explanations._settings import ExplainerSettings, plain_choice
from sklime._responses._codec import TableCodec
from sklime._responses._model import are_labels_of
from sklime._responses._response import ModelResponse
from sklime._surrogates._solvers import penalty_text
from sklime._tables._baseline import BASELINES, Baseline
from sklime._tables._encoding import TableStatistics, TabularEncoder
from sklime._tables._groups import GroupedCodec, GroupLevels, held_parts, parts_of
from sklime._tables._one_row import as_table
from sklime._tables._precision import (
    CRITERIA,
    MIN_REPLICATES_AUTO,
    Precision,
    explain_until_precise,
    precise_shared_sample,
    sample_sizes,
)
from sklime._tables._rows import (
    ExplainedRows,
    Reliability,
    RowPlan,
    explain_rows,
    failures,
    warn_unreliable,
)
from sklime._tables._sample import Sampler
from sklime.backgrounds import (
    CopulaBackground,
    EmpiricalBackground,
    MarginalBackground,
    NormalBackground,
)
from sklime.discretizers import (
    decile_cuts,
    entropy_cuts,
    model_cuts,
    quartile_cuts,
    transformer_cuts,
)
from sklime.kernels import kernel_function
from sklime.neighborhoods import (
    AnchoredNeighborhood,
    AroundNeighborhood,
    BaseNeighborhood,
    SharedNeighborhood,
)
from sklime.utils._frames import (
    column_names,
    columns_where,
    is_frame,
    row_labels,
    some_rows,
    whole_columns,
)
from sklime.utils._sklearn import HasMethods, Interval, StrOptions
from sklime.utils._text import listed
from sklime.utils._validation import (
    as_numbers,
    categorical_columns,
    check_finite,
    check_names,
    check_same_columns,
    validated_table,
)
from sklime.utils._warnings import warn

__all__ = ["LimeTabularExplainer"]

BACKGROUNDS = {
    "marginal": MarginalBackground,
    "normal": NormalBackground,
    "empirical": EmpiricalBackground,
    "copula": CopulaBackground,
}
NEIGHBORHOOD_NAMES = {
    AnchoredNeighborhood: "anchored",
    SharedNeighborhood: "shared",
    AroundNeighborhood: "around",
}
NEIGHBORHOODS = tuple(NEIGHBORHOOD_NAMES.values())
# A column of texts of which this share of the rows have one of their own, from so many rows on,
# holds texts to be read rather than categories.
SHARE_OF_OWN_TEXTS = 0.9
MIN_ROWS_OF_TEXTS = 30
DISCRETIZERS = ("quartile", "decile", "entropy", "model")

N_PERTURBATIONS_PER_ROW = 1024
N_PERTURBATIONS_SHARED = 4096

# Perturbed rows that must share a category of the explained row for it to get a weight; of a
# bin any is enough, because bins are as wide as it takes to hold their share.
MIN_CATEGORY_SUPPORT = 10.0
MIN_BIN_SUPPORT = 1e-9

# Training rows at which the model is asked where its response changes.
MAX_ROWS_FOR_CUTS = 4096

# Training rows that a shared sample has to be large enough for, at most.
MAX_ROWS_FOR_SIZE = 1024

# Rows whose weights are computed before those of the next rows: what is not returned is small.
_ROWS_PER_BLOCK = 2**14

# lime's width on tables is this times the root of the number of features.
_WIDTH_PER_ROOT_FEATURE = 0.75


def _takes(response, matrix):
    """Return None if the model answers at some rows, else why not."""
    try:
        answers = response(matrix)
    except (TypeError, ValueError) as error:
        return str(error).partition("\n")[0]
    return None if np.isfinite(answers).all() else "it returns NaN"


def _without_missing(matrix, row):
    """Return a row with a value of the table in place of each missing one."""
    filled = matrix[[row]]
    for index in np.flatnonzero(np.isnan(filled[0])):
        values = np.asarray(matrix[:, [index]])[:, 0]
        filled[0, index] = next(iter(values[~np.isnan(values)]), 0.0)
    return filled


@dataclass(frozen=True)
class _Block:
    """Some rows, what the model answers at them, and their local fits."""

    rows: np.ndarray  # (n_rows, n_features)
    codec: TableCodec
    responses: np.ndarray  # (n_rows, n_responses)
    predictions: np.ndarray  # (n_rows, n_outputs)
    output_index: np.ndarray  # (n_rows, n_outputs)
    opposed_index: np.ndarray  # (n_rows, n_outputs)
    predicted: np.ndarray  # (n_rows,)
    result: ExplainedRows


class LimeTabularExplainer(BaseLimeExplainer):
    """Explain rows of a table by sparse linear models that hold near each of them.

    Around each row the model is asked about perturbed rows, and a weighted linear model is
    fitted to its answers [1]_. ``fit`` learns bins and background from training rows,
    ``explain`` returns an `ExplanationBatch`, ``transform`` its matrix of weights.

    Parameters are as they were in ``fit``. `batch_size`, `n_jobs` and `verbose` act at once
    when they are set later; any other parameter that has changed since, also within a
    background, a neighborhood or a surrogate, is an error when rows are explained, until
    ``fit`` is called again. So is a model that was fitted again.

    Parameters
    ----------
    estimator : estimator or callable
        Classifier, regressor, outlier detector or Pipeline, any object with a prediction
        method, or a function from a table to an array or frame of shape (n_rows,) or (n_rows,
        n_outputs). ``classes_`` name the outputs. A method such as ``model.predict_proba``
        stands for its model and this way to ask it. What is fitted already, a function, or an
        object without ``fit`` is used unchanged, also after `clone`; an unfitted model is
        cloned and fitted.

    target : {"auto", "all", "predicted"}, class label, str, int, list or tuple, default="auto"
        Which outputs to explain. "auto": the only output; of two classes the second; of
        several, all. "predicted": the class that ``predict`` says for each row. For a
        classifier anything else is a class label, otherwise the name or index of an output.
        A list explains several. A pair ``(A, B)`` explains why A and not B: the difference of
        the two, or with ``link="logit"`` the logarithm of their ratio.

    output_names : array-like of str or dict, default=None
        Names of classes or outputs: one each, in their order, or a dict from labels to names.
        `None` keeps the labels of the model, or the columns of the frame that it returns.

    response_method : str or list of str, default="auto"
        "predict_proba", "decision_function", "predict" or "score_samples", or a list in order
        of preference. "auto" is the first of the first three for classifiers, "predict"
        for regressors, "decision_function" for outlier detectors.

    link : {"identity", "logit"}, default="identity"
        "logit" explains log-odds, of probabilities clipped to [0.001, 0.999].

    baseline : {"background", "other"}, default="background"
        What a weight compares with. "background" gives contributions: what the condition adds
        to the local prediction of an average background row. It is small for a condition that
        nearly every row meets. Base value and contributions add up to the local prediction.
        "other" gives contrasts, as `lime` does: the condition against all other bins or levels
        of the column. A contribution is the contrast times the share of the background that
        does not meet the condition.

    neighborhood : {"anchored", "shared", "around"} or BaseNeighborhood, default="anchored"
        "anchored" keeps each value of the explained row with probability `keep` and draws
        the others from the background. "shared" draws all values from the background, as
        `lime` does, once for all rows: the model is asked in `fit` only. "around" adds
        normal noise to the row.

    keep : float, default=0.75
        Probability with which an anchored feature keeps its value, in (0, 1).

    background : {"marginal", "normal", "empirical", "copula"} or BaseBackground, \
            default="marginal"
        Where replacement values come from. "marginal" draws each column on its own, from bins
        that are cut as `discretizer` cuts (at quartiles for `None`), as `lime` does. "normal"
        draws each column from one normal, as `lime` does without bins. "empirical" draws
        training rows whole. "copula" keeps rank correlations. The last two keep all training
        values in the explainer, and so in its pickle.

    categorical_features : "from_dtype", array-like of {bool, int, str} or None, \
            default="from_dtype"
        Columns whose values are levels: a mask, indices or names, as in
        `HistGradientBoostingClassifier`. Columns of texts, objects, booleans and
        categorical types always are.

    groups : dict of str to list of columns, default=None
        Columns that are replaced together and explained as one, by the name of the group. New
        values come from one training row, so that they belong together; the explainer then
        holds the combinations of the training rows. Columns are called by name, or by index in
        an array.

    fixed : list of columns, default=None
        Columns that keep the value of the explained row in every copy: what cannot change, or
        what one asks about given the rest. They get no weight. Not with the shared neighborhood.

    discretizer : {"quartile", "decile", "entropy", "model"}, transformer or None, \
            default="quartile"
        How columns of numbers are cut into bins, whose weight is explained. "entropy" needs
        `y`. "model" cuts where the model's response changes: a small tree a column, on its
        answers at 4096 training rows at most. A scikit-learn transformer with
        ``bin_edges_``, such as `KBinsDiscretizer`. `None` explains standard scores: weights
        are then per standard deviation.

    n_perturbations : int or "auto", default=None
        Perturbed rows for each explained row, best a power of two times `n_replicates`.
        Anchored rows are drawn in pairs, so that an odd number is rounded down.
        `None` is 1024, or 4096 for a shared neighborhood. "auto" doubles them, in at least 16
        replicates, until the row is as precise as `tol` asks, and once more. A shared sample
        is as large as 95 % of the training rows need.

    tol : float, default=0.05
        Precision that ``n_perturbations="auto"`` goes for, above 0, in units of `criterion`.

    criterion : {"half_width", "top_features"}, default="half_width"
        What `tol` limits. "half_width": half of the widest 95 % interval of the weights,
        relative to the largest weight of the row (of the output, where outputs are no
        classes). "top_features": one minus the mean Jaccard index between the five
        strongest features and those of likely other seeds.

    max_perturbations : int, default=16384
        Most perturbed rows that "auto" uses. A row that it does not suffice for is
        explained with a warning and has ``converged`` false.

    n_replicates : int, default=8
        Independent replicates of the perturbed rows, at least 2. Their spread gives
        standard errors.

    control_variates : bool, default=True
        Whether to take out of the responses the part of an additive model that averages
        out: which bin a value landed in, given that it left the bin of the explained row.
        It makes weights less noisy at no model call and changes none of them on average.
        It takes columns that are drawn independently (``background="marginal"``) and cut
        into bins, and does nothing otherwise. `False` fits the responses as they are, as
        `lime` does.

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
        contributions; with ``baseline="other"`` it is "forward" when ``max_features <= 6``, as
        in `lime`. "none" keeps all. A function as in `sklime.selection`.

    max_features : int, default=10
        At most this many non-zero weights a row and output; `None` for all.

    surrogate : estimator, default=None
        Any regressor that is linear and has ``coef_``, or has ``feature_importances_``;
        also last in a Pipeline or within a search such as `GridSearchCV`. It is cloned
        before each fit, and a ``random_state`` of `None` is replaced by the seed. `None` is
        ``Ridge(alpha=1.0)``. `Ridge`, `LinearRegression`, `Lasso`, `LassoLars` and
        `ElasticNet` with an intercept are solved for all rows at once, exactly, whatever
        their ``tol``, ``max_iter`` and ``selection``; others are fitted one by one. For a
        regressor whose ``fit`` takes no ``sample_weight``, such as `Lars`, perturbed rows
        of unequal weight are resampled, by the seed: about four copies each. What a sparse
        surrogate leaves at zero, with and without each replicate, is not selected.

    batch_size : int, default=None
        Most rows in one call of the model; `None` chooses by memory. Acts at once when it is
        set after ``fit``.

    n_jobs : int, default=None
        Number of threads; `None` is 1 unless in a `joblib.parallel_config` context, -1 all
        processors. Acts at once when it is set after ``fit``.

    verbose : int, default=0
        Above 0, joblib reports on batches of rows. Acts at once when it is set after ``fit``.

    random_state : int, RandomState instance or None, default=None
        What the seed is drawn from, once, in ``fit``: a fitted explainer gives the same row
        the same weights at every call. `None` draws fresh entropy; NumPy's global random
        state is never touched.

    Attributes
    ----------
    estimator_ : object
        The fitted model; `estimator` itself where that is explained as it is.

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

    _parameter_constraints: dict = {  # noqa: RUF012
        **BaseLimeExplainer._parameter_constraints,
        "baseline": [StrOptions(set(BASELINES))],
        "neighborhood": [StrOptions(set(NEIGHBORHOODS)), BaseNeighborhood],
        "keep": [Interval(Real, 0, 1, closed="neither")],
        "background": [StrOptions(set(BACKGROUNDS)), HasMethods(["fit", "sample"])],
        "n_perturbations": [
            *BaseLimeExplainer._parameter_constraints["n_perturbations"],
            StrOptions({"auto"}),
        ],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "criterion": [StrOptions(set(CRITERIA))],
        "max_perturbations": [Interval(Integral, 1, None, closed="left")],
        "control_variates": ["boolean"],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "discretizer": [StrOptions(set(DISCRETIZERS)), HasMethods(["fit", "transform"]), None],
    }

    def __init__(
        self,
        estimator,
        *,
        target="auto",
        output_names=None,
        response_method="auto",
        link="identity",
        baseline="background",
        neighborhood="anchored",
        keep=0.75,
        background="marginal",
        categorical_features="from_dtype",
        groups=None,
        fixed=None,
        discretizer="quartile",
        n_perturbations=None,
        tol=0.05,
        criterion="half_width",
        max_perturbations=16384,
        n_replicates=8,
        control_variates=True,
        kernel="auto",
        kernel_width=None,
        metric="auto",
        selection="auto",
        max_features=10,
        surrogate=None,
        batch_size=None,
        n_jobs=None,
        verbose=0,
        random_state=None,
    ):
        self.estimator = estimator
        self.target = target
        self.output_names = output_names
        self.response_method = response_method
        self.link = link
        self.baseline = baseline
        self.neighborhood = neighborhood
        self.keep = keep
        self.background = background
        self.categorical_features = categorical_features
        self.groups = groups
        self.fixed = fixed
        self.discretizer = discretizer
        self.n_perturbations = n_perturbations
        self.tol = tol
        self.criterion = criterion
        self.max_perturbations = max_perturbations
        self.n_replicates = n_replicates
        self.control_variates = control_variates
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

    def _validated_training_rows(self, X, y):
        table = validated_table(self, X, reset=True, has_target=y is not None)
        if y is not None:
            check_consistent_length(table, y)
        is_categorical = categorical_columns(self.categorical_features, table)
        table = as_numbers(table, is_categorical)
        self._codec = TableCodec.fit(table, is_categorical)
        names, has_names = tuple(column_names(table)), is_frame(table)
        self._parts, self._column_names = parts_of(self.groups, names, has_names)
        self._is_fixed = held_parts(self.fixed, self._parts, self._column_names, names, has_names)
        if len(self._parts) < len(names):
            if sparse.issparse(table):
                raise ValueError(
                    "groups takes a dense table; pass X.toarray() or a DataFrame, or groups=None."
                )
            self._codec = GroupedCodec.fit(self._codec, self._parts, table)
        return table

    @property
    def _is_auto(self):
        return isinstance(self.n_perturbations, str)

    def _n_replicates(self):
        return max(self.n_replicates, MIN_REPLICATES_AUTO) if self._is_auto else self.n_replicates

    def _n_perturbations(self):
        """Return the size of the samples; of the first ones, where it depends."""
        if self._is_auto:
            return sample_sizes(self._n_replicates(), self.max_perturbations)[0]
        if self.n_perturbations is not None:
            return self.n_perturbations
        is_shared = self.neighborhood == "shared" or getattr(self.neighborhood, "is_shared", False)
        return N_PERTURBATIONS_SHARED if is_shared else N_PERTURBATIONS_PER_ROW

    def _learn(self, X, y):
        check_same_columns(self.estimator_, X)
        matrix, _ = self._codec.read(X)
        check_finite(matrix, self._column_names)
        self._warn_about_texts(matrix)
        self.neighborhood_ = self._neighborhood()
        if self._is_fixed.any() and self.neighborhood_.is_shared:
            raise ValueError(
                "fixed holds columns at the value of each row, and the copies of "
                "neighborhood='shared' are the same for all rows; pass neighborhood='anchored'."
            )
        response = ModelResponse(
            self.estimator_, self._method, self.link, self._codec, self.batch_size
        )
        has_missing = columns_where(matrix, np.isnan)[0].size > 0
        is_asked_now = has_missing or not self.neighborhood_.is_shared
        if is_asked_now or self.discretizer == "model":
            self._learn_outputs(response, _without_missing(matrix, 0), y)
            response = self._response
        self._may_miss = np.zeros(matrix.shape[1], dtype=bool)
        self._may_miss[self._check_missing(response, matrix)] = True
        is_categorical = self._codec.is_categorical
        is_discrete = self._codec.is_discrete | whole_columns(matrix)
        statistics = TableStatistics.fit(matrix, is_discrete, is_categorical)
        levels = (
            column.levels if column.is_categorical else None for column in self._codec.columns
        )
        self._encoder = TabularEncoder(
            self._cuts(matrix, y), tuple(levels), self._side, statistics, self._is_fixed
        )
        self.background_ = self._fitted_background(matrix, is_discrete)
        self._baseline = Baseline.of(self.background_, self._encoder)
        self._sampler = Sampler(
            neighborhood=self.neighborhood_,
            background=self.background_,
            encoder=self._encoder,
            n_replicates=self._n_replicates(),
            control_variates=self.control_variates,
            seed=self._seed,
            first_size=self._n_perturbations() if self._is_auto else None,
        )
        self._learn_sample(matrix, response, y)

    def _warn_about_texts(self, matrix):
        """Warn of columns of texts of which nearly every row has its own."""
        for index, column in enumerate(self._codec.columns):
            if isinstance(column, GroupLevels) or not column.is_categorical:
                continue
            n_present = np.count_nonzero(~np.isnan(matrix[:, index]))
            if n_present < MIN_ROWS_OF_TEXTS or not isinstance(column.levels[0], str):
                continue
            if column.n_levels >= SHARE_OF_OWN_TEXTS * n_present:
                name = self._column_names[index]
                warn(
                    f"Column {name} has {column.n_levels} different texts in {n_present} rows. "
                    "Each is a category of its own, so that its weight compares this text with "
                    "any other. To explain its words, use "
                    f"LimeTextExplainer(model, column={name!r}); else leave it out.",
                    UserWarning,
                )

    def _with_seed(self, seed):
        """Return the explainer that another seed would have made of the same training rows."""
        twin = copy.copy(self)
        twin._seed, twin._sampler = seed, replace(self._sampler, seed=seed)
        if self._sample is not None:
            twin._sample = twin._sampler.sample(self._sample.n_perturbations)
        if self.neighborhood_.is_shared:
            answers = self._shared_answers(twin._sample.draws.values)
            twin._sample = twin._sample.answered(answers)
        return twin

    @property
    def _side(self):
        """Which bin a value equal to a cut is in: scikit-learn has it above, `lime` below."""
        return "left" if self.discretizer is None or isinstance(self.discretizer, str) else "right"

    def _cuts(self, matrix, y):
        """Return the cuts of each column; None where there are levels or standard scores."""
        cuts = [None] * matrix.shape[1]
        numbers = np.flatnonzero(~self._codec.is_categorical)
        if self.discretizer is not None and numbers.size:
            for index, found in zip(numbers, self._number_cuts(matrix, numbers, y)):
                cuts[index] = found
        return tuple(cuts)

    def _number_cuts(self, matrix, numbers, y):
        X = matrix[:, numbers]
        if not isinstance(self.discretizer, str):
            return transformer_cuts(self.discretizer, X, y)
        if self.discretizer == "entropy":
            if y is None:
                raise ValueError(
                    "discretizer='entropy' requires y to be passed to fit, but the target y is "
                    "None; pass y or another discretizer."
                )
            is_classification = are_labels_of(self.estimator_, np.asarray(y))
            return entropy_cuts(X, y, is_classification=is_classification)
        if self.discretizer == "model":
            # Evenly spread over the table, whatever `random_state` is.
            n_asked = min(len(X), MAX_ROWS_FOR_CUTS)
            asked = np.linspace(0, len(X) - 1, n_asked).round().astype(np.intp)
            responses = self._response(matrix[asked])
            answered = np.isfinite(responses).all(axis=1)
            if not answered.any():
                raise ValueError(f"{self._response.name} returned NaN or infinity everywhere.")
            return model_cuts(X[asked][answered], responses[answered])
        return {"quartile": quartile_cuts, "decile": decile_cuts}[self.discretizer](X)

    def _check_missing(self, response, matrix, first_row=0):
        """Ask the model about missing values where it has not been asked before.

        Returns the indices of those columns.
        """
        new, rows = columns_where(matrix, np.isnan)
        rows, new = rows[~self._may_miss[new]], new[~self._may_miss[new]]
        if new.size == 0 or _takes(response, matrix[np.unique(rows)]) is None:
            return new
        for index, row in zip(new, rows):
            refusal = _takes(response, matrix[[row]])
            if refusal is not None:
                # A model that does not answer here either has another fault, and says so.
                response(_without_missing(matrix, row))
                raise ValueError(
                    f"Input X contains NaN in column {self._column_names[index]}, first in row "
                    f"{first_row + row}. {response.name} does not take missing values there "
                    f"({refusal}): impute them before, or explain a Pipeline that does."
                )
        return new

    def _fitted_background(self, matrix, is_discrete):
        background = self.background
        background = BACKGROUNDS[background]() if isinstance(background, str) else clone(background)
        if has_fit_parameter(background, "cuts"):
            return background.fit(matrix, is_discrete, cuts=self._encoder.cuts, side=self._side)
        return background.fit(matrix, is_discrete)

    def _neighborhood(self):
        if not isinstance(self.neighborhood, str):
            return clone(self.neighborhood)
        return {
            "anchored": lambda: AnchoredNeighborhood(keep=self.keep),
            "shared": SharedNeighborhood,
            "around": AroundNeighborhood,
        }[self.neighborhood]()

    def _learn_sample(self, matrix, response, y):
        """Draw what is drawn once; ask the model about it where all rows share it."""
        is_shared = self.neighborhood_.is_shared
        self._sample = None
        if is_shared or not self._is_auto:
            self._sample = self._sampler.sample(self._n_perturbations())
        if is_shared:
            values, first = self._sample.draws.values, None
            if response.outputs is None:
                # What the model answers is read off its answers to the sample, at no more calls.
                first = self._learn_outputs(response, response.blocks(values)[0], y)
            self._sample = self._sample.answered(self._shared_answers(values, first=first))
        if is_shared and self._is_auto:
            self._sample = self._precise_sample(matrix)

    def _precise_sample(self, matrix):
        """Return a shared sample that is large enough for the training rows."""
        indices = np.linspace(0, len(matrix) - 1, min(len(matrix), MAX_ROWS_FOR_SIZE))
        rows = np.asarray(matrix[indices.round().astype(np.intp)])
        responses = self._response(rows)
        predicted = self._predicted_classes(self._response, rows, responses, is_reported=False)
        answer_index = self._answers_to(*self._explained_in(predicted))

        def fits_of(sample):
            plan = self._plan(self._response, sample)
            return explain_rows(plan, rows, responses, answer_index, with_errors=True)

        return precise_shared_sample(
            self._sampler, self._precision(), self._sample, self._shared_answers, fits_of
        )

    def _precision(self):
        return Precision(
            criterion=self.criterion,
            tol=self.tol,
            n_replicates=self._n_replicates(),
            is_comparable=self._response.outputs.kind != "numbers",
            max_perturbations=self.max_perturbations,
        )

    def _shared_answers(self, values, *, first=None):
        """Ask the model about perturbed rows that all rows share."""
        responses = self._response(values, first=first)
        n_failed = int((~np.isfinite(responses)).any(axis=1).sum())
        if n_failed:
            raise ValueError(
                f"{self._response.name} returned NaN or infinity for {n_failed} of "
                f"{len(responses)} perturbed rows; the model cannot answer everywhere in the "
                "range of the training rows."
            )
        return responses

    def _plan(self, response, sample):
        select, max_features = self._selector(len(self._column_names))
        kernel = self.neighborhood_.default_kernel if self.kernel == "auto" else self.kernel
        width = self.kernel_width
        if width is None:
            width = _WIDTH_PER_ROOT_FEATURE * np.sqrt(len(self._column_names))
        return RowPlan(
            neighborhood=self.neighborhood_,
            encoder=self._encoder,
            response=response,
            sample=sample,
            kernel=kernel_function(kernel),
            width=width,
            metric="euclidean" if self.metric == "auto" else self.metric,
            select=select,
            max_features=max_features,
            surrogate=self.surrogate,
            seed=self._seed,
            min_support=self._min_support(),
            baseline=self._baseline if self.baseline == "background" else None,
        )

    def _auto_selection(self, max_features):
        # Forward selection adds what predicts the response of perturbed rows: a rare flag that
        # the row does not have predicts well and contributes nothing.
        if self.baseline == "background":
            return "highest_weights"
        return super()._auto_selection(max_features)

    def _min_support(self):
        """Return how many perturbed rows must share a value, column by column."""
        needed = np.where(self._codec.is_categorical, MIN_CATEGORY_SUPPORT, MIN_BIN_SUPPORT)
        return np.where(self._encoder.is_binned, needed, 0.0)

    def _explained(self, X, with_errors=True):
        table, _, _ = self._checked(X)
        labels = row_labels(table)
        block = self._block(table, slice(0, len(labels)), with_errors)
        self._warn([Reliability.of(block.result)], [self._reached(block.result)], labels)
        return self._batch(block, labels)

    def _weights(self, X):
        """Return the weights of all rows, and nothing else, in little memory."""
        table, n_rows, labels = self._checked(X)
        n_columns = len(self._column_names) * len(self._output_names())
        weights = np.empty((n_rows, n_columns))

        def keep(rows, block):
            weights[rows] = block.result.fit.values.transpose(0, 2, 1).reshape(-1, n_columns)

        self._block_by_block(table, n_rows, labels, keep)
        return weights, labels

    def _held_out_predictions(self, X):
        table, n_rows, labels = self._checked(X)
        pairs = []

        def keep(rows, block):
            pairs.append((block.result.fit.held_out_predictions, block.predictions))

        self._block_by_block(table, n_rows, labels, keep)
        return tuple(map(np.concatenate, zip(*pairs)))

    def _block_by_block(self, table, n_rows, labels, keep):
        """Explain some rows at a time, and give each block to `keep`; then warn of all rows."""
        reliability, reached = [], []
        for start in range(0, n_rows, _ROWS_PER_BLOCK):
            rows = slice(start, min(start + _ROWS_PER_BLOCK, n_rows))
            block = self._block(table, rows, with_errors=False)
            reliability.append(Reliability.of(block.result))
            reached.append(self._reached(block.result))
            keep(rows, block)
        self._warn(reliability, reached, labels)

    def _checked(self, X):
        """Return a checked table, its number of rows and their labels."""
        table = validated_table(self, as_table(X, self._codec.names), reset=False)
        check_names(table, self._codec.names, type(self).__name__)
        labels = row_labels(table)
        return table, len(labels), labels

    def _read(self, X):
        """Return a checked table as floats, and with all of its levels."""
        rows, codec = self._codec.read(self._checked(X)[0])
        return np.asarray(rows), codec

    def _block(self, table, rows, with_errors):
        """Explain some rows of a table."""
        matrix, codec = self._codec.read(some_rows(table, rows))
        matrix = np.asarray(matrix)
        check_finite(matrix, self._column_names, rows.start)
        response = replace(self._asker, codec=codec)
        self._check_missing(response, matrix, rows.start)
        responses = response(matrix)
        predicted = self._predicted_classes(response, matrix, responses, is_reported=with_errors)
        output_index, opposed_index = self._explained_in(predicted)
        answer_index = self._answers_to(output_index, opposed_index)
        return _Block(
            rows=matrix,
            codec=codec,
            responses=responses[:, : len(response.outputs)],
            predictions=np.take_along_axis(responses, answer_index, axis=1),
            output_index=output_index,
            opposed_index=opposed_index,
            predicted=predicted,
            result=self._explained_rows(matrix, responses, answer_index, response, with_errors),
        )

    def _batch(self, block, labels):
        """Return the explanations of a block of rows."""
        result, instance = block.result, self._encoder.represent(block.rows)
        encodings, facts = self._encoder.instance_encoding(instance), self._facts_of_outputs()
        internals = Internals(
            fit=result.fit,
            # A contribution is counted once, whatever the standard score.
            encodings=np.ones_like(encodings) if self.baseline == "background" else encodings,
            background_encodings=self._baseline.encodings(instance),
            codes=self._encoder.condition_codes(instance, block.rows),
            condition_labels=self._encoder.labels(
                self._column_names, block.codec.unseen_levels, self._may_miss
            ),
            output_index=block.output_index,
            opposed_index=block.opposed_index,
            predicted_index=block.predicted,
            is_thin=result.is_thin,
            out_of_range=self._encoder.out_of_range(block.rows),
            response_labels=facts.pop("response_labels"),
            is_classification=facts.pop("is_classification"),
            fidelity_is_bound=self._fidelity_is_bound,
            settings=self._settings(),
        )
        return ExplanationBatch(
            predictions=block.predictions,
            responses=block.responses,
            effective_sample_size=result.effective_sample_size,
            n_perturbations=result.n_perturbations,
            converged=self._reached(result)[0],
            failures=failures(result, self._response.name),
            fidelity_failures=result.fidelity_failures,
            data=block.codec.values(block.rows),
            row_labels=labels,
            feature_names=self._column_names,
            n_replicates=self._n_replicates(),
            baseline=self.baseline,
            internals=internals,
            **facts,
        )

    def _part_names(self, names):
        """Return the names of parts: those of columns as scikit-learn has them, and of groups."""
        groups, pairs = self.groups or {}, zip(self._parts, self._column_names)
        found = [name if name in groups else names[part[0]] for part, name in pairs]
        return np.array(found, dtype=object)

    def _settings(self):
        kind = type(self.neighborhood_)
        is_anchored = isinstance(self.neighborhood_, AnchoredNeighborhood)
        return ExplainerSettings(
            link=self.link,
            keep=float(self.neighborhood_.keep) if is_anchored else None,
            neighborhood=NEIGHBORHOOD_NAMES.get(kind, kind.__name__),
            discretizer=plain_choice(self.discretizer),
            background=plain_choice(self.background),
            penalty=penalty_text(self.surrogate),
            fixed=tuple(str(self._column_names[index]) for index in np.flatnonzero(self._is_fixed)),
        )

    def _predicted_classes(self, response, rows, responses, *, is_reported):
        """Return the predicted class of each row; unasked where nothing depends on it."""
        if self._chosen is None or is_reported:
            return response.predicted(rows, responses)
        return np.full(len(responses), -1)

    @property
    def _fidelity_is_bound(self):
        """Tell whether other values under the same conditions change the response unseen."""
        has_twins = self._sampler.n_copies(self._n_perturbations()) > 1
        return not has_twins and bool(self._encoder.is_binned.any())

    def _reached(self, result):
        """Tell which rows are as precise as asked, and how many perturbed rows those took."""
        if not self._is_auto:
            return np.ones(len(result.n_perturbations), dtype=bool), result.n_perturbations
        return self._precision().is_reached(result), result.n_perturbations

    def _warn(self, reliability, reached, labels):
        """Warn of rows that are not explained well; blocks of rows are put together first."""
        reliability = Reliability.concatenate(reliability)
        is_reached, n_perturbations = map(np.concatenate, zip(*reached))
        warn_unreliable(reliability, labels, self._column_names, self._response.name)
        missed = reliability.has_answers & ~is_reached
        if missed.any():
            warn(
                f"tol={self.tol} (criterion={self.criterion!r}) is not reached with "
                f"{n_perturbations[missed].max()} perturbed rows for rows "
                f"{listed(labels[missed])}. Raise max_perturbations or tol, or read their "
                "intervals as they are.",
                ConvergenceWarning,
            )

    def _explained_rows(self, rows, responses, answer_index, response, with_errors):
        """Return the local fits, with samples of the size that was asked for."""
        options = {"batch_size": self.batch_size, "n_jobs": self.n_jobs, "verbose": self.verbose}
        if self._sample is not None:
            plan = self._plan(response, self._sample)
            with_errors = with_errors or self._is_auto
            return explain_rows(
                plan, rows, responses, answer_index, with_errors=with_errors, **options
            )

        @cache
        def plan_of(size):
            return self._plan(response, self._sampler.sample(size))

        return explain_until_precise(
            plan_of, self._precision(), rows, responses, answer_index, **options
        )
