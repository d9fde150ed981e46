"""`analog-pc verify --netlist` and `--junit` from outside: exit codes, output, and files left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.verification.tolerances import ACCEPTANCE


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def refused(result: Result, *words: str) -> None:
    """Exit 2, one line on stderr with all the words, nothing on stdout."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("analog-pc: ")
    assert len(line) < 300
    assert not [word for word in words if word not in line], line
    assert result.stdout == ""


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NET.npz, stimuli.npz, network.cir and probes.json."""
    folder = tmp_path_factory.mktemp("emitted")
    random = np.random.default_rng(5)
    save_network(folder / "net.npz", random_network((4, 3, 2), "tanh", seed=1))
    np.savez(folder / "stimuli.npz", inputs=random.normal(size=(3, 4)), targets=random.normal(size=(3, 2)))
    result = cli("netlist", folder / "net.npz", "--stimuli", folder / "stimuli.npz", "--phase", "learn",
                 "--out", folder)  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def folder(emitted: Path, tmp_path: Path) -> Path:
    """A copy of netlist and probes."""
    for name in ("network.cir", "probes.json"):
        (tmp_path / name).write_bytes((emitted / name).read_bytes())
    return tmp_path


def stray(folder: Path) -> Path:
    """The netlist with a resistor between two value nodes."""
    path = folder / "edited.cir"
    path.write_text((folder / "network.cir").read_text().replace("\n.op\n", "\nRs x1_0 x1_1 1e6\n.op\n"))
    return path


def cases(path: Path) -> dict[str, str]:
    """The test cases of a JUnit file: pass, failure or skipped."""
    root = ElementTree.fromstring(path.read_text())
    assert root.tag == "testsuites"
    (suite,) = root
    found = {}
    for case in suite:
        kinds = [child.tag for child in case]
        assert kinds in ([], ["failure"], ["skipped"])
        assert float(case.attrib["time"]) >= 0.0
        found[f"{case.attrib['classname']}.{case.attrib['name']}"] = kinds[0] if kinds else "pass"
    assert int(suite.attrib["tests"]) == len(found)
    assert int(suite.attrib["failures"]) == sum(kind == "failure" for kind in found.values())
    assert int(suite.attrib["skipped"]) == sum(kind == "skipped" for kind in found.values())
    return found


# --- verdicts


def test_a_pass(folder: Path) -> None:
    result = cli("verify", "--netlist", folder / "network.cir", "--junit", folder / "j.xml")
    assert result.exit_code == 0, result.output
    assert "network.cir: PASS: 19 of 19 nodes agree with the ideal reference" in result.stdout
    assert "not edited" in result.stdout
    assert cases(folder / "j.xml") == {
        f"network.layer{layer}.{quantity}": "pass"
        for layer, quantity in ((0, "x"), (1, "x"), (1, "mu"), (1, "eps"), (2, "x"), (2, "mu"), (2, "eps"))
    }
    assert {path.name for path in folder.iterdir()} == {"network.cir", "probes.json", "j.xml"}


def test_a_pass_says_how_many_lines_at_0_V_it_did_not_test(emitted: Path, tmp_path: Path) -> None:
    """Two of four inputs are 0: no voltage depends on what they drive; eps of a prediction is 0."""
    inputs = np.array([[0.5, 0.0, -0.3, 0.0]])
    np.savez(tmp_path / "s.npz", inputs=inputs, targets=np.array([[0.2, -0.1]]))
    for phase, said in (("learn", "2 of 9 word lines at 0 V"), ("predict", "4 of 9 word lines at 0 V")):
        out = tmp_path / phase
        cli("netlist", emitted / "net.npz", "--stimuli", tmp_path / "s.npz", "--phase", phase, "--out", out)
        result = cli("verify", "--netlist", out / "network.cir", "--out", tmp_path / "checked")
        assert f"; {said}, their devices not tested" in result.stdout
        report = json.loads((tmp_path / "checked" / "report.json").read_text())
        assert report["untested_lines"] == int(said[0])


def test_a_failure_names_layer_and_node_and_lists_the_largest_first(folder: Path) -> None:
    (folder / "probes.json").rename(folder / "other.json")
    result = cli(
        "verify", "--netlist", stray(folder), "--probes", folder / "other.json", "--junit", folder / "j.xml",
        "--out", folder / "out",
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    assert "FAIL" in result.stdout
    assert "source: layer 1, x1_" in result.stdout
    report = json.loads((folder / "out" / "report.json").read_text())
    assert report["verdict"] == "fail"
    assert report["passed"] is False
    assert {source["node"] for source in report["sources"]} == {"x1_0", "x1_1"}
    rows = [
        line.split()[1] for line in result.stdout.splitlines() if line.strip().startswith(("0 ", "1 ", "2 "))
    ]
    failed = [node for node in report["nodes"] if node["verdict"] == "fail"]
    assert rows == [n["node"] for n in sorted(failed, key=lambda n: -abs(n["deviation"]))]
    assert cases(folder / "j.xml")["edited.layer1.x"] == "failure"
    assert cases(folder / "j.xml")["edited.layer0.x"] == "pass"
    assert (folder / "out" / "summary.md").read_text().startswith("### edited.cir: FAIL")


def test_not_judged_is_exit_3_and_skipped(folder: Path) -> None:
    file = folder / "network.cir"
    file.write_text(file.read_text().replace("\n.op\n", "\n.save v(x0_0) v(x0_1) v(x0_2) v(x0_3)\n.op\n"))
    result = cli("verify", "--netlist", file, "--junit", folder / "j.xml")
    assert result.exit_code == 3, result.output
    assert "NOT CHECKED: 15 of 19 nodes" in result.stdout
    found = cases(folder / "j.xml")
    assert found.pop("network.layer0.x") == "pass"
    assert set(found.values()) == {"skipped"}
    file.write_text("no netlist\n")
    result = cli("verify", "--netlist", file, "--junit", folder / "j.xml", "--out", folder / "out")
    assert result.exit_code == 3, result.output
    assert set(cases(folder / "j.xml").values()) == {"skipped"}
    assert json.loads((folder / "out" / "report.json").read_text())["verdict"] == "not checked"


@pytest.mark.parametrize(("text", "code"), [("50%", 0), ("0.5", 0), ("1e-9", 1)])
def test_a_tolerance_of_ones_own(text: str, code: int, folder: Path) -> None:
    result = cli("verify", "--netlist", stray(folder), "--tolerance", text)
    assert result.exit_code == code, result.output
    assert "of full scale, as asked for" in result.stdout


def test_the_reports_of_verify_go_where_out_says_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default of --out is the folder of another report."""
    monkeypatch.chdir(folder)
    assert cli("verify", "--netlist", "network.cir").exit_code == 0
    assert not (folder / "verify").exists()
    (folder / "out").mkdir()
    (folder / "out" / "report.html").write_text("of another run")
    assert cli("verify", "--netlist", "network.cir", "--out", "out").exit_code == 0
    assert {path.name for path in (folder / "out").iterdir()} == {"report.json", "summary.md"}


