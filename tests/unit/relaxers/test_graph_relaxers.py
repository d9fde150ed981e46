"""Relaxers on graphs: a memory completes itself, in mathematics and as a circuit."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection
from analog_pc.relaxers import CircuitRelaxer, EffectiveRelaxer, IdealRelaxer
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL

RNG = np.random.default_rng(1)
MEMORY = PredictiveCodingGraph(
    [Population(name="units", size=6, activation="tanh")],
    [Projection(source="units", target="units", weight=0.4 * RNG.normal(size=(6, 6)))],
)
HALF = np.ma.masked_array(RNG.normal(size=(3, 6)), mask=[[False] * 3 + [True] * 3] * 3)


def test_circuit_and_ideal_agree() -> None:
    ideal = IdealRelaxer(follow=True).relax(MEMORY, clamps={"units": HALF})
    found = CircuitRelaxer(Native(), IDEAL).relax(MEMORY, clamps={"units": HALF})
    assert ideal.relaxation.all_converged
    assert found.relaxation.all_converged
    assert found.predictions[0].shape == (3, 6)
    # Noise gains of a few over the op-amps' gain of 1e9, spread by the inverse Hessian.
    np.testing.assert_allclose(found.activities[0], ideal.activities[0], rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(found.rates[0], np.tanh(found.activities[0]), rtol=0.0, atol=1e-7)


def test_a_relaxer_of_chains_says_so() -> None:
    with pytest.raises(BadInput, match="takes chains only"):
        EffectiveRelaxer(IDEAL).relax(MEMORY, clamps={"units": HALF})
