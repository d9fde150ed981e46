"""Slices of a large batch side by side, and BLAS with one thread of its own.

The products of matrices here are small, and there are many of them: threads of BLAS wait for each other
longer than they work, and keep a core busy while they do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

from analog_pc.arrays import Any
from analog_pc.compiled.threads import side_by_side, slices, threads

# Numbers in an array of a slice: fewer than `LEAST` take less time than waking a thread, and more than `MOST`
# leave every cache.
LEAST, MOST = 2**12, 2**18
PARTS = 2  # slices for each thread: one whose core is held up gets fewer


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """In this context BLAS works in the thread that calls it."""
    return _libraries().limit(limits=1, user_api="blas")  # type: ignore[no-any-return, unused-ignore]


def in_slices(samples: int, width: int, work: Callable[[slice], None]) -> None:
    """Call `work` for slices of a batch with `width` numbers a sample; they may run side by side."""
    numbers, used = samples * width, threads()
    many = PARTS * used
    count = 1 if numbers < used * LEAST else many * -(-numbers // (many * MOST))
    side_by_side(work, slices(samples, count))
