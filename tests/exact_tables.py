"""Explanations the slow way: a regression on all combinations of the values of small tables."""

import itertools

import numpy as np
import pandas as pd

from sklime._surrogates._local_fit import FULL_SCATTER

__all__ = ["Enumerated", "discrete_frame", "discrete_matrix"]

# The weight of all perturbed rows together where the explained row has weight 1.
TOTAL = 5000.0


def discrete_matrix(seed=0, n_rows=60, n_columns=4, n_values=5, misses=False):
    """Columns of a few whole numbers, some missing."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, n_values, (n_rows, n_columns)).astype(float)
    if misses:
        X[::7, 0] = X[3::5, n_columns - 1] = np.nan
    return X


def discrete_frame(seed=0, n_rows=80):
    """Texts, categories and whole numbers, some missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "city": pd.Series(rng.choice(["Bonn", "Rome", "Oslo"], n_rows), dtype=object),
            "rooms": rng.integers(1, 6, n_rows).astype(float),
            "garden": pd.Categorical(rng.choice(["no", "small", "large"], n_rows)),
            "floor": rng.integers(0, 4, n_rows).astype(float),
        }
    )
    frame.loc[2::9, "city"] = None
    frame.loc[4::6, "floor"] = np.nan
    return frame


def _codes(values):
    """Numbers that tell values apart: equal for equal values, and for all missing ones."""
    return pd.factorize(values, use_na_sentinel=False)[0]


def _bins(column, value):
    """Bins of the values of a column of numbers, cut at quartiles, and the bin of one more."""
    known = column[~np.isnan(column)]
    cuts = np.unique(np.quantile(known, [0.25, 0.5, 0.75]))
    # Nothing lies above a cut at the largest value.
    cuts = cuts[cuts < known.max()]
    both = np.append(column, value)
    found = np.where(np.isnan(both), len(cuts) + 1, np.searchsorted(cuts, both))
    return found[:-1], found[-1]


