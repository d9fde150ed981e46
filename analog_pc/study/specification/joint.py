"""All limits together: how much tighter every field has to be where all of them are at work.

Each limit holds for a field alone.  Together, every field is given the same share of its limit: `share` s
means s times the largest allowed value, and 1 / s times the smallest.  The largest share that keeps the
budget is bisected, with the verdicts of `trial.py`, and confirmed on other chips.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
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
        Shares that were tried.
    accuracy, low, high
        On chips that did not find it: mean, and its t interval at the confidence of the target.
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


def find_joint(bench: Bench, limits: Limits, asked: Asked) -> Joint | None:
    """The largest share of the limits that keeps the budget; None where there is no limit.

    Parameters
    ----------
    bench
        Network, data and the technology whose scales hold.
    limits
        Of each field alone.
    asked
        As for a field.
    """
    if not limits:
        return None
    trials = [try_share(bench, limits, 1.0, asked)]
    while trials[-1].verdict is not Verdict.KEPT and trials[-1].value > SMALLEST:
        trials.append(try_share(bench, limits, trials[-1].value / STEP, asked))
    if trials[-1].verdict is not Verdict.KEPT:
        return _nothing(trials, asked.confidence)
    kept = trials[-1].value
    failed = kept * STEP if len(trials) > 1 else math.inf
    while math.isfinite(failed) and failed / kept > RESOLUTION:
        trials.append(try_share(bench, limits, math.sqrt(kept * failed), asked))
        if trials[-1].verdict is Verdict.KEPT:
            kept = trials[-1].value
        else:
            failed = trials[-1].value
    return confirmed_joint(bench, limits, kept, asked, tuple(trials))


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
    half = found.half_width((1.0 - asked.confidence) / 2.0)
    accuracy = bench.ideal_accuracy - found.mean
    good = int((found.each <= asked.budget + ROUNDING / bench.data.samples).sum())
    low, high = exact_interval(good, found.chips, asked.confidence)
    return Joint(
        share=share,
        values={b.field.name: b.tightened(value, 1.0 / share) for b, value in limits},
        technology=technology,
        trials=trials,
        accuracy=accuracy,
        low=accuracy - half,
        high=accuracy + half,
        chips=found.chips,
        good=good,
        yield_low=low,
        yield_high=high,
        confidence=asked.confidence,
    )


def _nothing(trials: Sequence[Trial], confidence: float) -> Joint:
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
