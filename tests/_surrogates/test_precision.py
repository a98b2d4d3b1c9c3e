"""Required precision: sizes to try, criteria, the warning."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import t as student_t
from sklearn.exceptions import ConvergenceWarning

from sklime._surrogates._fit import Fit
from sklime._surrogates._precision import CRITERIA, Precision, sample_sizes, warn_imprecise


def fit_of(values, errors, reselected=None):
    """Fits of several instances of which only weights and errors matter."""
    values, errors = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    if reselected is None:
        reselected = np.repeat(values[:, None], 16, axis=1)
    nothing = np.zeros((len(values), values.shape[2]))
    return Fit(values, errors, reselected, reselected, *[nothing] * 6)


@pytest.mark.parametrize(
    ("most", "expected"), [(256, [256]), (511, [256]), (512, [256, 512]), (2000, [256, 512, 1024])]
)
def test_sizes_are_doubled_up_to_the_limit(most, expected):
    assert sample_sizes(16, most) == expected
    assert sample_sizes(np.int8(16), np.int16(most)) == expected


def test_limit_below_the_first_size_is_an_error():
    with pytest.raises(ValueError, match="max_perturbations=100 is less than the 256"):
        sample_sizes(16, 100)


def test_half_width_is_that_of_the_widest_interval():
    # Two instances of two features and two outputs; a feature that is not selected has no error.
    values = [[[2.0, 0.5], [-4.0, 0.25]], [[1.0, 1.0], [0.0, 0.0]]]
    errors = [[[0.1, 0.1], [0.2, 0.3]], [[0.1, 0.4], [np.nan, np.nan]]]
    critical = student_t.ppf(0.975, 15)
    shared = CRITERIA["half_width"](fit_of(values, errors), 16, True)
    assert_allclose(shared, [critical * 0.3 / 4.0, critical * 0.4])
    each = CRITERIA["half_width"](fit_of(values, errors), 16, False)
    assert_allclose(each, [critical * 0.3 / 0.5, critical * 0.4])


def test_top_features_is_one_minus_the_mean_jaccard_index():
    values = np.array([[[6.0], [5.0], [4.0], [3.0], [2.0], [1.0]]])
    same = fit_of(values, np.zeros(values.shape))
    assert CRITERIA["top_features"](same, 16, True).tolist() == [0.0]
    # Runs differ 3.75 times as much as fits without a replicate. In half of them the sixth feature
    # takes the place of the fifth: 4 of 6 are in common.
    reselected = np.repeat(values[:, None], 16, axis=1)
    reselected[0, ::2, 4] = 1.7
    reselected[0, 1::2, 4] = 2.3
    others = fit_of(values, np.zeros(values.shape), reselected)
    assert_allclose(CRITERIA["top_features"](others, 16, True), 1.0 / 6.0)


def test_precision_is_reached_at_the_tolerance():
    fit = fit_of([[[1.0]], [[1.0]]], [[[0.04]], [[0.06]]])
    precision = Precision("half_width", 0.05 * student_t.ppf(0.975, 15), 16, True, 1024)
    assert precision.sizes == [256, 512, 1024]
    assert precision.is_reached(fit).tolist() == [True, False]


def test_warning_names_instances_in_their_words():
    precision = Precision("half_width", 0.1, 16, True, 1024)
    labels, sizes = np.array(["a", "b", "c"]), np.array([512, 1024, 1024])
    wanted = r"tol=0.1 \(criterion='half_width'\) is not reached with 1024 copies for pictures b, c"
    with pytest.warns(ConvergenceWarning, match=wanted):
        warn_imprecise(
            precision, np.array([False, True, True]), sizes, labels, ("pictures", "copies")
        )
    warn_imprecise(precision, np.zeros(3, dtype=bool), sizes, labels)
