"""Noise by ngspice: what its deck says, a band, several nodes, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    Instance,
    Noise,
    Outcome,
    Resistors,
    StimulusSources,
    Subcircuit,
    grounds,
)
from analog_pc.errors import BadInput, SimulationFailed, SimulatorMissing
from analog_pc.simulators import Ngspice
from analog_pc.simulators.spice.noise import noise_deck, rms_of
from analog_pc.simulators.spice.rawfile import Plot

BOLTZMANN = 1.380649e-23
BLOCK = Subcircuit(
    "rc",
    ("a", "b"),
    (Resistors("r", ("a", "m"), ("m", "b"), 1e6), Capacitors("c", ("m",), grounds(1), 1e-12)),
)
RC = Circuit(
    "noisy",
    (StimulusSources("u", ("in",), grounds(1)), Resistors("load", ("out",), grounds(1), 1e6)),
    (Instance("i1", BLOCK, ("in", "out")),),
    temperature=400.0,
)
DRIVE = {"u": np.array([0.1])}


def test_the_deck() -> None:
    text = noise_deck(RC, Noise(DRIVE, ("i1.m",), 1.0, 1e9, guess={"out": 0.05}), "i1.m")
    probe, nodeset, options, analysis, end = text.replace("\n+ ", " ").splitlines()[-5:]
    assert probe == "I_probe 0 xi1.m 0 ac 1"
    assert nodeset == ".nodeset v(out)=0.05"
    assert options.startswith(".options reltol=1e-9")
    assert f"temp={400.0 - 273.15!r} tnom={400.0 - 273.15!r}" in options
    begin, _, high = analysis.rpartition(" ")
    assert begin == ".noise v(xi1.m) I_probe dec 100 1.0"
    assert float(high) > 1e9  # the last of the points may lie before the end that is asked for
    assert end == ".end"


def test_the_noise_of_an_input_is_that_of_a_resistor() -> None:
    """4 k T R = e^2 at the circuit's own temperature."""
    amp = Amplifiers("amp", ("in",), ("p",), ("p",), 1e3, gain_bandwidth=1e6, noise=1e-8)
    circuit = Circuit("noisy", (StimulusSources("u", ("in",), grounds(1)), amp), temperature=350.0)
    text = noise_deck(circuit, Noise(DRIVE, ("p",), 1.0, 1e9), "p")
    ohms = [float(line.split()[3]) for line in text.splitlines() if line.startswith("Rnoise ")]
    assert ohms == [pytest.approx(1e-16 / (4.0 * BOLTZMANN * 350.0), rel=1e-14)]


def test_a_narrow_band_holds_the_density_times_its_width() -> None:
    """Far below the pole: 4 k T R of the three megohms around the node, 1 M || 2 M, over 990 Hz.

    The pole, 1/(2 pi 0.67 us) = 240 kHz, takes (f/f_c)^2 / 3 = 6e-6 of the variance up to 1 kHz.
    """
    found = Ngspice().noise(RC, Noise(DRIVE, ("i1.m",), 10.0, 1e3))
    expected = np.sqrt(4.0 * BOLTZMANN * 400.0 * (2e6 / 3.0) * 990.0)
    assert found.rms[0] == pytest.approx(
        expected, rel=1e-5
    )  # 3e-6 of the pole; a flat density is integrated well
    assert found.status.notes == ("over 10 ... 1000 Hz", "stability of the operating point not checked")


def test_nodes_keep_their_order() -> None:
    nodes = ("out", "i1.m", "in")
    found = Ngspice().noise(RC, Noise(DRIVE, nodes, 1e-1, 1e3))
    assert found.nodes == nodes
    assert found.status.outcome is Outcome.CONVERGED
    assert found.covariance is None
    # At low frequency: 2 M || 1 M at either node; a source is silent.
    density = 4.0 * BOLTZMANN * 400.0 * 2e6 / 3.0
    np.testing.assert_allclose(found.rms[:2], np.sqrt(density * (1e3 - 0.1)), rtol=1e-4)
    assert found.rms[2] == 0.0


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        (Noise(DRIVE, ("nowhere",), 1.0, 2.0), "no node 'nowhere'"),
        (Noise(DRIVE, ("out",), 1.0, 2.0, guess={"away": 0.0}), "no node 'away'"),
        (Noise({}, ("out",), 1.0, 2.0), "stimuli of circuit noisy"),
        (Noise({"u": np.zeros(2)}, ("out",), 1.0, 2.0), r"stimuli 'u': shape \(2,\), expected \(1,\)"),
        (Noise({"u": np.array([np.nan])}, ("out",), 1.0, 2.0), "not finite"),
    ],
)
def test_refused(analysis: Noise, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Ngspice().noise(RC, analysis)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (1.0, np.inf), (np.nan, 1.0)])
def test_impossible_bands(low: float, high: float) -> None:
    with pytest.raises(BadInput, match=r"noise: band .* Hz, must be 0 < low < high < inf"):
        Noise(DRIVE, ("out",), low, high)


