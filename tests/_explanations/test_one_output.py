"""Explanations of one of several outputs: in files, on pages and as JSON."""

from functools import cache
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer, LimeTextExplainer

NAMES = {0: "alpha", 1: "beta", 2: "gamma"}


@cache
def wines(target="all"):
    X, y = load_wine(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:, :5], y)
    explainer = LimeTabularExplainer(model, output_names=NAMES, target=target, random_state=0)
    explainer.set_params(target=list(target) if isinstance(target, tuple) else target)
    return explainer.fit(X[:, :5]).explain(X[:6, :5])


def counts(texts):
    return np.array([[text.count("good"), text.count("bad")] for text in texts], dtype=float)


@cache
def texts(target="all"):
    explainer = LimeTextExplainer(counts, target=target, output_names=["good", "bad"])
    return explainer.fit(["good news"]).explain(["good and bad", "bad or good, good"])


@cache
def functions():
    X = np.random.default_rng(0).normal(size=(80, 3))
    model = LinearRegression().fit(X, X[:, :2])
    explainer = LimeTabularExplainer(model.predict, output_names=["one", "two"], random_state=0)
    return explainer.fit(X).explain(X[:3])


# The truth is the explanation that was asked for this output alone.
BATCHES = {"rows": (wines, "beta"), "texts": (texts, "bad")}
both = pytest.mark.parametrize(("explained", "output"), BATCHES.values(), ids=BATCHES)


@both
def test_card_of_one_output_is_that_of_an_explanation_of_this_output(explained, output):
    assert explained()[1].to_html(output=output) == explained(output)[1].to_html()


@both
def test_report_of_one_output_is_that_of_explanations_of_this_output(explained, output):
    assert explained().to_html(output=output) == explained(output).to_html()


@both
@pytest.mark.parametrize("suffix", [".md", ".html", ".svg"])
def test_file_of_one_output_is_that_of_an_explanation_of_this_output(
    explained, output, suffix, tmp_path
):
    one = explained()[1].save(tmp_path / f"one{suffix}", output=output)
    other = explained(output)[1].save(tmp_path / f"other{suffix}")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_picture_of_one_output_is_that_of_an_explanation_of_this_output(suffix, tmp_path):
    one = wines()[1].save(tmp_path / f"one{suffix}", output="beta")
    other = wines("beta")[1].save(tmp_path / f"other{suffix}")
    assert one.read_bytes() == other.read_bytes()


@both
def test_csv_of_one_output_has_its_lines_alone(explained, output, tmp_path):
    frame = explained().to_frame()
    expected = frame[frame["output"] == output]
    path = explained().save(tmp_path / "rows.csv", output=output)
    found = pd.read_csv(StringIO(path.read_text(encoding="utf-8")))
    assert found["output"].tolist() == expected["output"].tolist()
    np.testing.assert_allclose(found["weight"], expected["weight"])


@both
def test_json_of_one_output_can_be_read(explained, output, tmp_path):
    path = explained()[1].save(tmp_path / "row.json", output=output)
    one = type(explained()[1]).from_json(path)
    assert one.output_names == (output,)
    np.testing.assert_array_equal(
        one.values[:, 0], explained()[1].values[:, one.internals.output_index[0]]
    )


@both
def test_output_of_a_file_is_found_by_index_label_or_name_as_in_plots(explained, output):
    one = explained()[0]
    index = one.explained_names().index(output)
    label = one.response_labels[index]
    assert one.to_html(output=label) == one.to_html(output=output)


def test_pair_is_an_output_of_a_file():
    batch = wines((("beta", "alpha"), "gamma"))
    assert "rather than" in batch[0].to_html(output=("beta", "alpha"))
    assert "rather than" not in batch[0].to_html(output="gamma")


@pytest.mark.parametrize("suffix", [".png", ".md", ".html", ".csv", ".json"])
def test_unknown_output_of_a_file_is_an_error_that_lists_the_outputs(suffix, tmp_path):
    with pytest.raises(ValueError, match=r"output='delta'.*\['alpha', 'beta', 'gamma'\]"):
        wines()[0].save(tmp_path / f"row{suffix}", output="delta")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".html", ".csv", ".json"])
def test_unknown_output_of_many_rows_is_an_error_that_lists_the_outputs(suffix, tmp_path):
    with pytest.raises(ValueError, match=r"output='delta'.*\['alpha', 'beta', 'gamma'\]"):
        wines().save(tmp_path / f"rows{suffix}", output="delta")


def test_picture_of_a_function_with_several_outputs_needs_one_of_them(tmp_path):
    one = functions()[0]
    with pytest.raises(ValueError, match=r"pass one of \['one', 'two'\] as output"):
        one.save(tmp_path / "row.png")
    pictures = [one.save(tmp_path / f"{name}.svg", output=name) for name in ("one", "two", 1)]
    first, second, by_index = (path.read_bytes() for path in pictures)
    assert first != second
    assert by_index == second


def test_one_output_leaves_the_explanation_unchanged():
    before = wines()[0].to_json()
    wines()[0].to_html(output="gamma")
    assert wines()[0].to_json() == before


def test_groups_are_compared_for_one_output(tmp_path):
    by = ["a", "a", "b", "b", "b", "a"]
    path = wines().save(tmp_path / "rows.html", output="gamma", by=by)
    assert path.read_text(encoding="utf-8") == wines("gamma").to_html(by=by)
