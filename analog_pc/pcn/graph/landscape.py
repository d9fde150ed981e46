"""The energy of a graph under clamps, and its forces.

With lambda_v = Pi_v eps_v, the gain g_p of a projection (1 without one), F_p what stands for W_p on the way
back, and p running over the projections out of v, each into its own target c::

    h_v   = sum_p g_p F_p^T lambda_c                                                  feedback
    dx/dt = r_v + gate_v * h_v                                                        gate = f'
    r_v   = -lambda_v - leak_v (x_v - prior_v) + sum_q lambda_c . W_q f(x_s)       q: s -> c with x_v as gain

Where all feedback is the transpose, dx/dt = -dE/dx.  On a kink of f the gate may take any value between the
two slopes: a unit whose one-sided forces both point to the kink stays there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from analog_pc.activations import Activation, PiecewiseLinear
from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.graph.graph import Population, PredictiveCodingGraph
from analog_pc.pcn.graph.state import GraphState, Link
from analog_pc.pcn.graph.stiffness import stiffness_matrix
from analog_pc.pcn.state import State


class GraphLandscape:
    """A graph under clamps; evaluates states on it."""

    def __init__(self, graph: PredictiveCodingGraph, clamps: Clamps) -> None:
        self.graph = graph
        self.clamps = clamps
        self.activations: list[Activation] = [p.f for p in graph.populations]
        self.any_free = [bool(free.any()) for free in clamps.free]
        self.free = np.flatnonzero(np.concatenate(clamps.free))  # of all activities side by side
        self.links = [
            Link(k, *parts)
            for k, parts in enumerate(
                zip(graph.sources, graph.targets, graph.weights, graph.feedback, graph.gains, strict=True)
            )
        ]

    def _numbered(self) -> Iterator[tuple[int, Population]]:
        """Populations with their indices."""
        return iter(enumerate(self.graph.populations))

    @cached_property
    def stiffness(self) -> float:
        """The largest eigenvalue of a precision, or leak, whose inverse is the unit of time of the flow."""
        found = [float(p.leaks.max()) for p in self.graph.populations]
        for k, p in self._numbered():
            if self.graph.predicted[k]:
                found.append(float(p.pi.max() if p.pi.ndim == 1 else np.linalg.eigvalsh(p.pi)[-1]))
        return max(found) or 1.0

    @cached_property
    def softness(self) -> float:
        """The smallest eigenvalue of a precision, or leak that is not 0."""
        found = [float(x) for p in self.graph.populations for x in p.leaks if x > 0.0]
        for k, p in self._numbered():
            if self.graph.predicted[k]:
                found.append(float(p.pi.min() if p.pi.ndim == 1 else np.linalg.eigvalsh(p.pi)[0]))
        return min(found, default=1.0)

    @cached_property
    def is_linear(self) -> bool:
        """Whether dx/dt is linear in the free activities, with the same matrix for every sample."""
        identity = all(
            self.activations[link.source].name == "identity" or not self.any_free[link.source]
            for link in self.links
        )
        return identity and not any(link.gain for link in self.links)

    def forward(self) -> list[Floats]:
        """Activities of the forward state, where every relaxation starts.

        Free units of a population that nothing predicts, or that is on a cycle, are 0; all others are
        predicted, sources first.  As in a chain, clamps of a predicted population have not acted on others
        yet.
        """
        graph = self.graph
        x = [values.copy() for values in self.clamps.values]
        seen = list(x)
        for v in graph.order:
            if not graph.predicted[v] or graph.on_cycle[v]:
                continue
            mu = np.zeros_like(x[v])
            for link in self.links:
                if link.target != v:
                    continue
                factor = 1.0 if link.gain is None else seen[link.gain[0]][:, link.gain[1], None]
                mu = mu + factor * (self.activations[link.source].f(seen[link.source]) @ link.weight.T)
                bias = graph.projections[link.number].b
                mu = mu if bias is None else mu + bias
            seen[v] = mu
            x[v] = np.where(self.clamps.free[v], mu, x[v])
        return x

    def held(self, x: list[Floats]) -> list[Floats]:
        """Activities with the clamped ones replaced by their clamps."""
        c = self.clamps
        return [np.where(free, a, v) for free, a, v in zip(c.free, x, c.values, strict=True)]

    def state(self, x: list[Floats], kink_gate: list[Floats | None] | None = None) -> GraphState:
        """Evaluate the landscape at activities x.

        Parameters
        ----------
        x
            One array [samples, size] a population.
        kink_gate
            Gates of units that rest on a kink, NaN elsewhere, as in `State`; None: the forces decide, on
            units that are exactly on a kink.
        """
        samples = len(x[0])
        graph = self.graph
        rates = [act.f(a) for act, a in zip(self.activations, x, strict=True)]
        carried = [rates[link.source] @ link.weight.T for link in self.links]
        one = np.ones((samples, 1))
        factor = [one if link.gain is None else x[link.gain[0]][:, link.gain[1], None] for link in self.links]
        mu = self._predictions(samples, carried, factor)
        eps = [a - m if graph.predicted[v] else m for v, (a, m) in enumerate(zip(x, mu, strict=True))]
        weighted = [p.weighted(eps[v]) if graph.predicted[v] else eps[v] for v, p in self._numbered()]
        energy = np.zeros(samples)
        for v, p in self._numbered():
            energy += 0.5 * np.einsum("si,si->s", eps[v], weighted[v])
            energy += 0.5 * ((x[v] - p.priors) ** 2 @ p.leaks)
        feedback, force = self.pull(x, weighted, carried, factor)
        gates: list[Floats] = []
        resting: list[Floats | None] = []
        moving: list[Bools] = []
        for v, act in enumerate(self.activations):
            found = None if kink_gate is None else kink_gate[v]
            stays = np.zeros(x[v].shape, dtype=np.bool_)
            if kink_gate is None and isinstance(act, PiecewiseLinear) and self.any_free[v]:
                found, stays = _gates_on_kinks(act, x[v], force[v], feedback[v], self.clamps.free[v])
            slope = act.slope(x[v])
            gates.append(slope if found is None else np.where(np.isnan(found), slope, found))
            resting.append(
                None if found is None else np.where(stays | (kink_gate is not None), found, np.nan)
            )
            moving.append(self.clamps.free[v] & ~stays)
        gradient = [-(r + g * h) * m for r, g, h, m in zip(force, gates, feedback, moving, strict=True)]
        return GraphState(
            x=x,
            kink_gate=resting,
            activation=rates,
            gate=gates,
            mu=mu,
            eps=eps,
            feedback=feedback,
            gradient=gradient,
            energy=energy,
            any_free=self.any_free,
            weighted=weighted,
            carried=carried,
            factor=factor,
            moving=moving,
        )

    def _predictions(self, samples: int, carried: list[Floats], factor: list[Floats]) -> list[Floats]:
        mu = [np.zeros((samples, p.size if self.graph.predicted[v] else 0)) for v, p in self._numbered()]
        for link, c, g in zip(self.links, carried, factor, strict=True):
            mu[link.target] += g * c
            bias = self.graph.projections[link.number].b
            if bias is not None:
                mu[link.target] += bias
        return mu

    def pull(
        self, x: list[Floats], weighted: list[Floats], carried: list[Floats], factor: list[Floats]
    ) -> tuple[list[Floats], list[Floats]]:
        """h, and r: all forces but gate h; everything as in `GraphState`."""
        feedback = [np.zeros_like(a) for a in x]
        force = [-p.leaks * (x[v] - p.priors) for v, p in self._numbered()]
        for v, lam in enumerate(weighted):
            if self.graph.predicted[v]:
                force[v] -= lam
        for link, c, g in zip(self.links, carried, factor, strict=True):
            lam = weighted[link.target]
            if self.any_free[link.source]:
                feedback[link.source] += g * (lam @ link.back)
            if link.gain is not None:
                force[link.gain[0]][:, link.gain[1]] += np.einsum("si,si->s", lam, c)
        return feedback, force

    def resting_state(self, x: list[Floats], near: float = 1e-6) -> GraphState:
        """The state of given activities; one within `near` of a kink is put onto it if it rests there."""
        held = self.held(x)
        first = self.state(held)
        for v, act in enumerate(self.activations):
            if act.kinks and self.any_free[v]:
                _, force = self.pull(held, first.weighted, first.carried, first.factor)
                onto, _ = act.at_kink(held[v], -force[v], first.feedback[v], near)
                held[v] = np.where(self.clamps.free[v], onto, held[v])
        return self.state(held)

    def equilibrium(self, state: GraphState, relaxation: Relaxation) -> Equilibrium:
        """The public face of a state."""
        return Equilibrium(
            tuple(state.x),
            tuple(state.mu),
            tuple(state.eps),
            tuple(state.activation),
            state.energy,
            relaxation,
        )

    def hessian(self, state: State) -> Floats:
        """-d(dx/dt)/dx over all activities, clamped ones too, at the gates of the state, [samples, N, N]."""
        assert isinstance(state, GraphState)
        return stiffness_matrix(self.graph, self.links, state, np.arange(sum(self.graph.sizes)))

    def stiffness_matrix(self, state: GraphState) -> Floats:
        """The same over the free activities, [samples, n, n]."""
        return stiffness_matrix(self.graph, self.links, state, self.free)


def _gates_on_kinks(
    act: PiecewiseLinear, x: Floats, force: Floats, feedback: Floats, free: Bools
) -> tuple[Floats, Bools]:
    """Gates of free units on a kink (NaN elsewhere), and whether they stay there.

    The forces to the left and to the right are r + left h and r + right h.  Where both lead away, f' is the
    slope of the left side, as in `Activation.slope`, and the unit goes to the left.
    """
    gates = np.full_like(x, np.nan)
    stays = np.zeros(x.shape, dtype=np.bool_)
    for kink, left, right in zip(act.kinks, act.slopes[:-1], act.slopes[1:], strict=True):
        at = (x == kink) & free
        leftwards = -(force + left * feedback)
        rightwards = force + right * feedback
        rests = at & (leftwards <= 0.0) & (rightwards <= 0.0) & (leftwards + rightwards < 0.0)
        goes_right = (rightwards > 0.0) & (leftwards < 0.0)
        balance = -force / np.where(feedback != 0.0, feedback, 1.0)
        gates = np.where(at, np.where(goes_right, right, left), gates)
        gates = np.where(rests, balance, gates)
        stays |= rests
    return gates, stays
