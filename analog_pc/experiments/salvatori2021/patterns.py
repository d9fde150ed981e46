"""What the memories store: scikit-learn's digits, of which the top rows are shown later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

from analog_pc.arrays import Bools, Floats

SIDE = 8
PIXELS = SIDE * SIDE
LARGEST = 16.0  # grey level of a white pixel
KNOWN = {"half": 32, "quarter": 16, "eighth": 8}  # pixels, from the top


@dataclass(frozen=True, eq=False)
class Cue:
    """A part of stored patterns: which pixels are known, [64], the patterns themselves, [patterns, 64]."""

    known: Bools
    patterns: Floats

    @property
    def free(self) -> Bools:
        """The pixels to complete, [64]."""
        return ~self.known

    @property
    def clamp(self) -> np.ma.MaskedArray:
        """The known pixels as a clamp, [patterns, 64]: the others are masked, that is free."""
        return np.ma.masked_array(self.patterns, np.broadcast_to(self.free, self.patterns.shape))


def digits(number: int, seed: int) -> Floats:
    """The first digits of a permutation, grey levels 0 ... 1, [number, 64]."""
    images = load_digits().data
    order = np.random.default_rng(seed).permutation(len(images))
    return np.asarray(images[order[:number]] / LARGEST)


def cue(patterns: Floats, part: str) -> Cue:
    """The top rows of the patterns; `part` is "half", "quarter" or "eighth"."""
    return Cue(np.arange(PIXELS) < KNOWN[part], patterns)


def completion_error(found: Floats, shown: Cue) -> Floats:
    """Mean squared difference of the missing pixels of each pattern, [patterns]."""
    difference = (found - shown.patterns)[:, shown.free]
    return np.asarray((difference**2).mean(axis=1))


def nearest_is_right(found: Floats, patterns: Floats) -> Bools:
    """Whether each completion is nearer to its own pattern than to any other one, [patterns]."""
    distances = ((found[:, None] - patterns[None]) ** 2).sum(axis=-1)
    return np.asarray(distances.argmin(axis=1) == np.arange(len(patterns)))
