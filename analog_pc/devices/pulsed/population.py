"""The devices of an array, each with its own parameters, drawn once from their kind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.steps import Constant, Exponential, Linear, Piecewise, Power, SoftBounds

CONSTANT, LINEAR, EXPONENTIAL, POWER, PIECEWISE = range(5)  # soft bounds are linear in their own bounds
FOREVER = np.iinfo(np.int64).max


class Cells(NamedTuple):
    """Per-device parameters, each [rows, columns].

    `up`, `down` are steps; `up_slope`, `down_slope` the slopes of a linear law, f = 1 -+ slope w, or the
    exponents of a power law; `limit` is the number of pulses after which a device no longer moves.
    """

    up: Floats
    down: Floats
    up_slope: Floats
    down_slope: Floats
    lower: Floats
    upper: Floats
    limit: Ints


class Rule(NamedTuple):
    """What all devices share, as the kernel takes it; `cycle`, `offset`, `growth` and `write` are noise.

    Numbers alone: a compiled function that is handed arrays counts references, once a device.
    """

    code: int
    summed: bool  # bursts are; see `analog_pc.devices.pulsed.summed`
    additive: bool
    cycle: float
    offset: float
    growth: float
    write: float
    coefficients: tuple[float, float, float, float, float, float]  # exponential: A+, A-, g+, g-, a, b


class Slow(NamedTuple):
    """Per-device values that pulses do not use, each [rows, columns]."""

    reference: Floats
    rate: Floats  # of decay, one over a lifetime
    nu: Floats
    reset: Floats
    stuck: Bools


def rule(spec: PulsedDevice) -> Rule:
    """The kernel's view of a kind of device."""
    codes = {Constant: CONSTANT, Exponential: EXPONENTIAL, Power: POWER, Piecewise: PIECEWISE}
    coefficients = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if isinstance(spec.law, Exponential):
        law = spec.law
        rates = (float(law.up_rate), float(law.down_rate), float(law.slope), float(law.offset))
        coefficients = (float(law.up), float(law.down), *rates)
    code = codes.get(type(spec.law), LINEAR)
    plain = code == CONSTANT or (code == LINEAR and (spec.additive or spec.cycle_noise == 0.0))
    return Rule(
        code=code,
        summed=plain and spec.noise_slope == 0.0,
        additive=spec.additive,
        cycle=float(spec.cycle_noise),
        offset=float(spec.noise_offset),
        growth=float(spec.noise_slope),
        write=float(spec.write_noise * spec.step),
        coefficients=coefficients,
    )


def table(spec: PulsedDevice) -> Floats:
    """Factors up and down, and where they stand, [3, nodes], of a piecewise law."""
    if isinstance(spec.law, Piecewise):
        return np.array([spec.law.up, spec.law.down, spec.law.places], dtype=np.float64)
    return np.zeros((3, 2))


def draw(spec: PulsedDevice, shape: tuple[int, int], rng: np.random.Generator) -> tuple[Cells, Slow]:
    """The devices of an array of that shape.  What is not spread is not drawn."""

    def spread(mean: float, sigma: float) -> Floats:
        return np.full(shape, float(mean)) if sigma == 0.0 else mean + sigma * rng.normal(size=shape)

    up, down = _steps(spec, spread)
    upper = spec.w_max * np.abs(spread(1.0, spec.w_max_spread))
    lower = spec.w_min * np.abs(spread(1.0, spec.w_min_spread))
    up_slope, down_slope = _slopes(spec, lower, upper, spread)
    limit = np.full(shape, FOREVER)
    if np.isfinite(spec.endurance):
        pulses = np.minimum(spec.endurance * np.exp(spread(0.0, spec.endurance_spread)), 2.0**62)
        limit = np.rint(pulses).astype(np.int64)
    reference = spread(spec.reference, spec.reference_spread)
    if spec.at_symmetry:
        reference += (up - down) / (up * up_slope + down * down_slope)
    rate = np.abs(spread(1.0, spec.lifetime_spread)) / spec.lifetime
    slow = [np.abs(spread(spec.drift, spec.drift_spread)), spread(spec.reset, spec.reset_spread)]
    stuck = np.zeros(shape, dtype=np.bool_)
    if spec.stuck > 0.0:
        stuck = rng.uniform(size=shape) < spec.stuck
        low, high = np.maximum(lower, -spec.stuck_range), np.minimum(upper, spec.stuck_range)
        value = low + (high - low) * rng.uniform(size=shape)
        lower, upper = np.where(stuck, value, lower), np.where(stuck, value, upper)
        limit[stuck] = 0
    cells = Cells(up, down, up_slope, down_slope, lower, upper, limit)
    return cells, Slow(reference, rate, slow[0], slow[1], stuck)


def ends_of(cells: Cells) -> tuple[float, float]:
    """The extreme bounds of the devices."""
    return float(cells.lower.min()), float(cells.upper.max())


def mortal(cells: Cells) -> bool:
    """Whether any device ever stops to move."""
    return bool((cells.limit < FOREVER).any())


def _steps(spec: PulsedDevice, spread) -> tuple[Floats, Floats]:  # type: ignore[no-untyped-def]
    asymmetry = spread(spec.up_down, spec.up_down_spread)
    if spec.lognormal:
        own = spec.step * np.exp(spread(0.0, spec.step_spread))
        return own * np.abs(1.0 + asymmetry), own * np.abs(1.0 - asymmetry)
    own = spread(1.0, spec.step_spread)
    return spec.step * np.abs(own + asymmetry), spec.step * np.abs(own - asymmetry)


def _slopes(spec: PulsedDevice, lower: Floats, upper: Floats, spread) -> tuple[Floats, Floats]:  # type: ignore[no-untyped-def]
    match spec.law:
        case Linear() as law:
            up, down = spread(law.up, law.up_spread), spread(law.down, law.down_spread)
            return np.abs(up) / spec.w_max, np.abs(down) / -spec.w_min
        case SoftBounds() as law:
            up, down = spread(1.0, law.up_spread), spread(1.0, law.down_spread)
            return np.abs(up) / upper, np.abs(down) / -lower
        case Power() as law:
            bias = spread(law.asymmetry, law.asymmetry_spread)
            own = spread(1.0, law.spread)
            return law.exponent * np.abs(own + bias), law.exponent * np.abs(own - bias)
        case _:
            return np.zeros_like(upper), np.zeros_like(upper)
