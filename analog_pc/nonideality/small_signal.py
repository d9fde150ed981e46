"""Small-signal analyses at the operating points: stability and noise."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import BOLTZMANN, Noise
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.nonideality.results import NoiseResult, Stability
from analog_pc.pcn.clamps import Clamps
from analog_pc.reporting.text import counted
from analog_pc.simulators import Native
from analog_pc.simulators.native import Deadline, Modes


def stability(
    real: CompiledNetwork,
    ideal: CompiledNetwork,
    phase: str,
    samples: int,
    native: Native,
    deadline: Deadline,
) -> Stability:
    """Slowest mode and least damping over the first samples, as many as there is time for.

    Parameters
    ----------
    real, ideal
        The circuits with real and with ideal parts; of the second only the slowest mode is told.
    phase
        Its name.
    samples
        How many at most.
    native
        The simulator.
    deadline
        No sample is begun after it.
    """
    found: list[Modes] = []
    ideal_modes: list[Modes] = []
    message = ""
    for sample in range(min(samples, real.clamps.samples)):
        if deadline.passed:
            break
        modes, message = _modes(real, sample, native)
        if message:
            break
        found += modes
        if not deadline.passed:
            ideal_modes += _modes(ideal, sample, native)[0]
    margin = min((m.margin for m in found), default=np.nan)
    return Stability(
        phase=phase,
        samples=len(found),
        margin=margin,
        margin_units=margin * real.scales.seconds,
        ideal_margin=min((m.margin for m in ideal_modes), default=np.nan),
        damping=min((m.damping for m in found), default=np.nan),
        message=message or (_classify(found) if found else "no time for a sample"),
    )


def _modes(compiled: CompiledNetwork, sample: int, native: Native) -> tuple[list[Modes], str]:
    """The modes at the point that a sample relaxes to, or why there are none."""
    try:
        return native.modes(compiled.circuit, compiled.operating_point((sample,))), ""
    except SimulationFailed as failure:
        return [], f"sample {sample}: {failure}"


def _classify(found: list[Modes]) -> str:
    unstable = [k for k, m in enumerate(found) if not m.stable]
    if not unstable:
        return "stable"
    where = f"sample {unstable[0]}, {found[unstable[0]].growth}"
    return f"UNSTABLE in {len(unstable)} of {counted(len(found), 'sample')}: {where}"


def noise(compiled: CompiledNetwork, phase: str, native: Native) -> NoiseResult:
    """rms noise over all frequencies at the free value nodes, at the operating point of sample 0.

    Parameters
    ----------
    compiled, phase
        The circuit of the phase, and its name.
    native
        The simulator.
    """
    volts = compiled.scales.activity
    capacitance = compiled.design.technology.node_capacitance
    thermal = float(np.sqrt(BOLTZMANN * compiled.circuit.temperature / capacitance))
    buses = _free_nodes(compiled)
    nodes = tuple(node for bus in buses for node in bus)
    none = tuple(np.empty(0) for _ in buses)
    if not nodes:
        return NoiseResult(phase, 0, none, thermal, volts, "no node is free")
    point = compiled.operating_point((0,), every_node=True)
    tau = compiled.scales.seconds
    try:
        solution = native.simulate(compiled.circuit, point)
        guess = dict(zip(solution.nodes, solution.volts[0].tolist(), strict=True))
        stimuli = {name: v[0] for name, v in point.stimuli.items()}
        found = native.noise(compiled.circuit, Noise(stimuli, nodes, 1e-5 / tau, 1e5 / tau, guess))
    except (SimulationFailed, BadInput) as failure:  # BadInput: infinite variance, as the message says
        return NoiseResult(phase, 0, none, thermal, volts, str(failure))
    ends = np.cumsum([len(bus) for bus in buses])[:-1]
    return NoiseResult(phase, 0, tuple(np.split(found.rms, ends)), thermal, volts)


def _free_nodes(compiled: CompiledNetwork) -> list[tuple[str, ...]]:
    clamps: Clamps = compiled.clamps
    return [
        tuple(node for node, moves in zip(bus, free, strict=True) if moves)
        for bus, free in zip(compiled.probes.activities, clamps.free, strict=True)
    ]
