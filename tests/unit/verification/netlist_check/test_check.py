"""Edited netlists: what passes, what fails, where the fault is said to be, and what cannot be checked."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.simulators.spice.rawfile import read_raw
from analog_pc.verification.netlist_check.cases import netlist_cases
from analog_pc.verification.netlist_check.check import Verdict, check_netlist
from analog_pc.verification.netlist_check.report import headline
from tests.unit.verification.netlist_check.conftest import add_line, replace_amplifier, scale_resistor

Netlist = Callable[..., Path]
PARTS = "ideal", "cmos65-rram", "breadboard"
every_parts = pytest.mark.parametrize("parts", PARTS)


@pytest.mark.parametrize("phase", ["predict", "learn"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@every_parts
def test_a_netlist_as_written_passes(parts: str, activation: str, phase: str, netlist: Netlist) -> None:
    check = check_netlist(netlist(parts, activation, phase))
    assert check.verdict is Verdict.PASS
    assert not check.edited
    assert not check.sources
    assert len(check.nodes) == 4 + 3 * (5 + 3)
    assert check.probes.reference is not None
    assert check.probes.reference.source == ("ideal reference" if parts == "ideal" else "native simulator")


FAULTS = [
    ("pc_layer1", "Rforward_plus_1_2", "mu1_2"),
    ("pc_layer2", "Rforward_minus_1_2", "mu2_2"),
    ("pc_layer2", "Rpredict_rf_1", "mu2_1"),
    ("pc_layer1", "Rnode_spring_3", "x1_3"),
    ("pc_layer2", "Rtransposed_plus_2_1", "back1_1"),
    ("pc_layer2", "Rfeedback_rf_4", "back1_4"),
]


@pytest.mark.parametrize(("block", "resistor", "node"), FAULTS, ids=[node for *_, node in FAULTS])
@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@every_parts
def test_a_resistor_wrong_by_10_percent_is_named_alone(
    parts: str, activation: str, factor: float, block: str, resistor: str, node: str, netlist: Netlist
) -> None:
    """Its consequences run through the whole network, and are larger at other nodes."""
    file = netlist(parts, activation)
    scale_resistor(file, block, resistor, factor)
    check = check_netlist(file)
    assert check.verdict is Verdict.FAIL
    assert check.edited
    assert check.sources[0].probe.node == node
    assert len(check.largest_first) > 3
    assert [source.probe.node for source in check.sources] == [node]
    if parts == "ideal":  # exact: nothing else has a local deviation
        assert not check.followers


@every_parts
def test_two_faults_are_both_named(parts: str, netlist: Netlist) -> None:
    file = netlist(parts)
    scale_resistor(file, "pc_layer1", "Rforward_plus_1_2", 1.1)
    scale_resistor(file, "pc_layer2", "Rpredict_rf_1", 1.1)
    check = check_netlist(file)
    assert {source.probe.node for source in check.sources[:2]} == {"mu1_2", "mu2_1"}


@every_parts
def test_a_wire_between_two_value_nodes_is_named_at_both(parts: str, netlist: Netlist) -> None:
    file = netlist(parts)
    add_line(file, "Rstray x1_0 x1_1 1e6")
    check = check_netlist(file)
    assert check.verdict is Verdict.FAIL
    assert {source.probe.node for source in check.sources[:2]} == {"x1_0", "x1_1"}


@every_parts
def test_a_wire_that_changes_less_than_the_tolerance_passes(parts: str, netlist: Netlist) -> None:
    """1e16 Ohm from a value node to ground: 1e-11 of the spring's conductance."""
    file = netlist(parts)
    add_line(file, "Rstray x1_0 0 1e16")
    check = check_netlist(file)
    assert check.edited
    assert check.verdict is Verdict.PASS


