from __future__ import annotations

import numpy as np
import pytest

from analog_pc import PredictiveCodingNetwork, random_network, relax
from analog_pc.pcn import make_clamps
from analog_pc.pcn.state import Landscape
from analog_pc.pcn.together import applies, relax_together

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 6)), RNG.normal(size=(40, 3))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "identity"])
@pytest.mark.parametrize("sizes", [(6, 5, 4, 3), (6, 5, 4, 4, 3)])
def test_it_finds_what_the_flow_finds(activation: str, sizes: tuple[int, ...]) -> None:
    net = random_network(sizes, activation, seed=1)
    found, want = (relax(net, X, Y, follow=follow, tolerance=1e-11) for follow in (False, True))
    assert found.relaxation.all_converged
    # Residuals of 1e-11 over the smallest eigenvalue of the Hessian, above 0.05 here.
    np.testing.assert_allclose(found.activities[2], want.activities[2], atol=1e-9)


def test_the_first_step_is_newtons_for_equal_samples() -> None:
    """Of a linear network all samples have the mean Hessian: one step arrives."""
    net = random_network((6, 5, 4, 3), "identity", seed=2)
    landscape = Landscape(net, make_clamps(net, X, Y))
    state, steps = relax_together(landscape, landscape.state(landscape.forward()), 1e-10)
    assert steps == 1
    assert state.residual.max() <= 1e-10


def test_energy_never_rises() -> None:
    net = random_network((6, 5, 4, 3), "tanh", seed=3, gain=3.0)
    landscape = Landscape(net, make_clamps(net, X, 5.0 * Y))
    start = landscape.state(landscape.forward())
    state, _ = relax_together(landscape, start, 1e-10)
    assert (state.energy <= start.energy * (1.0 + 1e-12)).all()


def test_where_it_applies() -> None:
    def asked(net: PredictiveCodingNetwork, samples: int = 40) -> bool:
        return applies(Landscape(net, make_clamps(net, X[:samples], Y[:samples])), samples)

    assert asked(random_network((6, 5, 4, 3), "tanh"))
    assert not asked(random_network((6, 5, 4, 3), "relu"))
    assert not asked(random_network((6, 5, 4, 3), "tanh"), samples=7)
