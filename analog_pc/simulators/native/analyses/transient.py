"""Transients by an ESDIRK method with steps chosen by their local truncation error.

Every stage is an implicit Euler step over the method's diagonal part of the step.  With P = (1 - h A)^-1, the
implicit Euler step of h seconds that starts from x0 is ::

    x = P (x0 + h (E q + B u + a)),    y = C x + K q + D u + c  =  r + (h C P E + K) q

which is a feedback form, as an operating point is.  Its gain depends on h alone, so that steps of one length
share their matrices: step lengths are the longest one over powers of 2, and the matrices of the last
lengths are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Outcome, Solution, Status, Transient
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.initial import initial_state
from analog_pc.simulators.native.nonlinear_solve.newton import STOP, UNDAMPED_STEPS
from analog_pc.simulators.native.options import Options


@dataclass(frozen=True, eq=False)
class ButcherTableau:
    """A singly diagonally implicit Runge-Kutta method: explicit first stage, stiffly accurate.

    Parameters
    ----------
    stages
        The coefficients a_ij, [stages, stages]; the last row holds the weights of the solution.
    embedded
        Weights of the embedded solution of lower order, [stages].
    reference
        Where the coefficients are published.
    """

    stages: Floats
    embedded: Floats
    reference: str

    @property
    def diagonal(self) -> float:
        """a_ii of all stages but the first, which is 0."""
        return float(self.stages[-1, -1])

    @cached_property
    def error(self) -> Floats:
        """Weights of the estimated local truncation error, [stages]."""
        return np.asarray(self.stages[-1] - self.embedded)


ARK436L2SA = ButcherTableau(  # order 4, embedded order 3, L-stable
    stages=np.array(
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
    ),
    embedded=np.array(
        [
            4586570599 / 29645900160,
            0.0,
            178811875 / 945068544,
            814220225 / 1159782912,
            -3700637 / 11593932,
            61727 / 225920,
        ]
    ),
    reference="ARK4(3)6L[2]SA-ESDIRK, Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003), Table 5",
)

# Step lengths whose matrices are kept: [inputs, outputs] twice over for each, 30 MB on a 64-32-10 chip.  A
# step goes up and down between neighbours; a length that comes back later costs as much as a few steps.
KEPT_LENGTHS = 3
# A stage ends when its explicit set moves by this part of the precision.  What is left of it is divided by
# the diagonal, 1/4, in the truncation, which is compared with `TRUST` times the precision: 4 * 0.01 of 10.
STAGE = 0.01
# Truncation allowed a step, as a part of the largest voltage: TRUST times the precision that was asked for.
# Measured on the coupled RCs of the conformance suite (0.1 us and 10 us) with precision 1e-8: see the tests.
TRUST = 10.0
SAFETY = 0.8
GROWTH = 8.0
SHRINK = 0.25
RUNG = 2.0  # ratio of neighbouring step lengths
LEAST_POINTS = 64  # a step is at most this part of the whole
MOST_STEPS = 100_000
SHORTEST = 1e-14  # of the whole: below it the clock no longer moves
RUNAWAY = 1e6  # V


class ImplicitEuler:
    """Implicit Euler steps of one length, for the maps with all states held and their feedback form.

    duration: h in s; stop: the last iteration moves by this part of the largest voltage.
    """

    def __init__(self, reduced: Reduced, form: FeedbackForm, duration: float, stop: float) -> None:
        rate = reduced.rate
        one = np.eye(len(rate.by_x))
        factors = lu_factor(one - duration * rate.by_x, check_finite=False)
        self.duration = duration
        self.inputs = reduced.inputs
        self.inverse_t = np.ascontiguousarray(lu_solve(factors, one, check_finite=False).T)  # P^T
        self.by_q_t = duration * rate.by_q.T @ self.inverse_t  # h (P E)^T
        gain = np.ascontiguousarray((self.by_q_t @ self.inputs.by_x.T).T + self.inputs.by_q)
        self.solver = FeedbackSolver(FeedbackForm(form.elements, gain), stop)

    def step(
        self, x: Floats, feedforward: Floats, u: Floats, q: Floats
    ) -> tuple[Floats, Floats, Floats, Bools]:
        """States after the step from x, y, q, and the samples that have a solution.

        feedforward = B u + a, [samples, states]; q: where the search starts.
        """
        linear = (x + self.duration * feedforward) @ self.inverse_t
        y, q, found = self.solver.solve(self.inputs.feedforward(linear, u), q, UNDAMPED_STEPS)
        return linear + q @ self.by_q_t, y, q, found


@dataclass(frozen=True, eq=False)
class State:
    """A point of a trajectory: s, states x, dx/dt, inputs y and outputs q of the elements, [samples, ..]."""

    time: float
    x: Floats
    rate: Floats
    y: Floats
    q: Floats


class Integrator:
    """Steps of a circuit with all its states held, for a batch of constant stimuli u [samples, stimuli].

    precision: relative, asked of each step; stages are solved to `STAGE` of it.
    """

    def __init__(self, reduced: Reduced, solver: FeedbackSolver, u: Floats, precision: float) -> None:
        self.u = u
        self.precision = precision
        self._reduced = reduced
        self._solver = solver
        self._feedforward = reduced.rate.feedforward(None, u)
        self._eulers: dict[float, ImplicitEuler] = {}  # by length, the last used one last

    def start(self, x: Floats, q: Floats) -> tuple[State, bool]:
        """The state at x, searched from q, and whether outputs of the elements belong to it."""
        y, q, found = self._solver.solve(self._reduced.inputs.feedforward(x, self.u), q)
        return State(0.0, x, self._reduced.rate.value(x, q, self.u), y, q), bool(found.all())

    @property
    def kept_lengths(self) -> int:
        """Step lengths whose matrices are kept."""
        return len(self._eulers)

    def step(self, state: State, step: float) -> tuple[State, Floats] | None:
        """The state after one step and its estimated truncation error; None where a stage fails.

        The error tells what an undamped step of the search does to the waveform, too.
        """
        tableau = ARK436L2SA
        euler = self._euler(tableau.diagonal * step)
        rates = [state.rate]
        q = state.q
        for row in tableau.stages[1:]:
            base = state.x + step * sum(a * k for a, k in zip(row, rates, strict=False) if a != 0.0)
            x, y, q, found = euler.step(base, self._feedforward, self.u, q)
            if not found.all():
                return None
            rates.append((x - base) / euler.duration)
        error = step * sum(d * k for d, k in zip(tableau.error, rates, strict=True))
        return State(state.time + step, x, rates[-1], y, q), error @ euler.inverse_t

    def _euler(self, duration: float) -> ImplicitEuler:
        """The matrices of a step length; those of the length that was not used for longest go."""
        euler = self._eulers.pop(duration, None)
        if euler is None:
            stop = max(STOP, STAGE * self.precision)
            euler = ImplicitEuler(self._reduced, self._solver.form, duration, stop)
        self._eulers[duration] = euler
        if len(self._eulers) > KEPT_LENGTHS:
            del self._eulers[next(iter(self._eulers))]
        return euler


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Accepted steps; `failed` says why it ends early, and is None where it does not."""

    points: list[State]
    failed: str | None

    @property
    def times(self) -> Floats:
        """s, [points]."""
        return np.array([point.time for point in self.points])

    @property
    def states(self) -> Floats:
        """x, [points, samples, states]."""
        return np.array([point.x for point in self.points])


