"""Parts that would be good enough: a technology whose costly non-idealities are made smaller, measured."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analog_pc.evaluation.bench import Bench, Tick
from analog_pc.evaluation.limits import (
    CHIPS,
    STEP,
    STEPS,
    Limit,
    fields_of,
    find_limit,
    resized,
)
from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.nonideality.accuracy import Accuracy, within_budget
from analog_pc.technology import Source, Technology, offset_spread
from analog_pc.technology.non_idealities import with_only

SHARES = (1.0, 2.0, 4.0, 8.0)  # of its limit that each non-ideality is given, because they add up
AUTO_ZERO = "auto-zero"
CAPACITANCE = (
    0.2e-12  # F that an auto-zero holds its sample on: 144 uV of noise at 300 K, before the coupling
)
SMALLEST = STEP**-STEPS  # where no size was found that keeps the budget


@dataclass(frozen=True)
class Change:
    """A non-ideality that shrinks by `factor` < 1; `fields` are (name, before, after), SI units.

    `name` is `AUTO_ZERO` where the offset shrinks because auto-zero is switched on.
    """

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
    the budget on two chips is measured on all.  An offset above its limit is auto-zeroed first, where that
    helps.  None where there is nothing to shrink.
    """
    base = bench.technology
    switched: tuple[Change, ...] = ()
    cure = auto_zero(bench, limits, tick)
    if cure is not None:
        base, limits, switched = cure
    best = None
    for share in SHARES:
        changes = (*switched, *changed(base, limits, share))
        if not changes:
            continue
        technology = _with(bench.technology, changes)
        tick(f"all on, each at 1/{share:g} of its limit")
        few = bench.chips(technology, CHIPS)
        best = technology, changes
        if within_budget(bench.ideal_accuracy - few.lowest, bench.data.samples):
            break
    if best is None:
        return None
    technology, changes = best
    tick("all on, all chips")
    accuracy = bench.chips(technology)
    return Proposal(technology, changes, accuracy, bench.ideal_accuracy - accuracy.lowest)


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
                for field in fields_of(technology, limit.name)
                if getattr(technology, field) != getattr(smaller, field)
            )
            found.append(Change(limit.name, factor, fields))
    return tuple(found)


def _with(technology: Technology, changes: Sequence[Change]) -> Technology:
    values: dict[str, Any] = {}
    sources: dict[str, Source] = dict(technology.sources)
    for change in changes:
        for field, _, after in change.fields:
            values[field] = after
            sources[field] = Source(f"{technology.name}, {change.name} times {change.factor:.3g}", False)
    names = ", ".join("offset by auto-zero" if c.name == AUTO_ZERO else c.name for c in changes)
    source = f"{technology.name} with smaller {names}, as analog-pc evaluate proposes"
    name = f"{technology.name}-proposed"
    return dataclasses.replace(technology, name=name, source=source, sources=sources, **values)


def auto_zero(
    bench: Bench, limits: Sequence[Limit], tick: Tick
) -> tuple[Technology, list[Limit], tuple[Change, ...]] | None:
    """The technology with auto-zero on, its limits and the change; None where that is not what helps.

    It is tried where the offset is above its limit, auto-zero is off and the technology knows a sampling
    phase for it (`auto_zero_time`): bought op-amps have no input for one.  It helps if the offset alone, then
    measured anew, costs less.
    """
    before = bench.technology
    offset = next((limit for limit in limits if limit.name == "offset"), None)
    if offset is None or not offset.must_shrink or before.auto_zeroed or not before.auto_zero_time > 0.0:
        return None
    zeroed = dataclasses.replace(before, auto_zero_capacitance=CAPACITANCE)
    tick("offset auto-zeroed, alone")
    few = bench.chips(with_only(zeroed, "offset"), CHIPS)
    row = NonIdeality("offset", few, bench.ideal_accuracy, math.nan, "closed form")
    if not row.lost < next(trial.lost for trial in offset.trials if trial.factor == 1.0):
        return None
    others = [limit for limit in limits if limit.name != "offset"]
    found = find_limit(dataclasses.replace(bench, technology=zeroed), row, tick)
    factor = offset_spread(zeroed) / offset_spread(before)
    change = Change(AUTO_ZERO, factor, (("auto_zero_capacitance", 0.0, CAPACITANCE),))
    return zeroed, [*others, found], (change,)
