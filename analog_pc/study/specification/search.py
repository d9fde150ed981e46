"""The limit of one field: steps from the good end until it fails, then bisection in between."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

from analog_pc.cost.sizing import RULE, modes_at
from analog_pc.errors import AnalogPcError, BadInput
from analog_pc.evaluation import Bench
from analog_pc.si import si
from analog_pc.study.seeds import chip_seed
from analog_pc.study.specification.bounds import Bound
from analog_pc.study.specification.bounds import bound as bound_of
from analog_pc.study.specification.trial import LOOKS, Trial, Verdict, tried
from analog_pc.technology import Technology

STEP = 8.0  # from one value to the next, away from the good end
RESOLUTION = 1.2  # between the limit and the next value that is not known to keep the budget
MODES = 2  # samples whose modes are computed
SOURCE = "analog-pc specify"
MOST_CHIPS = LOOKS[-1]
CONFIRMING = 64  # chips of their own at a limit


@dataclass(frozen=True, kw_only=True)
class Searched:
    """The trials of a field, in the order of the values, and the limit.

    Parameters
    ----------
    kept
        The worst value that keeps the budget, and all better ones tried do (of bandwidth: those up to the
        technology's own, where a faster amplifier rings); None where none does.
    beyond
        The best value tried beyond it; None where all keep the budget.
    """

    kept: Trial | None
    beyond: Trial | None
    trials: tuple[Trial, ...]


def seeds_of(bound: Bound, seed: int, purpose: str, most: int) -> range:
    """Seeds of at most `most` chips: a limit is confirmed on chips that its search has not seen."""
    first = chip_seed(seed, f"{purpose} {bound.field.name}") % (2**32 - MOST_CHIPS)
    return range(first, first + (most if bound.random else 1))


def count_values(bound: Bound, technology: Technology) -> int:
    """How many values are tried at most: steps, and halvings of one."""
    good, bad = bound.ends(technology)
    steps = math.ceil(abs(math.log(bad / good)) / math.log(STEP)) + 1
    return steps + math.ceil(math.log2(math.log(STEP) / math.log(RESOLUTION)))


def search(bench: Bench, bound: Bound, budget: float, seed: int, confidence: float) -> Searched:
    """Find the limit of a field.

    Parameters
    ----------
    bench
        Network, data and the technology whose scales hold.
    bound
        What is looked for.
    budget
        Accuracy that may be lost.
    seed
        Of the chips.
    confidence
        That all verdicts of the field are right.
    """
    if bound.by_modes:
        return search_bandwidth(bench, bench.technology)
    alpha = (1.0 - confidence) / (len(LOOKS) * count_values(bound, bench.technology))
    seeds = seeds_of(bound, seed, "search", MOST_CHIPS)
    base = bound.alone(bench.technology)

    def attempt(value: float) -> Trial:
        try:
            technology = bound.field.apply(base, bound.rounded(value), SOURCE)
        except BadInput as refused:  # no technology can have it
            return refused_trial(value, str(refused))
        return tried(bench, technology, value, budget, seeds, alpha)

    return _bracketed(bound, bound.ends(bench.technology), attempt)


def search_bandwidth(bench: Bench, technology: Technology) -> Searched:
    """The smallest bandwidth with which a technology damps every mode of the bench's network.

    From the good end on; where a circuit with such fast amplifiers rings, from the technology's own bandwidth
    on: the damping need not grow with the bandwidth.
    """
    one = bound_of("opamp_gain_bandwidth")

    def attempt(value: float) -> Trial:
        return _damped(bench, technology, one, value)

    good, bad = one.ends(technology)
    found = _bracketed(one, (good, bad), attempt)
    own = technology.opamp_gain_bandwidth
    if found.kept is not None or math.isinf(own) or own == good:
        return found
    again = _bracketed(one, (own, min(bad, own)), attempt)
    beyond = found.beyond if again.kept is None else again.beyond
    trials = sorted((*found.trials, *again.trials), key=lambda trial: trial.value)
    return Searched(kept=again.kept, beyond=beyond, trials=tuple(trials))


def _bracketed(bound: Bound, ends: tuple[float, float], attempt: Callable[[float], Trial]) -> Searched:
    good, bad = ends
    found: dict[float, Trial] = {}
    kept: Trial | None = None
    beyond: Trial | None = None
    value = good
    while beyond is None:
        found[value] = attempt(value)
        if found[value].verdict is not Verdict.KEPT:
            beyond = found[value]
        else:
            kept = found[value]
            if value == bad:
                break
            value = _next(value, bad)
    while kept is not None and beyond is not None and _apart(bound, kept.value, beyond.value):
        middle = bound.rounded(math.sqrt(kept.value * beyond.value))
        found[middle] = attempt(middle)
        if found[middle].verdict is Verdict.KEPT:
            kept = found[middle]
        else:
            beyond = found[middle]
    trials = tuple(found[key] for key in sorted(found))
    return Searched(kept=kept, beyond=beyond, trials=trials)


def _next(value: float, bad: float) -> float:
    """A step towards the bad end, not beyond it."""
    return min(value * STEP, bad) if bad > value else max(value / STEP, bad)


def _apart(bound: Bound, kept: float, beyond: float) -> bool:
    """Whether there is a value in between that is worth a trial."""
    if bound.whole and abs(round(kept) - round(beyond)) < 2:
        return False
    return max(kept / beyond, beyond / kept) > RESOLUTION


def refused_trial(value: float, why: str) -> Trial:
    """A value that cannot be tried, and why."""
    nothing = math.nan
    return Trial(
        value=value, loss=nothing, low=nothing, high=nothing, chips=0, verdict=Verdict.EXCEEDED, remark=why
    )


def _damped(bench: Bench, technology: Technology, bound: Bound, value: float) -> Trial:
    """Whether every mode of the whole circuit is damped as the sizing rule asks for."""
    chip = dataclasses.replace(bound.field.apply(technology, value, SOURCE), opamp_slew_rate=math.inf)
    try:
        modes = modes_at(chip, bench.network, bench.data.inputs[:MODES], seed=bench.seeds[0])
    except AnalogPcError as failure:
        return refused_trial(value, str(failure))
    verdict = Verdict.KEPT if modes.damping >= RULE.damping else Verdict.EXCEEDED
    remark = f"least damping {modes.damping:.3g}, settles to 1 % in {si(modes.settling, 's')}"
    if modes.damping <= 0.0:
        remark = "a mode grows: unstable"
    return Trial(value=value, loss=0.0, low=0.0, high=0.0, chips=1, verdict=verdict, remark=remark)
