"""Wrong inputs leave old verdicts; work that has begun does not.  Outputs are tried before any work."""

from __future__ import annotations

import contextlib
import json
import warnings
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.errors import BadInput
from analog_pc.experiments import EXPERIMENTS
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.training import predict

# Of every command that writes a verdict: arguments without --out, and results that it writes into it.
COMMANDS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "verify": (["verify", "{net}", "--data", "s.npz"], ("report.html", "report.json", "waveform-learn.csv")),
    "verify, real parts": (
        ["verify", "{net}", "--data", "s.npz", "--technology", "pcm"],
        ("report.html", "report.json"),
    ),
    "verify --netlist": (["verify", "--netlist", "{net}"], ("report.json", "summary.md")),
    "evaluate": (
        ["evaluate", "{net}", "--data", "l.npz", "--technology", "pcm"],
        ("report.html", "report.json", "cost.csv", "figures/accuracy.svg", "comparison.csv"),
    ),
    "evaluate, two technologies": (
        ["evaluate", "{net}", "--data", "l.npz", "--technology", "pcm", "--technology", "sonos"],
        ("report.html", "comparison.json", "pcm/report.json", "sonos/report.html"),
    ),
    "specify": (
        ["specify", "{net}", "--data", "l.npz", "--technology", "pcm"],
        ("specification.html", "specification.json", "specification.toml"),
    ),
    "study": (["study", "{study}"], ("study.html", "results.json", "results.csv", "figures/map.pdf")),
    "testbench": (["testbench", "{net}", "--stimuli", "s.npz"], ("result.json", "testbench.svg")),
    "run": (["run", "bear"], ("result.json", "data.npz", "report.html")),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    network = random_network((4, 3, 2), seed=0)
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "s.npz", inputs=np.full((1, 4), 0.5), targets=np.array([[0.0, 1.0]]))
    inputs = np.random.default_rng(0).normal(size=(40, 4))
    np.savez(tmp_path / "l.npz", inputs=inputs, labels=predict(network, inputs).argmax(axis=1))
    return tmp_path


def call(folder: Path, *arguments: str) -> Result:
    with contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("default")
        return CliRunner().invoke(main, list(arguments))


