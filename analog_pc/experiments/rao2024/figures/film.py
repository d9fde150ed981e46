"""The walk as a film: the agent, its gains as evidence arrives, and the surprise at the doors."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.rao2024.figures.rooms import clock, door_moves, draw_rooms, place
from analog_pc.experiments.rao2024.quantities import FRAME_MOVE, FRAME_TIME, GAIN, PATH, SURPRISE
from analog_pc.experiments.song2024.figures.columns import WIDTH
from analog_pc.experiments.song2024.figures.machine import offline
from analog_pc.reporting.style import COLOURS, GREY, INK, STYLE

SOURCES = ("native", "ngspice", "ideal")  # the column that the film shows, the first that there is
INTERVAL = 110  # ms between two frames
DPI = 80


@functools.lru_cache(maxsize=1)
def player(result: Result) -> str:
    """HTML that plays the walk; "" where the result has none."""
    columns = result.columns(GAIN)
    column = next((c for c in SOURCES if c in columns), None)
    if column is None:
        return ""
    with matplotlib.rc_context({**STYLE, "savefig.dpi": DPI}):
        return offline(_animate(result, column).to_jshtml(default_mode="loop"))


def _animate(result: Result, column: str) -> FuncAnimation:
    """Rooms and agent, bars of the gains, and the trace of the surprise up to the moment."""
    data = result.data[column]
    path = data[PATH]
    moves = data[FRAME_MOVE]
    gains = data[GAIN]
    surprise = data[SURPRISE]
    times = clock(moves, data[FRAME_TIME])
    figure = Figure(figsize=(2.0 * WIDTH, 1.05 * WIDTH), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplot_mosaic([["route", "gains"], ["surprise", "surprise"]], width_ratios=(2.6, 1.0))
    draw_rooms(panels["route"], path)
    agent = panels["route"].plot(*place(path[0, 0], path[0, 2]), "o", color=INK, ms=9)[0]
    kinds = gains.shape[1]
    bars = panels["gains"].bar(range(1, kinds + 1), gains[0], color=COLOURS[:kinds])
    panels["gains"].set(ylim=(-0.15, 1.1), xticks=range(1, kinds + 1), xlabel="type of room", ylabel="gain z")
    panels["gains"].axhline(0.0, color=INK, lw=0.5)
    panels["surprise"].plot(times, surprise, color=GREY, lw=0.6)
    trace = panels["surprise"].plot([], [], color=COLOURS[1], lw=1.6)[0]
    for move in door_moves(path):
        panels["surprise"].axvline(move, color=INK, lw=0.6, ls=(0, (3, 2)))
        panels["surprise"].annotate("door", (move, 2.05), xytext=(2, 0), textcoords="offset points", va="top")
    panels["surprise"].set(xlabel="move", ylabel=r"surprise $|\epsilon|^2$", ylim=(-0.05, 2.15))
    panels["route"].set_title(" ")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, not for every frame

    def show(frame: int) -> Sequence[Any]:
        move = path[moves[frame]]
        agent.set_data(*([value] for value in place(move[0], move[4])))
        for bar, z in zip(bars, gains[frame], strict=True):
            bar.set_height(z)
        trace.set_data(times[: frame + 1], surprise[: frame + 1])
        panels["route"].set_title(f"move {moves[frame] + 1}, action {move[3] + 1}    (voltages: {column})")
        return [agent, trace, *bars]

    return FuncAnimation(figure, show, frames=len(times), interval=INTERVAL, init_func=list)
