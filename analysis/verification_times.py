"""How long does `analog-pc verify --technology T` take on every stock technology, with its defaults?

One command as a user gives it, in a process of its own: a 64-32-10 network is trained on digits, both phases
are analysed with every step, transients and the cross-check in SPICE included, and the report is written.
*table*: wall seconds from the start of the process to its first operating-point table; *wall* and *cpu* as
in `evaluation_table.py`.  Compiled code is cached before.  A technology that is stored already is not
measured again without ``--again``.

    python analysis/verification_times.py
    python analysis/verification_times.py --technologies cmos65-rram --again
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from evaluation_table import timed

from analog_pc.files import write_text
from analog_pc.technology import TECHNOLOGIES

RESULTS = Path(__file__).parent / "results" / "verification_times.json"


def main() -> None:
    names = [name for name in TECHNOLOGIES if name != "ideal"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--technologies", nargs="+", default=names, choices=names)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--again", action="store_true", help="measure what is stored, too")
    arguments = parser.parse_args()
    stored: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    todo = [name for name in arguments.technologies if arguments.again or name not in stored]
    for number, name in enumerate(todo, start=1):
        stored[name] = verified(name)
        write_text(arguments.out, json.dumps(stored, indent=1, allow_nan=False) + "\n")
        print(f"{number}/{len(todo)}", name, json.dumps(stored[name]), flush=True)


def verified(technology: str) -> dict[str, Any]:
    """Times of one command, its verdict, and the load of the machine at its end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "analog_pc", "verify", "--technology", technology, "--out", folder]
        times, code = timed(command, {"table": "digits, test part"})
        report = json.loads((Path(folder) / "report.json").read_text())
    return {**times, "exit code": code, "verdict": report["verdict"], "load": round(os.getloadavg()[0], 1)}


if __name__ == "__main__":
    main()
