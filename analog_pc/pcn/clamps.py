"""Clamps: which activities are held, and at what values.

*Predict* clamps the input, *learn* clamps input and target; any other set of nodes may be clamped too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Any, ArrayLike, Bools, Floats, Ints, Masked, is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.network import PredictiveCodingNetwork, check_network


@dataclass(frozen=True, eq=False)
class Clamps:
    """`free[l]` [n_l]: which activities move; `values[l]` [samples, n_l]: the others (0 where free).

    l runs over the layers of a chain, or over the populations of a graph.
    """

    free: tuple[Bools, ...]
    values: tuple[Floats, ...]

    @property
    def samples(self) -> int:
        return len(self.values[0])

    @property
    def input_is_clamped(self) -> bool:
        return not self.free[0].any()

    @property
    def beyond_input(self) -> bool:
        """Whether anything above the input is clamped, so that prediction errors may be non-zero."""
        return any(not free.all() for free in self.free[1:])

    @property
    def input_alone(self) -> Clamps:
        """The same input, and everything above it free."""
        free = (self.free[0], *(np.ones_like(f) for f in self.free[1:]))
        return Clamps(free, (self.values[0], *(np.zeros_like(v) for v in self.values[1:])))

    def sample(self, index: int) -> Clamps:
        """The clamps of one sample, still as a batch of one."""
        return self.some(np.array([index]))

    def some(self, samples: Ints) -> Clamps:
        """The clamps of some samples."""
        return Clamps(self.free, tuple(v[samples] for v in self.values))


ClampValues = Mapping[int, Masked] | Mapping[str, ArrayLike | Masked] | Clamps


def make_clamps(
    network: PredictiveCodingNetwork | PredictiveCodingGraph,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    clamps: ClampValues | None = None,
) -> Clamps:
    """Clamps of a batch.

    Parameters
    ----------
    network
        A chain, or a graph, whose populations are clamped by name.
    inputs, targets
        [samples, n_0] and [samples, n_L] of a chain; None leaves the layer free.
    clamps
        Layer, or name of a population -> numpy (masked) array [samples, n]; masked entries are free, and the
        same entries must be masked in every sample (a clamp is a source on a node, and the circuit is one).
        Or the `Clamps` of an earlier call, alone.

    Raises
    ------
    BadInput
        For wrong shapes, values that are not finite, no clamp at all, a layer clamped twice, clamps that are
        no mapping, and what is no network.
    """
    check_network(network)
    if isinstance(clamps, Clamps):
        if inputs is not None or targets is not None:
            raise BadInput("clamps given as Clamps already hold inputs and targets: give one or the other")
        if tuple(len(free) for free in clamps.free) != network.sizes:
            raise BadInput(
                f"clamps of layers {tuple(len(f) for f in clamps.free)} for a network {network.sizes}"
            )
        return clamps
    by_layer = {} if clamps is None else clamps
    if not isinstance(by_layer, Mapping):
        chain = isinstance(network, PredictiveCodingNetwork)
        keys, first = ("layers", 0) if chain else ("names of populations", network.names[0])
        kind = type(by_layer).__name__
        raise BadInput(f"clamps: must map {keys} to arrays, got a {kind}: give clamps={{{first!r}: X}}")
    clamped: dict[int, tuple[Bools, Floats]] = {}
    for layer, name, held in _named(network, inputs, targets, by_layer):
        if not is_whole(layer) or layer in clamped or layer not in range(len(network.sizes)):
            last = len(network.sizes) - 1
            raise BadInput(f"{name}: layers 0 ... {last} may be clamped, once each, by whole numbers")
        clamped[layer] = _batch(name, held, network.sizes[layer])
    counts = {layer: len(values) for layer, (_, values) in clamped.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise BadInput(
            f"clamps need one equal, non-zero number of samples for each layer, got {counts or 'no clamp'}"
        )
    samples = next(iter(counts.values()))
    every = [
        clamped.get(layer, (np.ones(size, dtype=np.bool_), np.zeros((samples, size))))
        for layer, size in enumerate(network.sizes)
    ]
    return Clamps(tuple(free for free, _ in every), tuple(values for _, values in every))


def _named(
    network: PredictiveCodingNetwork | PredictiveCodingGraph,
    inputs: ArrayLike | None,
    targets: ArrayLike | None,
    clamps: Mapping[Any, ArrayLike | Masked],
) -> Iterator[tuple[int, str, ArrayLike | Masked]]:
    """Layer or population, what messages call it, and its values."""
    if not isinstance(network, PredictiveCodingGraph):
        ends = ((0, "inputs", inputs), (network.depth, "targets", targets))
        yield from ((layer, name, values) for layer, name, values in ends if values is not None)
        yield from ((layer, f"clamps of layer {layer!r}", values) for layer, values in clamps.items())
        return
    if inputs is not None or targets is not None:
        raise BadInput("a graph has no inputs and targets: clamp its populations by name, clamps={...}")
    yield from ((network.index(str(name)), f"clamps of {name}", values) for name, values in clamps.items())


def _batch(name: str, values: ArrayLike | Masked, size: int) -> tuple[Bools, Floats]:
    """Which nodes [size] are left free, and the values of the others [samples, size]."""
    try:
        array = numbers(np.ma.filled(values, 0.0))
    except (TypeError, ValueError):
        raise BadInput(f"{name}: not an array of numbers") from None
    if array.ndim != 2 or array.shape[1] != size:
        raise BadInput(f"{name}: shape {array.shape}, expected (samples, {size})")
    bad = ~np.isfinite(array)
    if bad.any():
        where = [int(i) for i in np.argwhere(bad)[0]]
        raise BadInput(f"{name}{where} is {array[tuple(where)]}, every clamped value must be finite")
    if not np.ma.isMaskedArray(values) or not len(array):
        return np.zeros(size, dtype=np.bool_), array
    mask = np.ma.getmaskarray(values)
    if (mask != mask[0]).any():
        raise BadInput(f"{name}: every sample must clamp the same nodes")
    return mask[0].copy(), array
