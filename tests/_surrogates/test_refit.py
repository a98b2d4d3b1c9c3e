"""Surrogates: any regressor, weights routed to it, lasso and its kin on Gram matrices."""

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sanitizer import Page
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    Lars,
    Lasso,
    LassoCV,
    LassoLars,
    LassoLarsIC,
    LinearRegression,
    OrthogonalMatchingPursuit,
    PoissonRegressor,
    Ridge,
    RidgeCV,
)
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVR, LinearSVR
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor
from sklearn.utils.fixes import parse_version
from tables import FEW

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime._surrogates._refit import row_weights
from sklime._surrogates._solvers import elastic_net

SMALL = {"n_perturbations": 128, "n_replicates": 4, "random_state": 0}
ARRAYS = [
    "values",
    "standard_errors",
    "intercepts",
    "local_predictions",
    "held_out_predictions",
    "fidelity",
]


def smooth(X):
    """A function of four columns that is not linear in any."""
    return np.tanh(X[:, 0]) + 0.5 * X[:, 1] * X[:, 2] + 0.2 * np.abs(X[:, 3])


def explained(surrogate, X, *, function=smooth, **options):
    settings = {**SMALL, "surrogate": surrogate, **options}
    return LimeTabularExplainer(function, **settings).fit(X).explain(X[:3])


@pytest.fixture(scope="module")
def X(global_random_seed):
    """Two hundred rows of four standard normal columns."""
    return np.random.default_rng(global_random_seed).normal(size=(200, 4))


# Lasso and its kin, from Gram matrices


class FittedPositiveRidge(Ridge):
    """Ridge with weights of at least 0, as non-negative least squares on rows of the penalty."""

    def fit(self, X, y, sample_weight):
        root, mean = np.sqrt(sample_weight), np.average(X, axis=0, weights=sample_weight)
        centered = root[:, None] * (X - mean), root * (y - np.average(y, weights=sample_weight))
        rows = np.vstack([centered[0], np.sqrt(self.alpha) * np.eye(X.shape[1])])
        self.coef_, _ = nnls(rows, np.append(centered[1], np.zeros(X.shape[1])))
        self.intercept_ = np.average(y, weights=sample_weight) - mean @ self.coef_
        return self


class FittedLeastSquares(LinearRegression):
    """Least squares, fitted clone by clone."""


class FittedElasticNet(ElasticNet):
    """Elastic net, fitted clone by clone."""


EXACT = {"tol": 1e-13, "max_iter": 100_000}
SOLVED_AND_FITTED = [
    (Lasso(alpha=0.02), FittedElasticNet(alpha=0.02, l1_ratio=1.0, **EXACT)),
    (
        Lasso(alpha=0.02, positive=True),
        FittedElasticNet(alpha=0.02, l1_ratio=1.0, positive=True, **EXACT),
    ),
    (LassoLars(alpha=0.02), FittedElasticNet(alpha=0.02, l1_ratio=1.0, **EXACT)),
    (ElasticNet(alpha=0.05), FittedElasticNet(alpha=0.05, **EXACT)),
    (
        ElasticNet(alpha=0.05, l1_ratio=0.2, positive=True),
        FittedElasticNet(alpha=0.05, l1_ratio=0.2, positive=True, **EXACT),
    ),
    (Lasso(alpha=0.0), FittedLeastSquares()),
    (Ridge(alpha=3.0, positive=True), FittedPositiveRidge(alpha=3.0)),
    (LinearRegression(positive=True), FittedLeastSquares(positive=True)),
]


