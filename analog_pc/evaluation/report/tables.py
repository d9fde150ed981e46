"""Tables as CSV: SI units in the header, a point as decimal mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from analog_pc.cost import Cost
from analog_pc.evaluation.results import Evaluation


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lines of a CSV; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if value is None else value for value in row])
    return out.getvalue()


def cost_csv(cost: Cost) -> str:
    """Every part in every phase, per stimulus."""
    header = ("phase", "part", "count", "energy (J)", "power (W)", "area (m^2)", "source", "grade")
    return csv_text(
        header,
        (
            (name, part.part, part.count, part.energy, part.power, part.area, part.source, part.grade)
            for name, phase in cost.phases.items()
            for part in phase.parts
        ),
    )


def non_idealities_csv(found: Evaluation) -> str:
    """Every non-ideality alone."""
    header = (
        "name", "accuracy", "ideal accuracy", "lost", "unconverged", "chips", "samples", "outputs moved",
        "measured by",
    )  # fmt: skip
    return csv_text(
        header,
        (
            (
                row.name,
                row.accuracy.mean,
                row.ideal,
                row.lost,
                row.accuracy.unconverged,
                len(row.accuracy.chips),
                row.accuracy.samples,
                row.moved,
                row.by,
            )
            for row in found.sorted_non_idealities
        ),
    )
