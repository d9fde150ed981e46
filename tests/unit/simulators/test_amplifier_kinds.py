"""One subcircuit for each kind of amplifier; what distinguishes the amplifiers stands outside."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import (
    Amplifiers,
    Circuit,
    Instance,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Subcircuit,
    VoltageSources,
    bus,
    grounds,
)
from analog_pc.circuit.amplifiers import PAIR, RAIL
from analog_pc.circuit.transfer import limiter
from analog_pc.compiler import compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import random_network
from analog_pc.simulators import Native, Ngspice
from analog_pc.simulators.spice import single_sample_deck, to_pyspice
from analog_pc.simulators.spice.names import transfer_text
from analog_pc.simulators.spice.rawfile import read_raw
from analog_pc.technology import IDEAL, TECHNOLOGIES


def lines_of(*banks: Amplifiers) -> list[str]:
    """The netlist without title, comments and empty lines."""
    lines = str(to_pyspice(Circuit("one", banks))).splitlines()
    return [line for line in lines[1:] if line and not line.startswith("*")]


def test_ideal_amplifiers_are_controlled_sources() -> None:
    bank = Amplifiers("a", bus("p", 2), bus("m", 2), bus("y", 2), 10.0, kind="opamp")
    assert lines_of(bank) == [
        ".subckt opamp plus minus out",
        "Eout out 0 plus minus 10.0",
        ".ends opamp",
        "Xa_0 p_0 m_0 y_0 opamp",
        "Xa_1 p_1 m_1 y_1 opamp",
    ]


def test_an_offset_is_a_source_in_series_with_the_noninverting_input() -> None:
    bank = Amplifiers("a", bus("p", 2), bus("m", 2), bus("y", 2), 10.0, offset=[0.0, 1e-3])
    assert lines_of(bank)[3:] == [
        "Xa_0 p_0 m_0 y_0 amplifier",
        "Va_1_offset a_1_plus p_1 0.001",
        "Xa_1 a_1_plus m_1 y_1 amplifier",
    ]


def test_an_amplifier_with_a_pole_is_a_stage_and_a_capacitor() -> None:
    """The pole's capacitor is 1 mS / (2 pi GBW), and the slew rate the largest current over it."""
    bank = Amplifiers("a", ("x",), grounds(1), ("y",), 10.0, gain_bandwidth=1e6, slew_rate=1e6)
    farads = 1e-3 / (2.0 * np.pi * 1e6)
    limited = transfer_text(limiter(1e6 * farads, PAIR), "0.001*((v(plus)-v(minus))-v(pole)/10.0)")
    assert sorted(lines_of(bank)[1:4]) == sorted(
        [f"Bstage 0 pole i={limited}", f"Cpole pole 0 {farads!r}", "Bout out 0 v=v(pole)"]
    )


def test_rail_and_output_resistance() -> None:
    bank = Amplifiers("a", ("x",), grounds(1), ("y",), 10.0, output_ohms=50.0, saturation=2.0)
    limited = transfer_text(limiter(2.0, RAIL), "10.0*(v(plus)-v(minus))")
    assert sorted(lines_of(bank)[1:3]) == sorted(["Rout stiff out 50.0", f"Bout stiff 0 v={limited}"])


def test_banks_share_a_kind_if_all_but_the_offset_agrees() -> None:
    one = Amplifiers("a", ("p",), ("m",), ("y",), 10.0, kind="opamp")
    same = Amplifiers("b", ("y",), ("m",), ("z",), 10.0, offset=[1.0], kind="opamp")
    other_gain = Amplifiers("c", ("y",), ("m",), ("u",), 11.0, kind="opamp")
    other_word = Amplifiers("d", ("y",), ("m",), ("v",), 10.0, kind="buffer")
    found = lines_of(one, same, other_gain, other_word)
    assert [line.split()[1] for line in found if line.startswith(".subckt")] == ["opamp", "opamp_2", "buffer"]
    kinds = {line.split()[0]: line.split()[-1] for line in found if line.startswith("X")}
    assert kinds == {"Xa_0": "opamp", "Xb_0": "opamp", "Xc_0": "opamp_2", "Xd_0": "buffer"}


