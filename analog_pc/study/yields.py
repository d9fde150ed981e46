"""Yield: the share of chips that keep all limits, and what the others fail by."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from analog_pc.errors import AnalogPcError
from analog_pc.evaluation import Bench
from analog_pc.nonideality.intervals import exact_interval
from analog_pc.study.definition import Study
from analog_pc.study.evaluate import measure_chip
from analog_pc.study.limits import Limit
from analog_pc.study.point import Found, Values
from analog_pc.study.results import Combination, Results
from analog_pc.technology.non_idealities import present, without

EXAMINED = 10  # failing chips of a combination whose culprit is looked for
MOST_EXAMINED = 100  # of a study

Tick = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Culprit:
    """Why a chip fails.

    Parameters
    ----------
    chip
        Its seed.
    broken
        Columns whose limits it does not keep.
    name
        The non-ideality without which most limits are kept, or the worst one is missed by least; "" where
        none changes that.
    mended
        Whether the chip keeps all limits without it.
    """

    chip: int
    broken: tuple[str, ...]
    name: str
    mended: bool


@dataclass(frozen=True, kw_only=True)
class LotYield:
    """The chips of one lot: how many there are, and how many keep all limits."""

    lot: int
    chips: int
    good: int


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A limited column over the chips that have it, as a data sheet says it: least, median, largest."""

    name: str
    least: float
    typical: float
    largest: float


@dataclass(frozen=True, kw_only=True)
class Yield:
    """The chips of one combination against the limits.

    Parameters
    ----------
    values
        Axis -> value.
    chips, good
        How many there are, and how many keep all limits; a chip without results keeps none.
    low, high
        Clopper and Pearson's 95 % interval of the yield, which takes chips as independent.  Chips of a lot
        are not: with lots it holds for these lots, and `lots` shows how far others may be.
    culprits
        Of the failing chips that were examined, the first ones.
    spreads
        Of every column with a limit.
    lots
        Empty without a wafer.
    """

    values: Values
    chips: int
    good: int
    low: float
    high: float
    culprits: tuple[Culprit, ...]
    spreads: tuple[Spread, ...] = ()
    lots: tuple[LotYield, ...] = ()

    @property
    def share(self) -> float:
        """The yield."""
        return self.good / self.chips

    @property
    def failing(self) -> int:
        """Chips that do not keep a limit."""
        return self.chips - self.good

    @property
    def culprit(self) -> str:
        """The non-ideality whose removal mends most of the examined chips; "" where none mends one."""
        mending = Counter(one.name for one in self.culprits if one.mended)
        return mending.most_common(1)[0][0] if mending else ""

    @property
    def mended(self) -> int:
        """How many of the examined chips that is."""
        return sum(one.mended and one.name == self.culprit for one in self.culprits)


def yields(results: Results, tick: Tick) -> tuple[Yield, ...]:
    """The yield of every combination of a study with limits.

    Parameters
    ----------
    results
        Of the study.
    tick
        Is told of every chip whose culprit is looked for.
    """
    examined = 0
    found = []
    for combination in results.combinations:
        failing = [chip for chip in combination.chips if _broken(results.study, chip)]
        chosen = failing[: min(EXAMINED, MOST_EXAMINED - examined)]
        examined += len(chosen)
        culprits = []
        for chip in chosen:
            tick(f"chip {chip.point.chip}")
            culprits.append(culprit(results.study, chip))
        found.append(_yield(results.study, combination, len(failing), tuple(culprits)))
    return tuple(found)


def _yield(study: Study, combination: Combination, failing: int, culprits: tuple[Culprit, ...]) -> Yield:
    chips = len(combination.chips)
    low, high = exact_interval(chips - failing, chips)
    return Yield(
        values=combination.values,
        chips=chips,
        good=chips - failing,
        low=low,
        high=high,
        culprits=culprits,
        spreads=tuple(_spreads(study, combination)),
        lots=_lots(study, combination),
    )


def _spreads(study: Study, combination: Combination) -> Iterator[Spread]:
    for name in study.limits.each:
        measured = [chip.row.measured.get(name) for chip in combination.chips]
        values = [float(value) for value in measured if value is not None]
        if values:
            yield Spread(name=name, least=min(values), typical=median(values), largest=max(values))


def _lots(study: Study, combination: Combination) -> tuple[LotYield, ...]:
    good: dict[int, list[bool]] = {}
    for chip in combination.chips:
        die = study.die(chip.point.chip)
        if die is not None:
            good.setdefault(die.lot, []).append(not _broken(study, chip))
    return tuple(LotYield(lot=lot, chips=len(kept), good=sum(kept)) for lot, kept in sorted(good.items()))


def _broken(study: Study, chip: Found) -> tuple[str, ...]:
    return study.limits.broken(chip.row.measured)


def culprit(study: Study, chip: Found) -> Culprit:
    """Measure a failing chip again without each of its non-idealities, one at a time."""
    broken = _broken(study, chip)
    misses = _misses(study, chip.row.measured)
    best = misses
    name = ""
    for one in () if chip.row.failed else present(study.technology_at(chip.point.values, chip.point.chip)):
        there = _misses_without(study, chip, one)
        if there is not None and there < best:
            best = there
            name = one
    return Culprit(chip=chip.point.chip, broken=broken, name=name, mended=best[0] == 0)


def _misses_without(study: Study, chip: Found, name: str) -> tuple[int, float] | None:
    """How far the limits are missed without a non-ideality; None where that has no results."""
    technology = study.technology_at(chip.point.values, chip.point.chip)
    other = dataclasses.replace(without(technology, name), name=technology.name)
    bench = Bench(study.network(chip.point.values), other, study.data, (chip.point.chip,))
    try:
        return _misses(study, measure_chip(study, bench))
    except AnalogPcError:
        return None


def _misses(study: Study, measured: Mapping[str, float | int | None]) -> tuple[int, float]:
    """How many limits are missed, and by how much the worst, over its own size; what is not known by most."""
    each = study.limits.each
    missed = [_excess(each[name], measured.get(name)) for name in study.limits.broken(measured)]
    return len(missed), max(missed, default=0.0)


def _excess(limit: Limit, value: float | None) -> float:
    if value is None:
        return float("inf")
    end = limit.least if value < limit.least else limit.largest
    return abs(value - end) / abs(end) if end else abs(value)
