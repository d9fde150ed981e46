"""A private folder in which programs run: bounded in time and output, gone together with its owner.

Two short shell programs make the end of the owner, however it dies, the end of what it started::

    owner --- pipe ---> watcher    at the end of the pipe: kill the program's process group, remove the folder
      |
      +------ pipe ---> gate       waits until the watcher knows the group, then becomes the program

The kernel closes a dead owner's end of a pipe, whatever killed it, and no thread of the owner matters.  The
gate closes the moment between the start of a program and the watcher's knowledge of it: an owner that dies
there never opens it.  A folder whose watcher was killed too is removed by the next run (`remove_abandoned`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event
from typing import IO, NamedTuple

from analog_pc.errors import SimulationFailed, SimulatorMissing

Listener = Callable[[bytes], None]
"""Is given the last bytes of stderr, about twice a second."""

PREFIX = "analog_pc_run_"
MOST_OUTPUT = 64 * 2**20  # bytes a stream; ngspice says a few kB, VACASK 100 bytes an operating point

_GLANCE = 0.1  # seconds between two looks at the clock
_LISTEN = 0.5
_TAIL = 200  # bytes
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_SHELL = "/bin/sh"
_NOT_STARTED = (126, 127)  # POSIX: a command that was found and is not executable, or was not found

# The group of a later program replaces the one before; HUP, INT and TERM are for the owner to act on.
_WATCHER = """
trap '' HUP INT TERM
group=
while read -r line; do
    if [ "$line" = done ]; then exit 0; fi
    group=$line
done
if [ -n "$group" ]; then kill -s KILL -- "-$group"; fi
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if rm -rf -- "$1"; then exit 0; fi
    sleep 0.1
