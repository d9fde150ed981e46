"""What a chip at given limits costs, and which fields have a price.

`cost.network_cost` gives the cost of one prediction: powers of the parts times settling time, which is
taken as the linear bound, ln(100) over the rate of the slowest mode.  Energies are bounds as it is.  Its
amplifiers are those of the technology at another bias current, as in `cost.part_sizing`::

    power = opamp_power GBW / GBW_0        slew rate = slew rate_0 GBW / GBW_0

The bandwidth is the smallest tried with which the whole circuit is damped (`search.search_bandwidth`), at the
values of all other fields; where all are damped, the loosest end of the search.  It is the only field with a
price of its own: to the cost model an amplifier of more gain, a wider wire, a better device or a smaller
spread cost nothing.  These fields change the energy indirectly: by the bandwidth that damping asks for, by
the settling time and by currents.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from analog_pc.cost import network_cost
from analog_pc.errors import AnalogPcError
from analog_pc.evaluation import Bench
from analog_pc.evaluation.costs import SAMPLES, TIME_LIMIT, straight
from analog_pc.study.specification.bounds import Bound, bound
from analog_pc.study.specification.search import SOURCE, search_bandwidth
from analog_pc.technology import Technology

BANDWIDTH = "opamp_gain_bandwidth"
PRICED = {BANDWIDTH: "power of every amplifier, at the P / GBW of the technology"}
PHASE = "predict"


@dataclass(frozen=True, kw_only=True)
class Price:
    """Cost of one prediction: J, s, mean W, m^2 of the whole chip; and the bandwidth of its amplifiers, Hz.

    Energy and power are None where the simulator finds no settling time or no operating point; `remark` says
    why.
    """

    energy: float | None
    latency: float | None
    power: float | None
    area: float | None
    bandwidth: float | None
    remark: str = ""


def price(bench: Bench, values: dict[str, float], *, sized: bool) -> Price:
    """The cost of a chip with some fields at given values, and all else as in the technology of the bench.

    Parameters
    ----------
    bench
        Network, stimuli, technology and chip.
    values
        Field -> value.
    sized
        Whether amplifiers have the smallest bandwidth tried that is damped; otherwise the technology's.
    """
    chip = at_values(bench.technology, values)
    bandwidth: float | None = None
    if sized:
        found = search_bandwidth(bench, chip)
        if found.kept is None:
            return no_price("no bandwidth tried damps its modes")
        bandwidth = found.kept.value
        chip = biased(chip, bandwidth)
    try:
        cost = network_cost(
            bench.network, straight(chip), bench.data.inputs[:SAMPLES], seed=bench.seeds[0], samples=SAMPLES,
            phases=(PHASE,), time_limit=TIME_LIMIT, transients=False,
        ).phases[PHASE]  # fmt: skip
    except (AnalogPcError, ArithmeticError, np.linalg.LinAlgError) as failure:
        return no_price(str(failure), bandwidth)
    if not math.isfinite(cost.energy):
        return no_price("does not settle", bandwidth)
    return Price(
        energy=cost.energy, latency=cost.latency, power=cost.power, area=cost.area, bandwidth=bandwidth
    )


def no_price(why: str, bandwidth: float | None = None) -> Price:
    """A chip without a cost, and why."""
    return Price(energy=None, latency=None, power=None, area=None, bandwidth=bandwidth, remark=why)


def at_values(technology: Technology, values: dict[str, float]) -> Technology:
    """The technology with these values."""
    found = technology
    for one in in_order([bound(name) for name in values]):
        found = one.field.apply(found, one.rounded(values[one.field.name]), SOURCE)
    return found


def in_order(bounds: list[Bound]) -> list[Bound]:
    """The range of conductances first: spreads may be scaled to it."""
    return sorted(bounds, key=lambda one: one.field.name != "on_off_ratio")


def biased(technology: Technology, bandwidth: float) -> Technology:
    """The technology with its amplifiers at another bias current; without a pole of its own, at its power."""
    own = technology.opamp_gain_bandwidth
    ratio = bandwidth / own if math.isfinite(own) else 1.0
    changed = bound(BANDWIDTH).field.apply(technology, bandwidth, SOURCE)
    return dataclasses.replace(
        changed,
        opamp_power=technology.opamp_power * ratio,
        opamp_slew_rate=technology.opamp_slew_rate * ratio,
    )
