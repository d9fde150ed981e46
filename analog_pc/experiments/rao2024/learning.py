"""Laws of rooms, learned without being told the type of any room."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.experiments.rao2024.inference import carried, closed_form
from analog_pc.experiments.rao2024.rooms import ACTIONS, CELLS, TYPES, evidence, one_hot, wander


def learned_laws(
    rng: np.random.Generator,
    visits: int,
    moves: int,
    rate: float,
    spread: float,
    waiting: int,
    kinds: int = TYPES,
) -> tuple[Floats, Ints]:
    """Laws learned without being told the type of any room; only the room of the largest gain is written.

    ::

        dV_k = rate (next - V_k s) s^T          k: the largest gain at rest

    The first `waiting` moves of a visit are kept, and written after the next one: a move by itself fits
    several rooms, and written at once it goes to whichever gain happens to lead.  0: every move is written
    at once.

    Returns
    -------
    Laws [K, next cell, action x cell], and of each visit its type and the unit that has won at its end,
    [visits, 2].
    """
    laws = rng.uniform(0.0, spread, size=(kinds, CELLS, ACTIONS * CELLS))
    won = []
    for _ in range(visits):
        kind = rng.integers(kinds, size=1)
        path = wander(rng, kind, rng.integers(CELLS, size=1), moves)
        gains = np.full(kinds, 1.0 / kinds)
        kept: list[tuple[Floats, Floats]] = []
        for k, (cells, actions, after) in enumerate(zip(path.cells, path.actions, path.after, strict=True)):
            move = evidence(cells, actions)[0]
            seen = one_hot(after, CELLS)[0]
            gains = closed_form(laws, carried(gains), move, seen)
            kept.append((move, seen))
            if k < waiting:
                continue
            unit = int(np.argmax(gains))
            for cause, effect in kept:
                laws[unit] += rate * np.outer(effect - laws[unit] @ cause, cause)
            kept.clear()
        won.append((int(kind[0]), int(np.argmax(gains))))
    return laws, np.array(won)


def purity(won: Ints, kinds: int) -> float:
    """Share of visits whose winner has most of its visits in rooms of that type; `won` [visits, 2]."""
    counts = np.zeros((kinds, kinds))
    np.add.at(counts, (won[:, 1], won[:, 0]), 1.0)
    return float(counts.max(axis=1).sum() / len(won))
