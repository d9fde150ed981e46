"""`analog-pc run` from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result
from matplotlib.figure import Figure

from analog_pc.cli import main
from analog_pc.cli.configuration import configuration
from analog_pc.errors import BadInput
from analog_pc.experiments import EXPERIMENTS, Claim, Experiment, Outcome, ResultCache, quantity
from analog_pc.experiments.framework.experiment import no_comparison
from analog_pc.experiments.song2024.bear import BEAR, Config, lowest
from analog_pc.relaxers import Relaxer

NUMBERS = ["published", "derived", "ideal", "native", "ngspice", "backprop", "tolerance"]
KEYS = ["id", "quantity", "name", "conditions", "rule", *NUMBERS, "verdict"]


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(autouse=True)
def short_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, replace(BEAR, reduced=Config((0.2,), 1.6)))


def put(monkeypatch: pytest.MonkeyPatch, experiment: Experiment[Any]) -> None:
    monkeypatch.setitem(EXPERIMENTS, "bear", experiment)


def test_without_a_name_they_are_listed() -> None:
    done = cli("run")
    assert done.exit_code == 0
    assert all(name in done.output for name in EXPERIMENTS)
    said = " ".join(done.output.split())
    assert all(experiment.source in said for experiment in EXPERIMENTS.values())


def test_a_run_writes_numbers_and_figure(tmp_path: Path) -> None:
    done = cli("run", "bear", "--simulators", "ideal,native", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "agrees" in done.output
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"report.html", "result.json", "data.npz", "bear.svg", "bear.pdf"}
    stored = json.loads((tmp_path / "out" / "result.json").read_text())
    assert stored["reduced"] is True
    assert stored["facts"]["technology"] == "ideal"
    assert all(list(row) == KEYS for row in stored["rows"])
    smell = next(row for row in stored["rows"] if row["quantity"] == "smell after one update, lr 0.2")
    assert smell["published"] == 0.9748
    assert abs(smell["native"] - 0.9748) < 1e-4
    assert smell["ngspice"] is None
    assert smell["verdict"] == "agrees"


def test_fields_of_a_configuration_can_be_set(tmp_path: Path) -> None:
    how = ("--simulators", "ideal", "--set", "rates=[0.4]", "--set", "distance=2", "--out", tmp_path)
    done = cli("run", "bear", *how)
    stored = json.loads((tmp_path / "result.json").read_text())
    assert stored["facts"]["configuration"] == "Config(rates=(0.4,), distance=2.0)", done.output
    assert any("lr 0.4" in row["quantity"] and row["ideal"] is not None for row in stored["rows"])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_reduced_and_full_configurations_keep_to_their_own_fields(name: str) -> None:
    """What may be set includes what is there: every value passes its field's check."""
    for config in (EXPERIMENTS[name].reduced, EXPERIMENTS[name].full):
        kinds = get_type_hints(type(config), include_extras=True)
        plain = {f: v for f, v in msgspec.to_builtins(config).items() if f != "data"}
        assert {f: msgspec.convert(v, kinds[f]) for f, v in plain.items()} == {
            f: getattr(config, f) for f in plain
        }


