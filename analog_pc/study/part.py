"""A part of a study's points, for machines that share nothing but a folder, and the script that starts them.

::

    DIR/parts/3-of-8/rows/    what job 3 of 8 writes, and nobody else
    DIR/rows/                 what a run of the whole study writes; it reads the parts too
"""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from analog_pc.errors import BadInput

PARTS = "parts"
MOST_PARTS = 10_000
TEXT = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")


@dataclass(frozen=True)
class Part:
    """Every `count`-th point, from number 1 to `count`: neighbours, which take equally long, are spread."""

    number: int
    count: int

    def __post_init__(self) -> None:
        if not (1 <= self.number <= self.count <= MOST_PARTS):
            raise BadInput(
                f"part {self.number}/{self.count}: must be 1/N to N/N, with N no more than {MOST_PARTS}"
            )

    def has(self, index: int) -> bool:
        """Whether a point is in it."""
        return index % self.count == self.number - 1

    def points(self, total: int) -> int:
        """How many points of so many are in it."""
        return len(range(self.number - 1, total, self.count))

    def folder(self, whole: Path) -> Path:
        """Where its rows are, in the folder of the study."""
        return whole / PARTS / f"{self.number}-of-{self.count}"


WHOLE = Part(1, 1)


def part(text: str) -> Part:
    """A part from "3/8"; `BadInput` for anything else."""
    found = TEXT.fullmatch(text)
    if found is None:
        raise BadInput(f"part {text!r}: must be NUMBER/COUNT, such as 3/8")
    return Part(int(found[1]), int(found[2]))


def sbatch_script(file: Path, out: Path, jobs: int) -> str:
    """A Slurm array of so many jobs, each of which evaluates a part of a study.

    Parameters
    ----------
    file
        The study.
    out
        Its folder, which all machines see.
    jobs
        Of the array.

    Returns
    -------
    str
        A shell script; nothing but Slurm and this Python have to be there.

    Raises
    ------
    BadInput
        For no job or too many.
    """
    first = Part(1, jobs)
    command = [sys.executable, "-m", "analog_pc", "study", str(file.absolute()), "--out", str(out.absolute())]
    again = shlex.join(command)
    log = out.absolute() / "slurm-%A_%a.log"
    return "\n".join(
        [
            "#!/bin/sh",
            f"#SBATCH --job-name={re.sub(r'[^A-Za-z0-9._-]', '_', file.stem)}",
            f"#SBATCH --array=1-{first.count}",
            "#SBATCH --ntasks=1",
            "#SBATCH --cpus-per-task=1",
            f'#SBATCH --output="{log}"',
            "# Add --time, --mem and --partition as your cluster wants them.  A job that was stopped goes on",
            "# when it is submitted again.  When all are done, this merges their rows and writes the report:",
            f"#   {again}",
            "set -eu",
            f'exec {again} --workers 1 --part "${{SLURM_ARRAY_TASK_ID:?}}/{first.count}"',
            "",
        ]
    )
