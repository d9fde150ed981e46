"""Operating points of a batch of samples: searched, checked for stability, and how each one ended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.circuit import OperatingPoint, Outcome, Solution, Status
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native.analyses.eigenmodes import eigenmodes
from analog_pc.simulators.native.mna.elements import ScalarNonlinearity
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.search import Search, find
from analog_pc.simulators.native.nonlinear_solve.slow_flow import compile_kernels
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
    search = _search(model, analysis, options)
    status = _status(search, options.check_stability)
    axis = np.arange(analysis.samples, dtype=np.float64)
    preset = None
    if search.preset is not None and search.preset_q is not None:
        preset = nodes.value(None, search.preset_q, search.preset)
    return Solution(axis, names, nodes.value(None, search.q, search.u), status, preset)


def found_points(model: Model, analysis: OperatingPoint, options: Options) -> Floats:
    """Inputs y of the nonlinear elements at the operating points, [samples, inputs].

    Raises
    ------
    BadInput, SimulationFailed
        As `simulate_operating_points` does, and where a sample has no operating point.
    """
    search = _search(model, analysis, options)
    if not search.found.all():
        lost = int(np.argmin(search.found))
        raise SimulationFailed(f"native: no operating point was found for sample {lost}")
    return search.y


def _search(model: Model, analysis: OperatingPoint, options: Options) -> Search:
    if analysis.samples == 0:
        raise BadInput(f"operating point of circuit {model.name}: no samples")
    compile_kernels()  # before the clock of the limit starts
    search = Search.of(model, analysis, options.check_stability, Deadline(options.time_limit))
    find(search)
    return search


def _status(search: Search, check_stability: bool) -> Status:
    """The outcome of every sample of a search that has ended."""
    found = search.found
    outcomes = np.full(len(found), Outcome.CONVERGED, dtype=object)
    notes: list[str] = []
    if not found.all():
        outcomes[~found] = Outcome.NOT_CONVERGED
        notes += _why_not_found(search)
    for sample, outcome in search.outcomes.items():
        outcomes[sample] = outcome
    sound = outcomes == Outcome.CONVERGED
    if check_stability and search.model.n_states and sound.any():
        notes += _mark_unstable(search, outcomes, np.flatnonzero(sound))
    outcomes[_saturated(search) & (outcomes == Outcome.CONVERGED)] = Outcome.SATURATED
    return _summary(tuple(outcomes), notes)


def _why_not_found(search: Search) -> list[str]:
    """One note on the first sample that was not found."""
    sample = int(np.argmin(search.found))
    if search.deadline.passed:
        missing = int((~search.found).sum())
        left = "1 sample" if missing == 1 else f"{missing} samples"
        return [
            f"the time limit of {search.deadline.seconds:g} s ended the search of {left}; "
            "Native(time_limit=...) sets it"
        ]
    return [f"sample {sample}: {search.notes[sample]}"] if sample in search.notes else []


def _mark_unstable(search: Search, outcomes: Any, samples: Ints) -> list[str]:
    """Mark samples that the circuit leaves by itself; a note on the first of them.

    By certificate where there is one (`stability.py`), else by eigenvalues.
    """
    samples = samples[~search.stable[samples]]
    if len(samples) == 0:
        return []
    if search.held.any():
        certified = search.model.certificate(search.held).certified(search.y[samples])
        samples = samples[~certified]
    maps, solver = search.model.reduced(True)
    notes: list[str] = []
    for sample, modes in zip(samples.tolist(), eigenmodes(maps, solver.form, search.y[samples]), strict=True):
        if not modes.stable:
            outcomes[sample] = Outcome.UNSTABLE
            notes = notes or [f"sample {sample}: {modes.growth}"]
    return notes


def _saturated(search: Search) -> Bools:
    """Samples in which an amplifier is within 10 % of its rail, [samples]."""
    out = np.zeros(len(search.y), dtype=np.bool_)
    for element, inputs, outputs in search.model.equations.elements:
        if isinstance(element, ScalarNonlinearity) and np.isfinite(element.saturation):
            volts = np.abs(search.y[:, inputs] + search.q[:, outputs])
            out |= (volts > LIMITED * element.saturation).any(axis=1)
    return out


def _summary(outcomes: tuple[Outcome, ...], notes: Sequence[str]) -> Status:
    """The first outcome that is not CONVERGED stands for the batch, with the samples that have it."""
    bad = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    if not bad:
        return Status(Outcome.CONVERGED, tuple(notes), outcomes)
    where = () if len(outcomes) == 1 else (f"samples {listed(bad)}",)
    return Status(outcomes[bad[0]], (*where, *notes), outcomes)
