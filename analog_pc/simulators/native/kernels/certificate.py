"""The certificate of stability of `analyses/stability.py` for every sample of a batch.

::

    -(J(0) + J(0)^T) / 2 >= theta nu / sqrt(1 - theta^2) + error       nu: Frobenius norm of the skew part
    |J(sigma) - J(0)| / sigma <= theta / peak                          in the metric S of the slow flow

A sample is certified where both hold with one theta; each is a Cholesky factorisation.  The first asks for
less the smaller theta is, so that the smallest one of `THETAS` for which the second holds decides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.kernel import kernel
from analog_pc.simulators.native.kernels import INNER, OPTIONS
from analog_pc.simulators.native.kernels.flow_kernel import (
    FlowProblem,
    contracts,
    jacobian_at,
    positive_definite,
    workspace,
)

THETAS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9)


class Limits(NamedTuple):
    """Bounds for every sample of a batch."""

    sigma: float  # a small rate, 1/s
    peak: float  # of |J(jw) - J(0)| / w, over its value at sigma
    error: float  # of J, 1/s: outputs outside the implicit set, which count as linear


@kernel(**OPTIONS)
def certify(
    problem: FlowProblem,
    shifted: FlowProblem,
    limits: Limits,
    y: Floats,
    certified: Bools,
    first: int,
    last: int,
) -> None:
    """Fill `certified` for samples y [samples, inputs]; `shifted`: the slow flow at the rate sigma."""
    work = workspace(problem)
    n = len(problem.rate_x)
    s = problem.metric
    change = np.empty((n, n))
    for sample in range(first, last):
        jacobian_at(shifted, y[sample], work)
        change[:] = work.jacobian
        jacobian_at(problem, y[sample], work)
        skew = 0.0
        lag = 0.0
        for i in range(n):
            for j in range(n):
                scale = s[i] / s[j]
                change[i, j] = (change[i, j] - work.jacobian[i, j]) / limits.sigma * scale
                lag += change[i, j] * change[i, j]
                half = 0.5 * (work.jacobian[i, j] * scale - work.jacobian[j, i] / scale)
                skew += half * half
        certified[sample] = False
        for theta in THETAS:
            if theta / limits.peak < np.sqrt(lag / n):  # a spectral norm is no less than this
                continue
            if _norm_below(change, theta / limits.peak, work.matrix):
                least = theta * np.sqrt(skew) / np.sqrt(1.0 - theta * theta) + limits.error
                certified[sample] = contracts(problem, work, -least)
                break


@kernel(**INNER)
def _norm_below(matrix: Floats, limit: float, work: Floats) -> bool:
    """Whether the spectral norm of a matrix is below a limit: limit^2 - M^T M is positive definite."""
    n = len(matrix)
    for i in range(n):
        for j in range(i + 1):
            value = 0.0
            for k in range(n):
                value += matrix[k, i] * matrix[k, j]
            work[i, j] = -value
        work[i, i] += limit * limit
    return positive_definite(work, n)
