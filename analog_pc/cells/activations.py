"""Activation circuits: from value node to the signal for the word lines, and to the feedback's gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.activations import Activation, PiecewiseLinear, Smooth
from analog_pc.cells.components import ComponentSampler, spread_gain, spread_offset
from analog_pc.circuit import Amplifiers, Bus, Element, NonlinearVCVS, TransferFunction, bus
from analog_pc.circuit.transfer import activation_gate, activation_transfer, ramp_transfer
from analog_pc.errors import BadInput


@dataclass(frozen=True, eq=False)
class ActivationCell:
    """Elements, the bus of f(x), the bus that controls the gate, and the gate (None: slope 1)."""

    elements: tuple[Element, ...]
    signal: Bus
    control: Bus
    gate: TransferFunction | None


def activation_cell(
    name: str, f: Activation, x: Bus, volts: float, rate_volts: float, sampler: ComponentSampler
) -> ActivationCell:
    """The circuit of an activation: V(signal) = rate_volts f(V(x) / volts).

    The identity needs none: the drivers of the word lines already keep the load off the value node.

    Parameters
    ----------
    f
        The activation.
    x
        Value nodes, [n].
    volts, rate_volts
        Volts of an activity of 1 and of a rate of 1.
    sampler
        Technology and random draws of the chip.
    """
    if f.name == "identity":
        return ActivationCell((), x, x, None)
    if isinstance(f, Smooth):
        return differential_pair(name, f, x, volts, rate_volts, sampler)
    if isinstance(f, PiecewiseLinear):
        return rectifier(name, f, x, volts, rate_volts, sampler)
    raise BadInput(f"activation {f.name!r} has no circuit: use a smooth or a piecewise-linear one")


def differential_pair(
    name: str, f: Smooth, x: Bus, s: float, u: float, sampler: ComponentSampler
) -> ActivationCell:
    """tanh and sigmoid: the transfer curve of a differential pair (one or both of its sides).

    ::

        x[i] ---[ u f(x/s) ]--- signal[i]          gate f'(x/s), a second pair biased by the same input

    s is the slope voltage of the pair, u the drop of its whole tail current in the load.
    """
    signal = bus(f"signal_{name}", len(x))
    pairs = _pairs(f"{name}_pair", x, signal, activation_transfer(f, s), u / s, sampler)
    return ActivationCell((pairs,), signal, x, activation_gate(f, s))


def _pairs(
    name: str, x: Bus, signal: Bus, transfer: TransferFunction, gain: float, sampler: ComponentSampler
) -> NonlinearVCVS:
    each = gain * np.asarray(spread_gain(name, len(x), sampler))
    return NonlinearVCVS(name, x, signal, transfer, each, spread_offset(name, len(x), sampler))


def rectifier(
    name: str, f: PiecewiseLinear, x: Bus, s: float, u: float, sampler: ComponentSampler
) -> ActivationCell:
    """relu, leaky relu, hard sigmoid: a precision rectifier, an op-amp with diodes in its feedback.

    ::

        x[i] --+---[ u f(x/s) ]----------------------- signal[i]
               |
               +--|+\
                  | A >---+--- drive[i] --[  gate  ]----- gate of the feedback
              +---|-/     |
              |           |
              +-[ X() ]---+     diodes: X follows the drive, but rests at a kink while the drive
                                crosses a dead zone of s volts

    ``drive = A (x - X(drive))``: x stays within s/A of a kink while the drive, and with it the gate,
    takes any value between the two slopes.  So an equilibrium may rest on a kink, as the energy demands.
    """
    signal, drive, position = (bus(f"{what}_{name}", len(x)) for what in ("signal", "drive", "fold"))
    edges = tuple(s * edge for k, kink in enumerate(f.kinks) for edge in (kink + k, kink + k + 1.0))
    follows = tuple(float(k % 2 == 0) for k in range(len(edges) + 1))
    opening = np.zeros(len(edges) + 1)
    opening[1::2] = np.diff(f.slopes) / s
    first = f.kinks[0]
    offset = s * (float(f.f(np.array([first]))[0]) - f.slopes[0] * first)
    ramp = ramp_transfer(tuple(s * k for k in f.kinks), f.slopes, offset)
    elements = (
        _pairs(f"{name}_rate", x, signal, ramp, u / s, sampler),
        NonlinearVCVS(f"{name}_diodes", drive, position, ramp_transfer(edges, follows)),
        Amplifiers(f"{name}_amp", x, position, drive, sampler.technology.rectifier_gain, kind="rectifier"),
    )
    return ActivationCell(elements, signal, drive, ramp_transfer(edges, tuple(opening), f.slopes[0]))
