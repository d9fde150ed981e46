"""Chips as whole circuits in the native simulator: slower than the closed form, with nothing left out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.compiler import CompiledNetwork, CompileOptions, compile_network
from analog_pc.cost.operating_point import started_at
from analog_pc.errors import SimulationFailed
from analog_pc.evaluation.bench import Bench
from analog_pc.pcn import Equilibrium
from analog_pc.simulators import Native
from analog_pc.technology import Technology

SAMPLES = 200
FIRST = 20  # samples of the first block: it shows how long the others take
SECONDS = 20.0  # after which no further block is begun


@dataclass(frozen=True, kw_only=True, eq=False)
class CircuitOutputs:
    """Outputs of the first samples, [asked, n_L], NaN where the circuit has no operating point.

    `converged` [asked]; `message` says why one is not, or why not all `wanted` samples were simulated.
    """

    outputs: Floats
    converged: Bools
    wanted: int
    seconds: float
    message: str

    @property
    def asked(self) -> int:
        return len(self.converged)


def circuit_outputs(bench: Bench, technology: Technology, seed: int) -> CircuitOutputs:
    """Simulate the first `SAMPLES` samples of a chip, in blocks, as many as fit into the time.

    The scales are those of the bench.  Newton's iteration starts at the equilibrium in closed form, and ends
    where the circuit's own equations are solved.  Modes are not looked at: a point that the circuit leaves by
    itself counts as an operating point (`analog-pc verify` looks).
    """
    began = time.monotonic()
    wanted = min(SAMPLES, bench.data.samples)
    inputs = bench.data.inputs[:wanted]
    compiled = compile_network(
        bench.network, technology, inputs, seed=seed, options=CompileOptions(volts_per_unit=bench.scales)
    )
    start = bench.equilibrium(technology, seed)
    native = Native(check_stability=False)  # one: it keeps the reduced equations of the circuit
    outputs: list[Floats] = []
    converged: list[Bools] = []
    message = ""
    for block in _blocks(wanted):
        if outputs and time.monotonic() - began > SECONDS:
            message = f"stopped after {SECONDS:g} s"
            break
        found = _simulated(native, compiled, start, block)
        if isinstance(found, str):
            message = found
            outputs.append(np.full((len(block), bench.network.sizes[-1]), np.nan))
            converged.append(np.zeros(len(block), dtype=bool))
            continue
        outputs.append(found.output)
        converged.append(found.relaxation.converged)
        if not found.relaxation.all_converged:
            message = found.relaxation.message
    return CircuitOutputs(
        outputs=np.concatenate(outputs),
        converged=np.concatenate(converged),
        wanted=wanted,
        seconds=time.monotonic() - began,
        message=message,
    )


def _blocks(wanted: int) -> Iterator[range]:
    """The first few samples, then growing blocks."""
    start = 0
    size = FIRST
    while start < wanted:
        yield range(start, min(start + size, wanted))
        start += size
        size *= 3


def _simulated(
    native: Native, compiled: CompiledNetwork, start: Equilibrium, block: range
) -> Equilibrium | str:
    """Equilibria of the samples of a block, or why there are none."""
    analysis = started_at(compiled, compiled.operating_point(tuple(block)), start, np.array(block))
    try:
        return compiled.decode(native.simulate(compiled.circuit, analysis))
    except SimulationFailed as failure:
        return str(failure)
