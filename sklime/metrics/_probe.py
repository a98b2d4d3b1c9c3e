"""Ask the model of an explainer about rows with some values replaced."""

from dataclasses import dataclass, replace

import numpy as np

from sklime._responses._response import ModelResponse
from sklime._tables._encoding import TabularEncoder
from sklime._tables._explainer import LimeTabularExplainer
from sklime.neighborhoods import base_points
from sklime.utils._random import draw_seed

__all__ = ["Probe", "check_tabular", "read_rows"]

# Bounds on one call of the model, in rows and in numbers of eight bytes.
_MAX_MODEL_ROWS = 2**16
_MAX_CELLS = 2**22


@dataclass(frozen=True)
class Probe:
    """What it takes to ask a model about changed rows.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Explained rows as floats.

    explained : ndarray of int of shape (n_rows, n_outputs)
        Which columns of the answers are explained.

    predictions : ndarray of shape (n_rows, n_outputs)
        Responses of the model at the rows.

    response : ModelResponse
        Asks the model.

    encoder : TabularEncoder
        Bins and standard scores.

    draws : ndarray of shape (n_draws, n_features)
        Values to put in, from the background of the explainer.

    uniforms : ndarray of shape (n_draws, n_features)
        Independent of the draws, in (0, 1).
    """

    rows: np.ndarray
    explained: np.ndarray
    predictions: np.ndarray
    response: ModelResponse
    encoder: TabularEncoder
    draws: np.ndarray
    uniforms: np.ndarray

    @classmethod
    def of(cls, batch, explainer, X, n_draws, random_state):
        """Read a table, and draw what to put in.

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
            What they are drawn from.

        Returns
        -------
        probe : Probe
            The probe.
        """
        rows, response = read_rows(explainer, X)
        if len(rows) != len(batch):
            raise ValueError(
                f"The batch explains {len(batch)} rows, X has {len(rows)}; pass the table that "
                "was explained."
            )
        background = explainer.background_
        n_dimensions = background.n_dimensions_ + rows.shape[1]
        seed = draw_seed(random_state)
        points = base_points(n_draws, n_dimensions, 1, seed=seed)
        draws = background.sample(points[:, : background.n_dimensions_])
        uniforms = points[:, background.n_dimensions_ :]
        columns = explainer._answers_to(batch.explained, batch.opposed)
        return cls(rows, columns, batch.predictions, response, explainer._encoder, draws, uniforms)

    def mean_responses(self, n_states, is_replaced):
        """Ask about rows in several states of replacement, averaged over the draws.

        Parameters
        ----------
        n_states : int
            Number of states of each row.

        is_replaced : callable
            From indices of rows and of states, both of shape (n,), to booleans of shape
            (n, n_features): which values are drawn anew. Columns that the explainer holds keep
            the row's value all the same.

        Returns
        -------
        responses : ndarray of shape (n_rows, n_states, n_outputs)
            Mean response of the explained outputs.
        """
        n_rows, n_features = self.rows.shape
        n_draws = len(self.draws)
        step = max(1, min(_MAX_MODEL_ROWS, _MAX_CELLS // n_features) // n_draws)
        means = []
        for start in range(0, n_rows * n_states, step):
            row, state = divmod(np.arange(start, min(start + step, n_rows * n_states)), n_states)
            replaced = (is_replaced(row, state) & self.encoder.can_change)[:, None, :]
            changed = np.where(replaced, self.draws, self.rows[row][:, None, :])
            answers = self.response(changed.reshape(-1, n_features))
            answers = answers.reshape(len(row), n_draws, -1).mean(axis=1)
            means.append(np.take_along_axis(answers, self.explained[row], axis=1))
        return np.concatenate(means).reshape(n_rows, n_states, -1)

    def differences(self, keep, baseline):
        """Ask about rows that keep each value with some probability, and held ones always.

        Parameters
        ----------
        keep : float
            Probability, in (0, 1).

        baseline : {"background", "other"}
            What weights compare with.

        Yields
        ------
        chunk : slice
            Indices of rows.

        lost : ndarray of shape (n_chunk, n_draws, n_features)
            By how many times each weight the response should fall. Of contributions, which are
            what a drawn value costs on average: whether a value was drawn. Of contrasts: the
            encoding of the rows minus that of the changed rows.

        fall : ndarray of shape (n_chunk, n_draws, n_outputs)
            Response at the rows minus that at the changed rows.
        """
        n_rows, n_features = self.rows.shape
        n_draws = len(self.draws)
        step = max(1, min(_MAX_MODEL_ROWS, _MAX_CELLS // n_features) // n_draws)
        is_drawn = (self.uniforms >= keep) & self.encoder.can_change
        for start in range(0, n_rows, step):
            chunk = slice(start, start + step)
            rows = self.rows[chunk]
            changed = np.where(is_drawn, self.draws, rows[:, None, :])
            answers = self.response(changed.reshape(-1, n_features))
            answers = answers.reshape(len(rows), n_draws, -1)
            answers = np.take_along_axis(answers, self.explained[chunk][:, None, :], axis=2)
            if baseline == "background":
                lost = np.broadcast_to(is_drawn.astype(float), changed.shape)
            else:
                instance = self.encoder.represent(rows)
                Z = self.encoder.encode(self.encoder.represent(changed), instance)
                lost = self.encoder.instance_encoding(instance)[:, None, :] - Z
            yield chunk, lost, self.predictions[chunk][:, None, :] - answers


def check_tabular(explainer):
    """Check that an explainer is fitted and explains tables.

    Parameters
    ----------
    explainer : BaseLimeExplainer
        Explainer.
    """
    if not isinstance(explainer, LimeTabularExplainer):
        raise TypeError(
            "The model is asked about rows of a table, through the background of a "
            f"LimeTabularExplainer; got a {type(explainer).__name__}."
        )
    explainer._check_ready()


def read_rows(explainer, X):
    """Read a table as an explainer does.

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
        Asks the model about such rows.
    """
    check_tabular(explainer)
    _, rows, codec = explainer._read(X)
    return rows, replace(explainer._asker, codec=codec)
