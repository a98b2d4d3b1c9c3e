"""Explain the rows of a table."""

from numbers import Real

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_consistent_length

from sklime._base import BaseLimeExplainer
from sklime._control_variates import Cells
from sklime._encoding import TableStatistics, TabularEncoder
from sklime._explanation import ExplanationBatch
from sklime._response import ModelResponse, is_classifier_like
from sklime._rows import RowPlan, SharedAnswers, explain_rows, warn_of
from sklime.backgrounds import EmpiricalBackground, MarginalBackground
from sklime.discretizers import decile_cuts, entropy_cuts, quartile_cuts, transformer_cuts
from sklime.kernels import KERNELS
from sklime.neighborhoods import (
    AnchoredNeighborhood,
    AroundNeighborhood,
    BaseNeighborhood,
    SharedNeighborhood,
    base_points,
    replicate_bounds,
)
from sklime.utils._frames import TableCodec, column_names, row_labels
from sklime.utils._sklearn import HasMethods, Interval, StrOptions
from sklime.utils._validation import check_same_columns, validated_table

__all__ = ["LimeTabularExplainer"]

BACKGROUNDS = {"marginal": MarginalBackground, "empirical": EmpiricalBackground}
NEIGHBORHOODS = ("anchored", "shared", "around")
DISCRETIZERS = ("quartile", "decile", "entropy")

N_PERTURBATIONS_A_ROW = 1024
N_PERTURBATIONS_SHARED = 4096

# lime's width on tables is this times the root of the number of features.
_WIDTH_A_ROOT_FEATURE = 0.75


