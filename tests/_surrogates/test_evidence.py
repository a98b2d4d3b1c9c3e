"""Evidence: what hardly ever changes is drawn more often, or has no weight and says so."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from tables import FEW, row_sums

from sklime import ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime._tables._encoding import TableStatistics, TabularEncoder
from sklime._tables._rare_draws import Changes, draw_weights, forced_changes
from sklime._tables._sample import Sampler, is_new
from sklime.backgrounds import BaseBackground, MarginalBackground
from sklime.neighborhoods import AnchoredNeighborhood, SharedNeighborhood

EFFECT = -3.0
KINDS = {
    "int": lambda flag: flag.astype(int),
    "bool": lambda flag: flag,
    "text": lambda flag: np.where(flag, "yes", "no"),
    "category": lambda flag: pd.Categorical(np.where(flag, "a", "b")),
    "float with ties": lambda flag: np.where(flag, 7.5, 0.25),
    "missing": lambda flag: np.where(flag, np.nan, 1.0),
}


def flagged_table(rates, n_rows=2000, *, kind="int", n_others=3, seed=0):
    """Normal columns, and one for each rate that is "on" in this share of the rows."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n_rows, n_others))).add_prefix("x")
    flags = {}
    for index, rate in enumerate(rates):
        flag = np.zeros(n_rows, dtype=bool)
        flag[rng.choice(n_rows, max(1, round(rate * n_rows)), replace=False)] = True
        flags[f"flag{index}"] = flag
        table[f"flag{index}"] = KINDS[kind](flag)
    return table, pd.DataFrame(flags)


def flag_model(kind):
    """An additive model that falls by 3 where the flag is on."""
    on = {
        "int": lambda c: c.to_numpy() == 1,
        "bool": lambda c: c.to_numpy(dtype=bool),
        "text": lambda c: (c == "yes").to_numpy(),
        "category": lambda c: (c == "a").to_numpy(),
        "float with ties": lambda c: c.to_numpy() > 1.0,
        "missing": lambda c: c.isna().to_numpy(),
    }[kind]

    def model(table):
        return table["x0"].to_numpy() + 0.5 * table["x1"].to_numpy() + EFFECT * on(table["flag0"])

    return model


# A flag that is hardly ever on


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [0.0005, 0.004, 0.05])
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_rare_flag_has_its_effect(neighborhood, rate, kind, global_random_seed):
    # The model falls by 3 where the flag is on: being off is worth 3, however rare "on" is.
    table, flags = flagged_table([rate], kind=kind)
    row = table[~flags["flag0"]].head(1)
    explainer = LimeTabularExplainer(
        flag_model(kind),
        baseline="other",
        neighborhood=neighborhood,
        random_state=global_random_seed,
    )
    batch = explainer.fit(table).explain(row)
    assert not batch.is_thin.any()
    assert_allclose(batch.values[0, 3, 0], -EFFECT, atol=0.45)
    assert batch.standard_errors[0, 3, 0] < 0.3


@pytest.mark.parametrize("kind", ["bool", "text", "category"])
def test_rare_level_has_its_effect_around_a_row(kind):
    table, flags = flagged_table([0.004], kind=kind)
    row = table[~flags["flag0"]].head(1)
    explainer = LimeTabularExplainer(
        flag_model(kind), baseline="other", neighborhood="around", random_state=0
    )
    values = explainer.fit(table).explain(row).values
    assert_allclose(values[0, 3, 0], -EFFECT, atol=0.45)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_row_with_the_rare_flag_has_its_effect(neighborhood):
    table, flags = flagged_table([0.01])
    row = table[flags["flag0"]].head(1)
    explainer = LimeTabularExplainer(
        flag_model("int"), baseline="other", neighborhood=neighborhood, random_state=0
    )
    values = explainer.fit(table).explain(row).values
    assert_allclose(values[0, 3, 0], EFFECT, atol=0.3)


def test_auto_finds_a_rare_flag_before_it_stops():
    table, flags = flagged_table([0.004])
    row = table[~flags["flag0"]].head(1)
    for seed in range(4):
        explainer = LimeTabularExplainer(
            flag_model("int"), baseline="other", n_perturbations="auto", random_state=seed
        )
        batch = explainer.fit(table).explain(row)
        assert batch.converged.all()
        assert_allclose(batch.values[0, 3, 0], -EFFECT, atol=0.45)


