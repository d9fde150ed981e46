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

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.resistive.equations import Load

NUDGES = ("spring", "current", "clamp")


def nudge(kind: str, beta: float, free: Floats, targets: Floats) -> Load:
    """The load that nudges.

    Parameters
    ----------
    kind
        "spring", "current" or "clamp".
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
    nothing = 0.0 * targets
    if kind == "spring":
        return Load(beta, targets, nothing)
    if kind == "current":
        return Load(0.0, nothing, beta * (targets - free))
    if kind == "clamp":
        return Load(0.0, free + beta * (targets - free), nothing, clamped=True)
    raise BadInput(f"unknown nudge {kind!r}: use one of {', '.join(NUDGES)}")
