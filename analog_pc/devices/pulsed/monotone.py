"""A smooth rising curve through noisy readings: a penalised spline whose coefficients rise.

::

    z(t) = sum_j c_j B_j(t)       cubic B-splines on knots that the curve chooses
    minimise  sum_i (z_i - z(t_i))^2 + lambda |P c|^2     with lowest <= c_0 <= c_1 <= ...

P c are the changes of slope from coefficient to coefficient, each times the distance of its knots: 0 for a
straight line, whatever the knots.  The knots stand at equal distances along the curve (pulses and level in
parts of their ranges, the level by isotonic regression), so that a curve that rises within a few pulses and
then stands has its knots where it rises.

lambda is that of restricted maximum likelihood: of all smooth curves plus independent noise of one size,
those that make the readings most likely.  With lambda = lambda_0 + m, in coordinates in which
B'B + lambda_0 P'P is 1 and P'P diagonal, d, and with a_j the readings there,

    -2 log L = (n - 2) log( R + sum_j a_j^2 m d_j / (1 + m d_j) ) + sum_(d > 0) log( (1 + m d_j) / lambda )

up to a constant; R is what is left at m = 0.  lambda_0 is too small to matter, and makes the matrix definite
where pulses are so unevenly spaced that B'B is not.

Source: P. H. C. Eilers & B. D. Marx, "Flexible smoothing with B-splines and penalties", Statist. Sci. 11, 89
(1996); monotone by rising coefficients: N. Pya & S. N. Wood, Stat. Comput. 25, 543 (2015); the likelihood: G.
Wahba, Ann. Statist. 13, 1378 (1985).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline
from scipy.linalg import eigh, solve_triangular
from scipy.optimize import isotonic_regression, lsq_linear

from analog_pc.arrays import Floats

DEGREE = 3
MOST_INTERVALS = 64
_EPS = float(np.finfo(np.float64).eps)
_LEAST = 1e-12  # lambda_0, in the ratio of the traces of B'B and P'P
_LAMBDAS = np.logspace(-12.0, 12.0, 97)  # m, in the same


@dataclass(frozen=True, eq=False, kw_only=True)
class MonotoneFit:
    """The fitted curve.

    Attributes
    ----------
    spline
        z(t), never falling between the first and the last pulse.
    sigma
        Standard deviation of a reading about the curve.
    low, low_error, high, high_error
        z(first) and z(last), and their standard errors.
    rise_error
        Standard error of z(last) - z(first).
    freedom
        Effective number of parameters, from 2 (a line) to the number of coefficients.
    deviance
        -2 log L up to a constant; the lower, the more likely the readings.
    """

    spline: BSpline
    sigma: float
    low: float
    low_error: float
    high: float
    high_error: float
    rise_error: float
    freedom: float
    deviance: float


def fit_monotone(t: Floats, z: Floats, lowest: float = -np.inf) -> MonotoneFit:
    """Fit readings z [n] at rising t [n], n >= 5, by a curve that never falls, and nowhere below `lowest`."""
    knots = _knots(t, z)
    basis = BSpline.design_matrix(t, knots, DEGREE).tocsr()
    penalty = _penalty(knots)
    gram = (basis.T @ basis).toarray()
    scale = gram.trace() / (penalty**2).sum()
    least = _LEAST * scale
    root = np.linalg.cholesky(gram + least * penalty.T @ penalty)
    half = solve_triangular(root, penalty.T, lower=True)
    d, turn = eigh(half @ half.T)
    d[:2] = 0.0  # straight lines cost nothing
    a = turn.T @ solve_triangular(root, basis.T @ z, lower=True)
    plain = solve_triangular(root.T, turn @ a)
    rounding = (_EPS * np.abs(z).max()) ** 2 * z.size
    rest = float(((z - basis @ plain) ** 2).sum() + least * ((penalty @ plain) ** 2).sum()) + rounding
    more, deviance = _most_likely(d, a, rest, z.size, least, scale)
    shrink = 1.0 / (1.0 + more * d)
    coefficients = solve_triangular(root.T, turn @ (shrink * a))
    if coefficients[0] < lowest or (np.diff(coefficients) < 0.0).any():
        coefficients = _rising(root, penalty, more, root.T @ plain, lowest)
    freedom = float((shrink * (1.0 - least * d)).sum())
    sigma = float(np.sqrt((rest + (a**2 * more * d * shrink).sum()) / (z.size - 2)))
    ends = np.eye(len(coefficients))[[0, -1]].T  # z(first), z(last) are the first and the last coefficient
    half_ends = np.sqrt(shrink)[:, None] * (turn.T @ solve_triangular(root, ends, lower=True))
    low_error, high_error = sigma * np.linalg.norm(half_ends, axis=0)
    rise_error = sigma * np.linalg.norm(half_ends[:, 1] - half_ends[:, 0])
    return MonotoneFit(
        spline=BSpline(knots, coefficients, DEGREE),
        sigma=sigma,
        low=float(coefficients[0]),
        low_error=float(low_error),
        high=float(coefficients[-1]),
        high_error=float(high_error),
        rise_error=float(rise_error),
        freedom=freedom,
        deviance=deviance,
    )


def along(t: Floats, z: Floats) -> Floats:
    """How far each point of a rising curve is along it, from 0 to 1."""
    rise = z[-1] - z[0]
    level = (z - z[0]) / rise if rise > 0.0 else np.zeros_like(z)
    return np.asarray(0.5 * ((t - t[0]) / (t[-1] - t[0]) + level))


def _knots(t: Floats, z: Floats) -> Floats:
    """Knots at pulses that were read, but for the second and the last but one: a spline for every reading."""
    inner = t[2:-2]
    way = along(t, isotonic_regression(z).x)[2:-2]
    wanted = np.linspace(0.0, 1.0, MOST_INTERVALS + 1)[1:-1]
    chosen = np.unique(np.searchsorted(way, wanted).clip(max=len(inner) - 1))
    if len(inner) <= MOST_INTERVALS - 1:
        chosen = np.arange(len(inner))
    return np.concatenate([[t[0]] * (DEGREE + 1), inner[chosen], [t[-1]] * (DEGREE + 1)])


def _penalty(knots: Floats) -> Floats:
    """P [coefficients - 2, coefficients]."""
    count = len(knots) - DEGREE - 1
    place = np.array([knots[j + 1 : j + DEGREE + 1].mean() for j in range(count)])  # where c_j acts
    slope = np.diff(np.eye(count), axis=0) / np.diff(place)[:, None]
    return np.asarray(np.diff(slope, axis=0) * (0.5 * (place[2:] - place[:-2]))[:, None])


def _most_likely(
    d: Floats, a: Floats, rest: float, n: int, least: float, scale: float
) -> tuple[float, float]:
    """The best lambda, less the least one, and its -2 log L."""
    bends = d > 0.0
    more = scale * np.append(0.0, _LAMBDAS)
    share = 1.0 + more[:, None] * d[bends]
    penalised = rest + (a[bends] ** 2 * (1.0 - 1.0 / share)).sum(axis=1)
    size = (np.log(share) - np.log(least + more)[:, None]).sum(axis=1)
    deviance = (n - 2) * np.log(penalised) + size
    best = int(np.argmin(deviance))
    return float(more[best]), float(deviance[best])


def _rising(root: Floats, penalty: Floats, weight: float, target: Floats, lowest: float) -> Floats:
    """The coefficients that rise: bounded least squares in the first one and the increments."""
    count = len(target)
    sums = np.tri(count)
    rows = np.concatenate([root.T, np.sqrt(weight) * penalty]) @ sums
    wanted = np.concatenate([target, np.zeros(len(penalty))])
    low = np.zeros(count)
    low[0] = lowest
    found = lsq_linear(rows, wanted, bounds=(low, np.inf), method="bvls", tol=1e-12)
    return np.asarray(np.cumsum(found.x))