def test_rare_value_counts_without_bins():
    # A standard score that takes another value in one row of two hundred and fifty.
    table, flags = flagged_table([0.004])
    row = table[~flags["flag0"]].head(1)
    explainer = LimeTabularExplainer(
        flag_model("int"), baseline="other", discretizer=None, random_state=0
    )
    values = explainer.fit(table).explain(row).values
    assert_allclose(values[0, 3, 0], EFFECT * table["flag0"].std(ddof=0), rtol=0.05)


@pytest.mark.parametrize("keep", [0.97, 0.995])
def test_columns_that_are_hardly_ever_replaced_are_replaced_often_enough(keep):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    explainer = LimeTabularExplainer(
        lambda X: 2.0 * (X[:, 0] > 0.0), baseline="other", keep=keep, random_state=0
    )
    batch = explainer.fit(X).explain(X[:5])
    assert not batch.is_thin.any()
    assert (np.abs(batch.values[:, 0, 0]) > 0.3).all()


# What is drawn more often changes no expectation


LEVELS = 8


class _Product(BaseBackground):
    """A rare flag, a column of levels and a fair coin, each on its own."""

    is_columnwise_ = True

    def fit(self, X, is_discrete=None):
        self.n_dimensions_ = 3
        return self

    def sample(self, points):
        return np.column_stack(
            [points[:, 0] > 0.99, np.floor(LEVELS * points[:, 1]), points[:, 2] > 0.5]
        )


def _interacting(X):
    flag, level, coin = X.T
    return level * (1.0 + flag) + 5.0 * flag * coin - 2.0 * coin


@pytest.fixture
def expected():
    """Weights of the row of zeros without penalty: mean where a value is kept, less where not."""
    keep = 0.75
    flags, levels, coins = np.meshgrid([0, 1], np.arange(LEVELS), [0, 1], indexing="ij")
    X = np.column_stack([flags.ravel(), levels.ravel(), coins.ravel()]).astype(float)
    p = np.prod(
        [
            np.where(X[:, 0] == 0, keep + (1 - keep) * 0.99, (1 - keep) * 0.01),
            np.where(X[:, 1] == 0, keep, 0.0) + (1 - keep) / LEVELS,
            np.where(X[:, 2] == 0, keep + (1 - keep) / 2, (1 - keep) / 2),
        ],
        axis=0,
    )
    f = _interacting(X)
    holds = X == 0
    means = [np.average(f[holds[:, j]], weights=p[holds[:, j]]) for j in range(3)]
    others = [np.average(f[~holds[:, j]], weights=p[~holds[:, j]]) for j in range(3)]
    return np.array(means) - others


@pytest.mark.slow
@pytest.mark.parametrize("control_variates", [True, False])
def test_expected_weights_are_those_of_the_distribution(control_variates, expected):
    X = np.column_stack([np.arange(200) < 2, np.arange(200) % LEVELS, np.arange(200) % 2]) * 1.0
    runs = []
    for seed in range(60):
        explainer = LimeTabularExplainer(
            _interacting,
            baseline="other",
            background=_Product(),
            categorical_features=[0, 1, 2],
            control_variates=control_variates,
            surrogate=LinearRegression(),
            n_perturbations=512,
            random_state=seed,
        )
        runs.append(explainer.fit(X).transform([[0.0, 0.0, 0.0]])[0])
    z = (np.mean(runs, axis=0) - expected) / (np.std(runs, axis=0, ddof=1) / np.sqrt(len(runs)))
    assert (np.abs(z) < 4.0).all()


@pytest.mark.parametrize("neighborhood", [AnchoredNeighborhood(), SharedNeighborhood()])
def test_draw_weights_give_unbiased_means_of_what_is_rare(neighborhood):
    table, _ = flagged_table([0.002, 0.01, 0.3], n_rows=1000)
    X = table.to_numpy(dtype=float)
    rate = 1.0 if isinstance(neighborhood, SharedNeighborhood) else 0.25
    shares = []
    for seed in range(40):
        sample = sampler_of(X, neighborhood, seed=seed).sample(1024)
        changed = sample.draws.values[:, 3:] == 1.0
        if sample.draws.kept is not None:
            changed &= ~sample.draws.kept[:, 3:]
        assert (sample.n_copies * changed[:, :2].sum(axis=0) >= 10).all()
        shares.append(sample.weights @ changed / sample.weights.size)
    error = np.std(shares, axis=0, ddof=1) / np.sqrt(len(shares)) + 1e-12
    assert (np.abs(np.mean(shares, axis=0) - rate * X[:, 3:].mean(axis=0)) < 4.0 * error).all()


