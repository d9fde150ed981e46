"""When ngspice's Newton iteration may stop at an operating point.

ngspice compares two iterates: every node voltage to ``reltol |V| + vntol``, and every current of a source
(and the value of a behavioural current source) to ``reltol |I| + abstol``.  A current through a conductance
G between nodes that are known to ``reltol V + vntol`` is known to G times that and no better; so that is
`abstol`, for the largest conductance and the largest voltage of the circuit::

    abstol = G (reltol V + vntol)

With a smaller one, currents that are nothing but rounded differences (an op-amp's stage at rest, a loaded
output) never settle.  Newton's iteration then goes on at the very solution until ngspice gives it up, and
what ngspice tries next (gmin and source stepping, a transient from its own start) may end at another solution
or not at all.  The node voltages alone decide how near the last iterate is; Newton's steps shrink
quadratically.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Circuit,
    Crossbar,
    Diodes,
    Element,
    MultiplyingVCCS,
    Resistors,
    Switches,
    VoltageSources,
)
from analog_pc.simulators.spice.amplifiers import STAGE
from analog_pc.simulators.spice.names import number

# The defaults (1e-3 relative) leave operating points wrong in the fourth digit; with these, linear circuits
# agree with dense algebra to 1e-9 and better (measured with ngspice 39).
RELTOL = 1e-9  # as in the options below
VOLTS = 1e-12  # V; vntol
VNTOL = "vntol=1e-12"
ITERATIONS = "itl1=500 itl2=500 itl4=100"
LEAST_CURRENT = 1e-18  # A; of a circuit without conductances
# ngspice puts a conductance in parallel with every junction, 1e-12 S if not told otherwise: 1 pA at 1 V, a
# thousandth of the leakage of a diode of 1 nA.  This one is below the rounding of any current here.
GMIN = " gmin=1e-20"
LEAST_SATURATION = 1e-28  # A; ngspice raises smaller saturation currents to this, its epsmin


def operating_point_options(circuit: Circuit, *volts: Mapping[str, ArrayLike]) -> str:
    """The ``.options`` line of an operating point.

    Parameters
    ----------
    volts
        What is known of the circuit's voltages, V: stimuli, the nodes of a guess.
    """
    least = max(LEAST_CURRENT, current_tolerance(circuit, _largest_volts(circuit, volts)))
    return f".options reltol=1e-9 {VNTOL} abstol={least:.1e} {ITERATIONS}{least_conductance(circuit)}"


def least_conductance(circuit: Circuit) -> str:
    """ngspice's limits on junctions (conductance in parallel, least saturation current), out of the way.

    "" for a circuit without diodes.
    """
    saturations = [np.min(e.saturation) for _, e in circuit.banks() if isinstance(e, Diodes) and e.anode]
    if not saturations:
        return ""
    least = float(min(saturations))
    return GMIN if least >= LEAST_SATURATION else f"{GMIN} epsmin={number(least)}"


def current_tolerance(circuit: Circuit, volts: float) -> float:
    """A; the current of the largest conductance when a voltage of up to `volts` moves by its tolerance."""
    siemens = max((_largest_conductance(element) for _, element in circuit.banks()), default=0.0)
    return siemens * (RELTOL * volts + VOLTS)


def _largest_volts(circuit: Circuit, guesses: tuple[Mapping[str, ArrayLike], ...]) -> float:
    sources = [np.asarray(e.volts) for _, e in circuit.banks() if isinstance(e, VoltageSources)]
    guessed = [np.asarray(v, dtype=np.float64) for volts in guesses for v in volts.values()]
    return max((float(np.abs(v).max(initial=0.0)) for v in (*sources, *guessed)), default=0.0)


def _largest_conductance(element: Element) -> float:
    """S; of one part of the bank."""
    match element:
        case Resistors():
            return _largest(1.0 / np.asarray(element.ohms))
        case Crossbar():
            return _largest_of_crossbar(element)
        case Amplifiers():
            output = 1.0 / element.output_ohms if element.output_ohms > 0.0 else 0.0
            return max(output, STAGE if element.has_pole else 0.0)
        case VCCS() | MultiplyingVCCS():
            return _largest(np.asarray(element.siemens))
        case Switches():
            return _largest(np.asarray(element.on))
        case _:
            return 0.0


def _largest_of_crossbar(element: Crossbar) -> float:
    devices = _largest(np.asarray(element.siemens))
    pieces = element.wire.word_line_ohms, element.wire.bit_line_ohms
    return max([devices, *(1.0 / ohms for ohms in pieces if ohms > 0.0)])


def _largest(siemens: Floats) -> float:
    return float(np.abs(siemens).max(initial=0.0))