@pytest.mark.parametrize("discretizer", ["quartile", None])
@pytest.mark.parametrize("max_features", [2, None])
@pytest.mark.parametrize(("solved", "fitted"), SOLVED_AND_FITTED, ids=repr)
def test_gram_matrices_give_what_scikit_learn_fits_to_the_rows(
    solved, fitted, max_features, discretizer, neighborhood, X
):
    options = {
        "neighborhood": neighborhood,
        "max_features": max_features,
        "discretizer": discretizer,
    }
    from_grams, from_rows = explained(solved, X, **options), explained(fitted, X, **options)
    for name in ARRAYS:
        ours, theirs = getattr(from_grams, name), getattr(from_rows, name)
        if name == "standard_errors":
            # What scikit-learn leaves a rounding above zero counts as selected there.
            ours, theirs = np.nan_to_num(ours), np.nan_to_num(theirs)
        assert_allclose(ours, theirs, atol=1e-6, rtol=0, err_msg=name)


@pytest.mark.parametrize("positive", [False, True])
def test_lasso_is_that_of_the_rows_asked_with_their_weights(positive, X, recording):
    function = recording(smooth)
    lasso = Lasso(alpha=0.02, positive=positive)
    explainer = LimeTabularExplainer(
        function,
        baseline="other",
        neighborhood="shared",
        surrogate=lasso,
        control_variates=False,
        **SMALL,
    ).fit(X)
    perturbed = max(function.calls, key=len)
    cuts = np.percentile(X, [25, 50, 75], axis=0)
    bins, own = (
        np.transpose([np.searchsorted(cuts[:, j], rows[:, j]) for j in range(4)])
        for rows in (perturbed, X[[7]])
    )
    Z = np.vstack([bins == own, np.ones((1, 4))])
    F = smooth(np.vstack([perturbed, X[[7]]]))
    w = np.exp(-0.5 * (4 - Z.sum(axis=1)) / 1.5**2) * 5000 / len(perturbed)
    w[-1] = 1.0
    expected = clone(lasso).set_params(**EXACT).fit(Z, F, sample_weight=w)
    batch = explainer.explain(X[[7]])
    assert positive or (expected.coef_ != 0).any()
    assert_allclose(batch.values[0, :, 0], expected.coef_, atol=1e-8)
    assert_allclose(batch.intercepts[0, 0], expected.intercept_, atol=1e-8)


def centered_moments(Z, f, w):
    centered, response = Z - np.average(Z, axis=0, weights=w), f - np.average(f, weights=w)
    return (
        (centered.T @ (w[:, None] * centered))[None],
        (centered.T @ (w * response))[None],
        np.array([w @ response**2]),
    )


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_features=st.integers(1, 9),
    collinearity=st.sampled_from([0.0, 0.3, 1e-2, 1e-4]),
    l1_ratio=st.sampled_from([0.0, 0.5, 1.0]),
    share=st.floats(1e-4, 1.2),
    positive=st.booleans(),
)
def test_elastic_net_is_at_the_minimum(seed, n_features, collinearity, l1_ratio, share, positive):
    # Condition of Karush, Kuhn and Tucker, at any correlation of the features.
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(60, n_features))
    if collinearity:
        Z = Z * collinearity + rng.normal(size=(60, 1))
    f = Z @ rng.normal(size=n_features) + rng.normal(size=60)
    ZZ, Zf, ff = centered_moments(Z, f, rng.random(60))
    penalty = share * np.abs(Zf).max()
    l1, l2 = np.array([penalty * l1_ratio]), np.array([penalty * (1 - l1_ratio)])
    b = elastic_net(ZZ, Zf, ff, l1, l2, positive=positive)[0]
    gradient = Zf[0] - ZZ[0] @ b - l2[0] * b
    off = np.where(b == 0, np.maximum(gradient - l1[0], 0), np.abs(gradient - l1[0] * np.sign(b)))
    if not positive:
        off = np.where(b == 0, np.maximum(np.abs(gradient) - l1[0], 0), off)
    assert (b >= 0).all() or not positive
    assert_allclose(off / np.sqrt(np.diag(ZZ[0]) * ff), 0.0, atol=1e-9)


@pytest.mark.parametrize("positive", [False, True])
def test_elastic_net_takes_equal_columns(positive):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(50, 2))
    f = Z @ [1.0, -2.0]
    ZZ, Zf, ff = centered_moments(np.hstack([Z, Z]), f, np.ones(50))
    b = elastic_net(ZZ, Zf, ff, np.ones(1), np.zeros(1), positive=positive)[0]
    alone = Lasso(alpha=1 / 50, positive=positive, **EXACT).fit(Z, f).coef_
    assert_allclose(b[:2] + b[2:], alone, atol=1e-8)


