"""A relaxation that is stopped before it rests."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax, relax_for

CHAIN = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity")


@pytest.mark.parametrize("duration", [0.0, 0.2, 5.0])
def test_a_linear_chain_follows_its_exponential(duration: float) -> None:
    """x = 3/2 - e^(-2 t) / 2 between 1 and 2."""
    state = relax_for(CHAIN, duration, [[1.0]], [[2.0]])
    assert abs(state.activities[1][0, 0] - (1.5 - 0.5 * np.exp(-2.0 * duration))) < 1e-11
    assert not state.relaxation.all_converged
    assert state.relaxation.message == f"stopped after {duration:g} C / g_s"


def test_it_ends_in_the_equilibrium() -> None:
    network = random_network((3, 4, 2), "tanh", seed=1)
    rest = relax(network, [[0.3, -0.2, 1.0]], [[0.5, -0.5]])
    late = relax_for(network, 80.0, [[0.3, -0.2, 1.0]], [[0.5, -0.5]])
    np.testing.assert_allclose(late.eps[1], rest.eps[1], atol=1e-9)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(BadInput, match=r"duration = -1\.0, must be finite and >= 0"):
        relax_for(CHAIN, -1.0, [[1.0]], [[2.0]])
