"""A resistive network: layers of nodes joined by conductances, with diodes, and no amplifier.

::

    +A x[j] ---G1[i, j]---+--- v1[i] ---G2[k, i]---+--- v2[k]  (output: no diode)
    -A x[j] ---G1[i, n+j]-+                        |
                          +--|<|-- ground          +---( I = b2[k] )
                          v1[i] >= 0 (excitatory), or <= 0 with the diode turned round (inhibitory)

Source: Kendall et al., arXiv 2006.01981 (2020); Scellier, "A fast algorithm to simulate nonlinear resistive
networks", ICML (2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, Ints, is_number
from analog_pc.errors import BadInput
from analog_pc.pcn.parameters import finite_array


@dataclass(frozen=True, eq=False)
class ResistiveNetwork:
    """Layers 0 (sources) to L (outputs); Kirchhoff's current law is the minimum of half the power.

    ``E(v) = 1/2 sum_l sum_ij G_l[i, j] (v_l[i] - v_{l-1}[j])^2 - sum_l b_l . v_l``, subject to v >= 0 in the
    first half of each hidden layer (the larger one of an odd size) and v <= 0 in the second half.  Layer 0 is
    held at ``(A x, -A x)``, x being the input and A the `gain`.  Units: one conductance, one voltage, and the
    current of the two.

    Parameters
    ----------
    conductances
        G_1 ... G_L, each [post, pre], >= 0; G_1 has two columns for each input, of +A x and of -A x.
    currents
        b_1 ... b_L, each [post]: current sources from ground into the nodes; None: none.
    gain
        A, dimensionless, > 0: passive averaging makes signals smaller from layer to layer.

    Raises
    ------
    BadInput
        For an empty or non-finite array, a negative conductance, shapes that do not chain, an odd number of
        columns of G_1, gain <= 0.

    Examples
    --------
    >>> from analog_pc.resistive import ResistiveNetwork
    >>> ResistiveNetwork([[[1.0, 0.0]], [[1.0]]])
    <ResistiveNetwork 1-1-1>
    """

    conductances: Sequence[ArrayLike]
    currents: Sequence[ArrayLike] | None = None
    gain: float = 1.0

    G: tuple[Floats, ...] = field(init=False, repr=False)
    b: tuple[Floats, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        conductances = tuple(finite_array(f"G{k}", g, 2) for k, g in enumerate(self.conductances, 1))
        if not conductances:
            raise BadInput("a resistive network needs at least one matrix of conductances, got none")
        if conductances[0].shape[1] % 2:
            columns = conductances[0].shape[1]
            raise BadInput(f"G1 has {columns} columns, expected two for each input: +A x and -A x")
        for k, g in enumerate(conductances, 1):
            if (g < 0.0).any():
                raise BadInput(f"G{k}: the least conductance is {float(g.min())!r}, must be >= 0")
            if k > 1 and g.shape[1] != len(conductances[k - 2]):
                raise BadInput(f"G{k} has shape {g.shape}, expected (any, {len(conductances[k - 2])})")
        if not (is_number(self.gain) and 0.0 < self.gain < np.inf):
            raise BadInput(f"gain = {self.gain!r}, must be a finite number > 0")
        object.__setattr__(self, "G", conductances)
        object.__setattr__(self, "b", self._checked_currents(conductances))

    def _checked_currents(self, conductances: tuple[Floats, ...]) -> tuple[Floats, ...]:
        if self.currents is None:
            return tuple(np.zeros(len(g)) for g in conductances)
        if len(self.currents) != len(conductances):
            raise BadInput(f"{len(self.currents)} vectors of currents for {len(conductances)} layers")
        currents = tuple(finite_array(f"b{k}", b, 1) for k, b in enumerate(self.currents, 1))
        for k, (b, g) in enumerate(zip(currents, conductances, strict=True), 1):
            if b.shape != (len(g),):
                raise BadInput(f"b{k} has shape {b.shape}, expected ({len(g)},) to go with G{k} {g.shape}")
        return currents

    def __repr__(self) -> str:
        return f"<ResistiveNetwork {'-'.join(map(str, self.sizes))}>"

    @property
    def depth(self) -> int:
        """L, the number of conductance matrices."""
        return len(self.G)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of inputs, and of nodes in layers 1 ... L."""
        return (self.G[0].shape[1] // 2, *(len(g) for g in self.G))

    @property
    def devices(self) -> int:
        """Number of programmable conductances."""
        return sum(g.size for g in self.G)

    def signs(self, layer: int) -> Ints:
        """What the diodes of a layer permit, [n]: +1 for v >= 0, -1 for v <= 0, 0 for any v (outputs)."""
        n = self.sizes[layer]
        if layer == self.depth:
            return np.zeros(n, dtype=np.int64)
        return np.where(np.arange(n) < (n + 1) // 2, 1, -1).astype(np.int64)

    def sources(self, inputs: ArrayLike) -> Floats:
        """Voltages of layer 0, (A x, -A x), [samples, 2 n_0].

        Raises
        ------
        BadInput
            For inputs that are not finite numbers [samples, n_0].
        """
        x = finite_array("inputs", inputs, 2)
        if x.shape[1] != self.sizes[0]:
            raise BadInput(f"inputs: shape {x.shape}, expected (samples, {self.sizes[0]})")
        return np.concatenate([self.gain * x, -self.gain * x], axis=1)

    def with_parameters(self, conductances: Sequence[Floats], currents: Sequence[Floats]) -> ResistiveNetwork:
        """The same network with other conductances and currents."""
        return ResistiveNetwork(conductances, currents, self.gain)


def random_resistive_network(
    sizes: Sequence[int], *, gain: float = 1.0, seed: int | np.random.Generator = 0
) -> ResistiveNetwork:
    """A network of random conductances, ``max(0, U(-1, 1)) / sqrt(pre)``: half of them are 0.

    Parameters
    ----------
    sizes
        Number of inputs, and of nodes in layers 1 ... L.
    gain
        A of the inputs.
    seed
        A whole number >= 0, or a generator.

    Returns
    -------
    ResistiveNetwork
        Without bias currents.  The same arguments give the same network.

    Raises
    ------
    BadInput
        For fewer than two layers or an empty one.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise BadInput(f"layers {tuple(sizes)}: give two or more sizes, each at least 1")
    rng = np.random.default_rng(seed)
    lines = [2 * sizes[0], *sizes[1:]]
    shapes = zip(lines[1:], lines[:-1], strict=True)
    conductances = [np.maximum(0.0, rng.uniform(-1.0, 1.0, (m, n))) / np.sqrt(n) for m, n in shapes]
    return ResistiveNetwork(conductances, None, gain)
