"""Training on devices from the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.devices.pulsed import PRESETS
from analog_pc.pcn.network_file import load_network

REFERENCE = Path(__file__).parents[2] / "reference_data"
IRIS = ("train", "--data", "iris", "--layers", "4,6,3", "--batch", 8)


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def refused(result: Result, *words: str) -> None:
    """Exit 2, one line on stderr with all the words, nothing on stdout."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert not [word for word in words if word not in result.stderr], result.stderr
    assert result.stdout == ""


def test_devices_lists_every_preset_with_its_source() -> None:
    result = cli("devices")
    assert result.exit_code == 0, result.output
    for name, device in PRESETS.items():
        assert name in result.stdout
        assert "".join(device.source.split()) in "".join(result.stdout.split())  # wrapped
    assert result.stdout.count("pulse: ") == len(PRESETS)
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "…" not in result.stdout  # nothing cut short


def test_devices_tells_how_a_curve_is_fitted() -> None:
    path = REFERENCE / "curve_noisy_linear.csv"
    result = cli("devices", path)
    assert result.exit_code == 0, result.output
    first, up, down = result.stdout.splitlines()
    assert first.startswith(f"{path}: ")
    assert first.endswith(" S")
    assert up.startswith("up: 256 readings, fitted from 9.97")
    assert "residual 1.8e-07 S rms (1.9 % of the range), 100 % of the range covered" in up
    assert down.startswith("down: 256 readings")


