"""Functions of the user's, and how many arguments they take."""

import pytest
from tables import FEW

from sklime import LimeTabularExplainer


@pytest.mark.parametrize(
    ("parameter", "function", "wanted"),
    [
        ("kernel", lambda: 1.0, r"2 arguments by position, \(distances, width\)"),
        ("kernel", lambda a, b, c: a, r"\(distances, width\)"),
        ("kernel", lambda a, *, width: a, r"\(distances, width\)"),
        ("metric", lambda a: 1.0, r"2 arguments by position, \(one encoding, another\)"),
        ("selection", lambda a: a, r"3 arguments by position, \(moments, encoding, max_features"),
    ],
)
def test_function_of_other_arguments_is_an_error_in_fit(
    parameter, function, wanted, neighborhood, binary_data, binary_model
):
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, **{parameter: function}, **FEW
    )
    with pytest.raises(TypeError, match=rf"{parameter} must be a function of .*{wanted}"):
        explainer.fit(binary_data[0])
