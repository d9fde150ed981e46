"""A predictive coding network: weights, biases, activation and precisions, no algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from analog_pc.activations import IDENTITY, Activation, activation
from analog_pc.arrays import ArrayLike, Floats, is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import check_truth, finite_number
from analog_pc.pcn.graph.graph import Population, PredictiveCodingGraph, Projection
from analog_pc.pcn.parameters import MOST_UNITS, check_precision, check_seed, finite_array


@dataclass(frozen=True, eq=False)
class PredictiveCodingNetwork:
    """A network of layers 0 (input) to L (output), each of which predicts the next one.

    ``mu_l = W_l f(x_{l-1}) + b_l`` and ``E = 1/2 sum_l precision_l |x_l - mu_l|^2``, l = 1 ... L.

    Parameters
    ----------
    weights
        W_1 ... W_L, each [post, pre]; ``weights[0]`` is W_1.
    biases
        b_1 ... b_L, each [post]; None: no biases.
    activation
        Name of f: "identity", "tanh", "sigmoid", "relu", "leaky_relu" or "hard_sigmoid".
    precision
        1 / Sigma_l of layers 1 ... L, one number each, > 0; None: 1.
    activate_input
        Whether the raw input passes through f too (False, as in Song et al. 2024).

    Raises
    ------
    BadInput
        For an empty or non-finite array, shapes that do not chain, an unknown activation, precision <= 0,
        an activate_input that is no boolean.

    Examples
    --------
    >>> from analog_pc import PredictiveCodingNetwork
    >>> network = PredictiveCodingNetwork([[[1.0]], [[1.0], [1.0]]], activation="identity")
    >>> network.sizes
    (1, 1, 2)
    """

    weights: Sequence[ArrayLike]
    biases: Sequence[ArrayLike] | None = None
    activation: str = "sigmoid"
    precision: ArrayLike | None = None
    activate_input: bool = False

    W: tuple[Floats, ...] = field(init=False, repr=False)
    b: tuple[Floats, ...] = field(init=False, repr=False)
    pi: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.weights, str) or not np.iterable(self.weights):
            raise BadInput(f"weights must be a sequence of matrices W1, W2, ..., got {self.weights!r}")
        weights = tuple(finite_array(f"W{k}", w, 2) for k, w in enumerate(self.weights, 1))
        if not weights:
            raise BadInput("a network needs at least one weight matrix, got none")
        for k in range(1, len(weights)):
            if weights[k].shape[1] != weights[k - 1].shape[0]:
                raise BadInput(
                    f"W{k + 1} has shape {weights[k].shape}, expected [post, pre] = "
                    f"(any, {weights[k - 1].shape[0]}) after W{k} {weights[k - 1].shape}"
                )
        set_ = object.__setattr__
        set_(self, "W", weights)
        set_(self, "b", self._checked_biases(weights))
        set_(self, "pi", self._checked_precision(len(weights)))
        activation(self.activation)
        check_truth("activate_input", self.activate_input)

    def _checked_biases(self, weights: tuple[Floats, ...]) -> tuple[Floats, ...]:
        if self.biases is None:
            return tuple(np.zeros(len(w)) for w in weights)
        if isinstance(self.biases, str) or not isinstance(self.biases, Sequence | np.ndarray):
            raise BadInput(f"biases must be a sequence of vectors b1, b2, ..., got {self.biases!r}")
        if len(self.biases) != len(weights):
            raise BadInput(f"{len(self.biases)} biases for {len(weights)} weight matrices")
        biases = tuple(finite_array(f"b{k}", b, 1) for k, b in enumerate(self.biases, 1))
        for k, (b, w) in enumerate(zip(biases, weights, strict=True), 1):
            if b.shape != (len(w),):
                raise BadInput(f"b{k} has shape {b.shape}, expected ({len(w)},) to go with W{k} {w.shape}")
        return biases

    def _checked_precision(self, layers: int) -> Floats:
        if self.precision is None:
            return np.ones(layers)
        pi = finite_array("precision", self.precision, 1)
        if pi.shape != (layers,):
            raise BadInput(f"precision has shape {pi.shape}, expected one number for each of {layers} layers")
        for layer, value in enumerate(pi.tolist(), 1):
            check_precision(f"precision of layer {layer}", value)
        return pi

    def __repr__(self) -> str:
        return f"<PredictiveCodingNetwork {'-'.join(map(str, self.sizes))} {self.activation}>"

    @property
    def depth(self) -> int:
        """L, the number of weight matrices; layers are 0 ... L."""
        return len(self.W)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of activities of layers 0 ... L."""
        return (self.W[0].shape[1], *(len(w) for w in self.W))

    @property
    def has_biases(self) -> bool:
        return any(b.any() for b in self.b)

    def activation_of(self, layer: int) -> Activation:
        """f of a layer as its next layer sees it; the raw input's is the identity by default."""
        if layer == 0 and not self.activate_input:
            return IDENTITY
        return activation(self.activation)

    def precision_of(self, layer: int) -> float:
        """1 / Sigma of a layer; 0 for layer 0, which nothing predicts."""
        return float(self.pi[layer - 1]) if layer else 0.0

    @cached_property
    def graph(self) -> PredictiveCodingGraph:
        """The chain as a graph of populations "0" ... "L" with a projection from each to the next."""
        populations = [
            Population(
                name=str(layer),
                size=size,
                activation=self.activation_of(layer).name,
                precision=self.precision_of(layer) if layer else 1.0,
            )
            for layer, size in enumerate(self.sizes)
        ]
        projections = [
            Projection(source=str(layer), target=str(layer + 1), weight=self.W[layer], bias=self.b[layer])
            for layer in range(self.depth)
        ]
        return PredictiveCodingGraph(populations, projections)

    def with_parameters(self, weights: Sequence[Floats], biases: Sequence[Floats]) -> PredictiveCodingNetwork:
        """The same network with other weights and biases."""
        return PredictiveCodingNetwork(weights, biases, self.activation, self.pi, self.activate_input)


