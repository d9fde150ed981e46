"""All limits together: how much tighter every field has to be where all of them are at work.

Each limit holds for a field alone.  Together, every field is given the same share of its limit: `share` s
means s times the largest allowed value, and 1 / s times the smallest.  A share that keeps the budget is
bisected, with the verdicts of `trial.py`, and confirmed on other chips.  The loss need not grow steadily with
the share (a rounded number of levels, say, may fit the weights better than a larger one), so what counts is
the largest share up to which *every* share tried keeps the budget (`largest_kept`): those of the search, and
those around it that `budget.py` prices.  It is 1 at most.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analog_pc.errors import BadInput
from analog_pc.evaluation import Bench
from analog_pc.nonideality.intervals import exact_interval
from analog_pc.study.seeds import chip_seed
from analog_pc.study.specification.bounds import Bound
from analog_pc.study.specification.search import RESOLUTION, SOURCE, refused_trial
from analog_pc.study.specification.trial import LOOKS, ROUNDING, Trial, Verdict, lost, tried
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import NON_IDEALITIES, without

STEP = 2.0
SMALLEST = 1.0 / 64.0  # share that is tried
CONFIRMING = 128  # chips of their own at the share
PRICED_SHARES = 7  # tried beside those of the search, by `budget.py`
SEED_ROOM = 2**32 - LOOKS[-1] - CONFIRMING

TOGETHER = "all together"  # step of a specification

Limits = Sequence[tuple[Bound, float]]


@dataclass(frozen=True, kw_only=True)
class Joint:
    """All fields together.

    Parameters
    ----------
    share
        Of its limit that each field is given; None where not even `SMALLEST` keeps the budget.
    values
        Field -> value at that share.
    technology
        The technology with these values, and nothing else that is not ideal; None where there is no such
        chip, or none whose modes are known to be damped.
    trials
        Shares that the search tried.
    accuracy, low, high
        On chips that did not find it: mean, and its interval at the confidence of the target, as
        `Loss.accuracy_interval` has it.
    chips, good
        Those chips, and how many of them lose no more than the budget; `yield_low`, `yield_high`: Clopper and
        Pearson's interval of their share.
    """

    share: float | None
    values: dict[str, float]
    technology: Technology | None
    trials: tuple[Trial, ...]
    accuracy: float
    low: float
    high: float
    chips: int
    good: int
    yield_low: float
    yield_high: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Accuracy that may be lost, seed of the chips, and the confidence of all verdicts together."""

    budget: float
    seed: int
    confidence: float


Report = Callable[[str, int, int, str], None]
"""report(step, done, total, text): so many of `total` pieces of a step are done (0: not known)."""


def no_report(step: str, done: int, total: int, text: str) -> None:
    """Nothing is told."""


def find_joint(bench: Bench, limits: Limits, asked: Asked, report: Report = no_report) -> Joint | None:
    """A share of the limits that keeps the budget, by bisection; None where there is no limit.

    Parameters
    ----------
    bench
        Network, data and the technology whose scales hold.
    limits
        Of each field alone.
    asked
        As for a field.
    report
        Is told of every share before it is tried.
    """
    if not limits:
        return None
    trials: list[Trial] = []

    def attempt(share: float) -> Trial:
        report(TOGETHER, len(trials), 0, f"share {100.0 * share:.0f} %")
        trials.append(try_share(bench, limits, share, asked))
        return trials[-1]

    attempt(1.0)
    while trials[-1].verdict is not Verdict.KEPT and trials[-1].value > SMALLEST:
        attempt(trials[-1].value / STEP)
    if trials[-1].verdict is not Verdict.KEPT:
        return no_joint(trials, asked.confidence)
    kept = trials[-1].value
    failed = kept * STEP if len(trials) > 1 else math.inf
    while math.isfinite(failed) and failed / kept > RESOLUTION:
        found = attempt(math.sqrt(kept * failed))
        if found.verdict is Verdict.KEPT:
            kept = found.value
        else:
            failed = found.value
    report(TOGETHER, len(trials), 0, f"share {100.0 * kept:.0f} %, {CONFIRMING} other chips")
    return confirmed_joint(bench, limits, kept, asked, tuple(trials))


def largest_kept(trials: Iterable[Trial]) -> float | None:
    """The largest share up to which every one tried keeps the budget; None where the smallest does not."""
    found: float | None = None
    for one in sorted(trials, key=lambda trial: trial.value):
        if one.verdict is not Verdict.KEPT:
            break
        found = one.value
    return found


def try_share(bench: Bench, limits: Limits, share: float, asked: Asked) -> Trial:
    """Whether a share of all limits keeps the budget; the same answer whenever it is asked."""
    values = (
        math.ceil(math.log(1.0 / SMALLEST, STEP))
        + 1
        + math.ceil(math.log2(math.log(STEP) / math.log(RESOLUTION)))
        + PRICED_SHARES
    )
    alpha = (1.0 - asked.confidence) / (len(LOOKS) * values)
    seeds = _seeds(asked.seed, "search", LOOKS[-1])
    try:
        chip = at_share(bench.technology, limits, share)
    except BadInput as refused:
        return refused_trial(share, str(refused))
    return tried(bench, chip, share, asked.budget, seeds, alpha)


def confirmed_joint(
    bench: Bench, limits: Limits, share: float, asked: Asked, trials: tuple[Trial, ...]
) -> Joint:
    """A share of all limits, on chips that did not find it."""
    technology = at_share(bench.technology, limits, share)
    found = lost(bench, technology, _seeds(asked.seed, "confirm", CONFIRMING))
    good = int((found.each <= asked.budget + ROUNDING / bench.data.samples).sum())
    yield_low, yield_high = exact_interval(good, found.chips, asked.confidence)
    low, high = found.accuracy_interval(bench.ideal_accuracy, (1.0 - asked.confidence) / 2.0)
    return Joint(
        share=share,
        values={b.field.name: b.tightened(value, 1.0 / share) for b, value in limits},
        technology=technology,
        trials=trials,
        accuracy=bench.ideal_accuracy - found.mean,
        low=low,
        high=high,
        chips=found.chips,
        good=good,
        yield_low=yield_low,
        yield_high=yield_high,
        confidence=asked.confidence,
    )


def no_joint(trials: Sequence[Trial], confidence: float) -> Joint:
    """No share keeps the budget."""
    unknown = math.nan
    return Joint(
        share=None, values={}, technology=None, trials=tuple(trials), accuracy=unknown, low=unknown,
        high=unknown, chips=0, good=0, yield_low=unknown, yield_high=unknown, confidence=confidence,
    )  # fmt: skip


def _seeds(seed: int, purpose: str, count: int) -> range:
    first = chip_seed(seed, f"joint {purpose}") % SEED_ROOM
    return range(first, first + count)


def at_share(technology: Technology, limits: Limits, share: float) -> Technology:
    """The technology with every field at a share of its limit, and no other non-ideality.

    `BadInput` where no technology can have these values together.
    """
    found = technology
    for name in NON_IDEALITIES:
        found = without(found, name)
    # The range of conductances first: spreads may be scaled to it.
    for bound, value in sorted(limits, key=lambda one: one[0].field.name != "on_off_ratio"):
        found = bound.field.apply(found, bound.tightened(value, 1.0 / share), SOURCE)
    source = f"{technology.name} with the limits of a specification, all of them together"
    return dataclasses.replace(found, name=f"{technology.name}-specified", source=source)
