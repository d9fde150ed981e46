"""The joint budget: what a chip costs where all fields are at the same share of their limits.

A larger share means worse parts: on the whole more accuracy is lost, and the chip is cheaper.  The shares
that the search tried and some around the one it found are evaluated, each with the smallest bandwidth that
damps it::

    candidate   share s tried by `joint.py`, or the share of its joint chip times a power of sqrt(2)
    loss        of chips, a verdict as in `trial.py`; the chance of a wrong one is shared among all shares
    cost        of a prediction, see `pricing.py`

On the front no other candidate loses less at no more energy.  The joint chip, which is handed on, has the
largest share, at most 1, that has a cost and up to which every share tried keeps the budget: a larger share
that keeps it too, beyond one that does not, is told and not taken.  The joint chip need not be the cheapest:
what the cost model does not price, such as a smaller spread, is free, and may save energy.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import partial
from typing import Any

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.cost import process_of
from analog_pc.errors import BadInput
from analog_pc.evaluation import Bench
from analog_pc.study.pareto import pareto
from analog_pc.study.specification.bounds import Bound, bound
from analog_pc.study.specification.joint import (
    PRICED_SHARES,
    Asked,
    Joint,
    Limits,
    Report,
    confirmed_joint,
    largest_kept,
    no_joint,
    no_report,
    try_share,
)
from analog_pc.study.specification.pricing import (
    BANDWIDTH,
    PRICED,
    Price,
    biased,
    no_price,
    price,
)
from analog_pc.study.specification.search import SOURCE
from analog_pc.study.specification.trial import Trial, Verdict
from analog_pc.technology import Source, Technology
from analog_pc.workers import worker_pool


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """All fields at a share of their limits: what is lost there, and what it costs."""

    share: float
    trial: Trial
    price: Price
    on_front: bool = False

    @property
    def keeps(self) -> bool:
        """Whether it has a cost and keeps the budget."""
        return self.trial.verdict is Verdict.KEPT and self.price.energy is not None


@dataclass(frozen=True, kw_only=True)
class FieldPrice:
    """What a field costs.

    Parameters
    ----------
    name
        Of the field.
    priced_by
        What the cost model takes for a better value; "" where it takes nothing.
    energy_ratio
        Energy of the joint chip with this field alone at its limit alone, the bandwidth sized anew, over that
        of the joint chip; None for the bandwidth itself, and where there is no cost.
    """

    name: str
    priced_by: str
    energy_ratio: float | None


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Cost against accuracy.

    Parameters
    ----------
    candidates
        Every share that was tried, ascending.
    chosen
        Index of the joint chip; None where no candidate that keeps the budget has a cost.
    fields
        What each field costs, in the order of the limits.
    message
        Why there are no costs; "" where there are.
    process
        Whose component values they come from.
    """

    candidates: tuple[Candidate, ...] = ()
    chosen: int | None = None
    fields: tuple[FieldPrice, ...] = ()
    message: str = ""
    process: str = ""

    def of(self, name: str) -> FieldPrice | None:
        """The price of a field; None where it was not looked at."""
        return next((one for one in self.fields if one.name == name), None)

    @property
    def joint(self) -> Candidate | None:
        """The chosen candidate."""
        return None if self.chosen is None else self.candidates[self.chosen]

    @property
    def strays(self) -> tuple[Candidate, ...]:
        """Shares that keep the budget beyond one that does not: the loss is not monotone."""
        beyond = itertools.dropwhile(lambda one: one.trial.verdict is Verdict.KEPT, self.candidates)
        return tuple(one for one in beyond if one.trial.verdict is Verdict.KEPT)

    @property
    def cheapest(self) -> Candidate | None:
        """The candidate of least energy that keeps the budget."""
        priced = [one for one in self.candidates if one.keeps]
        return min(priced, key=lambda one: one.price.energy or math.inf, default=None)


