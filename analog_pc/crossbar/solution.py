"""The answer of a crossbar solve, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.crossbar.array import WiredArray

ROUGHEST = 1e-7  # the largest residual that may be put down to rounding


class Status(Enum):
    """How the solve ended; the value is the message for people."""

    CONVERGED = "every input reached the tolerance, or the rounding of its node voltages"
    NOT_CONVERGED = (
        "some inputs did not reach the tolerance: their results are NaN; "
        "try method='direct', or a larger tolerance"
    )


class Raw(NamedTuple):
    """What a method gives; `nodes` [batch, 2 (word, bit), rows, columns] in V on request."""

    currents: Floats
    nodes: Floats | None
    iterations: Ints
    residual: Floats
    converged: Bools


@dataclass(frozen=True, eq=False)
class CrossbarSolution:
    """Currents of a crossbar; the batch axis is there when the voltages had one.

    Attributes
    ----------
    currents
        [batch, columns] in A, out of the feet of the bit lines into ground.
    method
        "pcg", "direct", "effective", or "ideal" where an ideal line gave a closed form.  Where "auto" fell
        back to the factorisation it is "direct", for all inputs.
    status, converged
        The outcome, and the outcome for each input [batch]; what did not converge is NaN.
    iterations
        The largest number of iterations of one linear solve, those of an attempt that "auto" gave up
        included; 0 without iteration.
    residual
        The largest relative residual, recomputed from the answer.  "pcg" and "effective": Kirchhoff's
        current law at all bit-line nodes, with the word lines solved exactly, over the device currents
        at grounded bit lines (Euclidean norms: the Schur system).  "direct": all nodes, over the source
        currents V / r (the full nodal system).  "ideal": 0, nothing is solved.
    word_line_voltages, bit_line_voltages
        With full: [batch, rows, columns] in V at the two ends of each device.
    device_currents
        With full: [batch, rows, columns] in A, from word line to bit line.
    word_line_currents
        With full: in A, to the right, in the segment on the left of each word-line node.
    bit_line_currents
        With full: in A, downwards, in the segment below each bit-line node; the last row is `currents`.
    """

    currents: Floats
    method: str
    status: Status
    converged: Bools
    iterations: int
    residual: float
    word_line_voltages: Floats | None = None
    bit_line_voltages: Floats | None = None
    device_currents: Floats | None = None
    word_line_currents: Floats | None = None
    bit_line_currents: Floats | None = None

    @property
    def message(self) -> str:
        return self.status.value


def solution(array: WiredArray, voltages: Floats, raw: Raw, method: str, single: bool) -> CrossbarSolution:
    """A `Raw` as the solution users see; branches wherever the bit-line voltages are there."""
    every = bool(raw.converged.all())
    parts: dict[str, Floats] = {"currents": raw.currents}
    if raw.nodes is not None:
        parts |= _branches(array, voltages, raw.nodes)
    for values in parts.values():
        values[~raw.converged] = np.nan
    return CrossbarSolution(
        method=method,
        status=Status.CONVERGED if every else Status.NOT_CONVERGED,
        converged=raw.converged[0] if single else raw.converged,
        iterations=int(raw.iterations.max(initial=0)),
        residual=float(raw.residual.max(initial=0.0)),
        **{name: values[0] if single else values for name, values in parts.items()},
    )


def _branches(array: WiredArray, voltages: Floats, nodes: Floats) -> dict[str, Floats]:
    """All voltages and currents; segments by Ohm's law where lines sag, else by Kirchhoff's current law.

    Each is the exact one up to the residual, and the more accurate one where it is used.
    """
    word_nodes = nodes[:, 0]
    bit_nodes = nodes[:, 1]
    devices = array.conductance * (word_nodes - bit_nodes)
    if array.word_lines_sag:
        rightwards = -np.diff(word_nodes, axis=2, prepend=voltages[:, :, None]) / array.word_line_resistance
    else:
        rightwards = np.cumsum(devices[:, :, ::-1], axis=2)[:, :, ::-1].copy()
    if array.bit_lines_sag:
        downwards = -np.diff(bit_nodes, axis=1, append=0.0) / array.bit_line_resistance
    else:
        downwards = np.cumsum(devices, axis=1)
    return {
        "currents": downwards[:, -1].copy(),
        "word_line_voltages": word_nodes,
        "bit_line_voltages": bit_nodes,
        "device_currents": devices,
        "word_line_currents": rightwards,
        "bit_line_currents": downwards,
    }
