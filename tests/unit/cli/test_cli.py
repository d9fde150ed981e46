"""The command line from outside: exit codes, what is printed where, and which files are left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.pcn.network_file import load_network, save_network
from analog_pc.simulators import Ngspice
from analog_pc.verification.tolerances import ACCEPTANCE

QUANTITIES = {"x", "mu", "eps", "energy", "dW"}
RNG = np.random.default_rng(5)
X, T = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2))


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def net(tmp_path: Path) -> Path:
    save_network(tmp_path / "net.npz", random_network((4, 3, 2), "tanh", seed=1))
    return tmp_path / "net.npz"


@pytest.fixture
def stimuli(tmp_path: Path) -> Path:
    np.savez(tmp_path / "stimuli.npz", inputs=X, targets=T)
    return tmp_path / "stimuli.npz"


def old_report(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("report.html", "report.json"):
        (folder / name).write_text("old")


def no_report(folder: Path) -> bool:
    return not folder.exists() or not list(folder.glob("*report*"))


def refused(result: Result, *words: str) -> None:
    """Exit 2, one line on stderr with all the words, nothing on stdout, no traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("analog-pc: ")
    assert not [word for word in words if word not in lines[0]], lines[0]
    assert result.stdout == ""


# --- what works


def test_train_prints_the_accuracy_and_writes_the_network(tmp_path: Path) -> None:
    out = tmp_path / "iris.npz"
    result = cli("train", "--data", "iris", "--layers", "4,6,3", "--epochs", 20, "--precision", "2,1",
                 "--out", out)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{out}: test accuracy ")
    assert result.stdout.rstrip().endswith("% on 30 samples of iris")
    assert float(result.stdout.split("accuracy ")[1].split(" %")[0]) > 80.0  # 33 % is chance
    with np.load(out) as arrays:
        assert set(arrays.files) == {"W1", "W2", "b1", "b2", "precision", "activation"}
        assert {k: arrays[k].shape for k in ("W1", "W2", "b1", "b2")} == {
            "W1": (6, 4), "W2": (3, 6), "b1": (6,), "b2": (3,),
        }  # fmt: skip
        assert arrays["precision"].tolist() == [2.0, 1.0]
        assert arrays["activation"].item() == "sigmoid"
    assert list(tmp_path.iterdir()) == [out]


def test_train_with_backpropagation_gives_another_network(tmp_path: Path) -> None:
    for rule in ("pc", "bp"):
        result = cli("train", "--data", "iris", "--rule", rule, "--epochs", 1, "--out", tmp_path / rule)
        assert result.exit_code == 0, result.output
    pc, bp = (load_network(tmp_path / rule) for rule in ("pc", "bp"))
    assert pc.sizes == bp.sizes == (4, 32, 3)
    assert np.abs(pc.W[0] - bp.W[0]).max() > 1e-6


