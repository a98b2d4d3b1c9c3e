"""What does each surrogate cost a row, and what does resampling add to the noise of weights?"""

from time import perf_counter

from _common import parse_arguments, print_environment, print_table, print_verdicts

# isort: split
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    Lars,
    Lasso,
    LinearRegression,
    Ridge,
    RidgeCV,
)
from sklearn.model_selection import GridSearchCV
from sklearn.svm import LinearSVR
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTabularExplainer

SURROGATES = {
    "Ridge": Ridge(),
    "LinearRegression": LinearRegression(),
    "Lasso": Lasso(alpha=0.001),
    "ElasticNet": ElasticNet(alpha=0.001),
    "BayesianRidge": BayesianRidge(),
    "RidgeCV": RidgeCV(),
    "HuberRegressor": HuberRegressor(max_iter=1000),
    "LinearSVR": LinearSVR(loss="squared_epsilon_insensitive", dual=False),
    "DecisionTree": DecisionTreeRegressor(max_depth=3),
    "Lars": Lars(),
    "GridSearchCV of Lasso": GridSearchCV(Lasso(), {"alpha": [0.001, 0.01]}),
}

N_TRIALS = 3

# Those that are solved from Gram matrices, and how many times faster than one by one at least.
SOLVED = ("Ridge", "Lasso", "ElasticNet")
REQUIRED_RATIO = 5.0

# Variance over seeds by that of the weighted fit, at most; root mean square of the standard
# errors by the standard deviation over seeds, within.
REQUIRED_NOISE = 1.2
REQUIRED_CALIBRATION = (0.85, 1.15)


class Refitted:
    """Mixed into a regressor, makes it one that Gram matrices are not known to solve."""


class RefittedRidge(Refitted, Ridge):
    """Ridge, fitted to the rows."""


class RefittedLasso(Refitted, Lasso):
    """Lasso, fitted to the rows."""


class RefittedElasticNet(Refitted, ElasticNet):
    """Elastic net, fitted to the rows."""


class WeightlessLeastSquares(LinearRegression):
    """Least squares that takes no weights, so that rows are resampled."""

    def fit(self, X, y):
        return super().fit(X, y)


REFITTED = {
    "Ridge": RefittedRidge(),
    "Lasso": RefittedLasso(alpha=0.001),
    "ElasticNet": RefittedElasticNet(alpha=0.001),
}


def smooth(X):
    """Answer at once, so that the time is the explainer's: a function of all columns."""
    return np.tanh((X - smooth.means) / smooth.scales @ smooth.slopes)


def milliseconds(surrogate, X, rows, n_perturbations, step):
    """Return the time of ``explain`` or ``transform`` a row, the best of three."""
    explainer = LimeTabularExplainer(
        smooth,
        method="sampling",
        surrogate=surrogate,
        n_perturbations=n_perturbations,
        n_jobs=1,
        random_state=0,
    ).fit(X)
    seconds = []
    for _ in range(N_TRIALS):
        start = perf_counter()
        getattr(explainer, step)(rows)
        seconds.append(perf_counter() - start)
    return 1e3 * min(seconds) / len(rows)


def noise(surrogate, X, rows, n_seeds):
    """Return the variance over seeds of each weight, and the mean of what is claimed for it."""
    batches = [
        LimeTabularExplainer(
            smooth,
            method="sampling",
            neighborhood="shared",
            n_perturbations=1024,
            surrogate=surrogate,
            max_features=None,
            random_state=seed,
        )
        .fit(X)
        .explain(rows)
        for seed in range(n_seeds)
    ]
    values = np.stack([batch.values for batch in batches])
    claimed = np.stack([batch.standard_errors for batch in batches])
    return values.var(axis=0, ddof=1).mean(), (claimed**2).mean()


def time_surrogates(X, arguments):
    """Print the milliseconds a row; return the verdicts."""
    lines, verdicts = [], []
    for name, surrogate in SURROGATES.items():
        n_rows = arguments.rows if name in (*SOLVED, "LinearRegression") else arguments.slow_rows
        times = {
            step: milliseconds(surrogate, X, X[:n_rows], arguments.perturbations, step)
            for step in ("transform", "explain")
        }
        one_by_one = "-"
        if name in SOLVED:
            one_by_one = milliseconds(
                REFITTED[name], X, X[: arguments.slow_rows], arguments.perturbations, "explain"
            )
            ratio = one_by_one / times["explain"]
            what = f"{name} from Gram matrices, times faster than one by one"
            verdicts.append((what, f"{ratio:.1f}", ratio >= REQUIRED_RATIO))
        lines.append([name, times["transform"], times["explain"], one_by_one])
    print_table(
        f"milliseconds a row, {arguments.perturbations} perturbations x {X.shape[1]} features",
        ["surrogate", "transform", "explain", "explain, one by one"],
        lines,
    )
    return verdicts


def measure_resampling(X, arguments):
    """Print the noise of weighted and of resampled least squares; return the verdicts."""
    weighted, claimed = noise(LinearRegression(), X, X[: arguments.noise_rows], arguments.seeds)
    resampled, claimed_too = noise(
        WeightlessLeastSquares(), X, X[: arguments.noise_rows], arguments.seeds
    )
    ratios = np.sqrt([claimed / weighted, claimed_too / resampled])
    print_table(
        "least squares on a shared neighborhood, exponential kernel, 1024 perturbations",
        ["fit", "variance over seeds", "standard error / deviation over seeds"],
        [["weighted", weighted, ratios[0]], ["resampled", resampled, ratios[1]]],
    )
    low, high = REQUIRED_CALIBRATION
    added = resampled / weighted
    return [
        ("variance, resampled / weighted", f"{added:.3f}", added <= REQUIRED_NOISE),
        ("standard errors, resampled", f"{ratios[1]:.3f}", low <= ratios[1] <= high),
    ]


def main():
    """Run both."""
    arguments = parse_arguments(
        __doc__,
        {
            "rows": 256,
            "slow_rows": 8,
            "perturbations": 1024,
            "noise_rows": 4,
            "seeds": 60,
        },
        {"rows": 32, "slow_rows": 2, "seeds": 10},
    )
    print_environment()
    X = load_breast_cancer().data
    smooth.means, smooth.scales = X.mean(axis=0), X.std(axis=0)
    smooth.slopes = np.random.default_rng(0).normal(size=X.shape[1]) / np.sqrt(X.shape[1])
    verdicts = time_surrogates(X, arguments)
    X = X[:, :10]
    smooth.means, smooth.scales, smooth.slopes = X.mean(axis=0), X.std(axis=0), smooth.slopes[:10]
    print_verdicts(verdicts + measure_resampling(X, arguments))


if __name__ == "__main__":
    main()
