"""Probes of another netlist are told from those of an edited one, in writing and in the check."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analog_pc.verification.netlist_check.check import check_netlist
from analog_pc.verification.netlist_check.origin import of_another_netlist
from analog_pc.verification.netlist_check.probes_file import read_probes
from analog_pc.verification.netlist_check.report import markdown, summary
from tests.unit.verification.netlist_check.conftest import replace_amplifier, scale_resistor

KINDS = [(parts, "tanh", phase) for parts in ("ideal", "cmos65-rram") for phase in ("learn", "predict")]

Netlist = Callable[..., Path]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind))
def test_technology_and_phase_are_told_apart(kind: tuple[str, str, str], written: Netlist) -> None:
    content = (written(*kind) / "network.cir").read_bytes()
    for other in KINDS:
        said = of_another_netlist(content, read_probes(written(*other) / "probes.json"))
        if other == kind:
            assert said == ""
        else:
            assert f"theirs: technology {other[0]}, outputs " in said
            assert f"phase {other[2]})" in said
            assert "\n" not in said


@pytest.mark.parametrize("parts", ["ideal", "cmos65-rram"])
def test_an_edited_netlist_of_the_right_pair_is_not_accused(parts: str, netlist: Netlist) -> None:
    path = netlist(parts, "tanh", "learn")
    scale_resistor(path, "pc_layer1", "Rpredict_rf_0", 1.1)
    replace_amplifier(path, "opamp", "Eout out 0 plus minus 30")
    path.write_text(path.read_text().replace("Vclamp0_0 x0_0 0 0.0", "Vclamp0_0 x0_0 0 0.1"))
    check = check_netlist(path)
    assert check.edited
    assert check.verdict.value == "fail"
    assert check.foreign == ""


@pytest.mark.parametrize("parts", ["ideal", "breadboard"])
def test_a_pair_as_written_agrees_at_kinks_too(parts: str, written: Netlist) -> None:
    for phase in ("learn", "predict"):
        folder = written(parts, "relu", phase)
        content = (folder / "network.cir").read_bytes()
        assert of_another_netlist(content, read_probes(folder / "probes.json")) == ""


def test_the_check_says_so_before_it_blames_parts(netlist: Netlist, written: Netlist) -> None:
    path = netlist("ideal", "tanh", "learn")
    shutil.copy(written("ideal", "tanh", "predict") / "probes.json", path.with_name("probes.json"))
    check = check_netlist(path)
    assert check.verdict.value == "fail"
    for text in (summary(check), markdown(check)):
        assert text.index("the probes are of another netlist") < text.index("local deviation")


def test_without_the_lines_of_the_writer_nothing_is_said(written: Netlist) -> None:
    probes = read_probes(written("ideal", "tanh", "predict") / "probes.json")
    text = (written("ideal", "tanh", "learn") / "network.cir").read_text()
    assert of_another_netlist(text.encode(), probes)
    without = "\n".join(line for line in text.splitlines() if not line.startswith(".nodeset"))
    assert of_another_netlist(without.encode(), probes) == ""
    guessed = text.replace("* from the state of rest", "* a guess")
    assert of_another_netlist(guessed.encode(), probes) == ""
    own = read_probes(written("ideal", "tanh", "learn") / "probes.json")
    one = text.replace(".nodeset v(x1_0)=", ".nodeset v(x1_0)=1")  # one line edited
    assert one != text
    assert of_another_netlist(one.encode(), own) == ""
    assert of_another_netlist(text.replace("v(x1_0)=", "v(x1_0)={start}+").encode(), own) == ""
