"""Cells of a value node: spring and capacitor, sensing of the prediction error, feedback gate."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells.components import ComponentSampler, spread_gain, unity
from analog_pc.circuit import (
    VCCS,
    Bus,
    Capacitors,
    Element,
    MultiplyingVCCS,
    Resistors,
    StimulusSources,
    TransferFunction,
    grounds,
)


def value_node(name: str, x: Bus, mu: Bus, conductance: float | Floats, farads: float) -> tuple[Element, ...]:
    """The capacitor holds the activity, the spring pulls it towards its prediction.

    ::

        x[i] --+--[ 1/g ]-- mu[i]        spring current g (x - mu): the prediction error,
               |                         weighted by the precision in g = precision g_s
              === C
               |
             ground

    Parameters
    ----------
    x, mu
        Value nodes and their predictions, [n].
    conductance, farads
        g in S, one for all or [n], and C in F of each node.
    """
    n = len(x)
    return (
        Resistors(f"{name}_spring", x, mu, 1.0 / conductance),
        Capacitors(f"{name}_cap", x, grounds(n), farads),
    )


def free_input_node(name: str, x: Bus, farads: float) -> tuple[Element, ...]:
    """A value node that nothing predicts: a capacitor alone, moved by the feedback of the layer above.

    Parameters
    ----------
    x
        Value nodes, [n].
    farads
        C of each node.
    """
    return (Capacitors(f"{name}_cap", x, grounds(len(x)), farads),)


def eps_sense(
    name: str, x: Bus, mu: Bus, eps: Bus, anti: Bus, sampler: ComponentSampler
) -> tuple[Element, ...]:
    """Difference amplifiers across the springs: V(eps) = V(x) - V(mu), and the opposite.

    ::

        x[i]  --+--|+\\                 mu[i] --+--|+\\
                |  | 1 >--- eps[i]             |  | 1 >--- anti[i]
        mu[i] -----|-/                 x[i]  -----|-/

    They also drive the word lines of the transposed crossbar, which needs both signs; without one (`anti`
    empty) the second amplifier is left out.

    Parameters
    ----------
    x, mu
        Value nodes and their predictions, [n].
    eps, anti
        Outputs, [n].
    sampler
        Technology and random draws of the chip.
    """
    sense = unity(f"{name}_sense", x, mu, eps, 2.0, sampler)
    return (sense, unity(f"{name}_anti", mu, x, anti, 2.0, sampler)) if anti else (sense,)


def feedback_gate(
    name: str,
    control: Bus,
    back: Bus,
    x: Bus,
    siemens: float,
    gate: TransferFunction | None,
    sampler: ComponentSampler,
) -> tuple[Element, ...]:
    """Injects the feedback of the layer above, gated by the slope of the activation, into the value node.

    ::

        back[i] --->( g * gate(control) )--- current into x[i],   I = g f'(x) (W^T eps)

    g is the spring conductance of the layer above, so that its precision weighs the feedback too.
    ``gate=None`` stands for f' = 1 (identity).

    Parameters
    ----------
    control
        Nodes that the gate is a function of, [n].
    back, x
        Nodes of W^T eps and value nodes, [n].
    siemens
        g.
    gate
        f' of the voltage of `control`.
    sampler
        Technology and random draws of the chip.
    """
    each = siemens * np.asarray(spread_gain(name, len(x), sampler))
    if gate is None:
        return (VCCS(f"{name}_gate", back, x, each),)
    return (MultiplyingVCCS(f"{name}_gate", control, back, x, each, gate),)


def clamp(name: str, nodes: Bus) -> tuple[Element, ...]:
    """Ideal sources that pin value nodes to stimuli of the same name.

    ::

        nodes[i] --( + )-- ground
    """
    return (StimulusSources(name, nodes, grounds(len(nodes))),)
