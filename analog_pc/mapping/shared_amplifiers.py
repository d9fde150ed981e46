"""Arrays whose currents add at the same amplifiers: one feedback resistor a column for all of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.mapping.conductance import ConductancePair, column_scales, encode
from analog_pc.technology import Technology

Key = TypeVar("Key", bound=Hashable)


def encode_sum(weights: Mapping[Key, Floats], technology: Technology) -> dict[Key, ConductancePair]:
    """The pairs of arrays that share their bit lines' amplifiers.

    ::

        rows of a --[ array a ]--+
        rows of b --[ array b ]--+-- columns --|TIA>-- out        out = (W_a, W_b) (rows of a, rows of b)

    The scale of a column is that of the arrays side by side (`column_scales`), so that one feedback resistor
    serves all of them.

    Parameters
    ----------
    weights
        Of each array [post, pre], all of the same post.

    Returns
    -------
    dict
        Pairs [pre, post] with equal `ohms`.
    """
    if not weights:
        return {}
    scale = column_scales(np.concatenate(list(weights.values()), axis=1))
    return {key: encode(w, technology, scale) for key, w in weights.items()}


def only_devices(pair: ConductancePair, devices: Bools | None) -> ConductancePair:
    """The pair without the crossings that hold no device, [post, pre] as the weights; None: all hold one."""
    if devices is None:
        return pair
    there = devices.T
    return ConductancePair(np.where(there, pair.plus, 0.0), np.where(there, pair.minus, 0.0), pair.ohms)
