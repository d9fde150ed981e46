"""From a target to the conductance that a device ends up with.

::

    target --> nearest of n levels --> + N(0, sigma(G)) --> within g_min ... g_max --> stuck or open cells

The spread is what is left after the technology's own write-and-verify; a conductance cannot leave its range,
so the normal distribution is cut there (the device stops at its limits, it is not drawn again).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats, has_whole_value
from analog_pc.errors import BadInput, one_line

MOST_LEVELS = 2**31  # steps of less than a billionth of the range


@dataclass(frozen=True)
class Programming:
    """How devices are programmed; see `Technology` for the parameters (S; fractions of devices)."""

    g_min: float
    g_max: float
    levels: int = 0
    spread: tuple[tuple[float, float], ...] = ()
    stuck_on: float = 0.0
    stuck_off: float = 0.0
    open_cells: float = 0.0

    def __post_init__(self) -> None:
        levels = self.levels
        if not has_whole_value(levels) or not (levels == 0 or 2 <= levels <= MOST_LEVELS):
            said = one_line(str(levels), 40)
            raise BadInput(f"programming: levels = {said}, must be 0 (any) or 2 ... {MOST_LEVELS}")
        faults = (self.stuck_on, self.stuck_off, self.open_cells)
        if min(faults) < 0.0 or not sum(faults) <= 1.0:
            raise BadInput(
                f"programming: stuck_on, stuck_off, open_cells = {faults}, must be >= 0 and in all <= 1"
            )
        object.__setattr__(self, "spread", _pairs(self.spread))

    def sigma(self, conductance: Floats) -> Floats:
        """Standard deviation at a conductance, S; constant beyond the ends of the table."""
        if not self.spread:
            return np.zeros_like(conductance)
        table = np.array(self.spread)
        return np.asarray(np.interp(conductance, table[:, 0], table[:, 1]))


def _pairs(spread: object) -> tuple[tuple[float, float], ...]:
    """Pairs (G, sigma) of Python's numbers."""
    try:
        table = np.asarray(spread)
    except ValueError:  # rows of several lengths
        table = np.empty(0, dtype=np.object_)
    pairs = table.ndim == 2 and table.shape[1] == 2 and table.dtype.kind in "iuf"
    if pairs:
        table = table.astype(np.float64)
        rising = bool((np.diff(table[:, 0]) > 0.0).all())
        pairs = rising and bool((np.isfinite(table) & (table >= 0.0)).all())
    if not pairs and not (isinstance(spread, tuple | list) and len(spread) == 0):
        got = one_line(repr(spread), 60)
        raise BadInput(f"programming: spread = {got}, must be pairs (G, sigma) in S, >= 0, with rising G")
    return tuple((float(g), float(sigma)) for g, sigma in table)


def program(target: Floats, how: Programming, rng: np.random.Generator) -> Floats:
    """Conductances of devices that were asked for `target`, S, any shape; 0 where a cell is open.

    Spread and faults have random streams of their own, children of `rng`, from which nothing is drawn: a
    device that is spared a fault has the spread that it would have without any.

    Parameters
    ----------
    target
        Conductances asked for, S.
    how
        Levels, spread and faults.
    rng
        Parent of the random streams.
    """
    wanted = target
    if how.levels:
        step = (how.g_max - how.g_min) / (how.levels - 1)
        wanted = how.g_min + step * np.round((target - how.g_min) / step)
    spread, faults = rng.bit_generator.seed_seq.spawn(2)  # type: ignore[attr-defined]
    if how.spread:
        off = how.sigma(wanted) * np.random.default_rng(spread).normal(size=target.shape)
        wanted = np.clip(wanted + off, how.g_min, how.g_max)
    limits = np.cumsum([how.stuck_on, how.stuck_off, how.open_cells])
    if not limits[-1]:
        return np.array(wanted, dtype=np.float64)
    fate = np.random.default_rng(faults).uniform(size=target.shape)
    stuck = [how.g_max, how.g_min, 0.0]
    return np.asarray(np.select([fate < limit for limit in limits], stuck, wanted), dtype=np.float64)


def fluctuating(conductance: Floats, sigma: float, rng: np.random.Generator) -> Floats:
    """Every conductance off by a factor exp(sigma N(0, 1)), log-normal.

    Parameters
    ----------
    conductance
        S, any shape.
    sigma
        Of the logarithm.
    rng
        Draws the factors.
    """
    if not sigma:
        return conductance
    return np.asarray(conductance * np.exp(sigma * rng.normal(size=conductance.shape)))
