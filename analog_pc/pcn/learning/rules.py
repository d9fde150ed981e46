"""Learning rules: an update from a batch of samples as two local factors a layer.

Every rule gives ``dW_l = rate sum_s post_l[s] pre_l[s]^T`` and ``db_l = rate sum_s post_l[s]``: pre_l is
the activity f(x_{l-1}) on the word lines of layer l, post_l the weighted error of its post-synaptic nodes.  A
rule is a generator: it yields factors, a backend applies them to its weights, and the rule goes on with the
weights that are then read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, has_whole_value
from analog_pc.errors import BadInput
from analog_pc.numeric import finite_number
from analog_pc.pcn.clamps import make_clamps
from analog_pc.pcn.equilibrium import Equilibrium, take
from analog_pc.pcn.feedback import ErrorPath, random_feedback, random_mixing
from analog_pc.pcn.learning.equilibrium_propagation import (
    CentredEquilibriumPropagation,
    NegativeEquilibriumPropagation,
    PositiveEquilibriumPropagation,
)
from analog_pc.pcn.learning.from_text import made_from_text
from analog_pc.pcn.learning.protocol import (
    Factors,
    LearningRule,
    LearningWeights,
    Update,
    deltas,
)
from analog_pc.pcn.network import PredictiveCodingNetwork, forward_pass
from analog_pc.pcn.parameters import check_kind


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
        unsettled = int((~settled).sum())
        found = self.at(weights.network, take(equilibrium, settled) if unsettled else equilibrium)
        yield found._replace(unsettled=unsettled)


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
        if not has_whole_value(self.steps) or not 1 <= self.steps <= MOST_STEPS:
            raise BadInput(f"rule ipc: steps = {self.steps!r}, must be a whole number from 1 to {MOST_STEPS}")
        set_ = object.__setattr__
        set_(self, "steps", int(self.steps))
        set_(self, "gamma", finite_number("rule ipc: gamma", self.gamma))

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


@dataclass(frozen=True)
class FeedbackAlignment(Backpropagation):
    """Backpropagation with random feedback weights, which stay as they are.

    ``post_l = f'(x_l) * B_{l+1} post_{l+1}``, B of `scale` times Xavier's size, drawn from `seed`.  Source:
    Lillicrap et al., Nat. Commun. 7:13276 (2016).
    """

    scale: float = 1.0
    seed: int = 0

    name = "fa"
    learns_feedback = False
    learns_mixing = False
    decay = 0.0

    def path(self, network: PredictiveCodingNetwork) -> ErrorPath:
        """Random feedback."""
        return ErrorPath(feedback=random_feedback(network, scale=self.scale, seed=self.seed))


@dataclass(frozen=True)
class KolenPollack(FeedbackAlignment):
    """Feedback alignment whose feedback weights learn by the same local product, and decay as W does.

    Sources: Kolen and Pollack, Proc. ICNN 1994; Akrout et al., NeurIPS 2019.
    """

    decay: float = 1e-3

    name = "kp"
    learns_feedback = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "decay", finite_number(f"rule {self.name}: decay", self.decay, zero=True))


@dataclass(frozen=True)
class RelaxedPredictiveCoding(PredictiveCoding):
    """Predictive coding without f', one-to-one errors or symmetric weights, each by itself or together.

    Parameters
    ----------
    gate
        Constant in place of f'; 0: f'.
    mixing
        "none"; random matrices M in ``eps = x - M mu``: "fixed", "learnt", or "positive", which learn from a
        start whose symmetric part is positive definite.
    seed
        Of what is random.

    Source: Millidge, Tschantz, Seth and Buckley, arXiv:2010.01047 (2020).
    """

    gate: float = 0.0
    mixing: str = "none"
    seed: int = 0

    name = "pc-relaxed"
    learns_feedback = False
    decay = 0.0

    def __post_init__(self) -> None:
        gate = finite_number(f"rule {self.name}: gate", self.gate, zero=True)
        object.__setattr__(self, "gate", gate)
        if self.mixing not in MIXING:
            raise BadInput(f"rule {self.name}: mixing = {self.mixing!r}, use one of {', '.join(MIXING)}")

    @property
    def learns_mixing(self) -> bool:
        return self.mixing in ("learnt", "positive")

    def path(self, network: PredictiveCodingNetwork) -> ErrorPath:
        """The gate and the mixing matrices, with the transpose."""
        mixing = None
        if self.mixing != "none":
            mixing = random_mixing(network, seed=self.seed, positive=self.mixing == "positive")
        return ErrorPath(gate=self.gate or None, mixing=mixing)


@dataclass(frozen=True)
class RelaxedFeedbackAlignment(RelaxedPredictiveCoding):
    """Predictive coding that relaxes with random feedback weights, which stay as they are."""

    scale: float = 1.0

    name = "pc-fa"

    def path(self, network: PredictiveCodingNetwork) -> ErrorPath:
        """Random feedback, beside what `RelaxedPredictiveCoding` has."""
        feedback = random_feedback(network, scale=self.scale, seed=self.seed)
        return replace(super().path(network), feedback=feedback)


@dataclass(frozen=True)
class RelaxedKolenPollack(RelaxedFeedbackAlignment):
    """Predictive coding that relaxes with feedback weights that learn as `KolenPollack`'s do."""

    decay: float = 1e-3

    name = "pc-kp"
    learns_feedback = True

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "decay", finite_number(f"rule {self.name}: decay", self.decay, zero=True))


MOST_STEPS = 10**9
MIXING = ("none", "fixed", "learnt", "positive")

LEARNING_RULES: Mapping[str, type[LearningRule]] = MappingProxyType(
    {
        "pc": PredictiveCoding,
        "ipc": IncrementalPredictiveCoding,
        "bp": Backpropagation,
        "fa": FeedbackAlignment,
        "kp": KolenPollack,
        "pc-relaxed": RelaxedPredictiveCoding,
        "pc-fa": RelaxedFeedbackAlignment,
        "pc-kp": RelaxedKolenPollack,
        "p-ep": PositiveEquilibriumPropagation,
        "n-ep": NegativeEquilibriumPropagation,
        "c-ep": CentredEquilibriumPropagation,
    }
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
    check_kind("hebbian_update", network, PredictiveCodingNetwork, "use graph_update for a graph")
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
    check_kind("backprop_update", network, PredictiveCodingNetwork, "use fixed_prediction for a graph")
    clamped = make_clamps(network, inputs).values[0]
    wanted = np.asarray(targets, dtype=np.float64)
    return Backpropagation().at(network, network.W, clamped, wanted).update(lr)


def _activities(network: PredictiveCodingNetwork, x: Sequence[Floats]) -> tuple[Floats, ...]:
    """f(x_l) of layers 0 ... L - 1."""
    return tuple(network.activation_of(k).f(x[k]) for k in range(network.depth))


def _mean(energy: Floats) -> float:
    return float(energy.mean()) if energy.size else math.nan
