"""Do 95 % intervals cover the weight that a very long run finds on the same features?"""

from _common import make_pairs, parse_arguments, print_environment, print_table, print_verdicts

# isort: split
import numpy as np
from scipy.stats import t as student_t

from sklime import LimeTabularExplainer

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,"
    "wine/forest,wine/boosting,wine/SVM"
)
NEIGHBORHOODS = ("shared", "anchored")
N_REPLICATES = 8
REFERENCE_SEED = 2**20

# In this many perturbations the penalty and the explained row count as they do in lime.
N_NOMINAL = 5000

# Share of covering intervals, in per cent.
REQUIRED = (93, 97)


class Recorder:
    """Call a function and keep the rows that it was asked about and its responses."""

    def __init__(self, function):
        self.function = function
        self.calls = []

    def __call__(self, X):
        responses = self.function(X)
        self.calls.append((X.copy(), responses))
        return responses

    def take(self):
        """Return the calls since the last time."""
        calls, self.calls = self.calls, []
        return calls


def without_row(X, F, row, n_perturbations):
    """Return the perturbed rows and their responses, the explained row taken out once."""
    if len(X) != n_perturbations + 1:
        raise RuntimeError(
            f"the model was asked about {len(X)} rows, not {n_perturbations + 1}: the sample of "
            "the reference is not what the recorder holds."
        )
    own = np.flatnonzero((row == X).all(axis=1))[0]
    return np.delete(X, own, axis=0), np.delete(F, own)


def same_quartile(X, row, X_train):
    """Return 1.0 where a value lies in the same quartile bin of training as the row's."""
    Z = np.empty(X.shape)
    for column, cuts in enumerate(np.percentile(X_train, (25, 50, 75), axis=0).T):
        bins = np.searchsorted(cuts, X[:, column])
        Z[:, column] = bins == np.searchsorted(cuts, row[column])
    return Z


def sample_weights(Z, neighborhood):
    """Return proximities, scaled to the nominal number of perturbations."""
    n_perturbations, n_features = Z.shape
    proximity = np.ones(n_perturbations)
    if neighborhood == "shared":
        width = 0.75 * np.sqrt(n_features)
        proximity = np.exp(-(n_features - Z.sum(axis=1)) / (2 * width**2))
    return proximity * N_NOMINAL / n_perturbations


def centred_moments(Z, F, w, own_response):
    """Return Z'WZ and Z'WF about the weighted means, the explained row (all ones) included."""
    Z, F = np.vstack([Z, np.ones(Z.shape[1])]), np.append(F, own_response)
    w = np.append(w, 1.0)
    Z -= w @ Z / w.sum()
    F -= w @ F / w.sum()
    weighted = Z * w[:, np.newaxis]
    return weighted.T @ Z, weighted.T @ F


def weights_on_support(moments, support):
    """Return the ridge weights (alpha = 1) on some features, 0 elsewhere."""
    ZZ, Zf = moments
    weights = np.zeros(len(Zf))
    penalized = ZZ[np.ix_(support, support)] + np.eye(support.sum())
    weights[support] = np.linalg.solve(penalized, Zf[support])
    return weights


def make_explainer(ask, neighborhood, max_features, **options):
    """Return an explainer as both the short and the long run use it."""
    return LimeTabularExplainer(
        ask,
        neighborhood=neighborhood,
        max_features=max_features,
        n_replicates=N_REPLICATES,
        **options,
    )


