"""The seed tree of a study: everything random follows from one seed, whatever is computed first and where.

::

    study seed --- 0: the sampler
               |-- 1: chips of their own, one for each point, by the hash of what decides it
               |-- 2: points that a simulator confirms
               |-- 3: lots, by their number and the name of a field
               |-- 4: the bootstrap of sensitivities
               `-- 5: the candidates of a search

A branch is `numpy.random.SeedSequence(seed, spawn_key=...)`; no state is handed on from point to point.
"""

from __future__ import annotations

import hashlib

import numpy as np

SAMPLER = 0
CHIP = 1
CONFIRMED = 2
LOT = 3
BOOTSTRAP = 4
SEARCH = 5


def generator(seed: int, *branch: int) -> np.random.Generator:
    """The random generator of a branch."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=branch))


def chip_seed(seed: int, decided_by: str) -> int:
    """The seed of a chip that a point has to itself, from 0 to 2^32 - 1.

    Parameters
    ----------
    seed
        Of the study.
    decided_by
        What decides the point, in words.
    """
    numbers = np.frombuffer(hashlib.sha256(decided_by.encode()).digest(), dtype=np.uint32)
    branch = (CHIP, *(int(number) for number in numbers))
    return int(np.random.SeedSequence(seed, spawn_key=branch).generate_state(1)[0])
