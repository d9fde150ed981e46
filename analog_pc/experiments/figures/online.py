"""Test error along online learning, and the least one against the batch size."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analog_pc.experiments.figures.look import letter, look, new_figure
from analog_pc.experiments.result import COLUMNS, Result
from analog_pc.verify.report.style import styled


@styled
def draw(result: Result) -> Figure:
    figure, (along, least) = new_figure(52.0, 1, 2)
    cases = sorted({key.split("/", 2)[2] for key in result.data if "/curve/" in key})
    shown = next((c for c in cases if c.startswith("batch 1,")), cases[0])
    for column, curve in result.columns(f"curve/{shown}").items():
        along.plot(np.arange(1, len(curve) + 1), curve, **look(column))
    along.set(xlabel="epoch", ylabel="test error", title=shown)
    letter(along, "a")
    for column in COLUMNS:
        points: dict[int, float] = {}
        for case in cases:
            found = result.columns(f"least/{case}").get(column)
            if found is not None:
                batch = int(case.split(",")[0].split()[1])
                points[batch] = min(points.get(batch, np.inf), float(found.mean()))
        if points:
            least.semilogx(*zip(*sorted(points.items()), strict=True), **({"marker": "."} | look(column)))
    least.set(xlabel="batch size", ylabel="least test error, best rate")
    letter(least, "b")
    figure.legend(*along.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