def test_verify_passes_and_reports(net: Path, stimuli: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    old_report(out)
    result = cli("verify", net, "--data", stimuli, "--out", out)
    assert result.exit_code == 0, result.output
    assert "PASS" in result.stdout
    report = json.loads((out / "report.json").read_text())
    assert report["passed"] is True
    assert set(report["phases"]) == {"predict", "learn"}
    for phase in report["phases"].values():
        assert phase["passed"] is True
        assert phase["samples"] == phase["converged_samples"] == 3
        assert set(phase["residuals"]) == set(phase["tolerances"]) == set(phase["scales"]) == QUANTITIES
        assert all(0.0 <= phase["residuals"][q] <= 1e-6 for q in QUANTITIES)  # the project's acceptance
        assert all(phase["residuals"][q] <= phase["tolerances"][q] for q in QUANTITIES)
        assert phase["transient"] is None
        assert min(phase["volts_per_unit"]) > 0.0
        assert phase["seconds_per_unit"] > 0.0
        assert phase["smallest_curvature"] > 0.0
    assert (out / "report.html").read_text().startswith("<!")
    files = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert files == {"report.html", "report.json"} | {
        f"netlists/{phase}/{name}"
        for phase in ("predict", "learn")
        for name in ("network.cir", "probes.json")
    }


def test_samples_limits_the_stimuli(net: Path, stimuli: Path, tmp_path: Path) -> None:
    result = cli(
        "verify", net, "--data", stimuli, "--samples", 2, "--phases", "learn", "--out", tmp_path / "o"
    )
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert list(report["phases"]) == ["learn"]
    assert report["phases"]["learn"]["samples"] == 2


def test_verify_transient(net: Path, stimuli: Path, tmp_path: Path) -> None:
    result = cli("verify", net, "--data", stimuli, "--transient", "--phases", "learn", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    wave = json.loads((tmp_path / "report.json").read_text())["phases"]["learn"]["transient"]
    assert wave["passed"] is True
    assert wave["residuals"]["waveform"] <= 1e-4  # the project's acceptance
    assert wave["residuals"]["end"] <= 1e-6
    assert wave["settling_measured"] > 0.0
    assert "waveform" in result.stdout
    for kind in ("csv", "npz"):
        assert str(tmp_path / f"waveform-learn.{kind}") in result.stdout
    with np.load(tmp_path / "waveform-learn.npz") as arrays:
        assert arrays["x2"].shape == (len(arrays["time"]), 2)
    result = cli("verify", net, "--data", stimuli, "--phases", "learn", "--out", tmp_path)
    assert not list(tmp_path.glob("waveform-*"))  # of an earlier run


def test_without_targets_only_predict(net: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", inputs=X)
    result = cli("verify", net, "--data", tmp_path / "inputs.npz", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert list(json.loads((tmp_path / "out" / "report.json").read_text())["phases"]) == ["predict"]


def test_verify_on_a_data_set(tmp_path: Path) -> None:
    save_network(tmp_path / "net.npz", random_network((4, 5, 3), seed=0))
    result = cli("verify", tmp_path / "net.npz", "--data", "iris", "--samples", 2, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    facts = json.loads((tmp_path / "out" / "report.json").read_text())["facts"]
    assert facts["data"] == "iris, test part"
    assert facts["accuracy on these samples"].endswith("%")
    assert "test accuracy" not in facts  # nobody knows what a given network has learned


def test_outside_the_tolerance_is_exit_1(
    net: Path, stimuli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACCEPTANCE, "mu", 0.0)  # what a finite gain cannot keep
    result = cli("verify", net, "--data", stimuli, "--out", tmp_path / "out")
    assert result.exit_code == 1, result.output
    assert "FAIL" in result.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["passed"] is False
    assert report["phases"]["predict"]["residuals"]["mu"] > 0.0


def test_verify_of_one_weight_layer(tmp_path: Path) -> None:
    """While learning nothing is free to move."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / "n.npz", W1=random.normal(size=(2, 4)), activation="tanh")
    inputs, targets = random.normal(size=(2, 4)), random.normal(size=(2, 2))
    np.savez(tmp_path / "s.npz", inputs=inputs, targets=targets)
    result = cli("verify", tmp_path / "n.npz", "--data", tmp_path / "s.npz", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "report.html").exists()
    assert (tmp_path / "out" / "netlists" / "learn" / "network.cir").exists()


# --- the netlist, with nothing but ngspice and probes.json


def read_raw(path: Path) -> dict[str, float]:
    """One point of a binary raw file: ``No. Variables: n``, n lines of names, then n doubles."""
    head, body = path.read_bytes().split(b"Binary:\n", 1)
    lines = head.decode().splitlines()
    names = [line.split()[1] for line in lines[lines.index("Variables:") + 1 :]]
    return dict(zip(names, np.frombuffer(body, dtype="<f8"), strict=True))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("phase", ["predict", "learn"])
def test_the_netlist_alone_is_the_network(activation: str, phase: str, tmp_path: Path) -> None:
    network = random_network((4, 3, 2), activation, seed=3, precision=[2.0, 0.5])
    network = network.with_parameters(network.W, [RNG.normal(size=3), RNG.normal(size=2)])
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "s.npz", inputs=X, targets=T)
    out = tmp_path / "deck"
    result = cli(
        "netlist", tmp_path / "net.npz", "--stimuli", tmp_path / "s.npz", "--phase", phase, "--out", out
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{out / 'network.cir'}: ngspice -b -r out.raw network.cir\n"
    command = ["ngspice", "-b", "-r", "out.raw", "network.cir"]
    subprocess.run(command, cwd=out, check=True, capture_output=True, timeout=60)
    probes, volts = json.loads((out / "probes.json").read_text()), read_raw(out / "out.raw")
    rest = relax(network, X[:1], T[:1] if phase == "learn" else None)
    assert probes["seconds_per_unit"] == pytest.approx(1e-7)
    for kind, ideal in (
        ("activities", rest.activities), ("predictions", rest.predictions), ("eps", rest.eps)
    ):  # fmt: skip
        scale = max(np.abs(a).max() for a in (rest.activities if kind == "eps" else ideal) if a.size)
        for nodes, layer, unit in zip(probes[kind], ideal, probes["volts_per_unit"], strict=True):
            got = [volts[f"v({node})"] / unit for node in nodes]
            # The project's acceptance, of full scale; a gain of 1e9 leaves 1e-8.
            np.testing.assert_allclose(got, layer[0], rtol=0.0, atol=1e-6 * scale)


def test_netlist_without_ngspice(
    net: Path, stimuli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = cli("netlist", net, "--stimuli", stimuli, "--phase", "learn", "--out", tmp_path / "deck")
    assert result.exit_code == 0, result.output
    assert ".nodeset" in (tmp_path / "deck" / "network.cir").read_text()


# --- bad networks


class Trap:
    """Unpickled, it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return os.mkdir, (str(self.path),)


W1, W2 = np.ones((3, 4)), np.ones((2, 3))


@pytest.mark.parametrize(("arrays", "words"), [
    ({"W1": np.where(np.eye(3, 4) > 0, np.nan, 1.0), "W2": W2, "activation": "tanh"}, ("W1[0, 0]", "nan")),
    ({"W1": W1, "W2": W2 * np.inf, "activation": "tanh"}, ("W2[0, 0]", "inf")),
    ({"W1": W1, "W2": W1, "activation": "tanh"}, ("W2", "(3, 4)", "after W1")),
    ({"W1": W1, "b1": np.ones(4), "activation": "tanh"}, ("b1", "(4,)", "(3,)")),
    ({"W1": np.ones(3), "activation": "tanh"}, ("W1", "(3,)", "[post, pre]")),
    ({"W1": W1, "activation": "swish"}, ("swish", "sigmoid")),
    ({"W1": W1}, ("missing activation",)),
    ({"W2": W2, "activation": "tanh"}, ("missing W1",)),
    ({"W1": W1, "activation": "tanh", "gain": 1.0}, ("unknown entries gain",)),
    ({"W1": W1, "activation": "tanh", "precision": [-1.0]}, ("precision", "-1.0")),
    ({"W1": np.full((3, 4), "a"), "activation": "tanh"}, ("W1", "numbers")),
], ids=["nan", "inf", "chain", "bias", "vector", "activation", "no-activation", "no-W1", "unknown",
        "precision", "text"])  # fmt: skip
@pytest.mark.parametrize("command", ["verify", "netlist"])
def test_bad_networks(
    command: str, arrays: dict[str, Any], words: tuple[str, ...], stimuli: Path, tmp_path: Path
) -> None:
    bad, out = tmp_path / "bad.npz", tmp_path / "out"
    np.savez(bad, **arrays)
    option = "--data" if command == "verify" else "--stimuli"
    refused(cli(command, bad, option, stimuli, "--out", out), str(bad), *words)
    assert not out.exists()


def test_missing_file(stimuli: Path, net: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.npz"
    refused(cli("verify", gone, "--out", tmp_path / "out"), str(gone), "no such file")
    refused(cli("verify", net, "--data", gone, "--out", tmp_path / "out"), str(gone))
    refused(cli("netlist", net, "--stimuli", gone, "--out", tmp_path / "out"), str(gone), "no such file")
    refused(cli("verify", tmp_path, "--out", tmp_path / "out"), str(tmp_path), "folder")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("part", "word"), [(0.0, "is empty"), (0.1, "damaged"), (0.5, "damaged"), (0.9, "damaged")]
)
def test_truncated_npz(part: float, word: str, net: Path, stimuli: Path, tmp_path: Path) -> None:
    whole = net.read_bytes()
    net.write_bytes(whole[: int(part * len(whole))])
    refused(cli("verify", net, "--data", stimuli, "--out", tmp_path / "out"), str(net), word)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("entry", ["W1", "activation", "precision"])
def test_pickled_objects_are_never_loaded(entry: str, tmp_path: Path) -> None:
    sprung, bad = tmp_path / "sprung", tmp_path / "bad.npz"
    arrays = {"W1": W1, "activation": "tanh", "precision": [1.0]}
    arrays[entry] = np.array([Trap(sprung)], dtype=object)
    np.savez(bad, **arrays)
    with np.load(bad, allow_pickle=True) as trusting:  # the trap is armed
        assert trusting[entry] is not None
    assert sprung.is_dir()
    sprung.rmdir()
    refused(cli("verify", bad, "--data", "iris", "--out", tmp_path / "out"), str(bad), "pickled")
    np.savez(bad, inputs=np.array([Trap(sprung)], dtype=object), labels=[0])
    refused(cli("train", "--data", bad, "--out", tmp_path / "net.npz"), str(bad), "pickled")
    assert not sprung.exists()
    assert not (tmp_path / "net.npz").exists()


# --- bad stimuli, options, surroundings


@pytest.mark.parametrize(("arrays", "words"), [
    ({"inputs": X[:, :3]}, ("inputs", "(3, 3)", "(samples, 4)")),
    ({"inputs": np.where(X > 0, X, np.nan)}, ("inputs[", "nan")),
    ({"inputs": X, "targets": T[:2]}, ("2 targets for 3 inputs",)),
    ({"inputs": X, "labels": np.array([0, 1, 2])}, ("labels run from 0 to 2", "2 outputs")),
    ({"inputs": np.empty((0, 4))}, ("inputs hold no sample",)),
    ({"inputs": np.full((3, 4), "a")}, ("<U1",)),
], ids=["width", "nan", "count", "labels", "empty", "text"])  # fmt: skip
def test_bad_stimuli(arrays: dict[str, Any], words: tuple[str, ...], net: Path, tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.npz", tmp_path / "out"
    np.savez(bad, **arrays)
    refused(cli("verify", net, "--data", bad, "--out", out), str(bad), *words)
    refused(cli("netlist", net, "--stimuli", bad, "--out", out), str(bad), *words)
    assert not out.exists()


@pytest.mark.parametrize(("arguments", "words"), [
    (("--data", "mnist"), ("mnist", "digits, iris")),
    (("--data", "iris", "--technology", "cmos"), ("cmos", "ideal")),
    (("--data", "iris", "--timeout", "0"), ("timeout", "0.0")),
    (("--data", "iris", "--timeout", "nan"), ("timeout", "nan")),
    (("--data", "iris"), ("4 inputs and 2 outputs", "'iris' has 4 and 3")),
], ids=["data", "technology", "timeout-0", "timeout-nan", "sizes"])  # fmt: skip
def test_bad_values_of_verify(
    arguments: tuple[str, ...], words: tuple[str, ...], net: Path, tmp_path: Path
) -> None:
    refused(cli("verify", net, *arguments, "--out", tmp_path / "out"), *words)
    assert not (tmp_path / "out").exists()


def test_unknown_phase(net: Path, stimuli: Path, tmp_path: Path) -> None:
    result = cli("verify", net, "--data", stimuli, "--phases", "predict,dream", "--out", tmp_path / "out")
    refused(result, "unknown phase 'dream'", "predict or learn")
    assert not (tmp_path / "out").exists()


def test_learning_without_targets(net: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", inputs=X)
    given = tmp_path / "inputs.npz"
    refused(
        cli("verify", net, "--data", given, "--phases", "learn", "--out", tmp_path / "out"),
        "learn",
        "targets",
    )
    refused(
        cli("netlist", net, "--stimuli", given, "--phase", "learn", "--out", tmp_path / "out"),
        "learn",
        "targets",
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("arguments", "words"), [
    (("--data", "mnist"), ("mnist",)),
    (("--activation", "swish"), ("swish",)),
    (("--layers", "4,5,2"), ("(4, 5, 2)", "3 classes")),
    (("--layers", "4"), ("(4,)",)),
    (("--precision", "1"), ("precision", "(1,)")),
    (("--epochs", "0"), ("epochs = 0",)),
    (("--batch", "0"), ("batch = 0",)),
    (("--lr", "nan"), ("lr = nan",)),
    (("--lr", "-1"), ("lr = -1",)),
    (("--lr", "1e9"), ("diverged", "smaller lr")),
], ids=["data", "activation", "layers", "one-layer", "precision", "epochs", "batch", "lr-nan", "lr-negative",
        "diverges"])  # fmt: skip
def test_bad_values_of_train(arguments: tuple[str, ...], words: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "net.npz"
    refused(cli("train", "--data", "iris", "--activation", "tanh", *arguments, "--out", out), *words)
    assert list(tmp_path.iterdir()) == []


def test_lr_of_zero_is_refused(tmp_path: Path) -> None:
    refused(cli("train", "--data", "iris", "--epochs", 1, "--lr", 0, "--out", tmp_path / "n.npz"), "lr = 0")


@pytest.mark.parametrize("command", ["train", "verify"])
def test_negative_seed(command: str, tmp_path: Path) -> None:
    refused(cli(command, "--data", "iris", "--seed", -1, "--out", tmp_path / "out"), "seed", "-1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "word"), [
    (("verify", "--nonsense"), "--nonsense"),
    (("verify", "--samples", "0"), "--samples"),
    (("verify", "--samples", "many"), "many"),
    (("train", "--layers", "a,b", "--out", "net.npz"), "'a,b' is not a comma-separated list"),
    (("train",), "--out"),
    (("netlist", "net.npz", "--stimuli", "s.npz", "--phase", "dream", "--out", "o"), "dream"),
    (("nonsense",), "nonsense"),
])  # fmt: skip
def test_what_click_refuses(
    arguments: tuple[str, ...], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli(*arguments)
    assert result.exit_code == 2
    assert word in result.stderr.splitlines()[-1]  # after click's usage
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file(net: Path, stimuli: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = cli("verify", net, "--data", stimuli, "--out", tmp_path / "file")
    assert result.exit_code == 2
    assert "is a file" in result.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_missing_ngspice(net: Path, stimuli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = cli("verify", net, "--data", stimuli, "--out", tmp_path / "out")
    refused(result, "ngspice not found on PATH", "apt-get install ngspice")
    assert not (tmp_path / "out").exists()


def hang(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ngspice earlier in PATH that tells its version and nothing else."""
    folder.mkdir()
    fake = folder / "ngspice"
    fake.write_text('#!/bin/sh\n[ "$1" = -v ] && { echo "** ngspice-39 : fake"; exit 0; }\nexec sleep 60\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_hung_simulator_takes_the_old_report_with_it(
    net: Path, stimuli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang(tmp_path / "bin", monkeypatch)
    assert Ngspice().version() == "ngspice-39"
    old_report(tmp_path / "out")
    result = cli("verify", net, "--data", stimuli, "--samples", 1, "--timeout", 1, "--out", tmp_path / "out")
    refused(result, "ngspice", "no result after 1 s, killed")
    assert no_report(tmp_path / "out")


# --- Ctrl-C


def interrupt(*_: object, **__: object) -> PredictiveCodingNetwork:
    raise KeyboardInterrupt


def test_interrupted_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("analog_pc.cli.training"), "show_run", interrupt)
    (tmp_path / "net.npz").write_text("older")
    for arguments in (("train",), ("verify",)):
        out = tmp_path / "net.npz" if arguments == ("train",) else tmp_path / "out"
        result = cli(*arguments, "--data", "iris", "--out", out)
        assert result.exit_code == 130
        assert result.stderr == "analog-pc: interrupted; nothing half-written was left\n"
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]
    assert (tmp_path / "net.npz").read_text() == "older"


def test_interrupted_verification(
    net: Path, stimuli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("analog_pc.cli.verification"), "verify_network", interrupt)
    old_report(tmp_path / "out")
    result = cli("verify", net, "--data", stimuli, "--out", tmp_path / "out")
    assert result.exit_code == 130
    assert no_report(tmp_path / "out")


# --- the program itself


@pytest.mark.parametrize(
    "program", [(str(Path(sys.executable).parent / "analog-pc"),), (sys.executable, "-m", "analog_pc")]
)
def test_the_installed_program(tmp_path: Path, program: tuple[str, ...]) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*program, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert run("--version").stdout.split()[-1] == version("analog-pc")
    wrong = run("verify", "gone.npz")
    assert wrong.returncode == 2
    assert wrong.stderr == "analog-pc: gone.npz: no such file\n"
    assert wrong.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_sigterm_leaves_no_simulator_running(tmp_path: Path, net: Path) -> None:
    slow = tmp_path / "bin" / "ngspice"
    slow.parent.mkdir()
    slow.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 600\n"
    )
    slow.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-c", "from analog_pc.cli import main; main()",
         "verify", str(net), "--out", str(tmp_path / "r")],
        env={**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(6000):
        if (tmp_path / "pid").exists() or process.poll() is not None:
            break
        time.sleep(0.01)
    child = int((tmp_path / "pid").read_text())
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said.splitlines()[-1].startswith("analog-pc: interrupted")
    assert no_report(tmp_path / "r")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
