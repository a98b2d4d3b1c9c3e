"""Documents and the model: responses, warnings."""

from collections.abc import Sequence

from sklime._masks import ExplainedInstance, warn_failed
from sklime._responses._response import ModelResponse
from sklime._surrogates._evidence import MIN_EFFECTIVE_SAMPLE_SIZE
from sklime._text._instance import CountedDocument, DocumentInstance
from sklime._text._response import CountPath, DocumentResponse
from sklime._text._tokens import SplitDocument
from sklime.utils._text import listed
from sklime.utils._types import Array
from sklime.utils._warnings import warn

__all__ = ["instance_and_responder", "warn_unreliable"]


def instance_and_responder(
    split: SplitDocument,
    response: DocumentResponse,
    count_path: CountPath | None,
    mask_token: str | None,
) -> tuple[DocumentInstance, ModelResponse]:
    """Return a document as an instance of parts, and the responses of the model to its copies.

    Parameters
    ----------
    split : SplitDocument
        The document in pieces.

    response : DocumentResponse
        Responses of the whole model.

    count_path : CountPath or None
        Path around the vectorizer of the model, if there is one.

    mask_token : str or None
        Replacement of a removed token.

    Returns
    -------
    instance : DocumentInstance
        The document.

    respond : ModelResponse
        Responses to its copies.
    """
    counts = None
    if count_path is not None and mask_token is None and split.n_parts:
        counts = count_path.counts_of(split)
    if count_path is None or counts is None:
        return DocumentInstance(split, mask_token), response
    return CountedDocument(split, count_path, counts), count_path.response


def warn_unreliable(results: Sequence[ExplainedInstance], labels: Array, model_name: str) -> None:
    """Warn of documents whose explanation is missing or unreliable.

    Parameters
    ----------
    results : sequence of ExplainedInstance
        Explained documents.

    labels : ndarray of shape (n_documents,)
        Labels of the documents.

    model_name : str
        Name of the model in messages.
    """
    warn_failed(results, labels, model_name, "documents")
    # If all masks of a short document are used, few masks are enough.
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
