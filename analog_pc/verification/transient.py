"""A transient of one sample against the reference ODE, over the whole waveform."""

from __future__ import annotations

import time

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork, Waveform
from analog_pc.pcn import Equilibrium
from analog_pc.pcn.equilibrium import take
from analog_pc.pcn.flow import flow
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape
from analog_pc.simulators import Simulator
from analog_pc.verification.results import Comparison, TransientResult

# The waveform: local truncation of ngspice's steps, measured at 6e-6 of full scale on RC circuits with
# a known solution.  The end: finite gain, and what exp(-DECAYS) leaves of the way.  The energy: rounding.
WAVEFORM_TOLERANCE = 1e-4
END_TOLERANCE = 1e-6
RISE_TOLERANCE = 1e-9
DECAYS = 20.0
LEVEL = 0.01


def verify_transient(
    compiled: CompiledNetwork,
    ideal: Equilibrium,
    simulator: Simulator,
    sample: int = 0,
    start: str = "forward",
) -> TransientResult:
    """Relax one sample as a transient; compare it with the integrated flow at the simulator's times.

    Parameters
    ----------
    compiled
        The circuit of a phase.
    ideal
        Its ideal equilibrium.
    simulator
        What integrates the circuit.
    sample
        Which one.
    start
        "forward" (the forward state) or "zero".
    """
    began = time.perf_counter()
    landscape = Landscape(compiled.network, compiled.clamps.sample(sample))
    equilibrium = take(ideal, slice(sample, sample + 1))
    slowest = slowest_rate(landscape, equilibrium)
    duration = 10.0 if np.isinf(slowest) else DECAYS / slowest
    solution = simulator.simulate(
        compiled.circuit, compiled.transient(sample, start=start, duration=duration, max_step=duration)
    )
    wave = compiled.decode_waveform(solution)
    first = landscape.state(landscape.forward()).x
    if start == "zero":
        first = [np.zeros_like(a) for a in first]
    run = flow(landscape, first, max(duration, float(wave.times[-1])))
    reference = tuple(a[:, 0] for a in run.at(wave.times))
    seconds = compiled.scales.seconds
    return TransientResult(
        sample,
        start,
        wave,
        reference,
        _energy(compiled, reference),
        _compare(wave, reference, equilibrium),
        LEVEL,
        seconds * last_crossing(wave.times, remaining(wave.activities), LEVEL),
        seconds * np.log(1.0 / LEVEL) / slowest,
        time.perf_counter() - began,
    )


def slowest_rate(landscape: Landscape, equilibrium: Equilibrium) -> float:
    """Smallest rate of the linearised flow at equilibrium, lambda_min in units of g_s / C."""
    found = curvatures(landscape, landscape.resting_state(list(equilibrium.activities)))[0]
    return float(found[0]) if len(found) else np.inf


def _compare(
    wave: Waveform, reference: tuple[Floats, ...], equilibrium: Equilibrium
) -> tuple[Comparison, ...]:
    scale = max(float(np.abs(a).max()) for a in reference) or 1.0
    distance = max(float(np.abs(a - b).max()) for a, b in zip(wave.activities, reference, strict=True))
    end = max(
        float(np.abs(a[-1] - b[0]).max())
        for a, b in zip(wave.activities, equilibrium.activities, strict=True)
    )
    full = float(wave.energy.max()) or 1.0
    rise = float((wave.energy - np.minimum.accumulate(wave.energy)).max())
    return (
        Comparison("waveform", distance / scale, scale, WAVEFORM_TOLERANCE),
        Comparison("end", end / scale, scale, END_TOLERANCE),
        Comparison("energy_rise", rise / full, full, RISE_TOLERANCE),
    )


def _energy(compiled: CompiledNetwork, activities: tuple[Floats, ...]) -> Floats:
    """E along a reference trajectory, [times]."""
    net = compiled.network
    total = np.zeros(len(activities[0]))
    for layer in range(1, net.depth + 1):
        rate = net.activation_of(layer - 1).f(activities[layer - 1])
        eps = activities[layer] - rate @ net.W[layer - 1].T - net.b[layer - 1]
        total += 0.5 * net.pi[layer - 1] * (eps * eps).sum(axis=1)
    return total


def remaining(activities: tuple[Floats, ...]) -> Floats:
    """Largest distance to the end over its value at the start, [points]: above 1 only with overshoot."""
    distance = max(float(np.abs(a[0] - a[-1]).max()) for a in activities) or 1.0
    return np.asarray(np.max([np.abs(a - a[-1]).max(axis=1) for a in activities], axis=0) / distance)


def last_crossing(times: Floats, distance: Floats, level: float) -> float:
    """When `distance` [points] falls below `level` for good; NaN where it never does.

    Between two points it is taken for an exponential.
    """
    late = np.flatnonzero(distance > level)
    if not len(late):
        return 0.0
    k = int(late[-1])
    if k + 1 == len(times):
        return float("nan")
    before = distance[k]
    after = max(float(distance[k + 1]), 1e-3 * level)  # the last point may be at distance 0 from itself
    part = np.log(before / level) / np.log(before / after)
    return float(times[k] + part * (times[k + 1] - times[k]))
