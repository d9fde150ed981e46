"""Run of an edited netlist by ngspice, as it is.

ngspice gets the file itself, ``ngspice -n -b -r out.raw NETLIST``: no word of it is read or changed here, and
relative ``.include`` lines are found beside it, as by hand.  What differs from a run by hand is the place:
no ``.spiceinit`` counts (-n), and files that the netlist writes fall into a private folder that goes with the
run.  A netlist is a program: its ``.control`` section may run commands of the shell.

Models in the syntax of PSpice or LTspice need ``set ngbehavior=psa`` or ``ltpsa`` in a .spiceinit; here that
is an argument (ngspice's own -D).
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.files import read_bytes
from analog_pc.simulators.answer import MAX_VOLTS
from analog_pc.simulators.spice import log
from analog_pc.simulators.spice.process import find_executable
from analog_pc.simulators.spice.rawfile import Plot, read_raw
from analog_pc.simulators.workspace import workspace

MOST_NETLIST = 2**30  # bytes
MOST_RAW = 2**30  # bytes; a run that writes a larger file is ended
_BLOCK = 512  # bytes; the unit of `ulimit -f` in a POSIX shell
_LIMITED = 'ulimit -f "$1" && shift && exec "$@"'

_OPERATING_POINT = "operating point"
_SWEEP = "dc transfer characteristic"
# Unknown parameters of a model, and a .nodeset for an inner node of an amplifier that has been replaced:
# ngspice goes on without them, says "ignored", and the voltages show whether they mattered.
_IGNORED = "ignored"
_MODE = re.compile(r"[a-z]{1,16}\Z")


@dataclass(frozen=True, eq=False)
class Run:
    """Result of ngspice: volts [points] by node, or none and the reason."""

    volts: Mapping[str, Floats]
    problem: str = ""


def read_netlist(path: Path) -> bytes:
    """The content of a netlist; only that it is text is checked.

    Raises
    ------
    BadInput
        For a file that is missing, no regular file (ngspice reads it again), too large, or no text.
    """
    if path.exists() and not path.is_file():
        raise BadInput(f"{path}: is no regular file")
    content = read_bytes(path, MOST_NETLIST)
    if b"\0" in content:
        raise BadInput(f"{path}: holds binary data, expected the text of a netlist")
    return content


def run_netlist(
    netlist: Path, timeout: float = 600.0, ngbehavior: str | None = None, executable: str = "ngspice"
) -> Run:
    """The operating point of a netlist.

    Parameters
    ----------
    netlist
        The file; see `read_netlist`.
    timeout
        s; a run that takes longer is ended.
    ngbehavior
        ngspice's compatibility mode, such as ``psa``; None: none.

    Raises
    ------
    BadInput
        For a mode that is no word, and a run that takes too long or writes too much.
    SimulatorMissing
        Without ngspice.
    """
    path = find_executable(executable)
    command = ["/bin/sh", "-c", _LIMITED, "sh", str(MOST_RAW // _BLOCK)]
    command += [path, "-n", "-b", "-r", "out.raw", *_mode(ngbehavior), str(netlist.absolute())]
    with workspace() as place:
        try:
            code, lines = place.run(command, timeout)
            content = place.read("out.raw")
            place.refuse_full()
        except SimulationFailed as given_up:
            raise BadInput(f"{netlist}: {str(given_up).replace('sh: ', 'ngspice: ', 1)}") from None
    if code == -signal.SIGXFSZ:
        raise BadInput(f"{netlist}: ngspice: more than {MOST_RAW >> 20} MiB in one file, killed")
    problem = _problem(code, lines, content)
    if problem:
        return Run({}, problem)
    assert content is not None
    return _operating_point(content)


def _mode(ngbehavior: str | None) -> list[str]:
    if ngbehavior is None:
        return []
    if not _MODE.match(ngbehavior):
        raise BadInput(f"ngbehavior {ngbehavior!r}: expected a word such as psa, ltpsa or hsa")
    return ["-D", f"ngbehavior={ngbehavior}"]


def _problem(code: int, lines: list[str], content: bytes | None) -> str:
    """Why there is no result that can be trusted; empty where there is one."""
    said = log.first_failure([line for line in lines if _IGNORED not in line.lower()])
    if said is not None:
        return f"ngspice: {said} (exit code {code})"
    if code:
        return f"ngspice: exit code {code} without a message"
    if content is None:
        return "ngspice wrote no raw file; is there an .op, and no 'quit' in .control?"
    return ""


def _operating_point(content: bytes) -> Run:
    try:
        plots = read_raw(content)
    except SimulationFailed as fault:
        return Run({}, str(fault))
    for wanted in (_OPERATING_POINT, _SWEEP):
        found = [plot for plot in plots if plot.name.lower() == wanted]
        if len(found) == 1:
            return Run(_volts(found[0]))
        if len(found) > 1:
            return Run({}, f"{len(found)} analyses of the operating point, expected one .op")
    names = ", ".join(plot.name for plot in plots)
    return Run({}, f"no operating point among the analyses ({names}); add a line .op")


def _volts(plot: Plot) -> dict[str, Floats]:
    """Node voltages; of a node whose values are no voltages, NaN."""
    found = {}
    for name, column in zip(plot.variables, plot.data.T, strict=True):
        if name.startswith("v(") and name.endswith(")"):
            sound = np.isfinite(column) & (np.abs(column) <= MAX_VOLTS)
            found[name[2:-1]] = np.where(sound, column, np.nan)
    return found
