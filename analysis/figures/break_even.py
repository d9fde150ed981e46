"""Energy of the analog chip over that of digital machines, by width, from what `break_even.py` has stored.

Above the line the analog chip loses.  A row for predict, for learn, and for learn with one write of every
device; a column for each digital machine; a line for every technology, full as shipped, dashed with the
capacitor sized for the network; filled markers were simulated, open ones follow the formula.

    python analysis/figures/break_even.py [--out FILE.pdf]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

FOLDER = Path(__file__).parents[1] / "results" / "cost"
MACHINES = ("45 nm fp32", "45 nm int8", "14 nm PCM chip, four phase")
WIDTHS = (16, 32, 64, 128, 256, 512)
PHASES = {"predict": "one inference", "learn": "one relaxation", "learn and write": "with one update"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    table = json.loads((FOLDER / "break_even.json").read_text())
    plt.rcParams.update({"svg.fonttype": "none", "font.size": 8})
    figure, axes = plt.subplots(3, len(MACHINES), figsize=(7.2, 6.4), sharex=True, sharey="row")
    colours = plt.get_cmap("viridis")(np.linspace(0.0, 0.9, max(len(table), 2)))
    for (name, sizes), colour in zip(sorted(table.items()), colours, strict=False):
        for what, style in (("shipped", "-"), ("sized", "--")):
            if what not in sizes:
                continue
            for k, phase in enumerate(PHASES):
                for column, machine in enumerate(MACHINES):
                    rows = [r for r in sizes[what]["rows"] if (r["phase"], r["baseline"]) == (phase, machine)]
                    label = name if what == "shipped" else None
                    draw(axes[k, column], rows, colour, style, label)
    for k, (phase, words) in enumerate(PHASES.items()):
        axes[k, 0].set_ylabel(f"{phase}: {words}\nanalog / digital energy")
        for axis in axes[k]:
            axis.axhline(1.0, color="0.4", linewidth=0.8)
            axis.set_xticks(WIDTHS, [str(width) for width in WIDTHS])
            axis.minorticks_off()
    for column, machine in enumerate(MACHINES):
        axes[0, column].set_title(machine)
        axes[-1, column].set_xlabel("width of the network")
    names = axes[0, 0].get_legend_handles_labels()
    figure.legend(*names, loc="lower center", ncols=len(table), frameon=False, fontsize=7)
    figure.tight_layout(rect=(0.0, 0.03, 1.0, 1.0))
    for path in [given.out] if given.out else [FOLDER / f"break_even{s}" for s in (".svg", ".pdf")]:
        figure.savefig(path, metadata={"Date": None} if str(path).endswith(".svg") else None)
        print(path)


def draw(axis: plt.Axes, rows: list[dict], colour: np.ndarray, style: str, label: str | None) -> None:
    """One technology against one machine."""
    width = np.array([row["width"] for row in rows])
    ratio = np.array([row["ratio"] for row in rows])
    simulated = np.array([row["method"] == "simulated" for row in rows], dtype=np.bool_)
    axis.loglog(width, ratio, style, color=colour, label=label, linewidth=1.0)
    axis.loglog(width[simulated], ratio[simulated], "o", color=colour, markersize=3)
    axis.loglog(width[~simulated], ratio[~simulated], "o", color=colour, markersize=3, markerfacecolor="none")


if __name__ == "__main__":
    main()
