"""Rooms in a row, and the route of the agent through them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analog_pc.arrays import Floats, Ints
from analog_pc.experiments.rao2024.rooms import SIDE
from analog_pc.reporting.style import COLOURS, GREY, INK

GAP = 0.6  # cells between two rooms


def place(room: int, cell: int) -> tuple[float, float]:
    """Coordinates of a cell's centre; the first row of cells is on top."""
    row, column = divmod(int(cell), SIDE)
    return room * (SIDE + GAP) + column + 0.5, SIDE - row - 0.5


def draw_rooms(axes: Axes, path: Ints) -> None:
    """Walls, cells and types of the rooms of a path, and their doors."""
    rooms = sorted({int(room) for room in path[:, 0]})
    for room in rooms:
        left = room * (SIDE + GAP)
        kind = int(path[path[:, 0] == room][0, 1])
        frame = Rectangle((left, 0.0), SIDE, SIDE, facecolor=COLOURS[kind], alpha=0.13, edgecolor="none")
        axes.add_patch(frame)
        axes.add_patch(Rectangle((left, 0.0), SIDE, SIDE, fill=False, edgecolor=INK, lw=1.2))
        for k in range(1, SIDE):
            axes.plot([left, left + SIDE], [k, k], color=GREY, lw=0.4)
            axes.plot([left + k, left + k], [0, SIDE], color=GREY, lw=0.4)
        axes.text(left + SIDE / 2.0, SIDE + 0.15, f"type {kind + 1}", ha="center", color=COLOURS[kind])
        if room != rooms[-1]:
            axes.plot([left + SIDE, left + SIDE + GAP], [1.5, 1.5], color=INK, lw=2.5, solid_capstyle="butt")
    axes.set(xlim=(-0.2, rooms[-1] * (SIDE + GAP) + SIDE + 0.2), ylim=(-0.2, SIDE + 0.8), aspect="equal")
    axes.set_axis_off()


def draw_route(axes: Axes, path: Ints) -> None:
    """A line through all cells that the agent visits, slightly spread so that returns are seen."""
    points = [place(path[0, 0], path[0, 2])] + [place(move[0], move[4]) for move in path]
    spread = 0.18 * np.array([[np.cos(k), np.sin(k)] for k in range(len(points))])
    route = np.array(points) + spread
    axes.plot(*route.T, color=INK, lw=0.7, marker=".", ms=2.5)


def door_moves(path: Ints) -> Ints:
    """Numbers of the first moves in each room after the first."""
    return np.flatnonzero(np.diff(path[:, 0])) + 1


def clock(frame_move: Ints, frame_time: Floats) -> Floats:
    """One axis for all relaxations: the time of each frame, in moves."""
    return np.asarray(frame_move + frame_time / frame_time.max())
