"""Tables as CSV: SI units in the header, a point as decimal mark."""

from __future__ import annotations

from analog_pc.cost import Cost
from analog_pc.evaluation.results import Evaluation
from analog_pc.reporting.tables import csv_text


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
