"""The world: laws of motion, doors and plans."""

from __future__ import annotations

import numpy as np

from analog_pc.experiments.rao2024.rooms import (
    ACTIONS,
    CELLS,
    DOORS,
    ROOMS,
    TYPES,
    abstract_plan,
    evidence,
    flat_plan,
    laws,
    one_hot,
    search,
    step,
    wander,
)


def test_every_law_leads_somewhere() -> None:
    found = laws()
    assert found.shape == (TYPES, CELLS, ACTIONS * CELLS)
    assert (found.sum(axis=1) == 1.0).all()
    # action 0 of type 0 goes north: from the centre to the middle of the first row
    assert found[0] @ evidence(np.array([4]), np.array([0]))[0] @ np.arange(CELLS) == 1
    assert step(1, 4, 0) == 5
    assert step(0, 1, 0) == 1  # a wall


def test_types_differ_but_at_walls() -> None:
    """No action does the same in two types unless the agent stays in both."""
    for cell in range(CELLS):
        for action in range(ACTIONS):
            after = [step(kind, cell, action) for kind in range(TYPES)]
            moving = [a for a in after if a != cell]
            assert len(set(moving)) == len(moving)


def test_agents_move_by_the_law_of_their_room() -> None:
    rng = np.random.default_rng(2)
    kinds = np.array([0, 3, 2])
    moves = wander(rng, kinds, np.array([4, 0, 8]), 6)
    assert moves.cells[0].tolist() == [4, 0, 8]
    for k, kind in enumerate(kinds):
        seen = evidence(moves.cells[:, k], moves.actions[:, k]) @ laws()[kind].T
        assert np.array_equal(seen, one_hot(moves.after[:, k], CELLS))
    assert np.array_equal(moves.cells[1:], moves.after[:-1])


def test_search_finds_the_shortest_path() -> None:
    path, looked = search(0, 3, lambda n: [n + 1, n + 2])
    assert len(path) == 3
    assert looked >= 3


def test_a_plan_over_rooms_is_a_walk_to_the_goal() -> None:
    """Never shorter than the shortest, one decision a room, and the steps of a neighbour by hand."""
    rng = np.random.default_rng(1)
    for _ in range(40):
        start, goal = ((int(rng.integers(ROOMS)), int(rng.integers(CELLS))) for _ in range(2))
        abstract = abstract_plan(start, goal)
        flat = flat_plan(start, goal)
        assert abstract.steps >= flat.steps
        assert flat.decisions == flat.steps
        apart = abs(start[0] // 4 - goal[0] // 4) + abs(start[0] % 4 - goal[0] % 4)
        assert abstract.decisions == apart + 1
    # from the centre of room 0 through its east door (2 steps) to the centre of room 1 (2 - 1 more)
    assert abstract_plan((0, 4), (1, 4)).steps == 3
    assert flat_plan((0, 4), (1, 4)).steps == 3
    assert DOORS[1] == 5