def test_alpha_of_lasso_does_not_depend_on_the_number_of_perturbations(X):
    # As in scikit-learn it is relative to the sum of the weights; seen where nothing is noise.
    def linear(X):
        return X @ [1.0, 0.5, 0.0, 0.0]

    few, many = (
        LimeTabularExplainer(
            linear,
            surrogate=Lasso(alpha=0.1),
            discretizer=None,
            neighborhood="shared",
            n_perturbations=n_perturbations,
            max_features=None,
            random_state=0,
        )
        .fit(X)
        .explain(X[:2])
        .values
        for n_perturbations in (1024, 8192)
    )
    assert (np.abs(few[:, 2:]) < 0.02).all()
    assert_allclose(few, many, atol=0.03)


@pytest.mark.parametrize("unit", [2.0**-40, 2.0**40])
def test_lasso_does_not_see_the_unit_of_the_response(unit, X):
    plain = LimeTabularExplainer(smooth, surrogate=Lasso(alpha=0.02), **SMALL)
    scaled = LimeTabularExplainer(
        lambda X: unit * smooth(X), surrogate=Lasso(alpha=0.02 * unit), **SMALL
    )
    expected = plain.fit(X).transform(X[:3])
    assert_allclose(scaled.fit(X).transform(X[:3]) / unit, expected, atol=1e-10)


def test_outputs_of_a_model_have_a_lasso_each(X):
    def both(X):
        return np.column_stack([smooth(X), X[:, 0]])

    settings = {**SMALL, "surrogate": Lasso(alpha=0.02), "max_features": None}
    together = LimeTabularExplainer(both, **settings).fit(X).explain(X[:3])
    for index, function in enumerate([smooth, lambda X: X[:, 0]]):
        alone = LimeTabularExplainer(function, **settings).fit(X).explain(X[:3])
        assert_allclose(together.values[..., [index]], alone.values, atol=1e-10)


# What a sparse surrogate leaves at zero


@pytest.mark.parametrize("alpha", [0.003, 0.01, 0.03, 0.1])
@pytest.mark.parametrize("make", [Lasso, lambda alpha: FittedElasticNet(alpha, l1_ratio=1.0)])
def test_zero_in_every_fit_is_not_selected(make, alpha, X):
    batch = explained(make(alpha=alpha), X)
    assert batch.selected[batch.values != 0].all()
    assert (batch.standard_errors[batch.selected] > 0).all()
    assert_array_equal(batch.values[~batch.selected], 0.0)


def test_zero_that_moves_with_the_perturbations_stays_selected(X):
    # Some weights are zero in the fit to all and not in a fit without a replicate.
    selected_zeros = 0
    for alpha in np.geomspace(0.003, 0.1, 12):
        batch = explained(Lasso(alpha=alpha), X)
        selected_zeros += int((batch.selected & (batch.values == 0)).sum())
    assert selected_zeros > 0


def test_lasso_that_selects_nothing_says_nothing(X):
    batch = explained(Lasso(alpha=100.0), X)
    assert not batch.selected.any()
    assert batch[0].as_list() == []
    assert batch.to_frame().empty
    assert repr(batch[0])
    assert_allclose(batch.local_predictions, batch.intercepts)


def test_lasso_that_selects_nothing_can_be_drawn(X):
    import matplotlib.pyplot as plt

    display = explained(Lasso(alpha=100.0), X)[0].plot()
    plt.close(display.figure_)


