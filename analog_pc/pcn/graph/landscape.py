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

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from analog_pc.activations import Activation
from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.graph.kinks import gates_on_kinks
from analog_pc.pcn.graph.state import GraphState, Link
from analog_pc.pcn.graph.stiffness import stiffness_matrix


class GraphLandscape:
    """A graph under clamps; evaluates states on it.

    Parameters
    ----------
    graph, clamps
        The graph, and clamps of its populations.
    gate
        Constant in place of f' on the way back; None: f'.
    """

    def __init__(self, graph: PredictiveCodingGraph, clamps: Clamps, gate: float | None = None) -> None:
        self.graph = graph
        self.clamps = clamps
        self.gate = gate
        self.symmetric = graph.symmetric and gate is None  # whether the flow goes downhill in E
        self.activations: list[Activation] = [p.f for p in graph.populations]
        self.free = np.flatnonzero(np.concatenate(clamps.free))  # of all activities side by side
        self.any_free = [bool(free.any()) for free in clamps.free]
        biases = [0.0 if p.b is None else p.b for p in graph.projections]
        parts = zip(
            graph.sources, graph.targets, graph.weights, graph.feedback, graph.gains, biases, strict=True
        )
        self.links = [Link(k, *part) for k, part in enumerate(parts)]
        self._predicted_sizes = [n * known for n, known in zip(graph.sizes, graph.predicted, strict=True)]
        self._leaks = [bool(p.leaks.any()) for p in graph.populations]

    def some(self, samples: Ints) -> GraphLandscape:
        """The landscapes of some samples."""
        return GraphLandscape(self.graph, self.clamps.some(samples), self.gate)

    @cached_property
    def _springs(self) -> list[float]:
        """Eigenvalues of the precisions that have an effect, and leaks."""
        found = [leak for p in self.graph.populations for leak in p.leaks.tolist()]
        for p, known in zip(self.graph.populations, self.graph.predicted, strict=True):
            if known:
                found += (p.pi if p.pi.ndim == 1 else np.linalg.eigvalsh(p.pi)).tolist()
        return found

    @property
    def stiffness(self) -> float:
        """The largest eigenvalue of a precision, or leak, whose inverse is the unit of time of the flow."""
        return max(self._springs) or 1.0

    @property
    def softness(self) -> float:
        """The smallest eigenvalue of a precision, or leak that is not 0."""
        return min((one for one in self._springs if one > 0.0), default=1.0)

    @cached_property
    def is_linear(self) -> bool:
        """Whether dx/dt is linear in the free activities, with the same matrix for every sample."""
        return all(
            link.gain is None
            and (self.activations[link.source].name == "identity" or not self.any_free[link.source])
            for link in self.links
        )

    def forward(self) -> list[Floats]:
        """Activities of the forward state, where every relaxation starts.

        Free units of a population that nothing predicts, or that is on a cycle, are 0; all others are
        predicted, sources first.  Clamps of a predicted population hold their own units and have not acted on
        others yet, as in a network that has settled on its input before the clamps close.
        """
        graph = self.graph
        seen = list(self.clamps.values)
        for v in graph.order:
            if graph.predicted[v] and not graph.on_cycle[v]:
                seen[v] = np.zeros_like(seen[v])
                for link in self.links:
                    if link.target == v:
                        carried = self.activations[link.source].f(seen[link.source]) @ link.weight.T
                        gain = 1.0 if link.gain is None else _gain_of(link.gain, seen)
                        seen[v] += gain * carried + link.bias
        return self.held(seen)

    @cached_property
    def _constants(self) -> dict[int, Floats]:
        """W f(x_source) of projections whose source is clamped as a whole: the largest matrices leave all
        loops."""
        return {
            link.number: self.activations[link.source].f(self.clamps.values[link.source]) @ link.weight.T
            for link in self.links
            if not self.any_free[link.source]
        }

    def _carried(self, link: Link, x: list[Floats], rates: list[Floats]) -> Floats:
        """W f(x_source) of a projection, without its gain, [samples, post]."""
        if link.number in self._constants and x[link.source] is self.clamps.values[link.source]:
            return self._constants[link.number]
        return rates[link.source] @ link.weight.T

    def held(self, x: list[Floats]) -> list[Floats]:
        """Activities with the clamped ones replaced by their clamps."""
        c = self.clamps
        return [
            np.where(free, a, v) if free.any() else v for free, a, v in zip(c.free, x, c.values, strict=True)
        ]

    def flat(self, x: Sequence[Floats | Bools]) -> Floats:
        """The free entries of one array [samples, size] a population, side by side, [samples, n]."""
        return np.asarray(np.concatenate(x, axis=1)[:, self.free])

    def spread(self, free: Floats) -> list[Floats]:
        """One array [samples, size] a population, from its free entries [samples, n]; 0 elsewhere."""
        whole = np.zeros((len(free), sum(self.graph.sizes)))
        whole[:, self.free] = free
        return np.split(whole, np.cumsum(self.graph.sizes)[:-1], axis=1)

    def state(self, x: list[Floats], kink_gate: list[Floats | None] | None = None) -> GraphState:
        """Evaluate the landscape at activities x.

        Parameters
        ----------
        x
            One array [samples, size] a population.
        kink_gate
            Gates of units that rest on a kink, NaN elsewhere, as in `GraphState`; None, of all or of one
            population: the forces decide, on units that are exactly on a kink.
        """
        samples = len(x[0])
        rates = [act.f(a) for act, a in zip(self.activations, x, strict=True)]
        carried = [self._carried(link, x, rates) for link in self.links]
        one = np.ones((samples, 1))
        factor = [one if link.gain is None else _gain_of(link.gain, x) for link in self.links]
        mu = [np.zeros((samples, width)) for width in self._predicted_sizes]
        for link, c, g in zip(self.links, carried, factor, strict=True):
            mu[link.target] += (c if link.gain is None else g * c) + link.bias
        eps = []
        weighted = []
        force = []
        energy = np.zeros(samples)
        for p, leaks, a, m in zip(self.graph.populations, self._leaks, x, mu, strict=True):
            eps.append(a - m if m.size else m)
            weighted.append(p.weighted(eps[-1]) if m.size else m)
            energy += 0.5 * np.einsum("si,si->s", eps[-1], weighted[-1])
            force.append(-weighted[-1] if m.size else np.zeros_like(a))
            if leaks:
                energy += 0.5 * ((a - p.priors) ** 2 @ p.leaks)
                force[-1] -= p.leaks * (a - p.priors)
        feedback = [np.zeros_like(a) for a in x]
        for link, c, g in zip(self.links, carried, factor, strict=True):
            lam = weighted[link.target]
            if self.any_free[link.source]:
                back = lam @ link.back
                feedback[link.source] += back if link.gain is None else g * back
            if link.gain is not None:
                force[link.gain[0]][:, link.gain[1]] += np.einsum("si,si->s", lam, c)
        held_gate = kink_gate or [None] * len(x)
        gates = [self._gates(v, *a) for v, a in enumerate(zip(x, force, feedback, held_gate, strict=True))]
        gate, resting, moving = (list(parts) for parts in zip(*gates, strict=True))
        gradient = [-(r + g * h) * m for r, g, h, m in zip(force, gate, feedback, moving, strict=True)]
        return GraphState(
            x=x,
            kink_gate=resting,
            activation=rates,
            gate=gate,
            mu=mu,
            eps=eps,
            weighted=weighted,
            carried=carried,
            factor=factor,
            feedback=feedback,
            force=force,
            moving=moving,
            gradient=gradient,
            energy=energy,
        )

    def _gates(
        self, v: int, x: Floats, force: Floats, feedback: Floats, held_gate: Floats | None
    ) -> tuple[Floats, Floats | None, Bools]:
        """Gates of a population, those of units that rest on a kink (NaN elsewhere), and which units move."""
        act = self.activations[v]
        free = np.ones((len(x), 1), dtype=np.bool_) & self.clamps.free[v]
        if not self.any_free[v]:
            return np.zeros_like(x), None, free  # nothing reads it: not worth f'
        if self.gate is not None:
            return np.full_like(x, self.gate), None, free
        slope = act.slope(x)
        if held_gate is None and act.kinks:
            found, stays = gates_on_kinks(act, x, force, feedback, free)
            return np.where(np.isnan(found), slope, found), np.where(stays, found, np.nan), free & ~stays
        return (
            slope if held_gate is None else np.where(np.isnan(held_gate), slope, held_gate),
            held_gate,
            free,
        )

    def resting_state(self, x: list[Floats], near: float = 1e-6) -> GraphState:
        """The state of known activities; one within `near` of a kink is put onto it if it rests there."""
        held = self.held(x)
        first = self.state(held)
        for v, act in enumerate(self.activations):
            if act.kinks and self.any_free[v]:
                onto, _ = act.at_kink(held[v], -first.force[v], first.feedback[v], near)
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

    def hessian(self, state: GraphState) -> Floats:
        """-d(dx/dt)/dx over all activities, clamped ones too, at the gates of the state, [samples, N, N]."""
        return stiffness_matrix(self.graph, self.links, state, np.arange(sum(self.graph.sizes)), self.gate)

    def stiffness_matrix(self, state: GraphState) -> Floats:
        """The same over the free activities, [samples, n, n]."""
        return stiffness_matrix(self.graph, self.links, state, self.free, self.gate)


def _gain_of(unit: tuple[int, int], x: list[Floats]) -> Floats:
    """Activity of a (population, unit), [samples, 1]."""
    return x[unit[0]][:, unit[1], None]
