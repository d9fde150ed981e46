"""One ngspice process: a deck in, a plot out, or an exception that quotes ngspice's own words."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from analog_pc.circuit import Status
from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators.spice import log
from analog_pc.simulators.spice.rawfile import Plot, read_raw

Watch = Callable[[float], None]  # is told the seconds of circuit time that a transient has reached

# ngspice writes " Reference value :  1.23400e-06" to stderr four times a second of its own time.
_REACHED = re.compile(rb"Reference value :\s+([0-9.eE+-]+)")
_GLANCE, _TAIL = 0.5, 200  # seconds, bytes


def find_executable(executable: str) -> str:
    """Absolute path of the program.

    Raises
    ------
    SimulatorMissing
        With what to install.
    """
    path = shutil.which(executable)
    if path is None:
        raise SimulatorMissing(
            f"{executable} not found on PATH: install it with 'apt-get install ngspice' "
            "(Debian, Ubuntu) or 'brew install ngspice' (macOS)"
        )
    return path


def run(
    command: list[str], folder: Path, timeout: float, watch: Watch | None = None
) -> tuple[int, list[str]]:
    """Exit code, and the lines of stderr and stdout, of a command that is killed after `timeout` seconds.

    The command gets a process group of its own, so that its children die with it, at a timeout as well as
    at Ctrl-C.  `watch` is called about twice a second with the time that ngspice says it has reached.

    Raises
    ------
    SimulatorMissing, SimulationFailed
        If the command cannot be started; if it does not end in time.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as problem:
        raise SimulatorMissing(f"{command[0]} cannot be started: {problem.strerror}") from problem
    with process:
        try:
            out, err = _output(process, timeout, watch)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise SimulationFailed(
                f"{Path(command[0]).name}: no result after {timeout:g} s, killed"
            ) from None
        except BaseException:  # Ctrl-C above all: leave no process behind
            _kill(process)
            raise
    return process.returncode, (err + b"\n" + out).decode("utf-8", "replace").splitlines()


def _output(process: subprocess.Popen[bytes], timeout: float, watch: Watch | None) -> tuple[bytes, bytes]:
    """Both streams once the process has ended; `subprocess.TimeoutExpired` if it does not in time."""
    if watch is None:
        return process.communicate(timeout=timeout)
    end = time.monotonic() + timeout
    while True:
        left = end - time.monotonic()
        try:
            return process.communicate(timeout=max(min(_GLANCE, left), 0.0))
        except subprocess.TimeoutExpired as running:
            if left <= _GLANCE:
                raise
            reached = _REACHED.findall((running.stderr or b"")[-_TAIL:])
            if reached:
                watch(float(reached[-1]))


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def run_deck(
    deck: str, executable: str = "ngspice", timeout: float = 600.0, watch: Watch | None = None
) -> tuple[Plot, Status]:
    """As `run_plots`, for an analysis that leaves one plot."""
    plots, status = run_plots(deck, executable, timeout, watch)
    if len(plots) != 1:
        label = Path(executable).name
        raise SimulationFailed(f"{label}: expected the plot of one analysis, got {len(plots)}")
    return plots[0], status


def run_plots(
    deck: str, executable: str = "ngspice", timeout: float = 600.0, watch: Watch | None = None
) -> tuple[list[Plot], Status]:
    """Run a complete deck with one analysis in a private folder.

    Parameters
    ----------
    deck
        Text of the deck.
    timeout
        Seconds.
    watch
        Is told the circuit's time that a transient has reached.

    Returns
    -------
    tuple
        The plots of the analysis, and whether ngspice needed stepping to find it.

    Raises
    ------
    SimulatorMissing
        If the program is not installed.
    SimulationFailed
        If it ends with an exit code other than 0, says that something failed, or leaves no whole plot.
    """
    path = find_executable(executable)
    with tempfile.TemporaryDirectory(prefix="analog_pc_") as name:
        folder = Path(name)
        (folder / "network.cir").write_text(deck, encoding="ascii")
        # -n: no .spiceinit of the user, which could change any option.
        code, lines = run([path, "-n", "-b", "-r", "out.raw", "network.cir"], folder, timeout, watch)
        raw = folder / "out.raw"
        content = raw.read_bytes() if raw.is_file() else None
    label = Path(path).name
    problem = log.first_failure(lines)
    if problem is not None:
        raise SimulationFailed(f"{label}: {problem} (exit code {code})")
    if code < 0:
        raise SimulationFailed(f"{label}: killed by signal {-code}")
    if code > 0:
        raise SimulationFailed(f"{label}: exit code {code} without a message")
    if content is None:
        raise SimulationFailed(f"{label}: exit code 0 but no raw file; does the deck hold an analysis?")
    return read_raw(content), log.status(lines)