def test_devices_refuses_what_is_no_curve(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("up,0,1\n")
    refused(cli("devices", path), "c.csv: the first line must be")
    refused(cli("devices", tmp_path / "none.csv"), "none.csv: cannot be read: No such file")


def test_train_tells_how_its_curve_is_fitted(tmp_path: Path) -> None:
    path = REFERENCE / "curve_geometric.csv"
    result = cli(*IRIS, "--epochs", 1, "--device", path, "--out", tmp_path / "net.npz")
    assert result.exit_code == 0, result.output
    assert "remark: curve_geometric.csv: up: 64 readings, fitted from 1e-06 to 0.001 S" in result.stderr
    assert "remark: curve_geometric.csv: down: 64 readings" in result.stderr


@pytest.mark.parametrize("more", [
    ("--device", "ecram"), ("--device", "pcm", "--scheme", "mixed-precision"),
    ("--device", "ecram", "--scheme", "tiki-taka:fast=5,transfer=0.02", "--rule", "bp"),
    ("--device", "reram-array-om", "--transposed", "separate"), ("--rule", "ipc:steps=4"),
    ("--device", "ecram", "--scheme", "mixed-precision", "--technology", "cmos65-rram"),
    ("--device", "ideal", "--headroom", "3"),
])  # fmt: skip
def test_train_on_devices(more: tuple[str, ...], tmp_path: Path) -> None:
    out, history = tmp_path / "net.npz", tmp_path / "h.json"
    result = cli(*IRIS, "--epochs", 2, *more, "--history", history, "--out", out)
    assert result.exit_code == 0, result.output
    written, accuracy = result.stdout.splitlines()
    assert written.startswith("written: ")
    assert accuracy.startswith(f"{out}: test accuracy ")
    assert load_network(out).sizes == (4, 6, 3)
    rows = json.loads(history.read_text())
    assert [row["epoch"] for row in rows] == [1, 2]
    assert f"{100.0 * rows[-1]['accuracy']:.2f} %" in accuracy
    assert (" pJ a sample" in written or " fJ a sample" in written or " nJ a sample" in written) == (
        "--device" in more and "ideal" not in more
    )


def test_a_measured_curve(tmp_path: Path) -> None:
    rows = ["direction,pulse,siemens"]
    rows += [f"up,{k},{1e-6 + 1e-8 * k}" for k in range(101)]
    rows += [f"down,{k},{2e-6 - 1e-8 * k + (3e-8 if k == 50 else 0.0)}" for k in range(101)]
    (tmp_path / "mine.csv").write_text("\n".join(rows) + "\n")
    arguments = (*IRIS, "--epochs", 1, "--device", tmp_path / "mine.csv", "--out", tmp_path / "net.npz")
    result = cli(*arguments)
    assert result.exit_code == 0, result.output
    assert "remark: " in result.stderr
    assert "wrong way" in result.stderr
    assert " J" not in result.stdout  # no pulse is known
    result = cli(*arguments, "--pulse", "1.5,1e-7")
    assert "J a sample" in result.stdout


def test_resume_ends_where_the_whole_run_does(tmp_path: Path) -> None:
    options = (*IRIS, "--device", "ecram")
    assert cli(*options, "--epochs", 3, "--out", tmp_path / "whole.npz").exit_code == 0
    saved = (*options, "--checkpoint", tmp_path / "c.npz", "--out", tmp_path / "net.npz")
    assert cli(*saved, "--epochs", 1).exit_code == 0
    refused(cli(*saved, "--epochs", 3), "c.npz: exists; --resume goes on from it")
    refused(cli(*saved, "--epochs", 3, "--resume", "--lr", 0.1), "another run: lr 0.3 there, 0.1 here")
    assert cli(*saved, "--epochs", 3, "--resume").exit_code == 0
    whole, net = (load_network(tmp_path / name) for name in ("whole.npz", "net.npz"))
    for a, b in zip((*whole.W, *whole.b), (*net.W, *net.b), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path, stop: signal.Signals) -> None:
    checkpoint = tmp_path / "c.npz"
    code = "from analog_pc.cli import main; main()"
    options = [str(a) for a in (*IRIS, "--device", "ecram", "--epochs", 4000, "--checkpoint", checkpoint)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *options, "--out", str(tmp_path / "net.npz")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(6000):
        if checkpoint.exists() or process.poll() is not None:
            break
        time.sleep(0.01)
    process.send_signal(stop)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + stop
    assert len(said.splitlines()) == 1
    assert said.startswith("analog-pc: interrupted in epoch ")
    assert f"saved in {checkpoint}, --resume goes on from there" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.npz"]


@pytest.mark.parametrize(("arguments", "words"), [
    (("--device", "flash"), ("device 'flash'", "reram-es")),
    (("--device", "gone.csv"), ("gone.csv", "cannot be read")),
    (("--device", "ecram", "--scheme", "hebb"), ("unknown scheme 'hebb'", "mixed-precision")),
    (("--device", "ecram", "--scheme", "exact"), ("scheme exact", "'ecram' is written by pulses")),
    (("--device", "ideal", "--scheme", "trains"), ("'ideal' is exact numbers",)),
    (("--device", "ecram", "--rule", "hebb"), ("unknown rule 'hebb'",)),
    (("--device", "ecram", "--resume"), ("--resume: give the --checkpoint",)),
    (("--device", "ecram", "--pulse", "1"), ("--pulse: 1 numbers, expected V,s",)),
    (("--device", "ecram", "--pulse", "1.5V,100nA"), ("--pulse = '100nA': 'nA' is no prefix", "expected s")),
    (("--device", "ecram", "--pulse", "1M,1"), ("--pulse = '1M'", "write 1meg, or 1m?")),
    (("--device", "ecram", "--pulse", "0,1"), ("volts = 0.0",)),
    (("--device", "ecram", "--headroom", "0"), ("headroom = 0.0",)),
    (("--device", "ecram", "--rule", "bp", "--technology", "ideal"), ("rule bp", "only pc learns")),
    (("--device", "ecram", "--layers", "4,5,2"), ("(4, 5, 2)", "3 classes")),
    (("--device", "ideal", "--activation", "identity", "--rule", "bp", "--lr", "1e9"), ("diverged", "lr")),
    (("--checkpoint", "/proc/sys/c.npz"), ("--checkpoint /proc/sys", "cannot be written")),
])  # fmt: skip
def test_bad_values(
    arguments: tuple[str, ...], words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(cli("train", "--data", "iris", *arguments, "--epochs", 1, "--out", "net.npz"), *words)
    assert list(tmp_path.iterdir()) == []


def test_resume_without_its_file(tmp_path: Path) -> None:
    result = cli(
        *IRIS, "--device", "ecram", "--checkpoint", tmp_path / "c", "--resume", "--out", tmp_path / "n.npz"
    )
    refused(result, "c: no such file")


def test_an_unknown_rule_without_devices(tmp_path: Path) -> None:
    refused(
        cli(*IRIS, "--rule", "hebb", "--out", tmp_path / "n.npz"),
        "unknown rule 'hebb': use one of pc, ipc, bp",
    )


def test_samples_that_teach_nothing_are_told(tmp_path: Path) -> None:
    """The nudge is so large that no nudged state is an equilibrium."""
    out = tmp_path / "net.npz"
    history = tmp_path / "history.json"
    result = cli(*IRIS, "--epochs", 1, "--rule", "c-ep:beta=1e6", "--history", history, "--out", out)
    assert result.exit_code == 0, result.output
    said = "120 of 120 samples had no equilibrium and taught nothing: use a smaller beta"
    assert said in result.stdout
    assert json.loads(history.read_text())[0]["energy"] is None


READ_OUT = ("train", "--data", "breast_cancer", "--layers", "30,2", "--epochs", 3)


@pytest.mark.parametrize("device", [("ideal",), ("ecram", "--scheme", "trains")], ids=["ideal", "ecram"])
def test_a_training_that_raised_the_energy_is_told(device: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "net.npz"
    result = cli(*READ_OUT, "--device", *device, "--lr", 0.3, "--out", out)
    assert result.exit_code == 0, result.output
    (line,) = [one for one in result.stderr.splitlines() if one.startswith("remark: training raised")]
    assert " in epoch 3, weights of 0 have 0.5: use a smaller learning rate than 0.3, try --lr 0.08" in line
    assert out.exists()


@pytest.mark.parametrize("device", [("ideal",), ("ecram", "--scheme", "trains")], ids=["ideal", "ecram"])
def test_the_default_rate_suits_a_network_without_hidden_layer(
    device: tuple[str, ...], tmp_path: Path
) -> None:
    result = cli(*READ_OUT, "--device", *device, "--out", tmp_path / "net.npz")
    assert result.exit_code == 0, result.output
    assert "remark: no hidden layer: learning rate 0.0753, half of the largest stable one" in result.stderr
    assert "raised" not in result.stderr
    # Of 114 samples; 63 % have the more frequent label.
    assert float(result.stdout.split("test accuracy ")[1].split(" %")[0]) > 80.0
