"""Explain texts."""

import copy
from dataclasses import fields, replace
from functools import partial
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklime._base import BaseLimeExplainer
from sklime._explanations._internals import Facts, Internals
from sklime._explanations._parts import TextExplanation, TextExplanationBatch
from sklime._explanations._settings import ExplainerSettings
from sklime._masks import MaskPlan, explain_instances
from sklime._surrogates._solvers import penalty_text
from sklime._text._codec import column_documents, validated_documents
from sklime._text._documents import instance_and_responder, predicted_classes, warn_unreliable
from sklime._text._instance import DocumentInstance
from sklime._text._response import CountPath, DocumentResponse
from sklime._text._tokens import ANALYZERS, split_document
from sklime._text._words import word_pattern
from sklime.kernels import kernel_function
from sklime.utils._sklearn import Interval, StrOptions, output_config
from sklime.utils._text import counted
from sklime.utils._threads import process_settings_kept

__all__ = ["LimeTextExplainer"]

N_PERTURBATIONS = 1024

# What scikit-learn says of a list of texts where it wants a table of numbers.
_ONLY_NUMBERS = (
    "Expected 2D array, got 1D array",
    "could not convert string to float",
    "strategy with non-numeric data",
)

# How a model of numbers may fail on a list of texts.
_REFUSALS = (AttributeError, LookupError, TypeError, ValueError)


