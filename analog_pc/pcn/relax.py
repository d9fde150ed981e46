"""Relaxation of a network to its equilibrium: the direct road (Newton) and the physical one (the ODE)."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Bools, Floats
from analog_pc.errors import BadInput
from analog_pc.pcn.clamps import ClampValues, make_clamps
from analog_pc.pcn.compiled.search import Search, relax_chain
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.flow import settle_by_flow
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.graph.relaxation import GraphSearch, relax_graph
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.state import Landscape, State

METHODS = ("newton", "flow")
REACH = 0.01
FLAT = 1e-12  # an eigenvalue below this part of the largest is zero up to rounding


@np.errstate(over="ignore", invalid="ignore")  # an overflow ends as "not at rest", in words
def relax(
    network: PredictiveCodingNetwork | PredictiveCodingGraph,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    clamps: ClampValues | None = None,
    method: str = "newton",
    tolerance: float = 1e-12,
    max_iterations: int = 2000,
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
        closed form.  "flow": the differential equation above,
        integrated until it is at rest.
    tolerance
        On ``|dE/dx|`` of each layer, as a part of the forces precision (x - mu) in that layer, and beyond
        what rounding of those forces leaves.  So it depends neither on the unit of the precisions nor on
        that of the activities.  "flow" integrates to a part of the largest activity, and is at rest where
        ``|dE/dx|`` is that part of (largest precision) x (largest activity).
    max_iterations
        Of Newton's method, for all samples together.
    follow
        Newton's method takes implicit Euler steps along the flow, each at most `REACH` of the largest
        activity, so that it ends in the minimum that the flow ends in, and the smallest eigenvalue of the
        Hessian is checked.  False goes straight to a near root, as training does: many times faster, and
        where E has several minima it may find another one.

    Returns
    -------
    Equilibrium
        With ``relaxation.converged`` per sample and the reason in ``relaxation.message``.  A rest that the
        flow leaves, or that is not determined in some directions, has not converged.

    Raises
    ------
    BadInput
        For an unknown method, wrong shapes, values that are not finite, no clamp, a layer clamped twice.

    Examples
    --------
    >>> from analog_pc import PredictiveCodingNetwork, relax
    >>> network = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity")
    >>> relax(network, inputs=[[1.0]], targets=[[2.0]]).activities[1]
    array([[1.5]])
    """
    if method not in METHODS:
        raise BadInput(f"unknown relaxation method {method!r}: use one of {', '.join(METHODS)}")
    held = make_clamps(network, inputs, targets, clamps)
    if isinstance(network, PredictiveCodingGraph):
        reach = REACH if follow else np.inf
        return relax_graph(network, held, GraphSearch(method, tolerance, max_iterations, reach))
    landscape = Landscape(network, held)
    x = landscape.forward()
    if method == "flow":
        state, settled = settle_by_flow(landscape, x, tolerance)
        return landscape.equilibrium(state, _verdict(state.residual, settled, 0, _saddles(landscape, state)))
    unit = max((act.unit for act in landscape.activations), default=0.0)
    search = Search(
        tolerance=tolerance,
        max_iterations=max_iterations,
        precision=float(network.pi.min()),
        reach=REACH if follow else np.inf,
        unit=unit,
    )
    end = relax_chain(landscape, x, search)
    saddle = None
    if follow:
        saddle = _saddles(landscape, landscape.state(end.x, end.kink_gate))
    rates, mu, eps, energy = landscape.errors(end.x)
    verdict = _verdict(end.residual, end.converged, end.iterations, saddle)
    return Equilibrium(tuple(end.x), tuple(mu), tuple(eps), tuple(rates), energy, verdict)


def _saddles(landscape: Landscape, state: State) -> Bools:
    if not np.isfinite(state.residual).all():
        return np.zeros(len(state.energy), dtype=bool)
    return np.array([len(c) > 0 and c[0] <= FLAT * c[-1] for c in curvatures(landscape, state)])


def _verdict(residual: Floats, settled: Bools, iterations: int, saddle: Bools | None) -> Relaxation:
    """What a relaxation reports; `saddle` None: not asked."""
    if not settled.all():
        worst = int(np.argmin(settled))
        message = (
            f"not at rest: |dE/dx| = {residual[worst]:.1e} in sample {worst} after {iterations} iterations"
        )
    elif saddle is not None and saddle.any():
        message = (
            f"sample {int(np.argmax(saddle))} rests on a saddle or a flat direction of E, not on a minimum"
        )
    else:
        message = f"at rest: |dE/dx| <= {residual.max():.1e} after {iterations} iterations"
    converged = settled if saddle is None else settled & ~saddle
    return Relaxation(converged, residual, iterations, message)
