"""Test accuracy over epochs, a panel for every device, from what `in_situ_accuracy.py` has stored.

A line is the mean over seeds, its band the lowest and highest of them; the ideal device is grey behind all.
Schemes differ by dashes and by lightness, so that the figure may be printed without colour.

    python analysis/figures/in_situ_accuracy.py [--data mnist10k] [--rule pc] [--out FILE.pdf]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

RESULTS = Path(__file__).parents[1] / "results" / "in_situ"
STYLES = {
    "trains": {"color": "0.55", "linestyle": ":"},
    "tiki-taka": {"color": "#3b6ea8", "linestyle": "--"},
    "mixed-precision": {"color": "black", "linestyle": "-"},
}
ACROSS = 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="digits")
    parser.add_argument("--rule", default="pc")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    curves = stored(given.data, given.rule)
    devices = sorted({device for device, _ in curves if device != "ideal"}, key=lambda d: best(curves, d))
    if not devices:
        raise SystemExit(f"{RESULTS / given.data}: no device stored of rule {given.rule}")
    rows = -(-len(devices) // ACROSS)
    figure, grid = plt.subplots(
        rows, min(ACROSS, len(devices)), figsize=(2.0 * ACROSS, 1.7 * rows + 0.5), sharex=True, sharey=True,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axes, device in zip(grid.flat, devices, strict=False):
        panel(axes, device, curves)
    for axes in list(grid.flat)[len(devices) :]:
        axes.set_visible(False)
    for axes in list(grid.flat)[max(len(devices) - ACROSS, 0) : len(devices)]:
        axes.tick_params(labelbottom=True)  # the lowest of its column
    figure.supxlabel("epoch", fontsize=8)
    figure.supylabel(f"test accuracy of {given.data}, %", fontsize=8)
    handles = [plt.Line2D([], [], label=name, **style) for name, style in STYLES.items()]
    handles.append(plt.Line2D([], [], color="0.8", linewidth=4, label="ideal device"))
    figure.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=8, frameon=False)
    out = given.out or Path(__file__).with_name(f"in_situ_accuracy_{given.data}_{given.rule}.pdf")
    figure.savefig(out)
    print(f"{out}: {sum(len(c) for c in curves.values())} runs")


def stored(data: str, rule: str) -> dict[tuple[str, str], list[np.ndarray]]:
    """(device, scheme) -> accuracy in % over epochs, one array a seed."""
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for path in sorted((RESULTS / data).glob(f"{rule}_*.json")):
        result = json.loads(path.read_text())
        scheme = result["facts"]["scheme"].partition(":")[0]
        if result["history"]:
            curve = np.array([100.0 * row["accuracy"] for row in result["history"]])
            found.setdefault((result["facts"]["device"], scheme), []).append(curve)
    return found


def best(curves: dict[tuple[str, str], list[np.ndarray]], device: str) -> float:
    """What a device reaches, negative: panels are ordered by it."""
    return -max(float(np.mean([c[-1] for c in of])) for (name, _), of in curves.items() if name == device)


def panel(axes: Axes, device: str, curves: dict[tuple[str, str], list[np.ndarray]]) -> None:
    """One device: every scheme, and the ideal device behind."""
    ideal = curves.get(("ideal", "exact"))
    if ideal:
        draw(axes, ideal, {"color": "0.8", "linestyle": "-", "linewidth": 4.0})
    for scheme, style in STYLES.items():
        if (device, scheme) in curves:
            draw(axes, curves[device, scheme], style)
    axes.set_title(device, fontsize=8)
    axes.set_ylim(0.0, 100.0)
    axes.tick_params(labelsize=7)
    axes.grid(color="0.93")


def draw(axes: Axes, curves: list[np.ndarray], style: dict[str, object]) -> None:
    """Mean over seeds, and the range of them."""
    shortest = min(map(len, curves))
    together = np.array([c[:shortest] for c in curves])
    epochs = np.arange(1, shortest + 1)
    axes.plot(epochs, together.mean(axis=0), **{"linewidth": 1.2, **style})  # type: ignore[arg-type]
    axes.fill_between(
        epochs, together.min(axis=0), together.max(axis=0), color=style["color"], alpha=0.15, lw=0
    )  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
