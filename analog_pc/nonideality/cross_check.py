"""Cross-check: the same circuit in the native simulator and in a SPICE simulator, the reference.

A reference that finds operating points of nonlinear circuits by itself does so.  Another one (ngspice, which
takes up to 20 minutes of gmin stepping) starts from the native operating point: what its Newton iteration
accepts from there satisfies its own equations to its own tolerance.  Where the two differ, the network may
have several equilibria; the reference then relaxes the sample in a transient, whose end counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analog_pc.circuit import Outcome, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.results import CrossCheck
from analog_pc.simulators import Native, Simulator
from analog_pc.simulators.native import Deadline

# Newton's stopping rule of a reference leaves 1e-9 of a voltage over the smallest loop slope (0.1 and above),
# and source stepping ends a little less exactly: 1e-8 in the conformance suite.  A designer asks for 1e-6.
TOLERANCE = 1e-6

Progress = Callable[[str], None]


def cross_check(
    compiled: CompiledNetwork,
    phase: str,
    samples: int,
    reference: Simulator,
    progress: Progress,
    native: Native,
    deadline: Deadline,
) -> tuple[CrossCheck, ...]:
    """Cross-check the first samples of a phase, one after the other, as many as there is time for.

    Parameters
    ----------
    compiled, phase
        The circuit of the phase, and its name.
    samples
        How many to check at most.
    reference
        The SPICE simulator.
    progress
        Is told which sample is simulated.
    native
        The simulator that is checked.
    deadline
        No sample is begun after it.
    """
    found = []
    for sample in range(min(samples, compiled.clamps.samples)):
        if deadline.passed:
            break
        progress(f"{reference.name}, sample {sample}")
        found.append(_check_sample(compiled, phase, sample, reference, native, deadline))
    return tuple(found)


def _check_sample(
    compiled: CompiledNetwork,
    phase: str,
    sample: int,
    reference: Simulator,
    native: Native,
    deadline: Deadline,
) -> CrossCheck:
    began = time.perf_counter()
    analysis = compiled.operating_point((sample,), every_node=True)
    try:
        ours = native.simulate(compiled.circuit, analysis)
    except SimulationFailed as failure:
        return _unchecked(phase, sample, f"native: {failure}", began)
    if ours.status.outcome not in (Outcome.CONVERGED, Outcome.SATURATED):
        return _unchecked(phase, sample, f"native: {ours.status}", began)
    probes = compiled.probes.every
    # Only whether both simulators find the same point; that the circuit relaxes to it, the native one checks.
    point = replace(analysis, save=probes, proof=None)
    if not reference.supports.search:
        guess = dict(zip(ours.nodes, ours.volts[0].tolist(), strict=True))
        point = replace(point, preset=None, settling=None, guess=guess)
    began = time.perf_counter()
    try:
        theirs = reference.simulate(compiled.circuit, point)
        if _deviation(ours, theirs, probes) > TOLERANCE and not deadline.passed:
            relaxed = compiled.operating_point((sample,), by_relaxation=True)
            theirs = reference.simulate(compiled.circuit, replace(relaxed, save=probes))
    except SimulationFailed as failure:
        return _unchecked(phase, sample, str(failure), began)
    if theirs.status.outcome not in (Outcome.CONVERGED, Outcome.STEPPED):
        return _unchecked(phase, sample, f"{reference.name}: {theirs.status}", began)
    return CrossCheck(
        phase=phase,
        sample=sample,
        deviation=_deviation(ours, theirs, probes),
        tolerance=TOLERANCE,
        message=f"{reference.name}: {theirs.status}; native: {ours.status}",
        seconds=time.perf_counter() - began,
    )


def _unchecked(phase: str, sample: int, message: str, began: float) -> CrossCheck:
    return CrossCheck(phase, sample, np.nan, TOLERANCE, message, time.perf_counter() - began)


def _deviation(ours: Solution, theirs: Solution, nodes: tuple[str, ...]) -> float:
    """Largest difference over the largest voltage of the probed nodes."""
    volts = theirs.voltage(nodes)
    return float(np.abs(volts - ours.voltage(nodes)).max() / np.abs(volts).max())
