"""Rooms of 3 x 3 cells whose four types differ in what the four actions do; and plans across them.

::

    +-------+   In a room of type k action a is a step in direction (a + k) mod 4: north, east, south, west;
    | 0 1 2 |   where there is a wall the agent stays.  So no action does the same in two types, but where
    | 3 4 5 |   both directions end at a wall: 1 step tells types apart in 8 of 9 cases, on average.
    | 6 7 8 |
    +-------+   Doors join the middles of the sides of neighbouring rooms (cells 1, 5, 7, 3).

Plans are made by search, in a digital computer: breadth first over all cells, or over rooms first and then
over the cells of each room on the way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analog_pc.arrays import Floats, Ints

SIDE = 3  # cells of a room, both ways
CELLS = SIDE * SIDE
ACTIONS = 4
TYPES = 4
DIRECTIONS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # rows, columns: north, east, south, west
DOORS = (1, 5, 7, 3)  # the cell at the door of each direction
BLOCK = 4  # rooms of the building, both ways
ROOMS = BLOCK * BLOCK

State = int
Neighbours = Callable[[State], Iterable[State]]


def moved(cell: int, direction: int, side: int = SIDE) -> int:
    """The cell after a step on a square of `side` x `side` cells; a wall stops it."""
    row, column = divmod(cell, side)
    down, right = DIRECTIONS[direction]
    row = min(max(row + down, 0), side - 1)
    column = min(max(column + right, 0), side - 1)
    return side * row + column


def step(kind: int, cell: int, action: int) -> int:
    """The cell after an action in a room of type `kind`."""
    return moved(cell, (action + kind) % ACTIONS)


def laws() -> Floats:
    """What each type of room does, one-hot: [type, next cell, action x cell] (`evidence` numbers columns)."""
    found = np.zeros((TYPES, CELLS, ACTIONS * CELLS))
    for kind in range(TYPES):
        for action in range(ACTIONS):
            for cell in range(CELLS):
                found[kind, step(kind, cell, action), CELLS * action + cell] = 1.0
    return found


def one_hot(numbers: Ints, size: int) -> Floats:
    """Rows of the unit matrix, [len(numbers), size]."""
    return np.eye(size)[numbers]


def evidence(cells: Ints, actions: Ints) -> Floats:
    """Cell and action as one input, their outer product: [moves, action x cell]."""
    return one_hot(CELLS * actions + cells, ACTIONS * CELLS)


@dataclass(frozen=True, eq=False)
class Moves:
    """Moves of many agents: types of their rooms [agents]; cells, actions, next cells [moves, agents]."""

    kinds: Ints
    cells: Ints
    actions: Ints
    after: Ints


def wander(rng: np.random.Generator, kinds: Ints, cells: Ints, moves: int) -> Moves:
    """Random actions in rooms of the given types, from the given cells."""
    actions = rng.integers(ACTIONS, size=(moves, len(kinds)))
    path = [cells]
    for chosen in actions:
        path.append(np.array([step(k, s, a) for k, s, a in zip(kinds, path[-1], chosen, strict=True)]))
    found = np.array(path)
    return Moves(kinds, found[:-1], actions, found[1:])


@dataclass(frozen=True)
class Plan:
    """Steps to the goal, decisions (abstract actions) on the way, and states that search has looked at."""

    steps: int
    decisions: int
    searched: int


def search(start: State, goal: State, neighbours: Neighbours) -> tuple[list[State], int]:
    """Shortest path from start to goal, both included, and how many states were looked at."""
    before: dict[State, State | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        if state == goal:
            break
        for other in neighbours(state):
            if other not in before:
                before[other] = state
                waiting.append(other)
    path: list[State] = []
    at: State | None = goal
    while at is not None:
        path.append(at)
        at = before[at]
    return path[::-1], len(before)


def flat_plan(start: tuple[int, int], goal: tuple[int, int]) -> Plan:
    """Search over the cells of all rooms, (room, cell); every step is a decision."""
    path, searched = search(_number(start), _number(goal), _building)
    return Plan(len(path) - 1, len(path) - 1, searched)


def abstract_plan(start: tuple[int, int], goal: tuple[int, int]) -> Plan:
    """Search over rooms, then over the cells of each room on the way to its door, and to the goal.

    An abstract action is "leave by that door", the last one "go to the goal": a decision for each.
    """
    rooms, searched = search(start[0], goal[0], lambda room: _others(room, BLOCK))
    cell = start[1]
    steps = 0
    for here, there in pairwise(rooms):
        direction = next(d for d in range(ACTIONS) if moved(here, d, BLOCK) == there)
        inside, looked = search(cell, DOORS[direction], lambda c: _others(c, SIDE))
        steps += len(inside)  # the steps to the door and the one through it
        searched += looked
        cell = DOORS[(direction + 2) % ACTIONS]
    inside, looked = search(cell, goal[1], lambda c: _others(c, SIDE))
    return Plan(steps + len(inside) - 1, len(rooms), searched + looked)


def _number(place: tuple[int, int]) -> State:
    return place[0] * CELLS + place[1]


def _others(place: int, side: int) -> list[int]:
    """Neighbours on a square."""
    return [other for d in range(ACTIONS) if (other := moved(place, d, side)) != place]


def _building(state: State) -> list[State]:
    """Neighbours of a cell, through doors too."""
    room, cell = divmod(state, CELLS)
    found = [_number((room, other)) for other in _others(cell, SIDE)]
    if cell in DOORS:
        direction = DOORS.index(cell)
        beyond = moved(room, direction, BLOCK)
        if beyond != room:
            found.append(_number((beyond, DOORS[(direction + 2) % ACTIONS])))
    return found