class LimeTextExplainer(BaseLimeExplainer):
    """Explain texts by sparse linear models of which words are there.

    The model is asked about copies of a document in which some words are removed, and a
    weighted linear model of which are kept is fitted to its answers [1]_. ``explain``
    returns a `TextExplanationBatch`; ``transform`` a sparse matrix of weights over the
    vocabulary that ``fit`` learnt.

    Parameters are as they were in ``fit``. `batch_size`, `n_jobs`, `on_error`,
    `sparse_output` and `verbose` act at once when they are set later; any other parameter
    that has changed since, also within a surrogate, is an error when documents are explained,
    until ``fit`` is called again. So is a model that was fitted again.

    Parameters
    ----------
    estimator : estimator or callable
        Classifier, regressor, outlier detector or Pipeline, any object with a prediction
        method that takes a list of strings, or a function from one to an array or frame of
        shape (n_documents,) or (n_documents, n_outputs). ``classes_`` name the outputs. A
        method such as ``model.predict_proba`` stands for its model and this way to ask it.
        What is fitted already, a function, or an object without ``fit`` is used unchanged,
        also after `clone`; an unfitted model is cloned and fitted.

    column : str or other label, default=None
        The column of texts of a table that the model takes, a DataFrame of pandas or polars. Its
        words are explained while all other columns keep the values of the row. `None` for a model
        of texts alone.

    target : {"auto", "all", "predicted"}, class label, str, int, list or tuple, default="auto"
        Which outputs to explain. "auto": the only output; of two classes the second; of
        several, all. "predicted": the class that ``predict`` says for each document. For a
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

    analyzer : {"word", "char", "ngram", "sentence"} or callable, default="word"
        What a token is. "char" is what readers take for one character, blanks included; "ngram"
        a run of `ngram_size` words. "sentence" does not end at "Dr.", "e.g." or an initial. A
        function takes a text and returns (start, end) pairs, offsets into the text as it is; so
        do tokenizers that change case or cut words into pieces.

    token_pattern : str, default=None
        Regular expression of a word, for "word" and "ngram"; its group, where it has one. A match
        without that group is no word. `None` takes letters with their combining marks, digits
        and underscores, keeps ``don't`` whole, and takes each Chinese character and each emoji
        with its modifiers as a word; a mark or a variation selector alone is none.

    ngram_size : int, default=2
        Words in one token, for ``analyzer="ngram"``; at least 1.

    positions : bool, default=False
        Whether each occurrence of a word is removed, and explained, on its own. Otherwise
        all occurrences come and go together.

    mask_token : str, default=None
        What stands for a removed token; `None` for nothing.

    keep : float, default=None
        Probability with which each word is kept, in (0, 1); all copies then have the same
        weight. `None` is `lime`'s distribution: the number of removed words is uniform, and copies
        are weighted by their distance.

    n_perturbations : int, default=None
        Copies of each document that the model is asked about; `None` is 1024. Identical
        copies are asked about once. Where there are no more than that in all, each is used
        with its probability, and nothing is left to chance.

    n_replicates : int, default=8
        Independent replicates of the copies, at least 2. Their spread gives standard errors.

    control_variates : bool, default=True
        Whether to fit a control model of the model's answers, and to ask the model only for
        what that leaves. It makes weights less noisy at no model call and changes none of
        them on average. It takes a surrogate that is a plain ridge or least squares.
        `False` fits the surrogate to the copies as they are, as `lime` does.

    kernel : {"auto", "exponential", "uniform"} or callable, default="auto"
        Weight of a copy, from its distance: a function ``(distances, width)``, or of the
        distances alone, that treats each distance on its own. "auto" is "uniform" with `keep`,
        else "exponential".

    kernel_width : float, default=None
        Width of the kernel, above 0, in units of the distance. `None` is 0.25 for the cosine
        distance, else ``0.75 * sqrt(n_words)``.

    metric : str or callable, default="auto"
        Distance between 0/1 masks, as in `sklearn.metrics.pairwise_distances`; "auto" is
        "cosine". It must depend on how many words a copy keeps, not on which.

    selection : {"auto", "forward", "highest_weights", "lasso_path", "none"} or callable, \
            default="auto"
        How words are selected. "auto" is "forward" when ``max_features <= 6``, else
        "highest_weights". "none" keeps all. A function as in `sklime.selection`; of documents
        with more than 512 words it sees those that go most with the response.

    max_features : int, default=10
        At most this many non-zero weights a document and output; `None` for all.

    surrogate : estimator, default=None
        Regressor with ``coef_`` or ``feature_importances_`` whose ``fit`` takes
        ``sample_weight``, alone or last in a Pipeline. It is cloned before each fit. `None`
        is ``Ridge(alpha=1.0)``, and least squares where all copies of a document are
        used. Others than `Ridge` and `LinearRegression` are fitted to the copies, and to no
        more than 1000 words of a document.

    sparse_output : bool, default=True
        Whether ``transform`` returns a sparse matrix; ``set_output(transform="pandas")``
        takes `False`. Acts at once when it is set after ``fit``.

    on_error : {"raise", "warn"}, default="raise"
        What to do where the model fails on a document: stop, or warn, give it NaN and
        explain the others. Acts at once when it is set after ``fit``.

    batch_size : int, default=None
        Most texts in one call of the model; `None` chooses by memory. Acts at once when it is
        set after ``fit``.

    n_jobs : int, default=None
        Number of threads, over documents; `None` is 1 unless in a `joblib.parallel_config`
        context, -1 all processors. Acts at once when it is set after ``fit``.

    verbose : int, default=0
        Above 0, joblib reports on documents. Acts at once when it is set after ``fit``.

    random_state : int, RandomState instance or None, default=None
        What the seed is drawn from, once, in ``fit``: a fitted explainer gives the same
        document the same weights at every call. `None` draws fresh entropy; NumPy's global
        random state is never touched.

    Attributes
    ----------
    estimator_ : object
        The fitted model; `estimator` itself where that is explained as it is.

    vocabulary_ : dict
        From each word of the training documents to its index, in sorted order.

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

    _parameter_constraints: dict = {  # noqa: RUF012
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
        estimator,
        *,
        column=None,
        target="auto",
        output_names=None,
        response_method="auto",
        link="identity",
        analyzer="word",
        token_pattern=None,
        ngram_size=2,
        positions=False,
        mask_token=None,
        keep=None,
        n_perturbations=None,
        n_replicates=8,
        control_variates=True,
        kernel="auto",
        kernel_width=None,
        metric="auto",
        selection="auto",
        max_features=10,
        surrogate=None,
        sparse_output=True,
        on_error="raise",
        batch_size=None,
        n_jobs=None,
        verbose=0,
        random_state=None,
    ):
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

    def fit(self, X, y=None, **fit_params):
        """Learn the vocabulary of the training documents; fit the model if need be.

        Parameters
        ----------
        X : list of str, Series, ndarray or DataFrame of shape (n_documents, 1); with `column` a \
                DataFrame
            Training documents, raw, as the model takes them.

        y : array-like of shape (n_documents,), default=None
            Labels; needed only by an unfitted model.

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
            If something is not a text, the model takes numbers and no texts, its answers are not
            numbers, or `analyzer` or `token_pattern` gives no disjoint spans of a text.
        """
        return super().fit(X, y, **fit_params)

    def explain(self, X):
        """Explain documents.

        Parameters
        ----------
        X : list of str, Series, ndarray or DataFrame of shape (n_documents, 1); with `column` a \
                DataFrame
            Documents.

        Returns
        -------
        batch : TextExplanationBatch
            One explanation a document, in the order of the documents.
        """
        return super().explain(X)

    def transform(self, X):
        """Return the weights of each document over the vocabulary of the training documents.

        Parameters
        ----------
        X : list of str, Series, ndarray or DataFrame of shape (n_documents, 1); with `column` a \
                DataFrame
            Documents. Their words that are not in the vocabulary have no column; `explain`
            has them.

        Returns
        -------
        weights : {csr_matrix, ndarray} of shape (n_documents, n_vocabulary * n_outputs)
            Weights of the first explained output, then of the next; see
            `get_feature_names_out`. Where occurrences are explained on their own, their
            sum.
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
        for row, one in enumerate(batch):
            words = np.array([self.vocabulary_.get(name, -1) for name in one.feature_names], int)
            part, output = np.nonzero((one.values != 0.0) & (words >= 0)[:, None])
            rows.append(np.full(part.size, row))
            columns.append(output * n_words + words[part])
            weights.append(one.values[part, output])
        indices = np.concatenate(rows), np.concatenate(columns)
        shape = len(batch), n_words * len(batch.output_names)
        matrix = sparse.csr_matrix((np.concatenate(weights), indices), shape=shape)
        return matrix if self.sparse_output else matrix.toarray()

    def score(self, X, y=None):
        """Return the local accuracy over documents.

        ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` over documents and explained
        outputs, where f is the response of the model at a document and the local prediction
        comes from the fit that leaves this very document out. Documents without a defined
        value are left out.

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
            At most 1; NaN when the model answers the same at all documents.
        """
        return super().score(X, y)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of `transform`.

        Parameters
        ----------
        input_features : object, default=None
            Ignored; there because scikit-learn asks this way.

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

    def _validated_training_rows(self, X, y):
        if y is None and self.__sklearn_tags__().target_tags.required:
            raise ValueError(
                "requires y to be passed, but the target y is None: the estimator is not fitted, "
                "and learns from labels."
            )
        if self.token_pattern is not None:
            word_pattern(self.token_pattern)
        self._columns = None if self.column is None else list(getattr(X, "columns", ()))
        texts, _, codec_of = self._documents(X)
        if y is not None:
            check_consistent_length(texts, y)
        self._codec = codec_of(0)
        return self._codec.to_table(texts) if self.column is None else X

    def _documents(self, X):
        """Return texts, what the user calls them, and what makes tables for the model of each."""
        if self.column is not None:
            return column_documents(X, self.column, self._columns)
        texts, labels, codec = validated_documents(X)
        return texts, labels, lambda index: codec

    def _n_perturbations(self):
        return N_PERTURBATIONS if self.n_perturbations is None else self.n_perturbations

    def _learn(self, X, y):
        texts, _, _ = self._documents(X)
        words = {word for text in texts for word in self._split(text).words}
        self.vocabulary_ = {word: index for index, word in enumerate(sorted(words))}
        response = DocumentResponse(
            self.estimator_, self._method, self.link, self._codec, self.batch_size
        )
        try:
            self._learn_outputs(response, texts[:1], y)
        except _REFUSALS:
            self._check_takes_texts(response.name, texts[:1])
            raise

    def _check_takes_texts(self, name, texts):
        """Say what to do where the model was fitted on a table and fails on a text."""
        n_columns = _n_table_columns(self.estimator_)
        if n_columns is None:
            return
        ask = self.estimator_ if self._method is None else getattr(self.estimator_, self._method)
        try:
            # Only its own errors count: a wrong `target` is no fault of the model.
            ask(self._codec.to_table(texts))
        except _REFUSALS as error:
            comes_in_table = self.column is not None or self._codec.frame_type is not None
            if comes_in_table and not _speaks_of_numbers(error):
                raise
            raise ValueError(
                f"{name} failed on a text ({_first_line(error)}). It was fitted on a table of "
                f"{counted(n_columns, 'column')}. If those hold numbers, explain it with "
                "LimeTabularExplainer, or pass the Pipeline that turns texts into that table. If "
                "they hold texts, pass a DataFrame."
            ) from error

    def _fitted_estimator(self, X, y, fit_params):
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

    def _with_seed(self, seed):
        """Return the explainer that another seed would have made."""
        twin = copy.copy(self)
        twin._seed = seed
        return twin

    def _split(self, text):
        return split_document(
            text,
            self.analyzer,
            token_pattern=self.token_pattern,
            ngram_size=self.ngram_size,
            positions=self.positions,
        )

    def _plan(self, with_errors):
        kernel = self.kernel
        if kernel == "auto":
            kernel = "exponential" if self.keep is None else "uniform"
        return MaskPlan(
            keep=self.keep,
            kernel=kernel_function(kernel),
            width=self.kernel_width,
            metric="cosine" if self.metric == "auto" else self.metric,
            n_perturbations=self._n_perturbations(),
            n_replicates=self.n_replicates,
            seed=self._seed,
            control_variates=self.control_variates,
            surrogate=self.surrogate,
            has_errors=with_errors,
            on_error=self.on_error,
        )

    def _explained(self, X, with_errors=True):
        texts, labels, codec_of = self._documents(X)
        splits = [self._split(text) for text in texts]
        responders = self._responders(codec_of, len(texts))
        known = self._predicted_classes(responders, texts, is_reported=with_errors)
        results = explain_instances(
            self._tasks(splits, responders, known, with_errors),
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        warn_unreliable(results, labels, self._response.name)
        predicted = np.array([self._predicted(*pair) for pair in zip(results, known)])
        shared = self._shared_facts()
        indices = zip(predicted, *self._explained_in(predicted))
        n_responses = len(self._response.outputs)
        explanations = [
            _explanation(split, result, label, n_responses, *chosen, shared)
            for split, result, label, chosen in zip(splits, results, labels, indices)
        ]
        return TextExplanationBatch(explanations, shared)

    def _responders(self, codec_of, n_documents):
        """Return what asks the model about each document: in its own row, where there are rows."""
        asker = replace(self._asker, reports_failures=self.on_error == "warn")
        if self.column is None:
            return [asker] * n_documents
        return [replace(asker, codec=codec_of(index)) for index in range(n_documents)]

    def _tasks(self, splits, responders, known, with_errors):
        """Yield what the engine is told of each document."""
        plan, path = self._plan(with_errors), None
        if self.column is None and responders:
            path = CountPath.of(responders[0])
        for split, response, predicted in zip(splits, responders, known):
            instance, respond = instance_and_responder(split, response, path, self.mask_token)
            output_of = partial(self._answer_index, predicted)
            yield plan, instance, respond, *self._selector(split.n_parts), output_of

    def _answer_index(self, predicted, answers):
        """Return which columns of the answers about a document are explained."""
        if answers is None:
            predicted = -1
        elif predicted is None:
            predicted = self._response.largest(answers[None])[0]
        return self._answers_to(*self._explained_in(np.array([predicted])))[0]

    def _predicted(self, result, known):
        """Return the predicted class of a document; -1 where it has none."""
        if result.failure is not None:
            return -1
        return self._response.largest(result.responses[None])[0] if known is None else known

    def _predicted_classes(self, responders, texts, *, is_reported):
        """Return the predicted class of each document; unasked where nothing depends on it."""
        if self._chosen is not None and not is_reported:
            return [-1] * len(texts)
        if self.column is None:
            return predicted_classes(responders[0], texts)
        return [predicted_classes(response, [text])[0] for response, text in zip(responders, texts)]

    def _shared_facts(self):
        """Return what all explanations of a batch have in common."""
        return {
            **self._facts_of_outputs(),
            "n_replicates": self.n_replicates,
            "baseline": "removed",
            # A mask decides on the text: there is nothing else that could vary.
            "fidelity_is_bound": False,
            "settings": ExplainerSettings(
                link=self.link,
                keep=None if self.keep is None else float(self.keep),
                penalty=penalty_text(self.surrogate),
            ),
        }

    def __sklearn_tags__(self):
        """Return tags that follow the model; the input is texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = self.column is not None
        tags.input_tags.one_d_array = self.column is None
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = False
        return tags


def _explanation(split, result, label, n_responses, predicted, output_index, opposed_index, shared):
    """Pack what was computed about a document."""
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
        converged=True,
        failure=result.failure,
        fidelity_failures=result.fidelity_failures,
        row_label=label,
        internals=internals,
        **description,
        **facts,
    )


def _n_table_columns(model):
    """Return on how many columns a model was fitted; None for a model of texts or a function."""
    if type(model) is Pipeline:
        # A pipeline asks its first step, which has no answer where it lets everything through.
        steps = (step for _, step in model.steps if step is not None and step != "passthrough")
        model = next(steps, None)
    return getattr(model, "n_features_in_", None)


def _speaks_of_numbers(error):
    """Tell whether an error of scikit-learn is that of a text where numbers are wanted."""
    return any(words in str(error) for words in _ONLY_NUMBERS)


def _first_line(error):
    return str(error).strip().partition("\n")[0].rstrip(":.")
