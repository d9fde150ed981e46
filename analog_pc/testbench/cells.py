"""Cells that a written array needs beside those of `analog_pc.cells`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells import ComponentSampler, open_loop
from analog_pc.circuit import (
    GROUND,
    Amplifiers,
    Bus,
    Capacitors,
    Element,
    MemristorModel,
    Memristors,
    Multiplexers,
    NonlinearVCVS,
    Resistors,
    Switches,
    TransferFunction,
    bus,
    grounds,
)
from analog_pc.testbench.pulse_encoding import PulseEncoding
from analog_pc.testbench.schedule import HOLD


@dataclass(frozen=True)
class GateCell:
    """Conductances of a closed and of an open switch, S."""

    on: float
    off: float

    def switches(self, name: str, a: Bus, b: Bus, control: str) -> Switches:
        return Switches(name, a, b, (control,) * len(a), self.on, self.off)


@dataclass(frozen=True)
class Reference:
    """Devices that are read against, all of one state and conductance."""

    model: MemristorModel
    state: float
    siemens: float

    def devices(self, name: str, rows: Bus, column: str) -> Memristors:
        """A device between each row and the column."""
        n = len(rows)
        return Memristors(name, rows, (column,) * n, bus(f"{name}_state", n), self.model, self.state)


def array(name: str, pre: Bus, post: Bus, model: MemristorModel, states: Floats) -> Memristors:
    """A memristor at every crossing, plus at the pre-synaptic line; nodes ``<name>_state_k`` row by row.

    ::

        pre[j] --|>[ G ]-- post[i]            states [pre, post]
    """
    rows = len(pre)
    columns = len(post)
    plus = tuple(node for node in pre for _ in range(columns))
    state = bus(f"{name}_state", rows * columns)
    return Memristors(name, plus, post * rows, state, model, states.ravel())


class ArrayBuses(NamedTuple):
    """Buses of an array: `rows` [pre], `columns` [post]; `drive` and `out` of its columns' amplifiers."""

    rows: Bus
    columns: Bus
    drive: Bus
    out: Bus


def amplified_columns(
    name: str,
    buses: ArrayBuses,
    ohms: float,
    reference: Reference,
    gates: GateCell,
    sampler: ComponentSampler,
) -> tuple[Element, ...]:
    """Transimpedance amplifiers that read against a reference column, and drive the columns in writing.

    ::

        columns[i] --+--[ R_f ]---+           V(out) = -R_f sum_j (G[j, i] - G_ref) V(rows[j])
                     |--o write o-|           while writing: V(out) = V(columns[i]) = V(drive[i])
                     +--|-\\       |
        drive[i] -------|+/ A >---+-- out[i]  (drive is 0 V while reading)
                     |
                  [ R_m ]                     rows[j] ---[ G_ref ]-----+-- reference column
                     |                                                 |
                     +--- mean --------------- its amplifier, with R_m +       R_m = 1 / (rows G_ref)

    The reference column is amplified like the others, to -mean(V(rows)), and from there the current
    -G_ref sum_j V(rows[j]) flows into each of them: one column of devices for a whole array, and a device's
    law is subtracted with it.  It is never written: no column's pulse meets those of its rows.
    """
    n = len(buses.columns)
    mean = f"{name}_mean"
    sensed = f"{name}_sensed"
    lines = (*buses.columns, sensed)
    outs = (*buses.out, mean)
    balance = 1.0 / (len(buses.rows) * reference.siemens)
    return (
        Resistors(f"{name}_rf", lines, outs, [ohms] * n + [balance]),
        gates.switches(f"{name}_bypass", lines, outs, "write"),
        open_loop(f"{name}_amp", (*buses.drive, GROUND), lines, outs, sampler),
        reference.devices(f"{name}_reference", buses.rows, sensed),
        Resistors(f"{name}_balance", (mean,) * n, buses.columns, balance),
    )


def level_law(encoding: PulseEncoding, volts: float, sign: int) -> TransferFunction:
    """Height of a row's pulse of the voltage of a rate (`volts` for 1), of the given sign."""
    scale = float(volts * encoding.rate_scale)
    gain = float(encoding.gain)
    base = float(encoding.base)

    def part(v: Floats) -> Floats:
        return np.clip(sign * v / scale, 0.0, 1.0)

    def slope(v: Floats) -> Floats:
        inside = (sign * v > 0.0) & (sign * v < scale)
        return np.where(inside, sign * gain / scale / (1.0 + gain * part(v)), 0.0)

    return TransferFunction(
        "pulse_level",
        lambda v: base + np.log1p(gain * part(v)),
        slope,
        lambda v: f"({base!r}+ln(1+{gain!r}*min(max({v}/{sign * scale!r},0),1)))",
    )


def comparator_law() -> TransferFunction:
    """A comparator: 0 V up to 0, 1 V above.

    A true jump.  Nothing feeds back from its output, and the integrator meets a jump by shorter steps.  A
    steep slope would stand in the matrix as 1e4 and more whenever a pulse ends; with a slope of 1e-4 of the
    ramp and 64-32-10, ngspice 39 then found no step that converged ("Timestep too small").
    """
    return TransferFunction(
        "comparator",
        lambda v: np.where(v > 0.0, 1.0, 0.0),
        lambda v: np.zeros_like(v),
        lambda v: f"({v}>0?1:0)",
    )


def row_levels(
    name: str, rates: Bus, encoding: PulseEncoding, volts: float
) -> tuple[tuple[Element, ...], Bus]:
    """Logarithmic amplifiers of the rates' two signs; the bus of levels, those of positive rates first."""
    positive = bus(f"{name}_p", len(rates))
    negative = bus(f"{name}_m", len(rates))
    elements = (
        NonlinearVCVS(f"{name}_log_p", rates, positive, level_law(encoding, volts, 1)),
        NonlinearVCVS(f"{name}_log_m", rates, negative, level_law(encoding, volts, -1)),
    )
    return elements, positive + negative


def column_pulses(name: str, weighted_eps: Bus, gates: GateCell) -> tuple[tuple[Element, ...], Bus]:
    """Hold weighted errors and compare them with a ramp; the bus of comparators, positive errors first.

    ::

        weighted_eps[i] --o track o--+--|+\\                  +--|-\\
                              |  |  >- on_p[i]        |  |  >- on_m[i]
                    ramp -----|--|-/      anti_ramp --|--|+/
                             === C        held[i] ----+
                              |
                           ground
    """
    n = len(weighted_eps)
    held = bus(f"{name}_held", n)
    apart_p = bus(f"{name}_apart_p", n)
    apart_m = bus(f"{name}_apart_m", n)
    on_p = bus(f"{name}_on_p", n)
    on_m = bus(f"{name}_on_m", n)
    jump = comparator_law()
    elements = (
        gates.switches(f"{name}_track", weighted_eps, held, "track"),
        Capacitors(f"{name}_hold", held, grounds(n), HOLD),
        Amplifiers(f"{name}_less_ramp", held, ("ramp",) * n, apart_p, 1.0),
        Amplifiers(f"{name}_below_ramp", ("anti_ramp",) * n, held, apart_m, 1.0),
        NonlinearVCVS(f"{name}_compare_p", apart_p, on_p, jump),
        NonlinearVCVS(f"{name}_compare_m", apart_m, on_m, jump),
    )
    return elements, on_p + on_m


def driven(name: str, sources: tuple[tuple[str, Bus], ...], out: Bus) -> Multiplexers:
    """Lines that select lines connect to one of several buses of sources."""
    inputs = tuple(node for _, nodes in sources for node in nodes)
    return Multiplexers(name, tuple(select for select, _ in sources), inputs, out)
