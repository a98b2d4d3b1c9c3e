"""One thread for many small problems of linear algebra."""

from contextlib import nullcontext
from functools import cache

from joblib import effective_n_jobs
from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread", "one_blas_thread_each"]


@cache
def _controller():
    """Return what knows the libraries that are loaded, which takes milliseconds to find out."""
    return ThreadpoolController()


def one_blas_thread():
    """Hold BLAS to one thread.

    The matrices of local fits are small: threads would wait for each other far longer than
    they compute, above all where other work keeps the processor busy.

    Returns
    -------
    limit : context manager
        Lifts the limit at its end.
    """
    return _controller().limit(limits=1, user_api="blas")


def one_blas_thread_each(n_jobs):
    """Hold BLAS to one thread while several threads of ours call it.

    The limit is one of the whole process. It is set and lifted by the calling thread, within
    which the threads that it starts do neither.

    Parameters
    ----------
    n_jobs : int or None
        Number of threads, as joblib takes it.

    Returns
    -------
    limit : context manager
        Does nothing for a single job.
    """
    return nullcontext() if effective_n_jobs(n_jobs) == 1 else one_blas_thread()
