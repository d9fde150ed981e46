"""States of a network before it rests: what a learning rule reads that does not wait for equilibrium."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.circuit import Solution
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, relax_for
from analog_pc.relaxers import CircuitRelaxer, IdealRelaxer, Relaxer

LEAST_STEPS = 50  # of a transient up to the moment
INSTANT = 1e-3  # units of C / g_s: a transient whose first point is the moment at which the clamp closes


def state_after(
    network: PredictiveCodingNetwork,
    relaxer: Relaxer,
    duration: float,
    inputs: ArrayLike,
    targets: ArrayLike | None,
) -> Equilibrium:
    """The state a while after the target's clamp has closed, from the forward state.

    The ideal network is integrated as a differential equation.  A circuit is compiled and rests with the
    input alone clamped (its own forward state, which offsets and device variation move); its transient from
    there ends exactly at that moment.

    Parameters
    ----------
    network
        The network of the moment.
    relaxer
        `IdealRelaxer`, or a `CircuitRelaxer` of any simulator.
    duration
        In units of C / g_s; 0 is the moment at which the clamp closes.
    inputs, targets
        Clamped activities of one sample, [1, n_0] and [1, n_L].

    Raises
    ------
    BadInput
        For a relaxer that has no time.
    """
    if isinstance(relaxer, IdealRelaxer):
        return relax_for(network, duration, inputs, targets)
    if not isinstance(relaxer, CircuitRelaxer):
        raise BadInput(f"{relaxer.name} has no transient: use the ideal network or a circuit")
    compiled = compile_network(network, relaxer.technology, inputs, targets, seed=relaxer.seed)
    simulated = duration or INSTANT
    analysis = compiled.transient(duration=simulated, max_step=simulated / LEAST_STEPS)
    before = relaxer.relax(network, inputs).activities
    volts = {
        node: float(unit * layer[0, i])
        for nodes, unit, layer in zip(
            compiled.probes.activities, compiled.scales.activity, before, strict=True
        )
        for i, node in enumerate(nodes)
    }
    start = {node: volts.get(node, forward) for node, forward in analysis.initial.items()}
    analysis = replace(analysis, save=compiled.probes.every, initial=start)
    solution = relaxer.simulator.simulate(compiled.circuit, analysis)
    return _decoded(compiled, solution, -1 if duration else 0, duration)


def _decoded(compiled: CompiledNetwork, solution: Solution, point: int, duration: float) -> Equilibrium:
    """One point of a transient."""
    only = [point]
    end = Solution(solution.axis[only], solution.nodes, solution.volts[only], solution.status)
    found = compiled.decode(end)
    verdict = replace(
        found.relaxation,
        converged=np.zeros(found.samples, dtype=bool),
        message=f"stopped after {duration:g} C / g_s",
    )
    return replace(found, relaxation=verdict)
