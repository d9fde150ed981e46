"""Ideal parts: everything that is not the mathematics is made negligible, and its size is known."""

from analog_pc.technology.technology import Technology

IDEAL = Technology(
    name="ideal",
    source="chosen here: device range of Wan et al. 2022 widened to 1-100 uS; gain 1e9 keeps the "
    "error (1 + Rf sum G) / A0 near 1e-8; rectifier gain 1e7, above which a simulator's 16 digits no "
    "longer resolve its input; C = 1 pF and g_s = 10 uS give 0.1 us per unit of time",
    g_min=1e-6,
    g_max=1e-4,
    opamp_gain=1e9,
    rectifier_gain=1e7,
    spring_conductance=1e-5,
    node_capacitance=1e-12,
    volts_per_unit=0.1,
    supply=10.0,
)
