"""The walk through the rooms: its surprises and its gains over time; and how soon agents know their room."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.arrays import Ints
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.rao2024.figures.rooms import clock, door_moves, draw_rooms, draw_route
from analog_pc.experiments.rao2024.quantities import (
    FRAME_MOVE,
    FRAME_TIME,
    GAIN,
    KNOWN,
    PATH,
    SURPRISE,
)
from analog_pc.experiments.song2024.figures.columns import WIDTH, column_style, letter
from analog_pc.reporting.style import COLOURS, DASHES, INK, styled

SOURCES = ("ideal", "native", "ngspice")  # what is drawn as the one line of a panel of several gains


@styled
def draw(result: Result) -> Figure:
    figure = Figure(figsize=(2.0 * WIDTH, 100.0 / 25.4), layout="constrained")
    panels = figure.subplot_mosaic(
        [["route", "route"], ["surprise", "known"], ["gains", "known"]], width_ratios=(2.4, 1.0)
    )
    path = next(iter(result.columns(PATH).values()))
    draw_rooms(panels["route"], path)
    draw_route(panels["route"], path)
    _surprise(panels["surprise"], result, path)
    _gains(panels["gains"], result, path)
    _known(panels["known"], result)
    for name, text in zip(("route", "surprise", "gains", "known"), "abcd", strict=True):
        letter(panels[name], text)
    figure.legend(*panels["surprise"].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _doors(axes: Axes, path: Ints) -> None:
    for move in door_moves(path):
        axes.axvline(move, color=INK, lw=0.6, ls=(0, (3, 2)))


def _surprise(axes: Axes, result: Result, path: Ints) -> None:
    """|eps|^2 of the next cell: what the springs of its nodes dissipate."""
    for column, values in result.columns(SURPRISE).items():
        times = clock(result.data[column][FRAME_MOVE], result.data[column][FRAME_TIME])
        axes.plot(times, values, **column_style(column))
    _doors(axes, path)
    for move in door_moves(path):
        axes.annotate("door", (move, 2.0), xytext=(2, 0), textcoords="offset points", fontsize=6, va="top")
    axes.set(ylabel=r"surprise $|\epsilon|^2$", ylim=(-0.05, 2.1), xticklabels=[])


def _gains(axes: Axes, result: Result, path: Ints) -> None:
    """The gain of each law."""
    column = next(c for c in SOURCES if c in result.columns(GAIN))
    gains = result.data[column][GAIN]
    times = clock(result.data[column][FRAME_MOVE], result.data[column][FRAME_TIME])
    for k, z in enumerate(gains.T):
        axes.plot(times, z, color=COLOURS[k], ls=DASHES[k % len(DASHES)], label=f"type {k + 1}")
    _doors(axes, path)
    axes.set(xlabel="move (each is a relaxation)", ylabel="gain z", ylim=(-0.2, 1.1))
    axes.legend(loc="center", bbox_to_anchor=(0.25, 0.5), ncols=2, fontsize=6)


def _known(axes: Axes, result: Result) -> None:
    """Share of agents that know their room after each move; nothing where no column has tried any."""
    columns = result.columns(KNOWN)
    for column, share in columns.items():
        moves = np.arange(1, len(share) + 1)
        axes.plot(moves, 100.0 * share, **({"marker": "."} | column_style(column)))
    most = max((len(share) for share in columns.values()), default=1)
    axes.set(xlabel="moves", ylabel="know their room (%)", ylim=(80.0, 101.0), xticks=range(1, most + 1))
    axes.axhline(99.0, color=INK, lw=0.5, ls=(0, (3, 2)))
