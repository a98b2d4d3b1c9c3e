"""Base points and their replicates."""

import pytest
from numpy.testing import assert_array_equal

from sklime import LimeTabularExplainer
from sklime.kernels import uniform_kernel


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.parametrize("n_perturbations", [16, 17, 100, 1000])
def test_any_number_of_perturbations_is_drawn_without_a_warning(
    n_perturbations, neighborhood, binary_data, binary_model
):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model,
        baseline="other",
        neighborhood=neighborhood,
        n_perturbations=n_perturbations,
        kernel=uniform_kernel,
        method="sampling",
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:2])
    assert_array_equal(batch.n_perturbations, n_perturbations)
    assert (batch.effective_sample_size <= n_perturbations).all()
