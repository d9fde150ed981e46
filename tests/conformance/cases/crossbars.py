"""Arrays: devices, their drivers and wires, access transistors, nonlinear devices, open cells."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    Amplifiers,
    Circuit,
    Crossbar,
    Instance,
    Resistors,
    StimulusSources,
    Subcircuit,
    TransferFunction,
    VoltageSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import cubic_transfer, sinh_transfer
from cases.case import LINEAR, NONLINEAR, Case, at, inputs, table

IDEAL = Wire()


def crossbar() -> Case:
    """Out_j = -Rf sum_i G_ij u_i / (1 + (1 + Rf sum_i G_ij)/A): rows are inputs, columns outputs."""
    gain, rf = 1e6, 1e4
    siemens = np.array([[1e-5, 2e-5], [3e-5, 4e-5], [5e-5, 7e-5]])
    block = Subcircuit(
        "layer",
        (*bus("row", 3), *bus("out", 2)),
        (
            Crossbar("array", bus("row", 3), bus("col", 2), siemens),
            Resistors("rf", bus("col", 2), bus("out", 2), rf),
            Amplifiers("tia", grounds(2), bus("col", 2), bus("out", 2), gain),
        ),
        "three word lines into two transimpedance amplifiers",
    )
    circuit = Circuit(
        "crossbar",
        (StimulusSources("u", bus("u", 3), grounds(3)),),
        (Instance("layer1", block, (*bus("u", 3), *bus("y", 2))),),
    )
    volts = np.array([[0.1, 0.0, 0.0], [0.0, -0.2, 0.0], [0.05, 0.1, 0.3], [0.0, 0.0, 0.0]])
    out = -rf * volts @ siemens / (1.0 + (1.0 + rf * siemens.sum(axis=0)) / gain)
    exact = np.concatenate([out, -out / gain], axis=1)
    nodes = ("y_0", "y_1", "layer1.col_0", "layer1.col_1")
    return Case("crossbar", circuit, inputs(*volts.tolist()), nodes, lambda axis: exact, LINEAR)


def _loaded(
    name: str,
    siemens: Floats,
    load: Floats,
    wire: Wire = IDEAL,
    law: TransferFunction | None = None,
    access: float = 0.0,
) -> Circuit:
    """One source for each word line; every bit line ends in a resistor to ground."""
    rows, columns = siemens.shape
    return Circuit(
        name,
        (
            StimulusSources("u", bus("u", rows), grounds(rows)),
            Crossbar("array", bus("u", rows), bus("c", columns), siemens, wire, law, access),
            Resistors("load", bus("c", columns), grounds(columns), load),
        ),
    )


def driver_resistance() -> Case:
    """Bit lines held at 0 V: a word line of devices G behind r has V = u / (1 + r sum G)."""
    siemens, r = np.array([[1e-4, 2e-4, 3e-4], [5e-5, 0.0, 1e-4]]), 500.0
    circuit = Circuit(
        "driver_resistance",
        (
            StimulusSources("u", bus("u", 2), grounds(2)),
            Resistors("driver", bus("u", 2), bus("w", 2), r),
            Crossbar("array", bus("w", 2), bus("c", 3), siemens),
            VoltageSources("hold", bus("c", 3), grounds(3), 0.0),
        ),
    )
    volts = np.array([[0.4, -0.3], [0.0, 1.0]])
    exact = volts / (1.0 + r * siemens.sum(axis=1))
    return Case(
        "driver_resistance", circuit, inputs(*volts.tolist()), bus("w", 2), lambda axis: exact, LINEAR
    )


def wired_cell() -> Case:
    """A single cell: its piece of word line, device and piece of bit line are in series with the load."""
    rw, rb, g, load = 30.0, 70.0, 1e-3, 900.0
    circuit = _loaded("wired_cell", np.array([[g]]), np.array([load]), Wire(rw, rb))
    volts = np.array([1.0, -0.3])
    return Case(
        "wired_cell", circuit, at(volts), ("c_0",), table(volts * load / (rw + 1.0 / g + rb + load)), LINEAR
    )


def wired_pair() -> Case:
    """One word line, two cells, wires of rw and rb, loads r to ground: a ladder solved by hand.

    The word line's node at cell 0 sees the first branch and, through rw, the second one.
    """
    rw, rb, load = 50.0, 20.0, np.array([1e3, 2e3])
    g = np.array([[1e-3, 4e-4]])
    branch = 1.0 / g[0] + rb + load
    rest = rw + branch[1]
    seen = branch[0] * rest / (branch[0] + rest)
    first = seen / (rw + seen)
    second = first * branch[1] / rest
    volts = np.array([first, second]) * load / branch
    circuit = _loaded("wired_pair", g, load, Wire(rw, rb))
    return Case("wired_pair", circuit, at([1.0]), bus("c", 2), lambda axis: volts[np.newaxis], LINEAR)


def wired_bit_line() -> Case:
    """Two word lines, one bit line: the cell far from the load has one more piece of wire, rb.

    ::

        u0 -[rw + 1/g0 + rb]-+         V(m) = (u0 a + u1 b) / (a + b + 1/(rb + r)),  a, b the conductances
        u1 -[rw + 1/g1]------m-[rb]-c  of the two branches above;  V(c) = V(m) r / (rb + r)
    """
    rw, rb, load, g = 40.0, 60.0, 500.0, np.array([[2e-3], [1e-3]])
    circuit = _loaded("wired_bit_line", g, np.array([load]), Wire(rw, rb))
    volts = np.array([[1.0, 0.0], [0.0, 1.0], [0.3, -0.7]])
    a, b = 1.0 / (rw + 1.0 / g[0, 0] + rb), 1.0 / (rw + 1.0 / g[1, 0])
    middle = (a * volts[:, 0] + b * volts[:, 1]) / (a + b + 1.0 / (rb + load))
    return Case(
        "wired_bit_line",
        circuit,
        inputs(*volts.tolist()),
        ("c_0",),
        table(middle * load / (rb + load)),
        LINEAR,
    )


def wired_ladder() -> Case:
    """A word line of n equal cells with an open end, each a branch of conductance g to ground.

    V_{k+1} - 2 V_k + V_{k-1} = rw g V_k with V_0 = u and V_{n+1} = V_n is solved by
    V_k = u cosh((n - k + 1/2) theta) / cosh((n + 1/2) theta),  4 sinh(theta / 2)^2 = rw g.
    Bit lines, access transistors and loads lie in the branches: 1/g = 1/G + access + rb + load.
    """
    n, rw, rb, access, load = 8, 40.0, 15.0, 85.0, 300.0
    siemens = np.full((1, n), 1.0 / 600.0)
    g = 1.0 / (600.0 + access + rb + load)
    theta = 2.0 * np.arcsinh(0.5 * np.sqrt(rw * g))
    line = np.cosh((n - np.arange(1, n + 1) + 0.5) * theta) / np.cosh((n + 0.5) * theta)
    circuit = _loaded("wired_ladder", siemens, np.full(n, load), Wire(rw, rb), None, access)
    volts = np.array([1.0, -0.5])
    exact = np.outer(volts, line) * g * load
    return Case("wired_ladder", circuit, at(volts), bus("c", n), lambda axis: exact, LINEAR)


def access_resistance() -> Case:
    """A transistor of r in series with each device: V = u load / (1/G + r + load)."""
    g, load, access = np.array([[1e-3, 2e-4]]), np.array([1e3, 4e3]), 700.0
    circuit = _loaded("access_resistance", g, load, access=access)
    volts = np.array([0.9, -0.2])
    exact = np.outer(volts, load / (1.0 / g[0] + access + load))
    return Case("access_resistance", circuit, at(volts), bus("c", 2), lambda axis: exact, LINEAR)


def open_cell() -> Case:
    """Cells of 0 S carry nothing: a word line reaches its own bit line, V_j = u_j G load / (1 + G load)."""
    g, load = np.diag([1e-3, 5e-4]), np.array([1e3, 1e3])
    circuit = _loaded("open_cell", g, load)
    volts = np.array([[0.4, -0.6], [1.0, 0.0]])
    exact = volts * (part := np.diag(g) * load) / (1.0 + part)
    return Case("open_cell", circuit, inputs(*volts.tolist()), bus("c", 2), lambda axis: exact, LINEAR)


def nonlinear_device(name: str, law: TransferFunction, *, access: float = 0.0) -> Case:
    """A device I = G f(V) with a transistor and a load r: u = V + (access + r) G f(V) for chosen V.

    The drops V are chosen and the inputs follow from them, so no root has to be found.
    """
    g, load = 1e-3, 800.0
    circuit = _loaded(name, np.array([[g]]), np.array([load]), law=law, access=access)
    drop = np.array([-0.5, -0.1, 0.0, 0.05, 0.3, 0.6])
    amps = g * law.value(drop)
    return Case(name, circuit, at(drop + (access + load) * amps), ("c_0",), table(load * amps), NONLINEAR)


def nonlinear_wired_pair() -> Case:
    """Two sinh devices on one word line with wires: from the far end towards the source, V's chosen.

    Far cell: its drop V1 gives I1 and the node V1 + (rb + load) I1 = m1; then m0 = m1 + rw I1, the near
    cell's drop V0 must satisfy V0 + (rb + load0) I0 = m0 (load0 is chosen so), and u = m0 + rw (I0 + I1).
    """
    law, rw, rb, g, load1 = sinh_transfer(3.0), 100.0, 50.0, np.array([[1e-3, 5e-4]]), 400.0
    v0, v1 = 0.4, 0.5
    i0, i1 = (g[0] * law.value(np.array([v0, v1]))).tolist()
    m0 = v1 + (rb + load1) * i1 + rw * i1
    load = np.array([(m0 - v0) / i0 - rb, load1])
    circuit = _loaded("nonlinear_wired_pair", g, load, Wire(rw, rb), law)
    u = m0 + rw * (i0 + i1)
    exact = load * np.array([i0, i1])
    return Case(
        "nonlinear_wired_pair", circuit, at([u]), bus("c", 2), lambda axis: exact[np.newaxis], NONLINEAR
    )


CASES = (
    crossbar(),
    driver_resistance(),
    wired_cell(),
    wired_pair(),
    wired_bit_line(),
    wired_ladder(),
    access_resistance(),
    open_cell(),
    nonlinear_device("sinh_device", sinh_transfer(4.0)),
    nonlinear_device("sinh_device_access", sinh_transfer(4.0), access=300.0),
    nonlinear_device("cubic_device", cubic_transfer(1.5)),
    nonlinear_device("falling_cubic_device", cubic_transfer(-0.5), access=100.0),
    nonlinear_wired_pair(),
)
