"""The relaxation as physics: gradient flow dx/dt = -dE/dx, integrated in units of C / g_s.

Smooth activations: Dormand-Prince 8(5,3).  Kinked ones: the gate opens linearly over `GATE_WIDTH` after
each kink, which moves x by at most that width, and the stiff flow is integrated by Radau.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.pcn.hessian import jacobian
from analog_pc.pcn.state import Landscape, State

GATE_WIDTH = 1e-7


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A relaxation over time; `at(times)` gives the activities of layers 0 ... L, [times, samples, n_l]."""

    duration: float
    at: Callable[[Floats], tuple[Floats, ...]]


def flow(
    landscape: Landscape, start: list[Floats], duration: float, *, precision: float = 1e-10
) -> Trajectory:
    """Relax activities `start` (clamped entries are replaced by their clamps) for `duration`.

    Raises
    ------
    BadInput
        When the integrator gives up.
    """
    system = _System(landscape)
    kinked = any(a.kinks for a in landscape.activations)
    y0 = system.pack(
        [
            np.where(f, a, v)
            for f, a, v in zip(landscape.clamps.free, start, landscape.clamps.values, strict=True)
        ]
    )
    options = {"method": "Radau", "jac": system.jacobian} if kinked else {"method": "DOP853"}
    if y0.size == 0:
        return Trajectory(duration, lambda times: system.unpack_many(np.empty((0, len(times)))))
    with np.errstate(over="ignore"):
        answer = solve_ivp(
            system.rate,
            (0.0, duration),
            y0,
            rtol=precision,
            atol=0.01 * precision,
            dense_output=True,
            **options,
        )
    if not answer.success:
        raise BadInput(f"the relaxation could not be integrated: {answer.message}")
    return Trajectory(duration, lambda times: system.unpack_many(answer.sol(times)))


def settle_by_flow(landscape: Landscape, state: State, tolerance: float, longest: float = 1e6) -> State:
    """Follow the flow until max |dE/dx| <= tolerance, falls no more, or the time is up."""
    duration, elapsed, best = 20.0, 0.0, np.inf
    x = state.x
    while elapsed < longest:
        run = flow(landscape, x, duration, precision=max(1e-12, min(1e-9, tolerance)))
        x = [a[0] for a in run.at(np.array([duration]))]
        settled = landscape.state(_System(landscape).drives(x))
        worst = float(settled.residual.max())
        if worst <= tolerance or (elapsed > 0.0 and worst >= best):
            break  # at rest, or as near to it as the integrator's own precision lets it come
        best = worst
        elapsed, duration = elapsed + duration, 2.0 * duration
    return settled


class _System:
    """The flow as an ODE in one flat vector of the free activities of all samples."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        c = landscape.clamps
        self.where = [np.flatnonzero(free) for free in c.free]
        self.samples = c.samples

    def pack(self, x: list[Floats]) -> Floats:
        return np.concatenate([a[:, w] for a, w in zip(x, self.where, strict=True)], axis=1).ravel()

    def unpack(self, y: Floats) -> list[Floats]:
        parts = np.split(y.reshape(self.samples, -1), np.cumsum([len(w) for w in self.where])[:-1], axis=1)
        x = [v.copy() for v in self.landscape.clamps.values]
        for a, w, part in zip(x, self.where, parts, strict=True):
            a[:, w] = part
        return x

    def unpack_many(self, y: Floats) -> tuple[Floats, ...]:
        columns = [self.unpack(column) for column in y.T]
        return tuple(np.stack(layer) for layer in zip(*columns, strict=True))

    def drives(self, x: list[Floats]) -> list[Floats]:
        """Drives of activities, the dead zones stretched over `GATE_WIDTH` of x."""
        z = []
        for act, a in zip(self.landscape.activations, x, strict=False):
            z.append(a + sum(np.clip((a - k) / GATE_WIDTH, 0.0, 1.0) for k in act.kinks) if act.kinks else a)
        return [*z, x[-1]]

    def rate(self, _t: float, y: Floats) -> Floats:
        state = self.landscape.state(self.drives(self.unpack(y)))
        return -self.pack(state.gradient)

    def jacobian(self, _t: float, y: Floats) -> Floats:
        x = self.unpack(y)
        state = self.landscape.state(self.drives(x))
        blocks, bending = jacobian(self.landscape, state)
        wanted = np.concatenate(self.landscape.clamps.free)
        widths = [
            np.ones_like(b) if m is None else np.where(m == 0.0, 1.0 / GATE_WIDTH, 1.0)
            for m, b in zip(state.mobile, bending, strict=True)
        ]
        stretch = np.concatenate(widths, axis=1)
        full = blocks * stretch[:, None, :]
        n = int(wanted.sum())
        out = np.zeros((self.samples * n, self.samples * n))
        for s in range(self.samples):
            out[s * n : (s + 1) * n, s * n : (s + 1) * n] = -full[s][np.ix_(wanted, wanted)]
        return out