SHARE_COSTS = "costs of shares"  # steps of a specification
FIELD_COSTS = "costs of fields"
STEPS = tuple(range(-(PRICED_SHARES // 2), PRICED_SHARES // 2 + 1))  # powers of sqrt(2)
Job = Callable[[], Any]


def find_budget(
    bench: Bench,
    limits: Limits,
    joint: Joint,
    asked: Asked,
    workers: int,
    *,
    sized: bool,
    report: Report = no_report,
) -> tuple[Joint, Budget]:
    """Price the joint chip and shares around it.

    Parameters
    ----------
    bench
        Network, data and technology.
    limits
        Of each field alone; bandwidth is not among them.
    joint
        The share that the search found.
    asked
        Budget, seed and confidence.
    workers
        Processes beside each other; results do not depend on them.
    sized
        Whether bandwidth is specified too: each chip then has the smallest that was tried and damps it.
    report
        Is told of the candidates and fields that are done.

    Returns
    -------
    tuple of Joint, Budget
        The joint chip at the largest share with a cost up to which every share tried keeps the budget, with
        its bandwidth; without a technology where none damps it.
    """
    if joint.share is None:
        return joint, Budget(message="not even the smallest share keeps the budget: there is no joint chip")
    known = {trial.value: trial for trial in joint.trials}
    jobs = [
        partial(_candidate, bench, limits, share, known.get(share), asked, sized)
        for share in _shares(joint.share, known)
    ]
    candidates = _with_front(_all(jobs, workers, partial(report, SHARE_COSTS)))
    trials = [one.trial for one in candidates]
    most = largest_kept(one for one in trials if one.value <= 1.0)  # no field is worse than its limit alone
    if most is None:
        message = "the smallest share tried does not keep the budget: there is no joint chip"
        return no_joint(trials[::-1], asked.confidence), Budget(candidates=candidates, message=message)
    chosen = _largest(candidates, most)
    share = most if chosen is None else candidates[chosen].share
    if share != joint.share:
        joint = confirmed_joint(bench, limits, share, asked, joint.trials)
    own = next(one.price for one in candidates if one.share == share)
    if chosen is None:
        message = f"no share that keeps the budget has a cost: {own.remark}"
        if sized:
            joint = _with_bandwidth(joint, bench.technology, own.bandwidth)
        return joint, Budget(candidates=candidates, message=message)
    fields = [FieldPrice(name=BANDWIDTH, priced_by=PRICED[BANDWIDTH], energy_ratio=None)] if sized else []
    loosened = partial(_loosened, bench, joint.values, own, sized)
    alone = [partial(loosened, one, value) for one, value in limits]
    fields += _all(alone, workers, partial(report, FIELD_COSTS))
    if sized:
        joint = _with_bandwidth(joint, bench.technology, own.bandwidth)
    return joint, Budget(
        candidates=candidates,
        chosen=chosen,
        fields=tuple(fields),
        process=process_of(bench.technology).name,
    )


def _shares(found: float, searched: Collection[float]) -> list[float]:
    """The shares of the search, and those around the one it found, each once, ascending."""
    around = [found * math.sqrt(2.0) ** step for step in STEPS]
    shares = {found, *searched}
    return sorted([*shares, *(one for one in around if not any(math.isclose(one, s) for s in shares))])


def _all(jobs: Sequence[Job], workers: int, told: Callable[[int, int, str], None]) -> list[Any]:
    """The results of jobs, in their order; `told` is told how many are done, of how many."""
    told(0, len(jobs), "")
    results: list[Any] = []
    if workers == 1 or len(jobs) < 2:
        for job in jobs:
            results.append(job())
            told(len(results), len(jobs), "")
        return results
    with worker_pool(min(workers, len(jobs))) as pool:
        futures = [pool.submit(_alone, job) for job in jobs]
        for done, _ in enumerate(as_completed(futures), start=1):
            told(done, len(jobs), "")
        return [future.result() for future in futures]


def _alone(job: Job) -> Any:
    """A job on a worker: one thread of BLAS, as here."""
    with single_threaded_blas():
        return job()


def _candidate(
    bench: Bench, limits: Limits, share: float, known: Trial | None, asked: Asked, sized: bool
) -> Candidate:
    """A share with its loss, `known` where the search has tried it, and its cost.

    A chip that no technology can have has none.
    """
    trial = known or try_share(bench, limits, share, asked)
    if not trial.chips:
        return Candidate(share=share, trial=trial, price=no_price(trial.remark))
    values = {one.field.name: one.tightened(value, 1.0 / share) for one, value in limits}
    return Candidate(share=share, trial=trial, price=price(bench, values, sized=sized))


def _with_front(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Which candidates nothing beats in energy and loss; none without answers, whose energy is no cost."""
    costs = [
        [math.nan if one.price.energy is None or one.trial.unconverged else one.price.energy, one.trial.loss]
        for one in found
    ]
    on_front = pareto(costs)
    return tuple(
        dataclasses.replace(one, on_front=bool(best)) for one, best in zip(found, on_front, strict=True)
    )


def _largest(candidates: Sequence[Candidate], most: float) -> int | None:
    """The largest share up to `most` that keeps the budget and has a cost."""
    return max((k for k, one in enumerate(candidates) if one.keeps and one.share <= most), default=None)


def _loosened(
    bench: Bench, values: dict[str, float], joint: Price, sized: bool, one: Bound, value: float
) -> FieldPrice:
    """What the joint chip would cost with one field at its limit alone."""
    name = one.field.name
    ratio: float | None = None
    try:
        found = price(bench, values | {name: value}, sized=sized)
        if found.energy is not None and joint.energy is not None:
            ratio = found.energy / joint.energy
    except BadInput:  # no technology has these values together
        pass
    return FieldPrice(name=name, priced_by=PRICED.get(name, ""), energy_ratio=ratio)


def _with_bandwidth(joint: Joint, technology: Technology, bandwidth: float | None) -> Joint:
    """The joint chip with its amplifiers, at the power that they take; no chip where none damps its modes."""
    if bandwidth is None or joint.technology is None:
        return dataclasses.replace(joint, technology=None)
    own = biased(technology, bandwidth)
    chip = bound(BANDWIDTH).field.apply(joint.technology, bandwidth, SOURCE)
    sources = dict(chip.sources) | {
        "opamp_power": Source(f"{SOURCE}: at P / GBW of {technology.name}", False)
    }
    chip = dataclasses.replace(chip, opamp_power=own.opamp_power, sources=sources)
    return dataclasses.replace(joint, technology=chip, values=joint.values | {BANDWIDTH: bandwidth})
