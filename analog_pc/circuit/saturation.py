"""The saturation current of a diode by temperature."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit.circuit import ROOM, thermal_voltage

SILICON_GAP = 1.11  # eV, as SPICE has it (EG)
SATURATION_EXPONENT = 3.0  # of the temperature in I_s, as SPICE has it for a junction (XTI)


def saturation_current(
    saturation: ArrayLike,
    temperature: float,
    emission: float = 1.0,
    *,
    nominal: float = ROOM,
    gap: float = SILICON_GAP,
    exponent: float = SATURATION_EXPONENT,
) -> Floats:
    """Saturation current at another temperature, by the law of SPICE's diode.

    ``I_s(T) = I_s(T_0) (T / T_0)^(x / n) exp((E / n) (1 / (k T_0) - 1 / (k T)))``, k in eV/K

    Parameters
    ----------
    saturation
        I_s at the `nominal` temperature, A.
    temperature, nominal
        T and T_0 in K, > 0.
    emission
        Emission coefficient n.
    gap
        E in eV, the band gap.
    exponent
        x.

    Returns
    -------
    Floats
        A, of the shape of `saturation`.
    """
    ratio = temperature / nominal
    factor = ratio ** (exponent / emission) * np.exp(
        (ratio - 1.0) * gap / (emission * thermal_voltage(temperature))
    )
    return np.asarray(np.asarray(saturation, dtype=np.float64) * factor)
