"""The energy of a network at one state of its activities, and everything that follows from it.

With force lambda_l = precision_l eps_l and feedback h_l = W_{l+1}^T lambda_{l+1}::

    dE/dx_l = lambda_l - gate_l * h_l         (gate = f'; inside a dead zone its value between two slopes)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.network import PredictiveCodingNetwork


@dataclass(eq=False)
class State:
    """Activities and their consequences for a batch; lists over layers 0 ... L, arrays [samples, n_l]."""

    z: list[Floats]
    x: list[Floats]
    mobile: list[Floats | None]
    rate: list[Floats]
    gate: list[Floats]
    mu: list[Floats]
    eps: list[Floats]
    feedback: list[Floats]
    gradient: list[Floats]
    energy: Floats
    any_free: list[bool]

    @cached_property
    def residual(self) -> Floats:
        """max |dE/dx| over the free activities, [samples]; 0 where none is free."""
        free = [g for g, some in zip(self.gradient, self.any_free, strict=True) if some]
        none = np.zeros_like(self.energy)
        return np.max([none, *(np.abs(g).max(axis=1) for g in free)], axis=0)  # type: ignore[no-any-return]


class Landscape:
    """The energy landscape of a network under clamps; evaluates states on it."""

    def __init__(self, network: PredictiveCodingNetwork, clamps: Clamps) -> None:
        self.network, self.clamps = network, clamps
        self.activations = [network.activation_of(layer) for layer in range(network.depth)]
        self.movable = [free.astype(np.float64) for free in clamps.free]
        self.any_free = [bool(free.any()) for free in clamps.free]
        # A clamped input makes mu_1 a constant: the largest matrix leaves the loop.
        self._mu1 = self._first_prediction(clamps.values[0]) if clamps.input_is_clamped else None

    def _first_prediction(self, x0: Floats) -> Floats:
        return np.asarray(self.activations[0].f(x0) @ self.network.W[0].T + self.network.b[0])

    def forward(self) -> list[Floats]:
        """Drives of the forward state, where every relaxation starts: what the input alone predicts.

        Free inputs are 0.  Clamps above the input hold their own nodes and have not acted on others yet,
        as in a network that has settled on its input before the clamps close.
        """
        net, c = self.network, self.clamps
        z = [self.activations[0].drive(c.values[0])]
        a = self.activations[0].f(c.values[0])
        for layer in range(1, net.depth + 1):
            first = layer == 1 and self._mu1 is not None
            mu = np.asarray(self._mu1) if first else a @ net.W[layer - 1].T + net.b[layer - 1]
            x = np.where(c.free[layer], mu, c.values[layer])
            z.append(x if layer == net.depth else self.activations[layer].drive(x))
            if layer < net.depth:
                a = self.activations[layer].f(mu)
        return z

    def from_activities(self, x: list[Floats], near: float = 1e-6) -> list[Floats]:
        """Drives of given activities, clamped ones replaced by their clamps.

        An activity within `near` of a kink is put into its dead zone when the gate that balances its
        forces lies between the two slopes: it rests there.
        """
        c = self.clamps
        held = [np.where(free, a, v) for free, a, v in zip(c.free, x, c.values, strict=True)]
        z = [act.drive(a) for act, a in zip(self.activations, held, strict=False)] + [held[-1]]
        if any(act.kinks for act in self.activations):
            state = self.state(z)
            for layer, act in enumerate(self.activations):
                if act.kinks and self.any_free[layer]:
                    force = (
                        self.network.precision_of(layer) * state.eps[layer] if layer else np.zeros_like(x[0])
                    )
                    z[layer] = act.balanced(z[layer], held[layer], force, state.feedback[layer], near)
        return z

    def moved(self, z: list[Floats], dz: list[Floats]) -> list[Floats]:
        """Drives after a step; those of layers that are clamped stay."""
        steps = zip(self.activations, z, dz, self.any_free, strict=False)
        hidden = [act.moved(v, dv) if some else v for act, v, dv, some in steps]
        return [*hidden, z[-1] + dz[-1] if self.any_free[-1] else z[-1]]

    def state(self, z: list[Floats]) -> State:
        """Evaluate the landscape at drives z."""
        net, depth = self.network, self.network.depth
        acts = self.activations
        x = [a.position(v) for a, v in zip(acts, z, strict=False)] + [z[depth]]
        rate = [a.rate(v) for a, v in zip(acts, z, strict=False)]
        need = self.any_free
        gate = [a.gate(v) if need[k] else v for k, (a, v) in enumerate(zip(acts, z, strict=False))]
        mobile = [a.mobile(v) if need[k] else None for k, (a, v) in enumerate(zip(acts, z, strict=False))]
        empty = np.empty((len(z[0]), 0))
        mu, eps, force = [empty], [empty], [empty]
        energy = np.zeros(len(z[0]))
        for layer in range(1, depth + 1):
            first = layer == 1 and self._mu1 is not None
            mu.append(self._mu1 if first else rate[layer - 1] @ net.W[layer - 1].T + net.b[layer - 1])  # type: ignore[arg-type]
            eps.append(x[layer] - mu[layer])
            force.append(net.pi[layer - 1] * eps[layer])
            energy += 0.5 * np.einsum("si,si->s", force[layer], eps[layer])
        feedback, gradient = [], []
        for layer in range(depth + 1):
            if not need[layer]:
                feedback.append(empty)
                gradient.append(np.broadcast_to(0.0, x[layer].shape))
                continue
            h = force[layer + 1] @ net.W[layer] if layer < depth else np.zeros_like(x[layer])
            g = -gate[layer] * h if layer < depth else np.zeros_like(x[layer])
            feedback.append(h)
            gradient.append((g + force[layer] if layer else g) * self.movable[layer])
        return State(z, x, [*mobile, None], rate, gate, mu, eps, feedback, gradient, energy, need)

    def equilibrium(self, state: State, relaxation: Relaxation) -> Equilibrium:
        """The public face of a state."""
        return Equilibrium(
            tuple(state.x), tuple(state.mu), tuple(state.eps), tuple(state.rate), state.energy, relaxation
        )
