"""The devices of an array, each with its own parameters, drawn once from their kind."""

from __future__ import annotations

from collections.abc import Callable
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
Spread = Callable[[float, float], Floats]  # mean and standard deviation -> values [rows, columns]
FOREVER = np.iinfo(np.int64).max


class DeviceParameters(NamedTuple):
    """Per-device parameters, each [rows, columns].

    `up`, `down` are steps; `up_slope`, `down_slope` the slopes of a linear characteristic, f = 1 -+ slope w,
    or the exponents of a power characteristic; `endurance` is the number of pulses after which a device no
    longer moves.
    """

    up: Floats
    down: Floats
    up_slope: Floats
    down_slope: Floats
    lower: Floats
    upper: Floats
    endurance: Ints


class PulseModel(NamedTuple):
    """What all devices share, as the kernels take it; see the equation of a pulse in `kernels`.

    Numbers alone: a compiled function that is handed arrays counts references, once a device.
    """

    code: int
    burst: bool  # bursts are one sum
    additive: bool
    c2c: float
    c2c_offset: float
    c2c_slope: float
    write_noise: float
    coefficients: tuple[float, float, float, float, float, float]  # exponential: A+, A-, g+, g-, a, b


class Retention(NamedTuple):
    """Per-device values that pulses do not use, each [rows, columns]: where a device is read, and ages to."""

    reference: Floats
    decay_rate: Floats  # one over a lifetime
    drift_exponent: Floats
    reset: Floats
    stuck: Bools


def pulse_model(spec: PulsedDevice) -> PulseModel:
    """A kind of device as the kernels see it."""
    codes = {Constant: CONSTANT, Exponential: EXPONENTIAL, Power: POWER, Piecewise: PIECEWISE}
    coefficients = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if isinstance(spec.characteristic, Exponential):
        curve = spec.characteristic
        rates = (float(curve.up_rate), float(curve.down_rate), float(curve.slope), float(curve.offset))
        coefficients = (float(curve.up), float(curve.down), *rates)
    code = codes.get(type(spec.characteristic), LINEAR)
    plain = code == CONSTANT or (code == LINEAR and (spec.additive or spec.step_c2c == 0.0))
    return PulseModel(
        code=code,
        burst=plain and spec.c2c_slope == 0.0,
        additive=spec.additive,
        c2c=float(spec.step_c2c),
        c2c_offset=float(spec.c2c_offset),
        c2c_slope=float(spec.c2c_slope),
        write_noise=float(spec.write_noise * spec.step),
        coefficients=coefficients,
    )


def table(spec: PulsedDevice) -> Floats:
    """Factors up and down, and where they stand, [3, nodes], of a piecewise characteristic."""
    curve = spec.characteristic
    if isinstance(curve, Piecewise):
        return np.array([curve.up, curve.down, curve.places], dtype=np.float64)
    return np.zeros((3, 2))


def draw_devices(
    spec: PulsedDevice, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[DeviceParameters, Retention]:
    """The devices of an array of that shape.  What is not spread is not drawn."""

    def spread(mean: float, sigma: float) -> Floats:
        return np.full(shape, float(mean)) if sigma == 0.0 else mean + sigma * rng.normal(size=shape)

    up, down = _steps(spec, spread)
    upper = spec.w_max * np.abs(spread(1.0, spec.w_max_d2d))
    lower = spec.w_min * np.abs(spread(1.0, spec.w_min_d2d))
    up_slope, down_slope = _slopes(spec, lower, upper, spread)
    endurance = np.full(shape, FOREVER)
    if np.isfinite(spec.endurance):
        pulses = np.minimum(spec.endurance * np.exp(spread(0.0, spec.endurance_d2d)), 2.0**62)
        endurance = np.rint(pulses).astype(np.int64)
    reference = spread(spec.reference, spec.reference_d2d)
    if spec.at_symmetry:
        reference += (up - down) / (up * up_slope + down * down_slope)
    decay_rate = np.abs(spread(1.0, spec.lifetime_d2d)) / spec.lifetime
    drift = np.abs(spread(spec.drift, spec.drift_d2d))
    reset = spread(spec.reset, spec.reset_d2d)
    stuck = np.zeros(shape, dtype=np.bool_)
    if spec.stuck > 0.0:
        stuck = rng.uniform(size=shape) < spec.stuck
        low = np.maximum(lower, -spec.stuck_range)
        high = np.minimum(upper, spec.stuck_range)
        value = low + (high - low) * rng.uniform(size=shape)
        lower = np.where(stuck, value, lower)
        upper = np.where(stuck, value, upper)
        endurance[stuck] = 0
    parameters = DeviceParameters(up, down, up_slope, down_slope, lower, upper, endurance)
    return parameters, Retention(reference, decay_rate, drift, reset, stuck)


def _steps(spec: PulsedDevice, spread: Spread) -> tuple[Floats, Floats]:
    asymmetry = spread(spec.up_down, spec.up_down_d2d)
    if spec.lognormal:
        own = spec.step * np.exp(spread(0.0, spec.step_d2d))
        return own * np.abs(1.0 + asymmetry), own * np.abs(1.0 - asymmetry)
    own = spread(1.0, spec.step_d2d)
    return spec.step * np.abs(own + asymmetry), spec.step * np.abs(own - asymmetry)


def _slopes(spec: PulsedDevice, lower: Floats, upper: Floats, spread: Spread) -> tuple[Floats, Floats]:
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
