"""Settings of the process, such as BLAS's threads, are as they were, whatever threads do."""

import multiprocessing
import os
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import joblib
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal
from sklearn import config_context, get_config
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Lasso, LogisticRegression
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.selection import all_features
from sklime.utils._threads import one_blas_thread, process_settings_kept

SMALL = {"n_perturbations": 64, "random_state": 0}
PATIENCE = 30.0


def set_threads(libraries, numbers):
    """Set the threads of BLAS, once and without staying in charge of them."""
    for library, number in zip(libraries, numbers):
        library.set_num_threads(number)
        getattr(library, "clear_controlling_thread", lambda: None)()


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    """Give BLAS two threads, whatever the environment says."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    before = [library.num_threads for library in libraries]
    # Not by a limit of threadpoolctl: some versions let no other thread change that.
    set_threads(libraries, [2] * len(libraries))
    if blas_threads() != {2}:
        pytest.skip("this BLAS cannot be told how many threads to take")
    yield
    set_threads(libraries, before)


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


# Two threads, the first of which leaves first


def together(*functions):
    """Call functions in threads of their own, and return what they return."""
    with ThreadPoolExecutor(len(functions)) as pool:
        running = [pool.submit(function) for function in functions]
        return [future.result(timeout=PATIENCE) for future in running]


def test_limit_is_lifted_by_the_last_one_out():
    second_is_in, first_is_out = Event(), Event()

    def first():
        with one_blas_thread():
            assert second_is_in.wait(PATIENCE)
        inside = blas_threads()
        first_is_out.set()
        return inside

    def second():
        with one_blas_thread():
            second_is_in.set()
            assert first_is_out.wait(PATIENCE)
            return blas_threads()

    assert together(first, second) == [{1}, {1}]
    assert blas_threads() == {2}


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize("is_failing", [False, True])
def test_two_threads_on_one_explainer_leave_blas_as_it_was(neighborhood, is_failing, binary_data):
    X = binary_data[0]
    both, first_is_out, order = Barrier(2), Event(), []

    def select(moments, encoding, max_features):
        # Called within the local fit; the first thread to come goes on when both are here.
        place = both.wait(PATIENCE)
        if place == 1:
            assert first_is_out.wait(PATIENCE)
        order.append(place)
        if is_failing:
            raise ArithmeticError
        return all_features(moments, encoding, max_features)

    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], neighborhood=neighborhood, selection=select, max_features=2, **SMALL
    ).fit(X)

    def explain():
        try:
            explainer.explain(X[:2])
        except ArithmeticError:
            pass
        finally:
            first_is_out.set()

    together(explain, explain)
    assert order == [0, 1]
    assert blas_threads() == {2}


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_race_of_threads_leaves_blas_as_it_was(n_jobs, binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    tabular = LimeTabularExplainer(model, n_jobs=n_jobs, batch_size=64, **SMALL).fit(X)
    text = LimeTextExplainer(
        lambda texts: np.array([len(text) for text in texts]), n_jobs=n_jobs, **SMALL
    ).fit(["a b c"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tabular.explain, [X[:6]] * 40))
        list(pool.map(text.explain, [["a b c d"], ["e f"]] * 20))
        with pytest.raises(ValueError, match="features"):
            list(pool.map(tabular.explain, [X[:6], X[:6, :2]] * 20))
    assert blas_threads() == {2}


def test_models_that_limit_threads_themselves_do_not_leave_the_limit(binary_data):
    # As nearest neighbors do: saved within the local fit of another thread, restored after it.
    X = binary_data[0]
    fit_has_begun, model_has_saved, fit_is_over = Event(), Event(), Event()

    def select(*arguments):
        fit_has_begun.set()
        assert model_has_saved.wait(PATIENCE)
        return all_features(*arguments)

    def model(X):
        if fit_has_begun.is_set() and not model_has_saved.is_set():
            with threadpool_limits(1, "blas"):
                model_has_saved.set()
                assert fit_is_over.wait(PATIENCE)
        return X[:, 0]

    options = {"max_features": 2, **SMALL}
    first = LimeTabularExplainer(lambda X: X[:, 0], selection=select, **options).fit(X)
    second = LimeTabularExplainer(model, **options).fit(X)

    def explain_first():
        first.explain(X[:1])
        fit_is_over.set()

    def explain_second():
        assert fit_has_begun.wait(PATIENCE)
        second.explain(X[:1])

    together(explain_first, explain_second)
    assert blas_threads() == {2}


def test_number_of_threads_that_somebody_sets_meanwhile_is_left_alone():
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    with one_blas_thread():
        set_threads(libraries, [3] * len(libraries))
    assert blas_threads() == {3}
    # Alone, a model may even set one thread for good.
    with process_settings_kept():
        set_threads(libraries, [1] * len(libraries))
    assert blas_threads() == {1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("is_inside", [False, True])
def test_forked_process_has_its_threads_again(is_inside):
    # A fork has no other threads, which would lift the limit.
    entered, is_over = Event(), Event()

    def hold():
        with one_blas_thread():
            entered.set()
            assert is_over.wait(PATIENCE)

    def in_child(sender):
        before = blas_threads()
        with one_blas_thread():
            during = blas_threads()
        sender.send((before, during, blas_threads()))

    def fork():
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=in_child, args=(sender,))
        child.start()
        assert receiver.poll(PATIENCE)
        child.join(PATIENCE)
        return receiver.recv()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        assert entered.wait(PATIENCE)
        if is_inside:
            with one_blas_thread():
                assert fork() == ({1}, {1}, {1})
        else:
            assert fork() == ({2}, {1}, {2})
        is_over.set()
        held.result(PATIENCE)
    assert blas_threads() == {2}


def test_other_processes_explain_alike_and_leave_blas_as_it_was(binary_data, binary_model):
    X = binary_data[0][:4]
    explainer = LimeTabularExplainer(binary_model, batch_size=64, **SMALL).fit(binary_data[0])
    expected = explainer.transform(X)
    with joblib.parallel_config("loky", n_jobs=2):
        assert_array_equal(explainer.transform(X), expected)
    assert blas_threads() == {2}


# Filters of warnings, and scikit-learn's settings


@pytest.fixture
def filters():
    """Filters of warnings to compare with; whatever a test does to them is undone."""
    with warnings.catch_warnings():
        yield list(warnings.filters)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_filters_of_warnings_are_not_touched(n_jobs, filters, binary_data):
    X = binary_data[0]
    seen = []

    def ask(X):
        seen.append(any(item[0] == "error" for item in warnings.filters))
        time.sleep(1e-3)
        return X[:, 0]

    explainer = LimeTabularExplainer(ask, batch_size=64, n_jobs=n_jobs, **SMALL).fit(X)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(explainer.explain, [X[:3]] * 12))
    assert all(seen)
    assert list(warnings.filters) == filters


def test_forests_in_threads_leave_the_filters_of_warnings_as_they_were(filters, binary_data):
    # Each tree of scikit-learn saves and restores them.
    X, y = binary_data
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(forest, batch_size=64, n_jobs=2, **SMALL).fit(X)
    for _ in range(5):
        explainer.explain(X[:10])
        assert list(warnings.filters) == filters


def test_fits_in_threads_leave_the_filters_of_warnings_as_they_were(filters, binary_data):
    X = binary_data[0]

    class SlowLasso(Lasso):
        def fit(self, *arguments, **options):
            time.sleep(1e-3)
            return super().fit(*arguments, **options)

    def fit(max_iter):
        surrogate = SlowLasso(alpha=0.01, max_iter=max_iter)
        LimeTabularExplainer(lambda X: X[:, 0], surrogate=surrogate, **SMALL).fit(X)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fit, [1, 10, 100] * 4))
    assert list(warnings.filters) == filters


def test_filters_that_a_model_sets_alone_stay(filters, binary_data):
    def ask(X):
        warnings.filterwarnings("ignore", message="told once")
        return X[:, 0]

    LimeTabularExplainer(ask, **SMALL).fit(binary_data[0]).explain(binary_data[0][:1])
    assert warnings.filters[1:] == filters


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_settings_of_scikit_learn_hold_in_threads(n_jobs, binary_data):
    X = binary_data[0]
    seen = set()

    def ask(X):
        seen.add(get_config()["assume_finite"])
        return X[:, 0]

    explainer = LimeTabularExplainer(ask, batch_size=64, n_jobs=n_jobs, **SMALL).fit(X)
    seen.clear()
    with config_context(assume_finite=True):
        explainer.explain(X[:6])
    assert seen == {True}


def test_settings_of_matplotlib_are_not_touched(tmp_path, monkeypatch, binary_data, binary_model):
    X = binary_data[0]
    before, draw = dict(mpl.rcParams), Figure.savefig

    def savefig(*arguments, **options):
        assert dict(mpl.rcParams) == before
        return draw(*arguments, **options)

    monkeypatch.setattr(Figure, "savefig", savefig)
    explanation = LimeTabularExplainer(binary_model, **SMALL).fit(X).explain(X[:1])[0]
    files = [explanation.save(tmp_path / f"{place}.svg").read_bytes() for place in range(2)]
    assert files[0] == files[1]
