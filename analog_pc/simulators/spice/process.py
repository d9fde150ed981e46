"""One ngspice process: a deck in, a plot out, or an exception that quotes ngspice's own words."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from analog_pc.circuit import Status
from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators.spice import log
from analog_pc.simulators.spice.rawfile import Plot, read_raw


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


def run(command: list[str], folder: Path, timeout: float) -> tuple[int, list[str]]:
    """Exit code, and the lines of stderr and stdout, of a command that is killed after `timeout` seconds.

    The command gets a process group of its own, so that its children die with it, at a timeout as well as
    at Ctrl-C.

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
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise SimulationFailed(
                f"{Path(command[0]).name}: no result after {timeout:g} s, killed"
            ) from None
        except BaseException:  # Ctrl-C above all: leave no process behind
            _kill(process)
            raise
    return process.returncode, (err + b"\n" + out).decode("utf-8", "replace").splitlines()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def run_deck(deck: str, executable: str = "ngspice", timeout: float = 600.0) -> tuple[Plot, Status]:
    """As `run_plots`, for an analysis that leaves one plot."""
    plots, status = run_plots(deck, executable, timeout)
    if len(plots) != 1:
        label = Path(executable).name
        raise SimulationFailed(f"{label}: expected the plot of one analysis, got {len(plots)}")
    return plots[0], status


def run_plots(deck: str, executable: str = "ngspice", timeout: float = 600.0) -> tuple[list[Plot], Status]:
    """Run a complete deck with one analysis in a private folder.

    Parameters
    ----------
    deck
        Text of the deck.
    timeout
        Seconds.

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
        code, lines = run([path, "-n", "-b", "-r", "out.raw", "network.cir"], folder, timeout)
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
