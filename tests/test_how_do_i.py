"""The answers of the guide for models of optional packages, run where the package is installed."""

import re
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

from sklime import LimeTabularExplainer

PAGE = Path(__file__).parents[1] / "doc" / "guide" / "how_do_i.rst"
SNIPPETS = dict(
    re.findall(
        r"\.\. code-block:: python\n   :name: needs-(\w+)\n\n((?:   .*\n|\n)+)",
        PAGE.read_text(encoding="utf-8"),
    )
)


def prepare_onnxruntime(names, tmp_path):
    skl2onnx = pytest.importorskip("skl2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    X, y = names["X"].to_numpy(), names["y"]
    options = {"zipmap": False}
    model = LogisticRegression(max_iter=5000).fit(X, y)
    graph = skl2onnx.to_onnx(model, X[:1].astype(np.float32), options={id(model): options})
    names["session"] = onnxruntime.InferenceSession(graph.SerializeToString())


def prepare_openpyxl(names, tmp_path):
    explainer = LimeTabularExplainer(lambda X: X["alcohol"], random_state=0).fit(names["X"])
    names.update(batch=explainer.explain(names["X"].head(2)), folder=tmp_path)


PREPARE = {"onnxruntime": prepare_onnxruntime, "openpyxl": prepare_openpyxl}


def test_page_has_a_snippet_of_each_library():
    boosters = {"xgboost", "catboost", "lightgbm"}
    survival = {"statsmodels", "lifelines", "sksurv"}
    assert {"openpyxl", "torch", "keras", "onnxruntime"} | boosters | survival == set(SNIPPETS)


@pytest.mark.parametrize("package", sorted(SNIPPETS))
def test_snippet_explains_rows(package, tmp_path):
    with warnings.catch_warnings():
        # Packages are not ours, and warn when they are imported and called.
        warnings.simplefilter("ignore")
        pytest.importorskip(package, exc_type=ImportError)
        X, y = load_wine(return_X_y=True, as_frame=True)
        names = {"X": X, "y": y, "np": np, "LimeTabularExplainer": LimeTabularExplainer}
        PREPARE.get(package, lambda names, tmp_path: None)(names, tmp_path)
        exec(compile(textwrap.dedent(SNIPPETS[package]), PAGE.name, "exec"), names)
    if package == "openpyxl":
        assert (tmp_path / "reasons.xlsx").stat().st_size > 0
    else:
        assert len(names["batch"]) == 3
        assert not [failure for failure in names["batch"].failures if failure]


def test_page_answers_at_least_25_questions():
    text = PAGE.read_text(encoding="utf-8")
    assert len(re.findall(r"^~{3,}$", text, re.MULTILINE)) >= 25
