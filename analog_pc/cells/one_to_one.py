"""Identity projections: a resistor a unit instead of a crossbar."""

from __future__ import annotations

from analog_pc.arrays import Floats
from analog_pc.circuit import Bus, Element, Resistors


def one_to_one(name: str, opposite: Bus, columns: Bus, ohms: float | Floats) -> tuple[Element, ...]:
    """Input resistors of inverting amplifiers, one for each unit.

    ::

        opposite[i] --[ R ]-- columns[i] --+--[ R_f ]--+
                                           |           |       V(out) = R_f / R times the signal,
                                           +--|-\\      |       which is -V(opposite)
                                              | A >----+-- out[i]
                                    ground ---|+/

    With R = R_f a buffer of gain 1; beside crossbars on the same bit lines its current adds to theirs.  Valid
    for a virtual ground: an amplifier of finite gain A takes NG / A of its output, with its noise gain NG.

    Parameters
    ----------
    opposite, columns
        The opposites of the signals, and bit lines, [n].
    ohms
        R, one for all or [n].
    """
    return (Resistors(f"{name}_one_to_one", opposite, columns, ohms),)
