"""The energy along clockless trials; test error against x-steps and against writes."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_pc.experiments.framework.quantity import numbers, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.song2024.figures.columns import WIDTH, letter
from analog_pc.reporting.style import COLOURS, DASHES, GREY, INK, MARKERS, styled

TIMES = quantity("times since the target's arrival")
ENERGIES = quantity("energy of the clockless trial")
ERRORS = quantity("test error after every batch")
X_STEPS = quantity("x-steps after every batch")
WRITES = quantity("writes after every batch")

RULES = {
    "pc": (COLOURS[0], "predictive coding"),
    "ipc": (COLOURS[1], "incremental"),
    "bp": (GREY, "backpropagation"),
}
MARKS = {"native": (MARKERS[1], 4.6), "ngspice": (MARKERS[0], 2.4)}
DOTS = 9


@styled
def draw(result: Result) -> Figure:
    """One panel above, two below."""
    figure = Figure(figsize=(WIDTH, 104.0 / 25.4), layout="constrained")
    grid = figure.add_gridspec(2, 2)
    energy = figure.add_subplot(grid[0, :])
    steps = figure.add_subplot(grid[1, 0])
    wear = figure.add_subplot(grid[1, 1], sharey=steps)
    _energy(energy, result)
    _courses(steps, result, "x_steps")
    _courses(wear, result, "writes")
    steps.set(ylabel="test error (%)", yscale="log", xlabel="x-steps", ylim=(1.5, 100.0))
    steps.set_yticks([2, 5, 10, 20, 50, 100], ["2", "5", "10", "20", "50", "100"])
    steps.set_yticks([], minor=True)
    wear.set_xlabel("writes of every device")
    wear.tick_params(labelleft=False)
    handles, labels = wear.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    for axes, name in ((energy, "a"), (steps, "b"), (wear, "c")):
        letter(axes, name)
    return figure


def _energy(axes: Axes, result: Result) -> None:
    """Line: equation; marks: circuits."""
    for k, slowness in enumerate(numbers(result.data["ideal"], TIMES.name, "slowness")):
        colour = COLOURS[k % len(COLOURS)]
        key = {"slowness": slowness}
        times = result.data["ideal"][TIMES.at(**key)]
        energy = result.data["ideal"][ENERGIES.at(**key)]
        axes.plot(times / slowness, energy, color=colour, label=rf"$\tau_w = {slowness:g}\ \tau$")
        for column, (marker, size) in MARKS.items():
            found = result.data.get(column, {})
            if TIMES.at(**key) in found:
                times = found[TIMES.at(**key)]
                dots = [int(abs(times - part * times[-1]).argmin()) for part in _parts()]
                axes.plot(
                    times[dots] / slowness, found[ENERGIES.at(**key)][dots], ls="none", marker=marker,
                    ms=size, color=colour, mfc="white", mew=0.8,
                )  # fmt: skip
    for column, (marker, size) in MARKS.items():
        if column in result.data:
            axes.plot(
                [],
                [],
                ls="none",
                marker=marker,
                ms=size,
                color=INK,
                mfc="white",
                mew=0.8,
                label=f"circuit, {column}",
            )
    axes.set(
        yscale="log", xlabel=r"time after the target's arrival ($\tau_w$)", ylabel="energy", xlim=(0.0, None)
    )
    axes.legend(loc="upper right", ncols=2)


def _parts() -> list[float]:
    return [(k + 1.0) / DOTS for k in range(DOTS)]


def _courses(axes: Axes, result: Result, against: str) -> None:
    """Seed 0; a running median would hide how noisy small batches are."""
    for rule, (colour, name) in RULES.items():
        column = "backprop" if rule == "bp" else "ideal"
        found = result.data.get(column, {})
        if ERRORS.at(rule=rule) not in found or (rule == "bp" and against == "x_steps"):
            continue
        counts = found[(X_STEPS if against == "x_steps" else WRITES).at(rule=rule)]
        axes.plot(counts, 100.0 * found[ERRORS.at(rule=rule)], color=colour, lw=0.7, label=name)
    axes.axhline(5.0, color=INK, lw=0.6, ls=DASHES[1])
    axes.set_xscale("log")
