"""Relaxation of a network to its equilibrium: the direct road (Newton) and the physical one (the ODE)."""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.errors import BadInput
from analog_pc.pcn.clamps import Clamps, ClampValues, make_clamps
from analog_pc.pcn.compiled.search import relax_chain
from analog_pc.pcn.equilibrium import Equilibrium, ended
from analog_pc.pcn.flow import settle_by_flow
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.relaxation import relax_graph
from analog_pc.pcn.graph.stability import faults_of, stability_checked
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.search import Search, chosen_search
from analog_pc.pcn.state import Landscape

METHODS = ("newton", "flow")
TOLERANCE = 1e-12
MOST_ITERATIONS = 2000
SHORTER = 8  # than the steps of `relax`, where these are in doubt; 4 times served all that were seen


@np.errstate(over="ignore", invalid="ignore")  # an overflow ends as "not at rest", in words
def relax(
    network: PredictiveCodingNetwork | PredictiveCodingGraph,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    clamps: ClampValues | None = None,
    method: str = "newton",
    tolerance: float = TOLERANCE,
    max_iterations: int = MOST_ITERATIONS,
    follow: bool = True,
) -> Equilibrium:
    """Relax a network from its forward state to its equilibrium, in float64.

    Activities that are not clamped follow ``dx_l/dt = -dE/dx_l``, which is
    ``-precision_l eps_l + f'(x_l) * W_{l+1}^T (precision_{l+1} eps_{l+1})``.

    Parameters
    ----------
    network
        A chain, or a graph of populations.
    inputs
        Clamped activities of layer 0 of a chain, [samples, n_0]; None leaves the input free.
    targets
        Clamped activities of layer L, [samples, n_L].  Inputs alone is *predict*, both is *learn*.
    clamps
        Layer, or name of a population -> (masked) array [samples, n], whose masked entries are free, the same
        ones in every sample.
    method
        "newton": Newton's method on E, which never lets E rise; of a graph without nonlinear activation, the
        closed form.  "flow": the differential equation above, integrated until it is at rest, until
        neither E nor ``|dE/dx|`` falls any more, or for 1.3e6 time constants 1 / (largest precision), each
        sample by itself; where there is no rest it may take minutes.
    tolerance
        Below 1.  On ``|dE/dx|`` of each layer, as a part of the forces precision (x - mu) in that layer, and
        beyond what rounding of those forces leaves.  So it does not depend on the units of precisions and
        activities.  "flow" integrates to a part of the largest activity, and is at rest where ``|dE/dx|`` is
        this part of (largest precision) x (largest activity).
    max_iterations
        Of Newton's method, for all samples together; no limit of "flow".
    follow
        Newton's method takes implicit Euler steps along the flow, each at most `REACH` of the largest
        activity, so that it ends in the minimum that the flow ends in (on random networks of several minima,
        `analysis/multistable.py`, in 9,998 of 9,999 samples; in 1,998 of 2,000 of leaky relu with precisions
        over three decades; `verify` follows samples in doubt in shorter steps), and the smallest eigenvalue
        of the Hessian is checked. False goes straight to a near root, as training does: many times faster,
        and where E has several minima it may find another one.

    Returns
    -------
    Equilibrium
        With ``relaxation.converged`` per sample and the reason in ``relaxation.message``.  A rest that the
        flow leaves, that is not determined in some directions, or in which a unit stands on a kink of f from
        which E falls to one side (a relu unit at exactly 0 whose feedback pulls it up), has not converged.

    Raises
    ------
    BadInput
        For an unknown method, a tolerance or iterations that no search can have, wrong shapes, values that
        are not finite, no clamp, a layer clamped twice.

    Examples
    --------
    >>> from analog_pc import PredictiveCodingNetwork, relax
    >>> network = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity")
    >>> relax(network, inputs=[[1.0]], targets=[[2.0]]).activities[1]
    array([[1.5]])
    """
    if not isinstance(method, str) or method not in METHODS:
        raise BadInput(f"unknown relaxation method {method!r}: use one of {', '.join(METHODS)}")
    search = chosen_search(tolerance, max_iterations, follow)
    held = make_clamps(network, inputs, targets, clamps)
    if isinstance(network, PredictiveCodingNetwork) and method == "newton":
        return _relax_chain(network, held, search)
    if isinstance(network, PredictiveCodingGraph):
        landscape = GraphLandscape(network, held)
    else:
        landscape = Landscape(network, held)
    iterations: int | None = None
    if method == "flow":
        state, settled = settle_by_flow(landscape, tolerance)
    else:
        state, settled, iterations = relax_graph(landscape, search)
    certain = follow or method == "flow" or landscape.is_linear
    faults = faults_of(landscape, state, tolerance) if certain else {}
    return landscape.equilibrium(state, ended(settled, state.residual, iterations, faults))


@np.errstate(over="ignore", invalid="ignore")
def relax_in_short_steps(network: PredictiveCodingNetwork, clamps: Clamps) -> Equilibrium:
    """`relax` with steps along the flow that are `SHORTER` times shorter, where its own may lead astray."""
    search = chosen_search(TOLERANCE, SHORTER * MOST_ITERATIONS, follow=True)
    return _relax_chain(network, clamps, search._replace(reach=search.reach / SHORTER))


def _relax_chain(network: PredictiveCodingNetwork, clamps: Clamps, search: Search) -> Equilibrium:
    """By Newton's method; a rest that the flow was followed to is looked at."""
    found = relax_chain(network, clamps, search)
    if not math.isfinite(search.reach):
        return found
    return stability_checked(Landscape(network, clamps), found, search.tolerance)
