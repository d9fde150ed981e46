"""Relaxation of a network to its equilibrium: the direct road (Newton) and the physical one (the ODE)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import ArrayLike, Bools, Floats, Masked
from analog_pc.errors import BadInput
from analog_pc.pcn import kernel
from analog_pc.pcn.clamps import Clamps, make_clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.flow import settle_by_flow
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.newton import direction
from analog_pc.pcn.state import Landscape, State
from analog_pc.pcn.together import applies, relax_together

METHODS = ("newton", "flow")
REACH = 0.01
FLAT = 1e-12  # an eigenvalue below this part of the largest is zero up to rounding


@np.errstate(over="ignore", invalid="ignore")  # an overflow ends as "not at rest", in words
def relax(
    network: PredictiveCodingNetwork,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    clamps: Mapping[int, Masked] | Clamps | None = None,
    method: str = "newton",
    tolerance: float = 1e-12,
    max_iterations: int = 2000,
    follow: bool = True,
) -> Equilibrium:
    """The equilibrium that the network relaxes to from its forward state.

    Parameters
    ----------
    inputs, targets, clamps
        What is clamped (see `make_clamps`); inputs alone is *predict*, inputs and targets *learn*.
    method
        "newton": Newton on E, which never lets E rise; "flow": the relaxation ODE dx/dt = -dE/dx,
        integrated until it rests.
    tolerance
        On max |dE/dx| (times the largest feedback when that exceeds 1, which rounding then dominates).
    follow
        Newton goes along the flow in implicit Euler steps of at most `REACH`, so that it ends in the
        minimum that the flow ends in, and the smallest eigenvalue of the Hessian is checked.  False jumps
        straight at the nearest root, as training does: many times faster, and where E has several
        minima it may find another one.

    Returns
    -------
    Equilibrium
        With `relaxation.converged` per sample and the reason in `relaxation.message`.
    """
    if method not in METHODS:
        raise BadInput(f"unknown relaxation method {method!r}: use one of {', '.join(METHODS)}")
    held = make_clamps(network, inputs, targets, clamps)
    landscape = Landscape(network, held)
    forward = landscape.forward()
    if method == "newton" and not follow and kernel.applies(landscape):
        x, done, iterations = kernel.relax_hidden(landscape, forward[1], tolerance, max_iterations)
        if done.all():  # strict minima by construction
            state = landscape.state([forward[0], x, forward[2]])
            return landscape.equilibrium(state, _verdict(state, tolerance, iterations))
    state, iterations = landscape.state(forward), 0
    if method == "flow":
        state = settle_by_flow(landscape, state, tolerance)
    else:
        if not follow and applies(landscape, held.samples):
            state, iterations = relax_together(landscape, state, tolerance)
        state, more = _newton_where_left(
            landscape, state, tolerance, max_iterations, REACH if follow else np.inf
        )
        iterations += more
    saddle = _saddles(landscape, state) if follow or method == "flow" else None
    return landscape.equilibrium(state, _verdict(state, tolerance, iterations, saddle))


def _newton_where_left(
    landscape: Landscape, state: State, tolerance: float, most: int, reach: float
) -> tuple[State, int]:
    """Newton's method for the samples that are not at rest."""
    left = np.flatnonzero(~(state.residual <= tolerance * _force_scale(state)))
    if len(left) == len(state.energy) or len(left) == 0:
        return _newton(landscape, state, tolerance, most, reach)
    clamps = landscape.clamps
    some = Landscape(landscape.network, Clamps(clamps.free, tuple(v[left] for v in clamps.values)))
    found, iterations = _newton(some, some.state([z[left] for z in state.z]), tolerance, most, reach)
    z = [whole.copy() for whole in state.z]
    for whole, part in zip(z, found.z, strict=True):
        whole[left] = part
    return landscape.state(z), iterations


def _newton(
    landscape: Landscape, state: State, tolerance: float, most: int, reach: float
) -> tuple[State, int]:
    """Shifted Newton steps: the shift of a sample grows while E would rise or a step exceed `reach` (in
    units of its largest activity, at least 1), and shrinks to zero again."""
    size = np.max([np.abs(x).max(axis=1) for x in state.x], axis=0)
    longest = reach * np.maximum(1.0, size)
    shift = state.residual / longest
    for iteration in range(most):
        if (state.residual <= tolerance * _force_scale(state)).all():
            return state, iteration
        step = direction(landscape, state, shift)
        trial = landscape.state(landscape.moved(state.z, step))
        moved = np.max([np.abs(a - b).max(axis=1) for a, b in zip(trial.x, state.x, strict=True)], axis=0)
        with np.errstate(invalid="ignore"):
            rise = trial.energy - state.energy
            falls = (rise <= 1e-13 * state.energy) | (trial.residual < 1e-3 * state.residual)
            good = np.isfinite(rise) & falls & (moved <= longest)
        calm = np.where(moved <= 0.5 * longest, 0.4, 1.0)
        shift = np.where(good, np.where(shift > 1e-3, calm * shift, 0.0), np.maximum(3.0 * shift, 0.1))
        if good.all():
            state = trial
        elif good.any():
            keep = good[:, None]
            state = landscape.state([np.where(keep, a, b) for a, b in zip(trial.z, state.z, strict=True)])
    return state, most


def _force_scale(state: State) -> Floats:
    largest = np.ones_like(state.energy)
    for h in state.feedback:
        if h.size:
            largest = np.maximum(largest, np.abs(h).max(axis=1))
    return largest


def _saddles(landscape: Landscape, state: State) -> Bools:
    if not np.isfinite(state.residual).all():
        return np.zeros(len(state.energy), dtype=bool)
    return np.array([len(c) > 0 and c[0] <= FLAT * c[-1] for c in curvatures(landscape, state)])


def _verdict(state: State, tolerance: float, iterations: int, saddle: Bools | None = None) -> Relaxation:
    residual = state.residual
    limit = tolerance * _force_scale(state)
    settled = np.isfinite(residual) & (residual <= 1.001 * limit)  # the kernel sums in another order
    saddle = np.zeros_like(settled) if saddle is None else saddle
    if not settled.all():
        worst = int(np.argmin(settled))
        message = (
            f"not at rest: |dE/dx| = {residual[worst]:.1e}, tolerance {limit[worst]:.1e}, "
            f"in sample {worst} after {iterations} iterations"
        )
    elif saddle.any():
        message = (
            f"sample {int(np.argmax(saddle))} rests on a saddle or a flat direction of E, not on a minimum"
        )
    else:
        message = f"at rest: |dE/dx| <= {residual.max():.1e} after {iterations} iterations"
    return Relaxation(settled & ~saddle, residual, iterations, message)
