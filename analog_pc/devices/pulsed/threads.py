"""Rows of an array shared among threads; each row has its own random stream, so that the answer is one."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numba

from analog_pc.arrays import Any

WORTH_THREADS = 100_000  # devices; below, waking a thread takes about as long as it saves
PARTS = 2  # for each thread: whoever is free takes the next, and nobody waits for a thread that does not run


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The other threads of a process; a forked process has none of its parent's."""
    return ThreadPoolExecutor(max(1, numba.get_num_threads() - 1))


def on_rows(
    kernels: list[tuple[Callable[..., Any], tuple[Any, ...]]], shape: tuple[int, int], busy: int | None = None
) -> None:
    """Run kernels, one after the other on each part of the rows; `busy` rows have work.

    A kernel is a function and its first arguments; the last two are the first row and the one after the last.
    """
    rows = shape[0]
    work = (rows if busy is None else busy) * shape[1]
    threads = min(numba.get_num_threads(), rows) if work >= WORTH_THREADS else 1
    parts = 1 if threads == 1 else min(PARTS * threads, rows)
    left = iter([(rows * k // parts, rows * (k + 1) // parts) for k in range(parts)])

    def run() -> None:
        for begin, end in left:  # the next of a list's iterator is one thread's alone
            for kernel, arguments in kernels:
                kernel(*arguments, begin, end)

    others = [_pool(os.getpid()).submit(run) for _ in range(threads - 1)]
    run()
    for other in others:
        if not other.cancel():  # it has begun
            other.result()
