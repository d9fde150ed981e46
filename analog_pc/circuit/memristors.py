"""Devices whose conductance moves: a current and a rate of motion, both functions of voltage and state."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.values import same_length, values


@dataclass(frozen=True)
class MemristorModel:
    """A compact model as SPICE reads it.

    Parameters
    ----------
    name
        Of the subcircuit ``.subckt name plus minus state`` that is written of it.
    current
        A that flow from plus to minus, an expression of ``v(plus,minus)`` and ``v(state)``.
    rate
        d state / dt in 1/s, of the same two.
    comment
        One line that says where it is from.
    """

    name: str
    current: str
    rate: str
    comment: str = ""

    def __post_init__(self) -> None:
        checked_name(self.name, "memristor model")


@dataclass(frozen=True, eq=False)
class Memristors:
    """Devices between `plus` and `minus`; V(state[i]) holds the state of device i, 1 V for 1.

    ::

        plus[i] --[ I(v, x) ]-- minus[i]           state[i] --+--( dx/dt A )
                                                             === 1 F
                                                            ground
    `initial` [n] is the state at t = 0, where the simulator's initial volts do not say otherwise.
    Only a transient can hold such a device: at rest its state is any.
    """

    name: str
    plus: Bus
    minus: Bus
    state: Bus
    model: MemristorModel
    initial: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, plus=self.plus, minus=self.minus, state=self.state)
        object.__setattr__(self, "initial", values(self.name, "initial", self.initial, (n,)))
