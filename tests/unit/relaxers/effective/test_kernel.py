"""The Jacobian of the effective network against finite differences of its residual."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.relaxers.effective.activations import law_of
from analog_pc.relaxers.effective.kernel import _jacobian, _residual

N = np.array([3, 4, 2])
AT = np.concatenate([[0], np.cumsum(N)])
ALL = int(AT[-1])
STEP = 1e-6


def stages(rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """F, N, T, T F, T (1 - N) of all layers, flat, and where each layer begins."""
    parts: list[list[np.ndarray]] = [[], [], [], [], []]
    for layer, n in enumerate(N):
        pre = int(N[layer - 1]) if layer else 0
        forward, load, back = (0.5 * rng.normal(size=s) for s in ((n, pre), (n, n), (pre, n)))
        for part, block in zip(
            parts, (forward, load, back, back @ forward, back @ (np.eye(n) - load)), strict=True
        ):
            part.append(block.ravel())
    where = np.array([np.concatenate([[0], np.cumsum([b.size for b in part])])[:-1] for part in parts[:4]])
    return [np.concatenate(part) for part in parts], np.ascontiguousarray(where.T)


def whole(blocks: tuple[np.ndarray, ...], where: np.ndarray) -> np.ndarray:
    """The matrix of its blocks: diagonal, below and above."""
    diagonal, lower, upper = blocks
    out = np.zeros((ALL, ALL))
    for layer, n in enumerate(N):
        here = slice(AT[layer], AT[layer + 1])
        out[here, here] = diagonal[where[layer, 1] :][: n * n].reshape(n, n)
        if layer:
            m, below = N[layer - 1], slice(AT[layer - 1], AT[layer])
            out[here, below] = lower[where[layer, 0] :][: n * m].reshape(n, m)
            out[below, here] = upper[where[layer, 2] :][: n * m].reshape(m, n)
    return out


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_jacobian(name: str, shift: float) -> None:
    rng = np.random.default_rng(3)
    (f, load, t, tf, tn), where = stages(rng)
    law = law_of(ACTIVATIONS[name], 1e-2)
    z, mu1, loose = rng.normal(size=ALL), rng.normal(size=N[0]), np.ones(N[-1], dtype=bool)
    z[0] = 0.3 if ACTIVATIONS[name].kinks == (0.0,) else z[0]  # inside a dead zone of relu
    c, d, k, offset = (rng.normal(size=ALL) for _ in range(4))
    p, gain = rng.uniform(0.5, 2.0, N.size), rng.uniform(0.8, 1.2, ALL)
    arguments = (mu1, N, AT[:-1], f, load, t, where, c, d, k, p, law, gain, 0.1 * offset, loose)

    def evaluate(drives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        work, out = np.empty((9, ALL)), np.empty(ALL)
        _residual(drives, *arguments, work, out)
        return out, work

    _, work = evaluate(z)
    blocks = np.empty(load.size), np.empty(f.size), np.empty(t.size)
    _jacobian(N, AT[:-1], N.size, f, load, t, where, tf, tn, k, p, work, loose, shift, blocks)
    numeric = np.empty((ALL, ALL))
    for j in range(ALL):
        up, down = (evaluate(z + sign * STEP * np.eye(ALL)[j]) for sign in (1.0, -1.0))
        # Rows 8 of the work arrays hold dx/dz.
        numeric[:, j] = -(up[0] - down[0]) / (2.0 * STEP) + shift * np.eye(ALL)[j] * work[8]
    # Truncation h^2 R'''/6 and rounding eps R / h: both near 1e-9 for |R| near 10.
    np.testing.assert_allclose(whole(blocks, where), numeric, rtol=0.0, atol=2e-8)
