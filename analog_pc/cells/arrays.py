"""Cells around a crossbar: drive, differential pair, transimpedance amplifier."""

from __future__ import annotations

from analog_pc.circuit import Amplifiers, Bus, Crossbar, Element, Resistors, Wire, grounds
from analog_pc.mapping import ConductancePair


def inverters(name: str, positive: Bus, negative: Bus) -> tuple[Element, ...]:
    """Complementary word lines: V(negative) = -V(positive).

    ::

        positive ----+---------- word line of the minus devices
                     |
                    [-1]
                     |
        negative ----+---------- word line of the plus devices (the amplifier below inverts)
    """
    return (Amplifiers(name, grounds(len(positive)), positive, negative, 1.0),)


def differential_crossbar(
    name: str, positive: Bus, negative: Bus, columns: Bus, pair: ConductancePair, wire: Wire
) -> tuple[Element, ...]:
    """Two devices per weight on complementary word lines share one bit line.

    ::

        negative[j] ---[plus[j, i]]---+
                                      +--- columns[i]  (virtual ground)
        positive[j] ---[minus[j, i]]--+

    Current into the virtual ground of ideal wires: -sum_j (plus - minus)[j, i] V(positive[j]).
    """
    return (
        Crossbar(f"{name}_plus", negative, columns, pair.plus, wire),
        Crossbar(f"{name}_minus", positive, columns, pair.minus, wire),
    )


def transimpedance(name: str, columns: Bus, out: Bus, ohms: float, gain: float) -> tuple[Element, ...]:
    """An op-amp of finite gain A holds each bit line near 0 V and turns its current into a voltage.

    ::

        columns[i] --+--[ R_f ]--+
                     |           |       V(out) = -R_f I / (1 + NG / A)
                     +--|-\\      |       NG = 1 + R_f sum(G) on the bit line
                        | A >----+-- out[i]
              ground ---|+/
    """
    return (
        Resistors(f"{name}_rf", columns, out, ohms),
        Amplifiers(f"{name}_amp", grounds(len(columns)), columns, out, gain),
    )
