"""Operating points of a chip's circuit, searched from where the closed form says that the chip rests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.arrays import Ints
from analog_pc.circuit import OperatingPoint
from analog_pc.compiler import CompiledNetwork
from analog_pc.pcn import Equilibrium
from analog_pc.relaxers import EffectiveRelaxer
from analog_pc.technology import Technology


def closed_form(compiled: CompiledNetwork, technology: Technology) -> Equilibrium:
    """The equilibrium of a compiled chip, its arrays as they were drawn, all else of `technology`."""
    relaxer = EffectiveRelaxer(technology, compiled.design.seed, volts_per_unit=compiled.scales)
    return relaxer.relax(compiled.network, clamps=compiled.clamps, arrays=compiled.design.arrays)


def started_at(
    compiled: CompiledNetwork, analysis: OperatingPoint, equilibrium: Equilibrium, samples: Ints
) -> OperatingPoint:
    """The analysis with Newton's iteration started at an equilibrium instead of the forward state.

    Wires and finite gains move the operating point of a wide array by a good part of full scale from the
    forward state of the ideal network: Newton's method from there may take minutes or fail.  The solution is
    found to the same tolerance from either start, on the circuit alone.

    Parameters
    ----------
    analysis
        Of `compiled.operating_point`.  One that steps from a preset or follows the relaxation has a start of
        its own and is returned as it is.
    equilibrium
        Of the same chip, in closed form.  Samples without one keep the start that they have.
    samples
        Which samples of the equilibrium the analysis is about, in its order.
    """
    if analysis.preset is not None or analysis.settling is not None:
        return analysis
    guess = dict(analysis.guess)
    for layer, nodes in enumerate(compiled.probes.activities):
        x = equilibrium.activities[layer][samples]
        drives = compiled.network.activation_of(layer).drive(x) if layer < compiled.network.depth else x
        unit = compiled.scales.activity[layer]
        for number, node in enumerate(nodes):
            for name, values in ((node, x), (f"layer{layer}.drive_act_{number}", drives)):
                if name in guess:
                    volts = unit * values[:, number]
                    guess[name] = np.where(np.isfinite(volts), volts, guess[name])
    return replace(analysis, guess=guess)
