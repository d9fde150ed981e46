"""Which system survives which non-ideality, as a chart, from what `survival.py` has stored.

python analysis/figures/survival.py [--technology NAME]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from analog_pc.reporting.figures import save_figure
from analog_pc.reporting.style import COLOURS, INK, ONE_COLUMN, styled

sys.path.insert(0, str(Path(__file__).parents[1]))

from survival import NOISE, RESULTS, acts, kinds
from survival_systems import ALL

from analog_pc.technology import technology

MARKS = {
    "survives": ("o", COLOURS[2]),
    "fails": ("X", COLOURS[1]),
    "no number": ("s", "white"),
    "not measured": ("_", "grey"),
}


@styled
def draw(found: dict, names: list[str]) -> Figure:
    """A mark for every cell; no mark where a non-ideality does not act."""
    figure = Figure(figsize=(2.0 * ONE_COLUMN, ONE_COLUMN), layout="constrained")
    axes = figure.subplots()
    points: dict[str, list[tuple[int, int]]] = {mark: [] for mark in MARKS}
    for x, name in enumerate(names):
        for y, system in enumerate(ALL):
            cell = found.get(system.name, {}).get(name)
            if not acts(system, name):
                continue
            if cell is None:
                points["not measured"].append((x, y))
                continue
            missing = any(value is None for value in cell["values"])
            verdict = "survives" if cell["survives"] else "no number" if missing else "fails"
            points[verdict].append((x, y))
    for verdict, (marker, colour) in MARKS.items():
        xy = np.array(points[verdict]).reshape(-1, 2)
        label = "no operating point" if verdict == "no number" else verdict
        axes.plot(*xy.T, marker, color=colour, mec=INK, mew=0.5, ms=7, ls="none", label=label)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set_yticks(range(len(ALL)), [system.name for system in ALL])
    axes.set(xlim=(-0.6, len(names) - 0.4), ylim=(len(ALL) - 0.4, -0.6))
    axes.tick_params(length=0)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=4)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--technology", default="cmos65-rram")
    given = parser.parse_args()
    stored = json.loads((RESULTS / "survival.json").read_text())[given.technology]["cells"]
    names = [name for name in kinds(technology(given.technology)) if name != NOISE]
    for path in save_figure(draw(stored, names), RESULTS / "survival"):
        print(path)


if __name__ == "__main__":
    main()
