"""Correlations over features against those of scipy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import pearsonr, spearmanr

from sklime.metrics._correlations import row_correlations


@pytest.mark.parametrize("method", ["both", "spearman", "pearson"])
@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
def test_correlations_are_those_of_scipy_in_any_unit(method, unit):
    shown, reference = np.random.default_rng(0).normal(size=(2, 5, 7, 2))
    found = row_correlations(unit * shown, unit * reference, method)
    names = ["spearman", "pearson"] if method == "both" else [method]
    functions = {"spearman": spearmanr, "pearson": pearsonr}
    expected = [
        [
            np.mean([functions[n](shown[i, :, j], reference[i, :, j])[0] for n in names])
            for j in range(2)
        ]
        for i in range(5)
    ]
    assert_allclose(found, expected, atol=1e-12)


def test_constant_references_are_undefined_and_constant_contributions_tell_nothing():
    varied, constant = np.array([[[1.0], [2.0], [4.0]]]), np.ones((1, 3, 1))
    assert np.isnan(row_correlations(varied, constant)).all()
    assert row_correlations(constant, varied) == 0.0
