"""A disk that becomes full while results are written: the file is named in one line, no verdict is left."""

from __future__ import annotations

import contextlib
import errno
import warnings
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc import files
from analog_pc.cli import main
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.training import predict

# Of every command that writes files: arguments without --out, and the results that must be whole or gone.
COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "netlist": ("netlist net.npz --stimuli s.npz --out o", ("network.cir", "probes.json")),
    "evaluate": (
        "evaluate net.npz --data l.npz --technology mine.toml --seeds 1 --only chips --out o",
        ("report.html", "report.json", "figures/accuracy.svg"),
    ),
    "verify": (
        "verify net.npz --data s.npz --samples 1 --phases predict --out o",
        ("report.html", "report.json"),
    ),
    "import": ("import net.npz --activation sigmoid --out o/net.npz", ("net.npz",)),
    "train": ("train --data iris --epochs 1 --out o/net.npz --history o/h.json", ("net.npz",)),
    "verify --netlist": (
        "verify --netlist cir/network.cir --out o --junit o/j.xml",
        ("report.json", "j.xml"),
    ),
}
LONGER: dict[str, tuple[str, tuple[str, ...]]] = {
    "run": ("run bear --simulators ideal --out o", ("report.html", "result.json", "data.npz")),
    "verify, transients": (
        "verify net.npz --data s.npz --samples 1 --transient --out o",
        ("report.html", "report.json"),
    ),
    "verify, real parts": (
        "verify net.npz --data s.npz --samples 1 --technology mine.toml --only table --out o",
        ("report.html", "report.json"),
    ),
    "evaluate, two technologies": (
        "evaluate net.npz --data l.npz --technology mine.toml --technology ideal --only chips --out o",
        ("comparison.json", "comparison.csv"),
    ),
    "specify": (
        "specify net.npz --data l.npz --technology mine.toml --fields input_offset --workers 1 --out o",
        ("specification.html", "specification.json", "specification.toml"),
    ),
    "study": ("study study.toml --workers 1 --out o", ("study.html", "results.json", "results.csv")),
    "testbench": ("testbench --example bear --out o", ("result.json", "waveforms.npz", "testbench.cir")),
    "train on devices": (
        "train --data iris --device ecram --epochs 1 --out o/net.npz --checkpoint o/c.npz",
        ("net.npz",),
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    network = random_network((4, 3, 2), seed=0)
    save_network(tmp_path / "net.npz", network)
    inputs = np.random.default_rng(0).normal(size=(40, 4))
    np.savez(tmp_path / "l.npz", inputs=inputs, labels=predict(network, inputs).argmax(axis=1))
    np.savez(tmp_path / "s.npz", inputs=inputs[:1], targets=np.array([[0.0, 1.0]]))
    (tmp_path / "mine.toml").write_text('base = "ideal"\nopamp_offset = "1 mV"\n')
    (tmp_path / "study.toml").write_text(
        'network = "net.npz"\ndata = "l.npz"\ntechnology = "mine.toml"\nchips = 2\nmeasure = ["accuracy"]\n'
        '[axes]\nopamp_gain = { low = 1e3, high = 1e4, points = 2, scale = "log" }\n'
    )
    return tmp_path


class Disk:
    """Takes `room` files, if that is a number, and no other below the folder of outputs."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.room: int | None = None
        self.written = 0
        self._fill = files._fill

    def fill(self, stream: IO[bytes], content: bytes | memoryview) -> None:
        place = Path(f"/proc/self/fd/{stream.fileno()}").readlink()
        if self.out in place.parents:
            if self.room is not None and self.written >= self.room:
                stream.write(content[: len(content) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            self.written += 1
        self._fill(stream, content)


@pytest.fixture
def disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk(folder / "o")
    monkeypatch.setattr(files, "_fill", made.fill)
    return made


def call(folder: Path, asked: str) -> Result:
    with contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("default")
        return CliRunner().invoke(main, asked.split())


def refused(result: Result, folder: Path, verdicts: tuple[str, ...]) -> None:
    """Exit code 2, one line that names a file in the folder, and nothing that looks whole."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    lines = [line for line in result.stderr.splitlines() if not line.startswith("[")]  # steps
    assert len(lines) == 1, lines
    assert lines[0].startswith("analog-pc: o/")
    assert lines[0].endswith("cannot be written: No space left on device")
    left = {str(path.relative_to(folder / "o")) for path in (folder / "o").rglob("*") if path.is_file()}
    assert not left & set(verdicts)
    assert not any(name.endswith(".new") for name in left)


def full_at(disk: Disk, folder: Path, asked: str, room: int, verdicts: tuple[str, ...]) -> None:
    disk.written = 0
    disk.room = room
    refused(call(folder, asked), folder, verdicts)


@pytest.mark.parametrize("what", ["netlist", "evaluate", "import"])
def test_no_verdict_is_left_where_its_last_file_fails(what: str, folder: Path, disk: Disk) -> None:
    asked, verdicts = COMMANDS[what]
    full_at(disk, folder, asked, {"netlist": 1, "evaluate": 3, "import": 0}[what], verdicts)


MOST = 3  # files of a run that fail in turn, the first and the last among them: each takes a run


@pytest.mark.slow
@pytest.mark.parametrize("what", [*COMMANDS, *LONGER])
def test_whichever_file_fails(what: str, folder: Path, disk: Disk) -> None:
    """The files of a whole run, in turn; then a disk with room again."""
    asked, verdicts = {**COMMANDS, **LONGER}[what]
    if what == "verify --netlist":
        assert call(folder, "netlist net.npz --stimuli s.npz --out cir").exit_code == 0
    disk.written = 0
    assert call(folder, asked).exit_code in (0, 3), what
    for room in np.unique(np.linspace(0, disk.written - 1, MOST).astype(int)):
        _empty(folder / "o")
        full_at(disk, folder, asked, room, verdicts)
    _empty(folder / "o")
    disk.room = None
    assert call(folder, asked).exit_code in (0, 3)
    assert all((folder / "o" / name).exists() for name in verdicts)


def _empty(folder: Path) -> None:
    """A checkpoint, say, of an earlier run would be refused without --resume."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
