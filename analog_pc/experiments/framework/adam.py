"""Adam, for what an experiment has learned before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork


@dataclass(eq=False)
class Adam:
    """Kingma and Ba, arXiv:1412.6980, on the weights alone.

    ::

        mean   = a mean   + (1 - a) d         d = -dE/dW
        square = b square + (1 - b) d^2
        dW = rate (mean / (1 - a^t)) / (sqrt(square / (1 - b^t)) + 1e-8)        at step t = 1, 2, ...
    """

    rate: float = 0.001
    fading: tuple[float, float] = (0.9, 0.999)
    steps: int = 0
    mean: list[Floats] = field(default_factory=list)
    square: list[Floats] = field(default_factory=list)

    def updated(
        self, network: PredictiveCodingNetwork, downhill: Sequence[Floats]
    ) -> PredictiveCodingNetwork:
        """The network one step on; `downhill` is -dE/dW per layer."""
        a, b = self.fading
        mean, square = (m or [np.zeros_like(d) for d in downhill] for m in (self.mean, self.square))
        self.steps += 1
        self.mean = [a * m + (1.0 - a) * d for m, d in zip(mean, downhill, strict=True)]
        self.square = [b * s + (1.0 - b) * d * d for s, d in zip(square, downhill, strict=True)]
        first = 1.0 - a**self.steps
        second = 1.0 - b**self.steps
        weights = [
            w + self.rate * (m / first) / (np.sqrt(s / second) + 1e-8)
            for w, m, s in zip(network.W, self.mean, self.square, strict=True)
        ]
        return network.with_parameters(weights, network.b)