@pytest.mark.parametrize(
    ("surrogate", "name"),
    [
        (Lasso(), "Lasso(alpha=1.0)"),
        (ElasticNet(alpha=50.0), "ElasticNet(alpha=50.0)"),
        (LassoLars(alpha=7.0), "LassoLars(alpha=7.0)"),
        (make_pipeline(StandardScaler(), Lasso(alpha=3.0)), "Pipeline(lasso__alpha=3.0)"),
    ],
)
def test_penalty_that_leaves_nothing_is_named(surrogate, name, X):
    # Answers of this size are nothing to a penalty of 1.
    batch = explained(surrogate, 0.01 * X, function=lambda X: X[:, 0])
    note = f"No feature has a weight: the penalty of {name} is too large"
    assert note in repr(batch[0])
    assert note in Page(batch[0]._repr_html_()).text
    assert note in repr(type(batch).from_json(batch.to_json())[0])


def test_penalty_is_not_named_where_the_model_is_constant(X):
    batch = explained(Lasso(), X, function=lambda X: np.ones(len(X)))
    assert "penalty" not in repr(batch[0])
    assert "the model is constant here" in repr(batch[0])


def test_output_of_which_a_penalty_leaves_nothing_is_named(X):
    both = explained(
        Lasso(alpha=0.05), X, function=lambda X: np.column_stack([smooth(X), 1e-3 * smooth(X)])
    )
    text = repr(both[0])
    assert "No weight for the outputs prediction1: the penalty of Lasso(alpha=0.05)" in text


def test_penalty_is_named_for_texts():
    explainer = LimeTextExplainer(
        lambda texts: [text.count("good") / 100 for text in texts],
        surrogate=Lasso(),
        random_state=0,
    )
    explanation = explainer.fit(["good news"]).explain(["good news"])[0]
    assert "the penalty of Lasso(alpha=1.0) is too large" in repr(explanation)


def test_feature_that_a_tree_does_not_use_is_not_selected(X):
    batch = explained(DecisionTreeRegressor(max_depth=1), X)
    assert (batch.selected.sum(axis=1) >= 1).all()
    assert (batch.selected.sum(axis=1) < 4).all()


# Any regressor


SURROGATES = [
    BayesianRidge(),
    HuberRegressor(),
    LinearSVR(loss="squared_epsilon_insensitive", dual=False, tol=1e-8),
    RidgeCV(),
    LassoCV(alphas=5),
    DecisionTreeRegressor(max_depth=3),
    ExtraTreeRegressor(max_depth=3),
    Ridge(fit_intercept=False),
    Lars(),
    OrthogonalMatchingPursuit(n_nonzero_coefs=1),
    LassoLarsIC(),
    ARDRegression(),
    make_pipeline(StandardScaler(), Lasso(alpha=0.01)),
    make_pipeline(StandardScaler(), Lars()),
    GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=3),
    GridSearchCV(Lars(), {"n_nonzero_coefs": [1, 2]}, cv=3),
    GridSearchCV(
        make_pipeline(StandardScaler(), DecisionTreeRegressor()),
        {"decisiontreeregressor__max_depth": [1, 2]},
        cv=KFold(3, shuffle=True),
    ),
    make_pipeline(StandardScaler(), GridSearchCV(Lasso(), {"alpha": [0.01, 0.1]}, cv=3)),
    RandomizedSearchCV(Lasso(), {"alpha": [0.01, 0.02, 0.03]}, n_iter=2, cv=3),
]


@pytest.fixture(params=SURROGATES, ids=lambda surrogate: repr(surrogate).replace("\n", ""))
def surrogate(request):
    """Each surrogate in turn."""
    return request.param