def test_an_own_amplifier_as_good_passes_and_a_poor_one_fails(netlist: Netlist) -> None:
    """Gain 1e9 by another circuit passes.  Gain 1e4 is off by its noise gain over 1e4, as verify says."""
    file = netlist("ideal")
    stages = "E1 mid 0 plus minus 1e5\nRmid mid 0 1e3\nE2 out 0 mid 0 1e4"
    replace_amplifier(file, "opamp", stages)
    assert check_netlist(file).verdict is Verdict.PASS
    file.write_text(file.read_text().replace("E2 out 0 mid 0 1e4", "E2 out 0 mid 0 0.1"))
    check = check_netlist(file)
    assert check.verdict is Verdict.FAIL
    assert {source.probe.quantity for source in check.sources} == {"mu", "back"}
    assert check_netlist(file, tolerance=0.01).verdict is Verdict.PASS


def test_an_own_amplifier_on_real_parts(netlist: Netlist) -> None:
    """The poles that the nodesets name are gone, and ngspice leaves these out."""
    file = netlist("cmos65-rram")
    replace_amplifier(file, "opamp", "E1 o 0 plus minus 1000\nRo o out 1000\nCo o 0 1p")
    assert check_netlist(file).verdict is Verdict.PASS  # the values of the technology
    file.write_text(file.read_text().replace("E1 o 0 plus minus 1000", "E1 o 0 plus minus 900"))
    check = check_netlist(file)
    assert check.verdict is Verdict.FAIL
    assert check.sources[0].probe.quantity in ("mu", "back")
    assert check_netlist(file, tolerance=0.05).verdict is Verdict.PASS


