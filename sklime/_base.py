"""The base class of all explainers: parameters, model, targets, names, tags, score, clone."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from numbers import Integral, Real
from operator import index
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
    TransformerMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.utils import Bunch, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from sklime._responses._model import (
    RESPONSE_METHODS,
    is_used_as_is,
    model_of,
    response_method_of,
    tags_of,
)
from sklime._responses._outputs import Outputs
from sklime._responses._response import LINKS, ModelResponse
from sklime._responses._targets import chosen_outputs, named_outputs
from sklime._surrogates._precision import (
    CRITERIA,
    MIN_REPLICATES_AUTO,
    Precision,
    sample_sizes,
    warn_imprecise,
)
from sklime._surrogates._refit import check_surrogate
from sklime._surrogates._solvers import gram_solver
from sklime.kernels import KERNELS, kernel_function
from sklime.selection import SELECTORS, Selector
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
    wrap_parameters,
)
from sklime.utils._threads import process_settings_kept
from sklime.utils._types import Array, FloatArray, IntArray, ObjectArray, RandomState

__all__ = ["BaseLimeExplainer", "local_accuracy"]


@cache
def _parameter_names(kind: Any) -> list[str]:
    """Return the names of the parameters of a class, as scikit-learn finds them."""
    names: list[str] = super(BaseLimeExplainer, kind)._get_param_names()
    return names


# As in `lime`: for more features than this, "forward" takes too long.
_MAX_FORWARD_FEATURES = 6


class BaseLimeExplainer(MetaEstimatorMixin, TransformerMixin, BaseEstimator):
    """Base class of explainers; it explains instances, such as rows of a table or documents.

    A subclass checks training instances in `_validated_training_rows`, learns in `_learn` how
    to perturb instances, and explains them in `_explained`.
    """

    # Parameters of all explainers. A subclass sets them in its `__init__`.
    estimator: Any
    target: Any
    output_names: Any
    response_method: str | Sequence[str]
    link: str
    n_perturbations: int | Literal["auto"] | None
    tol: float
    criterion: Literal["half_width", "top_features"]
    max_perturbations: int
    n_replicates: int
    kernel: str | Callable[..., Any]
    metric: str | Callable[..., Any]
    selection: str | Callable[..., Any]
    max_features: int | None
    surrogate: Any
    batch_size: int | None
    random_state: RandomState

    # Learnt in `fit`.
    estimator_: Any
    classes_: Array | None
    n_outputs_: int
    _is_learned: bool
    _method: str | None
    _seed: int
    _response: ModelResponse
    _chosen: tuple[tuple[int, int], ...] | None
    _fitted_parameters: FrozenParameters
    _fitted_model: LearntState

    # These change neither weights nor learnt attributes: a new value acts without `fit`. A new
    # value of any other parameter is an error until `fit` is called.
    _free_parameters: frozenset[str] = frozenset({"batch_size", "n_jobs", "verbose"})

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012
        "estimator": [
            *(HasMethods(method) for method in RESPONSE_METHODS),
            callable,
        ],
        "target": "no_validation",
        "output_names": ["array-like", dict, None],
        "response_method": [StrOptions({"auto", *RESPONSE_METHODS}), list, tuple],
        "link": [StrOptions(set(LINKS))],
        "n_perturbations": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"}), None],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "criterion": [StrOptions(set(CRITERIA))],
        "max_perturbations": [Interval(Integral, 1, None, closed="left")],
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
    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Self:
        """Learn from training instances how to perturb others; fit an unfitted model.

        Parameters
        ----------
        X : array-like, DataFrame or list of n_samples instances
            Training instances as the model takes them: rows of a table or documents. The
            class of the explainer lists the containers.

        y : array-like of shape (n_samples,), default=None
            Target of the model. Only an unfitted model and some parameters need it.

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
            If the model does not take the instances, or its answers are not numbers.
        """
        # Attributes of a `fit` that fails halfway must not pass for a fitted explainer.
        self._is_learned = False
        self._check_target(y)
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

    def explain(self, X: Any) -> Any:
        """Explain instances.

        Parameters
        ----------
        X : array-like, DataFrame or list of n_instances instances
            Instances as in `fit`: rows of a table or documents. One row of a table may also be
            a Series whose index names the columns, such as ``X.iloc[0]``, or a dict of values
            by name.

        Returns
        -------
        batch : ExplanationBatch or TextExplanationBatch
            One explanation per instance, in the same order.

        Raises
        ------
        ValueError
            If a parameter or the model has changed since `fit`, or if the model does not take
            the instances.
        """
        self._check_ready()
        with process_settings_kept():
            return self._explained(X)

    def transform(self, X: Any) -> Any:
        """Return the weights of each instance.

        Parameters
        ----------
        X : array-like, DataFrame or list of n_instances instances
            Instances as in `explain`.

        Returns
        -------
        weights : ndarray of shape (n_instances, n_columns)
            Weights of the first explained output, then of the next. `get_feature_names_out`
            names the columns.
        """
        self._check_ready()
        with process_settings_kept():
            weights, labels = self._weights(X)
        if isinstance(X, pd.Series) and output_config("transform", self)["dense"] == "pandas":
            # scikit-learn would use the index of the Series, names of columns, as row labels.
            return pd.DataFrame(weights, labels, self.get_feature_names_out())
        return weights

    def score(self, X: Any, y: Any = None) -> float:
        """Return the local accuracy over instances.

        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` over instances and explained
        outputs. f is the response of the model to an instance. The local prediction comes from
        a fit without this instance. Instances without a defined value are ignored.

        Parameters
        ----------
        X : array-like, DataFrame or list of n_instances instances
            Instances as in `explain`.

        y : object, default=None
            Ignored.

        Returns
        -------
        score : float
            At most 1; NaN if the model gives the same response to all instances.
        """
        self._check_ready()
        with process_settings_kept():
            predictions = self._held_out_predictions(X)
        return local_accuracy(*predictions)

    def get_feature_names_out(self, input_features: Any = None) -> ObjectArray:
        """Return the names of the columns of `transform`.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of a table; they must be those seen in `fit`. Ignored for
            documents.

        Returns
        -------
        names : ndarray of str
            Names of columns or words; with several explained outputs ``output__name``.
        """
        check_is_fitted(self)
        names = self._part_names(check_feature_names_in(self, input_features))
        outputs = self._output_names()
        if len(outputs) == 1:
            return names
        return np.array([f"{output}__{name}" for output in outputs for name in names], dtype=object)

    def _part_names(self, names: ObjectArray) -> ObjectArray:
        """Return the names of the explained features, from those of the columns."""
        return names

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata is routed to the model.

        Returns
        -------
        routing : MetadataRouter
            Routes metadata to the ``fit`` of `estimator`.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the explainer, or of estimators that are its parameters.

        Parameters
        ----------
        **params : dict
            Values by name, as in scikit-learn; for example ``surrogate__alpha``.

        Returns
        -------
        self : object
            The explainer.

        Raises
        ------
        ValueError
            For a parameter of a model that is explained unchanged: the user's own model would
            change.
        """
        inner = sorted(name for name in params if name.startswith("estimator__"))
        if inner and is_used_as_is(params.get("estimator", self.estimator)):
            raise ValueError(
                f"{inner[0]!r} cannot be set: the estimator is fitted and explained unchanged. "
                "Pass an unfitted estimator, or a list of fitted ones as values of 'estimator'."
            )
        super().set_params(**params)
        return self

    def _validated_training_rows(self, X: Any, y: Any) -> Any:
        """Check training instances, and return them as the model takes them."""
        raise NotImplementedError

    @property
    def _is_auto(self) -> bool:
        return isinstance(self.n_perturbations, str)

    # These convert integers of NumPy, which would overflow in products, to integers of Python.
    def _n_replicates(self) -> int:
        n_replicates = index(self.n_replicates)
        return max(n_replicates, MIN_REPLICATES_AUTO) if self._is_auto else n_replicates

    def _n_perturbations(self) -> int:
        """Return the number of perturbations per instance; with "auto" the first number."""
        if isinstance(self.n_perturbations, str):
            return sample_sizes(self._n_replicates(), self.max_perturbations)[0]
        if self.n_perturbations is not None:
            return index(self.n_perturbations)
        return self._default_size()

    def _default_size(self) -> int:
        """Return the number of perturbations per instance where none is given."""
        raise NotImplementedError

    def _precision(self) -> Precision:
        """Return the precision that "auto" must reach."""
        return Precision(
            criterion=self.criterion,
            tol=self.tol,
            n_replicates=self._n_replicates(),
            is_comparable=self._response.known_outputs.kind != "numbers",
            max_perturbations=self.max_perturbations,
        )

    def _warn_imprecise(
        self, results: Sequence[Any], labels: Array, nouns: tuple[str, str]
    ) -> None:
        """Warn of explained instances of parts that have not converged."""
        is_imprecise = np.array([not one.converged and one.failure is None for one in results])
        if is_imprecise.any():
            n_perturbations = np.array([one.n_perturbations for one in results])
            warn_imprecise(self._precision(), is_imprecise, n_perturbations, labels, nouns)

    def _learn(self, X: Any, y: Any) -> None:
        """Learn from checked training instances."""
        raise NotImplementedError

    def _weights(self, X: Any) -> tuple[FloatArray, Array]:
        """Return what `transform` returns, and the row labels."""
        raise NotImplementedError

    def _held_out_predictions(self, X: Any) -> tuple[FloatArray, FloatArray]:
        """Return the local predictions without each instance, and those of the model."""
        batch = self._explained(X, with_errors=False)
        return batch.held_out_predictions, batch.predictions

    def _explained(self, X: Any, with_errors: bool = True) -> Any:
        """Return the batch of explanations; without standard errors on request."""
        raise NotImplementedError

    def _check_ready(self) -> None:
        """Check that `fit` has run, and that parameters and model have not changed since."""
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
                "since. Call fit of the explainer again to explain the present model."
            )

    def _frozen_parameters(self) -> tuple[dict[str, Any], str, Callable[[Any], bool]]:
        """Return the arguments of `FrozenParameters.of`."""
        parameters = self.get_params(deep=False)
        frozen = {k: v for k, v in parameters.items() if k not in self._free_parameters}
        return frozen, "estimator", is_used_as_is

    @property
    def _asker(self) -> ModelResponse:
        """Return the responses of the model, with the current batch size."""
        return replace(self._response, batch_size=self.batch_size)

    @classmethod
    def _get_param_names(cls) -> list[str]:
        # scikit-learn looks at the signature each time, which takes longer than many rows.
        kind: Any = cls
        return _parameter_names(kind).copy()

    def _validate_params(self) -> None:
        # In `lime` the first argument is the training rows.
        if hasattr(self.estimator, "shape"):
            raise ValueError(
                f"estimator is a table of shape {self.estimator.shape}, not a model; pass the "
                "model there, and the training rows to fit."
            )
        if isinstance(self.estimator, type) and hasattr(self.estimator, "predict"):
            name = self.estimator.__name__
            raise ValueError(f"estimator is the class {name}; pass a model, such as {name}().")
        super()._validate_params()

    def _check_target(self, y: Any) -> None:
        """Ask for the target of a model that is not fitted."""
        if y is not None or is_used_as_is(self.estimator):
            return
        # A pipeline does not pass on the tag of its last step.
        is_supervised = is_classifier(self.estimator) or is_regressor(self.estimator)
        if is_supervised or get_tags(self.estimator).target_tags.required:
            raise ValueError(
                f"The model {type(self.estimator).__name__} is not fitted. Then fit of "
                f"{type(self).__name__} fits it, and requires y to be passed, but the target y is "
                "None. Pass y, or pass a fitted model."
            )

    def _check_counts(self) -> None:
        n_perturbations, n_replicates = self._n_perturbations(), self._n_replicates()
        if n_perturbations < 2 * n_replicates:
            raise ValueError(
                f"n_perturbations={n_perturbations} gives fewer than 2 perturbations to "
                f"each of n_replicates={n_replicates}; pass n_perturbations of at least "
                f"{2 * n_replicates}."
            )

    def _check_functions(self) -> None:
        """Check the functions of the user before the model is called."""
        if callable(self.kernel):
            kernel_function(self.kernel)
        if callable(self.metric):
            check_takes(self.metric, ("one encoding", "another"), "metric")
        if callable(self.selection):
            check_takes(self.selection, ("moments", "encoding", "max_features"), "selection")

    def _fitted_estimator(self, X: Any, y: Any, fit_params: dict[str, Any]) -> Any:
        """Return the model: the user's own if it is fitted, else a fitted clone."""
        if is_used_as_is(self.estimator):
            if fit_params:
                raise ValueError(
                    f"fit got {sorted(fit_params)}, but the estimator is not fitted again: it is "
                    "fitted already and explained unchanged. Leave them out."
                )
            return model_of(self.estimator)[0]
        if routing_enabled():
            routed = process_routing(self, "fit", **fit_params)
        else:
            routed = Bunch(estimator=Bunch(fit=fit_params))
        return clone(self.estimator).fit(X, y, **routed.estimator.fit)

    def _selector(self, n_features: int) -> tuple[Selector, int]:
        """Return the selector, and the maximum number of features that it keeps."""
        max_features = n_features if self.max_features is None else index(self.max_features)
        if max_features >= n_features and self.selection in ("auto", "forward", "highest_weights"):
            # All features are allowed: these selectors would keep all of them.
            return SELECTORS["none"], n_features
        max_features = min(max_features, n_features)
        selection = self.selection
        if selection == "auto":
            selection = self._auto_selection(max_features)
        return selection if callable(selection) else SELECTORS[selection], max_features

    def _auto_selection(self, max_features: int) -> str:
        """Return the name of the selector for "auto"."""
        return "forward" if max_features <= _MAX_FORWARD_FEATURES else "highest_weights"

    def _response_method(self) -> str | None:
        """Return the name of the method that answers; `None` to call the model itself."""
        _, bound = model_of(self.estimator)
        method = self.response_method if self.response_method != "auto" or bound is None else bound
        return response_method_of(self.estimator_, method)

    def _learn_outputs(self, response: ModelResponse, rows: Any, y: Any) -> Any:
        """Find out the outputs of the model, and check names and `target` against them.

        Returns the answer of the model for the rows; `None` if it was not asked about them.
        """
        response, answer = response.learned(rows, given_names=self.output_names)
        outputs = named_outputs(response.known_outputs, self.output_names, answer_names(y))
        target, outputs = self._target_among(outputs)
        self._chosen = chosen_outputs(target, outputs)
        # An earlier `fit` may have set the other one.
        for name in ("classes_", "n_outputs_"):
            self.__dict__.pop(name, None)
        if outputs.is_classification:
            self.classes_ = outputs.classes
        else:
            self.n_outputs_ = len(outputs)
        pairs = tuple(pair for pair in self._chosen or () if pair[1] >= 0)
        self._response = replace(response, outputs=outputs, pairs=pairs)
        return answer

    def _target_among(self, outputs: Outputs) -> tuple[Any, Outputs]:
        """Return the target and the outputs, where a subclass reads them in another way."""
        return self.target, outputs

    def _output_names(self) -> tuple[Any, ...]:
        """Return the names of the explained outputs."""
        if self._chosen is None:
            return ("predicted",)
        names = self._response.known_outputs.names
        return tuple(explained_name(names, *pair) for pair in self._chosen)

    def _explained_in(self, predicted: IntArray) -> tuple[IntArray, IntArray]:
        """Return the explained outputs of each instance, and the outputs subtracted from them."""
        if self._chosen is None:
            # An instance without a predicted class has no explanation; any index will do.
            return np.maximum(predicted, 0)[:, None], np.full((len(predicted), 1), -1)
        explained, opposed = np.array(self._chosen, dtype=np.intp).T
        shape = len(predicted), len(self._chosen)
        return np.broadcast_to(explained, shape).copy(), np.broadcast_to(opposed, shape).copy()

    def _with_only_output(self, index: int) -> Self:
        """Return a copy that explains one output, the same for all instances."""
        only = copy.copy(self)
        only._chosen = ((index, -1),)
        only.target = self._response.known_outputs.labels[index]
        return only

    def _answers_to(self, explained: IntArray, opposed: IntArray) -> IntArray:
        """Return the column of the responses that belongs to each explained output."""
        is_pair = opposed >= 0
        n_outputs = len(self._response.known_outputs)
        return np.where(is_pair, n_outputs + np.cumsum(is_pair, axis=1) - 1, explained)

    def _answer_index(self, predicted: int | None, answers: FloatArray | None) -> IntArray:
        """Return the columns of the answers that are explained, of an instance of parts.

        `predicted` is `None` where the class comes from the largest of the answers, which are
        `None` where the model failed.
        """
        if answers is None:
            predicted = -1
        elif predicted is None:
            predicted = self._response.largest(answers[None])[0]
        indices: IntArray = self._answers_to(*self._explained_in(np.array([predicted])))[0]
        return indices

    def _predicted(self, result: Any, known: int | None) -> int:
        """Return the predicted class of an explained instance of parts; -1 if it has none."""
        if result.failure is not None:
            return -1
        return int(self._response.largest(result.responses[None])[0]) if known is None else known

    def _facts_of_outputs(self) -> dict[str, Any]:
        """Return the attributes that describe the outputs of a batch, by name."""
        outputs = self._response.known_outputs
        return {
            "output_names": self._output_names(),
            "response_names": outputs.names,
            "response_labels": outputs.labels,
            "target": self.target.tolist() if hasattr(self.target, "tolist") else self.target,
            "is_classification": outputs.is_classification,
        }

    def __sklearn_is_fitted__(self) -> bool:
        """Tell whether `fit` has succeeded."""
        return getattr(self, "_is_learned", False)

    def __sklearn_clone__(self) -> Self:
        """Clone the parameters; keep the same model if it is explained unchanged."""
        cloned: Self
        if not is_used_as_is(self.estimator):
            cloned = super().__sklearn_clone__()
            return cloned
        carrier = copy.copy(self)
        carrier.estimator = _Uncloned()
        cloned = super(BaseLimeExplainer, carrier).__sklearn_clone__()
        cloned.estimator = self.estimator
        return cloned

    def __sklearn_tags__(self) -> Any:
        """Return tags that follow the model."""
        tags = super().__sklearn_tags__()
        model_tags = tags_of(model_of(self.estimator)[0])
        if model_tags is not None:
            tags.input_tags.allow_nan = model_tags.input_tags.allow_nan
            tags.input_tags.sparse = model_tags.input_tags.sparse
            is_fitted_here = not is_used_as_is(self.estimator)
            tags.target_tags.required = is_fitted_here and model_tags.target_tags.required
        return tags

    def _html_repr(self) -> str:
        """Return scikit-learn's view for notebooks; once fitted, also what `fit` has learnt."""
        html: str = super()._html_repr()
        # An explainer that failed in `fit`, or was never fitted, has learnt nothing.
        if not vars(self).get("_is_learned", False):
            return html
        return html + self._learnt_html()

    def _learnt_html(self) -> str:
        """Return what `fit` has learnt, as HTML; nothing, if a subclass does not tell."""
        return ""

    def _learnt_facts(self) -> list[tuple[str, str]]:
        """Return what explainers of all kinds have learnt, in words."""
        name = self._response.name.removeprefix("The model ")
        names = self._output_names()
        outputs = ["the predicted class"] if self._chosen is None else [str(n) for n in names]
        return [("Model", name), ("Explained", ", ".join(outputs))]

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Return the parameters; once fitted, also how weights are found and why, as a comment."""
        text: str = super().__repr__(N_CHAR_MAX)
        method, reason = (vars(self).get(name) for name in ("method_", "method_reason_"))
        # Whoever asked for a method knows the reason: the parameters show it.
        if method is None or not reason or reason.startswith("method="):
            return text
        return f"{text}  # {method}: {' '.join(reason.split())[:N_CHAR_MAX]}"


# Without it, long lists of parameters would stand on one line.
wrap_parameters(BaseLimeExplainer.__repr__)


class _Uncloned:
    """Takes the place of a model while the other parameters are cloned."""

    def __sklearn_clone__(self) -> Self:
        return self


def local_accuracy(local_predictions: FloatArray, predictions: FloatArray) -> float:
    """Return how well local predictions reproduce the model.

    Parameters
    ----------
    local_predictions, predictions : ndarray of shape (n_instances, n_outputs)
        Predictions of the surrogate and of the model.

    Returns
    -------
    local_accuracy : float
        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)``; NaN if f is constant.
    """
    defined = np.isfinite(local_predictions).all(axis=1) & np.isfinite(predictions).all(axis=1)
    local_predictions, predictions = local_predictions[defined], predictions[defined]
    if not defined.any() or np.all(np.ptp(predictions, axis=0) == 0.0):
        return float("nan")
    unit = units(predictions, axis=(0, 1))
    predictions, local_predictions = predictions / unit, local_predictions / unit
    scatter = ((predictions - predictions.mean(axis=0)) ** 2).sum()
    return float(1.0 - ((local_predictions - predictions) ** 2).sum() / scatter)
