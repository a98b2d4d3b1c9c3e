"""How far weights move with other perturbed rows, on matplotlib."""

import numpy as np
from sklearn.base import clone

from sklime.display._aligned import aligned
from sklime.display._axes import (
    axes_for,
    draw_strips,
    explanation_title,
    figure_width,
    set_names,
    set_title,
    weight_label,
)
from sklime.display._bars import one_row
from sklime.display._counts import check_max_features, shown_and_rest
from sklime.display._names import output_sides
from sklime.display._words import words_of
from sklime.utils._text import counted

__all__ = ["LimeStabilityDisplay"]

INCHES_PER_STRIP = 0.42


class LimeStabilityDisplay:
    """The weights of one row over several seeds, one dot a run.

    It is recommended to use `from_estimator` or `from_explanations` to make one. The black tick
    is the mean over all runs; a run that did not select a feature has a dot at zero.

    Parameters
    ----------
    labels : sequence of str
        Names of the features, the largest mean first.

    weights : ndarray of shape (n_strips, n_runs)
        Weights; 0 where not selected.

    title : str, default=""
        Title of the axes.

    xlabel : str, default="weight"
        Label of the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where it was drawn.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    dots_ : list of matplotlib.collections.PathCollection
        One a feature.

    ticks_ : matplotlib.collections.LineCollection
        The means.

    See Also
    --------
    LimeExplanationDisplay : One run, with intervals.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeStabilityDisplay
    >>> LimeStabilityDisplay(["age"], np.array([[0.2, 0.21, 0.19]])).labels
    ['age']
    """

    def __init__(self, labels, weights, *, title="", xlabel="weight"):
        self.labels = labels
        self.weights = weights
        self.title = title
        self.xlabel = xlabel

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        background,
        y=None,
        row=0,
        random_states=range(10),
        output=None,
        max_features=10,
        **kwargs,
    ):
        """Explain one row with several seeds, and draw the weights.

        Parameters
        ----------
        estimator : explainer
            Such as `LimeTabularExplainer`; it is cloned, and stays as it is.

        X : {array-like, DataFrame} of shape (n_samples, n_features), or list of str
            What holds the row.

        background : {array-like, DataFrame} or list of str
            What the explainer is fitted on, once a seed.

        y : array-like, default=None
            Labels of the background, for what learns from labels.

        row : int, default=0
            Index of the row.

        random_states : iterable of int, default=range(10)
            Seeds, one a run.

        output : label, str or int, default=None
            Which output; see `Explanation.as_list`.

        max_features : int, default=10
            Most strips, at least 1; `None` is all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeStabilityDisplay
            The display.
        """
        check_max_features(max_features)
        explanations = [
            clone(estimator)
            .set_params(random_state=seed)
            .fit(background, y)
            .explain(one_row(X, row))[0]
            for seed in random_states
        ]
        return cls.from_explanations(
            explanations, output=output, max_features=max_features, **kwargs
        )

    @classmethod
    def from_explanations(cls, explanations, *, output=None, max_features=10, **kwargs):
        """Draw several explanations of the same row.

        Parameters
        ----------
        explanations : sequence of Explanation
            One a run.

        output : label, str or int, default=None
            Which output; see `Explanation.as_list`.

        max_features : int, default=10
            Most strips, at least 1; `None` is all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeStabilityDisplay
            The display.
        """
        if not len(explanations):
            raise ValueError("explanations is empty; pass one explanation of the row a run.")
        indices = [explanation._output_index(output) for explanation in explanations]
        lines = aligned(explanations, indices)
        weights = np.nan_to_num(lines.weights)
        order = np.argsort(-np.abs(weights).mean(axis=1), kind="stable")
        shown, rest = shown_and_rest(order, max_features)
        first, index = explanations[0], indices[0]
        runs = f"{counted(len(explanations), 'run')}; tick: mean"
        if rest.size:
            runs += f"; {counted(rest.size, 'weaker feature')} not drawn"
        return cls(
            [lines.labels[feature] for feature in shown],
            weights[shown],
            title=f"{explanation_title(first, index).splitlines()[0]}\n{runs}",
            xlabel=weight_label(
                first.is_classification, *output_sides(first, index), words_of(first).quantity
            ),
        ).plot(**kwargs)

    def plot(self, ax=None, *, dot_kwargs=None):
        """Draw the strips.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure whose size follows the number of strips.

        dot_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.scatter`.

        Returns
        -------
        display : LimeStabilityDisplay
            Itself.
        """
        size = figure_width(self.labels), 1.5 + INCHES_PER_STRIP * max(len(self.labels), 1)
        self.ax_ = axes_for(ax, size)
        self.figure_ = self.ax_.figure
        means = np.asarray(self.weights).mean(axis=1)
        self.dots_, self.ticks_ = draw_strips(
            self.ax_, self.weights, means, dot_kwargs={"s": 16} | (dot_kwargs or {})
        )
        set_names(self.ax_, self.labels)
        self.ax_.set_xlabel(self.xlabel, parse_math=False)
        set_title(self.ax_, self.title)
        return self
