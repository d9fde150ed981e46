"""How prediction errors arise and travel back in a chain, where that is not W^T and f'.

::

    mu_l = W_l f(x_{l-1}) + b_l                eps_l = x_l - M_l mu_l
    dx_l/dt = -precision_l eps_l + gate_l * B_{l+1} precision_{l+1} eps_{l+1}

with feedback weights B_l [pre, post] in the transposed array in place of W_l^T, a constant gate in place of
f'(x_l), and mixing matrices M_l in place of 1.  With any of them this is no gradient flow: no energy falls,
and a rest may be unstable (`margins`).

Sources: Lillicrap et al., Nat. Commun. 7:13276 (2016) for B; Millidge et al., arXiv:2010.01047 for all three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput
from analog_pc.numeric import finite_number, numbers
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.parameters import check_seed

FEEDBACK_STREAM = 1  # of the random numbers of a seed; 0 is the network's own weights
MIXING_STREAM = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class ErrorPath:
    """Feedback weights, gate and mixing matrices of a chain of layers 0 ... L.

    Parameters
    ----------
    feedback
        What stands for W_1 ... W_L on the way back, each [post, pre] (the transpose of what the transposed
        array holds); W_1's is used by nobody, because the input is clamped.  None: W itself.
    gate
        Constant gate of the feedback, dimensionless; None: f'(x_l).
    mixing
        M_1 ... M_L, each [n_l, n_l]; None: all 1.
    """

    feedback: Sequence[ArrayLike] | None = None
    gate: float | None = None
    mixing: Sequence[ArrayLike] | None = None

    def __post_init__(self) -> None:
        if self.gate is not None:
            object.__setattr__(self, "gate", finite_number("error path: gate", self.gate))

    @property
    def is_transpose(self) -> bool:
        """Whether this is predictive coding's own path, the gradient of the energy."""
        return self.feedback is None and self.gate is None and self.mixing is None

    def feedback_of(self, network: PredictiveCodingNetwork) -> tuple[Floats, ...]:
        """[post, pre] of layers 1 ... L.

        Raises
        ------
        BadInput
            For feedback weights that do not fit the network.
        """
        if self.feedback is None:
            return network.W
        return _matrices("feedback", self.feedback, [w.shape for w in network.W])

    def mixing_of(self, network: PredictiveCodingNetwork) -> tuple[Floats, ...] | None:
        """M_l [n_l, n_l] of layers 1 ... L; None: all 1.

        Raises
        ------
        BadInput
            For matrices that do not fit the network.
        """
        if self.mixing is None:
            return None
        return _matrices("mixing", self.mixing, [(n, n) for n in network.sizes[1:]])

    def predictive(self, network: PredictiveCodingNetwork) -> PredictiveCodingNetwork:
        """The network of the predictions that errors are taken from: M_l W_l and M_l b_l."""
        mixing = self.mixing_of(network)
        if mixing is None:
            return network
        weights = [m @ w for m, w in zip(mixing, network.W, strict=True)]
        biases = [m @ b for m, b in zip(mixing, network.b, strict=True)]
        return network.with_parameters(weights, biases)


def random_feedback(
    network: PredictiveCodingNetwork, *, scale: float = 1.0, seed: int = 0
) -> tuple[Floats, ...]:
    """Random feedback weights of Xavier's size, independent of W: U(-g, g), g = scale sqrt(6 / (pre + post)).

    Parameters
    ----------
    network
        Its shapes are used.
    scale
        Factor on g, dimensionless, > 0.
    seed
        Of the feedback weights; independent of those of `random_network` with the same seed.

    Returns
    -------
    tuple
        [post, pre] of layers 1 ... L.

    Raises
    ------
    BadInput
        For a scale that is not finite and > 0, and a seed that is no whole number >= 0.
    """
    factor = finite_number("random feedback: scale", scale)
    check_seed(seed)
    rng = np.random.default_rng([seed, FEEDBACK_STREAM])
    return tuple(_xavier(w.shape, factor, rng) for w in network.W)


def random_mixing(
    network: PredictiveCodingNetwork, *, seed: int = 0, positive: bool = False
) -> tuple[Floats, ...]:
    """Random mixing matrices of Xavier's size for the hidden layers, 1 for the output.

    Parameters
    ----------
    network
        Its sizes are used.
    seed
        Of the matrices.
    positive
        Whether their symmetric parts are made positive definite, by the absolute values of its eigenvalues.

    Returns
    -------
    tuple
        M_1 ... M_L, each [n_l, n_l].

    Raises
    ------
    BadInput
        For a seed that is no whole number >= 0.
    """
    check_seed(seed)
    rng = np.random.default_rng([seed, MIXING_STREAM])
    hidden = [_xavier((n, n), 1.0, rng) for n in network.sizes[1:-1]]
    if positive:
        hidden = [_positive(m) for m in hidden]
    return (*hidden, np.eye(network.sizes[-1]))


def alignment(network: PredictiveCodingNetwork, feedback: Sequence[Floats]) -> Floats:
    """cos of the angle between feedback weights and weights, as vectors of all their entries, [L].

    1: the transpose.  Of a random matrix 0 +- 1 / sqrt(entries).
    """
    found = []
    for b, w in zip(feedback, network.W, strict=True):
        size = float(np.linalg.norm(b) * np.linalg.norm(w))
        found.append(float((b * w).sum()) / size if size > 0.0 else 0.0)
    return np.array(found)


def _xavier(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> Floats:
    limit = scale * math.sqrt(6.0 / sum(shape))
    return np.asarray(rng.uniform(-limit, limit, shape))


def _positive(matrix: Floats) -> Floats:
    """The matrix with the absolute values of the eigenvalues of its symmetric part."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return np.asarray(0.5 * (matrix - matrix.T) + (vectors * np.abs(values)) @ vectors.T)


def _matrices(what: str, found: Sequence[ArrayLike], shapes: Sequence[tuple[int, ...]]) -> tuple[Floats, ...]:
    if len(found) != len(shapes):
        raise BadInput(f"error path: {what} has {len(found)} matrices, the network has {len(shapes)} layers")
    matrices = tuple(numbers(one) for one in found)
    for layer, (one, shape) in enumerate(zip(matrices, shapes, strict=True), 1):
        if one.shape != shape:
            raise BadInput(f"error path: {what} of layer {layer} has shape {one.shape}, expected {shape}")
        if not np.isfinite(one).all():
            raise BadInput(f"error path: {what} of layer {layer} is not finite everywhere")
    return matrices
