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
    """Network, stimuli, a technology whose only imperfections are gain and offset, and a folder."""
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


@pytest.mark.parametrize("judge", [(), ("--judged-by", "ngspice"), ("--judged-by", "vacask")])
def test_judged_by_spice(judge: tuple[str, ...], given: tuple[str, ...], tmp_path: Path) -> None:
    result = cli(*given, *judge, "--seeds", "2")
    assert result.exit_code == 0, result.output
    found = report(tmp_path)
    assert found["verdict"] == "pass"
    assert found["imperfections"] == ["finite gain", "offset"]
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
        (judged,) = found["phases"][phase]["judgements"]  # type: ignore[index]
        assert judged["deviation"] <= 1e-6


def test_no_judge_is_asked_for(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # ngspice is not needed then
    result = cli(*given, "--judge", "0", "--seeds", "1", "--phases", "predict")
    assert result.exit_code == 0, result.output
    assert "NOT JUDGED" in result.stdout
    assert report(tmp_path)["passed"] is False


def test_a_judge_that_hangs_is_no_pass(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object) -> None:
        raise SimulationFailed("ngspice: no result after 1 s, killed")

    monkeypatch.setattr(Ngspice, "simulate", hang)
    result = cli(*given, "--judged-by", "ngspice", "--seeds", "1", "--phases", "learn")
    assert result.exit_code == 1
    assert "not judged: ngspice: no result after 1 s, killed" in " ".join(result.stdout.split())
    assert report(tmp_path)["verdict"] == "not judged"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--judge", "-1"), ("judge",)),
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
