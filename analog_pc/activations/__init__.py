"""Activation functions: their mathematics, compiled code and SPICE text, once for every room.

A smooth one is one entry of `smooth.SMOOTH`, beside its compiled function; a piecewise-linear one is one line
of `piecewise_linear.PIECEWISE_LINEAR`.  Definitions: sigmoid 1/(1+e^-x); leaky_relu slope 0.01;
hard_sigmoid clip(x/6 + 1/2, 0, 1) (as in PyTorch and JAX).
"""

from __future__ import annotations

from analog_pc.activations.activation import Activation
from analog_pc.activations.piecewise_linear import PIECEWISE_LINEAR, PiecewiseLinear, piecewise_linear
from analog_pc.activations.smooth import IDENTITY, SIGMOID, SMOOTH, TANH, Smooth
from analog_pc.errors import BadInput

__all__ = [
    "ACTIVATIONS",
    "IDENTITY",
    "SIGMOID",
    "SMOOTH",
    "TANH",
    "Activation",
    "PiecewiseLinear",
    "Smooth",
    "activation",
    "piecewise_linear",
]

ACTIVATIONS: dict[str, Activation] = {f.name: f for f in (*SMOOTH, *PIECEWISE_LINEAR)}


def activation(name: str) -> Activation:
    """The activation of that name; `BadInput` lists the names."""
    try:
        return ACTIVATIONS[name]
    except (KeyError, TypeError):
        raise BadInput(f"unknown activation {name!r}: use one of {', '.join(ACTIVATIONS)}") from None
