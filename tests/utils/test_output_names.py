"""Outputs are found by name, label or index."""

import pytest
from tables import explained_model


def test_output_of_a_function_is_found_by_its_index_everywhere(binary_data):
    X, _ = binary_data
    one = explained_model(lambda X: X[:, :3], X, target=1)
    assert one.output_names == ("prediction1",)
    assert one[0].as_list(1) == one[0].as_list("prediction1") == one[0].as_list()
    assert one.to_matrix(1).equals(one.to_matrix())
    with pytest.raises(ValueError, match="not one of the explained"):
        one[0].as_list(0)
