"""Small linear algebra takes one thread, and leaves the others as they were."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController, threadpool_info

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.utils._threads import one_blas_thread


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    """Give BLAS two threads, whatever the environment says."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    before = [library.num_threads for library in libraries]
    # Not by a limit of threadpoolctl: some versions let no other thread change that.
    for library in libraries:
        library.set_num_threads(2)
    if blas_threads() != {2}:
        pytest.skip("this BLAS cannot be told how many threads to take")
    yield
    for library, number in zip(libraries, before):
        library.set_num_threads(number)


def test_limit_holds_inside_and_is_lifted_outside():
    with one_blas_thread():
        assert blas_threads() == {1}
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_limit_is_lifted_after_an_error():
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        _ = 1 / 0
    assert blas_threads() == {2}


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_explaining_leaves_the_threads_as_they_were(n_jobs, binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    seen = set()

    def ask(X):
        seen.update(blas_threads())
        return model.predict_proba(X)[:, 1]

    options = {"n_perturbations": 64, "n_jobs": n_jobs, "random_state": 0}
    explainer = LimeTabularExplainer(ask, batch_size=64, **options).fit(X)
    for _ in range(20):
        explainer.explain(X[:6])
    LimeTextExplainer(lambda texts: np.array([len(text) for text in texts]), **options).fit(
        ["a b c"]
    ).explain(["a b c d e f g h i j"] * 6)
    assert blas_threads() == {2}
    # Alone, the model has its threads.
    assert seen == ({2} if n_jobs is None else {1, 2})