def integrate(
    integrator: Integrator, x: Floats, q: Floats, duration: float, longest: float, deadline: Deadline
) -> Trajectory:
    """Integrate states x [samples, states] over a duration, with steps of at most `longest`, both in s.

    q [samples, outputs]: where the search for the outputs at x starts.
    """
    state, found = integrator.start(x, q)
    points = [state]
    if not found:
        return Trajectory(points, "no outputs of the nonlinear elements belong to the initial state")
    longest = min(longest, duration / LEAST_POINTS)
    scale = _full_scale(x, integrator.u, np.zeros(x.shape[1]))
    step = _first_step(state, scale, longest)
    while state.time < duration * (1.0 - 1e-12):
        failed = _gives_up(points, step, duration, deadline)
        if failed is not None:
            return Trajectory(points, failed)
        last = state.time + step >= duration * (1.0 - 1e-9)
        taken = integrator.step(state, duration - state.time if last else step)
        if taken is None:
            step *= SHRINK
            continue
        after, error = taken
        size = float((np.abs(error) / (TRUST * integrator.precision * scale)).max(initial=0.0))
        if not size <= 1.0:
            factor = max(SHRINK, SAFETY * size ** (-0.25)) if np.isfinite(size) else SHRINK
            step = _rung(longest, step * factor)
            continue
        state = State(duration, after.x, after.rate, after.y, after.q) if last else after
        points.append(state)
        scale = _full_scale(state.x, integrator.u, scale)
        if not np.abs(state.x).max(initial=0.0) < RUNAWAY:
            return Trajectory(points, f"a voltage ran away beyond {RUNAWAY:g} V at {state.time:.3e} s")
        step = _rung(longest, step * min(GROWTH, SAFETY * max(size, 1e-9) ** (-0.25)))
    return Trajectory(points, None)


