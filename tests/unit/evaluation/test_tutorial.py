"""The commands of docs/evaluate.md do what the text says."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from analog_pc.cli import main
from analog_pc.evaluation import STEPS

TEXT = (Path(__file__).parents[3] / "docs" / "evaluate.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for technology in blocks("toml"):  # its first line is the name of the file
        Path(technology.split("\n", 1)[0].removeprefix("# ")).write_text(technology)
    for command in blocks("sh"):
        name, *arguments = shlex.split(command)
        assert name == "analog-pc"
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, f"{command}{done.output}"
    assert not json.loads(Path("chip/report.json").read_text())["partial"]
    sized = json.loads(Path("sized/report.json").read_text())
    assert sized["headline"].startswith("Good enough")
    guess = json.loads(Path("guess/report.json").read_text())
    assert not guess["headline"].startswith("Good enough")
    assert guess["proposal"]["accuracy"]["chips"] == sized["accuracy"]["chip"]["chips"]
    with Path("devices/comparison.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["technology"] for row in rows] == ["pcm", "sonos", "ecram"]
    for row in rows:
        low, mean, high = (float(row[k]) for k in ("accuracy, 95 % low", "accuracy", "accuracy, 95 % high"))
        assert low <= mean <= high
        for column in ("predict energy (J)", "predict latency (s)", "learn energy (J)", "area (m^2)"):
            assert float(row[column]) > 0.0
    for figure in ("devices/comparison", "devices/pcm/figures/energy", "figure/figures/non_idealities"):
        assert Path(f"{figure}.svg").read_text().startswith("<?xml")
        assert Path(f"{figure}.pdf").read_bytes().startswith(b"%PDF")


def test_every_step_is_explained() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.MULTILINE) == list(STEPS)
