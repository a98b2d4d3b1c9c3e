"""What all explainers have in common: parameters, model, targets, names, tags, score, clone."""

import copy
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from sklime._responses._model import (
    RESPONSE_METHODS,
    is_used_as_is,
    model_of,
    response_method_of,
    tags_of,
)
from sklime._responses._response import LINKS
from sklime._responses._targets import chosen_outputs, named_outputs
from sklime._surrogates._refit import check_surrogate
from sklime._surrogates._solvers import gram_solver
from sklime.kernels import KERNELS, kernel_function
from sklime.selection import SELECTORS
from sklime.utils._callables import check_takes
from sklime.utils._frames import answer_names
from sklime.utils._frozen import FrozenParameters, LearntState
from sklime.utils._magnitude import units
from sklime.utils._output_names import explained_name
from sklime.utils._random import draw_seed
from sklime.utils._sklearn import (
    DISTANCE_METRICS,
    HasMethods,
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
    output_config,
    routing_enabled,
)
from sklime.utils._threads import process_settings_kept

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
        "output_names": ["array-like", dict, None],
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
        if gram_solver(self.surrogate) is None:
            check_surrogate(self.surrogate)
        self.estimator_ = self._fitted_estimator(X, y, fit_params)
        self._method = self._response_method()
        self._seed = draw_seed(self.random_state)
        with process_settings_kept():
            self._learn(X, y)
        self._fitted_parameters = FrozenParameters.of(*self._frozen_parameters())
        self._fitted_model = LearntState.of(self.estimator_)
        self._is_learned = True
        return self

    def explain(self, X):
        """Explain rows.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_rows, n_features), Series or dict
            Rows, raw, with the columns of the training rows. One row may be a Series whose
            index names the columns, such as ``X.iloc[0]``, or a dict from names to cells.

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
        with process_settings_kept():
            return self._explained(X)

    def transform(self, X):
        """Return the weights of each row.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_rows, n_features), Series or dict
            Rows, raw, with the columns of the training rows. One row may be a Series whose
            index names the columns, such as ``X.iloc[0]``, or a dict from names to cells.

        Returns
        -------
        weights : ndarray of shape (n_rows, n_features * n_outputs)
            Weights of the first explained output, then of the next; see
            `get_feature_names_out`.
        """
        self._check_ready()
        with process_settings_kept():
            batch = self._explained(X, with_errors=False)
        weights = batch.values.transpose(0, 2, 1).reshape(len(batch), -1)
        if isinstance(X, pd.Series) and output_config("transform", self)["dense"] == "pandas":
            # scikit-learn would take the names of the cells for labels of rows.
            return pd.DataFrame(weights, batch.row_labels, self.get_feature_names_out())
        return weights

    def score(self, X, y=None):
        """Return the local accuracy over rows.

        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` over rows and explained outputs,
        where f is the response of the model at a row and the local prediction comes from
        the fit that leaves this very row out. Rows without a defined value are left out.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_rows, n_features), Series or dict
            Rows, raw, with the columns of the training rows. One row may be a Series whose
            index names the columns, such as ``X.iloc[0]``, or a dict from names to cells.

        y : object, default=None
            Ignored.

        Returns
        -------
        score : float
            At most 1; NaN when the model answers the same at all rows.
        """
        self._check_ready()
        with process_settings_kept():
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
        names = self._part_names(check_feature_names_in(self, input_features))
        outputs = self._output_names()
        if len(outputs) == 1:
            return names
        return np.array([f"{output}__{name}" for output in outputs for name in names], dtype=object)

    def _part_names(self, names):
        """Return the names of what is explained, from those of the columns."""
        return names

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
            return model_of(self.estimator)[0]
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

    def _response_method(self):
        """Return the name of the method that answers; `None` to call the model itself."""
        _, bound = model_of(self.estimator)
        asks_bound = bound is not None and self.response_method == "auto"
        return response_method_of(self.estimator_, bound if asks_bound else self.response_method)

    def _learn_outputs(self, response, rows, y):
        """Ask what the model answers, and check names and `target` against it.

        Returns what the model answered about the rows; `None` where that was not asked.
        """
        response, answer = response.learned(rows, given_names=self.output_names)
        outputs = named_outputs(response.outputs, self.output_names, answer_names(y))
        self._chosen = chosen_outputs(self.target, outputs)
        for name in ("classes_", "n_outputs_"):
            vars(self).pop(name, None)
        if outputs.is_classification:
            self.classes_ = outputs.classes
        else:
            self.n_outputs_ = len(outputs)
        pairs = tuple(pair for pair in self._chosen or () if pair[1] >= 0)
        self._response = replace(response, outputs=outputs, pairs=pairs)
        return answer

    def _output_names(self):
        if self._chosen is None:
            return ("predicted",)
        names = self._response.outputs.names
        return tuple(explained_name(names, *pair) for pair in self._chosen)

    def _explained_in(self, predicted):
        """Return which outputs are explained, row by row, and which are taken from them."""
        if self._chosen is None:
            # A row without a predicted class has no explanation either.
            return np.maximum(predicted, 0)[:, None], np.full((len(predicted), 1), -1)
        explained, opposed = np.array(self._chosen, dtype=np.intp).T
        shape = len(predicted), len(self._chosen)
        return np.broadcast_to(explained, shape).copy(), np.broadcast_to(opposed, shape).copy()

    def _answers_to(self, explained, opposed):
        """Return which column of the answers each explained output is."""
        is_pair = opposed >= 0
        n_outputs = len(self._response.outputs)
        return np.where(is_pair, n_outputs + np.cumsum(is_pair, axis=1) - 1, explained)

    def _facts_of_outputs(self):
        """Return what all rows of an explanation have in common, by name."""
        outputs = self._response.outputs
        return {
            "output_names": self._output_names(),
            "response_names": outputs.names,
            "response_labels": outputs.labels,
            "target": self.target.tolist() if hasattr(self.target, "tolist") else self.target,
            "is_classification": outputs.is_classification,
        }

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
        model_tags = tags_of(model_of(self.estimator)[0])
        if model_tags is not None:
            tags.input_tags.allow_nan = model_tags.input_tags.allow_nan
            tags.input_tags.sparse = model_tags.input_tags.sparse
            is_fitted_here = not is_used_as_is(self.estimator)
            tags.target_tags.required = is_fitted_here and model_tags.target_tags.required
        return tags


class _CarriedAlong:
    """Stands in for a model while the other parameters are cloned."""

    def __sklearn_clone__(self):
        return self


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
    unit = units(predictions, axis=(0, 1))
    predictions, local_predictions = predictions / unit, local_predictions / unit
    scatter = ((predictions - predictions.mean(axis=0)) ** 2).sum()
    return float(1.0 - ((local_predictions - predictions) ** 2).sum() / scatter)
