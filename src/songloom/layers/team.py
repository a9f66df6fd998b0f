"""Compiled passes on the threads that torch's own operations run on, each a part of the rows.

A pool of other threads would compete with torch's, which look out for work for some milliseconds after each operation.
GNU's OpenMP, which torch's builds for Linux hold, has one team of threads for whoever calls from the same thread, so
the pass is called in a parallel region of that library. Where torch has another one, a pass runs on one thread.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import torch

WORTH = 1 << 15
"""Numbers from which a second thread saves more than it takes to begin."""
MEMBER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
"""What each thread calls."""
Kernel = Callable[..., None]
"""Called with the number of its part, how many parts there are, and what the pass is given; runs without the lock of
Python's interpreter, and does the same whatever the number of parts."""


def together(kernel: Kernel, *given: Any, numbers: int) -> None:
    """Runs all parts of a pass over so many `numbers`, on as many threads as torch uses."""
    threads, library = torch.get_num_threads(), openmp()
    if threads == 1 or numbers < WORTH or library is None:
        kernel(0, 1, *given)
        return
    failed: list[BaseException] = []

    def member(_: object) -> None:
        try:
            kernel(library.omp_get_thread_num(), library.omp_get_num_threads(), *given)
        except BaseException as error:  # nothing may be raised through the library: it is raised below
            failed.append(error)

    library.GOMP_parallel(MEMBER(member), None, threads, 0)
    if failed:
        raise failed[0]


@cache
def openmp() -> ctypes.CDLL | None:
    """The library that holds torch's threads, or None where it is not GNU's."""
    try:
        library = ctypes.CDLL(torch._C.__file__)
        functions = library.GOMP_parallel, library.omp_get_thread_num, library.omp_get_num_threads
    except (OSError, AttributeError):
        return None
    functions[0].argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
    functions[0].restype = None
    return library
