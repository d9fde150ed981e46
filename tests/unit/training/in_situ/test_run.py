"""Whole runs: history, checkpoints, and every way in which a run may end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.files import read_npz, write_npz
from analog_pc.pcn import random_network
from analog_pc.training import Trainer, TrainingConfig, TrainingRun, load_dataset, train
from analog_pc.training.in_situ import (
    DeviceBackend,
    Exact,
    MixedPrecision,
    Scheme,
    TikiTaka,
    Trains,
    weight_device,
)

IRIS = load_dataset("iris")
NET = random_network((4, 6, 3), seed=0)


def run(
    checkpoint: Path | None = None,
    device: str = "pcm",
    scheme: Scheme | None = None,
    rule: str = "pc",
    **config: Any,
) -> TrainingRun:
    how = TrainingConfig(**{"rule": rule, "epochs": 4, "batch": 8, "lr": 0.3, **config})
    backend = DeviceBackend(NET, weight_device(device), scheme or TikiTaka(), seed=how.seed)
    return TrainingRun(Trainer(backend, how), IRIS, checkpoint)


def same(first: TrainingRun, second: TrainingRun) -> None:
    """Bit for bit: devices, generators, counts and history."""
    a, b = first.state(), second.state()
    assert a.keys() == b.keys()
    for name, value in a.items():
        np.testing.assert_array_equal(np.asarray(value), np.asarray(b[name]), err_msg=name)


def test_the_ideal_run_is_the_ideal_training() -> None:
    mine = run(device="ideal", scheme=Exact(), seed=5)
    mine.go()
    usual = train(NET, IRIS, TrainingConfig(epochs=4, batch=8, lr=0.3, seed=5), momentum=0.0)
    for a, b in zip(usual.W, mine.trainer.network.W, strict=True):
        np.testing.assert_allclose(b, a, rtol=0.0, atol=1e-6)


def test_history() -> None:
    found = run()
    history = found.go()
    assert json.loads(json.dumps(history, allow_nan=False)) == history
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert all(0.0 <= row["accuracy"] <= 1.0 and row["energy"] > 0.0 for row in history)
    for name in ("samples", "pulses", "joules", "seconds", "row_reads"):
        parts = [row["epoch_costs"][name] for row in history]
        assert sum(parts) == pytest.approx(history[-1]["total_costs"][name])
        assert min(parts) > 0
    assert history[0]["epoch_costs"]["samples"] == len(IRIS.train_labels)
    assert history[-1]["accuracy"] == found.accuracy


def test_the_energy_of_an_epoch_is_the_mean_over_its_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of different sizes weigh by their samples; one without an equilibrium (NaN) does not count."""
    found, seen = run(device="ideal", scheme=Exact(), batch=50, epochs=1), []
    energies = iter([3.0, np.nan, 11.0])

    def step(inputs: np.ndarray, targets: np.ndarray) -> float:
        seen.append((next(energies), len(inputs)))
        return seen[-1][0]

    monkeypatch.setattr(found.trainer, "step", step)
    found.go()
    (first, many), (_, _), (last, few) = seen
    assert few < many
    assert found.history[-1]["energy"] == pytest.approx((first * many + last * few) / (many + few), rel=1e-15)


def test_progress_ends_at_the_end() -> None:
    seen = []
    run().go(seen.append)
    assert seen[-1].update == seen[-1].updates == 4 * 15
    assert seen[-1].epoch == 4
    assert [p.update for p in seen] == sorted(p.update for p in seen)
    assert seen[-1].joules is not None


@pytest.mark.parametrize("rule", ["pc", "ipc:steps=3", "bp"])
@pytest.mark.parametrize(("device", "scheme"), [
    ("pcm", TikiTaka()), ("capacitor", Trains()), ("reram-array-om", MixedPrecision()), ("ideal", Exact()),
])  # fmt: skip
def test_resumed_is_uninterrupted(rule: str, device: str, scheme: Scheme, tmp_path: Path) -> None:
    whole = run(None, device, scheme, rule)
    whole.go()
    first = run(tmp_path / "c.npz", device, scheme, rule, epochs=2)
    first.go()
    second = run(tmp_path / "c.npz", device, scheme, rule)
    second.resume()
    assert second.epoch == 2
    second.go()
    same(whole, second)
    assert [p.name for p in tmp_path.iterdir()] == ["c.npz"]


