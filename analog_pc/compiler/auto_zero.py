"""Cost of auto-zero: components, the duration of its phase, and the energy of the phase."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.circuit import Amplifiers
from analog_pc.compiler.compiled import CompiledNetwork
from analog_pc.technology import SWITCHES

RECTIFIER = "act_amp"  # makes kinks, and is modelled without an offset


@dataclass(frozen=True, kw_only=True)
class AutoZero:
    """Counts of auto-zeroed op-amps, of their switches and capacitors; all 0 without auto-zero.

    `farads`: of all capacitors.  `seconds`, `joules`: the phase before a relaxation, and what the op-amps
    draw in it (switches and their clock left out).
    """

    amplifiers: int
    switches: int
    capacitors: int
    farads: float
    seconds: float
    joules: float


def auto_zero(compiled: CompiledNetwork) -> AutoZero:
    """The auto-zero circuits of a compiled network, which its netlist does not draw (`technology.offset`)."""
    t = compiled.design.technology
    banks = [e for _, e in compiled.circuit.banks() if isinstance(e, Amplifiers) and e.name != RECTIFIER]
    n = sum(len(bank.out) for bank in banks) if t.auto_zeroed else 0
    seconds = t.auto_zero_time if n else 0.0
    return AutoZero(
        amplifiers=n,
        switches=SWITCHES * n,
        capacitors=n,
        farads=n * t.auto_zero_capacitance,
        seconds=seconds,
        joules=n * t.opamp_power * seconds,
    )
