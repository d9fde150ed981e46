"""VACASK's messages: why it failed, and whether it needed stepping.

VACASK ends with exit code 1 and without a result after every failure that was tried (``tests/unit/
simulators/vacask`` has one of each), so its message is quoted, never searched for whether it failed.
With ``op_debug=1`` it prints a line for every operating point of a sweep, which tells the samples apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analog_pc.circuit import Outcome, Status

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(
    r"This is vacask|\(c\)|https?:|  OpenMP|  Cadnip|Available CPUs|CPUs used|OpenBLAS CPUs|Simulating:"
    r"|Running analysis|  Elapsed time|OP core algorithm|Trying|Homotopy (failed to converge|converged)"
    r"|Leaving core|.*\bFinished\b.* building|\s*$"
)
# A matrix without an inverse, as VACASK says it: a zero pivot, or a solution that is none.
_SINGULAR = re.compile(r"zero pivot|rank=|Solution component is not finite|matrix is singular", re.IGNORECASE)
_DIRECT = re.compile(r"OP core algorithm (converged|failed to converge)")
_STEPPED = re.compile(r"Trying (.* stepping)")
_LENGTH = 240


def plain(lines: Sequence[str]) -> str:
    """The lines that say something, as one line of bounded length and without colours."""
    said = [line for line in (_COLOUR.sub("", line) for line in lines) if not _FRAME.match(line)]
    message = " ".join(" ".join(said).split())
    return message if len(message) <= _LENGTH else message[: _LENGTH - 3] + "..."


def failure(lines: Sequence[str], code: int) -> str:
    """Why a run failed: VACASK's own message, and that the matrix is singular where they mean that."""
    message = plain(lines) or "no message"
    singular = "singular matrix: " if _SINGULAR.search(message) else ""
    return f"{singular}{message} (exit code {code})"


def status(lines: Sequence[str], points: int, per_sample: int = 1) -> Status:
    """`Outcome.STEPPED` if VACASK had to relax the circuit to find an operating point.

    Parameters
    ----------
    points
        Operating points that were asked for.
    per_sample
        Points that belong to one sample: 2 with presets, each before its sample.
    """
    tried = [found.group(1) for line in lines if (found := _DIRECT.match(line))]
    notes = tuple(dict.fromkeys(found.group(1) for line in lines if (found := _STEPPED.match(line))))
    if not notes:
        return Status(Outcome.CONVERGED)
    samples: tuple[Outcome, ...] = ()
    if len(tried) == points:
        stepped = [word != "converged" for word in tried]
        groups = [stepped[k : k + per_sample] for k in range(0, points, per_sample)]
        samples = tuple(Outcome.STEPPED if any(group) else Outcome.CONVERGED for group in groups)
    return Status(Outcome.STEPPED, notes, samples)
