"""The weights of one explanation as bars, on matplotlib."""

import numpy as np

from sklime.display._names import middle_cut
from sklime.display._numbers import (
    decimals_for,
    fidelity_word,
    signed_text,
    strongest_first,
    value_beside,
)

__all__ = ["LimeExplanationDisplay"]

RAISES = "#c2570c"
LOWERS = "#2f78c4"
BAR_HEIGHT = 0.62
INCHES_A_BAR = 0.34


class LimeExplanationDisplay:
    """Bars of the weights of one explanation, with their 95 % intervals.

    It is recommended to use `from_explanation` or `Explanation.plot` to make one. A hollow
    bar has an interval that contains zero.

    Parameters
    ----------
    labels : sequence of str
        One a bar, strongest first.

    weights : ndarray of shape (n_bars,)
        Weights, in units of the response.

    ci_low, ci_high : ndarray of shape (n_bars,)
        Ends of the intervals; NaN for none.

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

    bars_ : matplotlib.container.BarContainer
        The bars.

    texts_ : list of matplotlib.text.Text
        The weights beside the bars.

    See Also
    --------
    Explanation.plot : Makes and draws one.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeExplanationDisplay
    >>> display = LimeExplanationDisplay(
    ...     ["age > 37"], np.array([0.2]), np.array([0.1]), np.array([0.3])
    ... )
    >>> display.labels
    ['age > 37']
    """

    def __init__(self, labels, weights, ci_low, ci_high, *, title="", xlabel="weight"):
        self.labels = labels
        self.weights = weights
        self.ci_low = ci_low
        self.ci_high = ci_high
        self.title = title
        self.xlabel = xlabel

    @classmethod
    def from_explanation(cls, explanation, *, output=None, max_features=10, ax=None):
        """Draw an explanation.

        Parameters
        ----------
        explanation : Explanation
            What to draw.

        output : label, str or int, default=None
            Which output; see `Explanation.as_list`.

        max_features : int, default=10
            Most bars; the other features are summed up in one more.

        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure.

        Returns
        -------
        display : LimeExplanationDisplay
            The display.
        """
        place = explanation._output_place(output)
        weights = explanation.values[:, place]
        order = strongest_first(weights, explanation.selected[:, place])
        shown, rest = order[:max_features], order[max_features:]
        low, high = (ends[shown, place] for ends in explanation.confidence_intervals())
        labels = [_label(explanation, feature) for feature in shown]
        bars = weights[shown]
        if rest.size:
            labels.append(f"{rest.size} other feature{'s' if rest.size > 1 else ''}")
            bars = np.append(bars, weights[rest].sum())
            low, high = np.append(low, np.nan), np.append(high, np.nan)
        display = cls(
            labels,
            bars,
            low,
            high,
            title=_title(explanation, place),
            xlabel=_xlabel(explanation, place),
        )
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure whose size follows the number of bars.

        Returns
        -------
        display : LimeExplanationDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            height = 1.5 + INCHES_A_BAR * max(len(self.weights), 1)
            _, ax = plt.subplots(figsize=(7.5, height), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        places = np.arange(len(self.weights))
        colors = np.where(self.weights >= 0.0, RAISES, LOWERS)
        hollow = (self.ci_low < 0.0) & (self.ci_high > 0.0)
        self.bars_ = ax.barh(
            places,
            self.weights,
            height=BAR_HEIGHT,
            color=np.where(hollow, "none", colors),
            edgecolor=colors,
            linewidth=1.5,
        )
        self._draw_intervals(places)
        self._draw_texts(places)
        ax.axvline(0.0, color="0.2", linewidth=0.8)
        ax.set_yticks(places)
        for tick, label in zip(ax.set_yticklabels(self.labels), self.labels):
            tick.set_parse_math(False)
            tick.set_text(label)
        ax.invert_yaxis()
        ax.set_xlabel(self.xlabel, parse_math=False)
        ax.set_title(self.title, loc="left", fontsize="medium", parse_math=False)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        return self

    def _draw_intervals(self, places):
        known = ~np.isnan(self.ci_low)
        if known.any():
            weights = self.weights[known]
            ends = np.abs(np.vstack([weights - self.ci_low[known], self.ci_high[known] - weights]))
            self.errorbars_ = self.ax_.errorbar(
                weights,
                places[known],
                xerr=ends,
                fmt="none",
                ecolor="0.1",
                capsize=3,
                linewidth=1.2,
            )

    def _draw_texts(self, places):
        decimals = decimals_for(self.weights)
        is_right = self.weights >= 0.0
        tips = np.where(
            is_right,
            np.fmax(self.weights, self.ci_high),
            np.fmin(self.weights, self.ci_low),
        )
        self.texts_ = [
            self.ax_.annotate(
                signed_text(weight, decimals),
                (tip, place),
                xytext=(5 if right else -5, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                va="center",
                fontsize="small",
            )
            for weight, tip, place, right in zip(self.weights, tips, places, is_right)
        ]
        span = max(np.max(tips, initial=0.0) - np.min(tips, initial=0.0), 1e-12)
        # Room for the texts beyond the tips.
        left = np.min(tips, initial=0.0) - (0.16 * span if (tips < 0).any() else 0.02 * span)
        right = np.max(tips, initial=0.0) + (0.16 * span if (tips > 0).any() else 0.02 * span)
        self.ax_.set_xlim(left, right)


def _label(explanation, feature):
    name = explanation.feature_names[feature]
    condition = explanation.conditions[feature].replace(name, middle_cut(name))
    value = value_beside(explanation, feature)
    return f"{condition}  (= {value})" if value else condition


def _title(explanation, place):
    model, surrogate = explanation.predictions[place], explanation.local_predictions[place]
    decimals = decimals_for([model, surrogate])
    model = signed_text(model, decimals, always_signed=False)
    surrogate = signed_text(surrogate, decimals, always_signed=False)
    fidelity = explanation.fidelity[place]
    quality = f"{signed_text(fidelity, 2, always_signed=False)} ({fidelity_word(fidelity)})"
    title = f"row {explanation.row_labels}"
    if explanation.is_classification:
        title += f": model predicts {explanation.predicted_class}"
    return f"{title}\nmodel {model}, surrogate {surrogate}, held-out R\N{SUPERSCRIPT TWO} {quality}"


def _xlabel(explanation, place):
    down, up = "\N{BLACK LEFT-POINTING TRIANGLE}", "\N{BLACK RIGHT-POINTING TRIANGLE}"
    if not explanation.is_classification:
        return f"weight: {down} lowers, raises {up}"
    name = middle_cut(str(explanation.explained_names()[place]), 24)
    return f"weight: {down} away from {name}, toward {name} {up}"
