"""Stages of a chip as affine maps: arrays with wires and finite amplifiers, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Wire
from analog_pc.crossbar import port_admittance, with_access
from analog_pc.mapping import ConductancePair
from analog_pc.relaxers.effective.chip import Bank, ChipLayer
from analog_pc.technology import Technology


class DrivenArray(NamedTuple):
    """An array between drivers and virtual grounds; currents into its bit lines, A, are
    -(forward @ drive + own @ feet)::

        drive[i] --[ ohms ]--+--[ row i ]--...
                                   |
                                feet[j]  (held near 0 V by an amplifier)

    `forward` [columns, rows] in S; `own` [columns, columns], the admittance of the feet with the drivers at
    0 V, or its diagonal [columns] where nothing couples the columns; `row` [rows], the load of each driver
    with the feet at 0 V, S.
    """

    forward: Floats
    own: Floats
    row: Floats


@dataclass(frozen=True, eq=False)
class Stage:
    """A differential array and its amplifiers: out = by_signal @ signal + by_load @ load + constant.

    In units of activity, of its activation, or of feedback.  `load`: voltage at the far end of the springs
    at the outputs.  `line_gain` [rows]: the part of a driver's voltage that reaches its word line.
    """

    by_signal: Floats
    by_load: Floats
    constant: Floats
    line_gain: Floats


@dataclass(frozen=True)
class Lines:
    """What drives the word lines of an array: a bank and its inverse, and resistance in series."""

    straight: Bank
    inverse: Bank
    ohms: float
    bias: bool


def lines(chip: tuple[ChipLayer, ...], layer: int, *, transposed: bool, bias: bool) -> Lines:
    """The drivers of the forward array of a layer (from the layer below) or of its transposed array (eps).

    Parameters
    ----------
    chip
        Its layers 0 ... L.
    layer
        Of which the array is, 1 ... L.
    transposed
        Whether it is the transposed array.
    bias
        Whether a last word line carries the biases.
    """
    below = chip[layer - 1]
    here = chip[layer]
    straight = here.sense if transposed else below.drive
    inverse = here.anti_sense if transposed else below.anti_drive
    if straight is None or inverse is None:
        raise ValueError(f"layer {layer}: the compiled circuit has no drivers")
    return Lines(straight, inverse, here.driver_ohms, bias)


def driven(siemens: Floats, ohms: Floats, wire: Wire, access_ohms: float) -> DrivenArray:
    """An array behind drivers, exactly; devices are straight lines of their conductance at 0 V.

    Parameters
    ----------
    siemens
        [rows, columns].
    ohms
        Of the drivers, [rows].
    wire
        Resistance of a segment of the lines.
    access_ohms
        In series with each device.
    """
    g = with_access(siemens, access_ohms) if access_ohms else siemens
    if wire.word_line_ohms or wire.bit_line_ohms:
        return _wired(g, ohms, wire)
    row = g.sum(axis=1)
    if not ohms.any():
        return DrivenArray(np.ascontiguousarray(g.T), g.sum(axis=0), row)
    passed = 1.0 / (1.0 + ohms * row)  # of the driver's voltage, with the feet at 0 V
    own = np.diag(g.sum(axis=0)) - g.T @ (g * (ohms * passed)[:, None])
    return DrivenArray(np.ascontiguousarray((g * passed[:, None]).T), own, row * passed)


def _wired(g: Floats, ohms: Floats, wire: Wire) -> DrivenArray:
    """With Y of the bare ports, drivers in series: v = (1 + R Y_rr)^-1 (drive - R Y_rc feet)."""
    rows = len(g)
    y = port_admittance(g, wire.word_line_ohms, wire.bit_line_ohms)
    rr = y[:rows, :rows]
    cr = y[rows:, :rows]
    cc = y[rows:, rows:]
    if not ohms.any():
        return DrivenArray(-cr, cc, rr.diagonal().copy())
    system = (np.eye(rows) + ohms[:, None] * rr).T
    passed = np.asarray(np.linalg.solve(system, cr.T).T, dtype=np.float64)  # Y_cr (1 + R Y_rr)^-1
    inner = np.asarray(np.linalg.solve(system, rr), dtype=np.float64)  # Y_rr (1 + R Y_rr)^-1 or its transpose
    return DrivenArray(-passed, np.asarray(cc - passed @ (ohms[:, None] * cr.T)), inner.diagonal().copy())


def stage(
    pair: ConductancePair,
    amplifier: Bank,
    drive: Lines,
    technology: Technology,
    load_siemens: float,
    volts: tuple[float, float],
) -> Stage:
    """Solve Kirchhoff's law at the virtual grounds v and at the outputs of the amplifiers, for all columns::

        own v + (v - out) / R_f = I                         I: current from the word lines into the grounds
        out = A (offset - v) - r_o ((out - v) / R_f + g (out - load))

    Parameters
    ----------
    pair
        The array, with the feedback resistors R_f of the circuit.
    amplifier
        At the bit lines: A, offset, r_o.
    drive
        What drives the word lines.
    technology
        Of wires and access transistors.
    load_siemens
        g, S.
    volts
        Of a unit of signal and of a unit of output.
    """
    unit_in, unit_out = volts
    anti = _array(pair.plus, drive.inverse, drive, technology)
    straight = _array(pair.minus, drive.straight, drive, technology)
    own = _sum(anti.own, straight.own)
    r_f = pair.ohms
    r_o = amplifier.ohms
    signal, constant = _currents(anti, straight, drive, unit_in)
    # v = (by_offset + loaded load - stiff out) / pull, put into the first equation.
    stiff = 1.0 + r_o / r_f + r_o * load_siemens
    pull = amplifier.gain - r_o / r_f
    by_offset = amplifier.gain * amplifier.offset
    loaded = np.full(len(r_f), r_o * load_siemens)
    if own.ndim == 1:
        grounds = own + 1.0 / r_f
        system = grounds * stiff / pull + 1.0 / r_f
        by_load = np.diag(grounds * loaded / pull / system)
        by_signal = -signal / system[:, None]
        one = (grounds * by_offset / pull - constant) / system
    else:
        grounds = own + np.diag(1.0 / r_f)
        system = grounds * (stiff / pull) + np.diag(1.0 / r_f)
        right = np.column_stack([-signal, grounds * (loaded / pull), grounds @ (by_offset / pull) - constant])
        solved = np.asarray(np.linalg.solve(system, right), dtype=np.float64)
        by_signal = solved[:, : signal.shape[1]]
        by_load = solved[:, signal.shape[1] : -1]
        one = solved[:, -1]
    rows = slice(None, -1 if drive.bias else None)
    return Stage(
        by_signal=np.ascontiguousarray(by_signal) * (unit_in / unit_out),
        by_load=np.ascontiguousarray(by_load),
        constant=one / unit_out,
        line_gain=1.0 - drive.straight.ohms * straight.row[rows],
    )


def _array(siemens: Floats, bank: Bank, drive: Lines, technology: Technology) -> DrivenArray:
    ohms = np.full(len(siemens), drive.ohms + bank.ohms)
    if drive.bias:
        ohms[-1] = drive.ohms  # an ideal source drives the word line of the bias
    return driven(siemens, ohms, technology.wire, technology.cell_access_resistance)


def _currents(
    anti: DrivenArray, straight: DrivenArray, drive: Lines, bias_volts: float
) -> tuple[Floats, Floats]:
    """Currents from the word lines: by signal, A/V [columns, rows], and without, A [columns]."""
    up = straight.forward
    down = anti.forward
    one = np.zeros(len(up))
    if drive.bias:
        one += bias_volts * (up[:, -1] - down[:, -1])
        up = up[:, :-1]
        down = down[:, :-1]
    by_signal = drive.straight.gain * up - drive.inverse.gain * down
    offsets = up @ (drive.straight.gain * drive.straight.offset)
    offsets += down @ (drive.inverse.gain * drive.inverse.offset)
    return by_signal, one + offsets


def _sum(a: Floats, b: Floats) -> Floats:
    """Of two matrices, of which each may be a diagonal."""
    if a.ndim == b.ndim:
        return a + b
    return (np.diag(a) if a.ndim == 1 else a) + (np.diag(b) if b.ndim == 1 else b)