def simulate_transient(model: Model, analysis: Transient, options: Options) -> Solution:
    """The waveforms of one transient.

    Raises
    ------
    BadInput
        For nodes that the circuit does not have.
    SimulationFailed
        If the transient cannot be followed to its end.
    """
    deadline = Deadline(options.transient_limit)
    u = model.stimuli(analysis.stimuli)
    x, q = initial_state(model, analysis.initial, u, deadline)
    maps, solver = model.reduced(True)
    integrator = Integrator(maps, solver, u, analysis.precision)
    path = integrate(integrator, x, q, analysis.duration, analysis.max_step, deadline)
    if path.failed is not None:
        raise SimulationFailed(f"native: transient: {path.failed}")
    nodes = analysis.save or model.nodes
    outputs = np.array([point.q[0] for point in path.points])
    volts = model.response(maps, nodes).value(path.states[:, 0], outputs, u)
    return Solution(path.times, nodes, volts, Status(Outcome.CONVERGED))


def _gives_up(points: list[State], step: float, duration: float, deadline: Deadline) -> str | None:
    """Why no further step is tried; None where one is."""
    where = f"{points[-1].time:.3e} s of {duration:.3e} s"
    if len(points) > MOST_STEPS:
        return f"{MOST_STEPS} steps led to {where}"
    if deadline.passed:
        return f"the time limit of {deadline.seconds:g} s led to {where}"
    if step < SHORTEST * duration:
        return f"the step fell to {step:.1e} s at {where}"
    return None


def _full_scale(x: Floats, u: Floats, before: Floats) -> Floats:
    """Full scale of every state, V, [states]: the largest stimulus or state so far, in any sample.

    A pole that winds up beyond the rails keeps its large scale to itself.
    """
    largest = np.abs(x).max(axis=0, initial=0.0)
    common = float(np.median(largest)) if x.size else 0.0
    common = max(common, float(np.abs(u).max(initial=0.0)))
    return np.asarray(np.maximum(np.maximum(before, largest), common or 1e-9))


def _first_step(state: State, scale: Floats, longest: float) -> float:
    """A thousandth of the shortest time in which a state moves by its full scale."""
    speed = float((np.abs(state.rate) / scale).max(initial=0.0))
    return _rung(longest, min(longest, 1e-3 / speed) if speed > 0.0 else longest)


def _rung(longest: float, step: float) -> float:
    """The next shorter step of the ladder longest / RUNG^k, so that steps share their matrices.

    None is shorter than `SHORTEST` allows: a rate that overflows asks for a step of 0.
    """
    part = max(min(step / longest, 1.0), 0.5 * SHORTEST)
    down = np.ceil(np.log(1.0 / part) / np.log(RUNG) - 1e-9)
    return float(longest / RUNG**down)
