"""Signal budget: the volts of every signal against what amplifiers add to it, and against their swing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler.compiled import CompiledNetwork
from analog_pc.mapping import ConductancePair
from analog_pc.pcn.state import Landscape
from analog_pc.technology import Technology, offset_spread


@dataclass(frozen=True, kw_only=True)
class StageBudget:
    """One array with its amplifiers: `stage` is "mu" (predictions of the layer) or "back" (feedback into it).

    Parameters
    ----------
    unit
        Volts of an activity of 1.
    rms, peak
        Of the signal at the outputs over samples and columns, V.
    noise_gain
        1 + R_f sum(G), rms and largest of the columns.
    offset
        Standard deviation at the output, V: an op-amp's offset (after auto-zero) times `noise_gain` rms.
    noise
        Of the op-amp's white noise at the output, V rms: en NG sqrt(pi/2 GBW/NG), NG rms; 0 without a pole.
    swing
        Largest linear output, V.
    """

    layer: int
    stage: str
    unit: float
    rms: float
    peak: float
    noise_gain: tuple[float, float]
    offset: float
    noise: float
    swing: float

    @property
    def signal_to_offset(self) -> float:
        """rms of the signal over the standard deviation of the offset."""
        return self.rms / self.offset if self.offset else np.inf

    @property
    def used(self) -> float:
        """The peak as a part of the swing."""
        return self.peak / self.swing

    def __str__(self) -> str:
        return (
            f"{self.stage}{self.layer}: {1e3 * self.unit:.3g} mV a unit, signal {1e3 * self.rms:.3g} mV rms, "
            f"peak {100.0 * self.used:.0f} % of {1e3 * self.swing:.3g} mV; noise gain up to "
            f"{self.noise_gain[1]:.3g}, offset {1e3 * self.offset:.3g} mV, noise {1e3 * self.noise:.2g} mV"
        )


def signal_budget(compiled: CompiledNetwork) -> tuple[StageBudget, ...]:
    """The budget of the predictions of layers 1 ... L and of the feedback into the free ones.

    The signals are taken from the forward state under the clamps.  While the input alone is clamped there is
    no feedback signal: the rows of the feedback then show offset and noise of its amplifiers alone.
    """
    landscape = Landscape(compiled.network, compiled.clamps)
    state = landscape.state(landscape.forward())
    design = compiled.design
    scales = compiled.scales
    net = compiled.network
    t = design.technology
    rows = [
        _stage(t, "mu", layer, scales.activity[layer], state.mu[layer], design.forward(layer))
        for layer in range(1, net.depth + 1)
    ]
    for layer in range(1, net.depth):
        if design.feeds_back(layer):
            back = state.feedback[layer] / net.precision_of(layer + 1)
            rows.append(_stage(t, "back", layer, scales.feedback[layer], back, design.transposed(layer + 1)))
    return tuple(rows)


def budget_text(rows: Sequence[StageBudget]) -> str:
    """One line a stage, the stage with the smallest signal over its offset marked."""
    signals = [row for row in rows if row.rms > 0.0]
    worst = min(signals, key=lambda row: row.signal_to_offset, default=None)
    mark = "   <- smallest signal over offset"
    return "\n".join(f"{row}{mark if row is worst and row.offset else ''}" for row in rows)


def _stage(
    t: Technology, stage: str, layer: int, unit: float, signal: Floats, pair: ConductancePair
) -> StageBudget:
    gains = pair.noise_gain()
    typical = float(np.sqrt(np.mean(gains**2)))
    band = t.opamp_gain_bandwidth / typical
    return StageBudget(
        layer=layer,
        stage=stage,
        unit=unit,
        rms=unit * float(np.sqrt(np.mean(signal**2))),
        peak=unit * float(np.abs(signal).max()),
        noise_gain=(typical, float(gains.max())),
        offset=typical * offset_spread(t),
        noise=t.opamp_noise * typical * float(np.sqrt(0.5 * np.pi * band)) if np.isfinite(band) else 0.0,
        swing=min(t.supply, t.opamp_saturation),
    )
