"""How long do all reduced experiments take?  Each as a user runs it, one after the other.

python analysis/benchmarks/experiments.py --data mnist10k.npz [--workers 2] [--out DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from analog_pc.experiments import EXPERIMENTS

RESULTS = Path(__file__).parent / "results" / "experiments.json"
IMAGES = ("online", "continual", "concept-drift", "small-data", "depth")  # less-erratic learns small digits
# On real parts; the others have verdicts of ideal circuits.
REAL = ("online", "continual", "concept-drift", "small-data", "depth", "reinforcement")
COMMAND = [sys.executable, "-c", "from analog_pc.cli import main; main()", "run"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="MNIST-10k, or other images")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="trainings side by side")
    parser.add_argument("--out", type=Path, help="keeps the results there")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as unkept:
        for name in EXPERIMENTS:
            seconds, code = _run(name, given.data.resolve(), given.workers, given.out or Path(unkept))
            rows.append({"experiment": name, "seconds": seconds, "exit_code": code})
            print(f"{name:<18} {seconds:7.1f} s   exit code {code}", flush=True)
    total = sum(float(row["seconds"]) for row in rows)
    print(f"{'all':<18} {total:7.1f} s")
    about = {"workers": given.workers, "cores": os.cpu_count(), "data": given.data.stem}
    RESULTS.write_text(json.dumps({"about": about, "total_seconds": total, "rows": rows}, indent=1) + "\n")


def _run(name: str, data: Path, workers: int, out: Path) -> tuple[float, int]:
    command = [*COMMAND, name, "--workers", str(workers), "--out", str(out / name)]
    if name in IMAGES:
        command += ["--data", str(data)]
    if name in REAL:
        command += ["--technology", "breadboard"]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began, done.returncode


if __name__ == "__main__":
    main()
