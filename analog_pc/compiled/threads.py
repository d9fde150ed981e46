"""Work shared among the threads of this process: calls of numpy, BLAS and compiled code run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import numba
import scipy.linalg  # noqa: F401 - loads its BLAS, which the controller would not see later
from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")


def threads() -> int:
    """How many there are: the cores, or what NUMBA_NUM_THREADS says."""
    return int(numba.get_num_threads())


def slices(total: int, count: int) -> list[slice]:
    """So many slices of about one length, fewer where `total` is less."""
    edges = [total * k // count for k in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(edges) if a < b]


def single_threaded_blas() -> AbstractContextManager[Any]:
    """Matrix products and factorisations inside the block run on one thread each.

    BLAS shares a product of 100 x 100 matrices among the cores and waits actively for the slowest part, some
    microseconds on idle cores, the time slice of another process on busy ones.  Such products gain nothing
    from a second core: what is independent above them is shared by `side_by_side` instead.

    The limit holds for the whole process.  Blocks must not begin and end in several threads at once.
    """
    limits: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limits


@cache
def _libraries() -> ThreadpoolController:
    """The libraries of this process, looked up once: that takes a hundred times as long as a limit."""
    return ThreadpoolController()


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The other threads of a process; a forked process has none of its parent's."""
    return ThreadPoolExecutor(max(1, threads() - 1))


def side_by_side(work: Callable[[Part], None], parts: Sequence[Part]) -> None:
    """Call `work` for every part, in any order; whoever is free takes the next, the caller too."""
    left = iter(list(parts))

    def run() -> None:
        for part in left:  # the next of a list's iterator is one thread's alone
            work(part)

    others = [_pool(os.getpid()).submit(run) for _ in range(min(threads(), len(parts)) - 1)]
    run()
    for other in others:
        if not other.cancel():  # it has begun
            other.result()