def test_a_verdict_that_fails_is_exit_code_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(EXPERIMENTS["bear"], claims=lambda config: [Claim(lowest(0.2), 0.5, 0.1)])
    put(monkeypatch, wrong)
    done = cli("run", "bear", "--simulators", "ideal", "--out", tmp_path)
    assert done.exit_code == 1
    assert "differs" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("beer", "--out", "x"), "unknown experiment 'beer'"),
        (("bear",), "give --out"),
        (("--full",), "give the NAME"),
        (("--out", "x"), "give the NAME"),
        (("bear", "--out", "x", "--seeds", "3"), "--seeds does not apply"),
        (("bear", "--out", "x", "--data", "d.npz"), "--data does not apply"),
        (("bear", "--out", "x", "--simulators", "vacask"), "'vacask' is not a simulator"),
        (("less-erratic", "--out", "x", "--simulators", "ngspice"), "'ngspice' is not feasible"),
        (("bear", "--out", "x", "--technology", "wood"), "wood"),
        (("bear", "--out", "x", "--set", "rate=[0.1]"), "no field 'rate', use one of rates, distance"),
        (("bear", "--out", "x", "--set", "rates=[0.1,-1]"), "Expected float > 0.0 - at value[1]"),
        (
            ("reinforcement", "--out", "x", "--set", 'environments=[["cart", 1]]'),
            "use one of Acrobot-v1, CartPole-v1, MountainCar-v0",
        ),
        (("bear", "--out", "x", "--set", "distance=far"), "is not FIELD=VALUE in TOML"),
        (("bear", "--out", "x", "--set", "distance"), "is not FIELD=VALUE in TOML"),
        (("bear", "--out", "x", "--set", ""), "is empty"),
        (("less-erratic", "--out", "x", "--set", "data='d.npz'"), "no field 'data'"),
        (("motor", "--out", "x", "--set", "pc={first=1,second=1,spread=1,x=1}"), "no 'x' in pc"),
        (("small-data", "--out", "x", "--set", "test_every=65"), "a test every 65 epochs, of 64"),
    ],
)
def test_what_cannot_be_run_is_said(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = cli("run", *arguments)
    assert done.exit_code == 2
    assert words in done.output
    assert not list(tmp_path.iterdir())


def test_a_refusal_waits_for_no_compiler(tmp_path: Path) -> None:
    """An installation whose numerical code is not compiled yet refuses at once, with nothing else said."""
    command = [sys.executable, "-c", "from analog_pc.cli import main; main()", "run", "bear"]
    done = subprocess.run(
        [*command, "--set", "foo=1", "--out", "x"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "compiled")},
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr == "analog-pc: run bear: there is no field 'foo', use one of rates, distance\n"
    assert not list(tmp_path.rglob("*.nbc"))


def test_finished_parts_are_told_where_there_is_no_terminal(tmp_path: Path) -> None:
    done = cli("run", "bear", "--simulators", "ideal", "--set", "rates=[0.2,0.1]", "--out", tmp_path)
    said = done.stderr.splitlines()
    assert [line.partition(", about")[0] for line in said if "/2 done" in line] == [
        f"[{step}/2] bear, {column} {text}"
        for step, column in enumerate(("backprop", "ideal"), start=1)
        for text in ("0/2 done: now lr0.2", "1/2 done: now lr0.1", "2/2 done")
    ]


def test_an_interrupted_run_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    x = quantity("x")

    def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
        def compute(name: str) -> Mapping[str, np.ndarray]:
            if name == "b" and relaxer.name == "ideal" and done.count("ideal a") == 1 and not resumed:
                raise KeyboardInterrupt
            done.append(f"{relaxer.name} {name}")
            return {"x": np.ones(1)}

        return Outcome({x: sum(float(part["x"][0]) for part in cache.compute(["a", "b"], compute))})

    resumed: list[bool] = []
    one = replace(BEAR, run=run, claims=lambda config: [Claim(x, 2.0, 0.0)], compare=no_comparison)
    put(monkeypatch, replace(one, draw=lambda result: Figure()))
    assert cli("run", "bear", "--simulators", "ideal", "--out", tmp_path).exit_code == 130
    assert not (tmp_path / "result.json").exists()
    resumed.append(True)
    assert cli("run", "bear", "--simulators", "ideal", "--out", tmp_path).exit_code == 0
    assert done == ["backprop a", "backprop b", "ideal a", "ideal b"]
    assert not (tmp_path / "parts").exists()


def test_a_run_that_is_interrupted_while_it_is_drawn_leaves_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(result: Any) -> str:
        raise KeyboardInterrupt

    put(monkeypatch, replace(EXPERIMENTS["bear"], player=stopped))
    done = cli("run", "bear", "--simulators", "ideal", "--out", tmp_path / "o")
    assert done.exit_code == 130
    assert "goes on from there" in done.stderr
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["parts"]


def test_real_parts_are_measured(tmp_path: Path) -> None:
    done = cli("run", "bear", "--simulators", "ideal,native", "--technology", "breadboard", "--out", tmp_path)
    stored = json.loads((tmp_path / "result.json").read_text())
    deviation = next(row for row in stored["rows"] if row["quantity"].startswith("largest deviation"))
    assert deviation["native"] > 1e-4
    assert deviation["verdict"] == "not shown"
    assert done.exit_code in (0, 1)
    assert stored["passed"] == (done.exit_code == 0)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("distance=1M", "write 1meg, or 1m?"),
        ("distance=1 kV", "'kV' is no prefix and no unit here, expected a plain number"),
        ("distance=x", "is not FIELD=VALUE in TOML"),
    ],
)
def test_settings_with_a_prefix_are_asked_about(setting: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(words)):
        configuration(EXPERIMENTS["bear"], False, [setting], None, None)


def test_settings_with_a_prefix() -> None:
    found = configuration(EXPERIMENTS["bear"], False, ["distance=10m"], None, None)
    assert found.distance == 0.01
    counted = configuration(EXPERIMENTS["fear"], False, ["seeds=1k"], None, None)
    assert counted.seeds == 1000
    assert type(counted.seeds) is int


@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_result_fits_the_terminal_and_is_cut_nowhere(width: int, tmp_path: Path) -> None:
    arguments = ["run", "bear", "--simulators", "ideal,native", "--out", str(tmp_path / "o")]
    done = CliRunner(env={"COLUMNS": str(width)}).invoke(main, arguments)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    files = [line for line in lines if line.startswith(str(tmp_path))]
    assert len(files) == 3
    assert max(len(line.rstrip()) for line in lines if line not in files) <= width
    assert "\u2026" not in done.stdout  # the ellipsis of what was cut
    result = json.loads((tmp_path / "o" / "result.json").read_text())
    said = " ".join(done.stdout.split())
    for row in result["rows"]:
        assert row["quantity"] in said or width > 80  # a wide table folds it within its column
        assert f"{row['published']:.5g}" in said
