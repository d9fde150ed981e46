"""Cells around a crossbar: drive, differential pair, transimpedance amplifier."""

from __future__ import annotations

from analog_pc.arrays import Floats
from analog_pc.cells.components import ComponentSampler, open_loop, unity
from analog_pc.circuit import Bus, Capacitors, Crossbar, Element, Resistors, bus, grounds
from analog_pc.devices import iv_characteristic
from analog_pc.mapping import ConductancePair


def drivers(
    name: str, signal: Bus, positive: Bus, negative: Bus, sampler: ComponentSampler
) -> tuple[Element, ...]:
    """Complementary drivers of word lines: V(positive) = V(signal), V(negative) = -V(signal).

    ::

        signal[i] --+--[ +1 ]--- positive[i]      word line of the minus devices
                    |
                    +--[ -1 ]--- negative[i]      word line of the plus devices (the amplifier below inverts)

    Parameters
    ----------
    signal
        Nodes of the rates, [rows].
    positive, negative
        Word lines, [rows].
    sampler
        Technology and random draws of the chip.
    """
    ground = grounds(len(signal))
    return (
        unity(f"{name}_p", signal, ground, positive, 1.0, sampler),
        unity(f"{name}_n", ground, signal, negative, 2.0, sampler),
    )


def differential_crossbar(
    name: str, positive: Bus, negative: Bus, columns: Bus, pair: ConductancePair, sampler: ComponentSampler
) -> tuple[Element, ...]:
    """Two devices per weight on complementary word lines share one bit line.

    ::

        negative[j] --[ r_d ]--+--[plus[j, i]]---+
                              === C_w            +--- columns[i]  (virtual ground)
        positive[j] --[ r_d ]--+--[minus[j, i]]--+
                              === C_w            === C_b

    Current into the virtual ground of ideal wires: -sum_j (plus - minus)[j, i] V(positive[j]).

    The resistance of the wires is distributed over the cells (see `Crossbar`); their capacitance stands at
    their ends, n c of a line of n cells.  What that leaves out is the delay along the line itself, Elmore's
    n^2 r c / 2: 0.2 ps for 64 cells of 1 Ohm and 0.1 fF, a millionth of a node's time constant of 0.1 us.

    Parameters
    ----------
    positive, negative
        Word lines, [rows].
    columns
        Bit lines, [columns].
    pair
        Conductances in S, [rows, columns].
    sampler
        Technology and random draws of the chip.
    """
    t = sampler.technology
    f = iv_characteristic(t.device_law, t.device_nonlinearity)
    elements: tuple[Element, ...] = ()
    for sign, source, siemens in (("plus", negative, pair.plus), ("minus", positive, pair.minus)):
        array = f"{name}_{sign}"
        lines, rows = _lines(array, source, len(columns), sampler)
        elements += (*lines, Crossbar(array, rows, columns, siemens, t.wire, f, t.cell_access_resistance))
    farads = 2 * len(positive) * t.bit_line_capacitance
    if farads:
        elements += (Capacitors(f"{name}_bit_cap", columns, grounds(len(columns)), farads),)
    return elements


def _lines(
    array: str, source: Bus, columns: int, sampler: ComponentSampler
) -> tuple[tuple[Element, ...], Bus]:
    """Driver resistance and capacitance of the word lines, and the bus at their near ends."""
    t = sampler.technology
    n = len(source)
    elements: tuple[Element, ...] = ()
    rows = source
    if t.driver_resistance:
        rows = bus(f"{array}_word", n)
        elements += (Resistors(f"{array}_driver", source, rows, t.driver_resistance),)
    if t.word_line_capacitance:
        elements += (Capacitors(f"{array}_word_cap", rows, grounds(n), columns * t.word_line_capacitance),)
    return elements, rows


def transimpedance(
    name: str, columns: Bus, out: Bus, ohms: float | Floats, sampler: ComponentSampler
) -> tuple[Element, ...]:
    """An op-amp of finite gain A holds each bit line near 0 V and turns its current into a voltage.

    ::

        columns[i] --+--[ R_f ]--+
                     |           |       V(out) = -R_f I / (1 + NG / A)
                     +--|-\\      |       NG = 1 + R_f sum(G) on the bit line
                        | A >----+-- out[i]
              ground ---|+/

    Parameters
    ----------
    columns, out
        Bit lines and outputs, [columns].
    ohms
        R_f, one for all or [columns].
    sampler
        Technology and random draws of the chip.
    """
    return (
        Resistors(f"{name}_rf", columns, out, ohms),
        open_loop(f"{name}_amp", grounds(len(columns)), columns, out, sampler),
    )
