"""The recurrent memory: one population that predicts itself (the implicit model of Tang et al. 2023).

::

    mu = nu + W (x - nu),  diag W = 0        eps = x - mu        E = 1/2 |eps|^2
    dx/dt = -(1 - W)^T eps on the free pixels                    dW = rate <eps (x - nu)^T>, none to itself

                 +------[ W, b = (1 - W) nu ]------+
                 |                                 |
           x ----+---/\\/\\/---- mu <---------------+       one crossbar pair from the layer to itself
                      spring

With M = 1 - W, and the free pixels u and known pixels k of M: E is least where x_u - nu_u solves the linear
least-squares problem |M_u x_u + M_k x_k|.  A direction of the free pixels that M_u maps to 0 is pulled by
nothing: the memory does not determine it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.salvatori2021.patterns import PIXELS, Cue
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection

FLAT = 1e-12  # rate in g_s / C of a direction that counts as free: rounding of a sum of squares of 64 weights
POPULATION = "pixels"


@dataclass(frozen=True, eq=False)
class RecurrentMemory:
    """Weights W, [64, 64], and their centre nu, [64]."""

    weights: Floats
    mean: Floats

    @property
    def graph(self) -> PredictiveCodingGraph:
        """The memory as a graph: one population and its projection to itself."""
        bias = self.mean - self.weights @ self.mean
        itself = Projection(source=POPULATION, target=POPULATION, weight=self.weights, bias=bias)
        return PredictiveCodingGraph([Population(name=POPULATION, size=PIXELS)], [itself])


def store(patterns: Floats, steps: int, rate: float) -> RecurrentMemory:
    """Learn by the local rule, all patterns at once, from W = 0.

    Parameters
    ----------
    patterns
        [patterns, 64]; their mean is nu.
    steps
        Updates.
    rate
        Learning rate.
    """
    mean = patterns.mean(axis=0)
    centred = patterns - mean
    covariance = centred.T @ centred / len(patterns)
    weights = np.zeros((PIXELS, PIXELS))
    for _ in range(steps):
        weights += rate * (covariance - weights @ covariance)  # <eps (x - nu)^T>, all pixels clamped
        np.fill_diagonal(weights, 0.0)
    return RecurrentMemory(weights, mean)


def stored_energy(memory: RecurrentMemory, patterns: Floats) -> float:
    """E of a stored pattern, their mean."""
    centred = patterns - memory.mean
    eps = centred - centred @ memory.weights.T
    return float(0.5 * (eps**2).sum(axis=1).mean())


@dataclass(frozen=True, eq=False)
class Completion:
    """The linear problem of a cue: rates of its modes, [free], slowest first, the modes, and their forces.

    ``x(t) = start + modes (1 - exp(-rates t)) / rates (modes^T force)``, in units of C / g_s.
    """

    shown: Cue
    rates: Floats  # eigenvalues of M_u^T M_u
    modes: Floats  # [free, free], in columns
    forces: Floats  # -dE/dx of the free pixels at the mean, along the modes, [patterns, free]
    mean: Floats

    @property
    def undetermined(self) -> int:
        """Number of directions that nothing pulls back."""
        return int((self.rates < FLAT).sum())

    @property
    def slowest(self) -> float:
        """The smallest rate, 1 / (C / g_s); 0 where a direction is free."""
        return 0.0 if self.undetermined else float(self.rates[0])

    def at(self, time: float) -> Floats:
        """The pixels a while after the cue has been clamped, from nu, [patterns, 64]; inf: at rest.

        At rest free directions are where they started: they are not determined.
        """
        pulled = self.rates >= FLAT
        gain = np.zeros_like(self.rates)
        gain[pulled] = -np.expm1(-self.rates[pulled] * time) / self.rates[pulled]
        if np.isfinite(time):
            gain[~pulled] = time
        found = self.shown.patterns.copy()
        found[:, self.shown.free] = self.mean[self.shown.free] + (self.forces * gain) @ self.modes.T
        return found


def completion(memory: RecurrentMemory, shown: Cue) -> Completion:
    """The linear problem that the memory solves for a cue, by an eigendecomposition of M_u^T M_u."""
    away = np.eye(PIXELS) - memory.weights
    free = away[:, shown.free]
    rates, modes = np.linalg.eigh(free.T @ free)
    eps = (shown.patterns - memory.mean)[:, shown.known] @ away[:, shown.known].T
    return Completion(shown, rates, modes, -(eps @ free) @ modes, memory.mean)
