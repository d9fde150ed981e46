"""What the columns of an experiment relax on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analog_pc.experiments.framework.result import RELAXERS
from analog_pc.relaxers import AutoZeroed, CircuitRelaxer, EffectiveRelaxer, IdealRelaxer, Relaxer
from analog_pc.simulators import Native, Ngspice
from analog_pc.technology import Technology

Circuits = Callable[[Technology, Sequence[str]], dict[str, Relaxer]]

LARGEST = 30.0  # activity; the first relaxations towards a target, with untrained weights, reach 10 to 15


def simulated(technology: Technology, columns: Sequence[str] = RELAXERS) -> dict[str, Relaxer]:
    """Every relaxation is a circuit that is compiled and simulated: for small networks."""
    return _made(technology, columns, lambda: CircuitRelaxer(Native(), technology))


def in_closed_form(
    technology: Technology, columns: Sequence[str] = RELAXERS, *, largest: float = LARGEST
) -> dict[str, Relaxer]:
    """`native` is the chip in closed form, a thousand times faster (see `EffectiveRelaxer`).

    Its volts for an activity of 1 leave room for one of `largest`; prediction errors are auto-zeroed.

    Parameters
    ----------
    technology
        What the chips are made of.
    columns
        Names of columns: "ideal", "native", "ngspice".
    largest
        Largest activity that the amplifiers have room for.

    Returns
    -------
    dict
        Column -> relaxer.
    """
    volts = min(technology.volts_per_unit, technology.supply / largest)
    return _made(technology, columns, lambda: AutoZeroed(EffectiveRelaxer(technology, volts_per_unit=volts)))


def _made(
    technology: Technology, columns: Sequence[str], native: Callable[[], Relaxer]
) -> dict[str, Relaxer]:
    makers: Mapping[str, Callable[[], Relaxer]] = {
        "ideal": IdealRelaxer,
        "native": native,
        "ngspice": lambda: CircuitRelaxer(Ngspice(), technology),
    }
    return {column: makers[column]() for column in columns}
