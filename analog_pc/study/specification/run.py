"""A specification: the limit of every field, confirmed on chips that did not find it, and all together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field

import numpy as np

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.errors import AnalogPcError, BadInput
from analog_pc.evaluation import Bench
from analog_pc.study.specification.bounds import BOUNDS, Bound, bound
from analog_pc.study.specification.budget import FIELD_COSTS, SHARE_COSTS, Budget, find_budget
from analog_pc.study.specification.joint import TOGETHER, Asked, Joint, Report, find_joint, no_report
from analog_pc.study.specification.search import CONFIRMING, SOURCE, Searched, search, seeds_of
from analog_pc.study.specification.trial import Trial, lost
from analog_pc.technology import Technology
from analog_pc.workers import worker_pool

CONFIDENCE = 0.95
ALONE = "fields, each alone"
STEPS = (ALONE, TOGETHER, SHARE_COSTS, FIELD_COSTS)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is asked for.

    Parameters
    ----------
    bench
        Network, data, and the technology whose scales and other values hold.
    budget
        Accuracy that may be lost against the ideal network on the same samples, a mean over chips.
    fields
        Names, see `bounds.BOUNDS`.
    seed
        Of all chips.
    confidence
        That all verdicts of a field are right, and that the intervals of all fields hold together.

    Raises
    ------
    BadInput
        For an unknown field, a budget that is none, a confidence outside 0.5 ... 1, or an ideal network
        that is at chance itself.
    """

    bench: Bench
    budget: float
    fields: tuple[str, ...] = tuple(BOUNDS)
    seed: int = 0
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        for name in self.fields:
            bound(name)
        if not self.fields or len(set(self.fields)) < len(self.fields):
            raise BadInput("specify: name each field once, and at least one")
        if not (math.isfinite(self.budget) and 0.0 < self.budget < 1.0):
            raise BadInput(f"specify: loss = {self.budget!r}, must be above 0 and below 1, such as 1%")
        if not 0.5 <= self.confidence < 1.0:
            raise BadInput(f"specify: confidence = {self.confidence!r}, must be from 0.5 to below 1")
        if self.bench.ideal_accuracy - self.budget <= self.bench.guess:
            raise BadInput(
                f"specify: the ideal network has {self.bench.ideal_accuracy:.3f} of these samples, guessing "
                f"{self.bench.guess:.3f}: a loss of {self.budget:g} leaves nothing to specify"
            )

    @property
    def asked(self) -> Asked:
        """What is asked of all fields together."""
        return Asked(budget=self.budget, seed=self.seed, confidence=self.confidence)


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """A limit on chips that did not find it.

    Parameters
    ----------
    accuracy
        Mean over the chips; unconverged samples count as wrong.
    low, high
        Student's t interval of it over chips on the same samples, within 0 ... 1; equal where all chips are
        the same.
    sample_low, sample_high
        What these chips may have on other samples of the same kind.
    chips
        How many.
    confidence
        Of each of the intervals: those of all fields hold together with the confidence of the target.
    """

    accuracy: float
    low: float
    high: float
    sample_low: float
    sample_high: float
    chips: int
    confidence: float


@dataclass(frozen=True, kw_only=True)
class FieldLimit:
    """How bad one field may be, alone.

    Parameters
    ----------
    bound
        The field and its direction.
    typical
        Value of the technology.
    searched
        Trials and limit; None where the search failed, `failed` says why.
    confirmed
        The limit on other chips; None without a limit.
    confidence
        That all verdicts of the search are right; None where no chance is in it: one chip stands for all.
    """

    bound: Bound
    typical: float
    searched: Searched | None
    confirmed: Confirmed | None = None
    confidence: float | None = None
    failed: str = ""

    @property
    def limit(self) -> float | None:
        """The worst value that keeps the budget; None where none was found."""
        return None if self.searched is None or self.searched.kept is None else self.searched.kept.value

    @property
    def beyond(self) -> Trial | None:
        """The best value that does not, or is not known to; None where there is none."""
        return None if self.searched is None else self.searched.beyond

    @property
    def bounded(self) -> bool:
        """Whether there is a limit and something beyond it; of bandwidth the smallest tried is one too."""
        return self.limit is not None and (self.beyond is not None or self.bound.by_modes)

    @property
    def met(self) -> bool | None:
        """Whether the technology keeps the limit; None without one."""
        return self.within(self.limit) if self.bounded and self.limit is not None else None

    def within(self, limit: float) -> bool:
        """Whether the technology's own value is no worse than a limit."""
        if self.bound.whole and not self.typical:  # levels: 0 stands for any
            return True
        return self.typical >= limit if self.bound.direction == "min" else self.typical <= limit


