"""Programs and their folders end with their owner, whatever ends it; output and time are bounded."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest

from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators import workspace as rooms
from analog_pc.simulators.workspace import PREFIX, remove_abandoned, workspace

SOON = 2.0  # seconds in which nothing may be left
# The whole command takes 0.75 s of processor time to end, several times that on a loaded machine; the
# programs that it must not wait for take 100 s.
WHOLE_PROGRAM = 20.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """A folder for temporary files; what runs in it at the end of the test is killed, and is a failure."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    yield folder
    left = running_in(folder)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert left == []


def running_in(folder: Path) -> list[int]:
    """Processes that work in the folder or below it."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            where = os.readlink(link)
        except OSError:  # it has ended, or is another user's
            continue
        if where.startswith(str(folder)):
            found.append(int(link.parent.name))
    return found


def programs_in(folder: Path) -> list[str]:
    """Names of the programs that work in the folder."""
    found = []
    for process in running_in(folder):
        with contextlib.suppress(OSError):  # it has ended
            found.append(Path(f"/proc/{process}/comm").read_text().strip())
    return found


def eventually(what: object, seconds: float = 30.0) -> bool:
    """Whether a condition comes true in time."""
    assert callable(what)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def owner(temporary: Path, program: str, **environment: str) -> subprocess.Popen[bytes]:
    """A Python that runs a program text, with its own folder of temporary files."""
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "TMPDIR": str(temporary), **environment},
        stderr=subprocess.DEVNULL,
    )


def ends_it(process: subprocess.Popen[bytes], number: int, temporary: Path, soon: float = SOON) -> None:
    """A signal ends the owner, its programs and its folders soon."""
    began = time.monotonic()
    process.send_signal(number)
    process.wait(soon)
    left = soon - (time.monotonic() - began)
    assert eventually(lambda: not running_in(temporary) and not list(temporary.iterdir()), left)


SLEEPER = "from analog_pc.simulators.workspace import workspace\nwith workspace() as w: w.run({!r}, 100.0)\n"


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "command",
    [
        ["sleep", "100"],
        ["sh", "-c", "trap '' TERM INT HUP; sleep 100 & sleep 100"],
        ["sh", "-c", "while :; do echo x > $$.txt; done"],
    ],
    ids=["sleeps", "has children and ignores signals", "writes files"],
)
def test_programs_end_with_their_owner(command: list[str], number: int, temporary: Path) -> None:
    process = owner(temporary, SLEEPER.format(command))
    assert eventually(lambda: running_in(temporary))
    ends_it(process, number, temporary)


# An ngspice that finds no operating point, and whose transients do not end.
TRANSIENTS_ALONE = """#!/bin/sh
if [ "$1" = -v ]; then echo ngspice-39; exit 0; fi
grep -q '^\\.tran' *.cir || exit 1
exec sleep 100
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_the_command_line_ends_while_samples_settle(number: int, temporary: Path, tmp_path: Path) -> None:
    """`verify` waits for threads, each of which waits for a simulator, once the first search has failed."""
    rng = np.random.default_rng(0)
    weights = {"W1": rng.normal(size=(3, 4)), "W2": rng.normal(size=(2, 3))}
    np.savez(tmp_path / "n.npz", **weights, activation=np.array("relu"))
    np.savez(tmp_path / "s.npz", inputs=rng.normal(size=(1, 4)), targets=rng.normal(size=(1, 2)))
    program = tmp_path / "bin" / "ngspice"
    program.parent.mkdir()
    program.write_text(TRANSIENTS_ALONE)
    program.chmod(0o755)
    arguments = ["verify", "n.npz", "--data", "s.npz", "--phases", "learn", "--out", "o"]
    process = subprocess.Popen(
        [sys.executable, "-m", "analog_pc", *arguments],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary), "PATH": f"{program.parent}:{os.environ['PATH']}"},
        stderr=subprocess.PIPE,
    )
    assert eventually(lambda: "sleep" in programs_in(temporary), 120.0)  # importing takes long under load
    ends_it(process, number, temporary, WHOLE_PROGRAM)
    said = process.communicate()[1].decode()
    assert [path for path in (tmp_path / "o").rglob("*") if path.is_file()] == []
    if number != signal.SIGKILL:
        assert not (tmp_path / "o").exists()  # nothing can take it away after SIGKILL
        assert process.returncode == 128 + number
        assert said == "analog-pc: interrupted; nothing half-written was left\n"


