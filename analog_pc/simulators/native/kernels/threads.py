"""Slices of a batch side by side."""

from __future__ import annotations

from collections.abc import Callable

from analog_pc.compiled.threads import side_by_side, slices, threads

PARTS = 8  # slices for each thread: a sample may take much longer than another


def in_slices(samples: int, work: Callable[[int, int], None], least: int = 1) -> None:
    """Call work(first, last) for slices of a batch of at least so many samples; they may run side by side."""
    count = max(1, min(PARTS * threads(), samples // least))
    side_by_side(lambda part: work(part.start, part.stop), slices(samples, count))