def references(pair, rows, neighborhood, max_features, n_perturbations):
    """Return each row's moments and own-selection weights from one very long run.

    The moments are computed here, from what the model was asked: an explanation on any set of
    features then needs no further call. That they are the package's is checked.
    """
    recorder = Recorder(pair.ask)
    explainer = make_explainer(
        recorder,
        neighborhood,
        max_features,
        n_perturbations=n_perturbations,
        control_variates=False,
        random_state=REFERENCE_SEED,
    ).fit(pair.X_train)
    # A function is also asked about one row there, to count its outputs.
    asked_in_fit = [call for call in recorder.take() if len(call[0]) > 1]
    found = []
    for row in rows:
        own_selection = explainer.explain(row[np.newaxis]).values[0, :, 0]
        X, F = map(np.concatenate, zip(*asked_in_fit, *recorder.take()))
        X, F = without_row(X, F, row, n_perturbations)
        Z = same_quartile(X, row, pair.X_train)
        own_response = pair.ask(row[np.newaxis])[0]
        moments = centred_moments(Z, F, sample_weights(Z, neighborhood), own_response)
        check_same_fit(moments, own_selection)
        found.append((moments, own_selection))
    return found


def check_same_fit(moments, own_selection):
    """Raise an error where the package's weights are not those of the moments."""
    difference = weights_on_support(moments, own_selection != 0) - own_selection
    scale = np.abs(own_selection).max()
    if np.abs(difference).max() > 1e-6 * max(scale, 1e-12):
        raise RuntimeError(
            f"the reference differs from the package's own by {np.abs(difference).max():.2g} "
            f"(largest weight {scale:.2g}): the two do not solve the same problem."
        )


def covers(pair, neighborhood, arguments):
    """Return whether each interval covers: (n_intervals, 2), same support and own selection."""
    rows = pair.X_test[: arguments.rows]
    max_features = arguments.max_features or None
    long_run = references(pair, rows, neighborhood, max_features, 2**arguments.reference_power)
    critical = student_t.ppf(0.975, N_REPLICATES - 1)
    covering = []
    for seed in range(arguments.seeds):
        explainer = make_explainer(pair.ask, neighborhood, max_features, random_state=seed)
        batch = explainer.fit(pair.X_train).explain(rows)
        for values, errors, (moments, own_selection) in zip(
            batch.values[..., 0], batch.standard_errors[..., 0], long_run
        ):
            selected = np.isfinite(errors)
            targets = weights_on_support(moments, selected), own_selection
            covering += [
                np.abs(values - target)[selected] <= critical * errors[selected]
                for target in targets
            ]
    return np.stack([np.concatenate(covering[::2]), np.concatenate(covering[1::2])], axis=1)


def line(name, neighborhood, covering):
    """Return one line of the table, shares in per cent."""
    same_support, own_selection = covering.mean(axis=0) * 100
    return name, neighborhood, len(covering), f"{same_support:.1f}", f"{own_selection:.1f}"


def main():
    """Count covering intervals of reported weights, pair by pair and in both neighborhoods."""
    arguments = parse_arguments(
        __doc__,
        {"rows": 8, "seeds": 24, "max_features": 10, "reference_power": 18, "pairs": PAIRS},
        {"rows": 2, "seeds": 3, "reference_power": 14, "pairs": "breast cancer/SVM,wine/boosting"},
    )
    print_environment()
    pairs = make_pairs(arguments.pairs)
    lines, verdicts = [], []
    for neighborhood in NEIGHBORHOODS:
        of_pairs = [covers(pair, neighborhood, arguments) for pair in pairs]
        lines += [
            line(pair.name, neighborhood, covering) for pair, covering in zip(pairs, of_pairs)
        ]
        pooled = np.concatenate(of_pairs)
        lines.append(line("all", neighborhood, pooled))
        share = pooled[:, 0].mean() * 100
        what = f"{neighborhood}: {REQUIRED[0]} to {REQUIRED[1]} % cover, over all pairs"
        verdicts.append((what, f"{share:.1f} %", REQUIRED[0] <= share <= REQUIRED[1]))
    print_table(
        f"Share of 95 % intervals of reported weights that cover the weight of a run of "
        f"2^{arguments.reference_power} (max_features = {arguments.max_features or None}, "
        f"{arguments.rows} rows, {arguments.seeds} seeds)",
        ("pair", "neighborhood", "intervals", "same support %", "own selection %"),
        lines,
    )
    print_verdicts(verdicts)


if __name__ == "__main__":
    main()
