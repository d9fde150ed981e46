"""A graph at given activities, for a batch of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats


@dataclass(eq=False, kw_only=True)
class GraphState:
    """Activities of a graph and their consequences; lists over populations, arrays [samples, size].

    A population that nothing predicts has mu, eps and `weighted` of [samples, 0].
    """

    x: list[Floats]
    kink_gate: list[Floats | None]  # gate of units that rest on a kink, NaN elsewhere; None where none can
    activation: list[Floats]  # f(x)
    gate: list[Floats]
    mu: list[Floats]
    eps: list[Floats]
    weighted: list[Floats]  # lambda = Pi eps
    carried: list[Floats]  # W f(x_source) of each projection, without its gain, [samples, post]
    factor: list[Floats]  # g of each projection, [samples, 1]
    feedback: list[Floats]  # h
    force: list[Floats]  # r: everything that pulls but gate h
    moving: list[Bools]  # neither clamped nor held on a kink
    gradient: list[Floats]  # -dx/dt
    energy: Floats

    @property
    def residual(self) -> Floats:
        """max |dE/dx| over the free activities, [samples]; 0 where none is free."""
        return np.asarray(np.max([np.abs(g).max(axis=1) for g in self.gradient], axis=0))


class Link(NamedTuple):
    """A projection by its number, indices of populations, and arrays."""

    number: int
    source: int
    target: int
    weight: Floats
    back: Floats
    gain: tuple[int, int] | None
    bias: Floats | float