COMPILER = """
from pathlib import Path
from analog_pc.circuit import Circuit, OperatingPoint, StimulusSources, NonlinearVCVS, grounds
from analog_pc.circuit.transfer import sinh_transfer
from analog_pc.simulators import Vacask
from analog_pc.simulators.vacask import simulator
from analog_pc.simulators.vacask.installation import Installation, find_installation
import numpy as np

real = find_installation()
fake = Path("{fake}")
compiler = real.compiler if "{which}" == "vacask" else fake
simulator.find_installation = lambda: Installation(fake, compiler, real.models, "x")
sinh = NonlinearVCVS("f", ("a",), ("f",), sinh_transfer(1.0))
circuit = Circuit("c", (StimulusSources("u", ("a",), grounds(1)), sinh))
Vacask().simulate(circuit, OperatingPoint({{"u": np.ones((1, 1))}}))
"""


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("which", ["vacask", "openvaf-r"])
def test_vacask_and_its_compiler(which: str, number: int, temporary: Path, tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\nexec sleep 100\n")
    fake.chmod(0o755)
    cache = temporary / "cache"
    process = owner(temporary, COMPILER.format(fake=fake, which=which), XDG_CACHE_HOME=str(cache))
    assert eventually(lambda: any(runs(p, "sleep") for p in running_in(temporary)))
    began = time.monotonic()
    process.send_signal(number)
    process.wait(SOON)
    left = SOON - (time.monotonic() - began)
    assert eventually(lambda: not running_in(temporary) and not workspaces_in(temporary), left)


def workspaces_in(temporary: Path) -> list[str]:
    """Walked by a function that bears folders that vanish."""
    return [name for _, folders, _ in os.walk(temporary) for name in folders if name.startswith(PREFIX)]


def runs(process: int, name: str) -> bool:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip().startswith(name)  # python, python3.11
    except OSError:
        return False


WORKERS = """
from pathlib import Path
from analog_pc.experiments.framework.result_cache import DiskCache
from analog_pc.simulators.workspace import workspace

def compute(name):
    with workspace() as w:
        w.run(["sleep", "100"], 100.0)

DiskCache(Path("{parts}"), "x", workers=2).compute(["a", "b"], compute)
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_workers_end_with_their_parent(number: int, temporary: Path, tmp_path: Path) -> None:
    process = owner(temporary, WORKERS.format(parts=tmp_path / "parts"))
    assert eventually(lambda: len(running_in(temporary)) == 2)
    workers = children(process.pid)
    assert len(workers) >= 2
    began = time.monotonic()
    process.send_signal(number)
    process.wait(SOON)

    def gone() -> bool:
        folders = list(temporary.glob(f"{PREFIX}*"))
        return not running_in(temporary) and not folders and not any(lives(p) for p in workers)

    assert eventually(gone, SOON - (time.monotonic() - began))


def children(parent: int) -> list[int]:
    """Python processes started by another one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent and runs(int(path.parent.name), "python"):
            found.append(int(path.parent.name))
    return found


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# --- folders whose owner and watcher were both killed


def test_the_next_run_removes_what_a_dead_owner_left(tmp_path: Path) -> None:
    abandoned = tmp_path / f"{PREFIX}0123456789abcdef"
    (abandoned / "below").mkdir(parents=True)
    (abandoned / "out.raw").write_bytes(b"x")
    kept = tmp_path / "analog_pc_notes"
    kept.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / f"{PREFIX}link"
    link.symlink_to(elsewhere)
    rooms._begin_in.cache_clear()
    with workspace(tmp_path) as place:
        assert not abandoned.exists()
        assert place.path.is_dir()
        assert kept.is_dir()
        assert link.is_symlink()
        remove_abandoned(tmp_path)
        assert place.path.is_dir()  # its owner lives
    assert elsewhere.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([kept.name, elsewhere.name, link.name])


def test_a_folder_that_another_process_removes_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, taken = rooms.fcntl.flock, []

    def late(handle: int, operation: int) -> None:
        if not taken:
            taken.append(True)
            next(tmp_path.iterdir()).rmdir()
        lock(handle, operation)

    monkeypatch.setattr(rooms.fcntl, "flock", late)
    with workspace(tmp_path) as place:
        place.write("a", "b")
    assert taken


# --- what a program may do


def test_home_is_the_folder_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    with workspace(tmp_path) as place:
        assert place.run(["sh", "-c", "echo $HOME"], 10.0) == (0, ["", str(place.path)])
        monkeypatch.setenv("HOME", "/elsewhere")
        assert place.run(["sh", "-c", "echo $HOME"], 10.0) == (0, ["", "/elsewhere"])


def test_streams_and_exit_code(tmp_path: Path) -> None:
    with workspace(tmp_path) as place:
        assert place.run(["sh", "-c", "echo out; echo err >&2; exit 3"], 10.0) == (3, ["err", "", "out"])
        assert place.run(["sh", "-c", "cat; kill -9 $$"], 10.0) == (-signal.SIGKILL, [""])  # no input


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_flood_of_messages_is_cut_off(stream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MOST_OUTPUT", 2**20)
    began = time.monotonic()
    with workspace(tmp_path) as place, pytest.raises(SimulationFailed, match="more than 1 MiB of messages"):
        place.run(["sh", "-c", f"exec yes >&{stream}"], 60.0)
    assert time.monotonic() - began < 10.0


@pytest.mark.parametrize(
    "text",
    [
        "while :; do echo drip; sleep 0.01; done",
        "exec sleep 60 >/dev/null 2>&1",
        "setsid sleep 60 & echo started",  # holds the streams, in another session
    ],
)
def test_the_time_is_bounded_whatever_a_program_does_with_its_streams(text: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with workspace(tmp_path) as place:
        script = f"echo $$ > group; {text}"
        with pytest.raises(SimulationFailed, match=r"no result after 0\.5 s, killed"):
            place.run(["sh", "-c", script], 0.5, listener=lambda _: None)
    assert time.monotonic() - began < 5.0
    for process in running_in(tmp_path):
        os.kill(process, signal.SIGKILL)


def test_any_finite_timeout_will_do(tmp_path: Path) -> None:
    with workspace(tmp_path) as place:
        assert place.run(["true"], 1e300) == (0, [""])


def test_a_cancelled_program_ends(tmp_path: Path) -> None:
    cancelled = Event()
    Timer(0.3, cancelled.set).start()
    began = time.monotonic()
    with workspace(tmp_path) as place, pytest.raises(SimulationFailed, match="sleep: cancelled, killed"):
        place.run(["sleep", "60"], 60.0, cancelled=cancelled)
    assert time.monotonic() - began < 5.0


def test_a_program_that_is_none(tmp_path: Path) -> None:
    with workspace(tmp_path) as place:
        for command in ("/no/such/program", str(tmp_path)):
            with pytest.raises(SimulatorMissing, match=f"{command} cannot be started: .*exit code 12"):
                place.run([command], 10.0)


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with workspace(tmp_path) as place:
        (place.path / "full").symlink_to("/dev/full")
        with pytest.raises(SimulationFailed, match=r"full: cannot be written: No space left on device"):
            place.write("full", "text" * 10_000)
        usage = rooms.shutil.disk_usage(tmp_path)
        monkeypatch.setattr(rooms.shutil, "disk_usage", lambda _: usage._replace(free=0))
        with pytest.raises(SimulationFailed, match=f"{tmp_path}: no space left on device"):
            place.refuse_full()
