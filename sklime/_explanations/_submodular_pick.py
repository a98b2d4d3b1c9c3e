"""Submodular pick: a few explanations that together cover the reasons of the model."""

from math import fsum
from numbers import Integral
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from sklime._explanations._base import BaseExplanationBatch
from sklime._explanations._global import used_items
from sklime.utils._frames import column_names
from sklime.utils._picks import greedy_picks
from sklime.utils._sklearn import Interval, StrOptions, fit_context
from sklime.utils._types import ObjectArray

__all__ = ["SubmodularPick"]


class SubmodularPick(BaseEstimator):
    """Pick a few explanations that together show most of what moves the model.

    Each item, a rule such as ``"25 < age <= 37"`` or a feature, is as important as the root of its
    summed absolute weights. A set of rows covers the items with a weight in at least one of them.
    Rows are picked greedily, each for the importance that it adds [1]_. The picks cover at least
    ``1 - 1/e`` of what the best set of as many rows covers [2]_. Gains are computed again only
    where they may still be the largest [3]_.

    Nothing is random: of rows that add the same, the first is picked.

    Parameters
    ----------
    n_picks : int, default=5
        Maximum number of rows to pick. Picking ends early when no row adds anything.

    on : {"auto", "rules", "features"}, default="auto"
        Items to cover. "rules" counts each condition separately, so rows of old and of young
        people are both shown. "features" counts a feature as shown, whatever its value. "auto" is
        "rules" for explanations, "features" for a matrix, which holds no rules.

    output : label, str or int, default=None
        Explained output whose weights count, by name or class label; `None` adds up the
        absolute weights of all outputs.

    Attributes
    ----------
    indices_ : ndarray of int of shape (n_picked,)
        Indices of the picked rows, in the order of picking; at most `n_picks`.

    coverage_ : ndarray of shape (n_picked,)
        Share of the importance of all items of all rows that the picks cover so far, in
        (0, 1].

    importances_ : ndarray of shape (n_items,)
        Root of the summed absolute weights of each item.

    names_ : ndarray of str of shape (n_items,)
        Rules or features.

    n_features_in_ : int
        Number of columns, where `fit` was given a matrix.

    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the columns, where `fit` was given a frame.

    See Also
    --------
    ExplanationBatch.mean_abs_weights : How strong the features are, with intervals.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin (2016). "Why should I trust you?", section 4.
       doi:10.1145/2939672.2939778
    .. [2] Nemhauser, Wolsey, Fisher (1978). An analysis of approximations for maximizing
       submodular set functions. doi:10.1007/BF01588971
    .. [3] Minoux (1978). Accelerated greedy algorithms for maximizing submodular set
       functions. doi:10.1007/BFb0006528

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from sklime import LimeTabularExplainer, SubmodularPick
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = HistGradientBoostingRegressor(random_state=0)
    >>> explainer = LimeTabularExplainer(model, max_features=3, random_state=0).fit(X, y)
    >>> batch = explainer.explain(X.head(50))

    Pick three of the fifty rows, and print the share of the importance that they cover.

    >>> pick = SubmodularPick(n_picks=3).fit(batch)
    >>> picked = batch[pick.indices_]
    >>> len(picked), round(float(pick.coverage_[-1]), 2)
    (3, 0.54)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_picks": [Interval(Integral, 1, None, closed="left")],
        "on": [StrOptions({"auto", "rules", "features"})],
        "output": "no_validation",
    }

    def __init__(
        self,
        n_picks: int = 5,
        *,
        on: Literal["auto", "rules", "features"] = "auto",
        output: Any = None,
    ) -> None:
        self.n_picks = n_picks
        self.on = on
        self.output = output

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Pick rows.

        Parameters
        ----------
        X : ExplanationBatch, or {array-like, sparse matrix} of shape (n_rows, n_features)
            Explanations, or weights as `transform` returns them. Rows that have no
            explanation, with weights of NaN, are never picked.

        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted pick.

        Raises
        ------
        ValueError
            If a matrix is to be picked from by rules or by output, or the batch does not
            explain the output, or explains pictures that differ in their segments.
        """
        if isinstance(X, BaseExplanationBatch):
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(self, name):
                    delattr(self, name)
            by_rules = self.on != "features"
            strengths, self.names_ = used_items(X, by_rules=by_rules, output=self.output)
        else:
            strengths, self.names_ = self._columns(X)
        self.importances_ = np.sqrt(np.asarray(strengths.sum(axis=0)).ravel())
        self.indices_, covered = greedy_picks(strengths, self.importances_, self.n_picks)
        # Without any weight there is no pick, and the sum is 0.
        self.coverage_ = covered / (fsum(self.importances_) or 1.0)
        return self

    def _columns(self, X: Any) -> tuple[sparse.csr_array, ObjectArray]:
        """Return the absolute weights of a matrix, and the names of its columns."""
        needs_batch = {"on": self.on if self.on == "rules" else None, "output": self.output}
        for name, value in needs_batch.items():
            if value is not None:
                raise ValueError(
                    f"{name}={value!r} needs explanations, as explain returns them: a matrix of "
                    "weights has columns only."
                )
        # Read before the frame becomes an array; validate_data keeps names of texts only.
        names = column_names(X) if hasattr(X, "columns") else None
        X = validate_data(
            self, X, accept_sparse="csr", dtype=np.float64, ensure_all_finite="allow-nan"
        )
        strengths = abs(sparse.csr_array(X))
        strengths.data[np.isnan(strengths.data)] = 0.0
        strengths.eliminate_zeros()
        names = names or [f"x{index}" for index in range(X.shape[1])]
        return strengths, np.array(names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        """Return tags: sparse matrices and missing weights are accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags
