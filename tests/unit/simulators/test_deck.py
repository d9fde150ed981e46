"""Decks: what they say, that plain ngspice runs them, and that large ones are taken."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    Instance,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Subcircuit,
    Transient,
    bus,
    grounds,
)
from analog_pc.errors import BadInput
from analog_pc.simulators import Ngspice
from analog_pc.simulators.spice import deck, single_sample_deck
from analog_pc.simulators.spice.rawfile import read_raw

LAYER = Subcircuit(
    "layer",
    (*bus("x", 2), "y"),
    (
        Crossbar("g", bus("x", 2), ("col",), [[1e-5], [3e-5]]),
        Amplifiers("tia", grounds(1), ("col",), ("y",), 1e5),
        Resistors("rf", ("col",), ("y",), 1e4 / 3.0),
    ),
)
CIRCUIT = Circuit(
    "demo",
    (StimulusSources("u", bus("a", 2), grounds(2)),),
    (Instance("layer1", LAYER, (*bus("a", 2), "out")), Instance("layer2", LAYER, ("out", "a_0", "end"))),
)
RC = Circuit(
    "rc",
    (
        StimulusSources("u", ("a",), grounds(1)),
        Resistors("r", ("a",), ("b",), 1e6),
        Capacitors("c", ("b",), grounds(1), 1e-12),
    ),
)


def tail(text: str) -> list[str]:
    """The lines after the last instance."""
    lines = text.splitlines()
    return lines[max(i for i, line in enumerate(lines) if line[:1] in tuple("XRC")) + 1 :]


def test_one_sample_is_a_plain_operating_point() -> None:
    text = deck(
        CIRCUIT, OperatingPoint({"u": np.array([[0.1, 0.2]])}, guess={"layer1.col": 0.0, "out": -0.5})
    )
    assert "Vu_1 a_1 0 0.2" in text.splitlines()
    lines = tail(text)
    assert lines[:2] == [".nodeset v(xlayer1.col)=0.0", ".nodeset v(out)=-0.5"]
    assert lines[2].startswith(".options reltol=1e-9")
    assert lines[3:] == [".op", ".end"]


def test_a_batch_is_one_sweep_and_presets_come_first() -> None:
    stimuli, preset = {"u": np.array([[0.1], [0.2]])}, {"u": np.array([[-1.0], [1.0]])}
    text = deck(RC, OperatingPoint(stimuli, preset))
    assert "Bu_0 a 0 V=pwl(v(_index), 0,-1.0, 1,0.1, 2,1.0, 3,0.2)" in text.splitlines()
    assert ".dc Vindex 0 3 1" in text.splitlines()
    assert ".dc Vindex 0 1 1" in deck(RC, OperatingPoint(stimuli))


def test_the_deck_of_a_transient() -> None:
    analysis = Transient({"u": np.array([0.1])}, {"b": 0.05}, 1e-5, 1e-6, save=("b",), stiff=True)
    lines = tail(deck(RC, analysis))
    assert lines[:2] == [".ic v(b)=0.05", ".save v(b)"]
    assert "method=gear" in lines[2]
    assert "chgtol=1e-14" in " ".join(lines[2:4])
    assert lines[-2:] == [".tran 1e-10 1e-05 0 1e-06", ".end"]
    plain = Transient({"u": np.array([0.1])}, {}, 1e-5, 1.0)
    assert ".tran 1e-10 1e-05 0 1e-05" in deck(RC, plain).splitlines()
    assert "gear" not in deck(RC, plain)


def test_plain_ngspice_runs_the_single_sample_deck(tmp_path: Path) -> None:
    stimuli = {"u": np.array([0.1, 0.2])}
    (tmp_path / "network.cir").write_text(single_sample_deck(CIRCUIT, stimuli))
    command = ["ngspice", "-b", "-r", "out.raw", "network.cir"]
    subprocess.run(command, cwd=tmp_path, timeout=30, check=True, capture_output=True)
    (plot,) = read_raw((tmp_path / "out.raw").read_bytes())
    solution = Ngspice().simulate(CIRCUIT, OperatingPoint({"u": stimuli["u"][np.newaxis]}))
    assert plot.data[0, plot.variables.index("v(xlayer1.col)")] == solution.voltage(["layer1.col"])[0, 0]


def test_500_samples_in_one_run() -> None:
    volts = np.random.default_rng(0).normal(size=(500, 3))
    circuit = Circuit(
        "batch",
        (StimulusSources("u", bus("a", 3), grounds(3)), Resistors("r", bus("a", 3), ("s",) * 3, 1e3)),
    )
    text = deck(circuit, OperatingPoint({"u": volts}))
    assert max(len(line) for line in text.splitlines()) <= 120
    solution = Ngspice().simulate(circuit, OperatingPoint({"u": volts}))
    # pwl interpolates at the samples: 500 times the rounding of one slope.
    np.testing.assert_allclose(solution.voltage(bus("a", 3)), volts, rtol=0.0, atol=1e-11)
    np.testing.assert_allclose(solution.voltage(["s"])[:, 0], volts.mean(axis=1), rtol=0.0, atol=1e-11)
    np.testing.assert_array_equal(solution.axis, np.arange(500))


def test_unknown_nodes_are_refused() -> None:
    sample = {"u": np.array([0.1])}
    for analysis in (
        OperatingPoint({"u": np.array([[0.1]])}, guess={"layer9.x": 0.0}),
        Transient(sample, {"nowhere": 0.0}, 1e-6, 1e-6),
        Transient(sample, {}, 1e-6, 1e-6, save=("b", "nowhere")),
    ):
        with pytest.raises(BadInput, match="no node"):
            deck(RC, analysis)


def test_unusable_stimuli_are_refused() -> None:
    with pytest.raises(BadInput, match="no samples"):
        deck(RC, OperatingPoint({"u": np.zeros((0, 1))}))
    with pytest.raises(BadInput, match="expected"):
        single_sample_deck(RC, {"u": np.zeros(2)})
    with pytest.raises(BadInput, match="cannot be written"):
        deck(RC, OperatingPoint({"u": np.zeros((1, 1))}, guess={"b": float("nan")}))


def test_no_suffix_and_no_numpy_text_reaches_a_deck() -> None:
    text = deck(CIRCUIT, OperatingPoint({"u": np.full((3, 2), np.float64(1e-6) / 3)}))
    assert "np." not in text
    assert not re.search(r"\s\d[\d.]*[a-df-z]", text)  # a number that ends in a letter, such as 1k
