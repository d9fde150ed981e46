"""Circuit -> PySpice netlist: readable subcircuits of elements that a person can address and change.

Small banks become PySpice objects (``netlist.Rload_0.resistance = 5e3``); a `Crossbar` is printed as text
in one step, because an object for each device of 784 x 128 would cost seconds.  PySpice objects for
everything else cost 20 us each: a 784-128-10 network writes in well under 2 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from PySpice.Spice.Netlist import Circuit as PySpiceCircuit
from PySpice.Spice.Netlist import Netlist

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    GROUND,
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    ClockSources,
    Crossbar,
    Diodes,
    Element,
    IdealDiodes,
    Instance,
    Memristors,
    Multiplexers,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    Stimuli,
    StimulusSources,
    Switches,
    VoltageSources,
)
from analog_pc.errors import BadInput
from analog_pc.simulators.spice.amplifiers import Kinds, add_amplifiers, add_kinds, kinds_of
from analog_pc.simulators.spice.library import library, without_remarks
from analog_pc.simulators.spice.names import check_names, number, shifted, transfer_text
from analog_pc.simulators.spice.subcircuit import CommentedSubCircuit
from analog_pc.simulators.spice.timed import add_memristor_models, add_timed

# ngspice 39 stops with "N_GLOBAL_NODES overflow" at a subcircuit of 1005 ports (measured; 1004 work).
# A wider instance is written flat, under the node names that ngspice would have given it.
MAX_PORTS = 1000
_SHARED = "ngspice-shared"
# At 300.15 K, where every deck but that of noise runs, with the constants that ngspice 39 has (CODATA 2014).
_NGSPICE_THERMAL_VOLTAGE = 1.38064852e-23 / 1.6021766208e-19 * 300.15


class RunnableCircuit(PySpiceCircuit):
    """A PySpice circuit whose ``simulator()`` uses this package's ngspice library (`library.py`)."""

    def simulator(self, *args: Any, **options: Any) -> Any:
        """As PySpice's; ``simulator="ngspice-shared"`` is the default."""
        if options.get("simulator", _SHARED) == _SHARED and "ngspice_shared" not in options:
            options |= {"simulator": _SHARED, "ngspice_shared": library()}
        return super().simulator(*args, **options)


def to_pyspice(circuit: Circuit, stimuli: Stimuli | None = None, sample: int = 0) -> RunnableCircuit:
    """The circuit as a PySpice netlist.

    Parameters
    ----------
    circuit
        Its subcircuits become ``.subckt`` blocks, its banks elements called ``<letter><bank>_<index>``.
    stimuli
        Volts per stimulus, [sources], or [samples, sources] as an analysis has them: sources of one sample
        become V sources.  None leaves the sources out; a deck of many samples prints them itself.
    sample
        Which sample.

    Returns
    -------
    RunnableCircuit
        To print, to change or to run; it carries no analysis.

    Raises
    ------
    BadInput
        For names or values that a netlist cannot hold, and a sample that the stimuli have not.

    Examples
    --------
    >>> from analog_pc import compile_network, random_network, technology
    >>> from analog_pc.simulators.spice import to_pyspice
    >>> network = random_network((2, 3, 1), "tanh", seed=0)
    >>> compiled = compile_network(network, technology("ideal"), [[0.5, -0.5]], [[1.0]])
    >>> netlist = to_pyspice(compiled.circuit, compiled.operating_point().stimuli)
    >>> layer = next(block for block in netlist.subcircuits if block.name == "pc_layer1")
    >>> layer.Rpredict_rf_0.resistance *= 1.1
    >>> analysis = netlist.simulator(temperature=25, nominal_temperature=25).operating_point()
    >>> round(float(analysis["x2_0"][0]), 6)
    0.1
    """
    check_names(circuit)
    chosen = None if stimuli is None else _one_sample(circuit, stimuli, sample)
    netlist = RunnableCircuit(circuit.name)
    try:
        with without_remarks():
            _add_all(netlist, circuit, chosen)
    except NameError as clash:  # PySpice: "Element name R.. is already defined"
        raise BadInput(f"circuit {circuit.name}: {clash}") from None
    return netlist


def _one_sample(circuit: Circuit, stimuli: Stimuli, sample: int) -> Stimuli:
    """[sources] per stimulus."""
    found = {}
    for name, values in stimuli.items():
        volts = np.asarray(values, dtype=np.float64)
        if volts.ndim == 2:
            if not 0 <= sample < len(volts):
                raise BadInput(f"circuit {circuit.name}: sample {sample} of {name!r}, which has {len(volts)}")
            volts = volts[sample]
        if volts.shape != (circuit.stimuli.get(name, -1),):
            raise BadInput(
                f"circuit {circuit.name}: stimuli {name!r} of shape {np.shape(values)}; the circuit takes "
                f"{circuit.stimuli}, [sources] or [samples, sources]"
            )
        found[name] = volts
    missing = sorted(circuit.stimuli.keys() - found.keys())
    if missing:
        raise BadInput(f"circuit {circuit.name}: no stimuli {missing[0]!r}")
    return found


