"""Pictures and the model: failures, warnings."""

import warnings

import numpy as np
import pytest

from sklime import LimeImageExplainer
from sklime._images._instance import CutImage
from sklime._images._pictures import warn_about_cuts


def cut(changes=(True, True), is_fallback=False):
    parts = np.array([[0, 1]])
    return CutImage(np.zeros((1, 2, 1)), parts, parts, np.array(changes), is_fallback)


def test_grids_in_place_of_segments_are_said():
    with pytest.warns(UserWarning, match="fewer than 8 segments in pictures b; they are cut by"):
        warn_about_cuts([cut(), cut(is_fallback=True)], np.array(["a", "b"]), "slic")


def test_a_fill_that_changes_nothing_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_about_cuts([cut((False, True))], np.arange(1), "grid")
    with pytest.warns(UserWarning, match="The fill equals all segments of pictures 1: "):
        warn_about_cuts([cut(), cut((False, False))], np.arange(2), "grid")


class Fails:
    """A model that fails on dark pictures."""

    classes_ = np.array(["a", "b"])

    def predict(self, X):
        if (X.mean(axis=(1, 2)) < 0.2).any():
            raise RuntimeError("too dark")
        return np.where(X[:, 0, 0] > 0.5, "b", "a")

    def predict_proba(self, X):
        if (X.mean(axis=(1, 2)) < 0.2).any():
            raise RuntimeError("too dark")
        return np.stack([1 - X[:, 0, 0], X[:, 0, 0]], axis=1)


def test_classes_are_those_of_predict_and_failures_have_none():
    X = np.random.default_rng(0).uniform(0.5, 1.0, (4, 3, 3))
    X[:, 0, 0] = [0.9, 0.1, 0.9, 0.1]
    explainer = LimeImageExplainer(Fails(), segmenter="grid", n_segments=9, random_state=0)
    explainer.set_params(on_error="warn", fill=1.0).fit(X)
    X[2] = 0.1
    with pytest.warns(RuntimeWarning, match="failed on pictures 2.*RuntimeError: too dark"):
        batch = explainer.explain(X)
    assert batch.predicted_classes.tolist() == ["b", "a", None, "a"]
    assert batch.failures.tolist() == [None, None, "RuntimeError: too dark", None]
    assert np.isnan(batch[2].values).all()
    assert not np.isnan(batch[3].values).any()
    with pytest.warns(RuntimeWarning):
        assert np.isnan(explainer.transform(X)[2]).all()
    explainer.set_params(on_error="raise")
    with pytest.raises(RuntimeError, match="too dark"):
        explainer.explain(X)


def test_copies_without_weight_are_said():
    X = np.random.default_rng(0).random((2, 9, 9))
    explainer = LimeImageExplainer(
        lambda X: X.mean(axis=(1, 2)),
        segmenter="grid",
        keep=None,
        n_perturbations=16,
        random_state=0,
        kernel=lambda distances: np.exp(-((distances / 0.02) ** 2)),
    )
    with pytest.warns(UserWarning, match="Pictures 0, 1 have an effective sample size below"):
        explainer.fit(X).explain(X)


def test_pictures_whose_copies_hardly_differ_are_named():
    X = np.random.default_rng(0).random((2, 8, 10))
    explainer = LimeImageExplainer(
        lambda X: X.mean(axis=(1, 2)),
        segmenter="grid",
        keep=0.999,
        n_perturbations=64,
        n_segments=20,
        random_state=0,
    ).fit(X)
    for explain in (explainer.explain, explainer.transform):
        with pytest.warns(UserWarning, match=r"copies of pictures 0, 1 keep all of their parts"):
            explain(X)
