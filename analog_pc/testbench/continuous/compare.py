"""The circuit of a continuous trial against its differential equation, and what was learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.testbench.continuous.circuit import EDGE
from analog_pc.testbench.continuous.run import Waveforms
from analog_pc.testbench.continuous.testbench import ContinuousTestbench

# Of the largest change of a weight.  Steps are precise to 1e-7; a closed clamp leaves 1e-4 of a prediction
# error between output and target, which the equation takes for 0.
CLOSE = 1e-3


@dataclass(frozen=True, eq=False)
class EquationDeviation:
    """Deviations at all times but the edges of the target's clock, which the equation takes for jumps.

    Parameters
    ----------
    weights
        max |circuit - equation| over the largest change of a weight.
    activities
        max |circuit - equation|.
    largest_change
        Of a weight, during the whole trial.
    adrift
        Largest motion of a weight after the target's release, over its largest change: what learning goes on
        when nothing is to be learned.
    before, again
        Output at the ends of the two predictions.
    """

    weights: float
    activities: float
    largest_change: float
    adrift: float
    before: Floats
    again: Floats

    @property
    def agrees(self) -> bool:
        return self.weights <= CLOSE


def compare_continuous(bench: ContinuousTestbench, circuit: Waveforms, ode: Waveforms) -> EquationDeviation:
    """All weights and activities, at every time of the circuit.

    Parameters
    ----------
    bench
        The testbench that was simulated.
    circuit, ode
        Waveforms of the circuit, and of the differential equation at the same times.

    Returns
    -------
    EquationDeviation
        Largest deviations outside the edges of the target's clock.
    """
    times = circuit.times
    taken = bench.predict + bench.learn
    away = _away(times, (bench.predict, taken))
    change = max(float(np.abs(w - w[0]).max()) for w in ode.weights)
    weights = max(_worst(c, o, away) for c, o in zip(circuit.weights, ode.weights, strict=True))
    activities = max(_worst(c, o, away) for c, o in zip(circuit.activities, ode.activities, strict=True))
    released = int(np.searchsorted(times, taken))
    adrift = max(float(np.abs(w[released:] - w[released]).max()) for w in circuit.weights)
    shown = int(np.searchsorted(times, bench.predict, side="right")) - 1
    output = circuit.activities[-1]
    return EquationDeviation(weights / change, activities, change, adrift / change, output[shown], output[-1])


def _away(times: Floats, jumps: tuple[float, ...]) -> Bools:
    """Times that are not within two edges after a jump, where x_L is on its way to the target."""
    near = [(times >= jump - 1e-9) & (times <= jump + 2.0 * EDGE) for jump in jumps]
    return np.asarray(~np.any(near, axis=0))


def _worst(circuit: Floats, ode: Floats, where: Bools) -> float:
    return float(np.abs(circuit[where] - ode[where]).max())
