"""Cells of a value node: spring and capacitor, sensing of the prediction error, feedback gate."""

from __future__ import annotations

from analog_pc.arrays import ArrayLike
from analog_pc.circuit import (
    Amplifiers,
    Bus,
    Capacitors,
    Element,
    GatedTransconductors,
    Law,
    Resistors,
    StimulusSources,
    Transconductors,
    grounds,
)


def value_node(name: str, x: Bus, mu: Bus, conductance: float, farads: float) -> tuple[Element, ...]:
    """The capacitor holds the activity, the spring pulls it towards its prediction.

    ::

        x[i] --+--[ 1/g ]-- mu[i]        spring current g (x - mu): the prediction error,
               |                         weighted by the precision in g = precision g_s
              === C
               |
             ground
    """
    n = len(x)
    return (
        Resistors(f"{name}_spring", x, mu, 1.0 / conductance),
        Capacitors(f"{name}_cap", x, grounds(n), farads),
    )


def free_input_node(name: str, x: Bus, farads: float) -> tuple[Element, ...]:
    """A value node that nothing predicts: a capacitor alone, moved by the feedback of the layer above."""
    return (Capacitors(f"{name}_cap", x, grounds(len(x)), farads),)


def eps_sense(name: str, x: Bus, mu: Bus, eps: Bus) -> tuple[Element, ...]:
    """Difference amplifiers across the springs: V(eps) = V(x) - V(mu).

    ::

        x[i]  ---|+\\
                 | 1 >--- eps[i]
        mu[i] ---|-/
    """
    return (Amplifiers(f"{name}_sense", x, mu, eps, 1.0),)


def feedback_gate(
    name: str, control: Bus, back: Bus, x: Bus, siemens: ArrayLike, gate: Law | None
) -> tuple[Element, ...]:
    """Injects the feedback of the layer above, gated by the slope of the activation, into the value node.

    ::

        back[i] --->( g * gate(control) )--- current into x[i],   I = g f'(x) (W^T eps)

    g is the spring conductance of the layer above, so that its precision weighs the feedback too.
    ``gate=None`` stands for f' = 1 (identity).
    """
    if gate is None:
        return (Transconductors(f"{name}_gate", back, x, siemens),)
    return (GatedTransconductors(f"{name}_gate", control, back, x, siemens, gate),)


def clamp(name: str, nodes: Bus) -> tuple[Element, ...]:
    """Ideal sources that pin value nodes to stimuli of the same name.

    ::

        nodes[i] --( + )-- ground
    """
    return (StimulusSources(name, nodes, grounds(len(nodes))),)
