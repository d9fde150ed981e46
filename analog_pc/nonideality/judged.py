"""The same circuit in a SPICE simulator and in the native one: may native be believed?

VACASK searches by itself.  ngspice starts from the native operating point, because alone it needs gmin
stepping and up to 20 minutes where devices bend; what its Newton iteration accepts from there satisfies
ngspice's own equations to its own tolerance, or it would leave it.  A judge that comes to another point of a
network (which may have several) relaxes the sample in a transient: where that rests is the point that counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analog_pc.circuit import Outcome, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.results import Judgement
from analog_pc.simulators import Native, Simulator
from analog_pc.simulators.native import Deadline

# Newton's rule of a judge leaves 1e-9 of a voltage over the smallest loop slope (0.1 and above), and stepping
# ends a little less exactly: 1e-8 in the conformance suite.  1e-6 is what a designer asks of a simulator.
TOLERANCE = 1e-6

Progress = Callable[[str], None]


def judge(
    compiled: CompiledNetwork,
    phase: str,
    samples: int,
    judged_by: Simulator,
    progress: Progress,
    native: Native,
    deadline: Deadline,
) -> tuple[Judgement, ...]:
    """The first samples of a compiled phase, one after the other, as many as there is time for."""
    found = []
    for sample in range(min(samples, compiled.clamps.samples)):
        if deadline.passed:
            break
        progress(f"{judged_by.name}, sample {sample}")
        found.append(_judge_one(compiled, phase, sample, judged_by, native, deadline))
    return tuple(found)


def _judge_one(
    compiled: CompiledNetwork,
    phase: str,
    sample: int,
    judged_by: Simulator,
    ours: Native,
    deadline: Deadline,
) -> Judgement:
    began = time.perf_counter()
    analysis = compiled.operating_point((sample,), every_node=True)
    try:
        native = ours.simulate(compiled.circuit, analysis)
    except SimulationFailed as failure:
        return _unjudged(phase, sample, f"native: {failure}", began)
    if native.status.outcome not in (Outcome.CONVERGED, Outcome.SATURATED):
        return _unjudged(phase, sample, f"native: {native.status}", began)
    probes = compiled.probes.every
    # Both simulators at the same point is all that is asked; that the circuit relaxes to it, native says.
    asked = replace(analysis, save=probes, proof=None)
    if not judged_by.supports.search:
        guess = dict(zip(native.nodes, native.volts[0].tolist(), strict=True))
        asked = replace(asked, preset=None, settling=None, guess=guess)
    began = time.perf_counter()
    try:
        answer = judged_by.simulate(compiled.circuit, asked)
        elsewhere = _away(native, answer, probes) > TOLERANCE
        if elsewhere and not deadline.passed:  # a network may have several: which one is relaxed to?
            relaxed = compiled.operating_point((sample,), by_relaxation=True)
            answer = judged_by.simulate(compiled.circuit, replace(relaxed, save=probes))
    except SimulationFailed as failure:
        return _unjudged(phase, sample, str(failure), began)
    if answer.status.outcome not in (Outcome.CONVERGED, Outcome.STEPPED):
        return _unjudged(phase, sample, f"{judged_by.name}: {answer.status}", began)
    words = f"{judged_by.name}: {answer.status}; native: {native.status}"
    seconds = time.perf_counter() - began
    return Judgement(phase, sample, _away(native, answer, probes), TOLERANCE, words, seconds)


def _unjudged(phase: str, sample: int, words: str, began: float) -> Judgement:
    return Judgement(phase, sample, np.nan, TOLERANCE, words, time.perf_counter() - began)


def _away(native: Solution, answer: Solution, nodes: tuple[str, ...]) -> float:
    """Largest distance over the largest voltage of the probed nodes."""
    volts = answer.voltage(nodes)
    return float(np.abs(volts - native.voltage(nodes)).max() / np.abs(volts).max())
