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
from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline
from scipy.linalg import solve_triangular, svd
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


class _Modes(NamedTuple):
    """The fit without its penalty, in the coordinates of the likelihood.

    With L L' = B'B + lambda_0 P'P and U D V the singular values of L^-1 P', d = D^2: c = L'^-1 U a.
    """

    root: Floats  # L
    turn: Floats  # U
    d: Floats
    a: Floats
    remainder: float  # R
    least: float  # lambda_0
    penalty: Floats  # P

    def coefficients(self, shrink: Floats) -> Floats:
        return np.asarray(solve_triangular(self.root.T, self.turn @ (shrink * self.a)))

    def errors(self, shrink: Floats) -> tuple[float, float, float]:
        """Standard errors, in sigma, of the first coefficient, of the last, and of their difference."""
        ends = np.eye(len(self.d))[[0, -1]].T
        parts = np.sqrt(shrink)[:, None] * (self.turn.T @ solve_triangular(self.root, ends, lower=True))
        low, high = np.linalg.norm(parts, axis=0)
        return float(low), float(high), float(np.linalg.norm(parts[:, 1] - parts[:, 0]))


def fit_monotone(t: Floats, z: Floats, lowest: float = -np.inf) -> MonotoneFit:
    """Fit readings z [n] at rising t [n], n >= 5, by a curve that never falls, and nowhere below `lowest`.

    Errors and freedom are those of the fit before it is made to rise, which can only make them smaller.
    """
    knots = _knots(t, z)
    modes = _modes(t, z, knots)
    more, deviance = _most_likely(modes, z.size)
    shrink = 1.0 / (1.0 + more * modes.d)
    coefficients = modes.coefficients(shrink)
    if coefficients[0] < lowest or (np.diff(coefficients) < 0.0).any():
        coefficients = _rising(modes, more, lowest)
    left = modes.remainder + float((modes.a**2 * (1.0 - shrink)).sum())
    sigma = float(np.sqrt(left / (z.size - 2)))
    low_error, high_error, rise_error = modes.errors(shrink)
    return MonotoneFit(
        spline=BSpline(knots, coefficients, DEGREE),
        sigma=sigma,
        low=float(coefficients[0]),  # a spline ends in its first and its last coefficient
        low_error=sigma * low_error,
        high=float(coefficients[-1]),
        high_error=sigma * high_error,
        rise_error=sigma * rise_error,
        freedom=float((shrink * (1.0 - modes.least * modes.d)).sum()),
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
    place = along(t, isotonic_regression(z).x)[2:-2]
    wanted = np.linspace(0.0, 1.0, MOST_INTERVALS + 1)[1:-1]
    chosen = np.unique(np.searchsorted(place, wanted).clip(max=len(inner) - 1))
    if len(inner) <= MOST_INTERVALS - 1:
        chosen = np.arange(len(inner))
    return np.concatenate([[t[0]] * (DEGREE + 1), inner[chosen], [t[-1]] * (DEGREE + 1)])


def _penalty(knots: Floats) -> Floats:
    """P [coefficients - 2, coefficients]."""
    count = len(knots) - DEGREE - 1
    place = np.array([knots[j + 1 : j + DEGREE + 1].mean() for j in range(count)])  # where c_j acts
    slope = np.diff(np.eye(count), axis=0) / np.diff(place)[:, None]
    return np.asarray(np.diff(slope, axis=0) * (0.5 * (place[2:] - place[:-2]))[:, None])


def _modes(t: Floats, z: Floats, knots: Floats) -> _Modes:
    basis = BSpline.design_matrix(t, knots, DEGREE).tocsr()
    penalty = _penalty(knots)
    gram = (basis.T @ basis).toarray()
    least = _LEAST * float(gram.trace() / (penalty**2).sum())
    root = np.linalg.cholesky(gram + least * penalty.T @ penalty)
    # Singular values, not eigenvalues of the square: small ones, the smooth modes, keep their digits.
    turn, singular, _ = svd(solve_triangular(root, penalty.T, lower=True))
    d = np.append(singular**2, [0.0, 0.0])  # straight lines cost nothing
    a = turn.T @ solve_triangular(root, basis.T @ z, lower=True)
    plain = solve_triangular(root.T, turn @ a)
    rounding = (_EPS * np.abs(z).max()) ** 2 * z.size
    remainder = ((z - basis @ plain) ** 2).sum() + least * ((penalty @ plain) ** 2).sum() + rounding
    return _Modes(root, turn, d, a, float(remainder), least, penalty)


def _most_likely(modes: _Modes, n: int) -> tuple[float, float]:
    """m of the best lambda, and its -2 log L."""
    d = modes.d[:-2]
    a = modes.a[:-2]
    more = np.append(0.0, modes.least / _LEAST * _LAMBDAS)
    share = 1.0 + more[:, None] * d
    left = modes.remainder + (a**2 * (1.0 - 1.0 / share)).sum(axis=1)
    size = (np.log(share) - np.log(modes.least + more)[:, None]).sum(axis=1)
    deviance = (n - 2) * np.log(left) + size
    best = int(np.argmin(deviance))
    return float(more[best]), float(deviance[best])


def _rising(modes: _Modes, weight: float, lowest: float) -> Floats:
    """The coefficients that rise: bounded least squares in the first one and the increments."""
    count = len(modes.d)
    sums = np.tri(count)
    target = modes.root.T @ modes.coefficients(np.ones(count))
    rows = np.concatenate([modes.root.T, np.sqrt(weight) * modes.penalty]) @ sums
    wanted = np.concatenate([target, np.zeros(len(modes.penalty))])
    low = np.zeros(count)
    low[0] = lowest
    found = lsq_linear(rows, wanted, bounds=(low, np.inf), method="bvls", tol=1e-12)
    return np.asarray(np.cumsum(found.x))
