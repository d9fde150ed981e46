"""Yield: the share of chips that keep all limits, and what the others fail by."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from analog_pc.nonideality.intervals import exact_interval
from analog_pc.study.definition import Study
from analog_pc.study.limits import Limit
from analog_pc.study.point import Found, Point, Row, Values
from analog_pc.study.results import Combination, Results
from analog_pc.technology.non_idealities import present

EXAMINED = 10  # failing chips of a combination whose culprit is looked for
MOST_EXAMINED = 100  # of a study
SEARCH = "what each failing chip fails by"


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
    pending
        Failing chips that are still to be examined: the search was interrupted, or has just begun.
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
    pending: int = 0
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


def chips_without(results: Results) -> Study:
    """Points of a study of their own: the failing chips that are examined, without each non-ideality in turn.

    Only what a limit names is measured.  A point has the key of any other one with the same technology.

    Parameters
    ----------
    results
        Of a study with limits.
    """
    search = _search(results.study)
    asked = [
        asked
        for _, _, chosen in _failing(results)
        for chip in chosen
        for asked in _without_each(chip, search)
    ]
    return dataclasses.replace(
        search,
        chosen_points=tuple(dataclasses.replace(point, index=index) for index, point in enumerate(asked)),
    )


def yields(results: Results, rows: Mapping[str, Row]) -> tuple[Yield, ...]:
    """The yield of every combination of a study with limits.

    Parameters
    ----------
    results
        Of the study.
    rows
        Key -> row of the points of `chips_without`, as far as they are evaluated: a chip that lacks one is
        pending.
    """
    search = _search(results.study)
    return tuple(
        _yield(results.study, combination, len(failing), [_culprit(search, chip, rows) for chip in chosen])
        for combination, failing, chosen in _failing(results)
    )


def _search(study: Study) -> Study:
    """A study of chosen points, none yet, that measures what the limits name."""
    return dataclasses.replace(
        study,
        name=SEARCH,
        axes=(),
        sampler="grid",
        points=0,
        objectives={},
        candidates=None,
        measures=tuple(study.limits.each),
        chosen_points=(),
    )


def _failing(results: Results) -> Iterator[tuple[Combination, list[Found], list[Found]]]:
    """The failing chips of every combination, and the first ones, which are examined."""
    examined = 0
    for combination in results.combinations:
        failing = [chip for chip in combination.chips if _broken(results.study, chip)]
        chosen = failing[: min(EXAMINED, MOST_EXAMINED - examined)]
        examined += len(chosen)
        yield combination, failing, chosen


def _without_each(chip: Found, search: Study) -> list[Point]:
    """A chip without each of its non-idealities; none of a chip without results."""
    if chip.row.failed:
        return []
    names = present(search.technology_at(chip.point.values, chip.point.chip))
    return [search.point_without(chip.point, name) for name in names]


def _yield(study: Study, combination: Combination, failing: int, culprits: list[Culprit | None]) -> Yield:
    chips = len(combination.chips)
    low, high = exact_interval(chips - failing, chips)
    return Yield(
        values=combination.values,
        chips=chips,
        good=chips - failing,
        low=low,
        high=high,
        culprits=tuple(one for one in culprits if one is not None),
        pending=culprits.count(None),
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


def _culprit(search: Study, chip: Found, rows: Mapping[str, Row]) -> Culprit | None:
    """What mends a failing chip; None where it has not been measured without each of its non-idealities."""
    best = _misses(search, chip.row.measured)
    name = ""
    for point in _without_each(chip, search):
        if point.key not in rows:
            return None
        row = rows[point.key]
        misses = _misses(search, row.measured)
        if not row.failed and misses < best:
            best = misses
            name = point.without
    return Culprit(chip=chip.point.chip, broken=_broken(search, chip), name=name, mended=best[0] == 0)


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
