"""`analog-pc bench` from outside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.testbench import compare_with_model

FILES = {"testbench.cir", "result.json", "waveforms.npz", "testbench.svg", "testbench.pdf"}


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["testbench", *(str(a) for a in arguments)])


@pytest.fixture
def example(tmp_path: Path) -> tuple[Path, Path]:
    """A network and its stimuli."""
    rng = np.random.default_rng(0)
    save_network(tmp_path / "net.npz", random_network((4, 3, 2), "tanh", seed=1))
    np.savez(tmp_path / "two.npz", inputs=rng.normal(size=(2, 4)), targets=rng.normal(size=(2, 2)))
    return tmp_path / "net.npz", tmp_path / "two.npz"


def test_the_bear_by_default(tmp_path: Path) -> None:
    result = cli("--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "5 conductances" in result.output
    assert "they agree" in result.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES
    stored = json.loads((tmp_path / "out" / "result.json").read_text())
    assert stored["outputs"]["target"] == [0.0, 1.0]


def test_a_network_of_ones_own(example: tuple[Path, Path], tmp_path: Path) -> None:
    """The first sample is learned, at the learning rate that is asked for."""
    network, stimuli = example
    result = cli(network, "--stimuli", stimuli, "--lr", 0.3, "--precision", 1e-6, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "learning rate 0.3, in effect" in result.output
    stored = json.loads((tmp_path / "out" / "result.json").read_text())
    assert stored["sizes"] == [4, 3, 2]
    np.testing.assert_allclose(stored["outputs"]["target"], np.load(stimuli)["targets"][0])
    assert "reltol=1e-06" in (tmp_path / "out" / "testbench.cir").read_text()


def test_weights_on_capacitors(tmp_path: Path) -> None:
    result = cli("--weights", "capacitors", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "circuit and equation apart by" in result.output
    assert {p.name for p in tmp_path.iterdir()} == FILES
    stored = json.loads((tmp_path / "result.json").read_text())
    assert stored["agreement"]["agrees"] is True


def test_disagreement_is_exit_code_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analog_pc.testbench.compare.OF_CHANGE", 1e-9)
    assert compare_with_model.__globals__["OF_CHANGE"] == 1e-9
    result = cli("--out", tmp_path)
    assert result.exit_code == 1
    assert "they DISAGREE" in result.output
    assert {p.name for p in tmp_path.iterdir()} == FILES  # to look at what went wrong


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--example", "whale"], "whale"),
        (["--lr", "-1"], "testbench: lr = -1.0"),
        (["--weights", "paper"], "paper"),
        (["--precision", "0"], "precision"),
        (["--stimuli", "two.npz"], "is for a NET.npz"),
        (["--lr", "1", "--weights", "capacitors"], "is for memristors"),
        (["net.npz"], "give --stimuli"),
        (["net.npz", "--example", "bear"], "give one or the other"),
        (["net.npz", "--stimuli", "none.npz"], "no such file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    example: tuple[Path, Path], tmp_path: Path, arguments: list[str], words: str
) -> None:
    named = [str(tmp_path / a) if a.endswith(".npz") else a for a in arguments]
    result = cli(*named, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out" / "result.json").exists()


def test_nothing_of_an_earlier_run_survives_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FILES:
        (tmp_path / name).write_text("old")
    monkeypatch.setenv("PATH", str(tmp_path))  # no ngspice here
    result = cli("--out", tmp_path)
    assert result.exit_code == 2
    assert "ngspice not found" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["--lr", "nan"], ["--lr", "-1"], ["--precision", "inf"], ["--lr", "1e9"]]
)
def test_what_fails_leaves_nothing(tmp_path: Path, arguments: list[str]) -> None:
    out = tmp_path / "out"
    result = cli("--out", out, *arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert not out.exists()