done
"""
_GATE = 'read -r opened && exec "$@" </dev/null'


class Limit(NamedTuple):
    """A simulation is given up after `seconds` (None: the simulator's own limit), or once `cancelled`."""

    seconds: float | None = None
    cancelled: Event | None = None

    def within(self, timeout: float) -> float:
        """Seconds, at most `timeout`."""
        return timeout if self.seconds is None else min(self.seconds, timeout)


class Workspace:
    """The folder `path`, and the programs that run in it, one at a time."""

    def __init__(self, path: Path, watcher: subprocess.Popen[bytes]) -> None:
        self.path = path
        self._watcher = watcher

    def write(self, name: str, text: str) -> None:
        """A file of the folder.

        Raises
        ------
        SimulationFailed
            Where it cannot be written: a full disk, say.
        """
        path = self.path / name
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as fault:
            raise SimulationFailed(f"{path}: cannot be written: {fault.strerror}") from None

    def read(self, name: str) -> bytes | None:
        """Content of a file of the folder; None where there is none."""
        path = self.path / name
        return path.read_bytes() if path.is_file() else None

    def refuse_full(self) -> None:
        """`SimulationFailed` where the disk has no room left: what a program wrote may be cut off."""
        if shutil.disk_usage(self.path).free == 0:
            raise SimulationFailed(
                f"{self.path.parent}: no space left on device; set TMPDIR to another folder"
            )

    def run(
        self,
        command: list[str],
        timeout: float,
        listener: Listener | None = None,
        cancelled: Event | None = None,
    ) -> tuple[int, list[str]]:
        """Exit code, and the lines of stderr and then stdout.

        The program gets a session of its own, so that its children die with it.  `HOME` is this folder where
        the environment has none: ngspice 39 dies of signal 11 without.

        Parameters
        ----------
        timeout
            Seconds after which it is killed; so it is once `cancelled` is set, and above `MOST_OUTPUT`.

        Raises
        ------
        SimulatorMissing
            If the program cannot be started.
        SimulationFailed
            If it was killed for one of these reasons.
        """
        until = _Until(timeout, time.monotonic() + timeout, cancelled)
        with self._started(command) as process:
            try:
                out, err = _streams(process, until, listener)
                code = _ended(process, until)
            except _GivenUp as reason:
                _kill(process)
                raise SimulationFailed(f"{Path(command[0]).name}: {reason}, killed") from None
            except BaseException:  # Ctrl-C above all: leave no process behind
                _kill(process)
                raise
        lines = (err + b"\n" + out).decode("utf-8", "replace").splitlines()
        if code in _NOT_STARTED:
            said = " ".join(err.decode("utf-8", "replace").split())[-100:]
            raise SimulatorMissing(f"{command[0]} cannot be started: {said} (exit code {code})")
        return code, lines

    def _started(self, command: list[str]) -> subprocess.Popen[bytes]:
        process = _popen(
            [_SHELL, "-c", _GATE, _SHELL, *command],
            cwd=self.path,
            env={"HOME": str(self.path), **os.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            _say(self._watcher, str(process.pid))
            _say(process, "open")
            _close(process)
        except BaseException:
            _kill(process)
            process.wait()
            raise
        return process


@contextmanager
def workspace(parent: Path | None = None) -> Iterator[Workspace]:
    """A private folder, removed at the end of the block or of this process, whichever comes first.

    Parameters
    ----------
    parent
        Where it is made; None: the folder of temporary files.

    Raises
    ------
    OSError
        Where it cannot be made.
    """
    parent = temporary_files() if parent is None else parent.absolute()
    _begin_in(parent)
    path = parent / f"{PREFIX}{secrets.token_hex(8)}"
    watcher = _popen([_SHELL, "-c", _WATCHER, _SHELL, str(path)], cwd="/", stdout=subprocess.DEVNULL)
    try:
        with _owned(path):
            yield Workspace(path, watcher)
    finally:
        shutil.rmtree(path, ignore_errors=True)
        _say(watcher, "done")
        _close(watcher)
        watcher.wait()


@contextmanager
def _owned(path: Path) -> Iterator[None]:
    """A new folder, locked as long as its owner lives: the kernel unlocks it with the owner's end."""
    handle = None
    while handle is None:
        handle = _made_and_locked(path)
    try:
        yield
    finally:
        os.close(handle)


def _made_and_locked(path: Path) -> int | None:
    """The open folder; None where another process took it for abandoned before it was locked."""
    path.mkdir(mode=0o700)
    try:
        handle = os.open(path, _FOLDER)
    except FileNotFoundError:
        return None
    fcntl.flock(handle, fcntl.LOCK_EX)
    if path.exists():
        return handle
    os.close(handle)
    return None


def temporary_files() -> Path:
    """The folder of temporary files."""
    return Path(tempfile.gettempdir()).absolute()


@cache
def _begin_in(parent: Path) -> None:
    """Look for abandoned folders once a process."""
    remove_abandoned(parent)


def remove_abandoned(parent: Path) -> None:
    """Remove the private folders in `parent` whose owners are dead.

    A folder is ours by its name and its user, and abandoned if no process holds its lock.  Process numbers
    do not count: they are used again, and mean something else in a container that shares the folder.
    """
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                _remove_if_abandoned(entry.path)


def _remove_if_abandoned(path: str) -> None:
    with contextlib.suppress(OSError):  # locked, or no folder, or removed by another process
        handle = os.open(path, _FOLDER)
        try:
            if os.fstat(handle).st_uid == os.geteuid():
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(handle)


class _GivenUp(Exception):
    """Why a program is killed."""


class _Until(NamedTuple):
    """`Limit` of a program that runs: it may take `seconds`, until `end` of the monotonic clock."""

    seconds: float
    end: float
    cancelled: Event | None

    def check(self) -> None:
        """`_GivenUp` once it has been reached."""
        if time.monotonic() >= self.end:
            raise _GivenUp(f"no result after {self.seconds:g} s")
        if self.cancelled is not None and self.cancelled.is_set():
            raise _GivenUp("cancelled")


def _popen(
    command: list[str],
    *,
    cwd: str | Path,
    stdout: int,
    stderr: int = subprocess.DEVNULL,
    env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """A shell in a session of its own, that listens to this process."""
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as problem:
        raise SimulatorMissing(f"{command[0]} cannot be started: {problem.strerror}") from problem


def _say(process: subprocess.Popen[bytes], line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # it was killed
        os.write(_of(process.stdin).fileno(), f"{line}\n".encode())


def _close(process: subprocess.Popen[bytes]) -> None:
    _of(process.stdin).close()


def _of(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _streams(
    process: subprocess.Popen[bytes], until: _Until, listener: Listener | None
) -> tuple[bytes, bytes]:
    """All of stdout and stderr, each up to `MOST_OUTPUT`."""
    out = _of(process.stdout)
    err = _of(process.stderr)
    found = {out.fileno(): bytearray(), err.fileno(): bytearray()}
    told = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for descriptor in found:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            until.check()
            for key, _ in selector.select(_GLANCE):
                if not _took(key.fd, found[key.fd]):
                    selector.unregister(key.fd)
            if listener is not None and time.monotonic() - told >= _LISTEN:
                told = time.monotonic()
                listener(bytes(found[err.fileno()][-_TAIL:]))
    return bytes(found[out.fileno()]), bytes(found[err.fileno()])


def _took(descriptor: int, kept: bytearray) -> bool:
    """Whether there was something to read; it is added to what is kept."""
    chunk = os.read(descriptor, 1 << 16)
    kept += chunk
    if len(kept) > MOST_OUTPUT:
        raise _GivenUp(f"more than {MOST_OUTPUT >> 20} MiB of messages")
    return bool(chunk)


def _ended(process: subprocess.Popen[bytes], until: _Until) -> int:
    """The exit code; a program that has closed both streams may run on."""
    while True:
        try:
            return process.wait(_GLANCE)
        except subprocess.TimeoutExpired:
            until.check()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
