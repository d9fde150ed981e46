"""Circuit -> the lines of a VACASK netlist, flat: node ``mid`` of instance ``l1`` is called ``l1.mid``.

Flat, because a solution calls nodes so as well, and because VACASK's subcircuits would add nothing but text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Bus,
    Capacitors,
    Circuit,
    Crossbar,
    Element,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    VoltageSources,
    grounds,
)
from analog_pc.errors import BadInput
from analog_pc.simulators.vacask import modules
from analog_pc.simulators.vacask.arrays import crossbar_lines
from analog_pc.simulators.vacask.names import (
    AMPLIFIER,
    CAPACITOR,
    MODELS,
    RESISTOR,
    SOURCE,
    TRANSCONDUCTOR,
    Terms,
    parameters,
)
from analog_pc.simulators.vacask.verilog import Module


@dataclass
class Netlist:
    """Lines of models and parts, and the Verilog-A modules that they need."""

    lines: list[str] = field(default_factory=list)
    modules: dict[str, Module] = field(default_factory=dict)

    def model(self, name: str, made: tuple[Module, dict[str, float]]) -> str:
        """Add a model of a module; returns what to call it."""
        needed, constants = made
        self.modules[needed.name] = needed
        self.lines.append(f"model '{name}' {needed.name} {parameters(constants)}".rstrip())
        return f"'{name}'"


def to_netlist(circuit: Circuit) -> Netlist:
    """Everything but the stimulus sources, whose values the analysis gives.

    Raises
    ------
    BadInput
        For names, values or transfer functions that cannot be written.
    """
    netlist = Netlist([f"model {name} {device}" for name, device in MODELS.items()])
    ports = {i.name: dict(zip(i.subcircuit.ports, i.nodes, strict=True)) for i in circuit.instances}
    terms = {path: Terms(path, nodes) for path, nodes in {"": {}, **ports}.items()}
    for path, element in circuit.banks():
        if not isinstance(element, StimulusSources):
            add_bank(netlist, element, terms[path])
        elif path:
            raise BadInput(f"instance {path}: stimulus sources belong at the top of the circuit")
    return netlist


def add_bank(netlist: Netlist, element: Element, terms: Terms) -> None:
    """Append one bank; the elements' equations are in `circuit/`."""
    name = f"{terms.path}.{element.name}" if terms.path else element.name
    pins: tuple[Bus, ...]
    match element:
        case Resistors():
            netlist.lines += _parts(name, RESISTOR, terms, (element.a, element.b), r=element.ohms)
        case Capacitors():
            netlist.lines += _parts(name, CAPACITOR, terms, (element.a, element.b), c=element.farads)
        case VoltageSources():
            netlist.lines += _parts(name, SOURCE, terms, (element.plus, element.minus), dc=element.volts)
        case VCCS():
            ground = grounds(len(element.out))
            pins = (ground, element.out, element.drive, ground)  # from ground through the source into `out`
            netlist.lines += _parts(name, TRANSCONDUCTOR, terms, pins, gain=element.siemens)
        case Amplifiers():
            _add_amplifiers(netlist, element, name, terms)
        case NonlinearVCVS():
            model = netlist.model(name, modules.transfer(element.transfer))
            pins = (element.out, element.control)
            netlist.lines += _parts(name, model, terms, pins, gain=element.gain, offset=element.offset)
        case MultiplyingVCCS():
            model = netlist.model(name, modules.gated(element.gate))
            pins = (element.out, element.control, element.drive)
            netlist.lines += _parts(name, model, terms, pins, siemens=element.siemens)
        case Crossbar():
            cell = None
            if element.characteristic is not None:
                cell = netlist.model(name, modules.device(element.characteristic, element.access_ohms))
            netlist.lines += crossbar_lines(element, name, terms, cell)
        case StimulusSources():
            raise BadInput(f"{name}: the volts of a stimulus source come from the analysis")


def _add_amplifiers(netlist: Netlist, a: Amplifiers, name: str, terms: Terms) -> None:
    limits = (a.gain_bandwidth, a.slew_rate, a.saturation)
    if not np.any(a.offset) and not np.isfinite(limits).any() and a.output_ohms == 0.0:
        ground = grounds(len(a.out))
        pins = (a.out, ground, a.plus, a.minus)
        netlist.lines += _parts(name, AMPLIFIER, terms, pins, gain=np.full(len(a.out), float(a.gain)))
    else:
        model = netlist.model(name, modules.amplifier(a))
        netlist.lines += _parts(name, model, terms, (a.out, a.plus, a.minus), offset=a.offset)


def _parts(name: str, model: str, terms: Terms, pins: tuple[Bus, ...], **values: object) -> list[str]:
    """``'name(i)' (pins) model parameter=value ...`` for each part of a bank."""
    texts = [
        [f"{key}={value!r}" for value in np.asarray(numbers, dtype=np.float64).tolist()]
        for key, numbers in values.items()
    ]
    nodes = [[terms(node) for node in bus] for bus in pins]
    return [
        f"'{name}({i})' ({' '.join(at)}) {model} {' '.join(text)}"
        for i, (at, text) in enumerate(zip(zip(*nodes, strict=True), zip(*texts, strict=True), strict=True))
    ]
