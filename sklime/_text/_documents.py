"""Documents and the model: how each is asked about, which class is predicted, what to warn of."""

from sklime._responses._failures import ModelError
from sklime._text._instance import CountedDocument, DocumentInstance
from sklime.utils._text import listed
from sklime.utils._warnings import warn

__all__ = ["instance_and_responder", "predicted_classes", "warn_unreliable"]

# Below this, weights rest on a handful of masks.
MIN_EFFECTIVE_SAMPLE_SIZE = 10.0


def instance_and_responder(split, response, count_path, mask_token):
    """Return a document as an instance of parts, and what the engine asks about its copies.

    Parameters
    ----------
    split : SplitDocument
        The document in pieces.

    response : DocumentResponse
        Asks the whole model.

    count_path : CountPath or None
        The way around its vectorizer, where there is one.

    mask_token : str or None
        What stands for a removed token.

    Returns
    -------
    instance : DocumentInstance
        The document.

    respond : ModelResponse
        Asks about its copies.
    """
    counts = None
    if count_path is not None and mask_token is None and split.n_parts:
        counts = count_path.counts_of(split)
    if counts is None:
        return DocumentInstance(split, mask_token), response
    return CountedDocument(split, count_path, counts), count_path.response


def predicted_classes(response, texts):
    """Return which class is predicted for each document.

    Parameters
    ----------
    response : DocumentResponse
        Asks the model, and reports its failures where the user wants to go on.

    texts : list of str
        Documents.

    Returns
    -------
    indices : list of int or None
        `None` where ``predict`` is not what says it; -1 where the model fails.
    """
    if not response.asks_predict:
        return [None] * len(texts)
    try:
        return response.predicted_indices(texts).tolist()
    except ModelError:
        if len(texts) == 1:
            return [-1]
    return [index for text in texts for index in predicted_classes(response, [text])]


def warn_unreliable(results, labels, model_name):
    """Warn of documents whose explanation is missing or rests on too little.

    Parameters
    ----------
    results : list of ExplainedDocument
        What was computed.

    labels : ndarray of shape (n_documents,)
        What the user calls the documents.

    model_name : str
        What to call the model.
    """
    failed = [index for index, result in enumerate(results) if result.failure is not None]
    if failed:
        warn(
            f"{model_name} failed on documents {listed(labels[failed])}, whose explanations are "
            f"NaN. The first time: {results[failed[0]].failure}",
            RuntimeWarning,
        )
    # Of all masks that there are, few are enough.
    few = [
        index
        for index, result in enumerate(results)
        if not result.is_thin
        and result.effective_sample_size < (0.5 if result.is_exact else MIN_EFFECTIVE_SAMPLE_SIZE)
    ]
    if few:
        least = min(results[index].effective_sample_size for index in few)
        warn(
            f"Documents {listed(labels[few])} have an effective sample size below "
            f"{MIN_EFFECTIVE_SAMPLE_SIZE:.0f} texts (the least is {least:.3g}), too few to rest "
            "weights on. Raise kernel_width.",
            UserWarning,
        )