class Enumerated:
    """All combinations of perturbed values of the columns of a table, with probabilities.

    Numbers are cut at quartiles, or are standard scores; other columns are levels. Columns of a
    group change together, and those of `fixed` never.
    """

    def __init__(self, X, *, keep=0.75, width=None, scores=(), groups=(), fixed=()):
        self.X = pd.DataFrame(X)
        self.keep, self.fixed = keep, set(fixed)
        self.scores = set(scores)
        grouped = {column for group in groups for column in group}
        self.parts, seen = [], set()
        for column in self.X.columns:
            if column not in seen:
                own = next((list(g) for g in groups if column in g), [column])
                self.parts.append(own)
                seen |= set(own)
        self.grouped = grouped
        self.width = width

    def part(self, part, row, keep):
        """Training rows whose values a part may take, their probabilities and encodings."""
        n = len(self.X)
        if part[0] in self.grouped:
            both = pd.concat([self.X, row.to_frame().T], ignore_index=True)[part]
            codes = np.array([_codes(both[column]) for column in part]).T
            encoding = (codes[:-1] == codes[-1]).all(axis=1).astype(float)
            own = 1.0
        else:
            values, value = self.X[part[0]], row[part[0]]
            if part[0] in self.scores:
                column = values.to_numpy(float)
                mean, scale = np.nanmean(column), np.nanstd(column)
                encoding = np.nan_to_num((column - mean) / scale)
                own = float(np.nan_to_num((float(value) - mean) / scale))
            elif pd.api.types.is_float_dtype(values):
                bins, own_bin = _bins(values.to_numpy(), value)
                encoding, own = (bins == own_bin).astype(float), 1.0
            else:
                codes = _codes(np.append(np.asarray(values, object), value))
                encoding, own = (codes[:-1] == codes[-1]).astype(float), 1.0
        keep = 1.0 if part[0] in self.fixed else keep
        codes = np.array([_codes(self.X[column]) for column in part])
        _, first, counts = np.unique(codes, axis=1, return_index=True, return_counts=True)
        index, p = np.append(first, n), np.append(counts / n * (1 - keep), keep)
        z = np.append(encoding[first], own)
        possible = p > 0.0
        return index[possible], p[possible], z[possible], own, encoding.mean()

    def population(self, predict, row):
        """Parts, and weights, encodings and responses of all combinations."""
        parts = [self.part(part, row, self.keep) for part in self.parts]
        index = np.array(list(itertools.product(*(p[0] for p in parts))))
        P = np.array(list(itertools.product(*(p[1] for p in parts)))).prod(axis=1)
        Z = np.array(list(itertools.product(*(p[2] for p in parts))))
        own = np.array([p[3] for p in parts])
        F = np.asarray(predict(self._table(row, index)), float)
        if self.width is not None:
            P = P * np.exp(-((Z - own) ** 2).sum(axis=1) / (2.0 * self.width**2))
        return parts, P, Z, F[:, None] if F.ndim == 1 else F

    def mask_function(self, predict, row):
        """Probabilities of all different encodings, the encodings, and the mean response there."""
        _, P, Z, F = self.population(predict, row)
        masks, which = np.unique(Z, axis=0, return_inverse=True)
        p = np.bincount(which.ravel(), P)
        v = np.stack([np.bincount(which.ravel(), P * f) for f in F.T], axis=1) / p[:, None]
        return p / p.sum(), masks, v

    def fidelity(self, predict, row, intercept, weights):
        """R2 of a linear fit of encodings on the mask function."""
        p, masks, v = self.mask_function(predict, row)
        fitted = intercept + masks @ weights
        return 1.0 - p @ (v - fitted) ** 2 / (p @ (v - p @ v) ** 2)

    def regression(self, predict, row, *, is_penalized=True, alpha=1.0):
        """Weights, intercept and both predictions at the row, with and without the row itself.

        Returns weights of shape (n_parts, n_outputs), the intercept, the fitted value at the row,
        the fitted value without the row, and the mean encodings of the background.
        """
        parts, P, Z, F = self.population(predict, row)
        own = np.array([p[3] for p in parts])
        f = np.asarray(predict(self._table(row, np.full((1, len(parts)), len(self.X)))), float)
        w = TOTAL * P
        with_row = np.vstack([Z, own]), np.vstack([F, f.reshape(1, -1)]), np.append(w, 1.0)
        coefficients, intercept = self._ridge(*with_row, is_penalized, alpha)
        other = self._ridge(Z, F, w, is_penalized, alpha)
        baselines = np.array([p[4] for p in parts])
        at_row = intercept + own @ coefficients
        return coefficients, intercept, at_row, other[1] + own @ other[0], baselines, own

    def _table(self, row, index):
        """The rows of the table that combinations of values of parts make."""
        columns = {}
        for number, part in enumerate(self.parts):
            for column in part:
                values = self.X[column]
                both = list(values) + [row[column]]
                if isinstance(values.dtype, pd.CategoricalDtype):
                    levels = values.cat.categories
                    columns[column] = pd.Categorical([both[i] for i in index[:, number]], levels)
                elif pd.api.types.is_float_dtype(values):
                    columns[column] = np.array(both, float)[index[:, number]]
                else:
                    chosen = np.array(both, object)[index[:, number]]
                    columns[column] = pd.Series(chosen, dtype=object)
        return pd.DataFrame(columns)[list(self.X.columns)]

    @staticmethod
    def _ridge(Z, F, w, is_penalized, alpha):
        """A weighted ridge regression with an intercept, whose penalty rare conditions lower."""
        z_mean, f_mean = w @ Z / w.sum(), w @ F / w.sum()
        centered = Z - z_mean
        scatter = (centered.T * w) @ centered
        diagonal = np.diag(scatter)
        changes = diagonal > 1e-9 * w.sum()
        penalty = alpha * np.minimum(diagonal / FULL_SCATTER, 1.0) if is_penalized else alpha
        system = scatter + np.diag(np.where(changes, penalty, 1.0))
        right = (centered.T * w) @ (F - f_mean)
        coefficients = np.where(changes[:, None], np.linalg.solve(system, right), 0.0)
        return coefficients, f_mean - z_mean @ coefficients
