"""A clocked trial on a simulator: in one transient where it has clocks, phase by phase where it has none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.circuit import Solution, Transient
from analog_pc.pcn import Update, make_clamps
from analog_pc.pcn.learning import Factors
from analog_pc.pcn.state import Landscape
from analog_pc.simulators import Simulator
from analog_pc.simulators.phased import one_after_the_other, simulate_phases
from analog_pc.testbench.clocked.circuit import ClockedCircuit, clocked_circuit
from analog_pc.testbench.clocked.testbench import ClockedTestbench

PRECISION = 1e-8
# Closed switches of 10 S turn the last digit of 0.1 V into 1e-16 A and more.
LEAST_CURRENT = 1e-15


@dataclass(frozen=True, eq=False)
class ClockedReading:
    """What a trial shows at its reads, in units of the network.

    Parameters
    ----------
    update
        F f(x)^T, layer by layer at its own read.
    differential
        The same with the errors of the read before subtracted, when springs of these layers are still slack:
        offsets and injected charge cancel.
    eps
        Prediction errors of layers 1 ... L before the target arrives and at every read, [1 + reads, n_l].
    times
        Of the waveforms, in tau, [points].
    waveforms
        Prediction errors of layers 1 ... L, [points, n_l].
    """

    update: Update
    differential: Update
    eps: tuple[Floats, ...]
    times: Floats
    waveforms: tuple[Floats, ...]


def run_clocked(
    bench: ClockedTestbench,
    simulator: Simulator,
    *,
    precision: float = PRECISION,
    least_current: float = LEAST_CURRENT,
) -> ClockedReading:
    """Simulate a clocked trial.

    Parameters
    ----------
    bench
        The testbench.
    simulator
        ngspice runs it as one transient, the native simulator phase by phase.
    precision, least_current
        Relative, of each step, and in A, as for `Transient`; 1e-5 and 1e-12 for amplifiers with poles.

    Raises
    ------
    BadInput, SimulatorMissing, SimulationFailed
    """
    compiled = clocked_circuit(bench)
    analysis = replace(_transient(bench, compiled), precision=precision, least_current=least_current)
    if simulator.supports.timed:
        whole = simulator.simulate(compiled.circuit, analysis)
        moments = (bench.predict * bench.tau, *bench.reads)
        points = np.searchsorted(whole.axis, moments, side="right") - 1
        return _read(bench, compiled, whole, points)
    parts = simulate_phases(simulator, compiled.circuit, analysis, bench.phases())
    ends = np.cumsum([len(part.axis) for part in parts]) - 1
    return _read(bench, compiled, one_after_the_other(parts), ends[[0, *range(1, len(parts), 2)]])


def _transient(bench: ClockedTestbench, compiled: ClockedCircuit) -> Transient:
    """From the ideal forward state, in which the circuit's own one is soon found."""
    clamps = make_clamps(bench.network, np.asarray(bench.inputs)[np.newaxis])
    forward = Landscape(bench.network, clamps).forward()
    start = {
        node: float(bench.volts * value)
        for nodes, layer in zip(compiled.activities[1:], forward[1:], strict=True)
        for node, value in zip(nodes, layer[0], strict=True)
    }
    start |= {
        node: float(bench.volts * value)
        for nodes, layer in zip(compiled.slaves, forward[1:-1], strict=True)
        for node, value in zip(nodes, layer[0], strict=True)
    }
    stimuli = {
        "input": bench.volts * np.asarray(bench.inputs),
        "goal": bench.volts * np.asarray(bench.target),
    }
    return Transient(stimuli, start, bench.duration, bench.duration, compiled.nodes, stiff=True)


def _read(
    bench: ClockedTestbench, compiled: ClockedCircuit, solution: Solution, moments: Ints
) -> ClockedReading:
    """Errors and rates of each layer at its read: layer L at the first one after the target's arrival."""
    depth = bench.network.depth
    waveforms = tuple(solution.voltage(nodes) / bench.volts for nodes in compiled.eps[1:])
    eps = tuple(wave[moments] for wave in waveforms)
    post = []
    differential = []
    pre = []
    for layer in range(1, depth + 1):
        read = 1 + depth - layer
        rate = solution.voltage(compiled.rates[layer - 1])[moments[read]] / bench.volts
        precision = bench.network.precision_of(layer)
        post.append(precision * eps[layer - 1][read][np.newaxis])
        differential.append(post[-1] - precision * eps[layer - 1][read - 1][np.newaxis])
        pre.append(rate[np.newaxis])
    return ClockedReading(
        Factors(tuple(post), tuple(pre), 0.0).update(),
        Factors(tuple(differential), tuple(pre), 0.0).update(),
        eps,
        solution.axis / bench.tau,
        waveforms,
    )
