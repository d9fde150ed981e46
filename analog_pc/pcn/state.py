"""The energy of a network at one state of its activities, and everything that follows from it.

With weighted error lambda_l = precision_l eps_l and feedback h_l = W_{l+1}^T lambda_{l+1}::

    dE/dx_l = lambda_l - gate_l * h_l      (gate = f'; on a kink of f any value between the two slopes)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.network import PredictiveCodingNetwork


@dataclass(eq=False, kw_only=True)
class State:
    """Activities and their consequences for a batch; lists over layers 0 ... L, arrays [samples, n_l].

    `kink_gate` is the gate of activities that rest on a kink, and NaN elsewhere; None where none does.
    """

    x: list[Floats]
    kink_gate: list[Floats | None]
    activation: list[Floats]  # f(x_l), layers 0 ... L - 1
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
        return np.asarray(np.max([none, *(np.abs(g).max(axis=1) for g in free)], axis=0))


class Landscape:
    """The energy landscape of a network under clamps; evaluates states on it."""

    def __init__(self, network: PredictiveCodingNetwork, clamps: Clamps) -> None:
        self.network = network
        self.clamps = clamps
        self.activations = [network.activation_of(layer) for layer in range(network.depth)]
        # A clamped input makes mu_1 a constant: the largest matrix leaves the loop.
        self._mu1 = self._first_prediction(clamps.values[0]) if clamps.input_is_clamped else None

    @cached_property
    def any_free(self) -> list[bool]:
        """Whether any node of each layer 0 ... L moves."""
        return [bool(free.any()) for free in self.clamps.free]

    def _first_prediction(self, x0: Floats) -> Floats:
        return np.asarray(self.activations[0].f(x0) @ self.network.W[0].T + self.network.b[0])

    def constant_prediction(self) -> Floats:
        """mu of the lowest layer that may move: mu_1 under a clamped input; 0 for a free input, which
        nothing predicts."""
        return np.zeros_like(self.clamps.values[0]) if self._mu1 is None else self._mu1

    def forward(self) -> list[Floats]:
        """Activities of the forward state, where every relaxation starts: what the input alone predicts.

        Free inputs are 0.  Clamps above the input hold their own nodes and have not acted on others yet,
        as in a network that has settled on its input before the clamps close.
        """
        net = self.network
        c = self.clamps
        x = [c.values[0]]
        a = c.values[0] if self._mu1 is not None else self.activations[0].f(c.values[0])
        for layer in range(1, net.depth + 1):
            first = layer == 1 and self._mu1 is not None
            mu = np.asarray(self._mu1) if first else a @ net.W[layer - 1].T + net.b[layer - 1]
            x.append(np.where(c.free[layer], mu, c.values[layer]))
            if layer < net.depth:
                a = self.activations[layer].f(mu)
        return x

    def resting_state(self, x: list[Floats], near: float = 1e-6) -> State:
        """The state of given activities, clamped ones replaced by their clamps.

        An activity within `near` of a kink is put onto it when the gate that balances its errors lies
        between the two slopes: it rests there.
        """
        c = self.clamps
        held = [np.where(free, a, v) for free, a, v in zip(c.free, x, c.values, strict=True)]
        state = self.state(held)
        gates = list(state.kink_gate)
        for layer, act in enumerate(self.activations):
            if act.kinks and self.any_free[layer]:
                error = self.network.precision_of(layer) * state.eps[layer] if layer else np.zeros_like(x[0])
                onto, gate = act.at_kink(held[layer], error, state.feedback[layer], near)
                held[layer] = np.where(c.free[layer], onto, held[layer])
                gates[layer] = np.where(c.free[layer], gate, np.nan)
        return self.state(held, gates)

    def drives(self, state: State) -> list[Floats]:
        """Drives of the rectifiers in a circuit (`activations/piecewise_linear.py`), layers 0 ... L."""
        parts = zip(self.activations, state.x, state.kink_gate, strict=False)
        return [*(act.drive(x, gate) for act, x, gate in parts), state.x[-1]]

    def errors(self, x: list[Floats]) -> tuple[list[Floats], list[Floats], list[Floats], Floats]:
        """f(x_l) of layers 0 ... L - 1; mu_l and x_l - mu_l of layers 0 ... L, [samples, 0] of layer 0; E."""
        net = self.network
        activation = [act.f(a) for act, a in zip(self.activations, x, strict=False)]
        empty = np.empty((len(x[0]), 0))
        mu = [empty]
        eps = [empty]
        energy = np.zeros(len(x[0]))
        for layer in range(1, net.depth + 1):
            if layer == 1 and self._mu1 is not None:
                mu.append(self._mu1)
            else:
                mu.append(activation[layer - 1] @ net.W[layer - 1].T + net.b[layer - 1])
            eps.append(x[layer] - mu[layer])
            energy += (0.5 * net.pi[layer - 1]) * np.einsum("si,si->s", eps[layer], eps[layer])
        return activation, mu, eps, energy

    def state(self, x: list[Floats], kink_gate: list[Floats | None] | None = None) -> State:
        """Evaluate the landscape at activities x; `kink_gate` (see `State`) None: none rests on a kink."""
        net = self.network
        depth = net.depth
        need = self.any_free
        resting: list[Floats | None] = [None] * len(x)
        if kink_gate is not None:
            resting = kink_gate
        activation, mu, eps, energy = self.errors(x)
        gate = [self._gate(layer, x[layer], resting[layer]) for layer in range(depth)]
        empty = np.empty((len(x[0]), 0))
        weighted = [empty, *(pi * e for pi, e in zip(net.pi, eps[1:], strict=True))]
        feedback = []
        gradient = []
        for layer in range(depth + 1):
            if not need[layer]:
                feedback.append(empty)
                gradient.append(np.broadcast_to(0.0, x[layer].shape))
                continue
            h = weighted[layer + 1] @ net.W[layer] if layer < depth else np.zeros_like(x[layer])
            g = -gate[layer] * h if layer < depth else np.zeros_like(x[layer])
            feedback.append(h)
            gradient.append((g + weighted[layer] if layer else g) * self.clamps.free[layer])
        return State(
            x=x,
            kink_gate=resting,
            activation=activation,
            gate=gate,
            mu=mu,
            eps=eps,
            feedback=feedback,
            gradient=gradient,
            energy=energy,
            any_free=need,
        )

    def _gate(self, layer: int, x: Floats, kink_gate: Floats | None) -> Floats:
        if not self.any_free[layer]:  # nothing reads it: not worth f'
            return x
        slope = self.activations[layer].slope(x)
        return slope if kink_gate is None else np.where(np.isnan(kink_gate), slope, kink_gate)

    @property
    def stiffness(self) -> float:
        """The largest precision, whose inverse is the unit of time of the flow."""
        return float(self.network.pi.max())

    def hessian(self, state: State) -> Floats:
        """d(dE/dx)/dx over all activities, clamped ones too, at the gates of the state, [samples, N, N].

        Blocks::

            (l, l)    pi_l + gate_l W^T pi_{l+1} W gate_l - f''_l h_l             W = W_{l+1}
            (l, l-1)  -pi_l W_l gate_{l-1}               (l-1, l)  its transpose
        """
        net = self.network
        offsets = np.concatenate([[0], np.cumsum(net.sizes)])
        total = int(offsets[-1])
        out = np.zeros((len(state.energy), total, total))
        index = [slice(int(a), int(b)) for a, b in pairwise(offsets)]
        for layer in range(net.depth + 1):
            diagonal = net.precision_of(layer) + self.f_curvature(state, layer)
            out[:, index[layer], index[layer]] += np.einsum("si,ij->sij", diagonal, np.eye(net.sizes[layer]))
            if layer == net.depth or not self.any_free[layer]:
                continue
            weights = net.W[layer]
            pi = net.pi[layer]
            down = weights[None] * state.gate[layer][:, None, :]  # W gate, [samples, post, pre]
            out[:, index[layer], index[layer]] += pi * np.einsum("ski,skj->sij", down, down)
            out[:, index[layer + 1], index[layer]] = -pi * down
            out[:, index[layer], index[layer + 1]] = -pi * np.swapaxes(down, 1, 2)
        return out

    def f_curvature(self, state: State, layer: int) -> Floats:
        """-f''(x) h of a layer: the curvature that f'' adds to the energy, [samples, n_l]."""
        if layer == self.network.depth or not self.any_free[layer]:
            return np.zeros_like(state.x[layer])
        return -self.activations[layer].curvature(state.x[layer]) * state.feedback[layer]

    def equilibrium(self, state: State, relaxation: Relaxation) -> Equilibrium:
        """The public face of a state."""
        return Equilibrium(
            tuple(state.x),
            tuple(state.mu),
            tuple(state.eps),
            tuple(state.activation),
            state.energy,
            relaxation,
        )
