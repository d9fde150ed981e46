"""The tracking task of Millidge et al. 2024, and the Kalman filter that solves it best.

A thing moves in one dimension; position, velocity and acceleration are the state::

    x_k = A x_{k-1} + B u_k + w,    A = [[1, dt, dt^2/2], [0, 1, dt], [0, 0, 1]],    w ~ N(0, 1)
    y_k = C x_k + v,                C random, 3 x 3,                                  v ~ N(0, 1)

Control u_k = exp(-k / 100) pushes the acceleration.  The matrices are those of the authors' repository,
C16Mftang/temporal-predictive-coding, scripts/tracking_inf_steps.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_discrete_are, solve_discrete_lyapunov

from analog_pc.arrays import Floats

STEP = 1e-3  # dt, seconds of the task
A = np.array([[1.0, STEP, 0.5 * STEP * STEP], [0.0, 1.0, STEP], [0.0, 0.0, 1.0]])
B = np.array([[0.0], [0.0], [1.0]])
STATES = 3
FADING = 0.01  # of the control, per sample


@dataclass(frozen=True, eq=False)
class Track:
    """One run of a system: controls [samples, 1], states [samples, 3], observations [samples, 3]."""

    controls: Floats
    states: Floats
    observations: Floats


def observation(seed: int) -> Floats:
    """C of a system, [3, 3], standard normal."""
    return np.asarray(np.random.default_rng(seed).normal(size=(STATES, STATES)))


def track(c: Floats, samples: int, seed: int) -> Track:
    """A run of the system with its own noise, from x = 0."""
    rng = np.random.default_rng([seed, samples])
    controls = np.exp(-FADING * np.arange(samples))[:, None]
    x = np.zeros(STATES)
    states = np.empty((samples, STATES))
    for k in range(samples):
        x = A @ x + B @ controls[k] + rng.normal(size=STATES)
        states[k] = x
    observations = states @ c.T + rng.normal(size=(samples, STATES))
    return Track(controls, states, observations)


def prior_covariance(c: Floats) -> Floats:
    """P, the covariance of a prediction of the Kalman filter in steady state, [3, 3] (Riccati equation)."""
    noise = np.eye(STATES)
    return np.asarray(solve_discrete_are(A.T, c.T, noise, noise))


def kalman_precision(c: Floats) -> Floats:
    """P^-1, the precision of a prediction with which relaxation is the Kalman filter, [3, 3], symmetric."""
    inverse = np.linalg.inv(prior_covariance(c))
    return np.asarray(0.5 * (inverse + inverse.T))


def kalman_gain(c: Floats) -> Floats:
    """K = P C^T (C P C^T + 1)^-1 in steady state, [3, 3]."""
    p = prior_covariance(c)
    return np.asarray(np.linalg.solve(c @ p @ c.T + np.eye(STATES), c @ p).T)


def relaxed_gain(c: Floats, precision: Floats) -> Floats:
    """K = (Pi + C^T C)^-1 C^T: what relaxation with the precision Pi [3, 3] of a prediction amounts to."""
    return np.asarray(np.linalg.solve(precision + c.T @ c, c.T))


def filtered(gain: Floats, c: Floats, run: Track) -> Floats:
    """Estimates x_k = m_k + K (y_k - C m_k), m_k = A x_{k-1} + B u_k, [..., samples, 3], from x = 0.

    Parameters
    ----------
    gain
        K, one or many, [..., 3, 3].
    c
        Observation matrix, [3, 3].
    run
        Controls and observations.
    """
    carried = (np.eye(STATES) - gain @ c) @ A
    drives = run.controls @ B.T @ np.swapaxes(np.eye(STATES) - gain @ c, -1, -2)
    drives = drives + run.observations @ np.swapaxes(gain, -1, -2)
    x = np.zeros((*gain.shape[:-2], STATES, 1))
    found = np.empty(drives.shape)
    for k in range(len(run.states)):
        x = carried @ x + drives[..., k, :, None]
        found[..., k, :] = x[..., 0]
    return found


def expected_error(gain: Floats, c: Floats) -> float:
    """Mean squared error of a state under a constant gain after a long time, exactly (Lyapunov equation).

    ``S = (1 - K C) (A S A^T + 1) (1 - K C)^T + K K^T``; the mean of its diagonal.
    """
    left = np.eye(STATES) - gain @ c
    noise = left @ left.T + gain @ gain.T
    return float(np.trace(solve_discrete_lyapunov(left @ A, noise)) / STATES)


def squared_error(found: Floats, run: Track) -> Floats:
    """Mean squared error of estimates [..., samples, 3], [...]."""
    return np.asarray(((found - run.states) ** 2).mean(axis=(-2, -1)))
