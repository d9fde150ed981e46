"""Gain-modulated sums of crossbars: mu = sum_k z_k V_k f(s), and the feedback into the gains z_k."""

from __future__ import annotations

from analog_pc.arrays import Floats
from analog_pc.circuit import Bus, Element, MultiplyingVCCS
from analog_pc.circuit.transfer import linear_transfer


def modulated_current(
    name: str, gain: str, part: Bus, columns: Bus, siemens: float | Floats, volts: float
) -> tuple[Element, ...]:
    """Multipliers that add a crossbar's output to bit lines, as strongly as the gain node says.

    ::

        gain ---------------------+
                                  |
        part[i] --->( siemens * V(gain) / volts )--- current into columns[i]

    The transimpedance amplifier of the bit line inverts; so `part` is the opposite of V_k f(s), the output of
    a crossbar of exchanged word lines.  Currents of several k add on the bit line, with those of crossbars.
    Valid for a multiplier that is linear in both inputs: any sign and size of z_k within the supply.

    Parameters
    ----------
    gain
        The node of z_k.
    part, columns
        Inputs and bit lines, [n].
    siemens
        Transconductance at z_k = 1, one for all or [n].
    volts
        Of z_k = 1.
    """
    control = (gain,) * len(part)
    return (MultiplyingVCCS(name, control, part, columns, siemens, linear_transfer(1.0 / volts)),)


def gain_feedback(
    name: str, weighted_eps: Bus, part: Bus, gain: str, siemens: Floats, volts: float
) -> tuple[Element, ...]:
    """Multipliers whose currents add on the gain node: dz_k/dt = sum_i lambda_i (V_k f(s))_i.

    ::

        weighted_eps[i] ----------+
                                  |
        part[i] --->( -siemens[i] * V(weighted_eps[i]) / volts )--- current into gain, all on one node

    With a leak of g_l on the node and x clamped, C dz/dt = -(g_l + g y.y) z + g x.y, y = V_k f(s).  Valid
    where something determines z: a leak, a prediction, or parts that are not all 0.

    Parameters
    ----------
    weighted_eps
        Prediction errors of the sum, [n].
    part
        The opposites of V_k f(s), [n].
    gain
        The node of z_k: a value node, whose capacitor integrates the currents.
    siemens
        Transconductance at a prediction error of 1, [n].
    volts
        Of a prediction error of 1.
    """
    out = (gain,) * len(part)
    return (MultiplyingVCCS(name, weighted_eps, part, out, siemens, linear_transfer(-1.0 / volts)),)
