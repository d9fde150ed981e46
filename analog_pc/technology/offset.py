"""Offsets of op-amps, raw or auto-zeroed.

Auto-zero (correlated double sampling) is a phase before a relaxation.  The inputs of an op-amp are shorted,
it settles through an auxiliary input of gain k A0, and a capacitor there keeps what cancels the offset::

    sample                             relax

      +--|+\\                           plus  ---|+\\
      |  | A0 >--+--- out                       | A0 >--- out
    --+--|-/     |                     minus ---|-/
       +-|k -----+ switch S closed          +---|k     S open
      === C                                === C

What stays of the offset V_os, referred to the input::

    V = f V_os + k (V_q + V_n)
    f = 1 / (1 + k A0) + k A0 / (1 + k A0) exp(-(1 + k A0) 2 pi GBW t / A0)

f: finite gain, and a phase of duration t that may end before the loop, of one pole, has settled.  V_q:
charge that S leaves on C when it opens (mismatch of the switch and its dummy).  V_n: sampled noise, rms
sqrt(k_B T / C), with which the white noise of the op-amp folds down.  A capacitor at the signal input itself
has k = 1.

**Approximation of the compiled circuit.**  The phases are not simulated: every op-amp has V as a constant
offset, drawn with the chip.  Its error: in silicon V_n is drawn anew in every phase, so that over many
stimuli one chip sees their spread, and a compiled chip one draw of it (over chips both are the same
distribution).  Left out are droop, k I_leak t / C (0.5 uV for 1 pA, 1 us, 0.2 pF and k = 0.1), and what the
phases do to the nodes, which are at rest again before a relaxation begins.

Source: Enz and Temes, Proc. IEEE 84, 1584 (1996), doi 10.1109/5.542410.
"""

from __future__ import annotations

import math

from analog_pc.circuit import BOLTZMANN
from analog_pc.technology.technology import Technology

SWITCHES = 4  # of an auto-zeroed op-amp: short of the inputs, both inputs from their nets, and S


def offset_left(t: Technology) -> float:
    """f, the part of an op-amp's own offset that stays; 1 where it is not auto-zeroed."""
    if not t.auto_zeroed:
        return 1.0
    loop = t.auto_zero_coupling * t.opamp_gain
    settled = math.exp(
        -(1.0 + loop) * 2.0 * math.pi * t.opamp_gain_bandwidth / t.opamp_gain * t.auto_zero_time
    )
    return (1.0 + loop * settled) / (1.0 + loop)


def sampled_spread(t: Technology) -> float:
    """Standard deviation of k (V_q + V_n), V; 0 where nothing is sampled."""
    if not t.auto_zeroed:
        return 0.0
    thermal = BOLTZMANN * t.temperature / t.auto_zero_capacitance
    return t.auto_zero_coupling * math.sqrt(t.auto_zero_injection**2 + thermal)


def offset_spread(t: Technology) -> float:
    """Standard deviation of the offset of an op-amp in a relaxation, referred to its input, V."""
    return math.hypot(offset_left(t) * t.opamp_offset, sampled_spread(t))
