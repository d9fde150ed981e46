"""A trial in ngspice: one transient from the first prediction to the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Solution, Transient
from analog_pc.simulators import Ngspice
from analog_pc.simulators.spice import deck
from analog_pc.testbench.circuit import LearningCircuit, learning_circuit
from analog_pc.testbench.testbench import LearningTestbench

# Asked of each step.  What it costs and what it gives is the end of every pulse, which a step has to find:
# analysis/testbench.py has a table of deviations and points.
PRECISION = 1e-7
# A written column's amplifier resolves 1e7 x 1e-16 V at its output, and a closed switch of 1 mS makes
# 1e-12 A of it.  With the usual bound of 1e-18 A the bear's trial took 27,589 points instead of 1,306, nearly
# all of them steps that did not converge.
LEAST_CURRENT = 1e-12


@dataclass(frozen=True, eq=False)
class LearningWaveforms:
    """What the transient gave, in units of the network.

    Parameters
    ----------
    times
        [points], s.
    activities, predictions, eps
        Layers 0 ... L, [points, n_l]; layer 0 has activities alone, the others are [points, 0].
    held
        Forces as they are sensed and held, [points, n_l].
    forward, transposed
        States of the devices, layers 1 ... L, [points, pre (and bias), post] and [points, pre, post]; the
        first layer has no transposed array.
    """

    times: Floats
    activities: tuple[Floats, ...]
    predictions: tuple[Floats, ...]
    eps: tuple[Floats, ...]
    held: tuple[Floats, ...]
    forward: tuple[Floats, ...]
    transposed: tuple[Floats, ...]

    def at(self, time: float, waveforms: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Waveforms at the last point up to a time, layer by layer without the axis of time."""
        k = int(np.searchsorted(self.times, time, side="right")) - 1
        return tuple(wave[k] for wave in waveforms)


def transient(bench: LearningTestbench, compiled: LearningCircuit, precision: float = PRECISION) -> Transient:
    """The analysis of a trial: every activity begins at 0."""
    start = {node: 0.0 for layer in compiled.activities[1:] for node in layer}
    start |= {node: 0.0 for layer in compiled.held for node in layer}
    duration = bench.schedule.duration
    stimuli = {"input": bench.volts * bench.inputs, "goal": bench.volts * bench.target}
    return Transient(
        stimuli, start, duration, duration, compiled.nodes,
        stiff=True, precision=precision, least_current=LEAST_CURRENT,
    )  # fmt: skip


def learning_deck(bench: LearningTestbench, precision: float = PRECISION) -> str:
    """The whole trial as an ngspice deck: ``ngspice -b -r out.raw testbench.cir``."""
    compiled = learning_circuit(bench)
    return deck(compiled.circuit, transient(bench, compiled, precision))


def run_testbench(
    bench: LearningTestbench,
    *,
    precision: float = PRECISION,
    timeout: float = 3600.0,
    watch: Callable[[float], None] | None = None,
) -> LearningWaveforms:
    """Simulate a trial.

    Parameters
    ----------
    precision
        Relative, of each step; 1e-6 halves the time and still finds the end of a pulse to some 1e-3 of it.
    timeout
        Seconds after which ngspice is killed.
    watch
        Called now and then with the seconds of the trial that ngspice has reached.

    Raises
    ------
    SimulatorMissing, SimulationFailed
    """
    compiled = learning_circuit(bench)
    analysis = transient(bench, compiled, precision)
    solution = Ngspice(timeout=timeout, watch=watch).simulate(compiled.circuit, analysis)
    return read_waveforms(bench, compiled, solution)


def read_waveforms(
    bench: LearningTestbench, compiled: LearningCircuit, solution: Solution
) -> LearningWaveforms:
    """Waveforms of a solution in units of the network."""

    def layers(buses: tuple[tuple[str, ...], ...]) -> tuple[Floats, ...]:
        return tuple(solution.voltage(nodes) / bench.volts for nodes in buses)

    points = len(solution.axis)
    shapes = [state.shape for state in bench.states()]
    forward = [
        solution.voltage(nodes).reshape(points, *shape)
        for nodes, shape in zip(compiled.forward, shapes, strict=True)
    ]
    transposed = [
        solution.voltage(nodes).reshape(points, -1, shape[1])
        for nodes, shape in zip(compiled.transposed, shapes, strict=True)
    ]
    return LearningWaveforms(
        solution.axis,
        layers(compiled.activities),
        layers(compiled.predictions),
        layers(compiled.eps),
        layers(compiled.held),
        tuple(forward),
        tuple(transposed),
    )
