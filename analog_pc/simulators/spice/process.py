"""One ngspice process: a deck in, a plot out, or an exception that quotes ngspice's message."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

from analog_pc.circuit import Status
from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators.spice import log
from analog_pc.simulators.spice.rawfile import Plot, read_raw
from analog_pc.simulators.workspace import Listener, workspace

Watch = Callable[[float], None]  # is told the seconds of circuit time that a transient has reached

# ngspice writes " Reference value :  1.23400e-06" to stderr four times a second of its own time.
_REACHED = re.compile(rb"Reference value :\s+([0-9.eE+-]+)")


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


def _listener(watch: Watch | None) -> Listener | None:
    """Reports to `watch` the time that ngspice has reached."""
    if watch is None:
        return None

    def listen(stderr: bytes) -> None:
        reached = _REACHED.findall(stderr)
        if reached:
            watch(float(reached[-1]))

    return listen


def run_deck(
    deck: str,
    executable: str = "ngspice",
    timeout: float = 600.0,
    watch: Watch | None = None,
    cancelled: Event | None = None,
) -> tuple[Plot, Status]:
    """As `run_plots`, for an analysis that leaves one plot."""
    plots, status = run_plots(deck, executable, timeout, watch, cancelled)
    if len(plots) != 1:
        label = Path(executable).name
        raise SimulationFailed(f"{label}: expected the plot of one analysis, got {len(plots)}")
    return plots[0], status


def run_plots(
    deck: str,
    executable: str = "ngspice",
    timeout: float = 600.0,
    watch: Watch | None = None,
    cancelled: Event | None = None,
) -> tuple[list[Plot], Status]:
    """Run a complete deck with one analysis in a private folder.

    Parameters
    ----------
    deck
        Text of the deck.
    timeout
        Seconds.
    watch
        Is told, about twice a second, the circuit's time that a transient has reached.
    cancelled
        Ends the run once it is set.

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
    # -n: no .spiceinit of the user, which could change any option.
    command = [path, "-n", "-b", "-r", "out.raw", "network.cir"]
    with workspace() as place:
        place.write("network.cir", deck)
        code, lines = place.run(command, timeout, _listener(watch), cancelled)
        content = place.read("out.raw")
        place.refuse_full()
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
