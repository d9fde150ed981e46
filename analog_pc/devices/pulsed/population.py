"""The devices of an array, each with its own parameters, drawn once from their kind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.update_characteristics import (
    Constant,
    Exponential,
    Linear,
    Piecewise,
    Power,
    SoftBounds,
)

CONSTANT, LINEAR, EXPONENTIAL, POWER, PIECEWISE = range(5)  # soft bounds are linear in their own bounds
FOREVER = np.iinfo(np.int64).max


class Cells(NamedTuple):
    """Per-device parameters, each [rows, columns].

    `up`, `down` are steps; `up_slope`, `down_slope` the slopes of a linear characteristic, f = 1 -+ slope w,
    or the exponents of a power characteristic; `limit` is the number of pulses after which a device no longer
    moves.
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
    if isinstance(spec.characteristic, Exponential):
        curve = spec.characteristic
        rates = (float(curve.up_rate), float(curve.down_rate), float(curve.slope), float(curve.offset))
        coefficients = (float(curve.up), float(curve.down), *rates)
    code = codes.get(type(spec.characteristic), LINEAR)
    plain = code == CONSTANT or (code == LINEAR and (spec.additive or spec.step_c2c == 0.0))
    return Rule(
        code=code,
        summed=plain and spec.c2c_slope == 0.0,
        additive=spec.additive,
        cycle=float(spec.step_c2c),
        offset=float(spec.c2c_offset),
        growth=float(spec.c2c_slope),
        write=float(spec.write_noise * spec.step),
        coefficients=coefficients,
    )


def table(spec: PulsedDevice) -> Floats:
    """Factors up and down, and where they stand, [3, nodes], of a piecewise characteristic."""
    curve = spec.characteristic
    if isinstance(curve, Piecewise):
        return np.array([curve.up, curve.down, curve.places], dtype=np.float64)
    return np.zeros((3, 2))


def draw(spec: PulsedDevice, shape: tuple[int, int], rng: np.random.Generator) -> tuple[Cells, Slow]:
    """The devices of an array of that shape.  What is not spread is not drawn."""

    def spread(mean: float, sigma: float) -> Floats:
        return np.full(shape, float(mean)) if sigma == 0.0 else mean + sigma * rng.normal(size=shape)

    up, down = _steps(spec, spread)
    upper = spec.w_max * np.abs(spread(1.0, spec.w_max_d2d))
    lower = spec.w_min * np.abs(spread(1.0, spec.w_min_d2d))
    up_slope, down_slope = _slopes(spec, lower, upper, spread)
    limit = np.full(shape, FOREVER)
    if np.isfinite(spec.endurance):
        pulses = np.minimum(spec.endurance * np.exp(spread(0.0, spec.endurance_d2d)), 2.0**62)
        limit = np.rint(pulses).astype(np.int64)
    reference = spread(spec.reference, spec.reference_d2d)
    if spec.at_symmetry:
        reference += (up - down) / (up * up_slope + down * down_slope)
    rate = np.abs(spread(1.0, spec.lifetime_d2d)) / spec.lifetime
    slow = [np.abs(spread(spec.drift, spec.drift_d2d)), spread(spec.reset, spec.reset_d2d)]
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
    asymmetry = spread(spec.up_down, spec.up_down_d2d)
    if spec.lognormal:
        own = spec.step * np.exp(spread(0.0, spec.step_d2d))
        return own * np.abs(1.0 + asymmetry), own * np.abs(1.0 - asymmetry)
    own = spread(1.0, spec.step_d2d)
    return spec.step * np.abs(own + asymmetry), spec.step * np.abs(own - asymmetry)


def _slopes(spec: PulsedDevice, lower: Floats, upper: Floats, spread) -> tuple[Floats, Floats]:  # type: ignore[no-untyped-def]
    match spec.characteristic:
        case Linear() as curve:
            up = spread(curve.up, curve.up_d2d)
            down = spread(curve.down, curve.down_d2d)
            return np.abs(up) / spec.w_max, np.abs(down) / -spec.w_min
        case SoftBounds() as curve:
            up = spread(1.0, curve.up_d2d)
            down = spread(1.0, curve.down_d2d)
            return np.abs(up) / upper, np.abs(down) / -lower
        case Power() as curve:
            bias = spread(curve.asymmetry, curve.asymmetry_d2d)
            own = spread(1.0, curve.exponent_d2d)
            return curve.exponent * np.abs(own + bias), curve.exponent * np.abs(own - bias)
        case _:
            return np.zeros_like(upper), np.zeros_like(upper)
