"""Is a rest of a graph stable, and is it determined?  Eigenvalues of K = -d(dx/dt)/dx over what moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.activations import PiecewiseLinear
from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState

FLAT = 1e-12  # an eigenvalue below this part of the largest is zero up to rounding
TAKES_PART = 1e-6  # a unit takes part in a flat direction with more than this of its length


class Stability(NamedTuple):
    """Per sample whether its rest is stable and determined; a message where one is not."""

    stable: Bools
    message: str


def stability_of(landscape: GraphLandscape, state: GraphState) -> Stability:
    """Certify a rest.

    Parameters
    ----------
    landscape
        A graph under clamps.
    state
        Its rest.
    """
    samples = len(state.energy)
    stable = np.ones(samples, dtype=np.bool_)
    message = ""
    masks = _moving(landscape, state)
    shared = landscape.is_linear and bool((masks == masks[0]).all())
    for sample in range(1 if shared else samples):
        one = state if samples == 1 else landscape.state([a[sample : sample + 1] for a in state.x])
        found = _fault(landscape, landscape.stiffness_matrix(one)[0], masks[sample])
        if found:
            stable[slice(None) if shared else sample] = False
            message = message or f"sample {sample} {found}"
    return Stability(stable, message)


def _moving(landscape: GraphLandscape, state: GraphState) -> Bools:
    """Which free activities are not held on a kink, [samples, n].

    A kink holds a unit where the forces of both sides point to it.  Where there is no force to one side, the
    curvature of that side decides (`analog_pc.pcn.hessian.moving`).
    """
    held = []
    for act, gate, x in zip(landscape.activations, state.kink_gate, state.x, strict=True):
        inside = np.zeros(x.shape, dtype=np.bool_)
        if gate is not None and isinstance(act, PiecewiseLinear):
            inside = act.inside_jump(gate)
        held.append(inside)
    return ~np.concatenate(held, axis=1)[:, landscape.free]


def _fault(landscape: GraphLandscape, k: Floats, mask: Bools) -> str:
    """What is wrong with a rest of this K, in words; nothing where it is stable and determined."""
    block = k[np.ix_(mask, mask)]
    if not block.size:
        return ""
    if landscape.graph.symmetric:
        values, vectors = np.linalg.eigh(0.5 * (block + block.T))
    else:
        values = np.linalg.eigvals(block)
        vectors = np.linalg.svd(block)[2].T[:, ::-1]  # from the smallest singular value on
    slowest = float(values.real.min())
    largest = float(np.abs(values).max())
    if slowest > FLAT * largest:
        return ""
    if slowest < -FLAT * largest:
        kind = "saddle of E" if landscape.graph.symmetric else "rest that the flow leaves"
        return f"is on a {kind}: its smallest eigenvalue is {slowest:.2g}, its largest {largest:.2g}"
    count = int((np.abs(values) <= FLAT * largest).sum())
    units = _populations(landscape, vectors[:, :count], mask)
    return f"has {count} flat direction{'s' * (count > 1)} of E: not determined in {units}"


def _populations(landscape: GraphLandscape, flat: Floats, mask: Bools) -> str:
    """Populations with units that take part in flat directions [moving units, directions], and how many."""
    moving = landscape.free[mask]
    taking = moving[np.linalg.norm(flat, axis=1) > TAKES_PART]
    ends = np.cumsum(landscape.graph.sizes)
    counts = np.bincount(np.searchsorted(ends, taking, side="right"), minlength=len(ends))
    parts = zip(landscape.graph.names, counts.tolist(), landscape.graph.sizes, strict=True)
    return ", ".join(f"{name} ({n} of {size})" for name, n, size in parts if n)
