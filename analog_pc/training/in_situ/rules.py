"""Learning rules: what a batch of samples asks of the weights, as two factors a layer.

Every rule asks for ``dW_l = rate sum_s d_l[s] x_l[s]^T``: x_l is the rate on the word lines of layer l, d_l
the force in the springs of its post-synaptic nodes.  A rule is a generator: it yields factors, the trainer
writes them, and it goes on with the weights that are then read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork
from analog_pc.pcn.learning import deltas


class Factors(NamedTuple):
    """x_l [samples, pre] and d_l [samples, post] of layers 1 ... L, and the energy per sample; `unsettled`
    samples did not come to rest, teach nothing and are not among them."""

    x: tuple[Floats, ...]
    d: tuple[Floats, ...]
    energy: float
    unsettled: int = 0


class Weights(Protocol):
    """What a rule sees of the trainer; all of it changes when weights are written."""

    @property
    def network(self) -> PredictiveCodingNetwork:
        """The network that the forward arrays mean."""
        ...

    @property
    def feedback(self) -> tuple[Floats, ...]:
        """[post, pre] of layers 1 ... L, what the transposed arrays hold."""
        ...

    def rest(self, inputs: Floats, targets: Floats) -> Equilibrium:
        """The equilibrium between clamped inputs and targets."""
        ...


class Rule(Protocol):
    """A learning rule with its parameters (a frozen dataclass)."""

    @property
    def name(self) -> str: ...

    def updates(self, weights: Weights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        """Factors to be written, one after the other."""
        ...


@dataclass(frozen=True)
class PredictiveCoding:
    """Relax to the equilibrium, then update once: d_l = precision_l eps_l, x_l = f(x_{l-1}) (Song et al.,
    Nature Neuroscience 27:348, 2024)."""

    name = "pc"

    def updates(self, weights: Weights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        rest = weights.rest(inputs, targets)
        force = [pi * eps for pi, eps in zip(weights.network.pi, rest.eps[1:], strict=True)]
        settled, energy = rest.relaxation.converged, rest.energy
        rates = list(rest.rates)
        if not settled.all():
            force, rates, energy = [f[settled] for f in force], [r[settled] for r in rates], energy[settled]
        mean = float(energy.mean()) if energy.size else math.nan
        yield Factors(tuple(rates), tuple(force), mean, int((~settled).sum()))


@dataclass(frozen=True)
class IncrementalPredictiveCoding:
    """Activities and weights move together: `steps` times, from one and the same state,

    ::

        x <- x - gamma dE/dx,        W <- W - lr dE/dW

    without phases and without waiting for rest; x starts at the forward pass.  Source: Salvatori et al., ICLR
    2024 (incremental EM).  One batch is `steps` writes.  The relaxation is Euler's, on ideal wires, with the
    feedback that the transposed arrays hold.
    """

    steps: int = 16
    gamma: float = 0.1

    name = "ipc"

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or int(self.steps) != self.steps or self.steps < 1:
            raise BadInput(f"rule ipc: steps = {self.steps!r}, must be a whole number >= 1")
        if not (math.isfinite(self.gamma) and self.gamma > 0.0):
            raise BadInput(f"rule ipc: gamma = {self.gamma!r}, must be finite and > 0")

    def updates(self, weights: Weights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        x = [*_forward(weights.network, inputs)[:-1], targets]
        for _ in range(self.steps):
            net, back = weights.network, weights.feedback
            rates = [net.activation_of(k).f(x[k]) for k in range(net.depth)]
            eps = [x[k + 1] - rates[k] @ net.W[k].T - net.b[k] for k in range(net.depth)]
            force = [pi * e for pi, e in zip(net.pi, eps, strict=True)]
            energy = sum(0.5 * float((f * e).sum()) for f, e in zip(force, eps, strict=True))
            yield Factors(tuple(rates), tuple(force), energy / len(inputs))
            for k in range(1, net.depth):
                slope = net.activation_of(k).slope(x[k])
                x[k] = x[k] - self.gamma * (force[k - 1] - slope * (force[k] @ back[k]))


@dataclass(frozen=True)
class Backpropagation:
    """The yardstick: d_L = precision_L (target - output), d_l = f'(x_l) * W_{l+1}^T d_{l+1}.

    W^T is what the transposed arrays hold.  The energy is the loss 1/2 precision_L |target - output|^2.
    """

    name = "bp"

    def updates(self, weights: Weights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        net, back = weights.network, weights.feedback
        x = _forward(net, inputs)
        top = net.pi[-1] * (targets - x[-1])
        loss = 0.5 * float((top * (targets - x[-1])).sum()) / len(inputs)
        d = deltas(back, [net.activation_of(k).slope(x[k]) for k in range(net.depth)], top)
        yield Factors(tuple(net.activation_of(k).f(x[k]) for k in range(net.depth)), tuple(d), loss)


def _forward(network: PredictiveCodingNetwork, inputs: Floats) -> list[Floats]:
    """Activities of layers 0 ... L of the forward pass."""
    x = [inputs]
    for k in range(network.depth):
        x.append(network.activation_of(k).f(x[k]) @ network.W[k].T + network.b[k])
    return x


RULES: Mapping[str, type[Rule]] = MappingProxyType(
    {"pc": PredictiveCoding, "ipc": IncrementalPredictiveCoding, "bp": Backpropagation}
)
