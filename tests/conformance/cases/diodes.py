"""Diodes beside resistors, by the voltage that each source must have for a chosen point of the diodes.

``u = v + R i(v)`` is a closed form of u by v, whatever the diodes are; with one diode its inverse is the
function of Lambert, which `tests/conformance/test_diodes.py` has.  ngspice's diode carries up to 0.4 % of
I_s less than Shockley's below -3 n V_t, which `LEAKAGE` turns into volts.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    Capacitors,
    Circuit,
    Diodes,
    Resistors,
    StimulusSources,
    Transient,
    VoltageSources,
    bus,
    grounds,
    saturation_current,
    thermal_voltage,
)
from cases.case import NONLINEAR, TRANSIENT, Case, at, inputs, table

OHMS = 1e4
SATURATION = 1e-10
EMISSION = 1.9
SLOPE = EMISSION * thermal_voltage()
LEAKAGE = 4e-3 * OHMS  # V for each ampere of I_s
VOLTS = np.array([-1.0, -0.05, 0.0, 0.1, 0.3, 0.5, 0.65])


def one_diode(name: str, kelvin: float, series_ohms: float) -> Case:
    """u ---[ R ]--- a ---|>|--- ground, with v = i R_s + s ln(1 + i / I_s)."""
    saturation = float(saturation_current(SATURATION, kelvin, EMISSION))
    slope = EMISSION * thermal_voltage(kelvin)
    diode = Diodes("d", ("a",), grounds(1), saturation, slope, series_ohms)
    resistor = Resistors("r", ("u",), ("a",), OHMS)
    circuit = Circuit(name, (StimulusSources("u", ("u",), grounds(1)), resistor, diode), temperature=kelvin)
    current = saturation * np.expm1(VOLTS * thermal_voltage() / thermal_voltage(kelvin) / SLOPE)
    v = current * series_ohms + slope * np.log1p(current / saturation)
    return Case(name, circuit, at(v + OHMS * current), ("a",), table(v), NONLINEAR + LEAKAGE * saturation)


def antiparallel() -> Case:
    """Two diodes head to tail: i = 2 I_s sinh(v / s)."""
    volts = np.concatenate([-VOLTS[::-1], VOLTS[3:]])
    circuit = Circuit(
        "antiparallel",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u",), ("a",), OHMS),
            Diodes("d", ("a", "0"), ("0", "a"), SATURATION, SLOPE),
        ),
    )
    volts = np.clip(volts, -0.7, 0.7)
    u = volts + OHMS * 2.0 * SATURATION * np.sinh(volts / SLOPE)
    tolerance = NONLINEAR + LEAKAGE * SATURATION
    return Case("antiparallel", circuit, at(u), ("a",), table(volts), tolerance)


def clamped_layer() -> Case:
    """Three hidden nodes between diodes to sources of +0.3 and -0.2 V, and an output of theirs."""
    hidden = np.array([[0.1, 0.5, -0.1], [-0.6, 0.0, 0.7], [0.65, 0.65, 0.65], [0.0, -0.3, 0.3]])
    weight = np.array([1e-5, 4e-5, 2e-5])
    load = 3e-5
    names = bus("h", 3)
    circuit = Circuit(
        "clamped_layer",
        (
            StimulusSources("u", bus("u", 3), grounds(3)),
            VoltageSources("clamps", ("top", "low"), grounds(2), [0.3, -0.2]),
            Resistors("first", bus("u", 3), names, OHMS),
            Resistors("second", names, ("o",) * 3, 1.0 / weight),
            Resistors("load", ("o",), grounds(1), 1.0 / load),
            Diodes("upper", names, ("top",) * 3, SATURATION, SLOPE),
            Diodes("lower", ("low",) * 3, names, SATURATION, SLOPE),
        ),
    )
    output = hidden @ weight / (weight.sum() + load)
    through = SATURATION * (np.expm1((hidden - 0.3) / SLOPE) - np.expm1((-0.2 - hidden) / SLOPE))
    u = hidden + OHMS * (through + weight * (hidden - output[:, None]))
    tolerance = NONLINEAR + LEAKAGE * SATURATION
    analysis = inputs(*u.tolist())
    return Case("clamped_layer", circuit, analysis, (*names, "o"), table(*hidden.T, output), tolerance)


def discharge() -> Case:
    """A capacitor through a diode: v = -s ln(1 - (1 - exp(-v0 / s)) exp(-t I_s / (C s)))."""
    farads = 1e-9
    start = 0.6
    circuit = Circuit(
        "discharge",
        (Capacitors("c", ("a",), grounds(1), farads), Diodes("d", ("a",), grounds(1), 1e-9, SLOPE)),
    )
    tau = farads * SLOPE / 1e-9

    def exact(axis: Floats) -> Floats:
        return -SLOPE * np.log(1.0 - (1.0 - np.exp(-start / SLOPE)) * np.exp(-axis[:, None] / tau))

    analysis = Transient({}, {"a": start}, 1e-2 * tau, 1e-4 * tau)
    return Case("discharge", circuit, analysis, ("a",), exact, TRANSIENT * start)


CASES = (
    one_diode("diode_and_resistor", 300.15, 0.0),
    one_diode("diode_at_400_kelvin", 400.0, 0.0),
    one_diode("diode_with_series_resistance", 300.15, 470.0),
    antiparallel(),
    clamped_layer(),
)
WAVEFORMS = (discharge(),)
