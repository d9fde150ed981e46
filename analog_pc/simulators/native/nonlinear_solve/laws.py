"""The outputs of a circuit's blocks as one table, for compiled code.

::

    delta = (gain law(y0 + offset) - base - slope y0) y1        y1: what a gate passes on, else 1
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels.law_kernel import NAMES, evaluate, evaluate_at, tanh, tanh_factor
from analog_pc.simulators.native.kernels.unit_kernel import INNER, OPTIONS
from analog_pc.simulators.native.mna.elements import NonlinearElement


class Laws(NamedTuple):
    """`Formula`s of outputs [outputs]; `reads` [inputs, outputs] says what they read."""

    kind: Ints
    starts: Ints  # of each one's parameters, and where the next begins: [outputs, 2]
    parameters: Floats
    gain: Floats
    offset: Floats
    base: Floats
    slope: Floats
    gated: Bools
    factor: Floats  # `tanh_factor`
    reads: Ints
    turn: Ints  # outputs in an order in which those that need the same tanh follow each other

    def of(self, outputs: Ints, reads: Ints) -> Laws:
        """Those of some outputs, which read what `reads` [inputs, outputs] says."""
        fixed = "parameters", "reads", "turn"
        picked = {name: getattr(self, name)[outputs] for name in self._fields if name not in fixed}
        turn = np.lexsort((picked["factor"], picked["offset"], reads[0]))
        return self._replace(**picked, reads=np.ascontiguousarray(reads), turn=turn)


def laws_of(blocks: Sequence[NonlinearElement], reads: Ints) -> Laws | None:
    """The laws of all outputs of blocks, which read `reads`; None where compiled code does not know one."""
    if not blocks:
        return no_laws()
    formulas = [block.formula for block in blocks if block.formula is not None]
    parameters = [f.transfer.parameters for f in formulas if f.transfer.parameters is not None]
    if len(parameters) < len(blocks) or any(f.transfer.name not in NAMES for f in formulas):
        return None
    counts, kinds = [len(f.gain) for f in formulas], [NAMES.index(f.transfer.name) for f in formulas]
    factors = [tanh_factor(kind, p) for kind, p in zip(kinds, parameters, strict=True)]
    ends = np.concatenate([[0], np.cumsum([len(p) for p in parameters])])
    starts = np.stack([ends[:-1], ends[1:]], axis=1)

    def by_output(name: str) -> Floats:
        return np.concatenate([getattr(f, name) for f in formulas])

    every = np.arange(sum(counts))
    return Laws(
        kind=np.repeat(kinds, counts),
        starts=np.repeat(starts, counts, axis=0),
        parameters=np.concatenate(parameters),
        gain=by_output("gain"),
        offset=by_output("offset"),
        base=by_output("base"),
        slope=by_output("slope"),
        gated=np.repeat([f.gated for f in formulas], counts),
        factor=np.repeat(factors, counts),
        reads=reads,
        turn=every,
    ).of(every, reads)


@cache
def no_laws() -> Laws:
    """The laws of no outputs."""
    none, numbers = np.empty(0), np.empty(0, dtype=np.int64)
    pairs = np.empty((0, 2), dtype=np.int64)
    flags = np.empty(0, dtype=np.bool_)
    return Laws(numbers, pairs, none, none, none, none, none, flags, none, pairs.T.copy(), numbers)


@kernel(**OPTIONS)
def bend(laws: Laws, y: Floats, room: Floats, value: Floats, slopes: Floats) -> None:
    """Fill value [outputs, samples] and slopes [inputs, outputs, samples] at y [reads, samples].

    A slope by an input that an output does not have stays as it is.  room [2, samples].
    """
    t, samples, last = room[0], y.shape[1], -1
    for o in laws.turn:
        read, offset, factor = laws.reads[0, o], laws.offset[o], laws.factor[o]
        if factor != 0.0:
            if last < 0 or not _same_tanh(laws, o, last):
                tanh(y[read], offset, factor, t, room[1])
            last = o
        p = laws.parameters[laws.starts[o, 0] : laws.starts[o, 1]]
        y0, delta, slope = y[read], value[o], slopes[0, o]
        evaluate(laws.kind[o], p, y0, offset, t, delta, slope)
        gain, base, line = laws.gain[o], laws.base[o], laws.slope[o]
        for s in range(samples):
            delta[s] = gain * delta[s] - base - line * y0[s]
            slope[s] = gain * slope[s] - line
        if laws.gated[o]:
            y1, through = y[laws.reads[1, o]], slopes[1, o]
            for s in range(samples):
                through[s] = delta[s]
                delta[s] *= y1[s]
                slope[s] *= y1[s]


@kernel(**INNER)
def bend_at(laws: Laws, y: Floats, room: Floats, value: Floats, slopes: Floats) -> None:
    """`bend` for one sample: y [reads], room [3, outputs], value [outputs], slopes [inputs, outputs]."""
    x = room[0]
    t = room[1]
    for o in range(len(value)):
        x[o] = laws.factor[o] * (y[laws.reads[0, o]] + laws.offset[o])
    tanh(x, 0.0, 1.0, t, room[2])
    for o in range(len(value)):
        read = y[laws.reads[0, o]]
        first = laws.starts[o, 0]
        last = laws.starts[o, 1]
        law, rise = evaluate_at(laws.kind[o], laws.parameters, first, last, read + laws.offset[o], t[o])
        through = laws.gain[o] * law - laws.base[o] - laws.slope[o] * read
        drive = y[laws.reads[1, o]] if laws.gated[o] else 1.0
        value[o] = through * drive
        slopes[0, o] = (laws.gain[o] * rise - laws.slope[o]) * drive
        if laws.gated[o]:
            slopes[1, o] = through


@kernel(**INNER)
def _same_tanh(laws: Laws, a: int, b: int) -> bool:
    return bool(
        laws.reads[0, a] == laws.reads[0, b]
        and laws.offset[a] == laws.offset[b]
        and laws.factor[a] == laws.factor[b]
    )
