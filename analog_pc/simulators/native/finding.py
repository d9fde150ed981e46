"""Operating points of a batch by Newton's method: each sample from its guess, by way of its preset."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.circuit import OperatingPoint, Solution
from analog_pc.simulators.native.batch import MANY, Split, complete
from analog_pc.simulators.native.finding_kernel import Start, find_part
from analog_pc.simulators.native.initial import first_outputs, start_of
from analog_pc.simulators.native.judge import judge, looks_at_blocks
from analog_pc.simulators.native.loop import Loop
from analog_pc.simulators.native.map_kernel import Plan
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.newton import STOP
from analog_pc.simulators.native.operating_point import settle_to
from analog_pc.simulators.native.reduce import Reduced, Response
from analog_pc.simulators.native.threads import in_slices


class Found(NamedTuple):
    """Volts [nodes, samples] at each stimulus of a way; y, q [.., samples] at its end; which were found."""

    volts: list[Floats]
    y: Floats
    q: Floats
    found: Bools


def find_all(model: Model, analysis: OperatingPoint, check_stability: bool) -> Solution:
    """The operating points that an analysis asks for."""
    samples, way = analysis.samples, [model.batch(analysis.stimuli, analysis.samples)]
    if analysis.preset is not None:
        way.insert(0, model.stimuli(analysis.preset))
    static, loop = model.reduced(False)
    names, numbers, response = model.saved(static, analysis.save)
    split = complete(loop) if samples >= MANY else None
    if split is None:
        ended = _find(static, loop, response, way, first_outputs(model, loop, analysis.guess, samples))
    else:
        maps, start = split.maps(static, numbers), start_of(model, loop, analysis.guess, samples)
        ended = _find_compiled(split, maps, way, start, looks_at_blocks(model, check_stability))
        left = np.flatnonzero(~ended.found)
        if len(left):
            first = first_outputs(model, loop, analysis.guess, samples)
            some = None if first is None else first[left]
            _replace(ended, left, _find(static, loop, response, [u[left] for u in way], some))
    status = judge(model, ended.y.T, ended.q.T, ended.found, check_stability)
    *preset_volts, volts = (one.T for one in ended.volts)
    axis = np.arange(samples, dtype=np.float64)
    return Solution(axis, names, volts, status, preset_volts[0] if preset_volts else None)


def _find(static: Reduced, loop: Loop, response: Response, way: list[Floats], start: Floats | None) -> Found:
    y, q, found = settle_to(static, loop, way[0], start)
    volts = [response.value(None, q, way[0]).T]
    for before, u in pairwise(way):
        y, q, reached = settle_to(static, loop, u, q, before)
        found = found & reached
        volts.append(response.value(None, q, u).T)
    return Found(volts, y.T, q.T, found)


def _find_compiled(
    split: Split, maps: tuple[Plan, Plan], way: list[Floats], start: Start, blocks: bool
) -> Found:
    """The same for a `complete` loop, but for samples that do not arrive.

    y and q have no rows where `blocks` says that nobody looks at them.
    """
    samples, cells = len(way[0]), split.cells
    y, q = (np.empty((len(rows) if blocks else 0, samples)) for rows in (cells.heard, cells.writes))
    found = np.empty(samples, dtype=np.bool_)
    u = np.stack([stimuli.T for stimuli in way]) if len(way) > 1 else np.ascontiguousarray(way[0].T)[None]
    volts = np.empty((len(way), len(maps[1].constant), samples))

    def work(part: slice) -> None:
        room = split.take(part.stop - part.start)
        find_part(cells, room, *maps, start, STOP, u, 0, volts, y, q, found, (part.start, part.stop))
        split.bring_back(room)

    in_slices(samples, volts.shape[1], work)
    return Found(list(volts), y, q, found)


def _replace(ended: Found, left: Ints, again: Found) -> None:
    """Put what was found again in the place of samples that were left."""
    pairs = zip((*ended.volts, ended.y, ended.q), (*again.volts, again.y, again.q), strict=True)
    for whole, part in pairs:
        if len(whole):
            whole[:, left] = part
    ended.found[left] = again.found
