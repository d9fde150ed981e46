"""`analog-pc evaluate`: what is printed, which files are left, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.cli.choices import EVALUATION_STEPS as STEP_NAMES
from analog_pc.evaluation import STEPS
from analog_pc.evaluation import run as steps_of
from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.run import Step
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.training import predict

RNG = np.random.default_rng(5)


@pytest.fixture
def given(tmp_path: Path) -> tuple[str, ...]:
    """A network, test data that it tells right, a technology with three non-idealities, and a folder."""
    network = random_network((4, 5, 3), "tanh", seed=1)
    save_network(tmp_path / "net.npz", network)
    inputs = RNG.normal(size=(60, 4))
    np.savez(tmp_path / "test.npz", inputs=inputs, labels=predict(network, inputs).argmax(axis=1))
    (tmp_path / "mine.toml").write_text(
        'base = "ideal"\nsource = "a test"\nopamp_gain = 1e4\nopamp_offset = 3e-3\nopamp_noise = 1e-8\n'
    )
    return (
        "evaluate", str(tmp_path / "net.npz"), "--data", str(tmp_path / "test.npz"),
        "--technology", str(tmp_path / "mine.toml"), "--seeds", "3", "--out", str(tmp_path / "out"),
    )  # fmt: skip


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_everything(given: tuple[str, ...], tmp_path: Path) -> None:
    result = cli(*given, "--skip", "break-even")  # minutes: see test_costs.py
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("ideal accuracy     100.0 %")
    assert lines[1].startswith("on the chip ")
    assert all(len(line) <= 80 or line is lines[0] or "report:" in line for line in lines[1:])
    found = report(tmp_path / "out")
    assert (found["schema"], found["version"]) == ("analog-pc evaluate report", 2)
    assert not found["partial"]
    assert found["accuracy"]["ideal"] == 1.0
    chip = found["accuracy"]["chip"]
    assert len(chip["chips"]) == 3
    assert chip["mean"] == pytest.approx(np.mean(chip["chips"]))
    assert chip["low"] <= chip["mean"] <= chip["high"]
    assert found["accuracy"]["unconverged"] == 0
    names = [row["name"] for row in found["non_idealities"]]
    assert set(names) == {"finite gain", "offset", "amplifier noise"}
    lost = [row["lost"] for row in found["non_idealities"]]
    assert lost == sorted(lost, reverse=True)
    for row in found["non_idealities"]:
        assert row["accuracy"] == pytest.approx(1.0 - row["lost"])
    (check,) = found["checks"]  # straight devices, no rails: the closed form leaves nothing out
    assert check["same"] == check["samples"] == 60
    assert check["deviation"] < 1e-8
    assert check["native"] == check["closed_form"]
    limit = {one["name"]: one for one in found["limits"]}["offset"]
    assert any(trial["factor"] == 1.0 for trial in limit["trials"])
    for name in ("predict", "learn"):
        phase = found["cost"][name]
        assert phase["energy"] == pytest.approx(sum(part["energy"] for part in phase["parts"]))
        assert phase["latency"] > 0.0
        for part in phase["parts"]:
            assert part["source"]
            assert part["grade"] in ("A", "B", "C")
    assert found["cost"]["area"] > 0.0
    with (tmp_path / "out" / "cost.csv").open() as table:
        of_parts = [float(row["energy (J)"]) for row in csv.DictReader(table) if row["phase"] == "predict"]
    assert sum(of_parts) == pytest.approx(found["cost"]["predict"]["energy"])
    assert {one["phase"] for one in found["baselines"]} == {"predict", "learn"}
    page = (tmp_path / "out" / "report.html").read_text()
    for word in ("opamp_offset", "Wilson", "finite gain", "Cross-check"):
        assert word in page
    assert "PARTIAL" not in page
    expected = {
        f"figures/{name}.{kind}"
        for name in ("accuracy", "non_idealities", "limits")
        for kind in ("svg", "pdf")
    }
    expected |= {"report.html", "report.json", "non_idealities.csv", "cost.csv", "figures/energy.svg"}
    expected.add("figures/energy.pdf")
    assert files(tmp_path / "out") - {"proposal.toml"} == expected
    with (tmp_path / "out" / "non_idealities.csv").open() as table:
        assert [row["name"] for row in csv.DictReader(table)] == names
    assert "<text" in (tmp_path / "out" / "figures" / "accuracy.svg").read_text()  # not paths: editable


def test_a_proposal_is_a_technology_that_is_good_enough(given: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "ideal"\nsource = "a test"\nopamp_offset = 8e-3\n')
    result = cli(*given, "--only", "proposal")
    assert result.exit_code == 0, result.output
    first = report(tmp_path / "out")
    assert first["headline"].startswith("Not good enough")
    proposal = first["proposal"]
    assert proposal["enough"]
    again = cli(
        "evaluate", str(tmp_path / "net.npz"), "--data", str(tmp_path / "test.npz"), "--seeds", "3", "--only",
        "chips", "--technology", str(tmp_path / "out" / "proposal.toml"), "--out", str(tmp_path / "second"),
    )  # fmt: skip
    assert again.exit_code == 0, again.output
    second = report(tmp_path / "second")
    assert second["headline"].startswith("Good enough")
    assert second["accuracy"]["chip"]["chips"] == proposal["accuracy"]["chips"]
    assert second["done"] == ["chips"]
    assert not second["partial"]


def test_older_files_go(given: tuple[str, ...], tmp_path: Path) -> None:
    assert cli(*given, "--only", "limits").exit_code == 0
    assert cli(*given, "--only", "chips").exit_code == 0
    assert files(tmp_path / "out") == {
        "figures/accuracy.svg", "figures/accuracy.pdf", "report.html", "report.json",
    }  # fmt: skip


def test_unconverged_samples_give_no_plain_accuracy(given: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "ideal"\nsource = "a test"\nopamp_offset = 3\n')
    result = cli(*given, "--only", "chips")
    assert result.exit_code == 0, result.output
    assert "did not converge" in result.stdout
    found = report(tmp_path / "out")["accuracy"]
    assert found["chip"]["mean"] is None
    assert found["chip"]["chips"] == [None, None, None]
    assert found["unconverged"] == 180
    assert (found["chip"]["lowest"], found["chip"]["highest"]) == (0.0, 1.0)


def test_chance_is_called_so(given: tuple[str, ...], tmp_path: Path) -> None:
    inputs = RNG.normal(size=(300, 4))
    np.savez(tmp_path / "test.npz", inputs=inputs, labels=np.arange(300) % 3)
    result = cli(*given, "--only", "chips")
    assert result.exit_code == 0, result.output
    assert "No better than chance" in result.stdout
    found = report(tmp_path / "out")
    assert found["accuracy"]["at_chance"] is True
    assert any("ideal network is at chance itself" in sentence for sentence in found["advice"])


def test_ctrl_c_leaves_a_partial_report(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Bench.chip
    seen: list[int] = []

    def interrupted(bench: Bench, technology: Any, seed: int) -> Any:
        seen.append(seed)
        if len(seen) == 6:  # in the search for limits, after three chips and what they cost
            raise KeyboardInterrupt
        return measured(bench, technology, seed)

    monkeypatch.setattr(Bench, "chip", interrupted)
    result = cli(*given, "--only", "proposal")
    assert result.exit_code == 130
    assert "interrupted in step limits, partial report" in result.stderr
    found = report(tmp_path / "out")
    assert found["partial"]
    assert found["interrupted"] == "limits"
    assert found["done"] == ["chips", "non-idealities"]
    assert found["accuracy"]["chip"]["mean"] is not None
    assert "PARTIAL" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("compiled", [False, True])
def test_ctrl_c_between_chips_keeps_those_done(
    compiled: bool, given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Bench.chip

    def interrupted(bench: Bench, technology: Any, seed: int) -> Any:
        if seed == 2 and compiled:  # as it comes out of compiled code
            inner = SystemError("a callback returned a result with an exception set")
            inner.__cause__ = KeyboardInterrupt()
            raise SystemError("returned a result with an exception set") from inner
        if seed == 2:
            raise KeyboardInterrupt
        return measured(bench, technology, seed)

    monkeypatch.setattr(Bench, "chip", interrupted)
    assert cli(*given).exit_code == 130
    found = report(tmp_path / "out")
    assert found["done"] == []
    assert len(found["accuracy"]["chip"]["chips"]) == 2


def test_several_technologies_have_a_folder_each(given: tuple[str, ...], tmp_path: Path) -> None:
    result = cli(*given, "--technology", "ideal", "--only", "chips")
    assert result.exit_code == 0, result.output
    assert report(tmp_path / "out" / "mine")["technology"] == "mine"
    assert report(tmp_path / "out" / "ideal")["accuracy"]["chip"]["mean"] == 1.0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--only", "dream"), ("dream", "chips", "limits")),
        (("--skip", "chips", "--only", "chips"), ("--skip", "--only", "not both")),
        (("--skip", ",".join(STEP_NAMES)), ("nothing is left to do",)),
        (("--seeds", "0"), ("seeds",)),
        (("--samples", "-1"), ("samples",)),
        (("--technology", "paper"), ("paper", "cmos65-rram")),
        (("--data", "nowhere.npz"), ("nowhere.npz",)),
        (("--data", "wine"), ("wine", "13", "4")),
    ],
)
def test_wrong_options(
    given: tuple[str, ...], tmp_path: Path, more: tuple[str, ...], words: tuple[str, ...]
) -> None:
    result = cli(*given, *more)
    assert result.exit_code == 2
    assert all(word in result.stderr for word in words), result.stderr
    assert len(result.stderr) < 300
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_two_of_one_name(given: tuple[str, ...], tmp_path: Path) -> None:
    result = cli(*given, "--technology", str(tmp_path / "mine.toml"))
    assert result.exit_code == 2
    assert "'mine' is there 2 times" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made(given: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = cli(*given[:-1], str(tmp_path / "file" / "out"))
    assert result.exit_code == 2
    assert str(tmp_path / "file") in result.stderr


def test_steps_bring_what_they_need(given: tuple[str, ...], tmp_path: Path) -> None:
    assert cli(*given, "--only", "limits").exit_code == 0
    assert report(tmp_path / "out")["done"] == ["non-idealities", "limits"]
    assert cli(*given, "--skip", "non-idealities,cost,baselines,check,break-even").exit_code == 0
    assert report(tmp_path / "out")["done"] == ["chips", "signals", "outliers"]


def test_a_page_without_chips_judges_nothing(given: tuple[str, ...], tmp_path: Path) -> None:
    assert cli(*given, "--only", "outliers").exit_code == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "no chip was measured" in page
    assert 'class="verdict open"' in page
    assert 'class="verdict fail"' not in page


def test_a_step_that_fails_leaves_no_report(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device", "there")

    broken = {**STEPS, "chips": Step(refuse, lambda _: 1)}
    monkeypatch.setattr(steps_of, "STEPS", broken)
    result = cli(*given)
    assert result.exit_code == 2
    assert "there: No space left on device" in result.stderr
    assert files(tmp_path / "out") == set()


def test_samples_that_tie_are_told_at_once(given: tuple[str, ...], tmp_path: Path) -> None:
    """Inputs of which all rectifiers are off."""
    weights = [np.ones((5, 4)), RNG.normal(size=(3, 5))]
    save_network(tmp_path / "net.npz", PredictiveCodingNetwork(weights, activation="relu"))
    inputs = RNG.uniform(-1.0, -0.5, size=(10, 4))
    np.savez(tmp_path / "test.npz", inputs=inputs, labels=np.arange(10) % 3)
    result = cli(*given, "--only", "chips")
    assert result.exit_code == 0, result.output
    first = " ".join(result.stdout.split("on the chip")[0].split())
    assert "10 of 10 samples tie in the ideal network" in first
