"""What all explainers have in common: parameters, model, targets, names, tags, score, clone."""

import copy
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.utils import Bunch, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from sklime._proximity import kernel_function
from sklime._refit import check_surrogate
from sklime._response import (
    LINKS,
    RESPONSE_METHODS,
    is_used_as_is,
    response_method_of,
    response_names_of,
)
from sklime.kernels import KERNELS
from sklime.selection import SELECTORS
from sklime.utils._callables import check_takes
from sklime.utils._frozen import FrozenParameters, LearntState
from sklime.utils._random import draw_seed
from sklime.utils._sklearn import (
    DISTANCE_METRICS,
    HasMethods,
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
    routing_enabled,
)

__all__ = ["BaseLimeExplainer"]

# `forward` is worth its time up to here, as in `lime`.
_MAX_FORWARD_FEATURES = 6


class BaseLimeExplainer(MetaEstimatorMixin, TransformerMixin, BaseEstimator):
    """Base class of explainers.

    A subclass learns in `_learn` whatever turns rows into perturbed rows, and explains
    validated rows in `_explained`.
    """

    # What changes neither weights nor what `fit` learns: it acts at once. All other parameters
    # are as they were in `fit`.
    _free_parameters = frozenset({"batch_size", "n_jobs", "verbose"})

    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [
            *(HasMethods(method) for method in RESPONSE_METHODS),
            callable,
        ],
        "target": "no_validation",
        "response_method": [StrOptions({"auto", *RESPONSE_METHODS}), list, tuple],
        "link": [StrOptions(set(LINKS))],
        "n_perturbations": [Interval(Integral, 1, None, closed="left"), None],
        "n_replicates": [Interval(Integral, 2, None, closed="left")],
        "kernel": [StrOptions({"auto", *KERNELS}), callable],
        "kernel_width": [Interval(Real, 0, None, closed="neither"), None],
        "metric": [StrOptions({"auto", *DISTANCE_METRICS}), callable],
        "selection": [StrOptions({"auto", *SELECTORS}), callable],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "surrogate": [HasMethods(["fit", "predict"]), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **fit_params):
        """Learn the bins and the background of the training rows; fit the model if need be.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Training rows, raw, as the model takes them.

        y : array-like of shape (n_samples,), default=None
            Labels; needed only by an unfitted model and by ``discretizer="entropy"``.

        **fit_params : dict
            Given to the ``fit`` of an unfitted model, through metadata routing where that
            is enabled.

        Returns
        -------
        self : object
            The fitted explainer.

        Raises
        ------
        ValueError
            If the table does not suit the model, or the model's answers are not numbers.
        """
        # Until the end: what a fit that fails leaves behind does not belong together.
        self._is_learned = False
        X = self._validated_training_rows(X, y)
        self._check_counts()
        self._check_functions()
        check_surrogate(self.surrogate)
        self.estimator_ = self._fitted_estimator(X, y, fit_params)
        self._method = response_method_of(self.estimator_, self.response_method)
        self._seed = draw_seed(self.random_state)
        self._learn(X, y)
        self._fitted_parameters = FrozenParameters.of(*self._frozen_parameters())
        self._fitted_model = LearntState.of(self.estimator_)
        self._is_learned = True
        return self

    def explain(self, X):
        """Explain rows.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_rows, n_features)
            Rows, raw, with the columns of the training rows.

        Returns
        -------
        batch : ExplanationBatch
            One explanation a row, in the order of the rows.

        Raises
        ------
        ValueError
            If a parameter or the model has changed since `fit`, or the table does not suit
            the model.
        """
        self._check_ready()
        return self._explained(X)

    def transform(self, X):
        """Return the weights of each row.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_rows, n_features)
            Rows, raw, with the columns of the training rows.

        Returns
        -------
        weights : ndarray of shape (n_rows, n_features * n_outputs)
            Weights of the first explained output, then of the next; see
            `get_feature_names_out`.
        """
        self._check_ready()
        values = self._explained(X, with_errors=False).values
        return values.transpose(0, 2, 1).reshape(len(values), -1)

    def score(self, X, y=None):
        """Return the local accuracy over rows.

        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` over rows and explained outputs,
        where f is the response of the model at a row and the local prediction comes from
        the fit that leaves this very row out. Rows without a defined value are left out.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_rows, n_features)
            Rows, raw, with the columns of the training rows.

        y : object, default=None
            Ignored.

        Returns
        -------
        score : float
            At most 1; NaN when the model answers the same at all rows.
        """
        self._check_ready()
        batch = self._explained(X, with_errors=False)
        return local_accuracy(batch.held_out_predictions, batch.predictions)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of `transform`.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of the table, which must be those that were seen in `fit`.

        Returns
        -------
        names : ndarray of str
            The names of the columns; with several explained outputs ``output__column``.
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        outputs = self._output_names()
        if len(outputs) == 1:
            return names
        return np.array([f"{output}__{name}" for output in outputs for name in names], dtype=object)

    def get_metadata_routing(self):
        """Return how metadata is routed to the model.

        Returns
        -------
        routing : MetadataRouter
            To the ``fit`` of `estimator`.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def set_params(self, **params):
        """Set parameters, of the explainer or of what it holds.

        Parameters
        ----------
        **params : dict
            Names as in scikit-learn, ``surrogate__alpha`` for example.

        Returns
        -------
        self : object
            The explainer.

        Raises
        ------
        ValueError
            For a parameter of a model that is explained as it is: changing it would change
            the user's model behind its back.
        """
        inner = sorted(name for name in params if name.startswith("estimator__"))
        if inner and is_used_as_is(params.get("estimator", self.estimator)):
            raise ValueError(
                f"{inner[0]!r} cannot be set: the estimator is fitted and explained as it is. "
                "Pass an unfitted estimator, or a list of fitted ones as values of 'estimator'."
            )
        return super().set_params(**params)

    def _check_ready(self):
        """Check that `fit` has run, and that what it used has not changed since."""
        check_is_fitted(self)
        self._validate_params()
        difference = self._fitted_parameters.difference(*self._frozen_parameters())
        if difference is not None:
            name, then, now = difference
            raise ValueError(
                f"{name} was {then} when fit ran and is {now} now: call fit again, or set it "
                f"back. Only {', '.join(sorted(self._free_parameters))} act without fit."
            )
        learnt = self._fitted_model.difference(self.estimator_)
        if learnt is not None:
            raise ValueError(
                f"{learnt} is not what it was when fit ran: the model has been fitted again "
                "since. Call fit of the explainer again to explain the model as it is now."
            )

    def _frozen_parameters(self):
        """Return the parameters that must not change after `fit`, and which is the model."""
        parameters = self.get_params(deep=False)
        frozen = {k: v for k, v in parameters.items() if k not in self._free_parameters}
        return frozen, "estimator", is_used_as_is

    @property
    def _asker(self):
        """Return what asks the model, in batches of the size that is set now."""
        return replace(self._response, batch_size=self.batch_size)

    def _validate_params(self):
        # In `lime` the first argument is the training rows.
        if hasattr(self.estimator, "shape"):
            raise ValueError(
                f"estimator is a table of shape {self.estimator.shape}, not a model; pass the "
                "model there, and the training rows to fit."
            )
        super()._validate_params()

    def _check_counts(self):
        n_perturbations = self._n_perturbations()
        if n_perturbations < 2 * self.n_replicates:
            raise ValueError(
                f"n_perturbations={n_perturbations} gives fewer than 2 perturbations to "
                f"each of n_replicates={self.n_replicates}; pass n_perturbations of at least "
                f"{2 * self.n_replicates}."
            )

    def _check_functions(self):
        """Check functions of the user's before anything hangs on them."""
        if callable(self.kernel):
            kernel_function(self.kernel)
        if callable(self.metric):
            check_takes(self.metric, ("one encoding", "another"), "metric")
        if callable(self.selection):
            check_takes(self.selection, ("moments", "encoding", "max_features"), "selection")

    def _fitted_estimator(self, X, y, fit_params):
        if is_used_as_is(self.estimator):
            if fit_params:
                raise ValueError(
                    f"fit got {sorted(fit_params)}, but the estimator is not fitted again: it is "
                    "fitted already and explained as it is. Leave them out."
                )
            return self.estimator
        if routing_enabled():
            routed = process_routing(self, "fit", **fit_params)
        else:
            routed = Bunch(estimator=Bunch(fit=fit_params))
        return clone(self.estimator).fit(X, y, **routed.estimator.fit)

    def _selector(self, n_features):
        """Return the selector and how many features it is to keep."""
        allows_all = self.max_features is None or self.max_features >= n_features
        if allows_all and self.selection in ("auto", "forward", "highest_weights"):
            # With every feature allowed there is nothing to choose.
            return SELECTORS["none"], n_features
        max_features = n_features if allows_all else self.max_features
        name = self._auto_selection(max_features) if self.selection == "auto" else self.selection
        return name if callable(name) else SELECTORS[name], max_features

    def _auto_selection(self, max_features):
        """Return the name of the selector that "auto" stands for."""
        return "forward" if max_features <= _MAX_FORWARD_FEATURES else "highest_weights"

    def _learn_outputs(self, n_responses):
        """Name the outputs of the model, and check `target` against them."""
        self._response_names, classes = response_names_of(self.estimator_, n_responses)
        if classes is not None:
            self.classes_ = classes
        else:
            self.n_outputs_ = n_responses
        self._explained_places = explained_places(
            self.target, self._response_names, is_classification=classes is not None
        )

    def _output_names(self):
        if self._explained_places is None:
            return ("predicted",)
        return tuple(self._response_names[place] for place in self._explained_places)

    def _explained_in(self, responses):
        """Return which responses are explained, row by row."""
        if self._explained_places is None:
            return np.argmax(np.where(np.isnan(responses), -np.inf, responses), axis=1)[:, None]
        return np.tile(np.array(self._explained_places, dtype=np.intp), (len(responses), 1))

    def __sklearn_is_fitted__(self):
        """Tell whether `fit` has run to its end."""
        return getattr(self, "_is_learned", False)

    def __sklearn_clone__(self):
        """Clone the parameters, but carry a model along that is explained as it is."""
        if not is_used_as_is(self.estimator):
            return super().__sklearn_clone__()
        carrier = copy.copy(self)
        carrier.estimator = _CarriedAlong()
        twin = super(BaseLimeExplainer, carrier).__sklearn_clone__()
        twin.estimator = self.estimator
        return twin

    def __sklearn_tags__(self):
        """Return tags that follow the model."""
        tags = super().__sklearn_tags__()
        if hasattr(self.estimator, "__sklearn_tags__"):
            model_tags = get_tags(self.estimator)
            tags.input_tags.allow_nan = model_tags.input_tags.allow_nan
            tags.input_tags.sparse = model_tags.input_tags.sparse
            is_fitted_here = not is_used_as_is(self.estimator)
            tags.target_tags.required = is_fitted_here and model_tags.target_tags.required
        return tags


