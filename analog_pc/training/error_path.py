"""Numbers as weights whose errors travel on a path of their own, which may learn too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork
from analog_pc.pcn.feedback import ErrorPath, relax_on_path
from analog_pc.pcn.learning import Factors, LearningRule, OwnErrorPath
from analog_pc.training.backend import TOLERANCE, MathematicsBackend, predict, settled


class ErrorPathBackend(MathematicsBackend):
    """Weights are numbers, and so are the feedback weights and mixing matrices of a rule; see `OwnErrorPath`.

    All follow their updates with one momentum.

    Parameters
    ----------
    network
        What training starts from; it is not changed.
    rule
        The rule, whose path is made for the network.
    momentum
        From 0 to below 1.

    Raises
    ------
    BadInput
        For another momentum, and for a network that relaxation on the path refuses.
    """

    def __init__(self, network: PredictiveCodingNetwork, rule: OwnErrorPath, momentum: float = 0.9) -> None:
        super().__init__(network, momentum)
        self.rule = rule
        self.path: ErrorPath = rule.path(network)
        self._feedback = tuple(np.array(b) for b in self.path.feedback_of(network))
        self._mixing = self.path.mixing_of(network)
        self._path_velocity = [np.zeros_like(w) for w in network.W]
        self._mixing_velocity = [np.zeros_like(m) for m in self._mixing or ()]

    @property
    def feedback(self) -> tuple[Floats, ...]:
        """[post, pre] of layers 1 ... L: what stands for the weights on the way back."""
        return self.network.W if self.path.feedback is None else self._feedback

    @property
    def mixing(self) -> tuple[Floats, ...] | None:
        """M_1 ... M_L; None: all 1."""
        return self._mixing

    @property
    def predictive(self) -> PredictiveCodingNetwork:
        """The network whose forward pass predicts: M_l W_l and M_l b_l."""
        return self.path.predictive(self.network)

    def check(self, rule: LearningRule) -> None:
        """Refuse another rule than that of the path (BadInput)."""
        if rule != self.rule:
            raise BadInput(f"rule {rule.name}: this error path is of rule {self.rule.name}, train with that")

    def relax(self, inputs: Floats, targets: Floats) -> Equilibrium:
        """The rest between clamped inputs and targets; samples may have none."""
        found = relax_on_path(
            self.network, self.path, inputs, targets, tolerance=TOLERANCE, max_iterations=100, follow=False
        )
        return settled(found)

    def predict(self, inputs: Floats) -> Floats:
        """The forward pass, mixing included."""
        return predict(self.predictive, inputs)

    def apply(self, factors: Factors, rate: float) -> None:
        """Weights, and of the path what learns; see `Backend` and `OwnErrorPath`."""
        lost = rate * self.rule.decay * (len(factors.post[0]) + factors.unsettled)
        net = self.network
        update = factors.update(rate)
        decayed = [change - lost * w for change, w in zip(update.weights, net.W, strict=True)]
        depth = net.depth
        weights = self._moved(net.W, self._velocity[:depth], decayed)
        biases = self._moved(net.b, self._velocity[depth:], update.biases)
        if self.rule.learns_feedback:
            decayed = [change - lost * b for change, b in zip(update.weights, self._feedback, strict=True)]
            self._feedback = tuple(self._moved(self._feedback, self._path_velocity, decayed))
        if self.rule.learns_mixing:
            changes = _mixing_changes(net, factors, rate)
            self._mixing = tuple(self._moved(self._mixing or (), self._mixing_velocity, changes))
        try:
            self.network = net.with_parameters(weights, biases)
        except BadInput as fault:
            raise FloatingPointError(f"weights are not finite any more: {fault}") from None
        self.renew_path()

    def _moved(
        self, values: Sequence[Floats], velocities: Sequence[Floats], changes: Sequence[Floats]
    ) -> list[Floats]:
        """velocity = momentum velocity + change; value + velocity."""
        for velocity, change in zip(velocities, changes, strict=True):
            velocity *= self.momentum
            velocity += change
        return [value + velocity for value, velocity in zip(values, velocities, strict=True)]

    def renew_path(self) -> None:
        """Take what has changed into the path."""
        changed: dict[str, Any] = {}
        if self.rule.learns_feedback:
            changed["feedback"] = self._feedback
        if self.rule.learns_mixing:
            changed["mixing"] = self._mixing
        self.path = replace(self.path, **changed)

    def description(self) -> dict[str, Any]:
        """See `Backend`."""
        return super().description() | {"error path": repr(self.rule)}

    def state(self) -> dict[str, Any]:
        """Weights, feedback weights, mixing matrices and velocities."""
        found = super().state()
        groups = {
            "feedback": self._feedback,
            "feedback_velocity": self._path_velocity,
            "mixing": self._mixing or (),
            "mixing_velocity": self._mixing_velocity,
        }
        return found | {f"{what}{k}": a.copy() for what, group in groups.items() for k, a in enumerate(group)}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        super().restore(state)

        def stored(what: str, count: int) -> list[Floats]:
            return [np.array(state[f"{what}{k}"], dtype=np.float64) for k in range(count)]

        self._feedback = tuple(stored("feedback", len(self._feedback)))
        self._path_velocity = stored("feedback_velocity", len(self._path_velocity))
        if self._mixing is not None:
            self._mixing = tuple(stored("mixing", len(self._mixing)))
            self._mixing_velocity = stored("mixing_velocity", len(self._mixing_velocity))
        self.renew_path()


def _mixing_changes(network: PredictiveCodingNetwork, factors: Factors, rate: float) -> list[Floats]:
    """rate sum_s precision_l eps_l mu_l^T of layers 1 ... L; the output's errors stay one-to-one."""
    found = []
    for k in range(network.depth - 1):
        mu = factors.pre[k] @ network.W[k].T + network.b[k]
        found.append(rate * factors.post[k].T @ mu)
    outputs = network.sizes[-1]
    return [*found, np.zeros((outputs, outputs))]


def mathematics_backend(
    network: PredictiveCodingNetwork, rule: LearningRule, momentum: float = 0.9
) -> MathematicsBackend:
    """The numbers that a rule learns: with an error path of their own where the rule has one.

    Parameters
    ----------
    network
        What training starts from.
    rule
        A learning rule.
    momentum
        From 0 to below 1.
    """
    if isinstance(rule, OwnErrorPath):
        return ErrorPathBackend(network, rule, momentum)
    return MathematicsBackend(network, momentum)