def _add_all(netlist: Netlist, circuit: Circuit, stimuli: Stimuli | None) -> None:
    kinds = kinds_of(circuit)
    add_memristor_models(netlist, circuit)
    add_kinds(netlist, kinds, circuit.temperature)
    _add_blocks(netlist, circuit, kinds)
    for element in circuit.elements:
        if not isinstance(element, StimulusSources):
            add_bank(netlist, element, kinds)
        elif stimuli is not None:
            volts = np.asarray(stimuli[element.name], dtype=np.float64)
            add_bank(netlist, VoltageSources(element.name, element.plus, element.minus, volts), kinds)
    for instance in circuit.instances:
        _add_instance(netlist, instance, kinds)


def _add_blocks(netlist: Netlist, circuit: Circuit, kinds: Kinds) -> None:
    blocks = {i.subcircuit.name: i.subcircuit for i in circuit.instances}
    for block in blocks.values():
        if len(block.ports) <= MAX_PORTS:
            printed = CommentedSubCircuit(block.name, block.ports, block.comment)
            for element in block.elements:
                add_bank(printed, element, kinds)
            netlist.subcircuit(printed)


def amplifier_path(circuit: Circuit, path: str, bank: str, i: int) -> str:
    """Prefix of ngspice's names of the inner nodes of amplifier i of a bank of the instance `path`."""
    if not path:
        return f"x{bank}_{i}."
    ports = {instance.name: len(instance.subcircuit.ports) for instance in circuit.instances}
    separator = ".x" if ports[path] <= MAX_PORTS else "_"
    return f"x{path}{separator}{bank}_{i}."


def _add_instance(netlist: Netlist, instance: Instance, kinds: Kinds) -> None:
    block = instance.subcircuit
    if len(block.ports) <= MAX_PORTS:
        netlist.X(instance.name, block.name, *instance.nodes)
        return
    netlist.raw_spice += f"* {instance.name} ({block.name}) is written flat: {len(block.ports)} ports\n"
    for element in block.elements:
        add_bank(netlist, _flat(element, instance), kinds)


def _flat(element: Element, instance: Instance) -> Element:
    """The bank of a subcircuit as a bank of the top level; names as ngspice itself flattens them."""
    outer = dict(zip(instance.subcircuit.ports, instance.nodes, strict=True)) | {GROUND: GROUND}
    buses: dict[str, Any] = {
        field: tuple(outer.get(node, f"x{instance.name}.{node}") for node in value)
        for field, value in vars(element).items()
        if isinstance(value, tuple)
    }
    return replace(element, name=f"{instance.name}_{element.name}", **buses)


def add_bank(netlist: Netlist, element: Element, kinds: Kinds) -> None:
    """Append one bank to a PySpice netlist; the elements' equations are in `circuit/`."""
    name = element.name
    match element:
        case Crossbar():
            netlist.raw_spice += crossbar_text(element)
        case Resistors():
            for i, (a, b, ohms) in enumerate(zip(element.a, element.b, _floats(element.ohms), strict=True)):
                netlist.R(f"{name}_{i}", a, b, ohms)
        case Capacitors():
            for i, (a, b, c) in enumerate(zip(element.a, element.b, _floats(element.farads), strict=True)):
                netlist.C(f"{name}_{i}", a, b, c)
        case VoltageSources():
            sources = zip(element.plus, element.minus, _floats(element.volts), strict=True)
            for i, (plus, minus, volts) in enumerate(sources):
                netlist.V(f"{name}_{i}", plus, minus, volts)
        case Amplifiers():
            add_amplifiers(netlist, element, kinds)
        case NonlinearVCVS():
            _add_nonlinear_vcvs(netlist, element)
        case Diodes():
            _add_diodes(netlist, element)
        case IdealDiodes():
            raise BadInput(f"ngspice: {name}: ideal diodes have no finite slope; use native, or Diodes")
        case VCCS():
            for i, (out, g) in enumerate(zip(element.out, _floats(element.siemens), strict=True)):
                drive = element.drive[i]
                # From ground through the source into `out`.
                netlist.VCCS(f"{name}_{i}", GROUND, out, drive, GROUND, transconductance=g)
        case MultiplyingVCCS():
            _add_multiplying_vccs(netlist, element)
        case ClockSources() | Switches() | Multiplexers() | Memristors():
            add_timed(netlist, element)
        case StimulusSources():
            raise BadInput(f"{name}: stimulus sources belong at the top of the circuit")