class LimeTabularExplainer(BaseLimeExplainer):
    """Explain rows of a table by sparse linear models that hold near each of them.

    Around each row the model is asked about perturbed rows, and a weighted linear model is
    fitted to its answers [1]_. ``fit`` learns bins and background from training rows,
    ``explain`` returns an `ExplanationBatch`, ``transform`` its matrix of weights.

    Parameters
    ----------
    estimator : estimator or callable
        Classifier, regressor, outlier detector or Pipeline, or a function from a table to
        an array of shape (n_rows,) or (n_rows, n_outputs). What is fitted already, a
        function, or an object without ``fit`` is explained as it is, also after `clone`;
        an unfitted model is cloned and fitted.

    target : {"auto", "all", "predicted"}, class label or int, default="auto"
        Which outputs to explain. "auto": the only output; of two classes the second; of
        several, all. "predicted": the class predicted for each row. For a classifier
        anything else is a class label, otherwise the index of an output.

    response_method : str or list of str, default="auto"
        "predict_proba", "decision_function", "predict" or "score_samples", or a list in order
        of preference. "auto" is the first of the first three for classifiers, "predict"
        for regressors, "decision_function" for outlier detectors.

    link : {"identity", "logit"}, default="identity"
        "logit" explains log-odds, of probabilities clipped to [0.001, 0.999].

    neighborhood : {"anchored", "shared", "around"} or BaseNeighborhood, default="anchored"
        "anchored" keeps each value of the explained row with probability `keep` and draws
        the others from the background. "shared" draws all values from the background, as
        `lime` does, once for all rows: the model is asked in `fit` only. "around" adds
        normal noise to the row.

    keep : float, default=0.75
        Probability with which an anchored feature keeps its value, in (0, 1).

    background : {"marginal", "empirical"} or BaseBackground, default="marginal"
        Where replacement values come from: each column on its own, as in `lime`, or
        training rows drawn whole.

    discretizer : {"quartile", "decile", "entropy"}, transformer or None, default="quartile"
        How columns are cut into bins, whose weight is explained. "entropy" needs `y`. A
        scikit-learn transformer with ``bin_edges_``, such as `KBinsDiscretizer`. `None`
        explains standard scores: weights are then per standard deviation.

    n_perturbations : int, default=None
        Perturbed rows for each explained row, best a power of two times `n_replicates`.
        `None` is 1024, or 4096 for a shared neighborhood.

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
        Weight of a perturbed row, from its distance: a function ``(distances, width)``.
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
        How features are selected. "auto" is "forward" when ``max_features <= 6``, else
        "highest_weights". "none" keeps all. A function as in `sklime.selection`.

    max_features : int, default=10
        At most this many non-zero weights a row and output; `None` for all.

    surrogate : estimator, default=None
        Regressor with ``coef_`` or ``feature_importances_`` whose ``fit`` takes
        ``sample_weight``, alone or last in a Pipeline. It is cloned before each fit. `None`
        is ``Ridge(alpha=1.0)``. `Ridge` and `LinearRegression` are solved for all rows at
        once, others are fitted one by one.

    batch_size : int, default=None
        Most rows in one call of the model; `None` chooses by memory.

    n_jobs : int, default=None
        Number of threads; `None` is 1 unless in a `joblib.parallel_config` context, -1 all
        processors.

    verbose : int, default=0
        Above 0, joblib reports on batches of rows.

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

    feature_names_in_ : ndarray of shape (n_features_in_,)
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
        "neighborhood": [StrOptions(set(NEIGHBORHOODS)), BaseNeighborhood],
        "keep": [Interval(Real, 0, 1, closed="neither")],
        "background": [StrOptions(set(BACKGROUNDS)), HasMethods(["fit", "sample"])],
        "control_variates": ["boolean"],
        "discretizer": [StrOptions(set(DISCRETIZERS)), HasMethods(["fit", "transform"]), None],
    }

    def __init__(
        self,
        estimator,
        *,
        target="auto",
        response_method="auto",
        link="identity",
        neighborhood="anchored",
        keep=0.75,
        background="marginal",
        discretizer="quartile",
        n_perturbations=None,
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
        self.response_method = response_method
        self.link = link
        self.neighborhood = neighborhood
        self.keep = keep
        self.background = background
        self.discretizer = discretizer
        self.n_perturbations = n_perturbations
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
        self._codec = TableCodec.fit(table)
        return table

    def _n_perturbations(self):
        if self.n_perturbations is not None:
            return self.n_perturbations
        is_shared = self.neighborhood == "shared" or getattr(self.neighborhood, "is_shared", False)
        return N_PERTURBATIONS_SHARED if is_shared else N_PERTURBATIONS_A_ROW

    def _learn(self, X, y):
        check_same_columns(self.estimator_, X)
        matrix = self._codec.to_matrix(X)
        is_discrete = self._codec.is_discrete
        self._response = ModelResponse(
            self.estimator_, self._method, self.link, self._codec, self.batch_size
        )
        statistics = TableStatistics.fit(matrix, is_discrete)
        self._encoder = TabularEncoder(*self._cuts(matrix, y), statistics)
        self._column_names = tuple(column_names(X))
        self.background_ = self._fitted_background(matrix, is_discrete)
        self.neighborhood_ = self._neighborhood()
        self._draws = self.neighborhood_.draw(
            self._base_points(matrix.shape[1]), self.background_, self._encoder
        )
        self._cells = self._control_cells()
        self._shared = self._ask_once()
        self._learn_outputs(self._n_responses(matrix))

    def _cuts(self, matrix, y):
        """Return the cuts of each column, and the side that equal values are on."""
        if self.discretizer is None:
            return (None,) * matrix.shape[1], "left"
        if not isinstance(self.discretizer, str):
            return tuple(transformer_cuts(self.discretizer, matrix, y)), "right"
        if self.discretizer == "entropy":
            if y is None:
                raise ValueError(
                    "discretizer='entropy' requires y to be passed to fit, but the target y is "
                    "None; pass y or another discretizer."
                )
            is_classification = is_classifier_like(self.estimator_)
            return tuple(entropy_cuts(matrix, y, is_classification=is_classification)), "left"
        cuts = {"quartile": quartile_cuts, "decile": decile_cuts}[self.discretizer]
        return tuple(cuts(matrix)), "left"

    def _fitted_background(self, matrix, is_discrete):
        background = self.background
        background = BACKGROUNDS[background]() if isinstance(background, str) else clone(background)
        return background.fit(matrix, is_discrete)

    def _neighborhood(self):
        if not isinstance(self.neighborhood, str):
            return clone(self.neighborhood)
        return {
            "anchored": lambda: AnchoredNeighborhood(keep=self.keep),
            "shared": SharedNeighborhood,
            "around": AroundNeighborhood,
        }[self.neighborhood]()

    def _base_points(self, n_features):
        n_dimensions = self.neighborhood_.n_dimensions(self.background_, n_features)
        return base_points(
            self._n_perturbations(),
            n_dimensions,
            self.n_replicates,
            seed=self._seed,
            points=self.neighborhood_.points,
        )

    def _ask_once(self):
        """Ask the model about the perturbed rows that all rows share, if they do."""
        if not self.neighborhood_.is_shared:
            return None
        responses = self._response(self._draws.values)
        n_failed = int((~np.isfinite(responses)).any(axis=1).sum())
        if n_failed:
            raise ValueError(
                f"{self._response.name} returned NaN or infinity for {n_failed} of "
                f"{len(responses)} perturbed rows; the model cannot answer everywhere in the "
                "range of the training rows."
            )
        return SharedAnswers.of(responses, self._cells)

    def _control_cells(self):
        """Return the cells of the draws where control variates apply, else None."""
        is_additive = self.background_.is_columnwise_ and self._encoder.is_binned.all()
        if not self.control_variates or self._draws.representation is None or not is_additive:
            return None
        n_bins = np.array([len(cuts) + 1 for cuts in self._encoder.cuts])
        bounds = replicate_bounds(self._n_perturbations(), self.n_replicates)
        return Cells.of(self._draws.representation, self._draws.kept, n_bins, bounds)

    def _n_responses(self, matrix):
        if self._shared is not None:
            return self._shared.responses.shape[1]
        if hasattr(self.estimator_, "classes_") and is_classifier_like(self.estimator_):
            return len(self.estimator_.classes_)
        # Nothing but an answer tells how many outputs a function has.
        return self._response(matrix[:1]).shape[1]

    def _plan(self):
        select, max_features = self._selector(self.n_features_in_)
        kernel = self.neighborhood_.default_kernel if self.kernel == "auto" else self.kernel
        width = self.kernel_width
        if width is None:
            width = _WIDTH_A_ROOT_FEATURE * np.sqrt(self.n_features_in_)
        return RowPlan(
            neighborhood=self.neighborhood_,
            draws=self._draws,
            encoder=self._encoder,
            response=self._response,
            shared=self._shared,
            cells=self._cells,
            kernel=kernel if callable(kernel) else KERNELS[kernel],
            width=width,
            metric="euclidean" if self.metric == "auto" else self.metric,
            bounds=replicate_bounds(self._n_perturbations(), self.n_replicates),
            select=select,
            max_features=max_features,
            surrogate=self.surrogate,
        )

    def _explained(self, X, with_errors=True):
        table = validated_table(self, X, reset=False)
        rows = self._codec.to_matrix(table)
        responses = self._response(rows)
        explained = self._explained_in(responses)
        result = explain_rows(
            self._plan(),
            rows,
            responses,
            explained,
            with_errors=with_errors,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        labels = row_labels(table)
        warn_of(result, labels, self._column_names, self._response.name)
        own = self._encoder.represent(rows)
        return ExplanationBatch(
            **result.arrays(),
            predictions=np.take_along_axis(responses, explained, axis=1),
            encodings=self._encoder.own_encoding(own),
            data=rows,
            codes=np.where(self._encoder.is_binned, own, 0).astype(np.int32, copy=False),
            responses=responses,
            explained=explained,
            row_labels=labels,
            feature_names=self._column_names,
            output_names=self._output_names(),
            response_names=self._response_names,
            condition_labels=self._encoder.labels(self._column_names),
            target=self.target,
            is_classification=hasattr(self, "classes_"),
            n_perturbations=self._n_perturbations(),
            n_replicates=self.n_replicates,
        )
