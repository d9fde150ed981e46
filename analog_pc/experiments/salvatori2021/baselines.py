"""Memories that the predictive coding ones stand beside: the pseudo-inverse rule and Hopfield's network."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.salvatori2021.patterns import Cue

MOST_SWEEPS = 100  # a sweep lowers Hopfield's energy or changes nothing; ten are rarely needed
THRESHOLD = 0.5  # grey level above which a pixel is +1


def pseudo_inverse(shown: Cue) -> Floats:
    """Completions by the pseudo-inverse rule (Personnaz, Guyon and Dreyfus 1985), [patterns, 64].

    ``W = X^+ X`` projects on the span of the centred patterns; the free pixels are those of least
    ``|x - W x|``, the nearest to the mean where several are.
    """
    mean = shown.patterns.mean(axis=0)
    centred = shown.patterns - mean
    away = np.eye(centred.shape[1]) - np.linalg.pinv(centred) @ centred
    eps = centred[:, shown.known] @ away[:, shown.known].T
    found = shown.patterns.copy()
    solved = np.linalg.lstsq(away[:, shown.free], -eps.T, rcond=1e-12)[0]
    found[:, shown.free] = mean[shown.free] + solved.T
    return found


def hopfield(shown: Cue) -> Floats:
    """Completions by Hopfield's network (1982) of the patterns as +-1, [patterns, 64].

    Hebb's rule without self-connections; the free pixels start at the mean pattern's sign and are set one
    after the other to the sign of their input, until a sweep changes none.
    """
    stored = signs(shown.patterns)
    weights = stored.T @ stored
    np.fill_diagonal(weights, 0.0)
    state = stored.copy()
    state[:, shown.free] = signs(shown.patterns.mean(axis=0))[shown.free]
    for _ in range(MOST_SWEEPS):
        before = state.copy()
        for pixel in np.flatnonzero(shown.free):
            field = state @ weights[pixel]
            state[:, pixel] = np.where(field == 0.0, state[:, pixel], np.sign(field))
        if np.array_equal(state, before):
            break
    return state


def signs(patterns: Floats) -> Floats:
    """+1 where a pixel is brighter than `THRESHOLD`, else -1."""
    return np.where(patterns > THRESHOLD, 1.0, -1.0)
