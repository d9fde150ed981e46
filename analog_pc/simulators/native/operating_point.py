"""Operating points of a batch: Newton from where the analysis says, then by steps, and how each one ended."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.loop import Loop
from analog_pc.simulators.native.newton import LEAPS, solve
from analog_pc.simulators.native.reduce import Reduced

LONGEST, SHORTEST = 1.0, 1e-4  # steps of the way from one drive to another, as parts of it


def settle_to(
    reduced: Reduced,
    loop: Loop,
    u: Floats,
    start: Floats | None = None,
    came_from: Floats | None = None,
    *,
    x: Floats | None = None,
) -> tuple[Floats, Floats, Bools]:
    """y and q at stimuli u [samples, stimuli], searched from q = `start`, and which samples arrived.

    Without `start` the blocks start as straight lines, q = 0.  x [samples, held] are the states that the
    reduction holds.

    A sample that Newton does not reach at once is led there: the drive goes from where `start` belongs
    (`came_from`, or no drive at all, where q = 0 always belongs) to its own in steps that Newton can follow.
    """
    r = reduced.reads.drive(x, u)
    start = np.zeros((len(r), loop.gain.shape[1])) if start is None else start
    y, q, found = solve(loop, r, start)
    lost = np.flatnonzero(~found)
    if len(lost) == 0:
        return y, q, found
    origin = np.zeros_like(r) if came_from is None else reduced.reads.drive(x, came_from)
    base = np.zeros_like(q) if came_from is None else start
    for sample in lost:
        one = slice(sample, sample + 1)
        y[one], q[one], found[one] = _led(loop, origin[one], r[one], base[one])
    return y, q, found


def _led(loop: Loop, origin: Floats, target: Floats, q: Floats) -> tuple[Floats, Floats, Bools]:
    """One sample along the straight way between two drives, with steps that shrink and grow.

    It leaps where even the shortest step is no way on: into the next piece of a law with kinks.
    """
    done, step = 0.0, 0.25
    y = loop.reads(origin, q)
    while done < 1.0 and step >= SHORTEST:
        part = min(1.0, done + step)
        leaps = LEAPS if step < 2.0 * SHORTEST else 0
        trial, bent, found = solve(loop, origin + part * (target - origin), q, leaps)
        if found.all():
            y, q, done, step = trial, bent, part, min(LONGEST, 2.0 * step)
        else:
            step *= 0.5
    return y, q, np.array([done >= 1.0])
