"""A digit that completes itself, as a film that plays offline."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.salvatori2021.figures.memory import TRACES, shown_film, square
from analog_pc.experiments.salvatori2021.patterns import KNOWN, SIDE
from analog_pc.experiments.song2024.figures.columns import WIDTH
from analog_pc.experiments.song2024.figures.machine import offline
from analog_pc.reporting.style import COLOURS, GREY, INK, STYLE

INTERVAL = 200  # ms between two frames
EVERY = 2  # of the waveform's points a frame
DPI = 90


@functools.lru_cache(maxsize=1)
def player(result: Result) -> str:
    """HTML that plays the completion; "" where the result has none."""
    film = shown_film(result)
    if film is None:
        return ""
    with matplotlib.rc_context({**STYLE, "savefig.dpi": DPI}):
        column, times, pixels, digit = film
        return offline(
            _animate(column, times[::EVERY], pixels[::EVERY], digit).to_jshtml(default_mode="once")
        )


def _animate(column: str, times: Floats, pixels: Floats, digit: Floats) -> FuncAnimation:
    """The image of the value nodes, and waveforms of missing pixels up to the moment."""
    figure = Figure(figsize=(2.0 * WIDTH, 0.8 * WIDTH), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    now, stored, waves = figure.subplots(1, 3, width_ratios=(1.0, 1.0, 1.7))
    moving = np.argsort(np.ptp(pixels, axis=0))[::-1][:TRACES]
    picture = now.imshow(square(pixels[0]), cmap="gray_r", vmin=0.0, vmax=1.0)
    stored.imshow(square(digit), cmap="gray_r", vmin=0.0, vmax=1.0)
    stored.set_title("the stored digit")
    for panel in (now, stored):
        panel.axhline(KNOWN["half"] / SIDE - 0.5, color=COLOURS[1], lw=1.0)
        panel.set(xticks=[], yticks=[])
    for pixel in moving:
        waves.plot(times, pixels[:, pixel], color=GREY, lw=0.5)
    lines = [waves.plot([], [], color=COLOURS[k % len(COLOURS)])[0] for k in range(len(moving))]
    cursor = waves.axvline(0.0, color=INK, lw=0.6)
    waves.set(xlabel="time / (C / g_s)", ylabel="missing pixels")
    now.set_title(" ")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, not for every frame

    def show(frame: int) -> Sequence[Any]:
        picture.set_data(square(pixels[frame]))
        now.set_title(f"t = {times[frame]:.1f} C / g_s ({column})")
        for line, pixel in zip(lines, moving, strict=True):
            line.set_data(times[: frame + 1], pixels[: frame + 1, pixel])
        cursor.set_xdata([times[frame], times[frame]])
        return [picture, cursor, *lines]

    return FuncAnimation(figure, show, frames=len(times), interval=INTERVAL, init_func=list)
