"""Activation circuits: from value node to word line, with the signal that gates the feedback."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.circuit import Amplifiers, Bus, Element, Law, VoltageTransfers, bus, grounds
from analog_pc.circuit.transfer import ramp_law, sigmoid_gate, sigmoid_law, tanh_gate, tanh_law
from analog_pc.pcn.activations import Activation, PiecewiseLinear


@dataclass(frozen=True, eq=False)
class ActivationCell:
    """`elements`, the bus that controls the gate, and the gate's law (None: the slope is 1 everywhere)."""

    elements: tuple[Element, ...]
    control: Bus
    gate: Law | None


def activation_cell(name: str, f: Activation, x: Bus, rate: Bus, s: float, gain: float) -> ActivationCell:
    """The circuit of an activation at `s` volts per unit; `gain` is that of a rectifier's op-amp."""
    if isinstance(f, PiecewiseLinear):
        return rectifier(name, f, x, rate, s, gain)
    if f.name == "identity":
        return buffer(name, x, rate)
    return differential_pair(name, f, x, rate, s)


def buffer(name: str, x: Bus, rate: Bus) -> ActivationCell:
    """Identity: a unity-gain buffer, so that the word lines do not load the value node.

    ::

        x[i] ---[ +1 ]--- rate[i]
    """
    return ActivationCell((Amplifiers(f"{name}_buffer", x, grounds(len(x)), rate, 1.0),), x, None)


def differential_pair(name: str, f: Activation, x: Bus, rate: Bus, s: float) -> ActivationCell:
    """tanh and sigmoid: the transfer curve of a differential pair (one or both of its sides).

    ::

        x[i] ---[ s f(x/s) ]--- rate[i]            gate f'(x/s), a second pair biased by the same input
    """
    law, gate = {"tanh": (tanh_law, tanh_gate), "sigmoid": (sigmoid_law, sigmoid_gate)}[f.name]
    return ActivationCell((VoltageTransfers(f"{name}_pair", x, rate, law(s)),), x, gate(s))


def rectifier(name: str, f: PiecewiseLinear, x: Bus, rate: Bus, s: float, gain: float) -> ActivationCell:
    """relu, leaky relu, hard sigmoid: a precision rectifier, an op-amp with diodes in its feedback.

    ::

        x[i] --+---[ s f(x/s) ]----------------------- rate[i]
               |
               +--|+\
                  | A >---+--- drive[i] --[ gate law ]--- gate of the feedback
              +---|-/     |
              |           |
              +-[ X() ]---+     diodes: X follows the drive, but rests at a kink while the drive
                                crosses a dead zone of s volts

    ``drive = A (x - X(drive))``: x stays within s/A of a kink while the drive, and with it the gate,
    takes any value between the two slopes.  So an equilibrium may rest on a kink, as the energy demands.
    """
    drive, folded = bus(f"drive_{name}", len(x)), bus(f"fold_{name}", len(x))
    edges = tuple(s * edge for k, kink in enumerate(f.kinks) for edge in (kink + k, kink + k + 1.0))
    follows = tuple(float(k % 2 == 0) for k in range(len(edges) + 1))
    opening = np.zeros(len(edges) + 1)
    opening[1::2] = np.diff(f.slopes) / s
    first = f.kinks[0]
    offset = s * (float(f.f(np.array([first]))[0]) - f.slopes[0] * first)
    elements = (
        VoltageTransfers(f"{name}_rate", x, rate, ramp_law(tuple(s * k for k in f.kinks), f.slopes, offset)),
        VoltageTransfers(f"{name}_diodes", drive, folded, ramp_law(edges, follows)),
        Amplifiers(f"{name}_amp", x, folded, drive, gain),
    )
    return ActivationCell(elements, drive, ramp_law(edges, tuple(opening), f.slopes[0]))
