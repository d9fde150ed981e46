"""Tables as CSV: SI units in the header, a point as decimal mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from analog_pc.evaluation.results import Evaluation


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lines of a CSV; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if value is None else value for value in row])
    return out.getvalue()


def non_idealities_csv(found: Evaluation) -> str:
    """Every non-ideality alone."""
    header = ("name", "accuracy", "lost", "unconverged", "chips", "samples", "outputs moved", "measured by")
    return csv_text(
        header,
        (
            (
                row.name,
                row.accuracy.mean,
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
