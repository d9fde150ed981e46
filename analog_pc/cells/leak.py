"""Leak of a value node to its prior."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import GROUND, Element, Resistors, VoltageSources, bus
from analog_pc.circuit.bus import Bus


def leak(name: str, x: Bus, siemens: Floats, prior: Floats) -> tuple[Element, ...]:
    """Conductances that pull value nodes to the voltages of their priors.

    ::

        x[i] ---[ 1/g ]--- prior[i] --( + )-- ground       current g (x - prior) out of the node;
                                                           a prior of 0 V is ground itself

    Beside a spring of g_s to mu, C dx/dt = g_s (mu - x) + g (prior - x).  Valid for a source of the prior
    without resistance; a real one adds its own to 1 / g.

    Parameters
    ----------
    x
        Value nodes, [n].
    siemens
        g [n]; a node of 0 S has no resistor.
    prior
        Volts, [n].
    """
    leaky = np.flatnonzero(siemens > 0.0)
    if not len(leaky):
        return ()
    raised = [int(i) for i in leaky if prior[i] != 0.0]
    nodes = dict(zip(raised, bus(f"{name}_prior", len(raised)), strict=True))
    ends = tuple(nodes.get(int(i), GROUND) for i in leaky)
    elements: tuple[Element, ...] = (
        Resistors(f"{name}_leak", tuple(x[i] for i in leaky), ends, 1.0 / siemens[leaky]),
    )
    if raised:
        grounded = (GROUND,) * len(raised)
        elements += (VoltageSources(f"{name}_prior", tuple(nodes.values()), grounded, prior[raised]),)
    return elements