def fitted_attributes(estimator):
    """Names that fitting would have left, in an estimator and all that it holds."""
    held = [estimator, *estimator.get_params().values()]
    return [
        name
        for one in held
        for name in (vars(one) if hasattr(one, "fit") else ())
        if name.endswith("_") and not name.startswith("_")
    ]


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_any_regressor_explains(surrogate, neighborhood, X, untouched_global_random_state):
    explainer = LimeTabularExplainer(
        smooth, surrogate=surrogate, neighborhood=neighborhood, **SMALL
    ).fit(X)
    batch = explainer.explain(X[:2])
    assert np.isfinite(batch.values).all()
    assert (batch.values != 0).any()
    assert (batch.fidelity <= 1).all()
    if np.isfinite(batch.intercepts).all():
        sums = batch.intercepts + (batch.values * batch.encodings[..., None]).sum(axis=1)
        assert_allclose(batch.local_predictions, sums)
    # A pure function of the fitted state, row by row; the user's own stays as it was.
    assert_allclose(explainer.explain(X[1:2]).values[0], batch.values[1], atol=1e-8)
    assert_array_equal(explainer.transform(X[:2]), batch.values[..., 0])
    assert not fitted_attributes(surrogate)


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
def test_absolute_loss_explains_however_far_its_solver_gets(X):
    explainer = LimeTabularExplainer(smooth, surrogate=LinearSVR(), **SMALL).fit(X)
    batch = explainer.explain(X[:2])
    assert (batch.values != 0).any()
    assert_array_equal(explainer.explain(X[:2]).values, batch.values)
    assert_allclose(batch.local_predictions, batch.intercepts + batch.values.sum(axis=1))


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", [Lasso(alpha=0.01), Lasso(alpha=100.0), Lars()], ids=repr)
def test_samples_grow_until_any_surrogate_is_precise(surrogate, neighborhood, X):
    explainer = LimeTabularExplainer(
        smooth,
        surrogate=surrogate,
        neighborhood=neighborhood,
        n_perturbations="auto",
        n_replicates=16,
        tol=2.0,
        random_state=0,
    ).fit(X)
    assert explainer.explain(X[:2]).converged.all()


def test_surrogates_are_found_by_search_beside_each_other(X):
    explainer = LimeTabularExplainer(smooth, **SMALL)
    search = GridSearchCV(
        explainer, {"surrogate": [Ridge(), Lasso(alpha=0.01), Lars(), HuberRegressor()]}, cv=2
    )
    assert np.isfinite(search.fit(X[:40]).cv_results_["mean_test_score"]).all()


def test_regressor_is_fitted_where_nothing_lies_near(X):
    # All weights vanish; the fit without the explained row has nothing to go by.
    with pytest.warns(UserWarning, match="effective sample size"):
        batch = explained(
            HuberRegressor(), X, neighborhood="shared", discretizer=None, kernel_width=1e-3
        )
    assert_array_equal(batch.values, 0.0)
    assert np.isnan(batch.held_out_predictions).all()


# Weights


NESTED_RIDGES = [
    make_pipeline(Ridge(alpha=2.0)),
    make_pipeline(StandardScaler(with_std=False), make_pipeline(Ridge(alpha=2.0))),
    GridSearchCV(Ridge(), {"alpha": [2.0]}, cv=2),
    GridSearchCV(make_pipeline(Ridge()), {"ridge__alpha": [2.0]}, cv=2),
    make_pipeline(GridSearchCV(Ridge(), {"alpha": [2.0]}, cv=2)),
    make_pipeline(GridSearchCV(make_pipeline(Ridge()), {"ridge__alpha": [2.0]}, cv=2)),
    RandomizedSearchCV(Ridge(), {"alpha": [2.0]}, n_iter=1, cv=2),
]


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("nested", NESTED_RIDGES, ids=lambda nested: repr(nested).replace("\n", ""))
def test_weights_reach_the_regressor_within(nested, routing, X):
    expected = explained(Ridge(alpha=2.0), X, neighborhood="shared")
    with sklearn.config_context(enable_metadata_routing=routing):
        batch = explained(nested, X, neighborhood="shared")
    for name in ARRAYS:
        assert_allclose(getattr(batch, name), getattr(expected, name), atol=1e-8)


class ScoringRidge(Ridge):
    """Ridge that remembers whether its scores were weighted."""

    scored_with_weights = []

    def score(self, X, y, sample_weight=None):
        self.scored_with_weights.append(sample_weight is not None)
        return super().score(X, y, sample_weight=sample_weight)


NEEDS_ROUTES = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="scikit-learn 1.7 routes nothing to the score of a Pipeline within a search",
)


