"""The closed form of the hierarchy against its energy, and its graph against the closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.experiments.rao1999.hierarchy import (
    FEATURES,
    LEVEL1,
    MODULES,
    PRECISION,
    PRIORS,
    Hierarchy,
    Training,
    trained,
)
from analog_pc.experiments.rao1999.photographs import PIXELS, bars, natural_patches

SHORT = Training(alone=10, together=10, batch=30)


@pytest.fixture(scope="module")
def model() -> Hierarchy:
    return trained(12, SHORT, seed=1)


def test_the_minimum_has_no_gradient(model: Hierarchy) -> None:
    """By the energy as it is written, module by module, not by its Hessian."""
    images = natural_patches(np.random.default_rng(0), 5)
    for feedback in (True, False):
        r, above = model.settled(images, feedback)
        prediction = above @ model.context.T
        force = -PRECISION * (r - prediction) - PRIORS[0] * r
        for k in range(MODULES):
            module = slice(k * FEATURES, (k + 1) * FEATURES)
            seen = images[:, k * (PIXELS // MODULES) : (k + 1) * (PIXELS // MODULES)]
            force[:, module] += (seen - r[:, module] @ model.features.T) @ model.features
        np.testing.assert_allclose(force, 0.0, atol=1e-10)
        if feedback:
            top = PRECISION * (r - prediction) @ model.context - PRIORS[1] * above
            np.testing.assert_allclose(top, 0.0, atol=1e-10)
        else:
            assert not above.any()


def test_the_response_is_the_gradient_flow(model: Hierarchy) -> None:
    image = bars()[1][-1]
    hessian = model.hessian()
    force = np.concatenate([model.driven(image[None])[0], np.zeros(model.units)])
    times = np.array([0.0, 0.1, 1.0, 5.0])
    path = solve_ivp(
        lambda t, x: force - hessian @ x,
        (0.0, 5.0),
        np.zeros(len(force)),
        t_eval=times,
        rtol=1e-10,
        atol=1e-12,
    ).y.T
    wanted = path[:, :LEVEL1] - path[:, LEVEL1:] @ model.context.T
    np.testing.assert_allclose(model.response(image, times), wanted, atol=1e-8)


def test_pixels_in_the_basis_of_the_features_change_nothing_above(model: Hierarchy) -> None:
    images = bars()[1]
    triangle, seen = model.compressed(images)
    assert seen.shape == (len(images), LEVEL1)
    small = Hierarchy(triangle, model.context)
    np.testing.assert_allclose(triangle.T @ triangle, model.features.T @ model.features, atol=1e-12)
    np.testing.assert_allclose(
        (seen.reshape(-1, MODULES, FEATURES) @ triangle).reshape(seen.shape), model.driven(images), atol=1e-12
    )
    assert small.units == model.units


def test_training_explains_more_and_more_of_the_photographs(model: Hierarchy) -> None:
    images = natural_patches(np.random.default_rng(5), 200)
    start = trained(12, Training(alone=1, together=1, batch=2), seed=1)
    before = start.explained(images)
    after = model.explained(images)
    assert after[0] > max(before[0] + 0.2, 0.6)
    assert after[1] > before[1]


def test_the_graph_has_one_device_for_each_pixel_of_a_patch(model: Hierarchy) -> None:
    graph = model.graph()
    assert graph.sizes == (1, 12, LEVEL1, PIXELS)
    below = graph.projection("level1->pixels")
    assert below.devices is not None
    assert below.devices.sum() == MODULES * model.features.size  # not the zeros between the blocks
    assert below.shared is not None
    assert below.shared.max() + 1 == model.features.size  # copies of one block