def test_a_kind_leaves_the_name_of_a_block_to_the_block() -> None:
    block = Subcircuit("opamp", ("p",), (Amplifiers("a", ("p",), grounds(1), ("y",), 10.0, kind="opamp"),))
    text = str(to_pyspice(Circuit("c", (), (Instance("i", block, ("n",)),))))
    assert re.findall(r"^\.subckt (\S+)", text, re.MULTILINE) == ["opamp_2", "opamp"]
    assert "Xa_0 p 0 y opamp_2" in text.splitlines()


def test_a_kind_is_one_plain_word() -> None:
    with pytest.raises(BadInput, match="kind name"):
        Amplifiers("a", ("p",), ("m",), ("y",), 10.0, kind="op amp\n.include x")


@pytest.mark.parametrize("spare_ports", [0, 1100])  # the second is written flat
def test_every_limit_of_an_amplifier_is_what_native_solves(spare_ports: int) -> None:
    """Offset, rail, output resistance and pole, on both sides of the rail."""
    bank = Amplifiers(
        "amp", ("a",), ("out",), ("out",), 1e3, [2e-3], gain_bandwidth=1e6, slew_rate=1e6, saturation=1.0,
        output_ohms=1e3, noise=1e-8,
    )  # fmt: skip
    block = Subcircuit(
        "block", ("a", *bus("spare", spare_ports)), (bank, Resistors("load", ("out",), grounds(1), 1e4))
    )
    circuit = Circuit(
        "follower",
        (StimulusSources("u", ("in",), grounds(1)),),
        (Instance("one", block, ("in", *("in",) * spare_ports)),),
    )
    analysis = OperatingPoint({"u": np.array([[-2.0], [0.1], [0.9]])})
    native = Native().simulate(circuit, analysis)
    ngspice = Ngspice().simulate(circuit, analysis)
    np.testing.assert_allclose(ngspice.voltage(native.nodes), native.volts, rtol=0.0, atol=1e-9)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_kinds_of_a_network(activation: str) -> None:
    network = random_network((3, 4, 2), activation, seed=0)
    for technology in (IDEAL, TECHNOLOGIES["cmos65-rram"]):
        compiled = compile_network(network, technology, np.ones((1, 3)), np.zeros((1, 2)))
        stimuli = {name: volts[0] for name, volts in compiled.operating_point().stimuli.items()}
        text = single_sample_deck(compiled.circuit, stimuli)
        names = re.findall(r"^\.subckt (\S+) plus minus out$", text, re.MULTILINE)
        expected = ["buffer", "difference", "opamp", *(["rectifier"] if activation == "relu" else [])]
        assert sorted(names) == expected


def test_another_amplifier_is_one_edit(tmp_path: Path) -> None:
    """A follower of gain 10 settles at 10/11 of its input; with an own .subckt of gain 1 at 1/2."""
    bank = Amplifiers("a", ("p",), ("y",), ("y",), 10.0, kind="opamp")
    circuit = Circuit("c", (VoltageSources("u", ("p",), grounds(1), 1.1), bank))
    text = single_sample_deck(circuit, {})
    own = ".subckt opamp plus minus out\nRin plus minus 1e6\nEout out 0 plus minus 1\n.ends opamp"
    edited = re.sub(
        r"^\.subckt opamp.*?^\.ends opamp", ".include own.lib", text, flags=re.MULTILINE | re.DOTALL
    )
    assert edited != text
    (tmp_path / "own.lib").write_text(own + "\n")
    for deck, volts in ((text, 1.0), (edited, 0.55)):
        (tmp_path / "network.cir").write_text(deck)
        command = ["ngspice", "-b", "-r", "out.raw", "network.cir"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=30)
        (plot,) = read_raw((tmp_path / "out.raw").read_bytes())
        assert plot.data[0, plot.variables.index("v(y)")] == pytest.approx(volts, rel=1e-6)


def test_another_temperature_is_another_noise() -> None:
    """4 k T R = (noise density)^2."""
    bank = Amplifiers("a", ("p",), grounds(1), ("y",), 10.0, noise=1e-8)
    circuit = Circuit("c", (bank,), temperature=350.0)
    (line,) = (x for x in str(to_pyspice(circuit)).splitlines() if x.startswith("Rnoise"))
    assert float(line.split()[-1]) * 4.0 * 1.380649e-23 * 350.0 == pytest.approx(1e-16, rel=1e-12)
    warmer = replace(circuit, temperature=300.0)
    assert line not in str(to_pyspice(warmer))
