"""Circuit -> the lines of a VACASK netlist, flat: node ``mid`` of instance ``l1`` is called ``l1.mid``.

Flat, because a solution calls nodes so as well, and because VACASK's subcircuits would add nothing but text.
Every name stands in single quotes, so that none is a keyword.  A bank's part ``i`` is called ``bank(i)`` and
a node inside a crossbar ``bank.w(i.j)``; users' names hold no brackets, so the two never meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from analog_pc.circuit import (
    GROUND,
    VCCS,
    Amplifiers,
    Bus,
    Capacitors,
    Circuit,
    Crossbar,
    Diodes,
    Element,
    IdealDiodes,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Switches,
    VoltageSources,
    grounds,
)
from analog_pc.circuit.bus import checked_name
from analog_pc.errors import BadInput
from analog_pc.simulators.spice.names import number
from analog_pc.simulators.vacask import modules
from analog_pc.simulators.vacask.verilog import Module

Lines = list[list[str]]

# Models of what VACASK brings along: a Verilog-A resistor and capacitor, the rest built in.
RESISTOR = "_r"
CAPACITOR = "_c"
SOURCE = "_v"
AMPLIFIER = "_e"
TRANSCONDUCTOR = "_g"
MODELS = {
    RESISTOR: "resistor",
    CAPACITOR: "capacitor",
    SOURCE: "vsource",
    AMPLIFIER: "vcvs",
    TRANSCONDUCTOR: "vccs",
}


class Terms:
    """The netlist's names of the nodes of one instance (or of the top level, whose path is "")."""

    def __init__(self, path: str, ports: Mapping[str, str]) -> None:
        self.path = path
        self._known = {GROUND: GROUND} | {port: quoted(node) for port, node in ports.items()}

    def __call__(self, node: str) -> str:
        term = self._known.get(node)
        if term is None:
            checked_name(node, "node")
            term = self._known[node] = quoted(f"{self.path}.{node}" if self.path else node)
        return term


def quoted(name: str) -> str:
    """A name in quotes; ground stays bare."""
    return name if name == GROUND else f"'{name}'"


def parameters(values: Mapping[str, float]) -> str:
    """``a=1.0 b=2.0``, every number in full."""
    return " ".join(f"{name}={number(value)}" for name, value in values.items())


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
        case Switches():
            model = netlist.model(name, modules.switch())
            pins = (element.a, element.b, element.control)
            netlist.lines += _parts(name, model, terms, pins, on=element.on, off=element.off)
        case Diodes():
            model = netlist.model(name, modules.diode(element.slope_volts, element.series_ohms))
            pins = (element.anode, element.cathode)
            netlist.lines += _parts(name, model, terms, pins, saturation=element.saturation)
        case IdealDiodes():
            raise BadInput(f"vacask: {name}: ideal diodes have no finite slope; use native, or Diodes")
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


def crossbar_lines(element: Crossbar, name: str, terms: Terms, cell: str | None = None) -> Iterator[str]:
    """One line for each device that conducts, and for each piece of wire.

    ::

        w(i.j-1) --[ wl(i.j) ]-- w(i.j)         parts and nodes of cell (i, j); the first piece of a word line
                                   |            comes from rows[i], the last piece of a bit line goes to
                                [ (i.j) ]       columns[j]
                                   |
                                 b(i.j) --[ bl(i.j) ]-- b(i+1.j)

    Parameters
    ----------
    name
        Path of the bank, which its parts are named after.
    cell
        Model of a nonlinear device; None if the devices are linear.
    """
    rows = len(element.rows)
    columns = len(element.columns)
    starts = [terms(n) for n in element.rows]
    ends = [terms(n) for n in element.columns]
    word_ohms = element.wire.word_line_ohms
    bit_ohms = element.wire.bit_line_ohms
    word = _nodes(f"{name}.w", rows, columns) if word_ohms else [[start] * columns for start in starts]
    bit = _nodes(f"{name}.b", rows, columns) if bit_ohms else [ends] * rows
    for i, row in enumerate(_devices(element, cell)):
        yield from (f"'{name}({i}.{j})' ({word[i][j]} {bit[i][j]}) {part}" for j, part in row)
    if word_ohms:
        before = [[start, *nodes] for start, nodes in zip(starts, word, strict=True)]
        yield from _wires(f"{name}.wl", before, word, word_ohms)
    if bit_ohms:
        yield from _wires(f"{name}.bl", bit, [*bit[1:], ends], bit_ohms)


def _nodes(name: str, rows: int, columns: int) -> Lines:
    return [[f"'{name}({i}.{j})'" for j in range(columns)] for i in range(rows)]


def _wires(name: str, a: Lines, b: Lines, ohms: float) -> Iterator[str]:
    part = f"{RESISTOR} r={number(ohms)}"
    for i, (row, other) in enumerate(zip(a, b, strict=True)):
        yield from (f"'{name}({i}.{j})' ({row[j]} {node}) {part}" for j, node in enumerate(other))


def _devices(element: Crossbar, cell: str | None) -> Iterator[list[tuple[int, str]]]:
    """Column, model and value of each device that conducts, row by row."""
    siemens = np.asarray(element.siemens, dtype=np.float64)
    values = siemens
    if cell is None:
        with np.errstate(over="ignore", divide="ignore"):
            values = 1.0 / siemens + element.access_ohms
        if not np.isfinite(values[siemens > 0.0]).all():
            raise BadInput(f"{element.name}: a conductance is too small to be written as a resistance")
    what = f"{RESISTOR} r=" if cell is None else f"{cell} siemens="
    for g, row in zip(siemens, values, strict=True):
        conducts = np.flatnonzero(g > 0.0)
        yield [(j, f"{what}{v!r}") for j, v in zip(conducts.tolist(), row[conducts].tolist(), strict=True)]