def sampler_of(X, neighborhood, *, seed=0, n_replicates=8, first_size=None):
    n_features = X.shape[1]
    is_level = np.arange(n_features) >= 3
    statistics = TableStatistics.fit(X, is_level, is_level)
    cuts = tuple(
        None if level else np.percentile(column, [25, 50, 75])
        for column, level in zip(X.T, is_level)
    )
    levels = tuple((0, 1) if level else None for level in is_level)
    return Sampler(
        neighborhood=neighborhood,
        background=MarginalBackground().fit(X, is_level),
        encoder=TabularEncoder(cuts, levels, "left", statistics),
        n_replicates=n_replicates,
        control_variates=True,
        seed=seed,
        first_size=first_size,
    )


def test_no_draw_weighs_more_than_the_share_of_draws_left_alone_allows():
    table, _ = flagged_table([0.002] * 40, n_rows=1000)
    sample = sampler_of(table.to_numpy(dtype=float), AnchoredNeighborhood()).sample(1024)
    assert sample.weights.max() <= 4.0 / 3.0 + 1e-12
    assert_allclose(sample.weights.mean(), 1.0, atol=0.02)


@pytest.mark.parametrize("n_perturbations", [256, 1000, 1024, 4096])
def test_table_without_rare_values_is_drawn_as_ever(n_perturbations):
    table, _ = flagged_table([0.3, 0.5], n_rows=1000)
    sampler = sampler_of(table.to_numpy(dtype=float), AnchoredNeighborhood())
    assert sampler.sample(n_perturbations).weights is None


def test_larger_samples_begin_as_smaller_ones():
    table, _ = flagged_table([0.002, 0.01, 0.001, 0.03], n_rows=1000)
    X = table.to_numpy(dtype=float)
    sampler = sampler_of(X, AnchoredNeighborhood(), n_replicates=16, first_size=256)
    smaller = sampler.sample(256)
    for size in (512, 1024, 4096):
        larger = sampler.sample(size)
        here = ~is_new(larger.bounds, smaller.bounds)
        assert_array_equal(larger.draws.values[here], smaller.draws.values)
        assert_array_equal(larger.draws.kept[here], smaller.draws.kept)
        smaller = larger


def test_ends_of_bins_are_found_exactly():
    table, _ = flagged_table([0.002, 0.3], n_rows=1000)
    sampler = sampler_of(table.to_numpy(dtype=float), AnchoredNeighborhood(keep=0.6))
    changes = sampler.changes
    assert_allclose(changes.high - changes.low, [0.0, 0.0, 0.0, 0.998, 0.7], rtol=1e-12)
    assert_allclose(changes.rates[3:], [0.4 * 0.002, 0.4 * 0.3], rtol=1e-9)


def test_draws_are_spared_where_there_are_too_many_rare_columns():
    changes = Changes(np.arange(100), np.arange(100), 0.75, np.zeros(100), np.full(100, 0.999))
    made, places = forced_changes(changes, [1024], 8)
    assert made.size == 256 // 8
    assert_array_equal(places, np.arange(made.size))
    assert_array_equal(np.bincount(made), 2)
    has = np.eye(100, dtype=bool)
    assert_allclose(draw_weights(has, changes.rates, np.zeros(100, dtype=int)), 1.0)


# Too little


def rare_flags(n_flags=40, **options):
    table, flags = flagged_table([0.001] * n_flags, n_others=2)
    explainer = LimeTabularExplainer(
        lambda table: table["x0"] + 4.0 * table.filter(like="flag").sum(axis=1),
        baseline="other",
        max_features=10,
        random_state=0,
        **options,
    ).fit(table)
    return explainer, table[~flags.any(axis=1)].head(2)