@dataclass(kw_only=True, eq=False)
class Specification:
    """What was found so far: fields in the order of the target, and all together."""

    target: Target
    limits: dict[str, FieldLimit] = field(default_factory=dict)
    joint: Joint | None = None
    costs: Budget | None = None
    seconds: float = 0.0
    done: bool = False

    @property
    def partial(self) -> bool:
        """Whether it was stopped."""
        return not self.done

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that no chip of all together has a value of: none tried keeps the budget, or it failed."""
        together = {} if self.joint is None else self.joint.values
        without = [one.bound.field.name for one in self.ordered if one.limit is None]
        return tuple(name for name in without if name not in together)

    @property
    def chip(self) -> Technology | None:
        """The technology of all together that is handed on."""
        return None if self.joint is None else self.joint.technology

    @property
    def kept(self) -> bool:
        """Whether every field has values that keep the budget, and a chip of all together does."""
        return not self.missing and (self.joint is None or self.joint.technology is not None)

    @property
    def exceeding(self) -> tuple[str, ...]:
        """Fields of which the technology's own value is worse than the limit, or than the joint limit."""
        together = {} if self.joint is None else self.joint.values
        return tuple(
            one.bound.field.name
            for one in self.ordered
            if one.met is False or not one.within(together.get(one.bound.field.name, one.typical))
        )

    @property
    def ordered(self) -> tuple[FieldLimit, ...]:
        """The limits in the order of the target."""
        return tuple(self.limits[name] for name in self.target.fields if name in self.limits)


Tell = Callable[[FieldLimit], None]


def specify(
    target: Target,
    found: Specification,
    *,
    workers: int = 1,
    tell: Tell,
    report: Report = no_report,
) -> None:
    """Find the limit of every field alone, then of all together, and what that costs.

    Parameters
    ----------
    target
        What is asked for.
    found
        Filled as limits are found: whoever interrupts it has what is there.
    workers
        Processes beside each other; results do not depend on them.
    tell
        Is told of each field that is done, in the order in which they end.
    report
        Is told of the pieces of every step, `STEPS`.
    """
    total = len(target.fields)
    with single_threaded_blas():
        report(ALONE, 0, total, "")
        for one in _each(target, workers):
            found.limits[one.bound.field.name] = one
            tell(one)
            report(ALONE, len(found.limits), total, "")
        bounded = [one for one in found.ordered if one.bounded and not one.bound.by_modes]
        limits = [(one.bound, float(one.limit or 0.0)) for one in bounded]
        joint = find_joint(target.bench, limits, target.asked, report)
        if joint is not None:
            sized = any(one.bound.by_modes for one in found.ordered)
            found.joint, found.costs = find_budget(
                target.bench, limits, joint, target.asked, workers, sized=sized, report=report
            )
    found.done = True


def _each(target: Target, workers: int) -> Iterator[FieldLimit]:
    if workers == 1 or len(target.fields) == 1:
        for name in target.fields:
            yield find_field(target, name)
        return
    with worker_pool(min(workers, len(target.fields))) as pool:
        for future in as_completed(
            [pool.submit(find_field, target, name) for name in _longest_first(target.fields)]
        ):
            yield future.result()


def _longest_first(names: Sequence[str]) -> list[str]:
    """Modes take longest, then chips that differ: begun last they would leave the other workers idle."""
    return sorted(names, key=lambda name: (not BOUNDS[name].by_modes, not BOUNDS[name].random))


def find_field(target: Target, name: str) -> FieldLimit:
    """The limit of one field alone, confirmed."""
    one = bound(name)
    typical = float(one.field.read(target.bench.technology))
    try:
        with single_threaded_blas():
            searched = search(target.bench, one, target.budget, target.seed, target.confidence)
            confirmed = None if searched.kept is None else _confirmed(target, one, searched.kept.value)
    except (AnalogPcError, ArithmeticError, np.linalg.LinAlgError) as failure:
        return FieldLimit(bound=one, typical=typical, searched=None, failed=str(failure))
    return FieldLimit(
        bound=one,
        typical=typical,
        searched=searched,
        confirmed=confirmed,
        confidence=target.confidence if one.random else None,
    )


def _confirmed(target: Target, one: Bound, value: float) -> Confirmed:
    """The limit on chips of its own; for a limit of damping the operating points, which it does not move."""
    bench = target.bench
    technology = one.field.apply(one.alone(bench.technology), one.rounded(value), SOURCE)
    found = lost(bench, technology, seeds_of(one, target.seed, "confirm", CONFIRMING))
    each = 1.0 - (1.0 - target.confidence) / len(target.fields)
    low, high = found.accuracy_interval(bench.ideal_accuracy, (1.0 - each) / 2.0)
    sample_low, sample_high = found.sample_interval(each)
    return Confirmed(
        accuracy=bench.ideal_accuracy - found.mean,
        low=low,
        high=high,
        sample_low=max(bench.ideal_accuracy - sample_high, 0.0),
        sample_high=min(bench.ideal_accuracy - sample_low, 1.0),
        chips=found.chips,
        confidence=each,
    )
