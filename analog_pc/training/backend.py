"""Backends hold the weights that a learning rule changes: numbers here, devices in `in_situ`."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from analog_pc.arrays import Floats, is_number
from analog_pc.compiled.kernel import kernel
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, relax
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.learning import Factors, LearningRule, LearningWeights, OwnErrorPath, forward_pass
from analog_pc.training.costs import Costs

TOLERANCE = 1e-11  # of each layer's forces


class Backend(LearningWeights, Protocol):
    """Weights that relax, predict and learn; `start` is the network that training starts from."""

    start: PredictiveCodingNetwork

    def check(self, rule: LearningRule) -> None:
        """Refuse a rule that these weights cannot learn by (BadInput)."""
        ...

    def predict(self, inputs: Floats) -> Floats:
        """Outputs [samples, n_L] at the equilibrium with the input clamped."""
        ...

    def apply(self, factors: Factors, rate: float) -> None:
        """Add ``rate sum_s post_s pre_s^T`` to the weights and ``rate sum_s post_s`` to the biases.

        Raises
        ------
        FloatingPointError
            When weights are not finite any more; they then stay what they were.
        """
        ...

    def elapse(self, batches: float) -> None:
        """Let time pass."""
        ...

    def costs(self, samples: int, unsettled: int) -> Costs:
        """Costs of writing since the beginning."""
        ...

    def description(self) -> dict[str, Any]:
        """Description of the weights for JSON; a checkpoint with another one is refused."""
        ...

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        ...


class MathematicsBackend:
    """Weights are numbers, which follow the update with momentum::

        velocity <- momentum velocity + rate sum_s post_s pre_s^T,        W <- W + velocity

    Parameters
    ----------
    network
        What training starts from; it is not changed.
    momentum
        From 0 to below 1.

    Raises
    ------
    BadInput
        For another momentum.
    """

    def __init__(self, network: PredictiveCodingNetwork, momentum: float = 0.9) -> None:
        if not is_number(momentum) or not 0.0 <= momentum < 1.0:
            raise BadInput(f"momentum = {momentum!r}, must be from 0 to below 1")
        self.start = network
        self.network = network
        self.momentum = float(momentum)
        self._velocity = [np.zeros_like(p) for p in (*network.W, *network.b)]

    @property
    def feedback(self) -> tuple[Floats, ...]:
        """The weights themselves."""
        return self.network.W

    def check(self, rule: LearningRule) -> None:
        """Refuse a rule with an error path of its own (BadInput)."""
        if isinstance(rule, OwnErrorPath):
            raise BadInput(
                f"rule {rule.name}: errors have a path of their own, use mathematics_backend(network, rule)"
            )

    def relax(self, inputs: Floats, targets: Floats) -> Equilibrium:
        """The equilibrium between clamped inputs and targets, to |dE/dx| <= 1e-11 of each layer's forces."""
        clamps = both_ends(self.network, inputs, targets)
        return settled(relax(self.network, clamps=clamps, tolerance=TOLERANCE, follow=False))

    def predict(self, inputs: Floats) -> Floats:
        """The forward pass."""
        return predict(self.network, inputs)

    def apply(self, factors: Factors, rate: float) -> None:
        """See `Backend`."""
        update = factors.update()
        parameters = []
        old = (*self.network.W, *self.network.b)
        for p, v, change in zip(old, self._velocity, (*update.weights, *update.biases), strict=True):
            new = np.empty_like(p)
            _descend(p.ravel(), v.ravel(), change.ravel(), self.momentum, rate, new.ravel())
            new.setflags(write=False)
            parameters.append(new)
        depth = self.network.depth
        try:
            self.network = self.network.with_parameters(parameters[:depth], parameters[depth:])
        except BadInput as fault:
            raise FloatingPointError(f"weights are not finite any more: {fault}") from None

    def elapse(self, batches: float) -> None:
        """Numbers do not age."""

    def costs(self, samples: int, unsettled: int) -> Costs:
        """Numbers have no known costs."""
        return Costs(samples=samples, unsettled=unsettled, joules=None, seconds=None)

    def description(self) -> dict[str, Any]:
        """See `Backend`."""
        return {"backend": "mathematics", "momentum": self.momentum}

    def state(self) -> dict[str, Any]:
        """Weights, biases and velocities."""
        now = (*self.network.W, *self.network.b)
        found = {f"parameter{k}": p.copy() for k, p in enumerate(now)}
        return found | {f"velocity{k}": v.copy() for k, v in enumerate(self._velocity)}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        count = len(self._velocity)
        parameters = [np.array(state[f"parameter{k}"], dtype=np.float64) for k in range(count)]
        self._velocity = [np.array(state[f"velocity{k}"], dtype=np.float64) for k in range(count)]
        depth = self.network.depth
        self.network = self.network.with_parameters(parameters[:depth], parameters[depth:])


@kernel()
def _descend(
    parameter: Floats, velocity: Floats, change: Floats, momentum: float, rate: float, out: Floats
) -> None:
    """velocity = momentum velocity + rate change; out = parameter + velocity, in one pass over memory."""
    for k in range(out.size):
        velocity[k] = momentum * velocity[k] + rate * change[k]
        out[k] = parameter[k] + velocity[k]


def both_ends(network: PredictiveCodingNetwork, inputs: Floats, targets: Floats) -> Clamps:
    """The clamps of learning, without the checks of `make_clamps`: for the inner loop.

    Parameters
    ----------
    network
        Its layer sizes.
    inputs, targets
        [samples, n_0] and [samples, n_L].
    """
    sizes = network.sizes
    free = tuple(np.full(n, 0 < layer < network.depth) for layer, n in enumerate(sizes))
    hidden = (np.zeros((len(inputs), n)) for n in sizes[1:-1])
    return Clamps(free, (inputs, *hidden, targets))


def settled(equilibrium: Equilibrium) -> Equilibrium:
    """Check that some sample has an equilibrium and all energies are finite; return the equilibrium.

    Raises
    ------
    FloatingPointError
        Otherwise; the weights have then grown too far.
    """
    if not math.isfinite(equilibrium.energy.sum()):
        raise FloatingPointError("the energy is not finite any more")
    if not equilibrium.relaxation.converged.any():
        raise FloatingPointError(f"no sample has an equilibrium, {equilibrium.relaxation.message}")
    return equilibrium


def predict(network: PredictiveCodingNetwork, inputs: Floats) -> Floats:
    """Outputs [samples, n_L] at the equilibrium with the input clamped: one forward pass."""
    return forward_pass(network, inputs)[-1]
