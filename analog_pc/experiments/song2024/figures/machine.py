"""The energy machine as a machine: posts, sliding nodes, springs, rods and pins.

::

          rod (weight)        o hollow node: prediction mu, at the end of the rod
        _____________________ |
       /                      > spring, energy eps^2 / 2
      *  solid node: x        |
      |  on its post          * solid node: activity x            a pin holds a clamped node
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation
from PIL import Image

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.quantity import Quantity, numbers
from analog_pc.experiments.framework.result import Array, Result
from analog_pc.experiments.song2024.figures.columns import WIDTH
from analog_pc.experiments.song2024.machine import ACTIVITY, PHASE, PREDICTION, TIME
from analog_pc.files import write_bytes
from analog_pc.reporting.figures import save_figure
from analog_pc.reporting.style import COLOURS, GREY, INK, STYLE, styled

PHASES = ("predict: the input is pinned", "learn: input and output are pinned", "learn: the rods are tuned")
SOURCES = ("ngspice", "native", "ideal")  # what the machine is driven by, the first that there is
COILS = 6
SLANT = 0.05
INTERVAL = 80  # ms between two frames

# The player's buttons use a web font; offline they have to be characters that every font has.
GLYPHS = {
    "minus": "−", "plus": "+", "fast-backward": "|◀", "step-backward": "◀|", "play": "▶", "pause": "||",
    "step-forward": "|▶", "fast-forward": "▶|",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Film:
    """What the column that drives the machine shows: activities and predictions are [frames, n_l] a layer."""

    column: str
    time: Array
    phase: Array
    activities: list[Array]
    predictions: list[Array]


def film_of(result: Result) -> Film | None:
    """The film of the first source that has one."""
    for column in SOURCES:
        arrays = result.data.get(column, {})
        if TIME in arrays:
            activities = _layers(arrays, ACTIVITY)
            return Film(column, arrays[TIME], arrays[PHASE], activities, _layers(arrays, PREDICTION))
    return None


def _layers(arrays: Mapping[Quantity, Array], of: Quantity) -> list[Array]:
    return [arrays[of.at(layer=layer)] for layer in numbers(arrays, of.name, "layer")]


def draw_chain(axes: Axes, film: Film, frame: int, unit: int) -> None:
    """One chain of the machine in one frame; the input is common to the chains."""
    depth = len(film.predictions)
    heights = [_of(activity[frame], unit) for activity in film.activities]
    ends = [_of(prediction[frame], unit) for prediction in film.predictions]
    pinned = {0} | ({depth} if film.phase[frame] > 0 else set())
    low, high = _range(film)
    for post, height in enumerate(heights):
        axes.plot([post, post], [low, high], color=GREY, lw=0.8, zorder=1)
        if post:
            end = ends[post - 1]
            axes.plot([post - 1, post], [heights[post - 1], end], color=COLOURS[0], lw=1.8, zorder=2)
            axes.plot(*_spring(post, end, height), color=COLOURS[1], lw=0.9, zorder=3)
            axes.plot(post, end, "o", mfc="white", mec=INK, ms=5, mew=0.9, zorder=4)
        axes.plot(post, height, "o", color=INK, ms=2.8, zorder=5)
        if post in pinned:
            beside = axes.transData + ScaledTranslation(-5.5 / 72, 0, axes.figure.dpi_scale_trans)
            axes.plot(post, height, ">", color=INK, ms=4.5, zorder=5, transform=beside)
    axes.set(xlim=(-0.5, depth + 0.3), ylim=(low, high), xticks=[], yticks=[0.0, 1.0])
    axes.axhline(0.0, color=GREY, lw=0.4, zorder=0)
    axes.spines["bottom"].set_visible(False)


def _of(layer: Floats, unit: int) -> float:
    return float(layer[min(unit, len(layer) - 1)])


def _range(film: Film) -> tuple[float, float]:
    """Heights that all frames fit into."""
    every = np.concatenate([layer.ravel() for layer in (*film.activities, *film.predictions)])
    room = 0.08 * float(np.ptp(every))
    return float(every.min()) - room, float(every.max()) + room


def _spring(post: float, start: float, end: float) -> tuple[Floats, Floats]:
    """A zigzag beside the post, from the end of the rod to the node."""
    sideways = np.array([0.0, 1.0, *np.tile([0.4, 1.6], COILS), 1.0, 0.0])
    along = np.array([0.0, 0.0, *np.linspace(0.0, 1.0, 2 * COILS), 1.0, 1.0])
    return post + 2 * SLANT * sideways, start + (end - start) * along


@styled
def draw_moments(film: Film) -> Figure:
    """Both chains at four moments of the first round: predicted, pinned, relaxed, tuned."""
    phase = film.phase
    first = int(np.argmax(phase == 1))
    tuned = int(np.argmax(phase == 2))
    last = tuned + int(np.argmax(np.append(phase[tuned:], -1) != 2)) - 1
    figure = Figure(figsize=(WIDTH, 56.0 / 25.4), layout="constrained")
    axes = figure.subplots(2, 4, sharex=True, sharey=True)
    for column, (frame, title) in enumerate(
        ((first - 1, "predicted"), (first, "pinned"), (tuned - 1, "relaxed"), (last, "tuned"))
    ):
        for unit in range(2):
            draw_chain(axes[unit, column], film, frame, unit)
        axes[0, column].set_title(title)
    axes[0, 0].set_ylabel("gain 1")
    axes[1, 0].set_ylabel("gain 2")
    return figure


def animate(film: Film) -> FuncAnimation:
    """The whole film."""
    figure = Figure(figsize=(1.5 * WIDTH, 1.2 * WIDTH), dpi=90)
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 1, sharex=True)

    def show(frame: int) -> Sequence[Any]:
        for unit, panel in enumerate(axes):
            panel.clear()
            draw_chain(panel, film, frame, unit)
            panel.set_ylabel(f"chain of gain {unit + 1}")
        moment = "" if film.phase[frame] == 2 else f", t = {film.time[frame]:.1f} C / g_s"
        figure.suptitle(f"{PHASES[film.phase[frame]]}{moment}    (voltages: {film.column})", fontsize=8)
        axes[1].set_xticks(range(3), ["input", "hidden", "output"])
        return []

    return FuncAnimation(figure, show, frames=len(film.phase), interval=INTERVAL, init_func=list)


@functools.lru_cache(maxsize=1)  # both files that an experiment writes of it draw its frames once
def player(result: Result) -> str:
    """HTML that plays the film offline; "" where the result has none."""
    film = film_of(result)
    if film is None:
        return ""
    with matplotlib.rc_context({**STYLE, "savefig.dpi": 90}):
        return offline(animate(film).to_jshtml(default_mode="loop"))


def write_machine(result: Result, folder: Path) -> Sequence[Path]:
    """`machine.svg` and `.pdf`, four moments, and `machine.gif`, the film."""
    film = film_of(result)
    if film is None:
        return []
    gif = folder / "machine.gif"
    first, *others = (Image.open(BytesIO(frame)) for frame in frames_in(player(result)))
    moving = BytesIO()
    first.save(moving, format="GIF", save_all=True, append_images=others, duration=INTERVAL, loop=0)
    write_bytes(gif, moving.getvalue())
    return [*save_figure(draw_moments(film), folder / "machine"), gif]


def frames_in(page: str) -> list[bytes]:
    """The PNG images of a player, in order; their text is broken into lines by backslashes."""
    texts = re.findall(r'data:image/png;base64,([^"]*)"', page)
    return [base64.b64decode(text.replace("\\\n", "")) for text in texts]


def offline(page: str) -> str:
    """The player without its link to a font on the web: characters stand for its symbols."""
    rules = "".join(f".fa-{name}::before{{content:'{glyph}'}}" for name, glyph in GLYPHS.items())
    mirror = ".fa-flip-horizontal{display:inline-block;transform:scaleX(-1)}"
    style = f"<style>.fa{{font-style:normal}}{mirror}{rules}</style>"
    return style + "\n" + re.sub(r"<link\b[^>]*>\s*", "", page)
