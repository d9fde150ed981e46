"""ngspice's messages: which lines mean failure, and which are a remark.

ngspice returns exit code 0 after a singular matrix, so its messages have to be read (measured with
ngspice 39; `tests/unit/simulators/test_failures.py` has a deck for every row).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analog_pc.circuit import Outcome, Status

_FAILURE = re.compile(
    r"singular matrix|doAnalyses|aborted|fatal error|\berror\b|timestep too small|interrupted"
    r"|not parsed|out of range|no such vector|DC solution failed|could not find|couldn't"
    r"|unknown subckt|undefined parameter|circuits loaded|overflow|non-existent node"
    r"|already exists|unrecognized|unimplemented|not found",
    re.IGNORECASE,
)
# The title is printed too, and may contain any of these words.
_TITLE = re.compile(r"Circuit:")
_STEPPING = re.compile(r"Note: (?:Starting ((?:dynamic |true )?\w+ stepping)|(Transient op) started)")
_PSEUDO_TRANSIENT = "a transient of ngspice's own"  # which its users know as optran
_LENGTH = 240


def is_failure(line: str) -> bool:
    """Whether a line of ngspice's output says that its numbers cannot be trusted."""
    return not _TITLE.match(line) and _FAILURE.search(line) is not None


def first_failure(lines: Sequence[str]) -> str | None:
    """The first offending line, bounded in length, with the next two lines if it ends in a colon."""
    for i, line in enumerate(lines):
        if is_failure(line):
            more = lines[i + 1 : i + 3] if line.rstrip().endswith(":") else ()
            message = " ".join(" ".join((line, *more)).split())
            return message if len(message) <= _LENGTH else message[: _LENGTH - 3] + "..."
    return None


def status(lines: Sequence[str]) -> Status:
    """`Outcome.STEPPED` if ngspice had to relax the circuit to find its operating point."""
    notes = {
        f"ngspice needed {found.group(1) or _PSEUDO_TRANSIENT}": None
        for line in lines
        for found in _STEPPING.finditer(line)
    }
    return Status(Outcome.STEPPED if notes else Outcome.CONVERGED, tuple(notes))
