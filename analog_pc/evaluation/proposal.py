"""Parts that would be good enough: a technology whose costly non-idealities are made smaller, measured."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analog_pc.evaluation.accuracy import Accuracy, mean_lost
from analog_pc.evaluation.bench import Bench, Tick
from analog_pc.evaluation.limits import CHIPS, STEP, STEPS, Limit, resized, within_budget
from analog_pc.technology import Technology
from analog_pc.technology.imperfections import IMPERFECTIONS

SHARES = (1.0, 2.0, 4.0, 8.0)  # of its limit that each non-ideality is given, because they add up
SMALLEST = STEP**-STEPS  # where no size was found that keeps the budget


@dataclass(frozen=True)
class Change:
    """A non-ideality that shrinks by `factor` < 1; `fields` are (name, before, after), SI units."""

    name: str
    factor: float
    fields: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, eq=False)
class Proposal:
    """The technology with smaller non-idealities, all of them on, and its measured accuracy."""

    technology: Technology
    changes: tuple[Change, ...]
    accuracy: Accuracy
    lost: float

    @property
    def enough(self) -> bool:
        """Whether it loses no more than the budget."""
        return within_budget(self.lost, self.accuracy.samples)


def propose(bench: Bench, limits: Sequence[Limit], tick: Tick) -> Proposal | None:
    """Shrink every non-ideality to a share of its limit until all together keep the budget.

    Non-idealities add up: at 1, 1/2, 1/4, 1/8 of the limits that hold for each alone, the first that keeps
    the budget on two chips is measured on all.  None where there is nothing to shrink.
    """
    best = None
    for share in SHARES:
        changes = changed(bench.technology, limits, share)
        if not changes:
            continue
        technology = _with(bench.technology, changes)
        tick(f"all on, each at 1/{share:g} of its limit")
        few = bench.chips(technology, lambda _: None, bench.seeds_of(technology)[:CHIPS])
        best = technology, changes
        if within_budget(mean_lost(bench.ideal_accuracy, few), bench.data.samples):
            break
    if best is None:
        return None
    technology, changes = best
    tick("all on, all chips")
    accuracy = bench.chips(technology, lambda _: None)
    return Proposal(technology, changes, accuracy, mean_lost(bench.ideal_accuracy, accuracy))


def changed(technology: Technology, limits: Sequence[Limit], share: float) -> tuple[Change, ...]:
    """What has to shrink so that each stays within 1 / `share` of its limit."""
    found = []
    for limit in limits:
        allowed = SMALLEST if math.isnan(limit.factor) else limit.factor
        factor = allowed / share
        if factor < 1.0:
            smaller = resized(technology, limit.name, factor)
            fields = tuple(
                (field, getattr(technology, field), getattr(smaller, field))
                for field in IMPERFECTIONS[limit.name]
                if getattr(technology, field) != getattr(smaller, field)
            )
            found.append(Change(limit.name, factor, fields))
    return tuple(found)


def _with(technology: Technology, changes: Sequence[Change]) -> Technology:
    found = technology
    for change in changes:
        found = resized(found, change.name, change.factor)
    names = ", ".join(change.name for change in changes)
    source = f"{technology.name} with smaller {names}, as analog-pc evaluate proposes"
    return dataclasses.replace(found, name=f"{technology.name}-proposed", source=source)
