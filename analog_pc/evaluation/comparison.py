"""Several technologies beside each other: accuracy with its interval, energy, latency, area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analog_pc.evaluation.results import Evaluation


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One technology; None: not measured, or not known because samples did not converge.

    Energies in J, latencies in s, per stimulus and always on; `area` in m^2.  Where a phase is a `bound`,
    its energy and latency are upper bounds.
    """

    technology: str
    ideal: float
    mean: float | None
    low: float | None
    high: float | None
    chips: int
    unconverged: int | None
    predict_energy: float | None
    predict_latency: float | None
    predict_bound: bool | None
    learn_energy: float | None
    learn_latency: float | None
    learn_bound: bool | None
    write_energy: float | None
    area: float | None
    partial: bool


def compared(found: Evaluation) -> Compared:
    """The line of one evaluation."""
    chips = found.chips
    interval = None if chips is None else chips.interval
    return Compared(
        technology=found.bench.technology.name,
        ideal=found.bench.ideal_accuracy,
        mean=None if chips is None else chips.mean,
        low=None if interval is None else interval[0],
        high=None if interval is None else interval[1],
        chips=0 if chips is None else len(chips.chips),
        unconverged=None if chips is None else chips.unconverged,
        predict_energy=_of(found, "predict", "energy"),
        predict_latency=_of(found, "predict", "latency"),
        predict_bound=_of(found, "predict", "bound"),
        learn_energy=_of(found, "learn", "energy"),
        learn_latency=_of(found, "learn", "latency"),
        learn_bound=_of(found, "learn", "bound"),
        write_energy=_of(found, "write", "energy"),
        area=None if found.cost is None else found.cost.area,
        partial=found.partial,
    )


def _of(found: Evaluation, phase: str, what: str) -> Any:
    if found.cost is None or phase not in found.cost.phases:
        return None
    return getattr(found.cost.phases[phase], what)


def compare(evaluations: Sequence[Evaluation]) -> tuple[Compared, ...]:
    """All lines, in the order given."""
    return tuple(compared(found) for found in evaluations)
