"""A walk through rooms of different types, and the circuit that notices each new one, over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.interpolate import CubicSpline

from analog_pc.arrays import Floats, Ints
from analog_pc.compiler import compile_network
from analog_pc.experiments.framework.fields import Count, Counts, Positive
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.rao2024.inference import GAIN, HELD, MOVE, NEXT, ROOM, carried, infer
from analog_pc.experiments.rao2024.rooms import (
    ACTIONS,
    CELLS,
    DOORS,
    SIDE,
    evidence,
    moved,
    one_hot,
    search,
    step,
)
from analog_pc.pcn import PredictiveCodingGraph, relax_trajectory
from analog_pc.relaxers import CircuitRelaxer, Relaxer

EAST = 1
WEST = 3
STEPS = 400  # of a transient: its spline is then exact to 1e-5


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Rooms in a row, joined by their east and west doors.

    Parameters
    ----------
    kinds
        Their types plus 1.
    moves
        Random moves in each room, before the agent leaves by its east door.
    duration
        Of the relaxation that follows a move, in C / g_s.
    frames
        Instants of a relaxation.
    """

    kinds: Counts = (1, 3, 2)
    moves: Count = 3
    duration: Positive = 8.0
    frames: Count = 7

    @property
    def times(self) -> Floats:
        """Instants of a relaxation, denser at first."""
        return np.asarray(self.duration * np.linspace(0.0, 1.0, self.frames) ** 2)


def path(walk: Walk, seed: int) -> Ints:
    """The moves, [moves, (room, type, cell, action, next cell)]; going through a door is not one of them."""
    rng = np.random.default_rng(seed)
    found: list[tuple[int, ...]] = []
    cell = CELLS // 2
    for room, number in enumerate(walk.kinds):
        kind = (number - 1) % ACTIONS
        actions = [int(a) for a in rng.integers(ACTIONS, size=walk.moves)]
        for action in actions:
            after = step(kind, cell, action)
            found.append((room, kind, cell, action, after))
            cell = after
        if room + 1 < len(walk.kinds):
            for action in _to_door(kind, cell):
                after = step(kind, cell, action)
                found.append((room, kind, cell, action, after))
                cell = after
            cell = DOORS[WEST]
    return np.array(found)


def _to_door(kind: int, cell: int) -> list[int]:
    """Actions that lead to the east door in a room of this type, found by search."""
    cells, _ = search(cell, DOORS[EAST], lambda c: [moved(c, d, SIDE) for d in range(ACTIONS)])
    actions = []
    for here, there in pairwise(cells):
        actions.append(next(a for a in range(ACTIONS) if step(kind, here, a) == there))
    return actions


def walked(walk: Walk, moves: Ints, graph: PredictiveCodingGraph, relaxer: Relaxer) -> Mapping[str, Array]:
    """What a relaxer infers on the way.

    Returns
    -------
    ``gains`` [moves + 1, K] at rest, and over time ``gain`` [frames, K], ``surprise`` [frames], |eps|^2 of
    the next cell, ``move`` [frames] and ``time`` [frames] since the move.
    """
    kinds = graph.population(ROOM).size
    gains = np.full((1, kinds), 1.0 / kinds)
    rest = [gains[0]]
    films: list[tuple[Floats, Floats]] = []
    for _, _, cell, action, after in moves:
        held = carried(gains)
        clamps = {HELD: held, MOVE: evidence(np.array([cell]), np.array([action]))}
        clamps[NEXT] = one_hot(np.array([after]), CELLS)
        films.append(_film(graph, relaxer, clamps, walk.times))
        gains = infer(relaxer, graph, held, clamps[MOVE], clamps[NEXT])
        rest.append(gains[0])
    return {
        "gains": np.array(rest),
        "gain": np.concatenate([z for z, _ in films]),
        "surprise": np.concatenate([s for _, s in films]),
        "move": np.repeat(np.arange(len(moves)), walk.frames),
        "time": np.tile(walk.times, len(moves)),
    }


def _film(
    graph: PredictiveCodingGraph, relaxer: Relaxer, clamps: dict[str, Floats], times: Floats
) -> tuple[Floats, Floats]:
    """Gains z [times, K] and |eps|^2 [times] of the next cell, from what was held before the move."""
    index = graph.index(GAIN)
    if not isinstance(relaxer, CircuitRelaxer):
        z = relax_trajectory(graph, clamps, times)[index][:, 0]
        laws = np.array([p.W for p in graph.projections if p.gain is not None])
        eps = clamps[NEXT] - z @ (laws @ clamps[MOVE][0])
        return z, np.asarray((eps * eps).sum(axis=1))
    compiled = compile_network(graph, relaxer.technology, clamps=clamps, seed=relaxer.seed)
    duration = float(times[-1])
    analysis = compiled.transient(duration=duration, max_step=duration / STEPS)
    wave = compiled.decode_waveform(relaxer.simulator.simulate(compiled.circuit, analysis))
    _, first = np.unique(wave.times, return_index=True)
    z = CubicSpline(wave.times[first], wave.activities[index][first])(times)
    eps = CubicSpline(wave.times[first], wave.eps[graph.index(NEXT)][first])(times)
    return z, np.asarray((eps * eps).sum(axis=1))
