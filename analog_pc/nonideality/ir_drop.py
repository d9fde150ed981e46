"""Maps of what the wires take off the devices' voltages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import GROUND, Circuit, Crossbar, Solution
from analog_pc.circuit.circuit import outer_names
from analog_pc.compiler import CompiledNetwork
from analog_pc.crossbar import NonlinearArray, cell_voltages, with_access
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.deviations import SOLVED
from analog_pc.nonideality.results import IrDropMap
from analog_pc.simulators import Native


def ir_drop_maps(compiled: CompiledNetwork, phase: str, native: Native) -> tuple[IrDropMap, ...]:
    """A map of every crossbar at sample 0; none where the wires are ideal, or it has no operating point."""
    wire = compiled.design.technology.wire
    if not (wire.word_line_ohms or wire.bit_line_ohms):
        return ()
    point = compiled.operating_point((0,), every_node=True)
    try:
        solution = native.simulate(compiled.circuit, point)
    except SimulationFailed:
        return ()
    if solution.status.outcome not in SOLVED:
        return ()
    return tuple(
        _map(label, crossbar, _volts(solution, rows), _volts(solution, columns), phase)
        for label, crossbar, rows, columns in crossbars(compiled.circuit)
    )


def crossbars(circuit: Circuit) -> Iterator[tuple[str, Crossbar, list[str], list[str]]]:
    """Label, crossbar and the names that a solution has for the ends of its lines."""
    for path, element in circuit.banks():
        if isinstance(element, Crossbar):
            rows = outer_names(circuit, path, element.rows)
            columns = outer_names(circuit, path, element.columns)
            yield f"{path} {element.name}".lstrip(), element, rows, columns


def _volts(solution: Solution, nodes: list[str]) -> Floats:
    found = np.zeros(len(nodes))
    held = [k for k, node in enumerate(nodes) if node != GROUND]
    found[held] = solution.voltage([nodes[k] for k in held])[0]
    return found


def _map(label: str, array: Crossbar, rows: Floats, columns: Floats, phase: str) -> IrDropMap:
    ideal = rows[:, None] - columns[None, :]
    largest = float(np.abs(ideal).max())
    across = _across(array, np.concatenate([rows, columns]))
    loss = np.where(ideal < 0.0, -1.0, 1.0) * (ideal - across) / (largest or 1.0)
    return IrDropMap(label, phase, 0, loss, largest)


def _across(array: Crossbar, ports: Floats) -> Floats:
    """Voltage across each cell, device and access transistor together, [rows, columns]."""
    siemens = np.asarray(array.siemens)
    access = array.access_ohms
    wire = (array.wire.word_line_ohms, array.wire.bit_line_ohms)
    if array.characteristic is None:
        return cell_voltages(with_access(siemens, access), ports, *wire)
    bent = NonlinearArray(siemens, *wire, access, array.characteristic.value, array.characteristic.derivative)
    device = bent.evaluate(ports[None])[1][0]
    return np.asarray(device + access * siemens * array.characteristic.value(device))
