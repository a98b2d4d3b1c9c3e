"""How features are divided, in words."""

from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer
from sklime._tables._learnt import columns_in_words


def columns_of(**parameters):
    explainer = LimeTabularExplainer(mixed_score, random_state=0, **parameters)
    explainer.fit(mixed_frame(100, 0).assign(constant=1.0))
    found = columns_in_words(explainer._column_names, explainer._encoder)
    return {name: (kind, items) for name, kind, items in found}


def test_bins_levels_and_what_has_none():
    columns = columns_of(fixed=["smoker"])
    assert columns["sex"] == ("levels", ["female", "male"])
    assert columns["income"][0] == "bins"
    assert len(columns["income"][1]) == 3
    assert columns["constant"] == ("nothing: it has one bin", [])
    assert columns["smoker"] == ("nothing: it keeps the value of the row", [])


def test_standard_scores_have_no_cuts():
    assert columns_of(discretizer=None)["income"] == (
        "nothing: weights are per standard deviation",
        [],
    )
