"""The hierarchy: three modules of 32 units that share their weights, and a level above them.

::

    level2 (n) --[ U_h ]--> level1 (3 x 32) --[ U, one for each patch ]--> pixels (3 x 256), clamped

    E = 1/2 |I - U r|^2 + P/2 |r - U_h r_h|^2 + A_1/2 |r|^2 + A_2/2 |r_h|^2

P = 1/10 is the precision of level 1, A_1 = 1 and A_2 = 1/20 are the strengths of the Gaussian priors, which
are leak conductances to ground in a circuit.  E is quadratic: its minimum is one linear solve, with which
training is exact.

Weights learn by the local product with a decay: dU = k (eps r^T / variance - decay U), with a variance of 1
at both levels.  The published rule has the variance of each level, 1 for level 1 and 10 for level 2; level 2
then stays so weak that it predicts less, and nothing is end-stopped (`analysis/rao_ballard_seeds.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.experiments.rao1999.photographs import OFFSETS, PATCH, PIXELS, natural_patches
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection, unrolled_blocks

MODULES = len(OFFSETS)
FEATURES = 32  # of a module of level 1
LEVEL1 = MODULES * FEATURES
MIDDLE = slice(FEATURES, 2 * FEATURES)  # the module whose patch is in the centre
PRECISION = 0.1
PRIORS = (1.0, 0.05)  # A_1, A_2
INITIAL = 0.1  # standard deviation of weights before training


@dataclass(frozen=True, kw_only=True)
class Training:
    """How weights are learned.

    Parameters
    ----------
    alone
        Batches that level 1 learns alone, without feedback.
    together
        Batches that both levels learn after that.
    batch
        Windows of a batch.
    rate
        k of the first batches; it falls by `fading` every 40 batches.
    fading
        Factor of a step of k; 1.015 is published, every 40 inputs.
    decay
        Of the weights.
    variance
        That the product of level 2 is divided by, the decay is not; 10 is published.
    """

    alone: Count = 300
    together: Count = 500
    batch: Count = 100
    rate: Positive = 1.0
    fading: Positive = 1.015
    decay: Positive = 0.005
    variance: Positive = 1.0


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Weights: `features` U [256, 32], shared by the modules; `context` U_h [96, units of level 2]."""

    features: Floats
    context: Floats

    @property
    def units(self) -> int:
        """Units of level 2."""
        return int(self.context.shape[1])

    def settled(self, images: Floats, feedback: bool = True) -> tuple[Floats, Floats]:
        """The minimum of E for images [n, 768]: r [n, 96] and r_h [n, units]; without feedback r_h is 0."""
        driven = self.driven(images)
        hessian = self.hessian()
        if not feedback:
            alone = hessian[:LEVEL1, :LEVEL1]
            r = np.linalg.solve(alone, driven.T).T
            return np.asarray(r, dtype=np.float64), np.zeros((len(images), self.units))
        force = np.concatenate([driven.T, np.zeros((self.units, len(images)))])
        both = np.asarray(np.linalg.solve(hessian, force).T, dtype=np.float64)
        return both[:, :LEVEL1], both[:, LEVEL1:]

    def driven(self, images: Floats) -> Floats:
        """U^T I of each module, [n, 96]: what pixels push the units of level 1 with, from r = 0."""
        modules = images.reshape(len(images), MODULES, PATCH * PATCH)
        return (modules @ self.features).reshape(len(images), LEVEL1)

    def hessian(self) -> Floats:
        """Second derivatives of E by (r, r_h)."""
        own = self.features.T @ self.features
        one = np.kron(np.eye(MODULES), own) + (PRECISION + PRIORS[0]) * np.eye(LEVEL1)
        cross = -PRECISION * self.context
        two = PRECISION * self.context.T @ self.context + PRIORS[1] * np.eye(self.units)
        return np.block([[one, cross], [cross.T, two]])

    def errors(self, images: Floats, feedback: bool = True) -> Floats:
        """Prediction errors r - U_h r_h of level 1 at rest, [n, 96]."""
        r, context = self.settled(images, feedback)
        return r - context @ self.context.T

    def response(self, image: Floats, times: Floats) -> Floats:
        """Prediction errors of level 1 at `times` after an image [768] appears, from rest at 0: [times, 96].

        ::

            (r, r_h)(t) = (1 - e^(-H t)) H^-1 (U^T I, 0)        H: the Hessian of E, t in C / g_s
        """
        rates, modes = np.linalg.eigh(self.hessian())
        force = np.concatenate([self.driven(image[None])[0], np.zeros(self.units)])
        grown = -np.expm1(-np.outer(times, rates)) / rates
        both = (grown * (modes.T @ force)) @ modes.T
        return np.asarray(both[:, :LEVEL1] - both[:, LEVEL1:] @ self.context.T)

    def explained(self, images: Floats) -> tuple[float, float]:
        """Shares of variance that level 1 predicts of the pixels, and level 2 of level 1."""
        r, context = self.settled(images)
        missed = images - (r.reshape(-1, FEATURES) @ self.features.T).reshape(images.shape)
        surprise = r - context @ self.context.T
        return 1.0 - _power(missed) / _power(images), 1.0 - _power(surprise) / _power(r)

    def graph(self, pixels: Floats | None = None) -> PredictiveCodingGraph:
        """The network; the population "switch" (1: closed, 0: open) connects level 2 with level 1.

        Parameters
        ----------
        pixels
            Weights of a patch to use instead of U, [pixels of a patch, 32]; see `compressed`.
        """
        one = self.features if pixels is None else pixels
        blocks = unrolled_blocks(one, MODULES)
        populations = (
            Population(name="switch", size=1),
            Population(name="level2", size=self.units, leak=PRIORS[1]),
            Population(name="level1", size=LEVEL1, precision=PRECISION, leak=PRIORS[0]),
            Population(name="pixels", size=MODULES * len(one)),
        )
        projections = (
            Projection(source="level2", target="level1", weight=self.context, gain=("switch", 0)),
            Projection(source="level1", target="pixels", kind="block", **blocks._asdict()),
        )
        return PredictiveCodingGraph(populations, projections)

    def compressed(self, images: Floats) -> tuple[Floats, Floats]:
        """Pixels in an orthonormal basis Q of the features, U = Q R: R [32, 32] and Q^T I [n, 96].

        ``|I - U r|^2 = |Q^T I - R r|^2 + what no r changes``: every r, r_h and eps of level 1 stays the same,
        with 96 instead of 768 clamped nodes.
        """
        basis, triangle = np.linalg.qr(self.features)
        modules = images.reshape(len(images), MODULES, PATCH * PATCH)
        return triangle, (modules @ basis).reshape(len(images), LEVEL1)


def trained(units: int, training: Training, seed: int) -> Hierarchy:
    """A hierarchy that has learned windows of the photographs."""
    rng = np.random.default_rng(seed)
    features = INITIAL * rng.normal(size=(PIXELS // MODULES, FEATURES))
    context = INITIAL * rng.normal(size=(LEVEL1, units))
    rate = training.rate
    for step in range(training.alone + training.together):
        images = natural_patches(rng, training.batch)
        feedback = step >= training.alone
        model = Hierarchy(features, context)
        r, above = model.settled(images, feedback)
        modules = r.reshape(-1, FEATURES)
        missed = images.reshape(len(modules), -1) - modules @ features.T
        features = features + rate * _learned(missed, modules, features, training.decay)
        if feedback:
            surprise = r - above @ context.T
            learned = _learned(surprise / training.variance, above, context, training.decay)
            context = context + rate * learned
        if (step + 1) % 40 == 0:
            rate /= training.fading
    return Hierarchy(features, context)


def _learned(eps: Floats, activity: Floats, weights: Floats, decay: float) -> Floats:
    """The mean product of a batch minus the decay."""
    return np.asarray(eps.T @ activity / len(eps) - decay * weights)


def _power(values: Floats) -> float:
    return float((values * values).sum())
