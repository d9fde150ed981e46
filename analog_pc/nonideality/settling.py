"""Settling: relaxations with real and with ideal parts, predictions with the feedback on and off.

A prediction starts from zero, because its forward state is its equilibrium; learning starts from the forward
state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analog_pc.compiler import CompiledNetwork, Waveform
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.results import Settling
from analog_pc.pcn import relax
from analog_pc.pcn.equilibrium import take
from analog_pc.pcn.state import Landscape
from analog_pc.simulators import Native
from analog_pc.simulators.native import Deadline
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import without_non_idealities
from analog_pc.verification.transient import LEVEL, last_crossing, remaining, slowest_rate

DECAYS = 12.0  # of the slowest ideal mode: exp(-12) of the distance remains, far below `LEVEL`
PRECISION = 1e-6  # of a step; `LEVEL`, at which settling times are read, is 1e4 times that
SETTLED = 0.1  # of LEVEL: change over the last tenth, over the distance, of a settled waveform

Compile = Callable[[Technology, bool], CompiledNetwork]  # the flag: feedback gated off while predicting
Progress = Callable[[str], None]


def settlings(
    technology: Technology,
    phase: str,
    compile_with: Compile,
    progress: Progress,
    native: Native,
    deadline: Deadline,
) -> tuple[Settling, ...]:
    """Sample 0 of a phase with ideal and with real parts; in the predict phase with the feedback on and off.

    Parameters
    ----------
    technology
        Real parts.
    phase
        "predict" or "learn".
    compile_with
        ``compile_with(technology, gated)`` compiles the phase, its feedback gated off or not.
    progress
        Is told what is simulated.
    native
        The simulator.
    deadline
        Ends the transient that runs then.
    """
    found: list[Settling] = []
    for gated in (False, True) if phase == "predict" else (False,):
        for parts, built in (("ideal", without_non_idealities(technology)), ("real", technology)):
            if deadline.passed:
                return tuple(found)
            switch = ", feedback off" if gated else ""
            progress(f"{parts} parts{switch}")
            limited = native.with_options(transient_limit=deadline.left)
            found.append(settle(compile_with(built, gated), phase, parts, gated, limited))
    return tuple(found)


def settle(compiled: CompiledNetwork, phase: str, parts: str, gated: bool, native: Native) -> Settling:
    """Simulate the transient of sample 0 and measure its settling time.

    Parameters
    ----------
    compiled
        The circuit.
    phase, parts, gated
        "predict" or "learn"; "real" or "ideal"; whether the feedback is gated off.
    native
        The simulator.
    """
    rate = _rate(compiled, gated)
    seconds = compiled.scales.seconds
    duration = 10.0 if np.isinf(rate) else DECAYS / rate
    before = Settling(
        phase=phase,
        parts=parts,
        gated=gated,
        sample=0,
        start="zero" if phase == "predict" else "forward",
        times=np.empty(0),
        activities=tuple(np.empty((0, n)) for n in compiled.network.sizes),
        level=LEVEL,
        measured=np.nan,
        theory=seconds * float(np.log(1.0 / LEVEL)) / rate,
        message="",
        seconds=0.0,
    )
    began = time.perf_counter()
    try:
        analysis = compiled.transient(0, start=before.start, duration=duration, max_step=duration)
        analysis = replace(analysis, precision=PRECISION)
        wave = compiled.decode_waveform(native.simulate(compiled.circuit, analysis))
    except SimulationFailed as failure:
        return replace(before, message=str(failure), seconds=time.perf_counter() - began)
    measured, message = _measured(wave, seconds)
    return replace(
        before,
        times=wave.times * seconds,
        activities=wave.activities,
        measured=measured,
        message=message,
        seconds=time.perf_counter() - began,
    )


def _rate(compiled: CompiledNetwork, gated: bool) -> float:
    """Slowest rate of the linearised ideal flow in g_s / C; without feedback the rate of the weakest spring.

    Without feedback the flow is triangular, its eigenvalues are the precisions of the free layers.  Layers of
    equal precision are a chain of equal poles, which takes longer than one of them alone.
    """
    if gated:
        free = (layer for layer in range(1, compiled.network.depth + 1) if compiled.clamps.free[layer].any())
        return min((float(compiled.network.precision_of(layer)) for layer in free), default=np.inf)
    clamps = compiled.clamps.sample(0)
    equilibrium = take(relax(compiled.network, clamps=clamps), slice(0, 1))
    return slowest_rate(Landscape(compiled.network, clamps), equilibrium)


def _measured(wave: Waveform, seconds: float) -> tuple[float, str]:
    """Settling time in s, and a message where there is none."""
    distance = max(float(np.abs(a[0] - a[-1]).max()) for a in wave.activities)
    late = wave.times >= 0.9 * wave.times[-1]
    change = max(float(np.abs(a[late] - a[-1]).max()) for a in wave.activities)
    if distance == 0.0:
        return 0.0, "starts at its equilibrium"
    if change > SETTLED * LEVEL * distance:
        part = f"{change / distance:.1g} of the distance"
        return np.nan, f"not settled at the end: changes by {part} in the last tenth"
    return seconds * last_crossing(wave.times, remaining(wave.activities), LEVEL), ""
