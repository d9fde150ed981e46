"""Settling and damping over the node capacitor, from what `energy_optimum.py` has stored.

A column for every network: above the slowest settling (1 %, linear) of predict and learn, below the least
damping; a line for every technology, the capacitor in units of the one before sizing.  Open circles: a mode
grows.  The dotted line is the damping that the rule asks for.

    python analysis/figures/energy_optimum.py [--out FILE.pdf]
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
TITLES = {
    "digits": "64-32-10 sigmoid",
    "tanh": "64-40-20-10 tanh",
    "relu": "64-40-20-10 relu",
    "outliers": "the same, outliers x 8",
}
RULE = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    table = json.loads((FOLDER / "energy_optimum.json").read_text())["size"]
    networks = [name for name in TITLES if name in table]
    plt.rcParams.update({"svg.fonttype": "none", "font.size": 8})
    figure, axes = plt.subplots(
        2, len(networks), figsize=(2.4 * len(networks), 4.2), sharex=True, sharey="row"
    )
    colours = plt.get_cmap("viridis")(np.linspace(0.0, 0.9, 6))
    for column, network in enumerate(networks):
        for colour, (name, found) in zip(colours, sorted(table[network].items()), strict=False):
            if "rows" in found:
                draw(axes[0, column], axes[1, column], found, name, colour)
        axes[0, column].set_title(TITLES[network])
        axes[1, column].axhline(RULE, color="0.4", linestyle=":", linewidth=0.8)
        axes[1, column].axhline(0.0, color="0.4", linewidth=0.8)
        axes[1, column].set_xlabel("C / C before sizing")
    axes[0, 0].set_ylabel("settling / settling before")
    axes[1, 0].set_ylabel("least damping")
    axes[0, 0].legend(frameon=False, fontsize=6)
    figure.tight_layout()
    for suffix in [given.out] if given.out else [FOLDER / f"energy_optimum{s}" for s in (".svg", ".pdf")]:
        figure.savefig(suffix, metadata={"Date": None} if str(suffix).endswith(".svg") else None)
        print(suffix)


def draw(above: plt.Axes, below: plt.Axes, found: dict, name: str, colour: np.ndarray) -> None:
    """One technology: settling in units of that with the capacitor before, damping."""
    rows = [row for row in found["rows"] if row["farads"] > 0.0]
    x = np.array([row["farads"] / found["before"] for row in rows])
    damping = np.array([row["damping"] for row in rows])
    settling = np.array([np.inf if row["settling"] is None else row["settling"] for row in rows])
    at = int(np.argmin(np.abs(np.log(x))))
    stable = damping > 0.0
    above.loglog(x[stable], settling[stable] / settling[at], color=colour, label=name, linewidth=1.0)
    above.set_xscale("log")
    below.plot(x, damping, color=colour, linewidth=1.0)
    below.plot(x[~stable], damping[~stable], "o", color=colour, markerfacecolor="none", markersize=3)


if __name__ == "__main__":
    main()
