"""How much read noise an update bears: its cosine with the update without noise, over noise and beta.

An estimate of equilibrium propagation is a difference of squares over 2 beta: what noise adds to it falls as
1 / beta, so that the least beta that keeps a given cosine is proportional to the noise.  An update of
predictive coding is a product, and has no beta.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.scellier2023.contenders import layered_scales, resistive_volts, with_constant
from analog_pc.experiments.scellier2023.read_noise import NoisyReading, with_noise
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps, relax
from analog_pc.pcn.learning import PredictiveCoding
from analog_pc.resistive import (
    ContrastiveRule,
    ResistiveNetwork,
    adjoint_gradient,
    contrastive_gradient,
    nudge,
    settle,
)
from analog_pc.technology import Technology

GOOD = 0.9  # cosine that a useful update has
DRAWS = 2  # of the noise, a batch
CENTRED = (-1, 1)


def propagation_cosines(
    network: ResistiveNetwork,
    technology: Technology,
    batches: Sequence[tuple[Floats, Floats]],
    noises: Sequence[float],
    betas: Sequence[float],
) -> Floats:
    """Mean cosine of C-EP, nudged by currents, with the exact gradient, [noises, betas].

    Parameters
    ----------
    batches
        Inputs and targets.
    noises
        V, rms.
    betas
        In units of a conductance of 1.
    """
    volts = resistive_volts(technology, network.gain)
    found = np.zeros((len(noises), len(betas)))
    rng = np.random.default_rng(0)
    for x, targets in batches:
        inputs = with_constant(x)
        exact = _flat(adjoint_gradient(network, inputs, targets).conductances)
        for i, noise in enumerate(noises):
            solver = NoisyReading(noise / volts, rng)
            for k, beta in enumerate(betas):
                rule = ContrastiveRule("current", beta, CENTRED)
                for _ in range(DRAWS):
                    read = contrastive_gradient(network, inputs, targets, rule, solver)
                    found[i, k] += _cosine(_flat(read.conductances), exact)
    return found / (DRAWS * len(batches))


def output_swing(
    network: ResistiveNetwork, batches: Sequence[tuple[Floats, Floats]], betas: Sequence[float]
) -> Floats:
    """Largest voltage of an output in the states of C-EP, as a part of that of the sources, [betas]."""
    found = np.zeros(len(betas))
    for x, targets in batches:
        inputs = with_constant(x)
        free = settle(network, inputs)
        for k, beta in enumerate(betas):
            for sign in CENTRED:
                load = nudge("current", sign * beta, free.output, targets)
                output = settle(network, inputs, load, free).output
                found[k] = max(found[k], float(np.abs(output).max()) / network.gain)
    return found


def layered_cosines(
    network: PredictiveCodingNetwork,
    technology: Technology,
    batches: Sequence[tuple[Floats, Floats]],
    noises: Sequence[float],
) -> Floats:
    """Mean cosine of the update of predictive coding with the one without noise, [noises]."""
    found = np.zeros(len(noises))
    rng = np.random.default_rng(0)
    for inputs, targets in batches:
        equilibrium = relax(network, clamps=make_clamps(network, inputs, targets))
        factors = PredictiveCoding().at(network, equilibrium)
        scales = layered_scales(network, technology, inputs)
        exact = _flat(factors.update().weights)
        for i, noise in enumerate(noises):
            for _ in range(DRAWS):
                read = with_noise(factors, noise, scales, rng).update()
                found[i] += _cosine(_flat(read.weights), exact)
    return found / (DRAWS * len(batches))


def least_beta(betas: Sequence[float], cosines: Floats) -> float:
    """Where the cosine [betas] first rises to `GOOD`, on a logarithmic scale; NaN where it never does."""
    good = np.flatnonzero(cosines >= GOOD)
    if not len(good) or good[0] == 0:
        return np.nan  # never, or below the grid
    k = int(good[0])
    share = (GOOD - cosines[k - 1]) / (cosines[k] - cosines[k - 1])
    return float(betas[k - 1] * (betas[k] / betas[k - 1]) ** share)


def most_noise(noises: Sequence[float], cosines: Floats) -> float:
    """Where the cosine [noises] falls below `GOOD`, on a logarithmic scale; NaN beyond the grid."""
    bad = np.flatnonzero(cosines < GOOD)
    if not len(bad) or bad[0] == 0:
        return np.nan
    k = int(bad[0])
    share = (GOOD - cosines[k - 1]) / (cosines[k] - cosines[k - 1])
    return float(noises[k - 1] * (noises[k] / noises[k - 1]) ** share)


def _flat(matrices: Sequence[Floats]) -> Floats:
    return np.concatenate([m.ravel() for m in matrices])


def _cosine(a: Floats, b: Floats) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
