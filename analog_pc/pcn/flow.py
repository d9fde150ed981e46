"""The relaxation as physics: gradient flow dx/dt = -dE/dx, integrated in units of C / g_s.

Smooth activations: Dormand-Prince 8(5,3).  Kinked ones: the gate opens linearly over `GATE_WIDTH` (of the
largest activity) after each kink, which moves x by at most that width, and the stiff flow is integrated by
Radau.

The integrator sees time in units of 1 / (largest precision) and activities in units of the largest one, so
that its tolerances and its first step mean the same for every network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import block_diag

from analog_pc.arrays import Bools, Floats
from analog_pc.errors import BadInput
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState

GATE_WIDTH = 1e-7
LONGEST = 1e6  # of a relaxation, in units of 1 / (largest precision)
FALLS = 1e-12  # of E: what falls by less is rounding


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A relaxation over time; `at(times)` gives the activities of layers 0 ... L, [times, samples, n_l]."""

    duration: float
    at: Callable[[Floats], tuple[Floats, ...]]


def flow(
    landscape: GraphLandscape, start: list[Floats], duration: float, *, precision: float = 1e-10
) -> Trajectory:
    """Relax for a duration.

    Parameters
    ----------
    landscape
        A network or graph under clamps.
    start
        Activities of layers 0 ... L, [samples, n_l]; clamped entries are replaced by their clamps.
    duration
        In units of C / g_s.
    precision
        Relative tolerance of the integrator.

    Raises
    ------
    BadInput
        When the integrator gives up.
    """
    held = landscape.held(start)
    system = _System(landscape, held)
    kinked = any(a.kinks for a in landscape.activations)
    y0 = landscape.flat(held).ravel() / system.size
    options = {"method": "Radau", "jac": system.jacobian} if kinked else {"method": "DOP853"}
    if y0.size == 0:
        return Trajectory(duration, lambda times: system.unpack_many(np.empty((0, len(times)))))
    with np.errstate(over="ignore", divide="ignore"):  # what is at rest has no error to divide by
        answer = solve_ivp(
            system.derivative,
            (0.0, duration / system.time),
            y0,
            rtol=precision,
            atol=0.01 * precision,
            dense_output=True,
            **options,
        )
    if not answer.success:
        raise BadInput(f"the relaxation could not be integrated: {answer.message}")
    return Trajectory(duration, lambda times: system.unpack_many(answer.sol(times / system.time)))


def settle_by_flow(landscape: GraphLandscape, tolerance: float) -> tuple[GraphState, Bools]:
    """Follow the flow of each sample until it rests, until nothing falls any more, or until the time is up.

    Parameters
    ----------
    landscape
        A network or graph under clamps; the flow starts in its forward state.
    tolerance
        On |dE/dx|, in units of (largest precision) (largest activity).

    Returns
    -------
    tuple
        The state, and whether |dE/dx| is within the tolerance, [samples].
    """
    time = 1.0 / landscape.stiffness
    x = [a.copy() for a in landscape.forward()]
    ends = [a.copy() for a in x]
    settled = np.zeros(landscape.clamps.samples, dtype=np.bool_)
    lowest = np.full((2, len(settled)), np.inf)  # E and |dE/dx| so far
    left = np.arange(len(settled))
    duration = 20.0 * time
    elapsed = 0.0
    while len(left) and elapsed < LONGEST * time:
        part = landscape.some(left)
        run = flow(part, [a[left] for a in x], duration, precision=max(1e-12, min(1e-9, tolerance)))
        now = [a[0] for a in run.at(np.array([duration]))]
        state = part.resting_state(now, near=2.0 * GATE_WIDTH * _System(part, now).size)
        for activities, end, reached, rest in zip(x, ends, now, state.x, strict=True):
            activities[left] = reached
            end[left] = rest
        size = np.max([np.abs(a).max(axis=1) for a in now], axis=0)
        settled[left] = state.residual <= tolerance * size / time
        falls = state.residual < 0.5 * lowest[1, left]  # less: errors of the integrator
        if landscape.symmetric:  # |dE/dx| rises where a kink is crossed
            falls |= state.energy < (1.0 - FALLS) * lowest[0, left]
        lowest[:, left] = state.energy, state.residual
        left = left[falls & ~settled[left]]  # the others are at rest, or as near as the integrator comes
        elapsed = elapsed + duration
        duration = 2.0 * duration
    return landscape.state(ends), settled


class _System:
    """The flow as an ODE in one flat vector of the free activities of all samples."""

    def __init__(self, landscape: GraphLandscape, start: list[Floats]) -> None:
        self.landscape = landscape
        self.time = 1.0 / landscape.stiffness
        largest = max(float(np.abs(a).max()) for a in start)
        self.size = largest if 0.0 < largest < np.inf else 1.0

    def unpack(self, y: Floats) -> list[Floats]:
        free = self.size * y.reshape(self.landscape.clamps.samples, -1)
        return self.landscape.held(self.landscape.spread(free))

    def unpack_many(self, y: Floats) -> tuple[Floats, ...]:
        columns = [self.unpack(column) for column in y.T]
        return tuple(np.stack(layer) for layer in zip(*columns, strict=True))

    def state(self, x: list[Floats]) -> GraphState:
        """The state with gates that open over `GATE_WIDTH` after each kink."""
        gates: list[Floats | None] = [None] * len(x)
        for v, (act, a) in enumerate(zip(self.landscape.activations, x, strict=True)):
            opening = np.full_like(a, np.nan)
            for kink, left, right in act.jumps:
                part = (a - kink) / (GATE_WIDTH * self.size)
                opening = np.where((part > 0.0) & (part < 1.0), left + (right - left) * part, opening)
            gates[v] = opening if act.kinks else None
        return self.landscape.state(x, gates)

    def derivative(self, _t: float, y: Floats) -> Floats:
        state = self.state(self.unpack(y))
        return -self.landscape.flat(state.gradient).ravel() * (self.time / self.size)

    def jacobian(self, _t: float, y: Floats) -> Floats:
        state = self.state(self.unpack(y))
        blocks = self.landscape.stiffness_matrix(state)
        diagonal = np.arange(blocks.shape[1])
        blocks[:, diagonal, diagonal] += self.landscape.flat(self._opening(state))
        return np.asarray(-self.time * block_diag(*blocks))

    def _opening(self, state: GraphState) -> list[Floats]:
        """What an opening gate adds to the second derivative of E, -dgate/dx h, layers 0 ... L."""
        found = []
        for act, x, gate, h in zip(
            self.landscape.activations, state.x, state.kink_gate, state.feedback, strict=True
        ):
            out = np.zeros_like(x)
            if gate is not None:
                for kink, left, right in act.jumps:
                    opens = ~np.isnan(gate) & (np.abs(x - kink) <= GATE_WIDTH * self.size)
                    out = np.where(opens, (left - right) / (GATE_WIDTH * self.size) * h, out)
            found.append(out)
        return found
