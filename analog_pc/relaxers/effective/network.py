"""A chip's layers as affine maps: every linear part in closed form, wires and finite amplifiers included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.mapping import ConductancePair
from analog_pc.relaxers.effective.array import DrivenArray, driven
from analog_pc.relaxers.effective.chip import Bank, ChipLayer
from analog_pc.technology import Technology


@dataclass(frozen=True, eq=False)
class Stage:
    """A differential array and its amplifiers: out = by_signal @ signal + by_load @ load + constant.

    In units of activity, rate or feedback.  `load`: voltage at the far end of the springs at the outputs.
    `seen` [rows], `anti_seen` [rows]: what part of a driver's voltage reaches its word line's driver node.
    """

    by_signal: Floats
    by_load: Floats
    constant: Floats
    seen: Floats
    anti_seen: Floats


@dataclass(frozen=True)
class Lines:
    """What drives the word lines of an array: a bank and its inverse, and resistance in series."""

    straight: Bank
    inverse: Bank
    ohms: float
    bias: bool


def lines(chip: tuple[ChipLayer, ...], layer: int, *, transposed: bool, bias: bool) -> Lines:
    """The drivers of layer `layer`'s forward array (rates below) or transposed array (eps of the layer)."""
    below, here = chip[layer - 1], chip[layer]
    straight, inverse = (here.sense, here.anti_sense) if transposed else (below.drive, below.anti_drive)
    if straight is None or inverse is None:
        raise ValueError(f"layer {layer}: the compiled circuit has no drivers")
    return Lines(straight, inverse, here.driver_ohms, bias)


def stage(
    pair: ConductancePair,
    amplifier: Bank,
    drive: Lines,
    technology: Technology,
    load_siemens: float,
    volts: tuple[float, float],
) -> Stage:
    """Solve Kirchhoff's law at the virtual grounds v and at the outputs of the amplifiers, for all columns::

    own v + (v - out) / R_f = I                           I: what the word lines put into the feet
    out = A (offset - v) - r_o ((out - v) / R_f + g (out - load))

    `pair` with the feedback resistors R_f of the circuit; `volts` of a unit of signal and of a unit of out.
    """
    unit_in, unit_out = volts
    anti = _array(pair.plus, drive.inverse, drive, technology)
    straight = _array(pair.minus, drive.straight, drive, technology)
    own = _sum(anti.own, straight.own)
    r_f, a, r_o = pair.ohms, amplifier.gain, amplifier.ohms
    signal, constant = _currents(anti, straight, drive, unit_in)
    # v = (held + loaded load - stiff out) / pull, put into the first equation.
    stiff = 1.0 + r_o / r_f + r_o * load_siemens
    pull = a - r_o / r_f
    held, loaded = a * amplifier.offset, np.full(len(r_f), r_o * load_siemens)
    if own.ndim == 1:
        feet = own + 1.0 / r_f
        system = feet * stiff / pull + 1.0 / r_f
        by_load = np.diag(feet * loaded / pull / system)
        by_signal = -signal / system[:, None]
        one = (feet * held / pull - constant) / system
    else:
        feet = own + np.diag(1.0 / r_f)
        system = feet * (stiff / pull) + np.diag(1.0 / r_f)
        right = np.column_stack([-signal, feet * (loaded / pull), feet @ (held / pull) - constant])
        solved = np.asarray(np.linalg.solve(system, right), dtype=np.float64)
        by_signal, by_load, one = solved[:, : signal.shape[1]], solved[:, signal.shape[1] : -1], solved[:, -1]
    rows = slice(None, -1 if drive.bias else None)
    seen = [1.0 - bank.ohms * array.row[rows] for bank, array in _pairs(drive, straight, anti)]
    by_signal = np.ascontiguousarray(by_signal) * (unit_in / unit_out)
    return Stage(by_signal, np.ascontiguousarray(by_load), one / unit_out, seen[0], seen[1])


def _pairs(drive: Lines, straight: DrivenArray, anti: DrivenArray) -> tuple[tuple[Bank, DrivenArray], ...]:
    return (drive.straight, straight), (drive.inverse, anti)


def _array(siemens: Floats, bank: Bank, drive: Lines, technology: Technology) -> DrivenArray:
    ohms = np.full(len(siemens), drive.ohms + bank.ohms)
    if drive.bias:
        ohms[-1] = drive.ohms  # an ideal source drives the word line of the bias
    return driven(siemens, ohms, technology.wire, technology.access_resistance)


def _currents(
    anti: DrivenArray, straight: DrivenArray, drive: Lines, bias_volts: float
) -> tuple[Floats, Floats]:
    """What the word lines put into the feet: by signal, A/V [columns, rows], and without, A [columns]."""
    up, down = straight.forward, anti.forward
    one = np.zeros(len(up))
    if drive.bias:
        one += bias_volts * (up[:, -1] - down[:, -1])
        up, down = up[:, :-1], down[:, :-1]
    by_signal = drive.straight.gain * up - drive.inverse.gain * down
    offsets = up @ (drive.straight.gain * drive.straight.offset)
    offsets += down @ (drive.inverse.gain * drive.inverse.offset)
    return by_signal, one + offsets


def _sum(a: Floats, b: Floats) -> Floats:
    if a.ndim == b.ndim:
        return a + b
    return (np.diag(a) if a.ndim == 1 else a) + (np.diag(b) if b.ndim == 1 else b)