def _add_diodes(netlist: Netlist, element: Diodes) -> None:
    """Junction diodes, whose search ngspice keeps in range; a model for each saturation current.

    ngspice's reverse current tends to I_s as a power below -3 n V_t, at most 0.4 % of I_s from Shockley's.
    """
    emission = element.slope_volts / _NGSPICE_THERMAL_VOLTAGE
    series = {"RS": float(element.series_ohms)} if element.series_ohms else {}
    models: dict[float, str] = {}
    pairs = zip(element.anode, element.cathode, _floats(element.saturation), strict=True)
    for i, (anode, cathode, saturation) in enumerate(pairs):
        if saturation not in models:
            models[saturation] = f"{element.name}_diode{len(models)}"
            netlist.model(models[saturation], "D", IS=saturation, N=emission, **series)
        netlist.D(f"{element.name}_{i}", anode, cathode, model=models[saturation])


def _add_nonlinear_vcvs(netlist: Netlist, element: NonlinearVCVS) -> None:
    gains = _floats(element.gain)
    offsets = _floats(element.offset)
    for i, (out, control) in enumerate(zip(element.out, element.control, strict=True)):
        text = transfer_text(element.transfer, shifted(control, offsets[i]))
        text = text if gains[i] == 1.0 else f"{number(gains[i])}*({text})"
        netlist.BehavioralSource(f"{element.name}_{i}", out, GROUND, voltage_expression=text)


def _add_multiplying_vccs(netlist: Netlist, element: MultiplyingVCCS) -> None:
    for i, (out, g) in enumerate(zip(element.out, _floats(element.siemens), strict=True)):
        gate = transfer_text(element.gate, f"v({element.control[i]})")
        text = f"{number(g)}*({gate})*v({element.drive[i]})"
        netlist.BehavioralSource(f"{element.name}_{i}", GROUND, out, current_expression=text)


def _floats(values: object) -> list[float]:
    """Python floats: PySpice prints them with `str`, which keeps every digit."""
    array: Floats = np.asarray(values, dtype=np.float64)
    return [float(value) for value in array]


def crossbar_text(element: Crossbar) -> str:
    """Lines ``R<name>_<row>_<column>`` for the devices that conduct, and one for each wire piece.

    ::

        w_i_j --[ G ]-- b_i_j                     linear: R = 1/G + access_ohms
        w_i_j --[ access ]-- d_i_j --[ 1/G ]-- b_i_j    nonlinear: the linear part as a resistor (which
                                   --( B )--            makes its thermal noise), the rest as a source
    """
    siemens = np.asarray(element.siemens, dtype=np.float64)
    with np.errstate(over="ignore", divide="ignore"):
        ohms = 1.0 / siemens
    if not np.isfinite(ohms[siemens > 0.0]).all():
        raise BadInput(f"{element.name}: a conductance is too small to be written as a resistance")
    name = element.name
    wire = element.wire
    rows = range(len(element.rows))
    columns = range(len(element.columns))
    word = [[f"{name}_w{i}_{j}" if wire.word_line_ohms else element.rows[i] for j in columns] for i in rows]
    bit = [[f"{name}_b{i}_{j}" if wire.bit_line_ohms else element.columns[j] for j in columns] for i in rows]
    lines = [f"* crossbar {name}: {len(rows)} rows x {len(columns)} columns\n"]
    cell = _linear_cell if element.characteristic is None else _nonlinear_cell
    for i, values in enumerate(ohms.tolist()):
        for j, value in enumerate(values):
            if value != np.inf:
                lines += cell(element, f"{name}_{i}_{j}", word[i][j], bit[i][j], value)
    if wire.word_line_ohms:
        chains = [(element.rows[i], *word[i]) for i in rows]
        lines += _chains(f"{name}_wl", chains, wire.word_line_ohms)
    if wire.bit_line_ohms:
        chains = [(*(bit[i][j] for i in rows), element.columns[j]) for j in columns]
        lines += _chains(f"{name}_bl", chains, wire.bit_line_ohms)
    return "".join(lines)


def _linear_cell(element: Crossbar, cell: str, word: str, bit: str, ohms: float) -> Iterator[str]:
    yield f"R{cell} {word} {bit} {ohms + element.access_ohms!r}\n"


def _nonlinear_cell(element: Crossbar, cell: str, word: str, bit: str, ohms: float) -> Iterator[str]:
    assert element.characteristic is not None
    device = word
    if element.access_ohms:
        device = f"{cell}_d"
        yield f"R{cell}_access {word} {device} {element.access_ohms!r}\n"
    volts = f"v({device},{bit})"
    yield f"R{cell} {device} {bit} {ohms!r}\n"
    f = transfer_text(element.characteristic, volts)
    yield f"B{cell} {device} {bit} I={number(1.0 / ohms)}*({f}-{volts})\n"


def _chains(name: str, chains: list[tuple[str, ...]], ohms: float) -> list[str]:
    """Equal resistors along each chain of nodes."""
    return [
        f"R{name}{k}_{i} {a} {b} {float(ohms)!r}\n"
        for k, chain in enumerate(chains)
        for i, (a, b) in enumerate(pairwise(chain))
    ]
