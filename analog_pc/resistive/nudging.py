"""Nudging: what is connected to the outputs to pull them towards their targets.

::

    spring    o ---[ beta ]--- y           a conductance; negative ones need an active circuit, and are stable
                                           only below the least effective conductance of the outputs
    current   I = beta (y - o*) into o     held while the network settles; adds no stiffness, so that both
                                           signs are alike
    clamp     o = o* + beta (y - o*)       a voltage source

o* is the output of the free phase, y the target.  Source: Scellier et al., "Energy-based learning algorithms
for analog computing: a comparative study" (2023), for spring and clamp; Kendall et al., arXiv 2006.01981
(2020), for currents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.resistive.equations import Load


def _spring(beta: float, free: Floats, targets: Floats) -> Load:
    return Load(beta, targets, 0.0 * targets)


def _current(beta: float, free: Floats, targets: Floats) -> Load:
    nothing = 0.0 * targets
    return Load(0.0, nothing, beta * (targets - free))


def _clamp(beta: float, free: Floats, targets: Floats) -> Load:
    return Load(0.0, free + beta * (targets - free), 0.0 * targets, clamped=True)


NUDGES: Mapping[str, Callable[[float, Floats, Floats], Load]] = {
    "spring": _spring,
    "current": _current,
    "clamp": _clamp,
}


def nudge(kind: str, beta: float, free: Floats, targets: Floats) -> Load:
    """The load that nudges.

    Parameters
    ----------
    kind
        One of `NUDGES`.
    beta
        Strength, in units of one conductance (spring, current) or dimensionless (clamp).
    free
        o*, [samples, n_L].
    targets
        y, [samples, n_L].

    Raises
    ------
    BadInput
        For an unknown kind.
    """
    if kind not in NUDGES:
        raise BadInput(f"unknown nudge {kind!r}: use one of {', '.join(NUDGES)}")
    return NUDGES[kind](beta, free, targets)
