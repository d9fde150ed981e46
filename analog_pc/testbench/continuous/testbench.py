"""What a continuous trial is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps
from analog_pc.technology import Technology
from analog_pc.testbench.testbench import learning_parts


@dataclass(frozen=True, eq=False)
class ContinuousTestbench:
    """A network that learns one sample while it is shown.

    Parameters
    ----------
    network
        Before the trial; its activation is smooth.
    inputs, target
        [n_0] and [n_L].
    slowness
        tau_w / tau, >> 1.
    predict, learn, again
        Units of time tau = C / g_s: input alone, input and target, input alone.
    technology, seed
        A weight is a voltage like an activity, on a capacitor like an activity's; the seed is the chip.

    Raises
    ------
    BadInput
        For times or a slowness that are not positive, clamps of wrong shapes, an activation with kinks.
    """

    network: PredictiveCodingNetwork
    inputs: ArrayLike
    target: ArrayLike
    slowness: float = 100.0
    predict: float = 30.0
    learn: float = 1000.0
    again: float = 60.0
    technology: Technology = field(default_factory=learning_parts)
    switch_off: float = 1e-12
    clamp_on: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("slowness", "predict", "learn", "again"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise BadInput(f"continuous testbench: {name} = {value!r}, must be finite and > 0")
        kinked = [self.network.activation_of(k) for k in range(self.network.depth)]
        if any(f.kinks for f in kinked):
            raise BadInput(
                f"continuous testbench: {self.network.activation} has kinks, use a smooth activation"
            )
        for name in ("inputs", "target"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        make_clamps(self.network, self.shown, np.asarray(self.target)[np.newaxis])

    @property
    def shown(self) -> Floats:
        """The input as a batch of one."""
        return np.asarray(self.inputs)[np.newaxis]

    @property
    def volts(self) -> float:
        """V for an activity, or a weight, of 1."""
        return self.technology.volts_per_unit

    @property
    def tau(self) -> float:
        return self.technology.seconds_per_unit

    @property
    def weights(self) -> tuple[Floats, ...]:
        """Of each layer [post, pre (and the bias, last)]."""
        net = self.network
        if not net.has_biases:
            return net.W
        return tuple(np.column_stack([w, b]) for w, b in zip(net.W, net.b, strict=True))

    @property
    def duration(self) -> float:
        """Units of time."""
        return self.predict + self.learn + self.again