@pytest.mark.parametrize("asks", [False, pytest.param(True, marks=NEEDS_ROUTES)])
def test_weights_are_routed_to_the_scores_that_ask_for_them(asks, X):
    ScoringRidge.scored_with_weights.clear()
    with sklearn.config_context(enable_metadata_routing=True):
        ridge = ScoringRidge()
        if asks:
            ridge.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(make_pipeline(ridge), {"scoringridge__alpha": [1.0, 2.0]}, cv=2)
        explained(search, X)
    assert set(ScoringRidge.scored_with_weights) == {asks}


# Regressors without weights


class Weightless(LinearRegression):
    """Least squares that takes no weights."""

    def fit(self, X, y):
        return super().fit(X, y)


@pytest.mark.parametrize("instance_weight", [0.2, 1.0])
def test_copies_follow_the_weights(instance_weight):
    rng = np.random.default_rng(0)
    w, bounds = rng.random(400), (0, 100, 200, 300, 400)
    copies = np.array(
        [row_weights(Lars(), w, bounds, instance_weight, seed) for seed in range(300)]
    )
    expected = 4 * w / w.mean()
    assert_array_equal(copies, np.rint(copies))
    # Systematic: each row and each replicate are off by less than one copy.
    assert (np.abs(copies[:, :-1] - expected) < 1).all()
    per_replicate = copies[:, :-1].reshape(300, 4, 100).sum(axis=2)
    assert (np.abs(per_replicate - expected.reshape(4, 100).sum(axis=1)) < 1).all()
    assert_allclose(copies[:, :-1].mean(axis=0), expected, atol=0.15)
    assert_array_equal(copies[:, -1], np.rint(4 * instance_weight / w.mean()))


def test_equal_weights_are_one_copy_each():
    copies = row_weights(Lars(), None, (0, 30, 60), 0.2, 5)
    assert_array_equal(copies[:-1], 1.0)


def test_rows_of_no_weight_have_no_copies():
    copies = row_weights(Lars(), np.zeros(60), (0, 30, 60), 1.0, 5)
    assert_array_equal(copies, np.append(np.zeros(60), 1.0))


def test_regressor_without_weights_is_fitted_to_equal_weights_as_it_is(X):
    # The explained row counts a fiftieth of a perturbed one, to the nearest whole none.
    batch = explained(Weightless(), X, max_features=None)
    weighted = explained(FittedLeastSquares(), X, max_features=None)
    assert_allclose(batch.held_out_predictions, weighted.held_out_predictions, atol=1e-8)
    assert_allclose(batch.values, weighted.values, atol=0.02)


def test_resampling_follows_the_seed_alone(X, untouched_global_random_state):
    options = {"neighborhood": "shared", "surrogate": Weightless()}
    explainer = LimeTabularExplainer(smooth, **{**SMALL, **options}).fit(X)
    first = explainer.transform(X[:3])
    assert_array_equal(explainer.transform(X[:3]), first)
    assert_allclose(explainer.transform(X[2:3]), first[2:], atol=1e-8)
    assert_allclose(clone(explainer).fit(X).transform(X[:3]), first, atol=1e-8)
    assert (clone(explainer).set_params(random_state=1).fit(X).transform(X[:3]) != first).any()


@pytest.mark.slow
def test_errors_of_resampled_fits_are_those_over_seeds(X):
    batches = [
        explained(
            Weightless(),
            X,
            neighborhood="shared",
            n_perturbations=512,
            n_replicates=8,
            random_state=seed,
        )
        for seed in range(40)
    ]
    spread = np.stack([batch.values for batch in batches]).var(axis=0, ddof=1).mean()
    claimed = np.square([batch.standard_errors for batch in batches]).mean()
    assert 0.75 < claimed / spread < 1.35


# Random numbers of the surrogate's own


