"""Question A for real parts: one network with all non-idealities of a technology, in two simulators.

Amplifiers with pole, slew rate, offset and rails, wired arrays of spread devices: whatever the technology
has.  Nothing is compared with the mathematics here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import Noise, OperatingPoint, Outcome, Transient
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Ngspice
from analog_pc.simulators.native import Native
from analog_pc.technology import IDEAL, TECHNOLOGIES, Technology, technology

RNG = np.random.default_rng(5)
NET = random_network((3, 4, 2), "tanh", seed=1)
X, T = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2))
REAL = pytest.mark.parametrize("name", [name for name in TECHNOLOGIES if name != "ideal"])


def compiled(name: str) -> CompiledNetwork:
    return compile_network(NET, technology(name), X, T, seed=2)


def agree(what: str, network: CompiledNetwork, analysis: OperatingPoint) -> None:
    """Newton's rule leaves 1e-9 of a volt over a loop slope of 0.1 (see `cases`); ngspice may step."""
    native = Native().simulate(network.circuit, analysis)
    spice = Ngspice().simulate(network.circuit, analysis)
    assert native.status.outcome is Outcome.CONVERGED
    assert spice.status.outcome in (Outcome.CONVERGED, Outcome.STEPPED)
    away = np.abs(spice.voltage(native.nodes) - native.volts).max() / np.abs(native.volts).max()
    print(f"{what}: {away:.1e} of full scale, {len(native.nodes)} nodes")
    stepped = spice.status.outcome is Outcome.STEPPED or "stepping" in str(spice.status)
    assert away <= (1e-6 if stepped else 1e-8)


@REAL
def test_operating_points(name: str) -> None:
    network = compiled(name)
    analysis = network.operating_point(every_node=True)
    agree(name, network, analysis)


PARTS = replace(
    IDEAL, name="real parts, ideal wires", opamp_gain=1e3, opamp_gain_bandwidth=1e9, opamp_slew_rate=1e9,
    opamp_saturation=1.0, opamp_offset=1e-3, opamp_output_resistance=100.0, driver_resistance=50.0,
)  # fmt: skip


@pytest.mark.parametrize("phase", ["predict", "learn"])
@pytest.mark.parametrize("parts", [IDEAL, PARTS, technology("cmos130-rram")], ids=lambda parts: parts.name)
def test_batches(parts: Technology, phase: str) -> None:
    """Many samples at once take a strategy of their own (`native/nonlinear_solve/block_newton.py`)."""
    samples = 80
    rng = np.random.default_rng(6)
    x, t = 0.3 * rng.normal(size=(samples, 3)), 0.3 * rng.normal(size=(samples, 2))
    network = compile_network(NET, parts, x, t if phase == "learn" else None, seed=2)
    analysis = network.operating_point(tuple(range(samples)), every_node=True)
    agree(f"{parts.name} {phase}", network, analysis)


@REAL
def test_noise(name: str) -> None:
    """Over 1e-5 ... 1e5 / tau: what lies outside is some 1e-5 of the rms; the two may differ by 1e-4."""
    network = compiled(name)
    rest = Native().simulate(network.circuit, network.operating_point((0,), every_node=True))
    guess = dict(zip(rest.nodes, rest.volts[0].tolist(), strict=True))
    stimuli = {k: v[0] for k, v in network.operating_point((0,)).stimuli.items()}
    tau = network.scales.seconds
    analysis = Noise(stimuli, network.probes.activities[1], 1e-5 / tau, 1e5 / tau, guess)
    native, spice = (made.noise(network.circuit, analysis) for made in (Native(), Ngspice()))
    away = np.abs(spice.rms / native.rms - 1.0).max()
    print(f"{name}: {away:.1e} of {native.rms.min():.1e} ... {native.rms.max():.1e} V")
    assert away <= 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["breadboard", "cmos65-rram"])
def test_transients(name: str) -> None:
    """Twice what each step control leaves, 1e-5 of full scale (see `cases`)."""
    network = compiled(name)
    analysis: Transient = network.transient(0, start="zero", duration=10.0)
    analysis = replace(analysis, precision=1e-9)
    native, spice = (made.simulate(network.circuit, analysis) for made in (Native(), Ngspice()))
    scale = np.abs(native.volts).max()
    times = spice.axis
    for node in network.probes.activities[1]:
        wave = np.interp(native.axis, times, spice.voltage((node,))[:, 0])
        away = np.abs(wave - native.voltage((node,))[:, 0]).max() / scale
        print(f"{name} {node}: {away:.1e}")
        assert away <= 2e-5
