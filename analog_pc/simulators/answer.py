"""Checks of a SPICE program's answer before it becomes a `Solution`, and the order of its points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, OperatingPoint, Solution, Status, Stimuli, Transient
from analog_pc.errors import SimulationFailed

# Volts.  No circuit of this package comes near; 1/0 in a behavioural source gives 1e32 and a node that only
# gmin holds 1e9, both with exit code 0 (ngspice 39).
MAX_VOLTS = 1e6


def sweep_volts(analysis: OperatingPoint) -> dict[str, Floats]:
    """Stimuli of every point of a sweep, [points, sources]: preset 0, sample 0, preset 1, sample 1, ..."""
    volts = {name: np.asarray(values, dtype=np.float64) for name, values in analysis.stimuli.items()}
    if analysis.preset is None:
        return volts
    preset: Stimuli = analysis.preset
    return {
        name: np.stack([np.asarray(preset[name]), values], axis=1).reshape(2 * len(values), -1)
        for name, values in volts.items()
    }


def checked_volts(simulator: str, volts: Floats, names: Sequence[str]) -> Floats:
    """The same volts [points, names]; `SimulationFailed` for one not finite or beyond `MAX_VOLTS`."""
    bad = ~(np.abs(volts) <= MAX_VOLTS)  # true for NaN as well
    if bad.any():
        point, k = (int(i) for i in np.argwhere(bad)[0])
        raise SimulationFailed(
            f"{simulator}: {names[k]} = {float(volts[point, k])!r} V at point {point}, "
            f"expected a finite value up to {MAX_VOLTS:g} V"
        )
    return volts


def to_solution(
    simulator: str,
    analysis: Analysis,
    nodes: tuple[str, ...],
    volts: Floats,
    times: Floats | None,
    status: Status,
) -> Solution:
    """The solution of volts [points, nodes] and, for a transient, seconds [points].

    Raises
    ------
    SimulationFailed
        If the points are not the points of the analysis.
    """
    if isinstance(analysis, Transient):
        return Solution(_checked_times(simulator, times, analysis), nodes, volts, status)
    samples = analysis.samples
    preset = analysis.preset is not None
    expected = 2 * samples if preset else samples
    if len(volts) != expected:
        raise SimulationFailed(f"{simulator}: {len(volts)} operating points, expected {expected}")
    axis = np.arange(samples, dtype=np.float64)
    if not preset:
        return Solution(axis, nodes, volts, status)
    return Solution(axis, nodes, volts[1::2].copy(), status, preset_volts=volts[0::2].copy())


def _checked_times(simulator: str, seconds: Floats | None, analysis: Transient) -> Floats:
    times = np.array(() if seconds is None else seconds, dtype=np.float64)
    rising = times.size > 1 and bool((np.diff(times) > 0.0).all())
    if not rising or not np.isclose(times[-1], analysis.duration, rtol=1e-6, atol=0.0):
        end = f"{float(times[-1])!r} s" if times.size else "no time"
        raise SimulationFailed(f"{simulator}: the transient ends at {end}, expected {analysis.duration!r} s")
    return times