def test_an_own_amplifier_from_a_file_beside_the_netlist(netlist: Netlist) -> None:
    file = netlist("ideal")
    replace_amplifier(file, "opamp", "E1 out 0 plus minus 1e9")
    text = file.read_text()
    block = re.search(r"^\.subckt opamp .*?^\.ends opamp\n", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    (file.parent / "parts").mkdir()
    (file.parent / "parts" / "opamp.lib").write_text(block[0])
    file.write_text(text.replace(block[0], ".include parts/opamp.lib\n"))
    assert check_netlist(file).verdict is Verdict.PASS


@every_parts
def test_one_amplifier_alone_is_named(parts: str, netlist: Netlist) -> None:
    """A tenth of the gain, for one of its kind."""
    file = netlist(parts)
    text, count = re.subn(
        r"^(Xpredict_amp_2 \S+ \S+ mu1_2) opamp$", r"\1 poor", file.read_text(), flags=re.MULTILINE
    )
    assert count == 1
    file.write_text(text)
    add_line(file, ".subckt poor plus minus out\nE1 out 0 plus minus 100\n.ends poor")
    check = check_netlist(file)
    assert check.verdict is Verdict.FAIL
    assert check.sources[0].probe.node == "mu1_2"


def test_a_reference_of_ones_own(netlist: Netlist) -> None:
    """Volts and tolerances of probes.json are plain numbers."""
    file = netlist("ideal")
    probes = json.loads((file.parent / "probes.json").read_text())
    (probe,) = (p for p in probes["nodes"] if p["node"] == "mu2_1")
    probe["volts"][0] += 0.01
    (file.parent / "probes.json").write_text(json.dumps(probes))
    (failed,) = check_netlist(file).largest_first
    assert failed.probe.node == "mu2_1"
    assert failed.deviation == pytest.approx(-0.01, abs=1e-6)
    probe["tolerance"] = 0.02
    (file.parent / "probes.json").write_text(json.dumps(probes))
    assert check_netlist(file).verdict is Verdict.PASS


def test_an_own_amplifier_in_the_syntax_of_pspice(netlist: Netlist) -> None:
    """ngspice knows IF() in a compatibility mode alone."""
    file = netlist("ideal")
    replace_amplifier(file, "opamp", "E1 out 0 VALUE = {IF(V(plus) > 1, 0, 1E9*V(plus,minus))}")
    assert check_netlist(file).verdict is Verdict.NOT_CHECKED
    assert check_netlist(file, ngbehavior="psa").verdict is Verdict.PASS
    with pytest.raises(BadInput, match="ngbehavior"):
        check_netlist(file, ngbehavior="psa -r /tmp/x")


def test_what_ngspice_ignores_does_not_stop_it(netlist: Netlist) -> None:
    """Vendors' models have parameters that ngspice does not know."""
    file = netlist("ideal")
    add_line(file, ".model vendor d(is=1e-14 unknown=3)\nDprotect 0 x1_0 vendor")
    check = check_netlist(file)
    assert check.verdict is Verdict.FAIL  # of the diode's 1e-14 A
    assert check.sources[0].probe.node == "x1_0"
    assert check_netlist(file, tolerance=0.01).verdict is Verdict.PASS


def test_the_cases_share_the_time_of_the_simulation(netlist: Netlist) -> None:
    check = check_netlist(netlist("ideal"))
    seconds = [case.seconds for case in netlist_cases(check)]
    assert sum(seconds) == pytest.approx(check.seconds)
    assert set(seconds) == {check.seconds / len(seconds)}


def test_a_wrong_clamp_is_named(netlist: Netlist) -> None:
    file = netlist("ideal")
    text, count = re.subn(r"^(Vclamp0_1 \S+ \S+) \S+$", r"\1 0.05", file.read_text(), flags=re.MULTILINE)
    assert count == 1
    file.write_text(text)
    (source,) = check_netlist(file).sources
    assert (source.probe.node, source.parts) == ("x0_1", "clamp")


@pytest.mark.parametrize("kind", ["buffer", "difference"])
def test_a_wrong_amplifier_of_gain_one_is_named(kind: str, netlist: Netlist) -> None:
    file = netlist("ideal")
    replace_amplifier(file, kind, "E1 out 0 plus minus 0.9")
    expected = {"buffer": {"rate"}, "difference": {"anti", "eps", "anti_eps"}}[kind]
    assert {source.probe.quantity for source in check_netlist(file).sources} == expected


def test_plain_ngspice_finds_the_same_voltages(netlist: Netlist) -> None:
    file = netlist("cmos65-rram")
    scale_resistor(file, "pc_layer2", "Rpredict_rf_1", 1.1)
    command = ["ngspice", "-b", "-r", "out.raw", file.name]
    subprocess.run(command, cwd=file.parent, check=True, capture_output=True, timeout=60)
    (plot,) = read_raw((file.parent / "out.raw").read_bytes())
    volts = dict(zip(plot.variables, plot.data[0].tolist(), strict=True))
    for node in check_netlist(file).nodes:
        assert node.measured == volts[f"v({node.probe.node})"]


# --- not checked


def test_a_missing_node_is_not_checked_probes(netlist: Netlist) -> None:
    file = netlist("ideal")
    add_line(file, ".save v(x1_0) v(x1_1)")
    check = check_netlist(file)
    assert check.verdict is Verdict.NOT_CHECKED
    assert sum(node.verdict is Verdict.PASS for node in check.nodes) == 2
    assert headline(check) == "NOT CHECKED: 26 of 28 nodes: the result has no node x0_0"


def test_a_fault_is_a_fault_where_other_nodes_are_missing(netlist: Netlist) -> None:
    file = netlist("ideal")
    add_line(file, ".save v(x1_0) v(x1_1) v(mu1_0) v(mu1_1)")
    add_line(file, "Rstray x1_0 x1_1 1e6")
    check = check_netlist(file)
    assert check.verdict is Verdict.FAIL
    assert headline(check).endswith("24 not checked")


def without_operating_point(text: str) -> dict[str, tuple[str, str]]:
    """Netlists, and what is said of them."""
    loop = "Vone loop 0 1\nVtwo loop 0 2"
    return {
        "no analysis": (text.replace("\n.op\n", "\n"), "no raw file"),
        "a transient alone": (text.replace("\n.op\n", "\n.tran 1n 1u\n"), "no operating point"),
        "two": (text.replace("\n.op\n", "\n.op\n.op\n"), ""),
        "singular": (text.replace("\n.op\n", f"\n{loop}\n.op\n"), "singular matrix"),
        "no such part": (text.replace("\n.op\n", "\nXown 0 0 0 mine\n.op\n"), "unknown subckt"),
        "quits": (text.replace("\n.op\n", "\n.control\nop\nquit 0\n.endc\n.op\n"), "no raw file"),
        "exits": (text.replace("\n.op\n", "\n.control\nop\nquit 3\n.endc\n.op\n"), "exit code 3"),
        "ascii": (text.replace("\n.op\n", "\n.control\nset filetype=ascii\n.endc\n.op\n"), "Binary"),
        "sweep": (text.replace("\n.op\n", "\nVs s 0 0\n.dc Vs 0 1 1\n"), "2 points"),
        "empty": ("", "ngspice"),
        "prose": ("Dear reader,\nthis is no netlist.\n", "ngspice"),
    }


@pytest.mark.parametrize("case", [name for name in without_operating_point("") if name != "two"])
def test_a_run_without_operating_point_is_not_checked_probes(case: str, netlist: Netlist) -> None:
    file = netlist("ideal")
    text, words = without_operating_point(file.read_text())[case]
    file.write_text(text)
    check = check_netlist(file)
    assert check.verdict is Verdict.NOT_CHECKED
    assert words in headline(check)
    assert not check.sources


def test_a_probes_file_without_reference_judges_nothing(netlist: Netlist) -> None:
    file = netlist("ideal")
    probes = json.loads((file.parent / "probes.json").read_text())
    probes["reference"] = None
    for probe in probes["nodes"]:
        probe["volts"] = []
        probe["tolerance"] = None
    (file.parent / "probes.json").write_text(json.dumps(probes))
    check = check_netlist(file)
    assert check.verdict is Verdict.NOT_CHECKED
    assert "no reference" in headline(check)


def test_a_node_without_expected_volts_is_not_checked_probes(netlist: Netlist) -> None:
    file = netlist("ideal")
    probes = json.loads((file.parent / "probes.json").read_text())
    probes["nodes"][0]["volts"] = []
    (file.parent / "probes.json").write_text(json.dumps(probes))
    check = check_netlist(file)
    assert check.verdict is Verdict.NOT_CHECKED
    assert check.nodes[0].message == "1 points, the reference has 0"


def test_the_users_spiceinit_does_not_count(netlist: Netlist, monkeypatch: pytest.MonkeyPatch) -> None:
    file = netlist("ideal")
    home = file.parent / "home"
    home.mkdir()
    for folder in (home, file.parent):
        (folder / ".spiceinit").write_text("quit 7\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(file.parent)
    assert check_netlist(Path("network.cir")).verdict is Verdict.PASS


def test_what_a_netlist_writes_goes_with_its_run(netlist: Netlist, monkeypatch: pytest.MonkeyPatch) -> None:
    file = netlist("ideal")
    add_line(file, ".control\nop\nwrdata mine.txt v(x1_0)\n.endc")
    monkeypatch.chdir(file.parent)
    before = {path.name for path in file.parent.iterdir()}
    assert check_netlist(file).verdict is Verdict.PASS
    assert {path.name for path in file.parent.iterdir()} == before


def test_local_deviations_of_the_reference_are_zero(netlist: Netlist) -> None:
    """Sources are looked for in deviations only: with none, none is found."""
    check = check_netlist(netlist("ideal"))
    assert check.sources == ()
    assert all(np.isfinite(node.deviation) for node in check.nodes if node.deviation is not None)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "hard_sigmoid", "sigmoid", "identity"])
@pytest.mark.parametrize(("block", "resistor", "node"), FAULTS, ids=[node for *_, node in FAULTS])
def test_sources_with_every_activation(
    activation: str, block: str, resistor: str, node: str, netlist: Netlist
) -> None:
    """An activity that rests on a kink takes whatever slope balances it, and hides nothing else."""
    file = netlist("ideal", activation)
    scale_resistor(file, block, resistor, 1.1)
    check = check_netlist(file)
    assert [source.probe.node for source in check.sources] == [node]
