"""Do 95 % intervals cover the contribution that a very long run finds on the same features?"""

from _common import make_pairs, parse_arguments, print_environment, print_table, print_verdicts

# isort: split
import warnings

import numpy as np
from scipy.stats import t as student_t
from sklearn.exceptions import ConvergenceWarning

from sklime import LimeTabularExplainer
from sklime.selection import all_features, highest_weights

PAIRS = (
    "breast cancer/forest,breast cancer/boosting,breast cancer/SVM,"
    "wine/forest,wine/boosting,wine/SVM"
)
NEIGHBORHOODS = ("shared", "anchored")

# What is explained with, by name.
SETTINGS = {
    "quartile": {},
    "model": {"discretizer": "model"},
    "auto": {"n_perturbations": "auto"},
    "model+auto": {"discretizer": "model", "n_perturbations": "auto"},
}
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


class CapturingSelector:
    """Select as usual, and keep the moments of the reported fit of the last row."""

    def __init__(self, select):
        self.select = select
        self.moments = None

    def __call__(self, moments, encoding, max_features):
        self.moments = moments.ZZ[0, 0, 0].copy(), moments.Zf[0, 0, 0].copy()
        return self.select(moments, encoding, max_features)


def references(pair, rows, neighborhood, options, n_perturbations):
    """Return each row's moments, own-selection contributions and shares from one very long run.

    An explanation on any set of features can be read off the moments and needs no further
    call. Where bins are quartiles they are computed here once more, from what the model was
    asked, and have to be the package's.
    """
    recorder = Recorder(pair.ask)
    max_features = options["max_features"]
    is_selecting = max_features is not None and max_features < rows.shape[1]
    selector = CapturingSelector(highest_weights if is_selecting else all_features)
    explainer = LimeTabularExplainer(
        recorder,
        method="sampling",
        neighborhood=neighborhood,
        selection=selector,
        control_variates=False,
        random_state=REFERENCE_SEED,
        **{**options, "n_perturbations": n_perturbations},
    ).fit(pair.X_train)
    # A function is also asked about one row there, to count its outputs.
    asked_in_fit = [call for call in recorder.take() if len(call[0]) > 1]
    found = []
    for row in rows:
        batch = explainer.explain(row[np.newaxis])
        own_selection = batch.values[0, :, 0]
        # A contribution is a weight times the share of the background in other bins.
        shares = 1.0 - batch.background_encodings[0]
        if "discretizer" not in options:
            X, F = map(np.concatenate, zip(*asked_in_fit, *recorder.take()))
            X, F = without_row(X, F, row, n_perturbations)
            Z = same_quartile(X, row, pair.X_train)
            own_response = pair.ask(row[np.newaxis])[0]
            moments = centred_moments(Z, F, sample_weights(Z, neighborhood), own_response)
            check_same_fit(moments, own_selection, shares)
        found.append((selector.moments, own_selection, shares))
    return found


def check_same_fit(moments, own_selection, shares):
    """Raise an error where the package's contributions are not those of the moments."""
    difference = shares * weights_on_support(moments, own_selection != 0) - own_selection
    scale = np.abs(own_selection).max()
    if np.abs(difference).max() > 1e-6 * max(scale, 1e-12):
        raise RuntimeError(
            f"the reference differs from the package's own by {np.abs(difference).max():.2g} "
            f"(largest weight {scale:.2g}): the two do not solve the same problem."
        )


def covers(pair, neighborhood, options, arguments):
    """Return whether each interval covers: (n_intervals, 2), same support and own selection."""
    rows = pair.X_test[: arguments.rows]
    options = {"max_features": arguments.max_features or None, **options}
    # The truth has to be far more precise than the most precise of the short runs.
    power = arguments.reference_power + (options.get("n_perturbations") == "auto")
    long_run = references(pair, rows, neighborhood, options, 2**power)
    covering = []
    for seed in range(arguments.seeds):
        explainer = LimeTabularExplainer(
            pair.ask, method="sampling", neighborhood=neighborhood, random_state=seed, **options
        ).fit(pair.X_train)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            batch = explainer.explain(rows)
        critical = student_t.ppf(0.975, batch.n_replicates - 1)
        for values, errors, (moments, own_selection, shares) in zip(
            batch.values[..., 0], batch.standard_errors[..., 0], long_run
        ):
            selected = np.isfinite(errors)
            targets = shares * weights_on_support(moments, selected), own_selection
            covering += [
                np.abs(values - target)[selected] <= critical * errors[selected]
                for target in targets
            ]
    return np.stack([np.concatenate(covering[::2]), np.concatenate(covering[1::2])], axis=1)


def line(name, neighborhood, setting, covering):
    """Return one line of the table, shares in per cent."""
    same_support, own_selection = covering.mean(axis=0) * 100
    shares = f"{same_support:.1f}", f"{own_selection:.1f}"
    return name, neighborhood, setting, len(covering), *shares


def main():
    """Count covering intervals of reported weights, pair by pair and in both neighborhoods."""
    arguments = parse_arguments(
        __doc__,
        {
            "rows": 8,
            "seeds": 24,
            "max_features": 10,
            "reference_power": 18,
            "settings": ",".join(SETTINGS),
            "pairs": PAIRS,
        },
        {"rows": 2, "seeds": 3, "reference_power": 14, "pairs": "breast cancer/SVM,wine/boosting"},
    )
    print_environment()
    pairs = make_pairs(arguments.pairs)
    lines, verdicts = [], []
    for setting in arguments.settings.split(","):
        for neighborhood in NEIGHBORHOODS:
            of_pairs = []
            for pair in pairs:
                covering = covers(pair, neighborhood, SETTINGS[setting], arguments)
                of_pairs.append(covering)
                lines.append(line(pair.name, neighborhood, setting, covering))
            pooled = np.concatenate(of_pairs)
            lines.append(line("all", neighborhood, setting, pooled))
            share = pooled[:, 0].mean() * 100
            what = f"{neighborhood}, {setting}: {REQUIRED[0]} to {REQUIRED[1]} % cover, all pairs"
            verdicts.append((what, f"{share:.1f} %", REQUIRED[0] <= share <= REQUIRED[1]))
    print_table(
        f"Share of 95 % intervals of reported weights that cover the weight of a run of "
        f"2^{arguments.reference_power} (max_features = {arguments.max_features or None}, "
        f"{arguments.rows} rows, {arguments.seeds} seeds)",
        ("pair", "neighborhood", "setting", "intervals", "same support %", "own selection %"),
        lines,
    )
    print_verdicts(verdicts)


if __name__ == "__main__":
    main()
