"""Diodes: Shockley's law with a resistance in series, and ideal ones; their current in closed form.

Sources: W. Shockley, Bell Syst. Tech. J. 28, 435 (1949); T. C. Banwell, A. Jayakumar, Electronics Letters 36,
291 (2000), for the current with a resistance in series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import wrightomega

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.values import same_length, values


@dataclass(frozen=True, eq=False)
class Diodes:
    """Junctions by Shockley's law with a resistance in series, V from `anode` to `cathode`.

    ::

        anode[i] --[ R ]--|>|-- cathode[i]        I = I_s (exp((V - R I) / (n V_t)) - 1)

    Parameters
    ----------
    saturation
        I_s in A at the temperature of the circuit (`saturation_current`), [n], > 0.
    slope_volts
        n V_t in V, > 0: emission coefficient times the thermal voltage (`thermal_voltage`).  To 0 the diode
        becomes ideal; `IdealDiodes` are.
    series_ohms
        R in Ohm, >= 0, of every diode of the bank.

    Notes
    -----
    All simulators have it; noise analyses refuse it.
    """

    name: str
    anode: Bus
    cathode: Bus
    saturation: ArrayLike
    slope_volts: float
    series_ohms: float = 0.0

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, anode=self.anode, cathode=self.cathode)
        saturation = values(self.name, "saturation", self.saturation, (n,), low=0.0)
        object.__setattr__(self, "saturation", saturation)
        values(self.name, "slope_volts", self.slope_volts, (), low=0.0)
        values(self.name, "series_ohms", self.series_ohms, (), low=0.0, zero=True)

    def current(self, volts: ArrayLike) -> Floats:
        """Currents from anode to cathode at voltages [.., n], A, [.., n]."""
        return diode_current(volts, self.saturation, self.slope_volts, self.series_ohms)


@dataclass(frozen=True, eq=False)
class IdealDiodes:
    """Ideal diodes by complementarity: V <= drop, I >= 0, I (drop - V) = 0, V from `anode` to `cathode`.

    ::

        anode[i] --|>|-- cathode[i]

    Parameters
    ----------
    drop
        V, [n], >= 0.

    Notes
    -----
    The native simulator has it; SPICE programs do not, because it has no finite slope.  A node that only such
    diodes connect has no voltage of its own while they block, and is refused.
    """

    name: str
    anode: Bus
    cathode: Bus
    drop: ArrayLike = 0.0

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, anode=self.anode, cathode=self.cathode)
        drop = values(self.name, "drop", self.drop, (n,), low=0.0, zero=True)
        object.__setattr__(self, "drop", drop)


def diode_current(
    volts: ArrayLike, saturation: ArrayLike, slope_volts: float, series_ohms: float = 0.0
) -> Floats:
    """Current of a diode by its own voltage, the resistance in series included.

    ``I = (s / R) omega(ln(R I_s / s) + (V + R I_s) / s) - I_s``, where s is `slope_volts` and omega the
    function of Wright, omega + ln omega = z; without a resistance ``I = I_s (exp(V / s) - 1)``.

    Parameters
    ----------
    volts
        V of the diode with its resistance, any shape.
    saturation
        I_s in A, of a shape that goes with it.
    slope_volts, series_ohms
        s in V, > 0, and R in Ohm, >= 0.

    Returns
    -------
    Floats
        A; exact to some machine epsilons of I + I_s.
    """
    v = np.asarray(volts, dtype=np.float64)
    i_s = np.asarray(saturation, dtype=np.float64)
    if series_ohms == 0.0:
        with np.errstate(over="ignore"):  # infinite where it is beyond float64
            return np.asarray(i_s * np.expm1(v / slope_volts))
    drop = series_ohms * i_s
    omega = wrightomega(np.log(drop / slope_volts) + (v + drop) / slope_volts)
    return np.asarray(slope_volts / series_ohms * omega - i_s)
