"""Components of a cell, drawn from a technology: op-amps, and deviations of activation circuits."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import Amplifiers, Bus
from analog_pc.technology import Technology, offset_left, sampled_spread


@dataclass(frozen=True)
class ComponentSampler:
    """Draws the components of `place` (a layer, say) on the chip `seed`.

    Every bank draws from a stream of its own, named by chip, place and bank: switching one non-ideality off
    leaves the others as they were drawn.
    """

    technology: Technology
    seed: int = 0
    place: str = ""

    def stream(self, name: str) -> np.random.Generator:
        """The random stream of a bank."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.place}.{name}".encode())])

    def spread(self, name: str, n: int, sigma: float) -> Floats:
        """Normal deviations of a bank, [n]."""
        return np.asarray(sigma * self.stream(name).normal(size=n))


def offsets(name: str, n: int, noise_gain: float, sampler: ComponentSampler) -> Floats:
    """Offsets of op-amps times their noise gain, [n]; auto-zero leaves a part of them."""
    t = sampler.technology
    raw = sampler.spread(name, n, noise_gain * t.opamp_offset)
    if not t.auto_zeroed:
        return raw
    sampled = sampler.spread(f"{name}_auto_zero", n, noise_gain * sampled_spread(t))
    return np.asarray(offset_left(t) * raw + sampled)


def open_loop(name: str, plus: Bus, minus: Bus, out: Bus, sampler: ComponentSampler) -> Amplifiers:
    """Op-amps whose feedback network is drawn around them.

    ::

        plus[i]  ---|+\\
                    | A0 >--- out[i]
        minus[i] ---|-/

    Parameters
    ----------
    plus, minus, out
        Inputs and outputs, [n].
    sampler
        Technology and random draws of the chip.
    """
    t = sampler.technology
    return Amplifiers(
        name,
        plus,
        minus,
        out,
        t.opamp_gain,
        offset=offsets(name, len(out), 1.0, sampler),
        gain_bandwidth=t.opamp_gain_bandwidth,
        slew_rate=t.opamp_slew_rate,
        saturation=t.opamp_saturation,
        output_ohms=t.opamp_output_resistance,
        noise=t.opamp_noise,
        kind="opamp",
    )


def unity(
    name: str, plus: Bus, minus: Bus, out: Bus, noise_gain: float, sampler: ComponentSampler
) -> Amplifiers:
    """Op-amps in closed loop as one block of gain 1: buffer (noise gain 1), inverter or difference (2).

    ::

        plus[i]  ---|+\\                 dp/dt = 2 pi GBW ((d - p) / NG + offset - p / A0)
                    | 1 >--- out[i]      gain 1 / (1 + NG / A0), bandwidth GBW / NG, offset NG times its own
        minus[i] ---|-/

    The resistors around it are not drawn: its inputs load nothing, and it has the noise of the op-amp alone.
    The output resistance is the one at low frequency, r_o NG / (A0 + NG).

    Parameters
    ----------
    plus, minus, out
        Inputs and outputs, [n].
    noise_gain
        NG: 1 for a buffer, 2 for an inverter or a difference.
    sampler
        Technology and random draws of the chip.
    """
    t = sampler.technology
    a0 = t.opamp_gain
    return Amplifiers(
        name,
        plus,
        minus,
        out,
        a0 / (a0 + noise_gain),
        offset=offsets(name, len(out), noise_gain, sampler),
        gain_bandwidth=t.opamp_gain_bandwidth / noise_gain,
        slew_rate=t.opamp_slew_rate,
        saturation=t.opamp_saturation,
        output_ohms=t.opamp_output_resistance * noise_gain / (a0 + noise_gain),
        noise=noise_gain * t.opamp_noise,
        kind="buffer" if noise_gain == 1.0 else "difference",
    )


def spread_gain(name: str, n: int, sampler: ComponentSampler) -> ArrayLike:
    """Gains of activation circuits around 1, [n]."""
    return 1.0 + sampler.spread(f"{name}_gain", n, sampler.technology.activation_gain_spread)


def spread_offset(name: str, n: int, sampler: ComponentSampler) -> ArrayLike:
    """Input offsets of activation circuits around 0 V, [n]."""
    return sampler.spread(f"{name}_offset", n, sampler.technology.activation_offset_spread)