def test_features_without_evidence_have_no_weight_and_say_so():
    explainer, rows = rare_flags()
    batch = explainer.explain(rows)
    assert batch.is_thin.sum(axis=1).min() > 20
    assert not batch.values[batch.is_thin].any()
    assert not batch.selected[batch.is_thin].any()
    assert_allclose(batch.values[batch.selected & (batch.values < -1)], -4.0, atol=0.6)
    text = repr(batch[0])
    assert "No weight for flag" in text
    assert re.search(r"and \d\d more", text.split("No weight for")[1].splitlines()[0])
    assert "No weight for" in batch[0]._repr_html_()


def test_explanation_without_evidence_is_never_called_converged():
    explainer, rows = rare_flags(n_perturbations="auto", max_perturbations=512)
    with pytest.warns(ConvergenceWarning, match="Raise max_perturbations"):
        batch = explainer.explain(rows)
    assert not batch.converged.any()


@pytest.mark.parametrize("background", ["empirical", "copula"])
@pytest.mark.parametrize("neighborhood", ["anchored", "shared", "around"])
def test_every_neighborhood_says_what_it_cannot_see(neighborhood, background):
    table, flags = flagged_table([0.001])
    explainer = LimeTabularExplainer(
        flag_model("int"),
        baseline="other",
        neighborhood=neighborhood,
        background=background,
        random_state=0,
    ).fit(table)
    batch = explainer.explain(table[~flags["flag0"]].head(1))
    assert batch.is_thin[0].tolist() == [False, False, False, True]
    assert batch.values[0, 3, 0] == 0.0


def test_constant_column_lacks_no_evidence():
    table, _ = flagged_table([0.3])
    table["one"] = 5.0
    table["none"] = np.nan
    explainer = LimeTabularExplainer(
        lambda table: table["x0"], baseline="other", n_perturbations="auto", tol=0.5, random_state=0
    )
    batch = explainer.fit(table).explain(table.head(2))
    assert not batch.is_thin.any()
    assert batch.converged.all()


def test_small_sample_needs_a_sixteenth_of_it():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], baseline="other", n_perturbations=32, random_state=0
    )
    assert not explainer.fit(X).explain(X[:20]).is_thin.any()


def test_thin_features_survive_json():
    explainer, rows = rare_flags()
    batch = explainer.explain(rows)
    again = ExplanationBatch.from_json(batch.to_json())
    assert_array_equal(again.is_thin, batch.is_thin)
    assert again[0].is_thin.dtype == bool


def test_row_alone_has_the_weights_of_a_batch():
    explainer, rows = rare_flags(n_flags=3)
    batch = explainer.explain(rows)
    for index in range(len(rows)):
        alone = explainer.explain(rows.iloc[[index]])
        assert_allclose(alone.values[0], batch.values[index], rtol=1e-10, atol=1e-13)


def test_text_without_evidence_has_no_weights_and_says_so():
    words = " ".join(f"w{index}" for index in range(30))
    explainer = LimeTextExplainer(
        lambda texts: [len(text) for text in texts], keep=0.999, random_state=0
    )
    with pytest.warns(UserWarning, match="Nearly all copies of documents 0 keep all"):
        explanation = explainer.fit([words]).explain([words])[0]
    assert explanation.is_thin.all()
    assert not explanation.values.any()
    assert "nearly all copies have them" in repr(explanation)


# The penalty, and the effective sample size


@pytest.mark.parametrize("kernel_width", [0.2, 0.3, 0.5, 1.0])
def test_kernel_that_leaves_little_weight_leaves_the_weights(kernel_width):
    # Nearly all of the weight is on copies that equal the row, which tell nothing.
    X = np.random.default_rng(0).normal(size=(500, 3))
    explainer = LimeTabularExplainer(
        lambda X: X @ [1.0, 2.0, 3.0],
        baseline="other",
        kernel="exponential",
        kernel_width=kernel_width,
        n_perturbations=8192,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:1])
    background = [MarginalBackground().fit(X[:, [j]], None) for j in range(3)]
    points = (np.arange(2**14)[:, None] + 0.5) / 2**14
    expected = []
    for column, distribution, slope in zip(X.T, background, [1.0, 2.0, 3.0]):
        drawn = distribution.sample(points)[:, 0]
        cuts = np.percentile(column, [25, 50, 75])
        is_same = np.searchsorted(cuts, drawn) == np.searchsorted(cuts, column[0])
        kept = 0.75 * column[0] + 0.25 * 0.25 * drawn[is_same].mean()
        expected.append(slope * (kept / 0.8125 - drawn[~is_same].mean()))
    assert_allclose(batch.values[0, :, 0], expected, atol=0.1)