def check_network(network: PredictiveCodingNetwork | PredictiveCodingGraph) -> None:
    """Refuse what is neither chain nor graph; the graph of a chain is not made for that.

    Raises
    ------
    BadInput
        Says what it is.
    """
    if not isinstance(network, PredictiveCodingNetwork | PredictiveCodingGraph):
        raise BadInput(
            f"network is {network!r:.60}, must be a PredictiveCodingNetwork or PredictiveCodingGraph"
        )


def as_graph(network: PredictiveCodingNetwork | PredictiveCodingGraph) -> PredictiveCodingGraph:
    """The graph that a function reads: `network.graph` of a chain.

    Raises
    ------
    BadInput
        For anything else.
    """
    check_network(network)
    return network.graph if isinstance(network, PredictiveCodingNetwork) else network


def forward_pass(network: PredictiveCodingNetwork, inputs: Floats) -> list[Floats]:
    """Activities x_0 ... x_L [samples, n_l] that a clamped input predicts, all others free."""
    x = [inputs]
    for k in range(network.depth):
        x.append(network.activation_of(k).f(x[k]) @ network.W[k].T + network.b[k])
    return x


def random_network(
    sizes: Sequence[int],
    activation: str = "sigmoid",
    *,
    seed: int | np.random.Generator = 0,
    biases: bool = True,
    gain: float = 1.0,
    precision: ArrayLike | None = None,
) -> PredictiveCodingNetwork:
    """A network of random weights (Xavier): W ~ U(-g, g) with g = gain sqrt(6 / (pre + post)).

    Parameters
    ----------
    sizes
        Activities of layers 0 ... L, at least two layers.
    activation
        Name of f, as for `PredictiveCodingNetwork`.
    seed
        Of the weights: a whole number >= 0, or a generator.
    biases
        Whether the network has biases; they start at 0.
    gain
        Factor on g, dimensionless.
    precision
        1 / Sigma_l of layers 1 ... L; None: 1.

    Returns
    -------
    PredictiveCodingNetwork
        The same sizes, options and seed give the same network.

    Raises
    ------
    BadInput
        For fewer than two layers, a size that is no whole number >= 1, a gain that is not finite and > 0, a
        seed that is no whole number >= 0, or what the network itself refuses.

    Examples
    --------
    >>> from analog_pc import random_network
    >>> random_network((4, 5, 3), "tanh", seed=1)
    <PredictiveCodingNetwork 4-5-3 tanh>
    """
    layers = tuple(sizes) if np.iterable(sizes) else (sizes,)
    if not all(map(is_whole, layers)):
        raise BadInput(f"layers {sizes!r}: give a whole number for each layer, such as (64, 32, 10)")
    if len(layers) < 2 or min(layers) < 1:
        raise BadInput(f"layers {layers}: give two or more sizes, each at least 1")
    if max(layers) > MOST_UNITS:
        raise BadInput(f"layers {layers}: a layer of {max(layers)} is more than a matrix can hold")
    factor = finite_number("gain", gain)
    check_truth("biases", biases)
    if not isinstance(seed, np.random.Generator):
        check_seed(seed)
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(map(int, layers)))
    limits = [factor * np.sqrt(6.0 / (pre + post)) for pre, post in pairs]
    weights = [rng.uniform(-g, g, (post, pre)) for g, (pre, post) in zip(limits, pairs, strict=True)]
    offsets = [np.zeros(post) for _, post in pairs] if biases else None
    return PredictiveCodingNetwork(weights, offsets, activation, precision)
