"""A digit that completes itself, how fast it settles, and how many patterns real parts hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.quantity import named, quantity
from analog_pc.experiments.framework.result import Array, Result
from analog_pc.experiments.salvatori2021.patterns import KNOWN, SIDE
from analog_pc.experiments.song2024.figures.columns import WIDTH, letter
from analog_pc.reporting.style import COLOURS, DASHES, GREY, INK, MARKERS, styled

SOURCES = ("ngspice", "native", "ideal")  # whose pixels are shown, the first that there is
STORED = 10
MOMENTS = (0.0, 1.0, 5.0, 20.0, 70.0)  # C / g_s
TRACES = 6  # missing pixels whose waveforms are drawn: those that move most


def shown_film(result: Result) -> tuple[str, Floats, Floats, Floats] | None:
    """Column, times [frames], pixels [frames, 64] and the stored digit [64] of the completion shown."""
    for column in SOURCES:
        arrays = result.data.get(column, {})
        found = named(arrays, "times", known="half")
        if found:
            chosen = next((q for q in found if q["N"] == STORED), found[0])
            digit = arrays[quantity("patterns", N=chosen["N"])][0]
            return column, arrays[chosen], arrays[chosen.renamed("pixels")], digit
    return None


@styled
def draw(result: Result) -> Figure:
    figure = Figure(figsize=(WIDTH, 126.0 / 25.4), layout="constrained")
    images, middle, real = np.asarray(figure.subfigures(3, 1, height_ratios=(0.52, 1.0, 1.05)))
    _moments(images, result)
    waves, settling = middle.subplots(1, 2)
    _waves(waves, result)
    _settling(settling, result)
    _capacity(real.subplots(1, 1), result)
    return figure


def square(pixels: Floats) -> Floats:
    """The image of pixels [64]."""
    return np.asarray(pixels.reshape(SIDE, SIDE))


def _moments(figure: SubFigure, result: Result) -> None:
    film = shown_film(result)
    if film is None:
        return
    column, times, pixels, digit = film
    frames = [int(np.abs(times - t).argmin()) for t in MOMENTS]
    axes = figure.subplots(1, len(frames) + 1)
    titles = [f"{times[k]:.0f}" for k in frames]
    for panel, image, title in zip(axes, [*pixels[frames], digit], [*titles, "stored"], strict=True):
        panel.imshow(square(image), cmap="gray_r", vmin=0.0, vmax=1.0)
        panel.axhline(KNOWN["half"] / SIDE - 0.5, color=COLOURS[1], lw=0.8)
        panel.set_title(title, fontsize=6.5)
        panel.set(xticks=[], yticks=[])
    axes[0].set_ylabel("known\nfree", rotation=0, ha="right", va="center", linespacing=3.0, fontsize=6)
    figure.suptitle(f"a  pixels after a time in C / g_s ({column})", x=0.02, ha="left", fontsize=7.0)


def _waves(axes: Axes, result: Result) -> None:
    """The missing pixels that move most, lines native, marks ngspice."""
    film = shown_film(result)
    if film is None:
        return
    _, times, pixels, _ = film
    moving = np.argsort(np.ptp(pixels, axis=0))[::-1][:TRACES]
    for column in ("ideal", "native", "ngspice"):
        arrays = result.data.get(column, {})
        found = [q for q in named(arrays, "times", known="half") if len(arrays[q]) == len(times)]
        chosen = [q for q in found if np.array_equal(arrays[q], times)]
        if not chosen or (column == "ideal" and "native" in result.data):
            continue
        paths = arrays[chosen[0].renamed("pixels")][:, moving]
        for k, path in enumerate(paths.T):
            style: dict[str, Any] = {"color": COLOURS[k % len(COLOURS)], "lw": 1.0}
            if column == "ngspice":
                style = {"color": INK, "ls": "none", "marker": "o", "mfc": "white", "ms": 2.2, "mew": 0.5}
            shown = slice(None, None, 4) if column == "ngspice" else slice(None)
            axes.plot(times[shown], path[shown], label=column if k == 0 else None, **style)
    axes.set(xlabel="time / (C / g_s)", ylabel="missing pixel")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.14), fontsize=5.5)
    letter(axes, "b")


def _settling(axes: Axes, result: Result) -> None:
    """Distance from the linear solve, and exp(-lambda_min t)."""
    for k, n in enumerate(sorted({int(q["N"]) for q in named(result.quantities, "distance", known="half")})):
        of = quantity("distance", N=n, known="half")
        for column, distance in result.columns(of).items():
            times = result.data[column][of.renamed("times")]
            style: dict[str, Any] = {"color": COLOURS[k], "ls": DASHES[0]}
            if column != "ideal":
                style = {
                    "color": COLOURS[k],
                    "ls": "none",
                    "marker": MARKERS[k],
                    "ms": 2.4,
                    "mfc": "none",
                    "mew": 0.6,
                }
            shown = slice(None) if column == "ideal" else slice(None, None, 5)
            axes.semilogy(
                times[shown], distance[shown], label=f"N = {n}" if column == "ideal" else None, **style
            )
        for row in result.rows:
            if row.id == f"lambda-min@N={n},half" and row.ideal:
                late = times > 1.0 / row.ideal
                line = distance[-1] * np.exp(-row.ideal * (times - times[-1]))
                label = "exp(-λ t)" if k == 0 else None
                axes.semilogy(times[late], 1.6 * line[late], color=GREY, ls=DASHES[1], lw=0.8, label=label)
    axes.set(xlabel="time / (C / g_s)", ylabel="distance from solve")
    axes.legend(loc="upper right", fontsize=5.5)
    letter(axes, "c")


def _capacity(axes: Axes, result: Result) -> None:
    """Error of completions from the half against the number of patterns, by what is real."""
    labels = []
    for k, of in enumerate(named(result.quantities, "capacity")):
        errors: Array = next(iter(result.columns(of).values()))
        numbers = next(iter(result.columns(quantity("capacity patterns")).values()))
        mean = errors.mean(axis=0)
        spread = np.abs(np.stack([errors.min(axis=0), errors.max(axis=0)]) - mean)
        style: dict[str, Any] = {
            "color": COLOURS[k],
            "marker": MARKERS[k],
            "ls": DASHES[k % len(DASHES)],
            "mfc": "white",
        }
        axes.errorbar(numbers, mean, spread, capsize=1.5, elinewidth=0.6, label=str(of["parts"]), **style)
        labels.append(of)
    if not labels:
        axes.set_axis_off()
        return
    mean_image = [
        row.ideal for row in result.rows if row.id.startswith("mean-image-mse") and "half" in row.id
    ]
    if mean_image and mean_image[-1] is not None:
        axes.axhline(mean_image[-1], color=INK, lw=0.7, ls=(0, (4, 2)))
        axes.annotate("mean image", (0.02, mean_image[-1]), xycoords=("axes fraction", "data"), ha="left",
                      va="bottom", fontsize=6)  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(top=10.0)  # beyond, a slow mode has run away with an offset: no image any more
    axes.set(xlabel="stored patterns, half known", ylabel="squared error of missing pixels")
    axes.legend(loc="center left", bbox_to_anchor=(0.0, 0.42), ncols=2, fontsize=6)
    letter(axes, "d")
