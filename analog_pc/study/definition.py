"""What a study is: networks, technologies and data, axes, sampler and measures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from analog_pc.arrays import is_whole
from analog_pc.errors import BadInput
from analog_pc.evaluation import Bench, TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.study import keys
from analog_pc.study.axes import NETWORK, PRECISION, TECHNOLOGY, Axis
from analog_pc.study.fields import BESIDE_OTHERS, check_beside_others
from analog_pc.study.fields import field as field_of
from analog_pc.study.limits import Limits
from analog_pc.study.measures import Measure, measure
from analog_pc.study.objectives import check_objectives
from analog_pc.study.point import Point, Values
from analog_pc.study.samplers import DRAWN, NSGA2, SAMPLERS, combinations
from analog_pc.study.seeds import chip_seed
from analog_pc.study.wafer import Die, Wafer
from analog_pc.technology import Technology
from analog_pc.technology.checks import nearest
from analog_pc.technology.non_idealities import without

OWN = "own"  # chips: each point has one of its own
MOST_CHIPS = 1_000_000
POPULATION = 20
LAST_SEED = 2**32 - 1
SOURCE = "an axis of a study"


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """Many chips, technologies and networks on the same samples.

    Parameters
    ----------
    networks, technologies
        Name -> candidate.  The first one is taken where there is no axis "network" or "technology".
    data
        Inputs and labels that every network takes.
    axes
        What is varied; no two of one name.
    sampler
        "grid": every combination, "list": first values, second values, ..., "sobol" or "latin-hypercube":
        `points` combinations drawn; "nsga2": `points` candidates searched for (`search.py`).
    measures
        Names, see `measures.MEASURES`.
    chips
        Chips for each combination, the same in all of them, numbered by their seeds from `seed` on; "own":
        one for each, drawn by the hash of what decides the point.
    seed
        Of the first chip, of the sampler and of own chips.
    limits
        What a chip has to keep, for the yield.
    objectives
        Column -> "min" or "max", two or more, with the sampler "nsga2"; of a candidate the mean over its
        chips counts.
    population
        Candidates of a generation of "nsga2".
    candidates
        Combinations that are evaluated instead of those of the sampler: a search fills them in.
    wafer
        Lots and dies that chips come from, in the order of their seeds; not of own chips.
    chosen_points
        Points that are evaluated instead of all: failing chips without a non-ideality (`yields.py`).

    Raises
    ------
    BadInput
        One line that names what is wrong.
    """

    networks: Mapping[str, PredictiveCodingNetwork]
    technologies: Mapping[str, Technology]
    data: TestData
    axes: tuple[Axis, ...] = ()
    sampler: str = "grid"
    points: int = 0
    measures: tuple[str, ...] = ("accuracy",)
    chips: int | str = 1
    seed: int = 0
    limits: Limits = field(default_factory=Limits)
    name: str = "study"
    wafer: Wafer | None = None
    objectives: Mapping[str, str] = field(default_factory=dict)
    population: int = POPULATION
    candidates: tuple[Values, ...] | None = None
    chosen_points: tuple[Point, ...] | None = None

    def __post_init__(self) -> None:
        names = [axis.name for axis in self.axes]
        for name in names:
            if names.count(name) > 1:
                raise BadInput(f"axis {name!r} is there {names.count(name)} times: name each once")
        self._check_candidates()
        if not self.measures:
            raise BadInput("study: has no measure")
        if not is_whole(self.seed) or not 0 <= self.seed <= LAST_SEED:
            raise BadInput(f"study: seed = {self.seed!r}, must be from 0 to {LAST_SEED}")
        if self.chips != OWN and not (is_whole(self.chips) and 1 <= self.chips <= MOST_CHIPS):
            raise BadInput(f'study: chips = {self.chips!r}, must be from 1 to {MOST_CHIPS}, or "{OWN}"')
        if self.chips != OWN and self.seed + int(self.chips) - 1 > LAST_SEED:
            raise BadInput(f"study: {self.chips} chips from seed {self.seed} on go beyond {LAST_SEED}")
        if self.wafer is not None and self.chips == OWN:
            raise BadInput(f'study: chips = "{OWN}" come from no wafer: give their number')
        self.limits.check(self.columns)
        combinations(self.sampler, self.axes, self.points)
        self._check_search()
        self._check_beside_others()
        for one in self.measured:
            for technology in self.technologies.values():
                one.check(technology)

    def _check_search(self) -> None:
        if self.sampler != NSGA2:
            if self.objectives:
                raise BadInput(f'objectives: are of the sampler "{NSGA2}", got {self.sampler!r}')
            return
        check_objectives(self.objectives, self.columns)
        if not is_whole(self.population) or not 2 <= self.population <= self.points:
            raise BadInput(
                f"sampler {NSGA2!r}: population = {self.population!r}, must be from 2 to {self.points}, "
                "the number of points"
            )

    def _check_candidates(self) -> None:
        if not self.networks or not self.technologies:
            raise BadInput("study: needs a network and a technology")
        first = next(iter(self.networks.values()))
        for name, network in self.networks.items():
            ends = (network.sizes[0], network.sizes[-1])
            if ends != (first.sizes[0], first.sizes[-1]):
                raise BadInput(
                    f"network {name!r}: takes {ends[0]} inputs and gives {ends[1]} outputs, the first one "
                    f"{first.sizes[0]} and {first.sizes[-1]}: all have to read the same data"
                )
        for axis in self.axes:
            known = {NETWORK: self.networks, TECHNOLOGY: self.technologies}.get(axis.name)
            for value in axis.values if known is not None else ():
                if value not in (known or {}):
                    raise BadInput(f"axis {axis.name!r}: unknown {value!r}{nearest(value, known or {})}")

    def _check_beside_others(self) -> None:
        """`BadInput` for a value that no technology can have beside fields that no axis changes."""
        varied = {axis.name for axis in self.axes}
        bases = list(self.technologies.values()) if TECHNOLOGY in varied else [self._base({})]
        for axis in self.axes:
            if axis.name in BESIDE_OTHERS and varied.isdisjoint(BESIDE_OTHERS[axis.name]):
                for value in axis.values or (axis.low, axis.high):
                    check_beside_others(axis.name, value, bases)

    @cached_property
    def measured(self) -> tuple[Measure, ...]:
        """The measures."""
        found = (measure(name) for name in self.measures)
        return tuple({one.name: one for one in found}.values())

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """Column -> SI unit of everything that is measured."""
        return {name: unit for one in self.measured for name, unit in one.columns.items()}

    def __len__(self) -> int:
        if self.chosen_points is not None:
            return len(self.chosen_points)
        return self._count * self.chips_each

    @property
    def _count(self) -> int:
        """How many combinations there are."""
        if self.candidates is not None:
            return len(self.candidates)
        return combinations(self.sampler, self.axes, self.points)

    @property
    def chips_each(self) -> int:
        """Chips of each combination."""
        return 1 if self.chips == OWN else int(self.chips)

    def combinations(self) -> Iterator[Values]:
        """Axis -> value of every combination, one after the other."""
        if self.candidates is not None:
            return iter(self.candidates)
        return SAMPLERS[self.sampler](self.axes, self._count, self.seed)

    def all_points(self) -> Iterator[Point]:
        """Every point, made when it is asked for; the chips of a combination follow each other."""
        if self.chosen_points is not None:
            yield from self.chosen_points
            return
        index = 0
        for values in self.combinations():
            for decided in self._chips(values):
                yield dataclasses.replace(decided, index=index)
                index += 1

    def _chips(self, values: Values) -> Iterator[Point]:
        """The points of a combination."""
        seeds: range | list[int] = range(self.seed, self.seed + self.chips_each)
        decided = self._decided(values, self.seed)
        if self.chips == OWN:
            seeds = [chip_seed(self.seed, decided)]
        for seed in seeds:
            if self.wafer is not None:
                decided = self._decided(values, seed)
            yield Point(index=0, values=values, chip=seed, key=keys.point_key(decided, seed, self._fixed))

    def point_without(self, point: Point, non_ideality: str) -> Point:
        """The chip of a point with one non-ideality switched off, under a key of its own."""
        decided = self._decided(point.values, point.chip, non_ideality)
        key = keys.point_key(decided, point.chip, self._fixed)
        return dataclasses.replace(point, key=key, without=non_ideality)

    def _decided(self, values: Values, chip: int, non_ideality: str = "") -> str:
        """Network and technology of a chip in words; where there is no such technology, the values."""
        try:
            technology = self.technology_at(values, chip, non_ideality)
        except BadInput:
            where = "" if self.wafer is None else f" at {self.die(chip)}"
            where += f" without {non_ideality}" if non_ideality else ""
            return f"refused {values!r} of {keys.of_technology(self._base(values))}{where}"
        precision = values.get(PRECISION)
        return f"{self._digests[self._network_name(values)]} {precision!r} {keys.of_technology(technology)}"

    @cached_property
    def _digests(self) -> Mapping[str, str]:
        return {name: keys.of_network(network) for name, network in self.networks.items()}

    @cached_property
    def _fixed(self) -> str:
        """What decides all points alike."""
        return f"{keys.of_data(self.data)} {sorted(one.name for one in self.measured)} {keys.versions()}"

    def _network_name(self, values: Values) -> str:
        return str(values.get(NETWORK, next(iter(self.networks))))

    def _base(self, values: Values) -> Technology:
        return self.technologies[values.get(TECHNOLOGY, next(iter(self.technologies)))]

    def network(self, values: Values) -> PredictiveCodingNetwork:
        """The network of a combination."""
        network = self.networks[self._network_name(values)]
        if PRECISION not in values:
            return network
        return PredictiveCodingNetwork(
            network.W,
            network.b if network.has_biases else None,
            network.activation,
            [values[PRECISION]] * network.depth,
            network.activate_input,
        )

    def technology(self, values: Values) -> Technology:
        """The technology of a combination; it keeps the name of its base, by which its process is found.

        Raises
        ------
        BadInput
            Where no technology can have these values together.
        """
        found = self._base(values)
        for name, value in values.items():
            if name not in (NETWORK, TECHNOLOGY, PRECISION):
                found = field_of(name).apply(found, value, SOURCE)
        return found

    def die(self, chip: int) -> Die | None:
        """The lot and place that a chip comes from; None without a wafer."""
        return None if self.wafer is None else self.wafer.die(chip - self.seed)

    def technology_at(self, values: Values, chip: int, non_ideality: str = "") -> Technology:
        """The technology of a combination as it is in a chip's lot and place.

        Parameters
        ----------
        values
            Of the axes.
        chip
            Its seed.
        non_ideality
            The one that is switched off; "" is none.

        Raises
        ------
        BadInput
            As `technology`.
        """
        found = self.technology(values)
        die = self.die(chip)
        if self.wafer is not None and die is not None:
            found = self.wafer.apply(found, die, self.seed)
        if non_ideality:
            found = dataclasses.replace(without(found, non_ideality), name=found.name)
        return found

    def bench(self, point: Point) -> Bench:
        """Network, technology and data of a point, and its chip; `BadInput` as `technology_at`."""
        technology = self.technology_at(point.values, point.chip, point.without)
        return Bench(self.network(point.values), technology, self.data, (point.chip,))

    @property
    def drawn(self) -> bool:
        """Whether the sampler draws the values of axes, so that no two points share one."""
        return self.sampler in DRAWN and not all(math.isnan(axis.low) for axis in self.axes)
