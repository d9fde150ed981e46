"""Learning rules: an update from a batch of samples as two local factors a layer.

Every rule gives ``dW_l = rate sum_s post_l[s] pre_l[s]^T`` and ``db_l = rate sum_s post_l[s]``: pre_l is
the activity f(x_{l-1}) on the word lines of layer l, post_l the weighted error of its post-synaptic nodes.  A
rule is a generator: it yields factors, a backend applies them to its weights, and the rule goes on with the
weights that are then read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, has_whole_value
from analog_pc.errors import BadInput
from analog_pc.pcn.clamps import make_clamps
from analog_pc.pcn.equilibrium import Equilibrium
from analog_pc.pcn.learning.named import made_from_text
from analog_pc.pcn.network import PredictiveCodingNetwork


@dataclass(frozen=True, eq=False)
class Update:
    """dW_l [post, pre] and db_l [post] for l = 1 ... L, summed over the samples."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]


class Factors(NamedTuple):
    """post_l [samples, post] and pre_l [samples, pre] of layers 1 ... L, and the energy per sample.

    `unsettled` samples have no equilibrium, teach nothing and are not among them.
    """

    post: tuple[Floats, ...]
    pre: tuple[Floats, ...]
    energy: float
    unsettled: int = 0

    def update(self, lr: float = 1.0) -> Update:
        """lr sum_s post_s pre_s^T and lr sum_s post_s.

        Summed over samples, as in Song et al. 2024 (energies are summed, not averaged).
        """
        post = self.post if lr == 1.0 else tuple(lr * one for one in self.post)
        return Update(
            tuple(_outer_products(one, pre) for one, pre in zip(post, self.pre, strict=True)),
            tuple(one.sum(axis=0) for one in post),
        )


class LearningWeights(Protocol):
    """The view of the learning weights that a rule has; it changes when factors are applied."""

    @property
    def network(self) -> PredictiveCodingNetwork:
        """The network with these weights."""
        ...

    @property
    def feedback(self) -> tuple[Floats, ...]:
        """[post, pre] of layers 1 ... L, what stands for the weights on the way back."""
        ...

    def relax(self, inputs: Floats, targets: Floats) -> Equilibrium:
        """The equilibrium between clamped inputs and targets."""
        ...


