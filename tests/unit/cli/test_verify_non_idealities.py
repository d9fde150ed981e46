"""`analog-pc verify` with real parts: exit codes, what is printed, and which files are left behind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.errors import SimulationFailed
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.simulators import Ngspice

RNG = np.random.default_rng(5)


@pytest.fixture
def given(tmp_path: Path) -> tuple[str, ...]:
    """Network, stimuli, a technology whose only non-idealities are gain and offset, and a folder."""
    save_network(tmp_path / "net.npz", random_network((4, 3, 2), "tanh", seed=1))
    np.savez(tmp_path / "stimuli.npz", inputs=RNG.normal(size=(3, 4)), targets=RNG.normal(size=(3, 2)))
    (tmp_path / "real.toml").write_text(
        'base = "ideal"\nsource = "a test"\n'
        '[opamp_gain]\nvalue = 1e4\nsource = "chosen: low"\n'
        '[opamp_offset]\nvalue = 1e-3\nsource = "chosen: large"\n'
    )
    return (
        "verify", str(tmp_path / "net.npz"), "--data", str(tmp_path / "stimuli.npz"),
        "--technology", str(tmp_path / "real.toml"), "--out", str(tmp_path / "out"),
    )  # fmt: skip


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def report(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "out" / "report.json").read_text())
    return found


@pytest.mark.parametrize("reference", [(), ("--reference", "ngspice"), ("--reference", "vacask")])
def test_checked_by_spice(reference: tuple[str, ...], given: tuple[str, ...], tmp_path: Path) -> None:
    result = cli(*given, *reference, "--seeds", "2")
    assert result.exit_code == 0, result.output
    found = report(tmp_path)
    assert found["verdict"] == "pass"
    assert found["non_idealities"] == ["finite gain", "offset"]
    for word in (
        "everything on",
        "finite gain",
        "offset",
        "nothing on",
        "PASS",
        "settling",
        "stable",
        "noise",
    ):
        assert word in result.stdout
    for phase in ("predict", "learn"):
        assert (tmp_path / "out" / "netlists" / phase / "network.cir").exists()
        (check,) = found["phases"][phase]["cross_checks"]  # type: ignore[index]
        assert check["deviation"] <= 1e-6


def test_no_cross_check_is_asked_for(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # ngspice is not needed then
    result = cli(*given, "--cross-check", "0", "--seeds", "1", "--phases", "predict")
    assert result.exit_code == 3, result.output
    assert "NOT CHECKED" in result.stdout
    assert report(tmp_path)["passed"] is False


def test_a_reference_that_hangs_is_no_pass(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object) -> None:
        raise SimulationFailed("ngspice: no result after 1 s, killed")

    monkeypatch.setattr(Ngspice, "simulate", hang)
    result = cli(*given, "--reference", "ngspice", "--seeds", "1", "--phases", "learn")
    assert result.exit_code == 3
    assert "not checked: ngspice: no result after 1 s, killed" in " ".join(result.stdout.split())
    assert report(tmp_path)["verdict"] == "not checked"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--cross-check", "-1"), ("cross-check",)),
        (
            ("--skip", "dream"),
            ("dream", "table", "cross-check", "wires", "power", "modes", "noise", "transients"),
        ),
        (("--skip", "noise", "--only", "table"), ("not both",)),
        (("--time-limit", "0"), ("time-limit",)),
        (("--out", "/proc/x"), ("--out /proc/x", "cannot be made")),
        (("--seeds", "0"), ("seeds",)),
        (("--phases", "dream"), ("dream", "predict")),
        (("--technology", "paper"), ("paper", "breadboard")),
    ],
)
def test_wrong_input(
    given: tuple[str, ...], tmp_path: Path, more: tuple[str, str], words: tuple[str, ...]
) -> None:
    result = cli(*given, *more)
    assert result.exit_code == 2
    assert all(word in result.stderr for word in words)
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_step_has_a_line_with_its_number(given: tuple[str, ...]) -> None:
    result = cli(*given, "--only", "table,noise", "--seeds", "1")
    assert result.exit_code == 3
    lines = result.stderr.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "[1/4] table", "[2/4] table", "[3/4] noise", "[4/4] noise",
    ]  # fmt: skip
    assert all(line.endswith("s left") for line in lines[1:])


def test_no_line_is_longer_than_a_terminal(given: tuple[str, ...], tmp_path: Path) -> None:
    result = cli(*given, "--technology", "breadboard", "--seeds", "2")
    shown = [line for line in result.stdout.splitlines() if str(tmp_path) not in line]
    assert max(map(len, shown)) <= 80


def test_interrupted_leaves_a_partial_report(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Ngspice, "simulate", interrupt)
    result = cli(*given, "--reference", "ngspice", "--seeds", "1")
    assert result.exit_code == 130
    assert "partial report" in result.stderr
    found = report(tmp_path)
    assert found["partial"] is True
    assert found["phases"]["learn"]["rows"]  # type: ignore[index]
    assert "PARTIAL REPORT" in (tmp_path / "out" / "report.html").read_text()


def test_the_network_still_works_or_not(given: tuple[str, ...], tmp_path: Path) -> None:
    """Iris on parts that are nearly ideal, and on amplifiers whose offsets drown every activity."""
    assert (
        cli("train", "--data", "iris", "--layers", "4,6,3", "--out", str(tmp_path / "iris.npz")).exit_code
        == 0
    )
    (tmp_path / "awful.toml").write_text(
        'base = "ideal"\nsource = "a test"\n[opamp_offset]\nvalue = 3.0\nsource = "chosen: huge"\n'
    )
    for technology, verdict in (("real", "works"), ("awful", "at chance")):
        result = cli(
            "verify", str(tmp_path / "iris.npz"), "--data", "iris", "--only", "table", "--phases", "predict",
            "--technology", str(tmp_path / f"{technology}.toml"), "--out", str(tmp_path / "out"),
        )  # fmt: skip
        accuracy = report(tmp_path)["accuracy"]
        assert accuracy["verdict"] == verdict, accuracy  # type: ignore[index]
        assert f"still works: {'YES' if verdict == 'works' else verdict.upper()}" in result.stdout
        assert "SPICE agrees with native: NOT CHECKED" in result.stdout


def test_steps_are_of_real_parts(given: tuple[str, ...]) -> None:
    result = cli(*given, "--technology", "ideal", "--skip", "noise")
    assert result.exit_code == 2
    assert "non-idealities" in result.stderr
