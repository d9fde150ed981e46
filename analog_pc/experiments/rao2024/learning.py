"""Laws of rooms, learned without being told the type of any room."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.experiments.rao2024.inference import carried, closed_form
from analog_pc.experiments.rao2024.rooms import ACTIONS, CELLS, TYPES, evidence, one_hot, wander


def learned_laws(
    rng: np.random.Generator, visits: int, moves: int, rate: float, spread: float, kinds: int = TYPES
) -> tuple[Floats, Ints]:
    """Laws learned without being told the type of any room; only the room of the largest gain is written.

    ::

        dV_k = rate (next - V_k s) s^T          k: the largest gain at rest after the move

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
        for cells, actions, after in zip(path.cells, path.actions, path.after, strict=True):
            move = evidence(cells, actions)[0]
            seen = one_hot(after, CELLS)[0]
            gains = closed_form(laws, carried(gains), move, seen)
            unit = int(np.argmax(gains))
            laws[unit] += rate * np.outer(seen - laws[unit] @ move, move)
        won.append((int(kind[0]), int(np.argmax(gains))))
    return laws, np.array(won)


def purity(won: Ints, kinds: int) -> float:
    """Share of visits whose winner has most of its visits in rooms of that type; `won` [visits, 2]."""
    counts = np.zeros((kinds, kinds))
    np.add.at(counts, (won[:, 1], won[:, 0]), 1.0)
    return float(counts.max(axis=1).sum() / len(won))
