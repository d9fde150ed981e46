"""Analog-to-digital converters: a regression over published silicon, and NeuroSim's fit beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analog_pc.errors import BadInput

SURVEY = (
    "regression over the best 20 % of Murmann's ADC survey, Andrulis et al., arXiv 2404.06553, model of "
    "hwcomponents-adc 1.0.21"
)
NEUROSIM = "DNN+NeuroSim V1.4 SarADC.cpp, a SAR of 1 ns per bit: a lower bound"

# node in nm -> a and b in uW, c in W, d of `neurosim_adc`
_NEUROSIM = {
    130: (6.4806, 49.047, 0.207452, -2.367),
    90: (4.3474, 31.782, 0.164900, -2.345),
    65: (2.9503, 22.047, 0.128483, -2.321),
    45: (2.1843, 11.931, 0.097754, -2.296),
    32: (1.0157, 7.6286, 0.083709, -2.313),
    22: (0.7213, 3.3041, 0.084273, -2.311),
    14: (0.4710, 1.9529, 0.060584, -2.311),
}


@dataclass(frozen=True)
class Converter:
    """Energy of one conversion in J, area in m^2."""

    energy: float
    area: float


def survey_adc(bits: int, node: float, rate: float) -> Converter:
    """An ADC of so many bits in a process of `node` m at `rate` conversions per second.

    With f in Hz and the node in nm::

        FOM  = min(213.781 - 2.8719 ln f, 128.307 + 3.2205 bits) dB,    SNDR = 6.02 bits + 1.76 dB
        E    = 0.5 10^((SNDR - FOM) / 10) exp(26.0496 + 1.8800 ln nm - 2.8291 ln bits - 1.4702)  pJ
        area = exp(1.3462 + 0.99328 ln nm + 0.18072 ln f + 0.29912 ln E)  um^2

    Source: Andrulis et al., arXiv 2404.06553, coefficients of hwcomponents-adc 1.0.21 (MIT licence).

    Raises
    ------
    BadInput
        For less than 1 bit, or a node or rate that is not > 0.
    """
    if bits < 1 or not node > 0.0 or not rate > 0.0:
        raise BadInput(f"ADC of {bits!r} bits, node {node!r} m, {rate!r} 1/s: must be >= 1, > 0 and > 0")
    nanometres = math.log(node / 1e-9)
    merit = min(213.781 - 2.8719 * math.log(rate), 128.307 + 3.2205 * bits)
    sndr = 6.02 * bits + 1.76
    scale = math.exp(26.0496 + 1.8800 * nanometres - 2.8291 * math.log(bits) - 1.4702)
    picojoules = 0.5 * 10.0 ** ((sndr - merit) / 10.0) * scale
    area = 1.3462 + 0.99328 * nanometres + 0.18072 * math.log(rate) + 0.29912 * math.log(picojoules)
    return Converter(1e-12 * picojoules, 1e-12 * math.exp(area))


def neurosim_adc(bits: int, node: float, ohms: float = 50e3) -> float:
    """Energy in J of one conversion after NeuroSim, with a column of `ohms` Ohm; the nearest node it has.

    ::

        P = (a bits + b) uW + c exp(d log10(ohms)) W,    t = (bits + 1) ns

    Source: DNN_NeuroSim V1.4, SarADC.cpp, high-performance devices, read at 0.5 V.  A lower bound: some 15
    times below the survey at 8 bits and 65 nm.
    """
    if bits < 1 or not node > 0.0 or not ohms > 0.0:
        raise BadInput(f"ADC of {bits!r} bits, node {node!r} m, column {ohms!r} Ohm: must be >= 1, > 0, > 0")
    nearest = min(_NEUROSIM, key=lambda nm: abs(math.log(nm * 1e-9 / node)))
    a, b, c, d = _NEUROSIM[nearest]
    watts = 1e-6 * (a * bits + b) + c * math.exp(d * math.log10(ohms))
    return watts * 1e-9 * (bits + 1)
