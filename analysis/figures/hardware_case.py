"""The case for the hardware: energy of one network on every machine, and over the width, as stored.

a: joules a stimulus of the 64-32-10 network; a square is a relaxation with one write of every device.
b, c: energy of cmos65-rram over a digital machine's; above the line the chip loses.  Lines: sized capacitor;
dots: as shipped; filled markers were simulated, open ones follow the formula.

    python analysis/figures/hardware_case.py [--out FILE.pdf]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

FOLDER = Path(__file__).parents[1] / "results" / "cost"
DIGITAL = (
    "this CPU, batch 1",
    "this CPU, batch 64",
    "45 nm fp32",
    "45 nm fp32, backpropagation",
    "45 nm int8",
    "45 nm int8, backpropagation",
    "14 nm PCM chip, four phase",
    "14 nm PCM chip, one phase",
)
OVER_WIDTH = (
    "this CPU, batch 64",
    "45 nm fp32",
    "45 nm int8",
    "45 nm int8, backpropagation",
    "14 nm PCM chip, four phase",
)
PHASES = {"predict": ("o", "C0"), "learn": ("D", "C1")}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    table = json.loads((FOLDER / "hardware_case.json").read_text())
    plt.rcParams.update({"svg.fonttype": "none", "font.size": 8})
    figure = plt.figure(figsize=(7.2, 5.2), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1.0))
    energies(figure.add_subplot(grid[:, 0]), table)
    for k, phase in enumerate(("learn", "predict")):
        over_width(figure.add_subplot(grid[k, 1]), table["widths"], phase, "bc"[k])
    handles, labels = figure.axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=3, frameon=False, fontsize=7)
    for path in [given.out] if given.out else [FOLDER / f"hardware_case{s}" for s in (".svg", ".pdf")]:
        figure.savefig(path, metadata={"Date": None} if str(path).endswith(".svg") else None)
        print(path)


def energies(axes: plt.Axes, table: dict[str, Any]) -> None:
    """One line a machine."""
    chips = list(dict.fromkeys((row["technology"], row["variant"]) for row in table["chips"]))
    names = [f"{name}: {variant}" for name, variant in chips] + list(DIGITAL)
    for row in table["chips"]:
        place = chips.index((row["technology"], row["variant"]))
        if row["phase"] in PHASES:
            marker, colour = PHASES[row["phase"]]
            axes.plot(row["energy"], place, marker, color=colour, markersize=4)
    for place, chip in enumerate(chips):
        own = {
            row["phase"]: row["energy"]
            for row in table["chips"]
            if (row["technology"], row["variant"]) == chip
        }
        axes.plot(own["learn"] + own["write"], place, "s", color="C3", markersize=4, markerfacecolor="none")
    for place, name in enumerate(DIGITAL, len(chips)):
        for row in table["machines"]:
            if row["machine"] == name:
                marker, colour = PHASES[row["phase"]]
                axes.plot(row["energy"], place, marker, color=colour, markersize=4)
    for phase, (marker, colour) in PHASES.items():
        axes.plot([], [], marker, color=colour, markersize=4, label=phase)
    axes.plot([], [], "s", color="C3", markersize=4, markerfacecolor="none", label="learn and write")
    axes.axhline(len(chips) - 0.5, color="0.6", linewidth=0.6)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="x", color="0.9", linewidth=0.5)
    axes.set(xscale="log", xlabel="energy a stimulus, J", title="a   64-32-10, trained on digits")
    axes.legend(frameon=False, fontsize=7, loc="upper right", bbox_to_anchor=(1.0, 0.93))


def over_width(axes: plt.Axes, rows: list[dict[str, Any]], phase: str, letter: str) -> None:
    """Chip over each digital machine."""
    for k, baseline in enumerate(OVER_WIDTH):
        for variant, style in (("sized", "-"), ("shipped", ":")):
            chosen = [
                r
                for r in rows
                if (r["phase"], r["baseline"], r["variant"]) == (phase, baseline, variant) and r["digital"]
            ]
            if not chosen:
                continue
            width = np.array([r["width"] for r in chosen])
            ratio = np.array([r["analog"] / r["digital"] for r in chosen])
            simulated = np.array([r["method"] == "simulated" for r in chosen])
            label = baseline if variant == "sized" else None
            axes.loglog(width, ratio, style, color=f"C{k}", linewidth=1.0, label=label)
            axes.loglog(width[simulated], ratio[simulated], "o", color=f"C{k}", markersize=3)
            axes.loglog(
                width[~simulated], ratio[~simulated], "o", color=f"C{k}", markersize=3, markerfacecolor="w"
            )
    axes.axhline(1.0, color="0.4", linewidth=0.8)
    axes.set_xticks(sorted({r["width"] for r in rows}), [f"{w}" for w in sorted({r["width"] for r in rows})])
    axes.minorticks_off()
    axes.set(ylabel="chip / digital energy", title=f"{letter}   {phase}, width-width-10")
    if phase == "predict":
        axes.set_xlabel("width of the network")


if __name__ == "__main__":
    main()
