"""Work in threads, with the settings of the process that they share, such as BLAS's threads.

If two threads each save a setting, change it and restore it, it may stay changed for ever: the
second saves the changed value and restores it last. Here threads save and restore together:
the first thread in saves, the last thread out restores.
"""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from threading import Lock, get_ident
from typing import Any

import joblib
from sklearn import config_context, get_config
from threadpoolctl import ThreadpoolController

__all__ = ["in_threads", "one_blas_thread", "process_settings_kept"]


class _Together:
    """A setting of the process that threads change and restore together.

    Parameters
    ----------
    make : callable
        Function that returns a context manager. The first thread in enters it, the last one
        out leaves it.

    only_if_shared : bool, default=False
        Whether nothing is restored if no two threads were in the context at the same time.
    """

    def __init__(
        self, make: Callable[[], AbstractContextManager[Any]], *, only_if_shared: bool = False
    ) -> None:
        self._make = make
        self._only_if_shared = only_if_shared
        self._lock = Lock()
        self._entries: dict[object, int] = {}
        self._setting: AbstractContextManager[Any] | None = None
        self._is_shared = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._keep_own_entries)

    @contextmanager
    def __call__(self, *, is_shared: bool = False) -> Iterator[None]:
        """Hold the setting.

        Parameters
        ----------
        is_shared : bool, default=False
            Whether this entry stands for several threads.

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

    def _leave(self, entries: Iterable[object]) -> None:
        for entry in entries:
            # A forked process may have dropped this entry already.
            self._entries.pop(entry, None)
        if self._entries or self._setting is None:
            return
        setting, is_shared = self._setting, self._is_shared
        self._setting, self._is_shared = None, False
        if is_shared or not self._only_if_shared:
            setting.__exit__(None, None, None)

    def _keep_own_entries(self) -> None:
        """Drop, in a forked process, the entries of threads that it does not have."""
        # Another thread may have held the lock; no thread of this process would release it.
        self._lock = Lock()
        self._leave([entry for entry, thread in self._entries.items() if thread != get_ident()])


# Finding the loaded libraries takes milliseconds.
@cache
def _libraries(*, of_threads: bool) -> list[Any]:
    """Return the loaded BLAS libraries.

    Parameters
    ----------
    of_threads : bool
        Whether to return the libraries whose number of threads belongs to the calling thread,
        as under OpenMP, or those with one number for the whole process.
    """
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    layers = [getattr(library, "threading_layer", None) for library in libraries]
    return [it for it, layer in zip(libraries, layers) if (layer == "openmp") == of_threads]


def _set_threads(library: Any, n_threads: int) -> None:
    # From version 3.7 on, threadpoolctl ignores all threads but the first that set a number.
    release = getattr(library, "clear_controlling_thread", lambda force: None)
    release(force=True)
    library.set_num_threads(n_threads)
    release(force=True)


class _BlasThreads:
    """Save the number of BLAS threads; restore it if BLAS is left with one thread.

    If other code has set another number meanwhile, that number stays.

    Parameters
    ----------
    limit : int or None, default=None
        Number of threads inside the context; `None` leaves it unchanged.

    of_threads : bool, default=False
        As in `_libraries`.
    """

    def __init__(self, limit: int | None = None, *, of_threads: bool = False) -> None:
        self.limit = limit
        self.of_threads = of_threads
        self.before: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        libraries = _libraries(of_threads=self.of_threads)
        self.before = [(library, library.num_threads) for library in libraries]
        for library, n_threads in self.before:
            if self.limit is not None and n_threads != self.limit:
                _set_threads(library, self.limit)

    def __exit__(self, *error: object) -> None:
        for library, n_threads in self.before:
            if n_threads != 1 and library.num_threads == 1:
                _set_threads(library, n_threads)


class _Filters:
    """Save the filters of warnings, and restore them if they have changed."""

    def __enter__(self) -> None:
        self.filters: Any = warnings.filters
        self.before = list(warnings.filters)

    def __exit__(self, *error: object) -> None:
        if warnings.filters is self.filters and self.filters == self.before:
            return
        self.filters[:] = self.before
        warnings.filters = self.filters
        # Python remembers which warnings it has shown. Entering this context makes it decide
        # again, by the restored filters.
        with warnings.catch_warnings():
            pass


class _ProcessSettings:
    """Save and restore all that models may change for the whole process."""

    def __init__(self) -> None:
        self.parts: tuple[AbstractContextManager[Any], ...] = _BlasThreads(), _Filters()

    def __enter__(self) -> None:
        for part in self.parts:
            part.__enter__()

    def __exit__(self, *error: object) -> None:
        for part in self.parts:
            part.__exit__(None, None, None)


_limited = _Together(lambda: _BlasThreads(limit=1))
_kept = _Together(_ProcessSettings, only_if_shared=True)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread.

    The matrices of local fits are small. Threads would wait for each other far longer than
    they compute, above all while other work keeps the processor busy. The limit holds for the
    whole process and ends when the last thread has left.

    Yields
    ------
    nothing : None
        The limit holds here.
    """
    with _limited(), _BlasThreads(limit=1, of_threads=True):
        yield


def process_settings_kept(*, is_shared: bool = False) -> AbstractContextManager[None]:
    """Restore the threads of BLAS and the filters of warnings after models have changed them.

    scikit-learn saves and restores both: filters in each tree of a forest and each check of
    an array, threads in nearest neighbors. Called from several threads at once, it may leave
    its own filters behind, or BLAS with the one thread of a local fit.

    Parameters
    ----------
    is_shared : bool, default=False
        Whether several threads will enter. If not, nothing is restored unless another thread
        enters meanwhile: a model that runs alone may change these settings.

    Returns
    -------
    context : context manager
        Restores the settings when the last thread has left.
    """
    return _kept(is_shared=is_shared)


def in_threads(
    function: Callable[..., Any],
    tasks: Iterable[tuple[Any, ...]],
    *,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> list[Any]:
    """Call a function on each task, in threads.

    scikit-learn's settings apply in the threads. Unlike in `sklearn.utils.parallel`, calls do
    not save and restore the filters of warnings, because these belong to the process.

    Parameters
    ----------
    function : callable
        Function to call.

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
    results: list[Any] = []
    if joblib.effective_n_jobs(n_jobs) == 1 and not verbose:
        # There are no threads: the settings of this one apply.
        for arguments in tasks:
            results.append(function(*arguments))
        return results
    call = joblib.delayed(_call)
    settings = get_config(), list(warnings.filters), os.getpid()
    parallel = joblib.Parallel(n_jobs=n_jobs, verbose=verbose, prefer="threads")
    calls = (call(function, task, *settings) for task in tasks)
    if joblib.effective_n_jobs(n_jobs) == 1:
        results = parallel(calls)
        return results
    # Limit BLAS once for all threads. Their own limits then change nothing.
    with process_settings_kept(is_shared=True), one_blas_thread():
        results = parallel(calls)
        return results


def _call(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    config: dict[str, Any],
    filters: list[Any],
    process: int,
) -> Any:
    with config_context(**config):
        if os.getpid() == process:
            return function(*arguments)
        # Under a joblib context of the user, tasks may run in other processes.
        with warnings.catch_warnings():
            active: Any = warnings.filters
            active[:] = filters
            return function(*arguments)
