"""Relaxations as waveforms: real against ideal parts, predictions with the feedback on and off.

A prediction starts from zero, because its forward state is its rest; learning starts from the forward state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analog_pc.arrays import Floats
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
from analog_pc.verification.transient import LEVEL, slowest_rate

DECAYS = 12.0  # of the slowest ideal mode: exp(-12) of the way is left, far below `LEVEL`
PRECISION = (
    1e-6  # of a step; a settling time is read at `LEVEL`, 1e4 times as much as all steps may add up to
)
RESTS = 0.1  # of LEVEL: change over the last tenth, against the way, that still counts as rest

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
    """Sample 0 of a phase: ideal and real parts; while predicting, with the feedback on and off."""
    found: list[Settling] = []
    for gated in (False, True) if phase == "predict" else (False,):
        for parts, built in (("ideal", without_non_idealities(technology)), ("real", technology)):
            if deadline.passed:
                return tuple(found)
            switch = ", feedback off" if gated else ""
            progress(f"{parts} parts{switch}")
            limited = native.limited(deadline.left)
            found.append(settle(compile_with(built, gated), phase, parts, gated, limited))
    return tuple(found)


def settle(
    compiled: CompiledNetwork, phase: str, parts: str, gated: bool, native: Native, sample: int = 0
) -> Settling:
    """The transient of one sample, and what of it settles when."""
    rate, seconds = _rate(compiled, sample, gated), compiled.scales.seconds
    start = "zero" if phase == "predict" else "forward"
    duration = 10.0 if np.isinf(rate) else DECAYS / rate
    theory = seconds * float(np.log(1.0 / LEVEL)) / rate
    began = time.perf_counter()
    try:
        analysis = compiled.transient(sample, start=start, duration=duration, max_step=duration)
        analysis = replace(analysis, precision=PRECISION)
        wave = compiled.decode_waveform(native.simulate(compiled.circuit, analysis))
    except SimulationFailed as failure:
        empty = tuple(np.empty((0, n)) for n in compiled.network.sizes)
        spent = time.perf_counter() - began
        return Settling(
            phase, parts, gated, sample, start, np.empty(0), empty, LEVEL, np.nan, theory, str(failure), spent
        )
    measured, words = _measured(wave, seconds)
    times, spent = wave.times * seconds, time.perf_counter() - began
    return Settling(
        phase, parts, gated, sample, start, times, wave.activities, LEVEL, measured, theory, words, spent
    )


def _rate(compiled: CompiledNetwork, sample: int, gated: bool) -> float:
    """Slowest rate of the linearised ideal flow in g_s / C; without feedback that of the weakest spring.

    Without feedback the flow is triangular, its eigenvalues are the precisions of the free layers.  Layers of
    equal precision are a chain of equal poles, which takes longer than one of them alone.
    """
    if gated:
        free = (layer for layer in range(1, compiled.network.depth + 1) if compiled.clamps.free[layer].any())
        return min((float(compiled.network.precision_of(layer)) for layer in free), default=np.inf)
    clamps = compiled.clamps.sample(sample)
    rest = take(relax(compiled.network, clamps=clamps), slice(0, 1))
    return slowest_rate(Landscape(compiled.network, clamps), rest)


def _measured(wave: Waveform, seconds: float) -> tuple[float, str]:
    """Settling time in s, and words where it is none."""
    way = max(float(np.abs(a[0] - a[-1]).max()) for a in wave.activities)
    late = wave.times >= 0.9 * wave.times[-1]
    moves = max(float(np.abs(a[late] - a[-1]).max()) for a in wave.activities)
    if way == 0.0:
        return 0.0, "starts at rest"
    if moves > RESTS * LEVEL * way:
        return np.nan, f"not at rest at the end: moves by {moves / way:.1g} of the way in the last tenth"
    return seconds * _last_crossing(wave.times, left_of(wave.activities), LEVEL), ""


def left_of(activities: tuple[Floats, ...]) -> Floats:
    """Largest distance from the end over the way, [points]: 1 at most where nothing overshoots."""
    way = max(float(np.abs(a[0] - a[-1]).max()) for a in activities) or 1.0
    return np.asarray(np.max([np.abs(a - a[-1]).max(axis=1) for a in activities], axis=0) / way)


def _last_crossing(times: Floats, left: Floats, level: float) -> float:
    """When `left` falls below `level` for good; between two points it is taken for an exponential."""
    late = np.flatnonzero(left > level)
    if not len(late) or late[-1] + 1 == len(times):
        return float(times[late[-1]]) if len(late) else 0.0
    k = int(late[-1])
    before, after = left[k], max(left[k + 1], 1e-3 * level)  # the last point is at distance 0 from itself
    part = np.log(before / level) / np.log(before / after)
    return float(times[k] + part * (times[k + 1] - times[k]))
