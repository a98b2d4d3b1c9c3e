"""Explain texts."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from numbers import Integral, Real
from operator import index
from typing import Any, Literal, Self, cast

import numpy as np
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklime._base import BaseLimeExplainer
from sklime._explanations._internals import Facts, Internals
from sklime._explanations._learnt import Learnt
from sklime._explanations._parts import TextExplanation, TextExplanationBatch
from sklime._explanations._settings import ExplainerSettings
from sklime._masks import (
    Answers,
    ExplainedInstance,
    MaskPlan,
    explain_instances,
    known_classes,
)
from sklime._responses._link_space import method_of
from sklime._responses._rowwise import among_others, check_rowwise
from sklime._surrogates._solvers import penalty_text
from sklime._text._codec import DocumentCodec, RowCodec, column_documents, validated_documents
from sklime._text._documents import instance_and_responder, warn_unreliable
from sklime._text._instance import DocumentInstance
from sklime._text._response import CountPath, DocumentResponse
from sklime._text._tokens import ANALYZERS, SplitDocument, split_document
from sklime._text._words import word_pattern
from sklime.kernels import kernel_function
from sklime.utils._sklearn import Interval, StrOptions, output_config
from sklime.utils._text import counted
from sklime.utils._threads import process_settings_kept
from sklime.utils._types import (
    Array,
    BoolArray,
    FloatArray,
    IntArray,
    ObjectArray,
    RandomState,
)

__all__ = ["LimeTextExplainer"]

N_PERTURBATIONS = 1024

_ResponseMethod = Literal["auto", "predict_proba", "decision_function", "predict", "score_samples"]

# Parts of the messages of scikit-learn for a list of texts in place of a table of numbers.
_ONLY_NUMBERS = (
    "Expected 2D array, got 1D array",
    "could not convert string to float",
    "strategy with non-numeric data",
)

# Errors of a model of numbers on a list of texts.
_REFUSALS = (AttributeError, LookupError, TypeError, ValueError)


class LimeTextExplainer(BaseLimeExplainer):
    """Explain texts by sparse linear models of the words that are present.

    ``explain`` returns a `TextExplanationBatch`. ``transform`` returns a sparse matrix of weights
    over the vocabulary that ``fit`` learnt.

    The explainer calls the model on copies of a document without some of its words. It fits a
    weighted linear model of the kept words to the answers [1]_.

    New values of `batch_size`, `n_jobs`, `on_error`, `sparse_output` and `verbose` act at once.
    After a change of any other parameter, call ``fit`` again: until then, explaining documents is
    an error. This also holds for parameters of a surrogate, and after the model was fitted again.

    The parameters below are in groups: model (`estimator` to `link`), neighborhood (to `keep`),
    sample (to `control_variates`), local fit (to `surrogate`), run (to `random_state`).

    Parameters
    ----------
    estimator : estimator or callable
        The model: a classifier, regressor, outlier detector, Pipeline, or any object with a
        prediction method that takes a list of strings. Or a function that takes such a list and
        returns an array or frame of shape (n_documents,) or (n_documents, n_outputs). ``classes_``
        name the outputs. A method such as ``model.predict_proba`` stands for its model and this
        response method. A fitted estimator, a function, or an object without ``fit`` is used
        unchanged, also after `clone`. An unfitted model is cloned and fitted.

    column : str or other label, default=None
        The column of texts of a table that the model takes, a DataFrame of pandas or polars. Its
        words are explained while all other columns keep the values of the row. `None` for a model
        of texts alone.

    target : {"auto", "all", "predicted"}, class label, str, int, list or tuple, default="auto"
        Which outputs to explain. "auto": the only output; of two classes the second; of several,
        all. "predicted": the class that ``predict`` returns for each document. Any other value is
        a class label for a classifier, else the name or index of an output. A list explains
        several outputs. A pair ``(A, B)`` explains why A and not B: the difference of the two, or
        with ``link="logit"`` the logarithm of their ratio.

    output_names : array-like of str or dict, default=None
        Names of classes or outputs: one per output, in order, or a dict from labels to names.
        `None` keeps the labels of the model, or the columns of the frame that it returns.

    response_method : str or list of str, default="auto"
        "predict_proba", "decision_function", "predict" or "score_samples", or a list in order
        of preference. "auto" is the first of the first three for classifiers, "predict"
        for regressors, "decision_function" for outlier detectors.

    link : {"identity", "logit"}, default="identity"
        "logit" explains log-odds, of probabilities clipped to [0.001, 0.999].

    analyzer : {"word", "char", "ngram", "sentence"} or callable, default="word"
        Kind of token. "char" is one character as readers count them, blanks included. "ngram" is a
        run of `ngram_size` words. "sentence" does not end at "Dr.", "e.g." or an initial. A
        function takes a text and returns (start, end) pairs, offsets into the unchanged text. It
        may wrap a tokenizer that changes case or cuts words into pieces.

    token_pattern : str, default=None
        Regular expression of a word, for "word" and "ngram". If it has a group, the group is the
        word, and a match without it is no word. `None` takes letters with their combining marks,
        digits and underscores, and keeps ``don't`` whole. Each Chinese character is a word, and so
        is each emoji with its modifiers. A mark or a variation selector alone is no word.

    ngram_size : int, default=2
        Words in one token, for ``analyzer="ngram"``; at least 1.

    positions : bool, default=False
        Whether each occurrence of a word is removed and explained separately. Otherwise all
        occurrences are removed together.

    mask_token : str, default=None
        Replacement of a removed token; `None` for nothing.

    keep : float, default=None
        Probability with which each word is kept, in (0, 1); all copies then have the same
        weight. `None` is `lime`'s distribution: the number of removed words is uniform, and copies
        are weighted by their distance.

    n_perturbations : int or "auto", default=None
        Number of copies per document; `None` is 1024. The model is called on identical copies
        once. If a document has no more copies than that, all are used, each with its probability.
        Nothing is then random. "auto" doubles the number, in at least 16 replicates, until the
        precision of the document is `tol`, and once more.

    tol : float, default=0.05
        Precision that ``n_perturbations="auto"`` must reach, above 0, in units of `criterion`.

    criterion : {"half_width", "top_features"}, default="half_width"
        Quantity that `tol` limits. "half_width" is half of the widest 95 % interval of the
        weights, relative to the largest weight of the document. Where outputs are no classes, it is
        relative to the largest weight of the output. "top_features" is one minus the mean Jaccard
        index between the five strongest words and those of likely other seeds.

    max_perturbations : int, default=16384
        Maximum number of copies with "auto". A document that does not converge within it is still
        explained, with a warning. Its ``converged`` is false.

    n_replicates : int, default=8
        Number of independent replicates of the copies, at least 2. Their spread gives standard
        errors.

    control_variates : bool, default=True
        Whether to fit a control model to the answers of the model, and to estimate from the copies
        only the residual. Weights are then less noisy and the same on average, without further
        calls of the model. It needs a surrogate that is a plain ridge or least squares. `False`
        fits the surrogate to the responses unchanged, as `lime` does.

    kernel : {"auto", "exponential", "uniform"} or callable, default="auto"
        Weight of a copy, from its distance: a function ``(distances, width)``, or of the distances
        alone, that treats each distance separately. "auto" is "uniform" with `keep`, else
        "exponential".

    kernel_width : float, default=None
        Width of the kernel, above 0, in units of the distance. `None` is 0.25 for the cosine
        distance, else ``0.75 * sqrt(n_words)``.

    metric : str or callable, default="auto"
        Distance between 0/1 masks, as in `sklearn.metrics.pairwise_distances`; "auto" is
        "cosine". It must depend on how many words a copy keeps, not on which.

    selection : {"auto", "forward", "highest_weights", "lasso_path", "none"} or callable, \
            default="auto"
        How words are selected. "auto" is "forward" when ``max_features <= 6``, else
        "highest_weights". "none" keeps all. Or a function as in `sklime.selection`. For documents
        with more than 512 words it gets the words that are most correlated with the response.

    max_features : int, default=10
        Maximum number of non-zero weights per document and output; `None` for all.

    surrogate : estimator, default=None
        Regressor with ``coef_`` or ``feature_importances_`` whose ``fit`` takes
        ``sample_weight``, alone or last in a Pipeline. It is cloned before each fit. `None`
        is ``Ridge(alpha=1.0)``, and least squares if all copies of a document are used. Others
        than `Ridge` and `LinearRegression` are fitted to the copies, and to no
        more than 1000 words of a document.

    sparse_output : bool, default=True
        Whether ``transform`` returns a sparse matrix; ``set_output(transform="pandas")``
        needs `False`. A new value acts without ``fit``.

    on_error : {"raise", "warn"}, default="raise"
        What to do if the model fails on a document. "raise" stops. "warn" warns, returns NaN for
        this document and explains the others. A new value acts without ``fit``.

    batch_size : int, default=None
        Maximum number of texts in one call of the model; `None` chooses by memory. A new value
        acts without ``fit``.

    n_jobs : int, default=None
        Number of threads, over documents; `None` is 1 unless in a `joblib.parallel_config`
        context, -1 all processors. A new value acts without ``fit``.

    verbose : int, default=0
        Above 0, joblib reports on documents. A new value acts without ``fit``.

    random_state : int, RandomState instance or None, default=None
        Source of the seed, which ``fit`` draws once. A fitted explainer gives the same document
        the same weights at every call. `None` draws fresh entropy; NumPy's global random state is
        never touched.

    Attributes
    ----------
    estimator_ : object
        The fitted model; `estimator` itself if it is used unchanged.

    vocabulary_ : dict
        Index of each word of the training documents, by word, in sorted order.

    classes_ : ndarray of shape (n_classes,)
        Classes, for classifiers.

    n_outputs_ : int
        Number of outputs of the model, otherwise.

    See Also
    --------
    LimeTabularExplainer : Explain rows of a table.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?": Explaining the Predictions
       of Any Classifier, KDD 2016, :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    Explain a pipeline from strings to probabilities.

    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklime import LimeTextExplainer
    >>> X = ["good film", "a good, good plot", "bad film", "a bad plot"]
    >>> model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(X, [1, 1, 0, 0])
    >>> explainer = LimeTextExplainer(model, random_state=0).fit(X)
    >>> explanation = explainer.explain(["not a bad film, a good one"])[0]
    >>> sorted(word for word, weight in explanation.as_list()[:2])
    ['bad', 'good']

    The weights over the vocabulary of the training documents, as a sparse matrix.

    >>> explainer.transform(X).shape
    (4, 5)
    """

    _free_parameters = BaseLimeExplainer._free_parameters | {"on_error", "sparse_output"}

    # Learnt in `fit`.
    vocabulary_: dict[str, int]
    _codec: DocumentCodec | RowCodec
    _columns: list[Any] | None

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012
        **BaseLimeExplainer._parameter_constraints,
        "analyzer": [StrOptions(set(ANALYZERS)), callable],
        "token_pattern": [str, None],
        "ngram_size": [Interval(Integral, 1, None, closed="left")],
        "positions": ["boolean"],
        "mask_token": [str, None],
        "keep": [Interval(Real, 0, 1, closed="neither"), None],
        "control_variates": ["boolean"],
        "sparse_output": ["boolean"],
        "on_error": [StrOptions({"raise", "warn"})],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        column: Any = None,
        target: Any = "auto",
        output_names: Sequence[str] | Array | Mapping[Any, str] | None = None,
        response_method: _ResponseMethod | list[str] | tuple[str, ...] = "auto",
        link: Literal["identity", "logit"] = "identity",
        analyzer: Literal["word", "char", "ngram", "sentence"] | Callable[[str], Any] = "word",
        token_pattern: str | None = None,
        ngram_size: int = 2,
        positions: bool = False,
        mask_token: str | None = None,
        keep: float | None = None,
        n_perturbations: int | Literal["auto"] | None = None,
        tol: float = 0.05,
        criterion: Literal["half_width", "top_features"] = "half_width",
        max_perturbations: int = 16384,
        n_replicates: int = 8,
        control_variates: bool = True,
        kernel: Literal["auto", "exponential", "uniform"] | Callable[..., Any] = "auto",
        kernel_width: float | None = None,
        metric: str | Callable[..., float] = "auto",
        selection: Literal["auto", "forward", "highest_weights", "lasso_path", "none"]
        | Callable[..., Any] = "auto",
        max_features: int | None = 10,
        surrogate: Any = None,
        sparse_output: bool = True,
        on_error: Literal["raise", "warn"] = "raise",
        batch_size: int | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.column = column
        self.target = target
        self.output_names = output_names
        self.response_method = response_method
        self.link = link
        self.analyzer = analyzer
        self.token_pattern = token_pattern
        self.ngram_size = ngram_size
        self.positions = positions
        self.mask_token = mask_token
        self.keep = keep
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
        self.sparse_output = sparse_output
        self.on_error = on_error
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Self:
        """Learn the vocabulary of the training documents; fit an unfitted model.

        Parameters
        ----------
        X : list of str, Series, ndarray or DataFrame of shape (n_documents, 1); with `column` a \
                DataFrame
            Training documents, raw, as the model takes them.

        y : array-like of shape (n_documents,), default=None
            Labels; needed only by an unfitted model.

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
            If a document is not a text, or the model takes numbers and no texts, or its answers
            are not numbers. If its answer for a text depends on the other texts. Also if
            `analyzer` or `token_pattern` gives no disjoint spans of a text.
        """
        fitted: Self = super().fit(X, y, **fit_params)
        return fitted

    def explain(self, X: Any) -> TextExplanationBatch:
        """Explain documents.

        Parameters
        ----------
        X : list of str, Series, ndarray or DataFrame of shape (n_documents, 1); with `column` a \
                DataFrame
            Documents.

        Returns
        -------
        batch : TextExplanationBatch
            One explanation per document, in the same order.
        """
        batch: TextExplanationBatch = super().explain(X)
        return batch

    def transform(self, X: Any) -> sparse.csr_matrix | FloatArray:
        """Return the weights of each document over the vocabulary of the training documents.

        Parameters
        ----------
        X : list of str, Series, ndarray or DataFrame of shape (n_documents, 1); with `column` a \
                DataFrame
            Documents. Words outside the vocabulary have no column; `explain` returns their
            weights.

        Returns
        -------
        weights : {csr_matrix, ndarray} of shape (n_documents, n_vocabulary * n_outputs)
            Weights of the first explained output, then of the next; see
            `get_feature_names_out`. Of occurrences that are explained separately it is the sum.
        """
        self._check_ready()
        container = output_config("transform", self)["dense"]
        if self.sparse_output and container != "default":
            raise ValueError(
                f"{container} output does not hold sparse matrices; pass sparse_output=False, or "
                "set_output(transform='default')."
            )
        with process_settings_kept():
            batch = self._explained(X, with_errors=False)
        n_words = len(self.vocabulary_)
        rows, columns, weights = [], [], []
        for row, explanation in enumerate(batch):
            indices = [self.vocabulary_.get(name, -1) for name in explanation.feature_names]
            words, values = np.array(indices, int), explanation.values
            part, output = np.nonzero((values != 0.0) & (words >= 0)[:, None])
            rows.append(np.full(part.size, row))
            columns.append(output * n_words + words[part])
            weights.append(values[part, output])
        row_and_column = np.concatenate(rows), np.concatenate(columns)
        shape = len(batch), n_words * len(batch.output_names)
        matrix = sparse.csr_matrix((np.concatenate(weights), row_and_column), shape=shape)
        return matrix if self.sparse_output else matrix.toarray()

    def score(self, X: Any, y: Any = None) -> float:
        """Return the local accuracy over documents.

        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` over documents and explained
        outputs. f is the response of the model to a document. The local prediction comes from
        a fit without this document. Documents without a defined value are ignored.

        Parameters
        ----------
        X : list of str, Series, ndarray or DataFrame of shape (n_documents, 1); with `column` a \
                DataFrame
            Documents.

        y : object, default=None
            Ignored.

        Returns
        -------
        score : float
            At most 1; NaN if the model gives the same response to all documents.
        """
        return super().score(X, y)

    def get_feature_names_out(self, input_features: Any = None) -> ObjectArray:
        """Return the names of the columns of `transform`.

        Parameters
        ----------
        input_features : object, default=None
            Ignored; part of the interface of scikit-learn.

        Returns
        -------
        names : ndarray of str
            The vocabulary; with several explained outputs ``output__word``.
        """
        check_is_fitted(self)
        words, outputs = list(self.vocabulary_), self._output_names()
        if len(outputs) == 1:
            return np.array(words, dtype=object)
        return np.array([f"{output}__{word}" for output in outputs for word in words], dtype=object)

    def _validated_training_rows(self, X: Any, y: Any) -> Any:
        if self.token_pattern is not None:
            word_pattern(self.token_pattern)
        self._columns = None if self.column is None else list(getattr(X, "columns", ()))
        texts, _, codec_of = self._documents(X)
        if y is not None:
            check_consistent_length(texts, y)
        self._codec = codec_of(0)
        return self._codec.to_table(texts) if self.column is None else X

    def _documents(
        self, X: Any
    ) -> tuple[list[str], Array, Callable[[int], DocumentCodec | RowCodec]]:
        """Return texts, their labels, and a function from an index to the codec of a text."""
        if self.column is not None:
            return column_documents(X, self.column, self._columns)
        texts, labels, codec = validated_documents(X)
        return texts, labels, lambda index: codec

    def _default_size(self) -> int:
        return N_PERTURBATIONS

    def _learn(self, X: Any, y: Any) -> None:
        texts, _, _ = self._documents(X)
        words = {word for text in texts for word in self._split(text).words}
        self.vocabulary_ = {word: number for number, word in enumerate(sorted(words))}
        response = DocumentResponse(
            self.estimator_, self._method, self.link, self._codec, self.batch_size
        )
        try:
            answer = self._learn_outputs(response, texts[:1], y)
        except _REFUSALS:
            self._check_takes_texts(response.name, texts[:1])
            raise
        self._check_rowwise(texts, answer)

    def _check_rowwise(self, texts: list[str], answer: Any) -> None:
        """Refuse a model whose answer for a document depends on the other documents."""
        response = self._asker
        known = response(texts[:1], first=answer)
        among = [texts[index] for index in among_others(len(texts), 0)]
        check_rowwise(response, texts[:1], among, 1, known, is_alone=True)

    def _learnt_html(self) -> str:
        words = counted(len(self.vocabulary_), "word")
        return Learnt([*self._learnt_facts(), ("Vocabulary", words)], []).to_html()

    def _check_takes_texts(self, name: str, texts: list[str]) -> None:
        """Raise an error with a way out if the model was fitted on a table and fails on a text."""
        n_columns, codec = _n_table_columns(self.estimator_), self._codec
        if n_columns is None:
            return
        ask = method_of(self.estimator_, self._method)
        try:
            # Ask again: the error may have come from elsewhere, as from a wrong `target`.
            ask(codec.to_table(texts))
        except _REFUSALS as error:
            comes_in_table = isinstance(codec, RowCodec) or codec.frame_type is not None
            if comes_in_table and not _speaks_of_numbers(error):
                raise
            raise ValueError(
                f"{name} failed on a text ({_first_line(error)}). It was fitted on a table of "
                f"{counted(n_columns, 'column')}. If those hold numbers, explain it with "
                "LimeTabularExplainer, or pass the Pipeline that turns texts into that table. If "
                "they hold texts, pass a DataFrame."
            ) from error

    def _fitted_estimator(self, X: Any, y: Any, fit_params: dict[str, Any]) -> Any:
        try:
            return super()._fitted_estimator(X, y, fit_params)
        except ValueError as error:
            if not _speaks_of_numbers(error):
                raise
            raise ValueError(
                f"{type(self.estimator).__name__} does not learn from texts "
                f"({_first_line(error)}). Put a vectorizer before it, as in "
                "make_pipeline(TfidfVectorizer(), ...)."
            ) from error

    def _with_seed(self, seed: int) -> Self:
        """Return the explainer that `fit` on the same documents gives with another seed."""
        twin = copy.copy(self)
        twin._seed = seed
        return twin

    def _split(self, text: str) -> SplitDocument:
        return split_document(
            text,
            self.analyzer,
            token_pattern=self.token_pattern,
            ngram_size=index(self.ngram_size),
            positions=self.positions,
        )

    def _plan(self, with_errors: bool) -> MaskPlan:
        kernel: Any = self.kernel
        if kernel == "auto":
            kernel = "exponential" if self.keep is None else "uniform"
        return MaskPlan(
            keep=self.keep,
            kernel=kernel_function(kernel),
            width=self.kernel_width,
            metric="cosine" if self.metric == "auto" else self.metric,
            n_perturbations=self._n_perturbations(),
            n_replicates=self._n_replicates(),
            seed=self._seed,
            control_variates=self.control_variates,
            surrogate=self.surrogate,
            has_errors=with_errors or self._is_auto,
            precision=self._precision() if self._is_auto else None,
            on_error=self.on_error,
        )

    def _explained(self, X: Any, with_errors: bool = True) -> TextExplanationBatch:
        texts, labels, codec_of = self._documents(X)
        splits = [self._split(text) for text in texts]
        responders = self._responders(codec_of, len(texts))
        classes = self._predicted_classes(responders, texts, is_reported=with_errors)
        results = explain_instances(
            self._tasks(splits, responders, classes, with_errors),
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        warn_unreliable(results, labels, self._response.name)
        self._warn_imprecise(results, labels, ("documents", "copies"))
        predicted = np.array([self._predicted(*pair) for pair in zip(results, classes)])
        shared = self._shared_facts()
        indices = zip(predicted, *self._explained_in(predicted))
        n_responses = len(self._response.known_outputs)
        explanations = [
            _explanation(split, result, label, n_responses, *chosen, shared)
            for split, result, label, chosen in zip(splits, results, labels, indices)
        ]
        return TextExplanationBatch(explanations, shared)

    def _responders(
        self, codec_of: Callable[[int], DocumentCodec | RowCodec], n_documents: int
    ) -> list[DocumentResponse]:
        """Return the responses of the model to each document; with `column` in its own row."""
        response = cast(
            DocumentResponse, replace(self._asker, reports_failures=self.on_error == "warn")
        )
        if self.column is None:
            return [response] * n_documents
        return [replace(response, codec=codec_of(number)) for number in range(n_documents)]

    def _tasks(
        self,
        splits: Sequence[SplitDocument],
        responders: Sequence[DocumentResponse],
        classes: Sequence[int | None],
        with_errors: bool,
    ) -> Any:
        """Yield the arguments of the engine for each document."""
        plan, path = self._plan(with_errors), None
        if self.column is None and responders:
            path = CountPath.of(responders[0])
        for split, response, predicted in zip(splits, responders, classes):
            instance, respond = instance_and_responder(split, response, path, self.mask_token)
            output_of = partial(self._answer_index, predicted)
            yield plan, instance, respond, *self._selector(split.n_parts), output_of

    def _judged(
        self, X: Any, batch: TextExplanationBatch, fill: Any, n_draws: int, seed: int
    ) -> Iterator[tuple[Callable[[BoolArray], FloatArray], FloatArray]]:
        """Yield a function from masks of all words to answers, and ones, the sizes of the words."""
        texts, _, codec_of = self._documents(X)
        if list(batch.documents) != texts:
            raise ValueError(
                f"The batch explains other documents than the {len(texts)} of X; pass the "
                "documents that were explained, in the same order."
            )
        responders = self._responders(codec_of, len(texts))
        for text, response in zip(texts, responders):
            response = replace(response, reports_failures=False)
            instance = DocumentInstance(self._split(text), self.mask_token)
            yield partial(_answers_to_masks, instance, response), np.ones(instance.n_parts)

    def _predicted_classes(
        self, responders: Sequence[DocumentResponse], texts: list[str], *, is_reported: bool
    ) -> list[int | None]:
        """Return the predicted class of each document; -1 if neither target nor report need it."""
        if self._chosen is not None and not is_reported:
            return [-1] * len(texts)
        if self.column is None:
            return known_classes(responders[0], texts)
        return [known_classes(response, [text])[0] for response, text in zip(responders, texts)]

    def _shared_facts(self) -> dict[str, Any]:
        """Return the attributes that all explanations of a batch share."""
        return {
            **self._facts_of_outputs(),
            "n_replicates": self._n_replicates(),
            "baseline": "removed",
            # A mask determines the text: no other values under the same conditions.
            "fidelity_is_bound": False,
            "settings": ExplainerSettings(
                link=self.link,
                keep=None if self.keep is None else float(self.keep),
                penalty=penalty_text(self.surrogate),
                response_method=self._method,
            ),
        }

    def __sklearn_tags__(self) -> Any:
        """Return tags that follow the model; the input is texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = self.column is not None
        tags.input_tags.one_d_array = self.column is None
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = False
        return tags


def _answers_to_masks(instance: DocumentInstance, respond: Any, masks: BoolArray) -> FloatArray:
    """Return the answers about masks of a document."""
    return Answers(instance, respond).about([masks])


def _explanation(
    split: SplitDocument,
    result: ExplainedInstance,
    label: Any,
    n_responses: int,
    predicted: Any,
    output_index: IntArray,
    opposed_index: IntArray,
    shared: Mapping[str, Any],
) -> TextExplanation:
    """Return the explanation of a document."""
    n_parts = split.n_parts
    description = dict(DocumentInstance(split, None).describe())
    facts = dict(shared)
    internals = Internals(
        fit=result.fit,
        encodings=np.ones(n_parts),
        background_encodings=np.zeros(n_parts),
        codes=np.zeros(n_parts, dtype=np.int32),
        condition_labels=description.pop("condition_labels"),
        output_index=output_index,
        opposed_index=opposed_index,
        predicted_index=predicted,
        is_thin=np.full(n_parts, result.is_thin),
        out_of_range=np.zeros(n_parts, dtype=np.int8),
        **{item.name: facts.pop(item.name) for item in fields(Facts)},
    )
    return TextExplanation(
        predictions=result.responses[result.answer_index],
        responses=result.responses[:n_responses],
        effective_sample_size=result.effective_sample_size,
        n_perturbations=result.n_perturbations,
        converged=result.converged,
        failure=result.failure,
        fidelity_failures=result.fidelity_failures,
        row_label=label,
        internals=internals,
        **description,
        **facts,
    )


def _n_table_columns(model: Any) -> int | None:
    """Return the number of columns that a model was fitted on; None for a model of texts."""
    if type(model) is Pipeline:
        # A pipeline asks its first step. A step that passes everything through has no answer.
        steps = (step for _, step in model.steps if step is not None and step != "passthrough")
        model = next(steps, None)
    n_columns: int | None = getattr(model, "n_features_in_", None)
    return n_columns


def _speaks_of_numbers(error: Exception) -> bool:
    """Tell whether an error of scikit-learn is about texts in place of numbers."""
    return any(words in str(error) for words in _ONLY_NUMBERS)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(":.")
