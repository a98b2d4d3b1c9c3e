"""What a model says of instances of parts: predicted classes, failures."""

from collections.abc import Sequence
from typing import Any

from sklime._masks._engine import ExplainedInstance
from sklime._responses._failures import ModelError
from sklime._responses._response import ModelResponse
from sklime.utils._text import listed
from sklime.utils._types import Array
from sklime.utils._warnings import warn

__all__ = ["known_classes", "warn_failed"]


def known_classes(response: ModelResponse, instances: list[Any]) -> list[int | None]:
    """Return the predicted class of each instance.

    Parameters
    ----------
    response : ModelResponse
        Responses of the model. With ``on_error="warn"`` it reports failures.

    instances : list
        Documents or pictures, as `response` takes them.

    Returns
    -------
    indices : list of int or None
        `None` if the class comes from the largest response, not from ``predict``; -1 if the
        model fails.
    """
    if not response.asks_predict:
        return [None] * len(instances)
    try:
        indices: list[int | None] = response.predicted_indices(instances).tolist()
        return indices
    except ModelError:
        if len(instances) == 1:
            return [-1]
    # The model failed on some of them: ask about each alone.
    return [index for one in instances for index in known_classes(response, [one])]


def warn_failed(
    results: Sequence[ExplainedInstance], labels: Array, model_name: str, noun: str
) -> None:
    """Warn of instances that the model could not answer, and of those without weights.

    Parameters
    ----------
    results : sequence of ExplainedInstance
        Explained instances.

    labels : ndarray of shape (n_instances,)
        Their labels.

    model_name : str
        Name of the model in messages.

    noun : str
        What the instances are, such as "pictures".
    """
    failed = [index for index, result in enumerate(results) if result.failure is not None]
    if failed:
        warn(
            f"{model_name} failed on {noun} {listed(labels[failed])}, whose explanations are NaN. "
            f"The first time: {results[failed[0]].failure}",
            RuntimeWarning,
        )
    thin = [index for index, one in enumerate(results) if one.is_thin and one.failure is None]
    if thin:
        warn(
            f"Nearly all copies of {noun} {listed(labels[thin])} keep all of their parts, so that "
            "all weights are 0. Raise n_perturbations, or pass a smaller keep.",
            UserWarning,
        )
