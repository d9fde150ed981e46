"""Forces and Hessian of the energy of a chain of layers, compiled.

::

    E        = 1/2 sum_l pi_l |x_l - mu_l|^2,      mu_l = W_l f(x_{l-1}) + b_l
    force_l  = pi_l (x_l - mu_l)
    back_l   = W_{l+1}^T force_{l+1}
    dE/dx_l  = force_l - f'(x_l) back_l
"""

from __future__ import annotations

import numba
import numpy as np

from analog_pc.arrays import Floats
from flow_reference.chain import Chain


@numba.njit(cache=True)
def forces(chain: Chain, inputs: Floats, x: Floats, rate: Floats) -> tuple[Floats, Floats]:
    """force and back of layers 1 ... L at activities x with rates f(x), each [first[L + 1]]."""
    depth = len(chain.sizes) - 1
    force = np.zeros(len(x))
    back = np.zeros(len(x))
    for layer in range(1, depth + 1):
        start = chain.first[layer]
        below = chain.first[layer - 1]
        for i in range(chain.sizes[layer]):
            mu = chain.b[layer, i]
            for j in range(chain.sizes[layer - 1]):
                mu += chain.W[layer, i, j] * (inputs[j] if layer == 1 else rate[below + j])
            force[start + i] = chain.pi[layer] * (x[start + i] - mu)
            if layer > 1:
                for j in range(chain.sizes[layer - 1]):
                    back[below + j] += chain.W[layer, i, j] * force[start + i]
    return force, back


@numba.njit(cache=True)
def hessian(chain: Chain, slope: Floats, bending: Floats) -> Floats:
    """Second derivatives of E over the free activities; `bending` is f''(x) back, `slope` f'(x)."""
    n = chain.first[chain.last + 1]
    depth = len(chain.sizes) - 1
    H = np.zeros((n, n))
    for layer in range(1, chain.last + 1):
        start = chain.first[layer]
        for i in range(chain.sizes[layer]):
            H[start + i, start + i] += chain.pi[layer] - bending[start + i]
        if layer == depth:
            continue
        above = chain.first[layer + 1]
        for k in range(chain.sizes[layer + 1]):
            for i in range(chain.sizes[layer]):
                coupling = chain.pi[layer + 1] * slope[start + i] * chain.W[layer + 1, k, i]
                for j in range(chain.sizes[layer]):
                    H[start + i, start + j] += coupling * slope[start + j] * chain.W[layer + 1, k, j]
                if layer < chain.last:
                    H[start + i, above + k] -= coupling
                    H[above + k, start + i] -= coupling
    return H
