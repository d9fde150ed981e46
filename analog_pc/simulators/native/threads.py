"""Threads: slices of a large batch side by side, and BLAS with one thread of its own.

The products of matrices here are small, and there are many of them: threads of BLAS wait for each other
longer than they work, and keep a core busy while they do.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from itertools import pairwise

import numpy as np
from threadpoolctl import ThreadpoolController

from analog_pc.arrays import Any

# Numbers in an array of a slice.  An operation on fewer than `LEAST` takes less time than handing the
# interpreter over to the thread that does it; more than `MOST` would leave every cache.
LEAST, MOST = 2**15, 2**18


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The threads of a process; a forked process has none of its parent's."""
    return ThreadPoolExecutor(os.cpu_count())


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """In this context BLAS works in the thread that calls it."""
    return _libraries().limit(limits=1, user_api="blas")  # type: ignore[no-any-return, unused-ignore]


def in_slices(samples: int, width: int, work: Callable[[slice], None]) -> None:
    """Call `work` for slices of a batch with `width` numbers a sample; they may run side by side."""
    numbers, cores = samples * width, os.cpu_count() or 1
    if numbers < cores * LEAST:
        work(slice(0, samples))
        return
    count = cores * -(-numbers // (cores * MOST))
    edges = np.linspace(0, samples, min(samples, count) + 1).astype(int).tolist()
    list(_pool(os.getpid()).map(work, [slice(*ends) for ends in pairwise(edges)]))