@pytest.mark.parametrize(
    "random",
    [
        ExtraTreeRegressor(max_depth=2),
        Lasso(alpha=0.01, selection="random"),
        make_pipeline(StandardScaler(), ExtraTreeRegressor(max_depth=2)),
        GridSearchCV(ExtraTreeRegressor(), {"max_depth": [1, 2]}, cv=KFold(2, shuffle=True)),
        ExtraTreeRegressor(max_depth=2, random_state=np.random.RandomState(0)),
    ],
    ids=["tree", "lasso", "pipeline", "search", "own generator"],
)
def test_random_surrogates_draw_from_the_seed(random, X, untouched_global_random_state):
    explainer = LimeTabularExplainer(smooth, surrogate=random, **SMALL).fit(X)
    assert_array_equal(explainer.transform(X[:3]), explainer.transform(X[:3]))


# What cannot be a surrogate


@pytest.mark.parametrize(
    "useless", [KNeighborsRegressor(), SVR(), KernelRidge(), GridSearchCV(SVR(), {"C": [1]})]
)
def test_regressor_without_slopes_is_an_error(useless, X):
    with pytest.raises(ValueError, match="neither coef_ nor feature_importances_"):
        explained(useless, X)


@pytest.mark.parametrize(
    "bent", [make_pipeline(PolynomialFeatures(2), Ridge()), PoissonRegressor()], ids=repr
)
def test_regressor_that_is_not_linear_in_the_encoding_is_an_error(bent, X):
    with pytest.raises(ValueError, match="does not predict a linear function"):
        explained(bent, X)


@pytest.mark.parametrize("wrong", [Lasso(alpha=-1.0), ElasticNet(l1_ratio=2.0)], ids=repr)
def test_parameters_of_the_surrogate_are_checked_in_fit(wrong, X):
    with pytest.raises(ValueError, match="parameter of"):
        LimeTabularExplainer(smooth, surrogate=wrong, **SMALL).fit(X)


# Surrogates of the user


@pytest.mark.parametrize(
    "surrogate",
    [
        Ridge(alpha=0.1),
        LinearRegression(),
        Lasso(alpha=1e-3),
        DecisionTreeRegressor(max_depth=3, random_state=0),
        make_pipeline(StandardScaler(), Ridge()),
    ],
    ids=lambda surrogate: type(surrogate).__name__,
)
def test_any_regressor_with_weights_is_a_surrogate(
    surrogate, neighborhood, binary_data, binary_model
):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, surrogate=surrogate, **FEW
    )
    batch = explainer.fit(X).explain(X[:3])
    assert np.isfinite(batch.values).all()
    assert (batch.values != 0).any()


def test_tree_surrogate_reports_its_importances(binary_data, binary_model):
    X, _ = binary_data
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    batch = (
        LimeTabularExplainer(binary_model, baseline="other", surrogate=tree, **FEW)
        .fit(X)
        .explain(X[:3])
    )
    assert (batch.values >= 0).all()
    assert_allclose(batch.values.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    "surrogate", [Ridge(), Lasso(alpha=1e-3), DecisionTreeRegressor(max_depth=2)], ids=repr
)
def test_surrogate_of_the_user_stays_unfitted(surrogate, binary_data, binary_model):
    X, _ = binary_data
    surrogate = clone(surrogate)
    LimeTabularExplainer(binary_model, surrogate=surrogate, **FEW).fit(X).explain(X[:2])
    assert not [name for name in vars(surrogate) if name.endswith("_")]


def test_surrogate_without_weights_is_an_error_that_says_so(binary_data, binary_model):
    class Weightless(Ridge):
        @property
        def coef_(self):
            raise AttributeError("no coef_")

        @coef_.setter
        def coef_(self, value):
            pass

    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, surrogate=Weightless(), **FEW)
    with pytest.raises((TypeError, ValueError, AttributeError), match="coef_"):
        explainer.fit(X).explain(X[:2])


def test_surrogate_without_slopes_is_an_error_that_says_so(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, surrogate=KNeighborsRegressor(), **FEW)
    with pytest.raises((TypeError, ValueError), match="neither coef_ nor"):
        explainer.fit(X).explain(X[:2])