def test_effective_sample_size_counts_copies_that_differ():
    X = np.random.default_rng(0).normal(size=(500, 3))
    asked = []
    explainer = LimeTabularExplainer(
        lambda X: asked.append(X) or X.sum(axis=1),
        baseline="other",
        n_perturbations=512,
        random_state=0,
    ).fit(X)
    size = explainer.explain(X[:1]).effective_sample_size[0]
    copies = max(asked, key=len)
    cuts = np.percentile(X, [25, 50, 75], axis=0)
    bins = [np.searchsorted(cuts[:, j], copies[:, j]) for j in range(3)]
    own = [np.searchsorted(cuts[:, j], X[0, j]) for j in range(3)]
    assert size == (np.transpose(bins) != own).any(axis=1).sum()
    assert 150 < size < 350


def test_kernel_without_weight_for_what_differs_is_warned_of():
    X = np.random.default_rng(0).normal(size=(500, 3))
    explainer = LimeTabularExplainer(
        lambda X: X.sum(axis=1),
        baseline="other",
        kernel="exponential",
        kernel_width=0.05,
        random_state=0,
    ).fit(X)
    with pytest.warns(UserWarning, match=r"effective sample size below 10 .* Raise kernel_width"):
        batch = explainer.explain(X[:1])
    assert batch.effective_sample_size[0] == 0.0
    assert batch.is_thin.all()
    assert not batch.values.any()


@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1e50])
def test_effective_sample_size_does_not_depend_on_the_scale_of_a_kernel(scale):
    X = np.random.default_rng(0).normal(size=(500, 3))

    def explain(scale):
        explainer = LimeTabularExplainer(
            lambda X: X.sum(axis=1),
            baseline="other",
            kernel=lambda distances, width: scale * np.exp(-distances),
            random_state=0,
        )
        return explainer.fit(X).explain(X[:1])

    assert_allclose(explain(scale).effective_sample_size, explain(1.0).effective_sample_size)


@pytest.mark.slow
def test_intervals_of_rare_flags_cover():
    table, flags = flagged_table([0.001, 0.004, 0.02], n_rows=4000)
    row = table[~flags.any(axis=1)].head(1)

    def model(table):
        x0, x1 = table["x0"].to_numpy(), table["x1"].to_numpy()
        first, second, third = (table[f"flag{index}"].to_numpy() for index in range(3))
        return np.tanh(x0) + x0 * x1 - 3.0 * first + second * (2.0 + x0) + third * x1

    options = {"max_features": None}
    truth = LimeTabularExplainer(
        model, baseline="other", n_perturbations=2**18, random_state=99, **options
    )
    truth = truth.fit(table).explain(row).values
    covered = []
    for seed in range(60):
        explainer = LimeTabularExplainer(model, baseline="other", random_state=seed, **options).fit(
            table
        )
        low, high = explainer.explain(row).confidence_intervals()
        covered.append((low <= truth) & (truth <= high))
    assert 0.90 <= np.mean(covered) <= 0.985


def test_effective_sample_size_follows_the_kernel_width(binary_data, binary_model):
    X, _ = binary_data
    sizes = []
    for kernel_width in [1.0, 2.0, 1e6]:
        explainer = LimeTabularExplainer(
            binary_model,
            neighborhood="shared",
            kernel_width=kernel_width,
            method="sampling",
            **FEW,
        )
        sizes.append(explainer.fit(X).explain(X[:1]).effective_sample_size[0])
    assert sizes[0] < sizes[1] < sizes[2]
    assert_allclose(sizes[2], 64, rtol=1e-6)


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


def test_tiny_kernel_width_warns_and_names_it(X):
    explainer = LimeTabularExplainer(
        row_sums, neighborhood="shared", discretizer=None, kernel_width=0.01, **FEW
    ).fit(X)
    with pytest.warns(Warning, match="kernel_width"):
        batch = explainer.explain(X[:2])
    assert (batch.effective_sample_size < 10).all()
