"""A graph at given activities, for a batch of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.state import State


@dataclass(eq=False, kw_only=True)
class GraphState(State):
    """Activities of a graph and their consequences; lists over populations, arrays [samples, size].

    `gradient` is -dx/dt.  A population that nothing predicts has mu, eps and `weighted` of [samples, 0].
    """

    weighted: list[Floats]  # lambda = Pi eps
    carried: list[Floats]  # W f(x_source) of each projection, without its gain, [samples, post]
    factor: list[Floats]  # g of each projection, [samples, 1]
    moving: list[Bools]  # neither clamped nor held on a kink


class Link(NamedTuple):
    """A projection by its number, indices of populations, and arrays."""

    number: int
    source: int
    target: int
    weight: Floats
    back: Floats
    gain: tuple[int, int] | None