# --- GitHub


def test_github_sees_errors_beside_the_netlist_and_a_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = folder / "page.md"
    page.write_text("of an earlier step\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
    result = cli("verify", "--netlist", stray(folder))
    assert result.exit_code == 1
    lines = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert lines[0].startswith("::error file=edited.cir,title=verify::FAIL: ")
    assert lines[1].startswith("::error file=edited.cir,title=source of a deviation::layer 1, x1_")
    assert "%25 of full scale" in lines[1]  # a bare per cent sign begins an escape
    assert page.read_text().startswith("of an earlier step\n### edited.cir: FAIL")
    assert cli("verify", "--netlist", folder / "network.cir").stdout.count("::") == 0
    (folder / "bad.cir").write_text("no netlist\n")
    result = cli("verify", "--netlist", folder / "bad.cir")
    assert result.exit_code == 3
    assert [line for line in result.stdout.splitlines() if line.startswith("::warning file=bad.cir,")]
    assert page.read_text().count("\n### ") == 3


def test_an_ordinary_verify_reports_to_ci_too(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    result = cli("verify", emitted / "net.npz", "--data", emitted / "stimuli.npz", "--phases", "learn",
                 "--out", tmp_path / "out", "--junit", tmp_path / "made" / "j.xml")  # fmt: skip
    assert result.exit_code == 0, result.output
    quantities = ("converged", "x", "mu", "eps", "energy", "dW")
    assert cases(tmp_path / "made" / "j.xml") == {f"learn.{q}": "pass" for q in quantities}
    assert (tmp_path / "page.md").read_text().count("| learn |") == 6


def test_an_ordinary_verify_that_fails(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACCEPTANCE, "mu", 0.0)  # what a finite gain cannot keep
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = cli("verify", emitted / "net.npz", "--data", emitted / "stimuli.npz", "--phases", "learn",
                 "--out", tmp_path / "out", "--junit", tmp_path / "j.xml")  # fmt: skip
    assert result.exit_code == 1, result.output
    assert [name for name, kind in cases(tmp_path / "j.xml").items() if kind == "failure"] == ["learn.mu"]
    assert "::error title=learn mu%3A fail::residual" in result.stdout


# --- wrong inputs


def test_options_that_contradict(emitted: Path, folder: Path) -> None:
    refused(cli("verify", emitted / "net.npz", "--netlist", folder / "network.cir"), "give one of them")
    refused(cli("verify", "--probes", folder / "probes.json"), "--netlist")
    refused(cli("verify", "--tolerance", "1%"), "--netlist")
    for text in ("much", "%"):
        refused(cli("verify", "--netlist", folder / "network.cir", "--tolerance", text), "0.01 or 1%")
    for text in ("0", "-1%", "nan", "inf"):
        refused(cli("verify", "--netlist", folder / "network.cir", "--tolerance", text), "of full scale")
    for text in ("0", "-1", "nan"):
        refused(cli("verify", "--netlist", folder / "network.cir", "--timeout", text), "timeout")


def test_files_that_cannot_be_used(folder: Path) -> None:
    netlist = folder / "network.cir"
    refused(cli("verify", "--netlist", folder / "gone.cir"), "gone.cir: cannot be read")
    refused(
        cli("verify", "--netlist", netlist, "--probes", folder / "gone.json"), "gone.json: cannot be read"
    )
    refused(cli("verify", "--netlist", netlist, "--probes", netlist), "network.cir: no probes file")
    (folder / "binary.cir").write_bytes(b"\x7fELF\0\0")
    refused(cli("verify", "--netlist", folder / "binary.cir"), "binary.cir: holds binary data")
    (folder / "garbled.json").write_bytes((folder / "probes.json").read_bytes()[:3000])
    refused(cli("verify", "--netlist", netlist, "--probes", folder / "garbled.json"), "garbled.json")
    refused(cli("verify", "--netlist", folder), "is a directory")
    os.mkfifo(folder / "pipe.cir")
    refused(cli("verify", "--netlist", folder / "pipe.cir"), "pipe.cir: is no regular file")


ENDLESS = "\n.control\nwhile 1\nlet a = 1\nend\n.endc\n"
FLOOD = "\n.control\nwhile 1\necho " + "flood " * 40 + "\nend\n.endc\n"


def test_a_netlist_that_never_ends(folder: Path) -> None:
    file = folder / "network.cir"
    file.write_text(file.read_text().replace("\n.op\n", f"{ENDLESS}.op\n"))
    began = time.monotonic()
    result = cli(
        "verify", "--netlist", file, "--timeout", 1, "--junit", folder / "j.xml", "--out", folder / "o"
    )
    refused(result, "network.cir", "no result after 1 s")
    assert time.monotonic() - began < 10.0
    assert {path.name for path in folder.iterdir()} == {"network.cir", "probes.json"}


def test_a_netlist_that_floods_its_output(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analog_pc.simulators.workspace.MOST_OUTPUT", 2**20)
    file = folder / "network.cir"
    file.write_text(file.read_text().replace("\n.op\n", f"{FLOOD}.op\n"))
    refused(cli("verify", "--netlist", file, "--timeout", 20), "network.cir", "more than 1 MiB of messages")


def test_a_netlist_that_floods_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analog_pc.verification.netlist_check.simulation.MOST_RAW", 2**20)
    file = folder / "network.cir"
    file.write_text(file.read_text().replace("\n.op\n", "\n.tran 1p 1m\n.op\n"))
    refused(cli("verify", "--netlist", file, "--timeout", 30), "network.cir", "more than 1 MiB in one file")


@pytest.mark.parametrize("which", ["junit", "page"])
def test_a_full_disk_is_named_and_nothing_is_left(
    which: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/dev/full takes nothing."""
    options: list[object] = ["--out", folder / "out"]
    if which == "junit":
        options += ["--junit", "/dev/full"]
    else:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/dev/full")
    refused(cli("verify", "--netlist", folder / "network.cir", *options), "/dev/full: cannot be written")
    assert not (folder / "out").exists()


def test_without_ngspice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    refused(cli("verify", "--netlist", folder / "network.cir"), "ngspice not found")


def test_no_run_is_left_behind(folder: Path, tmp_path: Path) -> None:
    """As a process of its own: the private folder goes with it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "analog_pc", "verify", "--netlist", str(folder / "network.cir")]
    done = subprocess.run(
        command, env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not list(temporary.iterdir())
