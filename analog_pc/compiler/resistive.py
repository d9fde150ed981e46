"""Resistive networks as circuits of bare crossbars, junction diodes and sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import (
    ROOM,
    VCCS,
    Bus,
    Circuit,
    Crossbar,
    Diodes,
    Element,
    IdealDiodes,
    OperatingPoint,
    Resistors,
    Solution,
    StimulusSources,
    VoltageSources,
    Wire,
    bus,
    check_circuit,
    grounds,
    thermal_voltage,
)
from analog_pc.circuit.values import values
from analog_pc.errors import BadInput
from analog_pc.pcn import Relaxation
from analog_pc.resistive import Load, ResistiveEquilibrium, ResistiveNetwork, energy
from analog_pc.resistive.equations import equations, no_load

NO_WIRE = Wire()


@dataclass(frozen=True, kw_only=True)
class ResistiveParts:
    """The parts of a resistive network's circuit.

    Parameters
    ----------
    siemens
        Conductance of 1, S.
    volts
        Voltage of 1, V.
    saturation, emission
        I_s in A (at `temperature`, see `circuit.saturation_current`) and n of the diodes; the default is the
        1N4148 (I_s 4.352 nA, n 1.906).  n = 0: `IdealDiodes`, which the native simulator has.
    series_ohms
        Resistance in series with each diode, Ohm; 0.65 of a 1N4148 is nothing beside these networks.
    lift
        Volts of the sources behind the diodes, which cancel their drop: a node that the network holds at 0
        then comes to lie near 0 V instead of a drop below.
    wire
        Resistance of the lines of the arrays.
    temperature
        K, of the diodes.

    Raises
    ------
    BadInput
        For a value that is not finite, or not > 0 where it has to be.
    """

    siemens: float = 10e-6
    volts: float = 0.1
    saturation: float = 4.352e-9
    emission: float = 1.906
    series_ohms: float = 0.0
    lift: float = 0.0
    wire: Wire = NO_WIRE
    temperature: float = ROOM

    def __post_init__(self) -> None:
        for name in ("siemens", "volts", "saturation", "temperature"):
            values("resistive parts", name, getattr(self, name), (), low=0.0)
        for name in ("emission", "series_ohms", "lift"):
            values("resistive parts", name, getattr(self, name), (), low=0.0, zero=True)
        if self.emission == 0.0 and self.series_ohms > 0.0:
            raise BadInput(f"resistive parts: series_ohms = {self.series_ohms!r}, ideal diodes have none")


@dataclass(frozen=True, eq=False)
class CompiledResistiveNetwork:
    """The circuit of a resistive network, the question to ask of it, and the way back.

    Parameters
    ----------
    circuit
        Nodes ``s_j`` (sources) and ``v<layer>_i``.
    network, parts
        What it was compiled from.
    stimuli
        Volts of its sources, [samples, sources] each.
    load
        What is connected to the outputs.
    """

    circuit: Circuit
    network: ResistiveNetwork
    parts: ResistiveParts
    stimuli: dict[str, Floats]
    load: Load

    def operating_point(self) -> OperatingPoint:
        """The equilibrium of every sample."""
        return OperatingPoint(self.stimuli)

    def decode(self, solution: Solution) -> ResistiveEquilibrium:
        """Voltages in units, and which diodes conduct: those whose node is on the far side of 0 V.

        The residual is what the ideal network has at these voltages: the largest current that is missing at a
        node whose diode does not conduct, as a part of the currents there.
        """
        voltages = [solution.voltage(_sources(self.network)) / self.parts.volts]
        conducting = []
        for layer in range(1, self.network.depth + 1):
            v = solution.voltage(nodes(self.network, layer)) / self.parts.volts
            voltages.append(v)
            conducting.append(np.asarray(self.network.signs(layer) * v < 0.0))
        eq = equations(self.network, voltages[0], self.load)
        moving = voltages[1 : 1 + len(eq.diagonal)]
        missing = [np.where(c, 0.0, np.abs(f)) for f, c in zip(eq.forces(moving), conducting, strict=False)]
        worst = np.max([np.zeros(len(voltages[0])), *(m.max(axis=1) for m in missing)], axis=0)
        scale = eq.scale(moving) if moving else np.ones(len(voltages[0]))
        residual = np.divide(worst, scale, out=np.zeros_like(worst), where=scale > 0.0)
        converged = solution.status.converged(len(residual))
        return ResistiveEquilibrium(
            tuple(voltages),
            tuple(conducting),
            energy(self.network, voltages),
            Relaxation(converged, residual, 0, str(solution.status)),
        )


def compile_resistive_network(
    network: ResistiveNetwork,
    inputs: ArrayLike,
    load: Load | None = None,
    parts: ResistiveParts | None = None,
) -> CompiledResistiveNetwork:
    """Compile a resistive network onto bare crossbars.

    ::

        s_j --[ array1 ]-- v1_i --[ array2 ]-- v2_k --( spring, current or clamp )
                            |
                 lift --|>|-+      excitatory: conducts where v1 falls below 0
                            +-|>|-- -lift    inhibitory: conducts where v1 rises above 0

    No amplifier: every line is a node whose voltage Kirchhoff's current law decides.

    Parameters
    ----------
    network
        The network.
    inputs
        x, [samples, n_0].
    load
        At the outputs, as `resistive.nudge` makes it; None: nothing.
    parts
        Component values; None: the defaults of `ResistiveParts`.

    Returns
    -------
    CompiledResistiveNetwork
        Circuit, operating point and `decode`.

    Raises
    ------
    BadInput
        For inputs that do not fit, a spring of negative conductance, which no resistor has, and nodes that
        nothing connects to a source.
    """
    parts = ResistiveParts() if parts is None else parts
    stimuli = {"sources": network.sources(inputs) * parts.volts}
    elements: list[Element] = [StimulusSources("sources", _sources(network), grounds(len(_sources(network))))]
    for layer, g in enumerate(network.G, 1):
        rows = nodes(network, layer - 1) if layer > 1 else _sources(network)
        siemens = parts.siemens * g.T
        elements.append(Crossbar(f"array{layer}", rows, nodes(network, layer), siemens, parts.wire))
    elements += _diodes(network, parts)
    elements += _bias(network, parts)
    load = no_load(network, len(stimuli["sources"])) if load is None else load
    elements += _load(network, load, parts, stimuli)
    circuit = Circuit("resistive", tuple(elements), temperature=parts.temperature)
    check_circuit(circuit)
    return CompiledResistiveNetwork(circuit, network, parts, stimuli, load)


def nodes(network: ResistiveNetwork, layer: int) -> Bus:
    """Nodes of a layer 1 ... L."""
    return bus(f"v{layer}", network.sizes[layer])


def _sources(network: ResistiveNetwork) -> Bus:
    return bus("s", 2 * network.sizes[0])


def _diodes(network: ResistiveNetwork, parts: ResistiveParts) -> list[Element]:
    """A diode for each hidden node, and the sources behind them."""
    above = "0"
    below = "0"
    elements: list[Element] = []
    if network.depth > 1 and parts.lift > 0.0:
        above = "lift_p"
        below = "lift_n"
        volts = np.array([parts.lift, -parts.lift])
        elements.append(VoltageSources("lift", (above, below), grounds(2), volts))
    for layer in range(1, network.depth):
        anodes = []
        cathodes = []
        for node, sign in zip(nodes(network, layer), network.signs(layer).tolist(), strict=True):
            anodes.append(above if sign > 0 else node)
            cathodes.append(node if sign > 0 else below)
        elements.append(_bank(f"diodes{layer}", tuple(anodes), tuple(cathodes), parts))
    return elements


def _bank(name: str, anodes: Bus, cathodes: Bus, parts: ResistiveParts) -> Element:
    if parts.emission == 0.0:
        return IdealDiodes(name, anodes, cathodes)
    slope = parts.emission * thermal_voltage(parts.temperature)
    return Diodes(name, anodes, cathodes, parts.saturation, slope, parts.series_ohms)


def _bias(network: ResistiveNetwork, parts: ResistiveParts) -> list[Element]:
    """Constant currents, as transconductors behind 1 V; none where the network has none."""
    if not any(b.any() for b in network.b):
        return []
    elements: list[Element] = [VoltageSources("one", ("one_p", "one_n"), grounds(2), np.array([1.0, -1.0]))]
    for layer, b in enumerate(network.b, 1):
        some = np.flatnonzero(b)
        if len(some):
            drive = tuple("one_p" if b[i] > 0.0 else "one_n" for i in some)
            out = tuple(nodes(network, layer)[i] for i in some)
            siemens = np.abs(b[some]) * parts.siemens * parts.volts
            elements.append(VCCS(f"bias{layer}", drive, out, siemens))
    return elements


def _load(
    network: ResistiveNetwork, load: Load, parts: ResistiveParts, stimuli: dict[str, Floats]
) -> list[Element]:
    """The nudge; its volts are added to the stimuli."""
    outputs = nodes(network, network.depth)
    if load.clamped:
        stimuli["clamp"] = load.volts * parts.volts
        return [StimulusSources("clamp", outputs, grounds(len(outputs)))]
    elements: list[Element] = []
    if load.siemens < 0.0:
        raise BadInput(
            f"a spring of {load.siemens:g} is no resistor: nudge by a current, which has both signs"
        )
    if load.siemens > 0.0:
        targets = bus("target", len(outputs))
        stimuli["target"] = load.volts * parts.volts
        elements.append(StimulusSources("target", targets, grounds(len(outputs))))
        elements.append(Resistors("spring", targets, outputs, 1.0 / (load.siemens * parts.siemens)))
    if load.current.any():
        drives = bus("nudge", len(outputs))
        stimuli["nudge"] = load.current * parts.volts
        elements.append(StimulusSources("nudge", drives, grounds(len(outputs))))
        elements.append(VCCS("current", drives, outputs, parts.siemens))
    return elements
