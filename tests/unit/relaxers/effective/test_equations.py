"""The Jacobian of the effective network against finite differences of its residual."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.activations.compiled import code_of, pieces_of
from analog_pc.compiled.block_tridiagonal import BlockMatrix, Layout, empty_matrix, layout_of
from analog_pc.relaxers.effective.equations import (
    ActivationCircuits,
    Point,
    Problem,
    evaluate,
    jacobian,
    new_point,
)

N = np.array([3, 4, 2])
AT = np.concatenate([[0], np.cumsum(N)])
ALL = int(AT[-1])
STEP = 1e-6


def problem_of(name: str, rng: np.random.Generator) -> Problem:
    """Random stages; T F and T (1 - N) are the products that they stand for."""
    parts: list[list[np.ndarray]] = [[], [], [], [], []]
    for layer, n in enumerate(N):
        pre = int(N[layer - 1]) if layer else 0
        forward, load, back = (0.5 * rng.normal(size=s) for s in ((n, pre), (n, n), (pre, n)))
        for part, block in zip(
            parts, (forward, load, back, back @ forward, back @ (np.eye(n) - load)), strict=True
        ):
            part.append(block.ravel())
    forward, load, back, back_forward, back_load = (np.concatenate(part) for part in parts)
    f = ACTIVATIONS[name]
    gain, offset = rng.uniform(0.8, 1.2, ALL), 0.1 * rng.normal(size=ALL)
    return Problem(
        layout=layout_of(N.tolist()),
        forward=forward,
        load=load,
        feedback=back,
        feedback_forward=back_forward,
        feedback_load=back_load,
        constant=rng.normal(size=ALL),
        feedback_constant=rng.normal(size=ALL),
        gate_gain=rng.normal(size=ALL),
        precision=rng.uniform(0.5, 2.0, N.size),
        activation=ActivationCircuits(code_of(f), pieces_of(f), 1e-2 * bool(f.kinks), gain, offset),
        output_is_free=np.ones(N[-1], dtype=bool),
    )


def whole(blocks: BlockMatrix, layout: Layout) -> np.ndarray:
    """The matrix of its blocks."""
    out = np.zeros((ALL, ALL))
    for layer, n in enumerate(N):
        here = slice(AT[layer], AT[layer + 1])
        out[here, here] = blocks.diagonal[layout.squares[layer] :][: n * n].reshape(n, n)
        if layer:
            m, below = N[layer - 1], slice(AT[layer - 1], AT[layer])
            start = layout.couplings[layer]
            out[here, below] = blocks.lower[start:][: n * m].reshape(n, m)
            out[below, here] = blocks.upper[start:][: n * m].reshape(m, n)
    return out


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_jacobian(name: str, shift: float) -> None:
    rng = np.random.default_rng(3)
    problem = problem_of(name, rng)
    z, mu1 = rng.normal(size=ALL), rng.normal(size=N[0])
    z[0] = 0.3 if ACTIVATIONS[name].kinks == (0.0,) else z[0]  # inside a dead zone of relu

    def evaluated(drives: np.ndarray) -> Point:
        point = new_point(ALL)
        point.z[:] = drives
        evaluate(problem, mu1, point)
        return point

    point = evaluated(z)
    blocks = empty_matrix(problem.layout)
    jacobian(problem, point, shift, blocks)
    numeric = np.empty((ALL, ALL))
    for j in range(ALL):
        up, down = (evaluated(z + sign * STEP * np.eye(ALL)[j]).residual for sign in (1.0, -1.0))
        numeric[:, j] = -(up - down) / (2.0 * STEP) + shift * np.eye(ALL)[j] * point.dx_dz
    # Truncation h^2 R'''/6 and rounding eps R / h: both near 1e-9 for |R| near 10.
    np.testing.assert_allclose(whole(blocks, problem.layout), numeric, rtol=0.0, atol=2e-8)
