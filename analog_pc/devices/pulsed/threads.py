"""Rows of an array shared among threads; each row has its own random stream, so that the answer is one."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numba

from analog_pc.arrays import Any

WORTH_THREADS = 16_384  # devices; below, waking a thread takes longer than it saves


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The other threads of a process; a forked process has none of its parent's."""
    return ThreadPoolExecutor(max(1, numba.get_num_threads() - 1))


def on_rows(
    kernel: Callable[..., Any], arguments: tuple[Any, ...], shape: tuple[int, int], busy: int | None = None
) -> None:
    """Run a kernel that takes, last, the first row and the one after the last; `busy` rows have work."""
    rows = shape[0]
    work = (rows if busy is None else busy) * shape[1]
    threads = min(numba.get_num_threads(), rows) if work >= WORTH_THREADS else 1
    edges = [rows * k // threads for k in range(threads + 1)]
    others = [
        _pool(os.getpid()).submit(kernel, *arguments, edges[k], edges[k + 1]) for k in range(1, threads)
    ]
    kernel(*arguments, edges[0], edges[1])
    for other in others:
        other.result()
