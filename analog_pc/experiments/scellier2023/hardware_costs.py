"""What one learning step of one sample takes on the chip: states, memories, amplifiers, seconds and joules.

A predictive coding network's numbers are those of `cost.network_cost`: the native simulator's dissipation and
settling.  A resistive network's are exact: its power is what Kirchhoff's law gives, and its settling that of
the slowest mode of its conductances and line capacitances::

    C dv/dt = -K v + ...,    t = ln(100) / least eigenvalue of C^-1/2 K C^-1/2

with the conducting diodes shorted (a bound, of the slowest sample, to the same hundredth of the move).
Diodes are ideal: they take no power and add no capacitance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import scipy.linalg

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import BOLTZMANN
from analog_pc.cost import PartCost, network_cost, process_of
from analog_pc.cost.parts import adc
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.resistive import (
    ContrastiveRule,
    Load,
    ResistiveEquilibrium,
    ResistiveNetwork,
    energy,
    nudge,
    settle,
)
from analog_pc.technology import Technology

LEVEL = (
    0.01  # of the move that is left: what counts as settled, as in the cost of a predictive coding network
)
BITS = 8  # of the converters
SIMULATED = 2  # samples of the predictive coding network, whose amplifiers take nearly all of the power
GROUPS = {
    "converters": ("input DACs", "target DACs", "output ADCs"),
    "arrays": ("crossbars", "springs", "feedback resistors", "driver resistances"),
    "capacitors": ("node capacitors", "line capacitors"),
}
NO_AMPLIFIERS = ("amplifier outputs", "line drivers")  # rows of energy or area, not parts of their own


class StepCosts(NamedTuple):
    """Costs of a learning step of one sample, and of reading a prediction.

    Parameters
    ----------
    phases
        States that it settles to.
    memories
        Values stored for later in the step: a square for each device of a resistive network and the outputs
        o* where they are held.
    node_memories
        The same where the voltages of the nodes are stored in place of the squares; the differences are then
        formed outside the array.
    amplifiers, devices
        Amplifiers, activation circuits and gates; devices of all arrays, references included.
    settling, latency
        s of all states together, without and with converters.
    converters, arrays, capacitors, amplifier
        J by part; everything is on for the whole latency.
    reading
        J of the converters, besides, where the update is formed outside the arrays: each voltage that is read
        is converted once.
    predict
        J of a prediction.
    thermal
        V rms on a hidden node, sqrt(k T / C).
    """

    phases: float
    memories: float
    node_memories: float
    amplifiers: float
    devices: float
    settling: float
    latency: float
    converters: float
    arrays: float
    capacitors: float
    amplifier: float
    reading: float
    predict: float
    thermal: float

    @property
    def joules(self) -> float:
        """J of the learning step."""
        return self.converters + self.arrays + self.capacitors + self.amplifier


def layered_costs(
    network: PredictiveCodingNetwork, technology: Technology, inputs: Floats, targets: Floats
) -> StepCosts:
    """Costs of one step of predictive coding, from the native simulator."""
    phases = ("predict", "learn")
    cost = network_cost(network, technology, inputs, targets, samples=SIMULATED, phases=phases)
    learn = cost.phases["learn"]
    groups = {group: _sum(learn.parts, names) for group, names in GROUPS.items()}
    named = [name for names in GROUPS.values() for name in names]
    active = [part for part in learn.parts if part.part not in named]
    return StepCosts(
        phases=1.0,
        memories=0.0,
        node_memories=0.0,
        amplifiers=float(sum(p.count for p in active if p.part not in NO_AMPLIFIERS)),
        devices=float(sum(part.count for part in learn.parts if part.part == "crossbars")),
        settling=learn.settling,
        latency=learn.latency,
        converters=groups["converters"],
        arrays=groups["arrays"],
        capacitors=groups["capacitors"],
        amplifier=sum(part.energy for part in active),
        reading=_conversions(technology, 2 * sum(network.sizes[1:]) - network.sizes[-1]),
        predict=cost.phases["predict"].energy,
        thermal=float(np.sqrt(BOLTZMANN * technology.temperature / technology.node_capacitance)),
    )


def _conversions(technology: Technology, voltages: int) -> float:
    """J."""
    converter, _, _ = adc(process_of(technology), BITS)
    return voltages * converter.energy


def _sum(parts: Iterable[PartCost], names: tuple[str, ...]) -> float:
    return sum(part.energy for part in parts if part.part in names)


def resistive_costs(
    network: ResistiveNetwork,
    technology: Technology,
    volts: float,
    inputs: Floats,
    targets: Floats,
    rule: ContrastiveRule,
) -> StepCosts:
    """Costs of one step of a contrastive rule.

    Parameters
    ----------
    network
        Its largest conductance is g_max of the technology.
    volts
        Of 1.
    inputs, targets
        Stimuli [samples, n_0] and [samples, n_L]; energies are means over them, times are of the slowest.
        The last input is constant and has no converter.
    """
    chip = _Chip(network, technology, volts)
    catalogue = process_of(technology)
    dac = 2.0 ** (BITS - 1) * catalogue.value("dac_unit_power")
    converting = catalogue.value("dac_time")
    free = settle(network, inputs)
    outputs = network.sizes[-1]
    states = _states(network, inputs, targets, rule, free)
    nudging = nudging_amplifiers(rule, outputs)
    settling = [chip.settling(state, load) for state, load in states]
    latencies = [t + converting for t in settling]
    nudged = sum(t for t, (_, load) in zip(latencies, states, strict=True) if load is not None)
    converters = dac * ((network.sizes[0] - 1) * sum(latencies) + outputs * nudged)
    powers = [chip.power(state) for state, _ in states]
    read = chip.power(free) + dac * (network.sizes[0] - 1)
    held = outputs if nudging and rule.nudging != "spring" else 0
    return StepCosts(
        phases=float(rule.phases),
        memories=float(network.devices + held),
        node_memories=float(sum(network.sizes[1:]) + held),
        amplifiers=float(nudging),
        devices=float(network.devices),
        settling=sum(settling),
        latency=sum(latencies),
        converters=converters,
        arrays=sum(p * t for p, t in zip(powers, latencies, strict=True)),
        capacitors=chip.charge(free),
        amplifier=nudging * technology.opamp_power * nudged,
        reading=_conversions(technology, 2 * sum(network.sizes[1:]) + held),
        predict=read * (chip.settling(free, None) + converting) + chip.charge(free),
        thermal=chip.thermal,
    )


def nudging_amplifiers(rule: ContrastiveRule, outputs: int) -> int:
    """Amplifiers of the nudge: none where a resistor or a source at the target does it; else one an output,
    for a negative conductance, a current, or a clamp between o* and the target."""
    if rule.nudging == "spring":
        return outputs if -1 in rule.signs else 0
    at_target = rule.nudging == "clamp" and rule.beta == 1.0 and -1 not in rule.signs
    return 0 if at_target else outputs


def _states(
    network: ResistiveNetwork,
    inputs: Floats,
    targets: Floats,
    rule: ContrastiveRule,
    free: ResistiveEquilibrium,
) -> list[tuple[ResistiveEquilibrium, Load | None]]:
    """The states of a step and their loads, `rule.phases` of them; None: the free one."""
    found: list[tuple[ResistiveEquilibrium, Load | None]] = []
    if rule.phases > sum(sign != 0 for sign in rule.signs):
        found.append((free, None))
    for sign in (sign for sign in rule.signs if sign):
        load = nudge(rule.nudging, sign * rule.beta, free.output, targets)
        found.append((settle(network, inputs, load, free), load))
    return found


class _Chip:
    """A resistive network in S, V and F."""

    def __init__(self, network: ResistiveNetwork, technology: Technology, volts: float) -> None:
        self.network = network
        self.volts = volts
        self.siemens = technology.g_max / max(float(g.max()) for g in network.G)
        word = technology.word_line_capacitance
        bit = technology.bit_line_capacitance
        # A node ends the bit line of the array below it, and begins the word line of the one above it.
        above = [*(len(g) for g in network.G[1:]), 0]
        self.farads = [
            np.full(len(g), bit * g.shape[1] + word * up) for g, up in zip(network.G, above, strict=True)
        ]
        self.source_farads = word * network.sizes[1]
        self.thermal = float(np.sqrt(BOLTZMANN * technology.temperature / self.farads[0][0]))

    def power(self, state: ResistiveEquilibrium) -> float:
        """W in all conductances of the network, mean over the samples."""
        joule_rate = 2.0 * energy(self.network, list(state.voltages))
        return float(joule_rate.mean()) * self.siemens * self.volts**2

    def charge(self, state: ResistiveEquilibrium) -> float:
        """C V^2 of all lines, J, mean over the samples."""
        farads = [np.full(state.voltages[0].shape[1], self.source_farads), *self.farads]
        squares = [float((v**2 @ c).mean()) for v, c in zip(state.voltages, farads, strict=True)]
        return sum(squares) * self.volts**2

    def settling(self, state: ResistiveEquilibrium, load: Load | None) -> float:
        """s of the slowest sample; inf where a mode grows."""
        conductance = self._conductance(load)
        farads = np.concatenate(self.farads)
        held = np.concatenate(state.conducting, axis=1)
        if load is not None and load.clamped:
            held[:, -self.network.sizes[-1] :] = True
        rate = min(_slowest(conductance, farads, one) for one in np.unique(held, axis=0))
        return float(np.log(1.0 / LEVEL)) / rate if rate > 0.0 else np.inf

    def _conductance(self, load: Load | None) -> Floats:
        """Conductance matrix of all nodes but the sources, S."""
        sizes = self.network.sizes[1:]
        ends = np.cumsum([0, *sizes])
        matrix = np.zeros((ends[-1], ends[-1]))
        for k, g in enumerate(self.network.G):
            own = slice(ends[k], ends[k + 1])
            matrix[own, own] += np.diag(g.sum(axis=1))
            if k:
                below = slice(ends[k - 1], ends[k])
                matrix[below, below] += np.diag(g.sum(axis=0))
                matrix[own, below] -= g
                matrix[below, own] -= g.T
        if load is not None:
            matrix[own, own] += load.siemens * np.eye(sizes[-1])
        return self.siemens * matrix


def _slowest(conductance: Floats, farads: Floats, held: Bools) -> float:
    """1/s of the slowest mode of the nodes that are not held; inf where all are."""
    free = np.flatnonzero(~held)
    if not len(free):
        return np.inf
    root = 1.0 / np.sqrt(farads[free])
    scaled = root[:, None] * conductance[np.ix_(free, free)] * root
    return float(scipy.linalg.eigvalsh(scaled, subset_by_index=[0, 0])[0])