class LearningRule(Protocol):
    """A learning rule with its parameters (a frozen dataclass)."""

    @property
    def name(self) -> str: ...

    def updates(self, weights: LearningWeights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        """Factors to be applied, one after the other."""
        ...


@dataclass(frozen=True)
class PredictiveCoding:
    """Relax to the equilibrium, then update once: post_l = precision_l eps_l, pre_l = f(x_{l-1}).

    Source: Song et al., Nature Neuroscience 27:348 (2024).
    """

    name = "pc"

    def at(self, network: PredictiveCodingNetwork, equilibrium: Equilibrium) -> Factors:
        """Factors at an equilibrium, of all its samples: -dE/dW there.

        Both are local to the synapse: the current in the spring of its post-synaptic node, and the activity
        on its word line.
        """
        post = tuple(pi * eps for pi, eps in zip(network.pi, equilibrium.eps[1:], strict=True))
        return Factors(post, tuple(equilibrium.rates), _mean(equilibrium.energy))

    def updates(self, weights: LearningWeights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        equilibrium = weights.relax(inputs, targets)
        settled = equilibrium.relaxation.converged
        found = self.at(weights.network, equilibrium)
        if not settled.all():
            found = Factors(
                tuple(post[settled] for post in found.post),
                tuple(pre[settled] for pre in found.pre),
                _mean(equilibrium.energy[settled]),
                int((~settled).sum()),
            )
        yield found


@dataclass(frozen=True)
class IncrementalPredictiveCoding:
    """Activities and weights move together: `steps` times, from one and the same state,

    ::

        x <- x - gamma dE/dx,        W <- W - lr dE/dW

    without phases and without waiting for an equilibrium; x starts at the forward pass.  Source: Salvatori et
    al., ICLR 2024 (incremental EM).  One batch is `steps` updates.  The relaxation is Euler's, without
    parasitics, with the feedback of the weights.
    """

    steps: int = 16
    gamma: float = 0.1

    name = "ipc"

    def __post_init__(self) -> None:
        if not has_whole_value(self.steps) or self.steps < 1:
            raise BadInput(f"rule ipc: steps = {self.steps!r}, must be a whole number >= 1")
        if not (math.isfinite(self.gamma) and self.gamma > 0.0):
            raise BadInput(f"rule ipc: gamma = {self.gamma!r}, must be finite and > 0")

    def updates(self, weights: LearningWeights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        x = [*forward_pass(weights.network, inputs)[:-1], targets]
        for _ in range(self.steps):
            net = weights.network
            back = weights.feedback
            pre = _activities(net, x)
            eps = [x[k + 1] - pre[k] @ net.W[k].T - net.b[k] for k in range(net.depth)]
            post = [pi * e for pi, e in zip(net.pi, eps, strict=True)]
            energy = sum(0.5 * float((p * e).sum()) for p, e in zip(post, eps, strict=True))
            yield Factors(tuple(post), pre, energy / len(inputs))
            for k in range(1, net.depth):
                slope = net.activation_of(k).slope(x[k])
                x[k] = x[k] - self.gamma * (post[k - 1] - slope * (post[k] @ back[k]))


@dataclass(frozen=True)
class Backpropagation:
    """The reference: post_L = precision_L (target - output), post_l = f'(x_l) * W_{l+1}^T post_{l+1}.

    W^T is the feedback of the weights.  The energy is the loss 1/2 precision_L |target - output|^2.
    """

    name = "bp"

    def at(
        self, network: PredictiveCodingNetwork, feedback: Sequence[Floats], inputs: Floats, targets: Floats
    ) -> Factors:
        """Factors of a forward pass; `feedback` [post, pre] of layers 1 ... L are W, or stand for it."""
        x = forward_pass(network, inputs)
        error = targets - x[-1]
        top = network.pi[-1] * error
        loss = 0.5 * float((top * error).sum()) / len(inputs)
        # Nothing goes back into the input, whose slope is not needed.
        slopes = [inputs, *(network.activation_of(k).slope(x[k]) for k in range(1, network.depth))]
        return Factors(tuple(deltas(feedback, slopes, top)), _activities(network, x), loss)

    def updates(self, weights: LearningWeights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        yield self.at(weights.network, weights.feedback, inputs, targets)


LEARNING_RULES: Mapping[str, type[LearningRule]] = MappingProxyType(
    {"pc": PredictiveCoding, "ipc": IncrementalPredictiveCoding, "bp": Backpropagation}
)


def learning_rule(text: str) -> LearningRule:
    """The learning rule of that name, with its parameters: ``pc``, ``ipc:steps=16,gamma=0.1``.

    Raises
    ------
    BadInput
        For an unknown name or parameter, and for what the rule refuses.
    """
    return made_from_text("rule", text, LEARNING_RULES)


def hebbian_update(network: PredictiveCodingNetwork, equilibrium: Equilibrium, lr: float = 1.0) -> Update:
    """Predictive coding: ``dW_l = lr precision_l eps_l f(x_{l-1})^T``, ``db_l = lr precision_l eps_l``.

    This is -lr dE/dW at an equilibrium, summed over its samples.

    Parameters
    ----------
    network
        Its precisions.
    equilibrium
        eps_l and f(x_l) [samples, n_l], of the ideal network or decoded from a circuit.
    lr
        Learning rate.

    Returns
    -------
    Update
        dW_l [post, pre] and db_l [post].
    """
    return PredictiveCoding().at(network, equilibrium).update(lr)


def backprop_update(
    network: PredictiveCodingNetwork, inputs: ArrayLike, targets: ArrayLike, lr: float = 1.0
) -> Update:
    """-lr times the gradient of ``1/2 sum_s precision_L |y_s - t_s|^2``, y the forward output.

    Same summed loss and same sign as `hebbian_update`, so that one learning rate means one thing.

    Parameters
    ----------
    network
        What is trained.
    inputs, targets
        [samples, n_0] and [samples, n_L].
    lr
        Learning rate.

    Returns
    -------
    Update
        dW_l [post, pre] and db_l [post].

    Raises
    ------
    BadInput
        For inputs that do not fit the network.
    """
    clamped = make_clamps(network, inputs).values[0]
    wanted = np.asarray(targets, dtype=np.float64)
    return Backpropagation().at(network, network.W, clamped, wanted).update(lr)


def deltas(feedback: Sequence[Floats], slopes: Sequence[Floats], top: Floats) -> list[Floats]:
    """Backpropagated errors d_1 ... d_L with d_L = top and d_l = f'(x_l) * W_{l+1}^T d_{l+1}.

    Parameters
    ----------
    feedback
        W_1 ... W_L [post, pre], or what stands for them on the way back.
    slopes
        f'(x_l) of layers 0 ... L - 1, [samples, n_l]; the first is not used.
    top
        d_L [samples, n_L].
    """
    found = [top]
    for layer in range(len(feedback) - 1, 0, -1):
        found.insert(0, (found[0] @ feedback[layer]) * slopes[layer])
    return found


def forward_pass(network: PredictiveCodingNetwork, inputs: Floats) -> list[Floats]:
    """Activities x_0 ... x_L [samples, n_l] that a clamped input predicts, all others free."""
    x = [inputs]
    for k in range(network.depth):
        x.append(network.activation_of(k).f(x[k]) @ network.W[k].T + network.b[k])
    return x


def _activities(network: PredictiveCodingNetwork, x: Sequence[Floats]) -> tuple[Floats, ...]:
    """f(x_l) of layers 0 ... L - 1."""
    return tuple(network.activation_of(k).f(x[k]) for k in range(network.depth))


def _mean(energy: Floats) -> float:
    return float(energy.mean()) if energy.size else math.nan


def _outer_products(post: Floats, pre: Floats) -> Floats:
    """Outer products of each sample's factors, summed over the samples, [post, pre]."""
    if len(post) == 1:  # a product of matrices takes twice as long for one sample
        return post.T * pre
    return post.T @ pre
