"""Ask the model of an explainer about rows with some values replaced."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sklime._base import BaseLimeExplainer
from sklime._explanations._base import AnyBatch
from sklime._explanations._explanation import ExplanationBatch
from sklime._responses._response import ModelResponse
from sklime._tables._encoding import TabularEncoder
from sklime._tables._explainer import LimeTabularExplainer
from sklime.neighborhoods import base_points
from sklime.utils._random import draw_seed
from sklime.utils._text import listed
from sklime.utils._types import BoolArray, FloatArray, IntArray, RandomState

__all__ = ["Probe", "check_same_outputs", "check_tabular", "read_rows"]

# Bounds on one call of the model: rows, and numbers of eight bytes. Large
# calls suit fast models, and one copy of the rows takes at most 32 MiB.
_MAX_MODEL_ROWS = 2**16
_MAX_NUMBERS = 2**22


@dataclass(frozen=True)
class Probe:
    """Ask a model about rows with some values replaced by draws from the background.

    All rows get the same draws, and so do all explainers with the same background. The scores
    of two explainers are therefore compared on the same changed rows.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Explained rows as floats.

    explained : ndarray of int of shape (n_rows, n_outputs)
        Columns of the answers that are explained, row by row.

    predictions : ndarray of shape (n_rows, n_outputs)
        Responses of the model at the rows.

    response : ModelResponse
        Asks the model.

    encoder : TabularEncoder
        Bins and standard scores.

    draws : ndarray of shape (n_draws, n_features)
        Replacement values, from the background of the explainer.

    uniforms : ndarray of shape (n_draws, n_features)
        Uniform numbers in (0, 1), independent of the draws.
    """

    rows: FloatArray
    explained: IntArray
    predictions: FloatArray
    response: ModelResponse
    encoder: TabularEncoder
    draws: FloatArray
    uniforms: FloatArray

    @classmethod
    def of(
        cls,
        batch: ExplanationBatch,
        explainer: BaseLimeExplainer,
        X: Any,
        n_draws: int,
        random_state: RandomState,
    ) -> Self:
        """Read a table and draw the replacement values.

        Parameters
        ----------
        batch : ExplanationBatch
            Explanations of the rows.

        explainer : LimeTabularExplainer
            Fitted explainer.

        X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
            The rows.

        n_draws : int
            Number of draws from the background.

        random_state : int, RandomState instance or None
            Source of the draws.

        Returns
        -------
        probe : Probe
            The probe.
        """
        rows, response = read_rows(explainer, X)
        check_same_outputs(batch, explainer)
        if len(rows) != len(batch):
            raise ValueError(
                f"The batch explains {len(batch)} rows, X has {len(rows)}; pass the table that "
                "was explained."
            )
        background = explainer.background_
        # One point set for both: draws and uniform numbers are balanced against each other.
        n_dimensions = background.n_dimensions_ + rows.shape[1]
        seed = draw_seed(random_state)
        points = base_points(n_draws, n_dimensions, 1, seed=seed)
        draws = background.sample(points[:, : background.n_dimensions_])
        uniforms = points[:, background.n_dimensions_ :]
        columns = explainer._answers_to(batch.internals.output_index, batch.internals.opposed_index)
        return cls(rows, columns, batch.predictions, response, explainer._encoder, draws, uniforms)

    def mean_responses(
        self, n_states: int, is_replaced: Callable[[IntArray, IntArray], BoolArray]
    ) -> FloatArray:
        """Ask about rows in several states of replacement, averaged over the draws.

        Parameters
        ----------
        n_states : int
            Number of states of each row.

        is_replaced : callable
            Takes indices of rows and of states, both of shape (n,). Returns booleans of shape
            (n, n_features) that tell which values are replaced. Columns that the explainer
            holds (``fixed``) are never replaced.

        Returns
        -------
        responses : ndarray of shape (n_rows, n_states, n_outputs)
            Mean response of the explained outputs.
        """
        n_rows, n_features = self.rows.shape
        n_draws = len(self.draws)
        step = max(1, min(_MAX_MODEL_ROWS, _MAX_NUMBERS // n_features) // n_draws)
        means = []
        for start in range(0, n_rows * n_states, step):
            row, state = divmod(np.arange(start, min(start + step, n_rows * n_states)), n_states)
            replaced = (is_replaced(row, state) & self.encoder.can_change)[:, None, :]
            changed = np.where(replaced, self.draws, self.rows[row][:, None, :])
            answers = self.response(changed.reshape(-1, n_features))
            mean = answers.reshape(len(row), n_draws, -1).mean(axis=1)
            means.append(np.take_along_axis(mean, self.explained[row], axis=1))
        return np.concatenate(means).reshape(n_rows, n_states, -1)

    def differences(
        self, keep: float, baseline: str
    ) -> Iterator[tuple[slice, FloatArray, FloatArray]]:
        """Ask about rows that keep each value with some probability.

        Columns that the explainer holds (``fixed``) keep theirs always.

        Parameters
        ----------
        keep : float
            Probability, in (0, 1).

        baseline : {"background", "other", "shapley"}
            What the weights of the explanations compare with.

        Yields
        ------
        chunk : slice
            Indices of rows.

        lost : ndarray of shape (n_chunk, n_draws, n_features)
            Factor of each weight in the predicted fall of the response. A contribution
            (``baseline="background"``) and a Shapley value are average falls if the value is
            drawn anew, so their factor is 1 where the value was drawn and 0 elsewhere. The factor
            of a contrast is the encoding of the row minus that of the changed row.

        fall : ndarray of shape (n_chunk, n_draws, n_outputs)
            Response at the rows minus that at the changed rows.
        """
        n_rows, n_features = self.rows.shape
        n_draws = len(self.draws)
        step = max(1, min(_MAX_MODEL_ROWS, _MAX_NUMBERS // n_features) // n_draws)
        is_drawn = (self.uniforms >= keep) & self.encoder.can_change
        for start in range(0, n_rows, step):
            chunk = slice(start, start + step)
            rows = self.rows[chunk]
            changed = np.where(is_drawn, self.draws, rows[:, None, :])
            answers = self.response(changed.reshape(-1, n_features))
            answers = answers.reshape(len(rows), n_draws, -1)
            answers = np.take_along_axis(answers, self.explained[chunk][:, None, :], axis=2)
            if baseline in ("background", "shapley"):
                lost = np.broadcast_to(is_drawn.astype(float), changed.shape)
            else:
                instance = self.encoder.represent(rows)
                Z = self.encoder.encode(self.encoder.represent(changed), instance)
                lost = self.encoder.instance_encoding(instance)[:, None, :] - Z
            yield chunk, lost, self.predictions[chunk][:, None, :] - answers


def check_tabular(explainer: BaseLimeExplainer) -> None:
    """Check that an explainer is fitted and explains tables.

    Parameters
    ----------
    explainer : BaseLimeExplainer
        Explainer.
    """
    if not isinstance(explainer, LimeTabularExplainer):
        raise TypeError(
            "The model is called on rows of a table, through the background of a "
            f"LimeTabularExplainer; got a {type(explainer).__name__}."
        )
    explainer._check_ready()


def check_same_outputs(batch: AnyBatch, explainer: BaseLimeExplainer) -> None:
    """Check that the model of an explainer has the outputs that a batch explains.

    Responses are found by the place of their output: those of another model would be judged for
    an output that nobody has explained.

    Parameters
    ----------
    batch : ExplanationBatch, TextExplanationBatch or ImageExplanationBatch
        Explanations.

    explainer : BaseLimeExplainer
        Fitted explainer.

    Raises
    ------
    ValueError
        If the names of the outputs differ.
    """
    came = list(map(str, batch.response_names))
    own = list(map(str, explainer._response.known_outputs.names))
    if came != own:
        raise ValueError(
            f"The batch explains a model with the outputs {listed(came)}, and the model of the "
            f"explainer has {listed(own)}; pass the explainer that made the batch."
        )


def read_rows(explainer: BaseLimeExplainer, X: Any) -> tuple[FloatArray, ModelResponse]:
    """Read a table in the way the explainer reads it.

    Parameters
    ----------
    explainer : LimeTabularExplainer
        Fitted explainer.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The table.

    Returns
    -------
    rows : ndarray of shape (n_rows, n_features)
        The table as floats.

    response : ModelResponse
        Asks the model about rows in this form.
    """
    check_tabular(explainer)
    rows, codec = explainer._read(X)
    return rows, replace(explainer._asker, codec=codec)
