"""A continuous trial in ngspice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Transient
from analog_pc.simulators import Ngspice, Simulator
from analog_pc.simulators.phased import ClockPhase, one_after_the_other, simulate_phases
from analog_pc.simulators.spice import deck
from analog_pc.testbench.continuous.circuit import ContinuousCircuit, continuous_circuit
from analog_pc.testbench.continuous.testbench import ContinuousTestbench

PRECISION = 1e-7
# What moves a weight is nanoamperes and less; the steps of the integrator are judged by this bound too.
LEAST_CURRENT = 1e-16


@dataclass(frozen=True, eq=False)
class Waveforms:
    """`times` [points] in tau; `activities` of layers 0 ... L [points, n_l]; `weights` of layers 1 ... L,
    [points, post, pre (and bias)]."""

    times: Floats
    activities: tuple[Floats, ...]
    weights: tuple[Floats, ...]


def transient(
    bench: ContinuousTestbench, compiled: ContinuousCircuit, precision: float = PRECISION
) -> Transient:
    """Activities begin at 0, weights at the network's."""
    start = {node: 0.0 for layer in compiled.activities[1:] for node in layer}
    for nodes, w in zip(compiled.weights, bench.weights, strict=True):
        start |= dict(zip(nodes, (bench.volts * w.T.ravel()).tolist(), strict=True))
    seconds = bench.tau * bench.duration
    stimuli = {
        "input": bench.volts * np.asarray(bench.inputs),
        "goal": bench.volts * np.asarray(bench.target),
    }
    return Transient(
        stimuli, start, seconds, seconds, compiled.nodes,
        stiff=True, precision=precision, least_current=LEAST_CURRENT,
    )  # fmt: skip


def continuous_deck(bench: ContinuousTestbench, precision: float = PRECISION) -> str:
    """The whole trial as an ngspice deck."""
    compiled = continuous_circuit(bench)
    return deck(compiled.circuit, transient(bench, compiled, precision))


def run_continuous(
    bench: ContinuousTestbench,
    *,
    precision: float = PRECISION,
    timeout: float = 3600.0,
    watch: Callable[[float], None] | None = None,
    simulator: Simulator | None = None,
) -> Waveforms:
    """Simulate a continuous testbench.

    Parameters
    ----------
    bench
        The testbench.
    precision
        Relative, of each step.
    timeout
        Seconds after which ngspice is killed.
    watch
        Called now and then with the simulated seconds.
    simulator
        None: ngspice, in one transient.  One without clocks simulates the three parts one after the other,
        and the target then comes and goes at once.

    Returns
    -------
    Waveforms
        Times in tau, activities [points, n_l] and weights [points, post, pre].
    """
    compiled = continuous_circuit(bench)
    analysis = transient(bench, compiled, precision)
    if simulator is None or simulator.supports.timed:
        timed = Ngspice(timeout=timeout, watch=watch) if simulator is None else simulator
        solution = timed.simulate(compiled.circuit, analysis)
    else:
        solution = one_after_the_other(simulate_phases(simulator, compiled.circuit, analysis, _phases(bench)))
    points = len(solution.axis)
    activities = tuple(solution.voltage(nodes) / bench.volts for nodes in compiled.activities)
    weights = tuple(
        solution.voltage(nodes).reshape(points, *w.T.shape).swapaxes(1, 2) / bench.volts
        for nodes, w in zip(compiled.weights, bench.weights, strict=True)
    )
    return Waveforms(solution.axis / bench.tau, activities, weights)


def _phases(bench: ContinuousTestbench) -> list[ClockPhase]:
    """Input alone, input and target, input alone."""
    lengths = (bench.predict, bench.learn, bench.again)
    begins = (0.0, bench.predict, bench.predict + bench.learn)
    return [
        ClockPhase(bench.tau * (begin + 0.5 * length), bench.tau * length)
        for begin, length in zip(begins, lengths, strict=True)
    ]
