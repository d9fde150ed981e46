"""What a learning rule is: factors of an update, the weights it sees, and the path of its errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from analog_pc.arrays import Floats
from analog_pc.pcn.equilibrium import Equilibrium
from analog_pc.pcn.feedback import ErrorPath
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


@runtime_checkable
class LearningRule(Protocol):
    """A learning rule with its parameters (a frozen dataclass)."""

    @property
    def name(self) -> str: ...

    def updates(self, weights: LearningWeights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        """Factors to be applied, one after the other."""
        ...


@runtime_checkable
class OwnErrorPath(LearningRule, Protocol):
    """A rule whose errors travel on a path of its own, which may learn too.

    Where `learns_feedback`, feedback weights get the same local product as the weights, and both decay; where
    `learns_mixing`, dM_l = rate precision_l eps_l mu_l^T.  `decay` is in units of the learning rate::

        dW = lr (post pre^T - decay W),        dB^T = lr (post pre^T - decay B^T)

    so that B^T - W decays as exp(-lr decay t), t the number of updates.
    """

    @property
    def learns_feedback(self) -> bool: ...

    @property
    def learns_mixing(self) -> bool: ...

    @property
    def decay(self) -> float: ...

    def path(self, network: PredictiveCodingNetwork) -> ErrorPath:
        """The path that training starts with."""
        ...


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


def _outer_products(post: Floats, pre: Floats) -> Floats:
    """Outer products of each sample's factors, summed over the samples, [post, pre]."""
    if len(post) == 1:  # a product of matrices takes twice as long for one sample
        return post.T * pre
    return post.T @ pre
