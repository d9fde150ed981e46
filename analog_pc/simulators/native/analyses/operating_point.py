"""Operating points of a batch of samples: searched, checked for stability, and how each one ended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.circuit import OperatingPoint, Outcome, Solution, Status
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native.analyses.eigenmodes import eigenmodes
from analog_pc.simulators.native.analyses.kinks import ON_KINK, other_sides
from analog_pc.simulators.native.mna.elements import ScalarNonlinearity
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState
from analog_pc.simulators.native.nonlinear_solve.solve import compile_kernels, solve
from analog_pc.simulators.native.options import Options
from analog_pc.simulators.settling import listed

LIMITED = 0.9  # of its rail: an output that comes closer is saturated


def simulate_operating_points(model: Model, analysis: OperatingPoint, options: Options) -> Solution:
    """The operating points of all samples, each with its outcome.

    Raises
    ------
    BadInput
        For nodes that the circuit does not have, and a batch without samples.
    SimulationFailed
        For equations without a single solution.
    """
    names, nodes = model.saved(analysis.save)
    problem = _problem(model, analysis, options)
    state = solve(problem)
    status = _status(problem, state, options.check_stability)
    axis = np.arange(analysis.samples, dtype=np.float64)
    preset = None
    if problem.preset is not None and state.preset_q is not None:
        preset = nodes.value(None, state.preset_q, problem.preset)
    return Solution(axis, names, nodes.value(None, state.q, problem.u), status, preset)


def found_points(model: Model, analysis: OperatingPoint, options: Options) -> Floats:
    """Inputs y of the nonlinear elements at the operating points, [samples, inputs].

    Raises
    ------
    BadInput, SimulationFailed
        As `simulate_operating_points` does, and where a sample has no operating point.
    """
    state = solve(_problem(model, analysis, options))
    if not state.found.all():
        lost = int(np.argmin(state.found))
        raise SimulationFailed(f"native: no operating point was found for sample {lost}")
    return state.y


def _problem(model: Model, analysis: OperatingPoint, options: Options) -> Problem:
    if analysis.samples == 0:
        raise BadInput(f"operating point of circuit {model.name}: no samples")
    compile_kernels(analysis.samples)  # before the clock of the limit starts
    return Problem.of(model, analysis, options.check_stability, Deadline(options.time_limit))


def _status(problem: Problem, state: SolveState, check_stability: bool) -> Status:
    """The outcome of every sample of a search that has ended."""
    found = state.found
    outcomes = np.full(len(found), Outcome.CONVERGED, dtype=object)
    notes: list[str] = []
    if not found.all():
        outcomes[~found] = Outcome.NOT_CONVERGED
        notes += _why_not_found(problem, state)
    for sample, outcome in state.outcomes.items():
        outcomes[sample] = outcome
    free = [sample for sample, outcome in state.outcomes.items() if outcome is Outcome.UNDETERMINED]
    notes += [f"sample {sample}: {state.notes[sample]}" for sample in free[:1]]
    sound = outcomes == Outcome.CONVERGED
    if check_stability and problem.model.n_states and sound.any():
        notes += _mark_unstable(problem, state, outcomes, np.flatnonzero(sound))
    outcomes[_saturated(problem, state) & (outcomes == Outcome.CONVERGED)] = Outcome.SATURATED
    return _summary(tuple(outcomes), notes)


def _why_not_found(problem: Problem, state: SolveState) -> list[str]:
    """One note on the first sample that was not found."""
    sample = int(np.argmin(state.found))
    if problem.deadline.passed:
        missing = int((~state.found).sum())
        left = "1 sample" if missing == 1 else f"{missing} samples"
        return [
            f"the time limit of {problem.deadline.seconds:g} s ended the search of {left}; "
            "Native(time_limit=...) sets it"
        ]
    return [f"sample {sample}: {state.notes[sample]}"] if sample in state.notes else []


def _mark_unstable(problem: Problem, state: SolveState, outcomes: Any, samples: Ints) -> list[str]:
    """Mark samples that the circuit leaves by itself; a note on the first of them.

    By certificate where there is one (`stability.py`), else by eigenvalues; on both sides of kinks.
    """
    maps, solver = problem.model.reduced(True)
    beyond = other_sides(solver.form, state.y[samples])
    on_kinks = samples[beyond.samples]
    samples = samples[~state.stable[samples]]
    if len(samples) and problem.held.any():
        certified = problem.model.certificate(problem.held).certified(state.y[samples])
        samples = samples[~certified]
    notes: list[str] = []
    for sample, modes in zip(samples.tolist(), eigenmodes(maps, solver.form, state.y[samples]), strict=True):
        if not modes.stable:
            outcomes[sample] = Outcome.UNSTABLE
            notes = notes or [f"sample {sample}: {modes.growth}"]
    for sample, modes in zip(on_kinks.tolist(), eigenmodes(maps, solver.form, beyond.y), strict=True):
        if not modes.stable and outcomes[sample] is not Outcome.UNSTABLE:
            outcomes[sample] = Outcome.UNSTABLE
            notes = notes or [f"sample {sample}: {ON_KINK}"]
    return notes


def _saturated(problem: Problem, state: SolveState) -> Bools:
    """Samples in which an amplifier is within 10 % of its rail, [samples]."""
    out = np.zeros(len(state.y), dtype=np.bool_)
    for element, inputs, outputs in problem.model.equations.elements:
        if isinstance(element, ScalarNonlinearity) and np.isfinite(element.saturation):
            volts = np.abs(state.y[:, inputs] + state.q[:, outputs])
            out |= (volts > LIMITED * element.saturation).any(axis=1)
    return out


def _summary(outcomes: tuple[Outcome, ...], notes: Sequence[str]) -> Status:
    """The first outcome that is not CONVERGED stands for the batch, with the samples that have it."""
    bad = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    if not bad:
        return Status(Outcome.CONVERGED, tuple(notes), outcomes)
    where = () if len(outcomes) == 1 else (f"samples {listed(bad)}",)
    return Status(outcomes[bad[0]], (*where, *notes), outcomes)
