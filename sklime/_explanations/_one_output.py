"""An explanation, or a batch, of one of its explained outputs alone."""

from dataclasses import replace
from typing import Any

from sklime._explanations._internals import Internals

__all__ = ["of_output"]


def of_output(explanation: Any, index: int) -> dict[str, Any]:
    """Return the fields of an explanation that depend on the explained output, for one of them.

    Parameters
    ----------
    explanation : Explanation, TextExplanation or ExplanationBatch
        One explanation, or rows that share their features.

    index : int
        Index of the explained output in the arrays.

    Returns
    -------
    fields : dict
        New values by name: arrays with one output, its name, and the internals.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklime import LimeTabularExplainer
    >>> from sklime._explanations._one_output import of_output
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegression(max_iter=1000).fit(X, y)
    >>> batch = LimeTabularExplainer(model, random_state=0).fit(X).explain(X[:2])
    >>> fields = of_output(batch, 2)
    >>> fields["output_names"], fields["predictions"].shape
    ((2,), (2, 1))
    """
    names = ("predictions", "fidelity_failures")
    return {
        **{name: getattr(explanation, name)[..., [index]] for name in names},
        "output_names": (explanation.output_names[index],),
        "internals": _internals_of_output(explanation.internals, index),
    }


def _internals_of_output(internals: Internals, index: int) -> Internals:
    pairs = internals.pairs
    if pairs is not None:
        names = ("values", "fidelity", "fidelity_with_pairs")
        pairs = replace(pairs, **{name: getattr(pairs, name)[..., [index]] for name in names})
    return replace(
        internals,
        # All arrays of a fit have the outputs as their last axis.
        fit=internals.fit.mapped(lambda array: array[..., [index]]),
        output_index=internals.output_index[..., [index]],
        opposed_index=internals.opposed_index[..., [index]],
        pairs=pairs,
    )