class _CarriedAlong:
    """Stands in for a model while the other parameters are cloned."""

    def __sklearn_clone__(self):
        return self


def explained_places(target, response_names, *, is_classification):
    """Return which outputs of the model `target` means.

    Parameters
    ----------
    target : str, int, or class label
        See `LimeTabularExplainer`.

    response_names : tuple
        Class labels, or names of outputs.

    is_classification : bool
        Whether the names are class labels.

    Returns
    -------
    places : tuple of int, or None
        Places of the outputs; `None` where each row has its own, its predicted class.
    """
    n_responses = len(response_names)
    everything = tuple(range(n_responses))
    if isinstance(target, str) and target == "auto":
        if is_classification and n_responses == 2:
            return (1,)
        return everything
    if isinstance(target, str) and target == "all":
        return everything
    if isinstance(target, str) and target == "predicted":
        if not is_classification:
            raise ValueError(
                "target='predicted' needs a classifier; this model has no classes. Pass "
                f"target='all' or an output index below {n_responses}."
            )
        return None
    return (_one_place(target, response_names, is_classification),)


def _one_place(target, response_names, is_classification):
    if is_classification:
        for place, name in enumerate(response_names):
            if isinstance(name, str) == isinstance(target, str) and name == target:
                return place
        raise ValueError(
            f"target={target!r} is not a class of the model; pass one of {list(response_names)}, "
            "'auto', 'all' or 'predicted'."
        )
    n_responses = len(response_names)
    is_index = isinstance(target, Integral) and not isinstance(target, bool | np.bool_)
    if is_index and 0 <= target < n_responses:
        return int(target)
    raise ValueError(
        f"target={target!r} is not an output of the model; pass an index from 0 to "
        f"{n_responses - 1}, 'auto' or 'all'."
    )


def local_accuracy(local_predictions, predictions):
    """Return how well local predictions reproduce the model, over rows.

    Parameters
    ----------
    local_predictions, predictions : ndarray of shape (n_rows, n_outputs)
        Of the surrogate and of the model.

    Returns
    -------
    local_accuracy : float
        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)``; NaN where f is constant.
    """
    defined = np.isfinite(local_predictions).all(axis=1) & np.isfinite(predictions).all(axis=1)
    local_predictions, predictions = local_predictions[defined], predictions[defined]
    if not defined.any() or np.all(np.ptp(predictions, axis=0) == 0.0):
        return float("nan")
    scatter = ((predictions - predictions.mean(axis=0)) ** 2).sum()
    return float(1.0 - ((local_predictions - predictions) ** 2).sum() / scatter)
