"""Is a rest stable, and is it determined?  K = -d(dx/dt)/dx over what moves: Cholesky, or eigenvalues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.equilibrium import Equilibrium, ended
from analog_pc.pcn.graph.kink_sides import falling_sides
from analog_pc.pcn.graph.kinks import LEAVES, fall_from_kinks
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.residual import distance
from analog_pc.pcn.graph.state import GraphState
from analog_pc.pcn.hessian import moving

FLAT = 1e-12  # an eigenvalue below this part of the largest is zero up to rounding
TAKES_PART = 1e-6  # a unit takes part in a flat direction with more than this of its length
NUMBERS = 2**23  # of the matrices that hold derivatives of a part of the samples, at most


def sample_parts(landscape: GraphLandscape, samples: int) -> list[slice]:
    """The samples in parts, whose derivatives together are at most `NUMBERS`."""
    each = max(1, NUMBERS // (max(1, landscape.free.size) * sum(landscape.graph.sizes)))
    return [slice(start, start + each) for start in range(0, samples, each)]


def faults_of(landscape: GraphLandscape, state: GraphState, tolerance: float) -> dict[int, str]:
    """Samples whose rest is not stable or not determined, and what is wrong with it in words.

    Parameters
    ----------
    landscape, state
        A network under clamps, at rest.
    tolerance
        Part of the forces, and beyond their rounding, that a fall of E from a kink has to have.
    """
    if not np.isfinite(state.residual).all():
        return {}
    masks = moving(landscape, state)[:, landscape.free]
    found = dict.fromkeys(np.flatnonzero(_leaves_a_kink(landscape, state, tolerance)).tolist(), LEAVES)
    found |= dict(_faults(landscape, state, masks))
    for sample, curvature in falling_sides(landscape, state, masks, found):
        found[sample] = (
            f"is on a saddle of E, which falls from kinks of f with a curvature of {curvature:.2g}"
        )
    return found


def stability_checked(landscape: GraphLandscape, found: Equilibrium, tolerance: float) -> Equilibrium:
    """What a search has found; a rest that is not stable or not determined has not converged.

    Parameters
    ----------
    landscape, found
        A network under clamps, and the end of its search.
    tolerance
        As for `faults_of`.
    """
    end = found.relaxation
    faults = faults_of(landscape, landscape.state(list(found.activities)), tolerance)
    return replace(found, relaxation=ended(end.converged, end.residual, end.iterations, faults))


def _leaves_a_kink(landscape: GraphLandscape, state: GraphState, tolerance: float) -> Bools:
    """Whether E falls to one side of a kink that a free unit stands on, by more than a part of the forces
    and their rounding, [samples]."""
    parts = zip(landscape.activations, state.x, state.force, state.feedback, state.moving, strict=True)
    falls = [fall_from_kinks(*part) for part in parts]
    if not any(fall.any() for fall in falls):
        return np.zeros(len(state.energy), dtype=np.bool_)
    return distance(landscape, state, tolerance, falls).ratio > 1.0


def _faults(landscape: GraphLandscape, state: GraphState, masks: Bools) -> Iterator[tuple[int, str]]:
    """Samples whose rest is not stable, or not determined, and what is wrong with it in words."""
    samples = len(state.energy)
    shared = landscape.is_linear and bool((masks == masks[0]).all())
    for part in [slice(1)] if shared else sample_parts(landscape, samples):
        matrices = landscape.stiffness_matrix(landscape.state([a[part] for a in state.x]))
        for sample, matrix in enumerate(matrices, part.start or 0):
            fault = _fault(landscape, matrix, masks[sample])
            if fault:
                yield from ((k, fault) for k in (range(samples) if shared else [sample]))


def _fault(landscape: GraphLandscape, k: Floats, mask: Bools) -> str:
    """What is wrong with a rest of this K, in words; nothing where it is stable and determined."""
    block = k[np.ix_(mask, mask)]
    if not block.size or (landscape.symmetric and _is_definite(block)):
        return ""
    values = np.linalg.eigvalsh(block) if landscape.symmetric else np.linalg.eigvals(block)
    slowest = float(values.real.min())
    largest = float(np.abs(values).max())
    if slowest > FLAT * largest:
        return ""
    if slowest < -FLAT * largest:
        kind = "saddle of E" if landscape.symmetric else "rest that the flow leaves (a mode grows)"
        return f"is on a {kind}: its smallest eigenvalue is {slowest:.2g}, its largest {largest:.2g}"
    count = int((np.abs(values) <= FLAT * largest).sum())
    flat = np.linalg.svd(block)[2][::-1][:count]  # from the smallest singular value on
    units = _populations(landscape, landscape.free[mask][np.linalg.norm(flat, axis=0) > TAKES_PART])
    return f"has {count} flat direction{'s' * (count > 1)} of E: not determined in {units}"


def _is_definite(block: Floats) -> bool:
    """Whether the smallest eigenvalue is above `FLAT` of the largest, by Cholesky; False where it may not be.

    The Frobenius norm is no smaller than the largest eigenvalue, and the rounding of Cholesky, of n parts in
    1e16 of it, is far below the other `FLAT` that is subtracted.  Of 100 units it takes a quarter of the time
    of the eigenvalues.
    """
    shift = 2.0 * FLAT * np.linalg.norm(block)
    try:
        np.linalg.cholesky(block - shift * np.eye(len(block)))
    except np.linalg.LinAlgError:
        return False
    return True


def _populations(landscape: GraphLandscape, units: Floats) -> str:
    """Populations of units (of all, side by side), and how many of each."""
    ends = np.cumsum(landscape.graph.sizes)
    counts = np.bincount(np.searchsorted(ends, units, side="right"), minlength=len(ends))
    parts = zip(landscape.graph.names, counts.tolist(), landscape.graph.sizes, strict=True)
    return ", ".join(f"{name} ({n} of {size})" for name, n, size in parts if n)
