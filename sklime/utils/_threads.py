"""Work in threads, and what threads share: settings of the process, such as BLAS's threads.

Two threads that each save such a setting, change it and restore it leave it changed for ever,
where the second saves what the first has set and restores last. Here all threads save and
restore it together: the first one in saves, the last one out restores.
"""

import os
import warnings
from contextlib import contextmanager
from functools import cache
from threading import Lock, get_ident

import joblib
from sklearn import config_context, get_config
from threadpoolctl import ThreadpoolController

__all__ = ["in_threads", "one_blas_thread", "process_settings_kept"]


class _Together:
    """A setting of the process that threads change and restore together.

    Parameters
    ----------
    make : callable
        Returns a context manager. The first thread in enters it, the last one out leaves it.

    only_if_shared : bool, default=False
        Whether the context is dropped instead of left where no two threads were in it at once.
    """

    def __init__(self, make, *, only_if_shared=False):
        self._make, self._only_if_shared = make, only_if_shared
        self._lock, self._entries, self._setting, self._is_shared = Lock(), {}, None, False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._keep_own_entries)

    @contextmanager
    def __call__(self, *, is_shared=False):
        """Hold the setting.

        Parameters
        ----------
        is_shared : bool, default=False
            Whether this entry counts for several threads.

        Yields
        ------
        nothing : None
            The setting holds until all threads have left.
        """
        entry = object()
        try:
            with self._lock:
                self._entries[entry] = get_ident()
                self._is_shared |= is_shared or len(self._entries) > 1
                if self._setting is None:
                    self._setting = self._make()
                    self._setting.__enter__()
            yield
        finally:
            with self._lock:
                self._leave([entry])

    def _leave(self, entries):
        for entry in entries:
            # What a fork has left behind is gone already.
            self._entries.pop(entry, None)
        if self._entries or self._setting is None:
            return
        setting, is_shared = self._setting, self._is_shared
        self._setting, self._is_shared = None, False
        if is_shared or not self._only_if_shared:
            setting.__exit__(None, None, None)

    def _keep_own_entries(self):
        """Drop, in a forked process, the entries of threads that it does not have."""
        # Another thread may have held the lock, which nobody here would ever release.
        self._lock = Lock()
        self._leave([entry for entry, thread in self._entries.items() if thread != get_ident()])


@cache
def _libraries(*, of_threads):
    """Return the BLAS libraries that are loaded, which takes milliseconds to find out.

    Where OpenMP makes the threads of BLAS, each thread of ours has a number of its own.
    """
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    layers = [getattr(library, "threading_layer", None) for library in libraries]
    return [it for it, layer in zip(libraries, layers) if (layer == "openmp") == of_threads]


def _set_threads(library, number):
    # From version 3.7 on, threadpoolctl ignores all threads but the one that set a number first.
    release = getattr(library, "clear_controlling_thread", lambda force: None)
    release(force=True)
    library.set_num_threads(number)
    release(force=True)


class _BlasThreads:
    """Remember how many threads BLAS has, and give them back where it has been left with one.

    A number that somebody else has set meanwhile is left alone.
    """

    def __init__(self, limit=None, *, of_threads=False):
        self.limit, self.of_threads, self.before = limit, of_threads, []

    def __enter__(self):
        libraries = _libraries(of_threads=self.of_threads)
        self.before = [(library, library.num_threads) for library in libraries]
        for library, number in self.before:
            if self.limit is not None and number != self.limit:
                _set_threads(library, self.limit)

    def __exit__(self, *error):
        for library, number in self.before:
            if number != 1 and library.num_threads == 1:
                _set_threads(library, number)


class _Filters:
    """Remember the filters of warnings, and restore them where they are others."""

    def __enter__(self):
        self.filters, self.before = warnings.filters, list(warnings.filters)

    def __exit__(self, *error):
        if warnings.filters is self.filters and self.filters == self.before:
            return
        self.filters[:] = self.before
        warnings.filters = self.filters
        with warnings.catch_warnings():
            # Makes Python forget what it has decided by the other filters.
            pass


class _ProcessSettings:
    """All that models may change for the whole process."""

    def __init__(self):
        self.parts = _BlasThreads(), _Filters()

    def __enter__(self):
        for part in self.parts:
            part.__enter__()

    def __exit__(self, *error):
        for part in self.parts:
            part.__exit__(*error)


_limited = _Together(lambda: _BlasThreads(limit=1))
_kept = _Together(_ProcessSettings, only_if_shared=True)


@contextmanager
def one_blas_thread():
    """Hold BLAS to one thread.

    The matrices of local fits are small: threads would wait for each other far longer than
    they compute, above all where other work keeps the processor busy. The limit is one of the
    whole process, and is lifted when the last thread that holds it has left.

    Yields
    ------
    nothing : None
        The limit holds here.
    """
    with _limited(), _BlasThreads(limit=1, of_threads=True):
        yield


def process_settings_kept(*, is_shared=False):
    """Restore the threads of BLAS and the filters of warnings, whatever models do to them.

    scikit-learn saves and restores both: filters in each tree of a forest and each check of
    an array, threads in nearest neighbors. Called from several threads at once it may leave
    filters of its own, or the one thread of a local fit that it has seen in another thread.

    Parameters
    ----------
    is_shared : bool, default=False
        Whether several threads are to come. Otherwise nothing is restored unless another
        thread is here meanwhile: alone, a model may change what it likes.

    Returns
    -------
    kept : context manager
        Restores them when the last thread has left.
    """
    return _kept(is_shared=is_shared)


def in_threads(function, tasks, *, n_jobs=None, verbose=0):
    """Call a function on each task, in threads.

    scikit-learn's settings hold in the threads. Unlike in `sklearn.utils.parallel`, the
    filters of warnings, which belong to the process, are not saved and restored by each call.

    Parameters
    ----------
    function : callable
        What to call.

    tasks : iterable of tuple
        Positional arguments of each call.

    n_jobs : int, default=None
        Number of threads, as joblib takes it.

    verbose : int, default=0
        Verbosity of joblib.

    Returns
    -------
    results : list
        In the order of the tasks.
    """
    call = joblib.delayed(_call)
    settings = get_config(), list(warnings.filters), os.getpid()
    parallel = joblib.Parallel(n_jobs=n_jobs, verbose=verbose, prefer="threads")
    if joblib.effective_n_jobs(n_jobs) == 1:
        return parallel(call(function, task, *settings) for task in tasks)
    # BLAS is limited once for all threads, within which each of them does nothing.
    with process_settings_kept(is_shared=True), one_blas_thread():
        return parallel(call(function, task, *settings) for task in tasks)


def _call(function, arguments, config, filters, process):
    with config_context(**config):
        if os.getpid() == process:
            return function(*arguments)
        # A joblib context of the user's own sends tasks to other processes.
        with warnings.catch_warnings():
            warnings.filters[:] = filters
            return function(*arguments)
