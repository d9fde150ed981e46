"""How long does `analog-pc evaluate` take, and what does it find?  Ordinary networks, stock technologies.

The networks of `ordinary_networks.py`: 64-40-20-10 on digits with tanh, relu, and tanh with weights times 8,
and with ``--file`` 784-100-10 relu on 10000 images of 28 x 28.  Every cell of the table is one command as a
user gives it, all steps and the report included, on at most 500 test samples x 5 chips, in a process of its
own::

    analog-pc evaluate net.npz --data test.npz --technology T --samples 500 --seeds 5

*first*: wall seconds from the start of the process to the first number on screen (ideal accuracy), and
*chip* to the accuracy of all chips; "first cpu" and "chip cpu" are stored beside them.  *wall* and *cpu*:
seconds of the whole command; cpu is user and system time of the process and all its children, which other
work on the machine hardly changes.  Compiled code is cached before.  A cell that is stored already is not
measured again without ``--again``.

    python analysis/evaluation_table.py --file mnist10k.npz                 # 24 cells: half an hour
    python analysis/evaluation_table.py --networks tanh --technologies pcm --again
    python analysis/evaluation_table.py --show                              # the stored table alone
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ordinary_networks import Case, cases

from analog_pc.files import write_npz, write_text
from analog_pc.pcn.network_file import save_network
from analog_pc.technology import TECHNOLOGIES

RESULTS = Path(__file__).parent / "results" / "evaluation_table.json"
NETWORKS = ("tanh", "relu", "outliers", "mnist")
SAMPLES = 500
CHIPS = 5
FIRST = 15.0  # s until the first number
CPU = {"mnist": 300.0}  # s: one process, which hardly uses a second core
OTHERS = 60.0


def main() -> None:
    names = [name for name in TECHNOLOGIES if name != "ideal"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--technologies", nargs="+", default=names, choices=names)
    parser.add_argument("--file", type=Path, default=None, help="npz with images [n, 28, 28] and labels")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--again", action="store_true", help="measure cells that are stored, too")
    parser.add_argument("--show", action="store_true", help="print the stored table, measure nothing")
    arguments = parser.parse_args()
    stored: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    if not arguments.show:
        wanted = [(n, t) for n in arguments.networks for t in arguments.technologies]
        todo = [(n, t) for n, t in wanted if arguments.again or t not in stored.get(n, {})]
        _measure_all(todo, arguments.file, arguments.out, stored)
    show(stored)


def _measure_all(todo: list[tuple[str, str]], file: Path | None, out: Path, stored: dict[str, Any]) -> None:
    """Measure the cells one after the other; each is stored when it ends."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in dict.fromkeys(network for network, _ in todo):
            for _, case in cases([name], file, SAMPLES):
                _save(case, folder / name)
        for number, (network, technology) in enumerate(todo, start=1):
            cell = measured(folder / network, technology)
            stored.setdefault(network, {})[technology] = cell
            write_text(out, json.dumps(stored, indent=1, allow_nan=False) + "\n")
            print(f"{number}/{len(todo)}", network, technology, json.dumps(cell), flush=True)


def _save(case: Case, folder: Path) -> None:
    """The files that the command reads."""
    folder.mkdir()
    save_network(folder / "net.npz", case.network)
    write_npz(folder / "test.npz", inputs=case.inputs, labels=case.labels)


def measured(folder: Path, technology: str) -> dict[str, Any]:
    """One command: its times, and what its report says."""
    out = folder / technology
    command = [sys.executable, "-m", "analog_pc", "evaluate", str(folder / "net.npz")]
    command += ["--data", str(folder / "test.npz"), "--technology", technology]
    command += ["--samples", str(SAMPLES), "--seeds", str(CHIPS), "--out", str(out)]
    marks = {"first": "ideal accuracy", "chip": "on the chip"}
    times, code = timed(command, marks)
    if code:
        raise SystemExit(f"{' '.join(command)}: exit code {code}")
    report = json.loads((out / "report.json").read_text())
    return {
        **times,
        "ideal": report["accuracy"]["ideal"],
        "mean": report["accuracy"]["chip"]["mean"],
        "low": report["accuracy"]["chip"]["low"],
        "high": report["accuracy"]["chip"]["high"],
        "unconverged": report["accuracy"]["unconverged"],
        "failed": report["failed"],
        "load": round(os.getloadavg()[0], 1),
    }


def timed(command: list[str], marks: Mapping[str, str]) -> tuple[dict[str, float], int]:
    """Seconds of a command, and its exit code.

    Parameters
    ----------
    marks
        Name -> start of a line of standard output whose time is taken.
    """
    before = os.times()
    began = time.monotonic()
    found: dict[str, float] = {}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        for mark, start in marks.items():
            if line.startswith(start) and mark not in found:
                found[mark] = round(time.monotonic() - began, 1)
                found[f"{mark} cpu"] = round(_cpu_so_far(process.pid), 1)
    code = process.wait()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return found | {"wall": round(time.monotonic() - began, 1), "cpu": round(cpu, 1)}, code


def _cpu_so_far(process: int) -> float:
    """User and system seconds of a process that runs, its ended children included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def show(stored: dict[str, Any]) -> None:
    """The table, and whether every cell keeps its bounds."""
    print(f"{'network':9} {'technology':13} {'ideal':>6} {'chip':>6} {'lost':>6} {'first':>6} ", end="")
    print(f"{'chip':>6} {'wall':>6} {'cpu':>6}  bounds")
    for network, cells in stored.items():
        for technology, cell in cells.items():
            most = CPU.get(network, OTHERS)
            kept = cell.get("first cpu", cell["first"]) <= FIRST and cell["cpu"] <= most
            mean = np.nan if cell["mean"] is None else cell["mean"]
            print(
                f"{network:9} {technology:13} {100 * cell['ideal']:6.1f} {100 * mean:6.1f} "
                f"{100 * (cell['ideal'] - mean):6.1f} {cell['first']:6.1f} {cell['chip']:6.1f} "
                f"{cell['wall']:6.1f} {cell['cpu']:6.1f}  {'kept' if kept else 'MISSED'}"
            )


if __name__ == "__main__":
    main()
