"""A relaxation that is stopped before it rests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import ArrayLike, Masked
from analog_pc.numeric import finite_number
from analog_pc.pcn.clamps import Clamps, make_clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.flow import flow
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.parameters import check_kind
from analog_pc.pcn.state import Landscape


def relax_for(
    network: PredictiveCodingNetwork,
    duration: float,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    clamps: Mapping[int, Masked] | Clamps | None = None,
    precision: float = 1e-12,
) -> Equilibrium:
    """The state of a network a while after its clamps have closed, from the forward state.

    ::

        x(0) = forward state,    dx/dt = -dE/dx,    the state is that at t = duration

    Parameters
    ----------
    network
        The network.
    duration
        In units of C / g_s, >= 0.
    inputs, targets, clamps
        As for `relax`.
    precision
        Relative tolerance of the integrator.

    Returns
    -------
    Equilibrium
        Activities, prediction errors and rates at that moment; it is not at rest, and says so.

    Raises
    ------
    BadInput
        For a negative duration, a precision that is not > 0, and for what `relax` refuses of clamps.
    """
    check_kind("relax_for", network, PredictiveCodingNetwork, "follow a graph with relax_trajectory")
    length = finite_number("relax_for: duration", duration, zero=True)
    accuracy = finite_number("relax_for: precision", precision)
    landscape = Landscape(network, make_clamps(network, inputs, targets, clamps))
    x = landscape.forward()
    if length > 0.0:
        path = flow(landscape, x, length, precision=accuracy)
        x = [layer[0] for layer in path.at(np.array([length]))]
    state = landscape.state(x)
    still = np.zeros(len(state.energy), dtype=bool)
    message = f"stopped after {length:g} C / g_s"
    return landscape.equilibrium(state, Relaxation(still, state.residual, 0, message))