def old_results(folder: Path, names: tuple[str, ...]) -> list[Path]:
    paths = [folder / "o" / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("PASS, of an earlier run")
    return paths


def refused(result: Result, *words: str) -> None:
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("what", [name for name in COMMANDS if name != "run"])
def test_a_mistyped_input_leaves_earlier_results(what: str, folder: Path) -> None:
    """The network, the netlist or the study is missing: nothing has begun."""
    arguments, names = COMMANDS[what]
    paths = old_results(folder, names)
    asked = [argument.format(net="missing.npz", study="missing.toml") for argument in arguments]
    refused(call(folder, *asked, "--out", "o"), "missing")
    assert all(path.read_text() == "PASS, of an earlier run" for path in paths)


@pytest.mark.parametrize(
    "asked",
    [
        "verify net.npz --data missing.npz",
        "verify net.npz --data s.npz --technology missing",
        "evaluate net.npz --data missing.npz --technology pcm",
        "evaluate net.npz --data l.npz --technology missing",
        "specify net.npz --data missing.npz --technology pcm",
        "specify net.npz --data l.npz --technology missing",
        "testbench net.npz --stimuli missing.npz",
        "run depth --data missing.npz",
        "run bear --technology missing",
    ],
)
def test_a_mistyped_option_leaves_earlier_results(asked: str, folder: Path) -> None:
    """The same whichever input it is."""
    paths = old_results(folder, COMMANDS[asked.split()[0]][1])
    refused(call(folder, *asked.split(), "--out", "o"), "missing")
    assert all(path.read_text() == "PASS, of an earlier run" for path in paths)


STUDY = """
network = "net.npz"
data = "l.npz"
technology = "cmos65-rram"
"""


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("--engine slurm", "slurm"),
        ("--engine slurm --minutes 0", "minutes"),
        ("--engine dask --scheduler tcp://127.0.0.1:9", "tcp://127.0.0.1:9: cannot be reached"),
    ],
)
def test_an_engine_that_cannot_be_reached_leaves_earlier_results(
    asked: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried before the report of an earlier run goes."""
    monkeypatch.setenv("PATH", str(folder))  # where there is no Slurm
    monkeypatch.setattr("analog_pc.study.dask_engine.SECONDS", 0.2)
    (folder / "study.toml").write_text(STUDY)
    paths = old_results(folder, COMMANDS["study"][1])
    refused(call(folder, "study", "study.toml", "--out", "o", *asked.split()), said)
    assert all(path.read_text() == "PASS, of an earlier run" for path in paths)


def fields_with_names() -> list[tuple[str, str]]:
    """(experiment, field) of every configuration: what it holds is a name, or has names in it."""
    found = []
    for name, experiment in EXPERIMENTS.items():
        for field, kind in get_type_hints(type(experiment.reduced), include_extras=True).items():
            if "str" in repr(kind) or "Literal" in repr(kind):
                found.append((name, field))
    return found


def with_wrong_name(value: object) -> str:
    """The value in TOML, every name in it a wrong one."""
    if isinstance(value, str):
        return '"nosuch"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(with_wrong_name, value))}]"
    return repr(value)


@pytest.mark.parametrize(("name", "field"), fields_with_names())
def test_a_mistyped_name_in_a_configuration_leaves_earlier_results(
    name: str, field: str, folder: Path
) -> None:
    """A device, a scheme, a technology: one line, and nothing is made."""
    paths = old_results(folder, ("report.html", "data.npz", "result.json"))
    asked = f"{field}={with_wrong_name(getattr(EXPERIMENTS[name].reduced, field))}"
    refused(call(folder, "run", name, "--set", asked, "--out", "o"), "nosuch")
    refused(call(folder, "run", name, "--full", "--set", asked, "--out", "new"), "nosuch")
    assert all(path.read_text() == "PASS, of an earlier run" for path in paths)
    assert sorted(path.name for path in (folder / "o").iterdir()) == [
        "data.npz",
        "report.html",
        "result.json",
    ]
    assert not (folder / "new").exists()


@pytest.mark.parametrize(
    "asked",
    ['schemes=["exact"]', 'schemes=["write-verify:tolerance=-1"]', "devices=[]", "schemes=[]"],
)
def test_schemes_are_tried_on_the_devices_before_earlier_results_go(asked: str, folder: Path) -> None:
    (path,) = old_results(folder, ("result.json",))
    refused(call(folder, "run", "same-hardware", "--set", asked, "--out", "o"))
    assert path.exists()


@pytest.mark.parametrize(
    ("what", "place"),
    [
        ("verify", "analog_pc.cli.verification.verify_network"),
        ("evaluate", "analog_pc.cli.evaluation.run_step"),
        ("specify", "analog_pc.cli.specification.find"),
        ("testbench", "analog_pc.cli.testbench_run.build_testbench"),
    ],
)
def test_work_that_fails_leaves_no_earlier_result(
    what: str, place: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not a result stays."""

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(place, killed)
    arguments, names = COMMANDS[what]
    paths = old_results(folder, names)
    (folder / "o" / "notes.txt").write_text("mine")
    asked = [argument.format(net="net.npz") for argument in arguments]
    call(folder, *asked, "--out", "o")
    assert [path.name for path in paths if path.exists()] == []
    assert (folder / "o" / "notes.txt").read_text() == "mine"


def test_an_experiment_that_fails_leaves_no_earlier_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("analog_pc.cli.experiments.collect", stopped)
    paths = old_results(folder, ("report.html", "data.npz", "result.json", "bear.svg"))
    assert call(folder, "run", "bear", "--out", "o").exit_code == 130
    assert [path.name for path in paths if path.exists()] == []


@pytest.mark.parametrize(
    "more",
    [["--phases", "dream"], ["--time-limit", "0"], ["--samples", "x"], ["--nothing"]],
    ids=" ".join,
)
def test_wrong_options_touch_nothing(more: list[str], folder: Path) -> None:
    paths = old_results(folder, ("report.html", "report.json"))
    refused(call(folder, "verify", "net.npz", "--data", "s.npz", "--out", "o", *more))
    assert all(path.exists() for path in paths)


def _refuse(*_: object, **__: object) -> None:
    raise BadInput("no")


def test_a_junit_file_goes_with_the_report(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = folder / "j.xml"
    old.write_text("<testsuites/>")
    refused(call(folder, "verify", "missing.npz", "--out", "o", "--junit", "j.xml"), "missing.npz")
    assert old.exists()
    asked = ("verify", "net.npz", "--data", "s.npz", "--phases", "predict", "--out", "o", "--junit", "j.xml")
    monkeypatch.setattr("analog_pc.cli.verification.verify_network", _refuse)
    refused(call(folder, *asked))
    assert not old.exists()
    refused(call(folder, "verify", "missing.npz", "--out", "o", "--junit", "new/j.xml"), "missing.npz")
    assert not (folder / "new").exists()
    assert not (folder / "o").exists()


@pytest.mark.parametrize("what", COMMANDS)
def test_a_folder_that_takes_no_file_is_refused_before_any_work(what: str, folder: Path) -> None:
    """The kernel's own folder takes none, not even of the superuser."""
    (folder / "study.toml").write_text("no study")
    arguments = [argument.format(net="missing.npz", study="missing.toml") for argument in COMMANDS[what][0]]
    refused(call(folder, *arguments, "--out", "/proc/sys"), "--out /proc/sys: cannot be written: ")


def test_a_file_in_a_folder_that_takes_none(folder: Path) -> None:
    place = "/proc/sys/x"
    trained = ["train", "--data", "missing.npz"]
    message = "/proc/sys: cannot be written: "
    refused(call(folder, *trained, "--out", place), f"--out {message}")
    refused(call(folder, *trained, "--out", "o.npz", "--history", place), f"--history {message}")
    refused(
        call(folder, *trained, "--device", "ecram", "--out", "o.npz", "--checkpoint", place),
        f"--checkpoint {message}",
    )
    refused(call(folder, "import", "missing.npz", "--out", place), f"--out {message}")
    refused(call(folder, "verify", "missing.npz", "--junit", place), f"--junit {message}")
    refused(call(folder, "verify", "--netlist", "missing.cir", "--junit", place), f"--junit {message}")
    assert not (folder / "verify").exists()


def test_a_file_where_a_folder_should_be_is_named(folder: Path) -> None:
    (folder / "occupied").write_text("mine")
    command = ["netlist", "net.npz", "--stimuli", "s.npz", "--out"]
    refused(call(folder, *command, "occupied"), "occupied")
    refused(call(folder, *command, "occupied/below"), "occupied/below: cannot be made: occupied is a file")
    (folder / "o").mkdir()
    (folder / "o" / "netlists").write_text("mine")
    refused(
        call(folder, "verify", "net.npz", "--data", "s.npz", "--out", "o"),
        "--out o/netlists: cannot be made: o/netlists is a file",
    )
    assert (folder / "occupied").read_text() == "mine"


def test_missing_folders_of_files_are_made_and_go_with_a_failure(folder: Path) -> None:
    done = call(folder, "train", "--data", "iris", "--epochs", "1", "--out", "new/deep/net.npz")
    assert done.exit_code == 0, done.output
    assert (folder / "new" / "deep" / "net.npz").is_file()
    refused(call(folder, "train", "--data", "missing.npz", "--out", "other/net.npz"), "missing.npz")
    assert not (folder / "other").exists()


def test_a_verdict_that_ci_cannot_have_is_not_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/dev/full")
    asked = ("verify", "net.npz", "--data", "s.npz", "--phases", "predict", "--out", "o", "--junit", "j.xml")
    refused(call(folder, *asked), "/dev/full: cannot be written")
    assert not (folder / "j.xml").exists()
    assert not (folder / "o" / "report.json").exists()
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert call(folder, *asked).exit_code == 0
    assert json.loads((folder / "o" / "report.json").read_text())["passed"]
    assert (folder / "j.xml").is_file()
