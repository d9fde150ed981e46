"""Dense layers with their activations become a predictive coding network, or are refused by name.

A multilayer perceptron with one hidden activation and a linear output::

    h_1 = f(W_1 x + b_1)     h_l = f(W_l h_{l-1} + b_l)     y = W_L h_{L-1} + b_L

is a predictive coding network with the same matrices.  A value node holds the pre-activation x_l, the raw
input does not pass through f, and the forward state has ``x_l = mu_l = W_l f(x_{l-1}) + b_l``: h_l = f(x_l)
and x_L = y, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from analog_pc.activations import ACTIVATIONS
from analog_pc.errors import BadInput
from analog_pc.importers.layers import DenseLayer, LayerReport, report
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.network_file import save_network

# What other tools call an activation of ours.
ALIASES = {"logistic": "sigmoid", "linear": "identity", "none": "identity"}
# Output activations that a network leaves out, and what a user has to know about it.
_LOGITS = "the {} of the output is left out: outputs are logits, {}"
OUTPUTS = {
    "identity": "",
    "softmax": _LOGITS.format("softmax", "the largest one is the same"),
    "log_softmax": _LOGITS.format("log-softmax", "the largest one is the same"),
    "sigmoid": _LOGITS.format("sigmoid", "a threshold of 0.5 becomes one of 0"),
    "tanh": "the tanh of the output is left out: outputs are its arguments, of the same order and signs",
}
# Largest relative rounding of one operation in the types that models are stored in: 2^-(bits + 1).
ROUNDING = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}


@dataclass(frozen=True, eq=False, kw_only=True)
class Imported:
    """A network from another tool.

    Parameters
    ----------
    network
        Its forward state gives the model's (pre-)outputs.
    layers
        Figures of the weights, layers 1 ... L.
    remarks
        What was left out or decided, one line each.
    """

    network: PredictiveCodingNetwork
    layers: tuple[LayerReport, ...]
    remarks: tuple[str, ...] = ()

    def save(self, path: Path | str) -> None:
        """Write NET.npz, whole or not at all."""
        save_network(path, self.network)

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.network.sizes))
        return f"<Imported {sizes} {self.network.activation}, {len(self.remarks)} remarks>"


def assemble(
    layers: Sequence[DenseLayer], hidden: Sequence[str], output: str, remarks: Sequence[str] = ()
) -> Imported:
    """The network of dense layers 1 ... L.

    Parameters
    ----------
    layers
        In order from the input.
    hidden
        Activation after each layer 1 ... L-1.
    output
        Activation after layer L.

    Raises
    ------
    BadInput
        For layers that do not chain, different hidden activations, one that the package has not, or an output
        that cannot be left out.
    """
    if not layers:
        raise BadInput("holds no dense layer")
    _check_shapes(layers)
    said = [*remarks, *_output_remark(output), *_rounding_remark(layers)]
    network = PredictiveCodingNetwork(
        [layer.weights for layer in layers],
        [np.zeros(len(layer.weights)) if layer.bias is None else layer.bias for layer in layers],
        _one_activation(hidden),
    )
    return Imported(network=network, layers=tuple(map(report, layers)), remarks=tuple(said))


def _check_shapes(layers: Sequence[DenseLayer]) -> None:
    for layer in layers:
        if layer.bias is not None and layer.bias.shape != (len(layer.weights),):
            raise BadInput(
                f"{layer.name} has {len(layer.weights)} outputs, but {len(layer.bias)} biases belong to it"
            )
    for below, above in pairwise(layers):
        if above.weights.shape[1] != below.weights.shape[0]:
            raise BadInput(
                f"{above.name} takes {above.weights.shape[1]} inputs, but {below.name} before it has "
                f"{below.weights.shape[0]} outputs"
            )


def _one_activation(hidden: Sequence[str]) -> str:
    names = [canonical(name) for name in hidden]
    for layer, name in enumerate(names, 1):
        if name not in ACTIVATIONS:
            raise BadInput(
                f"hidden layer {layer} has the activation {name!r}, use one of {', '.join(ACTIVATIONS)}"
            )
        if name != names[0]:
            raise BadInput(
                f"hidden layer 1 has the activation {names[0]}, layer {layer} has {name}: a network has one "
                "for all its hidden layers"
            )
    return names[0] if names else "identity"


def _output_remark(output: str) -> tuple[str, ...]:
    name = canonical(output)
    if name not in OUTPUTS:
        raise BadInput(
            f"the output has the activation {name!r}: an output is linear, and only {', '.join(OUTPUTS)} can "
            "be left out"
        )
    return (OUTPUTS[name],) if OUTPUTS[name] else ()


def _rounding_remark(layers: Sequence[DenseLayer]) -> tuple[str, ...]:
    """Which round-off separates the model's own outputs from those of the network."""
    coarse = max((layer.dtype for layer in layers), key=lambda dtype: ROUNDING.get(dtype, 0.0))
    if coarse not in ROUNDING:
        return ()
    return (
        f"weights are {coarse} and taken exactly; a model that computes in {coarse} rounds every operation "
        f"by up to {ROUNDING[coarse]:.0e} of its result, the network here does not",
    )


def canonical(name: str) -> str:
    """Our name of an activation, which may be unknown."""
    lower = name.strip().lower()
    return ALIASES.get(lower, lower)