def test_resumed_within_an_epoch(tmp_path: Path) -> None:
    whole = run()
    whole.go()
    first = run(tmp_path / "c.npz")
    first.order = first.rng.permutation(len(first.targets))
    for _ in range(5):
        first._update()
    first.save()
    second = run(tmp_path / "c.npz")
    second.resume()
    second.go()
    same(whole, second)


KILLED = """
    import os, sys
    from pathlib import Path
    sys.path.insert(0, {folder!r})
    from test_run import run
    from analog_pc.training import run as module
    module.SAVE_SECONDS = 0.02
    found = run(Path({checkpoint!r}), epochs=400)
    print("started", flush=True)
    found.go()
"""


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    script = folder / "script.py"
    script.write_text(textwrap.dedent(code))
    return subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def begun(process: subprocess.Popen[str], checkpoint: Path) -> None:
    """Wait until the run has saved once."""
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    for _ in range(2000):
        if checkpoint.exists():
            return
        time.sleep(0.01)
    raise AssertionError("no checkpoint after 20 s")


@pytest.mark.parametrize("wait", [0.0, 0.3])
def test_killed_at_any_moment(wait: float, tmp_path: Path) -> None:
    """SIGKILL, then resumed: as if nothing had been; at most the work since the last checkpoint is lost."""
    checkpoint = tmp_path / "c.npz"
    process = start(KILLED.format(folder=str(Path(__file__).parent), checkpoint=str(checkpoint)), tmp_path)
    begun(process, checkpoint)
    time.sleep(wait)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    second = run(checkpoint, epochs=400)
    second.resume()
    reached = second.epoch + 2
    assert reached < 400
    second = run(checkpoint, epochs=reached)  # a run may be made longer or shorter
    second.resume()
    second.go()
    whole = run(epochs=reached)
    whole.go()
    same(whole, second)


def test_ctrl_c_saves_and_says_so(tmp_path: Path) -> None:
    checkpoint = tmp_path / "c.npz"
    code = KILLED.replace("found.go()", """
    try:
        found.go()
    except KeyboardInterrupt as stopped:
        print(stopped, flush=True)
        sys.exit(found.position)
    """)  # fmt: skip
    code = code.replace("module.SAVE_SECONDS = 0.02", "").replace("\n    \n", "\n")
    process = start(code.format(folder=str(Path(__file__).parent), checkpoint=str(checkpoint)), tmp_path)
    begun(process, checkpoint)
    process.send_signal(signal.SIGINT)
    said, faults = process.communicate(timeout=30)
    assert not faults
    assert said.startswith("interrupted in epoch ")
    assert said.rstrip().endswith(f"saved in {checkpoint}")
    second = run(checkpoint, epochs=400)
    second.resume()
    assert second.position == process.returncode  # what was saved is where it stopped


def test_divergence_saves_the_last_good_state(tmp_path: Path) -> None:
    net = random_network((4, 6, 3), "identity", seed=0)
    config = TrainingConfig(rule="bp", epochs=4, batch=8, lr=1e3)
    made = [
        TrainingRun(
            Trainer(DeviceBackend(net, weight_device("ideal"), Exact()), config), IRIS, tmp_path / "c"
        )
        for _ in range(2)
    ]
    with pytest.raises(
        BadInput, match=r"training diverged in epoch 1 .* use a smaller lr than 1000; .*c holds"
    ) as e:
        made[0].go()
    assert "\n" not in str(e.value)
    made[1].resume()
    assert all(np.isfinite(w).all() for w in made[1].trainer.network.W)
    same(*made)


# --- checkpoints of something else


def test_another_configuration_is_refused_in_one_line(tmp_path: Path) -> None:
    run(tmp_path / "c", epochs=1).go()
    for other, words in (
        (run(tmp_path / "c", lr=0.2), "c: a checkpoint of another run: lr 0.3 there, 0.2 here"),
        (run(tmp_path / "c", seed=1), "seed 0 there, 1 here"),
        (run(tmp_path / "c", scheme=TikiTaka(fast=2.0)), "scheme.fast 1.0 there, 2.0 here"),
        (run(tmp_path / "c", rule="bp"), "rule.name pc there, bp here"),
        (run(tmp_path / "c", device="ecram"), "device"),
    ):
        with pytest.raises(BadInput) as refused:
            other.resume()
        assert words in str(refused.value)
        assert "\n" not in str(refused.value)


