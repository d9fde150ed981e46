"""Steps of a transient by ESDIRK4(3): every stage is the same small loop that an operating point is.

With P = (1 - h g A)^-1, a stage that starts from b (g: the method's diagonal) is::

    x = P (b + h g (E delta + B u + a)),    y = C x + K delta + D u + c  =  r + (h g C P E + K) delta

so Newton sees `Loop`s whose gain depends on the step alone; steps come from a ladder of 2, and every
rung keeps its matrices.  The method (6 stages, order 4, embedded order 3, stiffly accurate, L-stable) is
ARK4(3)6L[2]SA-ESDIRK of Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003), Table 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.loop import Loop
from analog_pc.simulators.native.newton import LEAPS, solve
from analog_pc.simulators.native.reduce import Reduced

DIAGONAL = 0.25
STAGES = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1 / 4, 1 / 4, 0.0, 0.0, 0.0, 0.0],
        [8611 / 62500, -1743 / 31250, 1 / 4, 0.0, 0.0, 0.0],
        [5012029 / 34652500, -654441 / 2922500, 174375 / 388108, 1 / 4, 0.0, 0.0],
        [
            15267082809 / 155376265600,
            -71443401 / 120774400,
            730878875 / 902184768,
            2285395 / 8070912,
            1 / 4,
            0.0,
        ],
        [82889 / 524892, 0.0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 1 / 4],
    ]
)
EMBEDDED = np.array(
    [
        4586570599 / 29645900160,
        0.0,
        178811875 / 945068544,
        814220225 / 1159782912,
        -3700637 / 11593932,
        61727 / 225920,
    ]
)


@dataclass(frozen=True, eq=False)
class _Rung:
    """The matrices of one step length."""

    through: Floats  # P^T
    kick: Floats  # h g E^T P^T
    loop: Loop


class Integrator:
    """dx/dt of a circuit with all its states held, for a batch of constant stimuli u [samples, ..]."""

    def __init__(self, reduced: Reduced, loop: Loop, u: Floats) -> None:
        self.rate, self.reads, self.loop, self.u = reduced.rate, reduced.reads, loop, u
        self._push = self.rate.drive(None, u)
        self._rung = cache(self._make_rung)

    def derivative(self, x: Floats, q: Floats) -> tuple[Floats, Floats, Floats, Bools]:
        """dx/dt at x, with y and q there (q: where to search from)."""
        y, q, found = solve(self.loop, self.reads.drive(x, self.u), q)
        return self.rate.value(x, q, self.u), y, q, found

    def _make_rung(self, step: float) -> _Rung:
        n = self.rate.by_x.shape[0]
        hg = DIAGONAL * step
        factor = lu_factor(np.eye(n) - hg * self.rate.by_x, check_finite=False)
        through = np.ascontiguousarray(lu_solve(factor, np.eye(n), check_finite=False).T)
        kick = hg * self.rate.by_d.T @ through
        gain = (kick @ self.reads.by_x.T).T + self.reads.by_d
        return _Rung(through, kick, Loop(self.loop.blocks, np.ascontiguousarray(gain)))

    def step(self, x: Floats, k1: Floats, q: Floats, step: float) -> tuple[Bools, tuple[Floats, ...] | None]:
        """x, dx/dt, y, q after one step, and the estimated local truncation; None if a stage fails.

        The first of both: samples that found all their stages.  What a leap does to the waveform is in the
        truncation like all else.
        """
        rung, hg, slopes = self._rung(step), DIAGONAL * step, [k1]
        for stage in range(1, len(STAGES)):
            base = x + step * sum(
                a * k for a, k in zip(STAGES[stage, :stage], slopes, strict=True) if a != 0.0
            )
            still = (base + hg * self._push) @ rung.through
            y, q, found = solve(rung.loop, self.reads.drive(still, self.u), q, LEAPS)
            if not found.all():
                return found, None
            at = still + q @ rung.kick
            slopes.append((at - base) / hg)
        truncation = step * sum(d * k for d, k in zip(STAGES[-1] - EMBEDDED, slopes, strict=True))
        return found, (at, slopes[-1], y, q, truncation @ rung.through)
