"""Maps of what the wires take off the devices' voltages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import GROUND, Circuit, Crossbar, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.crossbar import NonlinearArray, cell_voltages, with_access
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.deviations import SOLVED
from analog_pc.nonideality.results import IrDropMap
from analog_pc.simulators import Native


def ir_drop_maps(
    compiled: CompiledNetwork, phase: str, native: Native, sample: int = 0
) -> tuple[IrDropMap, ...]:
    """A map of every crossbar; none where the wires are ideal, or the sample has no operating point."""
    wire = compiled.design.technology.wire
    if not (wire.word_line_ohms or wire.bit_line_ohms):
        return ()
    point = compiled.operating_point((sample,), every_node=True)
    try:
        solution = native.simulate(compiled.circuit, point)
    except SimulationFailed:
        return ()
    if solution.status.outcome not in SOLVED:
        return ()
    return tuple(
        _map(label, crossbar, _volts(solution, rows), _volts(solution, columns), phase, sample)
        for label, crossbar, rows, columns in crossbars(compiled.circuit)
    )


def crossbars(circuit: Circuit) -> Iterator[tuple[str, Crossbar, tuple[str, ...], tuple[str, ...]]]:
    """Label, crossbar and the names that a solution has for the ends of its lines."""
    for element in circuit.elements:
        if isinstance(element, Crossbar):
            yield element.name, element, element.rows, element.columns
    for instance in circuit.instances:
        outside = dict(zip(instance.subcircuit.ports, instance.nodes, strict=True)) | {GROUND: GROUND}
        for element in instance.subcircuit.elements:
            if isinstance(element, Crossbar):
                rows, columns = (
                    tuple(outside.get(node, f"{instance.name}.{node}") for node in line)
                    for line in (element.rows, element.columns)
                )
                yield f"{instance.name} {element.name}", element, rows, columns


def _volts(solution: Solution, nodes: tuple[str, ...]) -> Floats:
    found = np.zeros(len(nodes))
    held = [k for k, node in enumerate(nodes) if node != GROUND]
    found[held] = solution.voltage([nodes[k] for k in held])[0]
    return found


def _map(label: str, array: Crossbar, rows: Floats, columns: Floats, phase: str, sample: int) -> IrDropMap:
    ideal = rows[:, None] - columns[None, :]
    largest = float(np.abs(ideal).max())
    across = _across(array, np.concatenate([rows, columns]))
    loss = np.where(ideal < 0.0, -1.0, 1.0) * (ideal - across) / (largest or 1.0)
    return IrDropMap(label, phase, sample, loss, largest)


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