def test_other_data_and_other_weights_are_refused(tmp_path: Path) -> None:
    run(tmp_path / "c", epochs=1).go()
    mine = run(tmp_path / "c")
    other = DeviceBackend(random_network((4, 6, 3), seed=1), weight_device("pcm"), TikiTaka())
    trainer = Trainer(other, mine.trainer.config)
    with pytest.raises(BadInput, match=r"network\.parameters"):
        TrainingRun(trainer, IRIS, tmp_path / "c").resume()
    with pytest.raises(BadInput, match=r"data\.samples"):
        TrainingRun(mine.trainer, load_dataset("iris", 3), tmp_path / "c").resume()


def test_files_that_are_no_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        run(tmp_path / "gone").resume()
    np.savez(tmp_path / "net.npz", W1=np.ones(3))
    with pytest.raises(BadInput, match="not a checkpoint of training"):
        run(tmp_path / "net.npz").resume()
    run(tmp_path / "c", epochs=1).go()
    whole = (tmp_path / "c").read_bytes()
    (tmp_path / "c").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="damaged"):
        run(tmp_path / "c").resume()
    with pytest.raises(BadInput, match="from which checkpoint"):
        run().resume()


def alterations(value: np.ndarray) -> Iterator[np.ndarray | None]:
    """Other values, another type and another shape of an entry; None: it is missing."""
    yield None
    yield np.zeros((3, 1, 2), float if value.dtype.kind == "U" else value.dtype)
    yield value.astype("S") if value.dtype.kind == "U" else value.astype(complex)
    if value.dtype.kind == "f":
        yield np.full_like(value, np.nan)
        yield np.nextafter(value, 1e300)
    if value.dtype.kind in "iu" and value.size:
        yield value + np.ones_like(value)
    if value.dtype.kind == "U":
        yield np.array("][")
        yield np.array(f"{value} ")


def test_an_altered_checkpoint_is_refused(tmp_path: Path) -> None:
    """Every entry of the state, in every way, with the zip's own checksums right."""
    run(tmp_path / "c", epochs=1).go()
    whole = read_npz(tmp_path / "c")
    mine = run(tmp_path / "c")
    mine.resume()
    before = mine.trainer.state()
    tried = 0
    for name, value in whole.items():
        for other in alterations(value):
            entries = {k: v for k, v in whole.items() if k != name} | ({} if other is None else {name: other})
            write_npz(tmp_path / "c", **entries)
            with pytest.raises(BadInput) as refused:
                mine.resume()
            assert len(str(refused.value)) < 300
            tried += 1
    write_npz(tmp_path / "c", **whole, more=np.ones(1))
    with pytest.raises(BadInput, match="its content is not what was written: damaged, or changed by hand"):
        mine.resume()
    assert tried > 150
    for name, value in mine.trainer.state().items():
        np.testing.assert_array_equal(value, before[name])  # nothing of it was taken
    write_npz(tmp_path / "c", **whole)
    mine.resume()


def test_a_checkpoint_of_an_older_version(tmp_path: Path) -> None:
    run(tmp_path / "c", epochs=1).go()
    write_npz(tmp_path / "c", **{**read_npz(tmp_path / "c"), "version": np.array(1)})
    with pytest.raises(BadInput, match="a checkpoint of version 1, this is version 3"):
        run(tmp_path / "c").resume()


def test_a_checkpoint_holds_no_pickles(tmp_path: Path) -> None:
    run(tmp_path / "c", epochs=1).go()
    arrays = read_npz(tmp_path / "c")  # which never unpickles
    assert all(a.dtype != object for a in arrays.values())
    assert {
        "trainer/backend/layer1/forward/fast/plus/hidden",
        "generator",
        "history",
        "sha256",
    } <= arrays.keys()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        run(tmp_path / "none" / "c", epochs=1).go()


def test_sizes_must_fit() -> None:
    backend = DeviceBackend(random_network((4, 5, 2)), weight_device("ecram"), Trains())
    with pytest.raises(BadInput, match=r"layers \(4, 5, 2\): data 'iris' has 4 inputs and 3 classes"):
        TrainingRun(Trainer(backend, TrainingConfig()), IRIS)


def test_the_signal_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    run(epochs=1).go()
    assert signal.getsignal(signal.SIGINT) is before