def test_no_nodes() -> None:
    with pytest.raises(BadInput, match="noise: no nodes to look at"):
        Noise(DRIVE, (), 1.0, 2.0)


def test_a_floating_node_is_refused() -> None:
    circuit = Circuit("floating", (Capacitors("c", ("a",), grounds(1), 1e-12),))
    with pytest.raises(BadInput, match="'a' has no path"):
        Ngspice().noise(circuit, Noise({}, ("a",), 1.0, 2.0))


def test_no_program_no_noise() -> None:
    with pytest.raises(SimulatorMissing, match="not found on PATH"):
        Ngspice("ngspice-is-not-here").noise(RC, Noise(DRIVE, ("out",), 1.0, 2.0))


@pytest.mark.parametrize(("low", "high"), [(1e-8, 1e8), (1e-3, 3.3), (0.1, 0.2), (1.0, 1.01)])
def test_any_band_of_one_pole(low: float, high: float) -> None:
    """4 k T R / (1 + (f/f_c)^2) over the band: k T / C times 2/pi (arctan(high/f_c) - arctan(low/f_c))."""
    ohms, farads, kelvin = 1e6, 1e-12, 350.0
    circuit = Circuit(
        "pole",
        (
            StimulusSources("u", ("a",), grounds(1)),
            Resistors("r", ("a",), ("b",), ohms),
            Capacitors("c", ("b",), grounds(1), farads),
        ),
        temperature=kelvin,
    )
    corner = 1.0 / (2.0 * np.pi * ohms * farads)
    found = Ngspice().noise(circuit, Noise(DRIVE, ("b",), low * corner, high * corner))
    share = 2.0 / np.pi * (np.arctan(high) - np.arctan(low))
    # ngspice's Boltzmann constant is 3.5e-7 low, half of it in the rms; the spline's part is below that.
    assert found.rms[0] == pytest.approx(np.sqrt(BOLTZMANN * kelvin / farads * share), rel=5e-7)


def density(hertz: list[float], values: list[float]) -> Plot:
    return Plot(
        "Noise Spectral Density Curves", ("frequency", "onoise_spectrum"), np.array([hertz, values]).T
    )


BAND = Noise(DRIVE, ("out",), 1.0, 4.0)
TOTAL = Plot("Integrated Noise", ("v(onoise_total)",), np.array([[np.nan]]))


def test_the_total_of_ngspice_is_not_used() -> None:
    """A density of 2 V/sqrt(Hz) over 3 Hz, though the total is NaN; f S = 4 e^(log f) is no cubic exactly."""
    hertz = np.geomspace(1.0, 4.5, 200)
    plots = [density(hertz.tolist(), [2.0] * 200), TOTAL]
    assert rms_of(plots, BAND, "out") == pytest.approx(2.0 * np.sqrt(3.0), rel=1e-8)


@pytest.mark.parametrize(
    ("plots", "message"),
    [
        ([], "expected one density, got 0"),
        ([TOTAL], "expected one density, got 0"),
        ([density([1, 2, 3, 4], [1, 1, 1, 1])] * 2, "expected one density, got 2"),
        ([density([1, 2, 3, 4], [1, np.nan, 1, 1])], "the density is not finite"),
        ([density([1, 2, 3, 3.9], [1, 1, 1, 1])], "does not cover the band"),
        ([density([1.1, 2, 3, 4], [1, 1, 1, 1])], "does not cover the band"),
        ([density([1, 2, 4], [1, 1, 1])], "does not cover the band"),
    ],
)
def test_a_density_that_is_none(plots: list[Plot], message: str) -> None:
    with pytest.raises(SimulationFailed, match=f"ngspice: noise of node 'out': .*{message}"):
        rms_of(plots, BAND, "out")
