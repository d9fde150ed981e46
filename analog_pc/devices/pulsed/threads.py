"""Rows of an array shared among threads; each row has its own random stream, so that the answer is one."""

from __future__ import annotations

from collections.abc import Callable

from analog_pc.arrays import Any
from analog_pc.compiled.threads import side_by_side, slices, threads

WORTH_THREADS = 100_000  # devices; below, waking a thread takes about as long as it saves
PARTS = 2  # for each thread: nobody waits for a thread that does not run


def on_rows(
    kernels: list[tuple[Callable[..., Any], tuple[Any, ...]]], shape: tuple[int, int], busy: int | None = None
) -> None:
    """Run kernels, one after the other on each part of the rows; `busy` rows have work.

    A kernel is a function and its first arguments; the last two are the first row and the one after the last.
    """
    rows = shape[0]
    work = (rows if busy is None else busy) * shape[1]

    def run(part: slice) -> None:
        for kernel, arguments in kernels:
            kernel(*arguments, part.start, part.stop)

    side_by_side(run, slices(rows, PARTS * threads() if work >= WORTH_THREADS else 1))
