"""How large a non-ideality may be: the size at which it alone costs a given accuracy."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analog_pc.errors import BadInput
from analog_pc.evaluation.bench import Bench, Tick
from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.nonideality.accuracy import within_budget
from analog_pc.technology import Source, Technology
from analog_pc.technology.non_idealities import NON_IDEALITIES, with_only

STEP = 4.0  # between the first sizes that are tried
STEPS = 5  # of them, up or down: a factor of 1024
CHIPS = 2  # that a size is tried on, where chips differ
HALVINGS = 2  # of the decade between good and bad that is left: its ends are then a factor sqrt(2) apart

# Power of the factor that a field is multiplied by; 1 where it is not named here.  Sampled noise goes as
# 1 / sqrt(C), so that an auto-zeroed offset shrinks as a whole.
_POWERS = {
    "opamp_gain": -1,
    "rectifier_gain": -1,
    "opamp_gain_bandwidth": -1,
    "opamp_slew_rate": -1,
    "opamp_saturation": -1,
    "auto_zero_capacitance": -2,
    "auto_zero_coupling": 0,
    "auto_zero_time": 0,
}


@dataclass(frozen=True)
class Trial:
    """A non-ideality alone at `factor` times its size: accuracy lost, a mean over chips."""

    factor: float
    lost: float


@dataclass(frozen=True)
class Limit:
    """How large a non-ideality may be.

    `factor` is the largest size tried, over the present size, at which it alone loses at most `BUDGET`, NaN
    where all sizes lose more; `fails` is the smallest size tried above it, infinite where none loses more.
    `trials` are all sizes tried, smallest first.
    """

    name: str
    factor: float
    fails: float
    trials: tuple[Trial, ...]

    @property
    def must_shrink(self) -> bool:
        """Whether it alone costs too much at its present size."""
        return not self.factor >= 1.0


def fields_of(technology: Technology, name: str) -> tuple[str, ...]:
    """The fields of a non-ideality that say something: none of auto-zero where that is off."""
    return tuple(
        field
        for field in NON_IDEALITIES[name]
        if technology.auto_zeroed or not field.startswith("auto_zero_")
    )


def resized(technology: Technology, name: str, factor: float) -> Technology:
    """The technology with one non-ideality `factor` times its size.

    Offsets, resistances, spreads, fractions and bends of devices are multiplied by the factor, gains,
    bandwidths and swings are divided by it; of `levels` the distance between two is multiplied.  The
    capacitors of auto-zeroed op-amps are divided by its square, so that their offset is multiplied by it.

    Raises
    ------
    BadInput
        Where a technology cannot have such a value, a fraction above 1, say.
    """
    values = {
        field: _resized(field, getattr(technology, field), factor) for field in fields_of(technology, name)
    }
    sources: dict[str, Source] = dict(technology.sources)
    for field, value in values.items():
        if value != getattr(technology, field):
            sources[field] = Source(f"{technology.name}, {name} times {factor:.3g}", False)
    return dataclasses.replace(technology, sources=sources, **values)


def _resized(field: str, value: Any, factor: float) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return tuple((conductance, factor * spread) for conductance, spread in value)
    if field == "levels":
        return max(2, round((value - 1) / factor) + 1) if value else 0
    return value * factor ** _POWERS.get(field, 1)


def find_limit(bench: Bench, row: NonIdeality, tick: Tick) -> Limit:
    """Steps of 4 away from the present size until the loss crosses the budget, then halvings in between.

    Two chips stand for all at each size, where chips differ; no interval is claimed for a limit.
    """
    trials = {1.0: row.lost}

    def good(factor: float) -> bool | None:
        """Whether a size keeps the budget; None for one that no technology can have, or no chip of it."""
        if factor not in trials:
            tick(f"{row.name}, {factor:.3g} x")
            try:
                technology = resized(with_only(bench.technology, row.name), row.name, factor)
                accuracy = bench.chips(technology, CHIPS)
            except BadInput:  # of a gate whose gain is drawn negative, say
                return None
            trials[factor] = bench.ideal_accuracy - accuracy.lowest
        return within_budget(trials[factor], bench.data.samples)

    kept, failed = _bracket(good)
    if math.isfinite(failed) and not math.isnan(kept):
        for _ in range(HALVINGS):
            middle = math.sqrt(kept * failed)
            if good(middle):
                kept = middle
            else:
                failed = middle
    sizes = tuple(Trial(factor, lost) for factor, lost in sorted(trials.items()))
    return Limit(row.name, kept, failed, sizes)


def _bracket(good: Callable[[float], bool | None]) -> tuple[float, float]:
    """The largest good and the smallest bad size among powers of `STEP`."""
    if good(1.0):
        kept = 1.0
        for _ in range(STEPS):
            answer = good(kept * STEP)
            if answer is None:
                return kept, math.inf
            if not answer:
                return kept, kept * STEP
            kept *= STEP
        return kept, math.inf
    failed = 1.0
    for _ in range(STEPS):
        if good(failed / STEP):
            return failed / STEP, failed
        failed /= STEP
    return math.nan, failed
