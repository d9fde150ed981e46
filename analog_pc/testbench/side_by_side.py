"""Several trials in one transient: chips side by side, such as one for each write delay."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analog_pc.circuit import Solution, Transient, joined, prefixed
from analog_pc.simulators import Ngspice
from analog_pc.testbench.circuit import LearningCircuit, learning_circuit
from analog_pc.testbench.run import LEAST_CURRENT, PRECISION, LearningWaveforms, read_waveforms, transient
from analog_pc.testbench.testbench import LearningTestbench


def run_side_by_side(
    benches: Mapping[str, LearningTestbench],
    *,
    precision: float = PRECISION,
    timeout: float = 3600.0,
    watch: Callable[[float], None] | None = None,
) -> dict[str, LearningWaveforms]:
    """Simulate trials in one transient of ngspice, which lasts as long as the longest of them.

    Parameters
    ----------
    benches
        Name -> trial.
    precision
        Relative, of each step.
    timeout
        Seconds after which ngspice is killed.
    watch
        Called now and then with the simulated seconds.

    Returns
    -------
    dict
        Name -> waveforms, all of the same times.

    Raises
    ------
    BadInput, SimulatorMissing, SimulationFailed
    """
    compiled = {name: learning_circuit(bench) for name, bench in benches.items()}
    whole = joined("trials", {name: one.circuit for name, one in compiled.items()})
    analysis = _transient(benches, compiled, precision)
    solution = Ngspice(timeout=timeout, watch=watch).simulate(whole, analysis)
    return {
        name: read_waveforms(bench, compiled[name], _part(name, compiled[name], solution))
        for name, bench in benches.items()
    }


def _transient(
    benches: Mapping[str, LearningTestbench], compiled: Mapping[str, LearningCircuit], precision: float
) -> Transient:
    """The trials' own analyses as one."""
    each = {name: transient(bench, compiled[name], precision) for name, bench in benches.items()}
    duration = max(one.duration for one in each.values())
    return Transient(
        {prefixed(name, what): volts for name, one in each.items() for what, volts in one.stimuli.items()},
        {prefixed(name, node): volts for name, one in each.items() for node, volts in one.initial.items()},
        duration,
        duration,
        tuple(prefixed(name, node) for name, one in each.items() for node in one.save),
        stiff=True,
        precision=precision,
        least_current=LEAST_CURRENT,
    )


def _part(name: str, compiled: LearningCircuit, solution: Solution) -> Solution:
    """One trial's nodes, under their own names."""
    nodes = compiled.nodes
    volts = solution.voltage(tuple(prefixed(name, node) for node in nodes))
    return Solution(solution.axis, nodes, volts, solution.status)
