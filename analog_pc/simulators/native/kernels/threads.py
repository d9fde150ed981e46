"""Slices of a large batch side by side."""

from __future__ import annotations

from collections.abc import Callable

from analog_pc.compiled.threads import side_by_side, slices, threads

# Numbers in an array of a slice: fewer than `LEAST` take less time than waking a thread, and more than `MOST`
# leave every cache.
LEAST, MOST = 2**12, 2**18
SHORT = 8  # slices for each thread where a sample may take much longer than another
PARTS = 2  # slices for each thread: one whose core is held up gets fewer


def in_slices(samples: int, width: int, work: Callable[[slice], None]) -> None:
    """Call `work` for slices of a batch with `width` numbers a sample; they may run side by side."""
    numbers, used = samples * width, threads()
    many = PARTS * used
    count = 1 if numbers < used * LEAST else many * -(-numbers // (many * MOST))
    side_by_side(work, slices(samples, count))


def in_short_slices(samples: int, work: Callable[[int, int], None]) -> None:
    """Call work(first, last) for slices of samples that take unlike times; they may run side by side."""
    side_by_side(lambda part: work(part.start, part.stop), slices(samples, SHORT * threads()))
