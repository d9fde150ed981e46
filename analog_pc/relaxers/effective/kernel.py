"""Compiled Newton search for the rest of an effective network, one sample after the other.

Layers l = 1 ... L, all activities of a sample side by side in x, which drives z make (`activations.py`);
phi = gain f(x + offset), gate = f'(x)::

    mu_l   = F_l phi_{l-1} + N_l x_l + c_l         e_l = x_l - mu_l
    back_l = T_{l+1} e_{l+1} + d_{l+1}
    R_l    = - p_l e_l + p_{l+1} k_l gate_l back_l              0 at rest, in every free layer

Matrices lie flat, one after the other; `at[l]` is where layer l begins in x.  `loose` [n_L] says which
outputs are free.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.compiled.block_tridiagonal import factor, solve
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel
from analog_pc.relaxers.effective.activations import activate, moved

FAST, GROWTH = 0.4, 1.5  # by which |R| has to shrink with an earlier Jacobian, and may grow on a shifted step
CALM, FAR = 0.4, 1e-3  # by which the shift shrinks after a step, and below which it is none
DEAD = 0.5  # dx/dz is fold inside a dead zone, 1 + fold outside


@kernel(fastmath=REGROUPED_SUMS)
def _add_product(flat: Floats, start: int, vector: Floats, out: Floats) -> None:
    """out += M vector; M [out.size, vector.size] lies flat from `start`.

    Slices keep indices from 0 on, without which the sum is not made SIMD: eight times slower.
    """
    for i in range(out.size):
        row, total = flat[start + i * vector.size : start + (i + 1) * vector.size], 0.0
        for j in range(vector.size):
            total += row[j] * vector[j]
        out[i] += total


@kernel(fastmath=REGROUPED_SUMS)
def _add_row(out: Floats, factor: float, row: Floats, scale: Floats) -> None:
    """out += factor row scale, as slices: see `_add_product`."""
    for j in range(out.size):
        out[j] += factor * row[j] * scale[j]


@kernel(fastmath=REGROUPED_SUMS)
def _residual(
    z: Floats,
    mu1: Floats,
    n: Ints,
    at: Ints,
    f: Floats,
    n_load: Floats,
    t: Floats,
    where: Ints,
    c: Floats,
    d: Floats,
    k: Floats,
    p: Floats,
    law: tuple[int, Floats, Floats, float, float],
    gain: Floats,
    offset: Floats,
    loose: Bools,
    work: Floats,
    out: Floats,
) -> tuple[float, float, float]:
    """R of one sample; work rows: phi, dphi/dz, gate, dgate/dz, mu, back, e, x, dx/dz.  Returns max |R|,
    largest force, energy."""
    depth = n.size
    phi, slope, gate, bend, mu, back, e = work[0], work[1], work[2], work[3], work[4], work[5], work[6]
    x, mobile, inner = work[7], work[8], at[depth - 1]
    x[inner:], mobile[inner:] = z[inner:], 1.0
    activate(
        law,
        gain,
        offset,
        z[:inner],
        x[:inner],
        mobile[:inner],
        phi[:inner],
        slope[:inner],
        gate[:inner],
        bend[:inner],
    )
    mu[:] = c
    mu[: mu1.size] = mu1
    for layer in range(depth):
        here = slice(at[layer], at[layer] + n[layer])
        if layer > 0:
            _add_product(f, where[layer, 0], phi[at[layer - 1] : at[layer]], mu[here])
        _add_product(n_load, where[layer, 1], x[here], mu[here])
    worst, force, energy = 0.0, 1.0, 0.0
    for j in range(x.size):
        e[j], back[j] = x[j] - mu[j], d[j]
    for layer in range(depth):
        a, size = at[layer], n[layer]
        last = layer == depth - 1
        if not last:
            above = at[layer + 1]
            _add_product(t, where[layer + 1, 2], e[above : above + n[layer + 1]], back[a:above])
        for i in range(a, a + size):
            r = -p[layer] * e[i]
            energy -= 0.5 * r * e[i]
            if not last:
                back[i] *= p[layer + 1] * k[i]
                r += gate[i] * back[i]
                force = max(force, abs(back[i]))
            elif not loose[i - a]:
                r = 0.0
            out[i] = r
            worst = max(worst, abs(r)) if r == r else np.inf
    return worst, force, energy


@kernel(fastmath=REGROUPED_SUMS)
def _jacobian(
    n: Ints,
    at: Ints,
    count: int,
    f: Floats,
    n_load: Floats,
    t: Floats,
    where: Ints,
    tf: Floats,
    tn: Floats,
    k: Floats,
    p: Floats,
    work: Floats,
    loose: Bools,
    shift: float,
    out: tuple[Floats, Floats, Floats],
) -> None:
    """shift dx/dz - dR/dz over the free activities, as `out`, blocks (`blocks.py`) of `count` layers; an
    output that is clamped among free ones keeps its place, with an equation of its own: it does not move."""
    slope, gate, bend, back, mobile = work[1], work[2], work[3], work[5], work[8]
    diagonal, lower, upper = out
    diagonal[:], lower[:], upper[:] = 0.0, 0.0, 0.0
    for layer in range(count):
        a, size, last = at[layer], n[layer], layer == n.size - 1
        for i in range(size):
            row = where[layer, 1] + i * size
            here = diagonal[row : row + size]
            if last and not loose[i]:
                here[i] = 1.0
                continue
            _add_row(here, -p[layer], n_load[row : row + size], mobile[a : a + size])
            here[i] += (p[layer] + shift) * mobile[a + i]
            if layer > 0:
                b, pre = at[layer - 1], n[layer - 1]
                row = where[layer, 0] + i * pre
                _add_row(lower[row : row + pre], -p[layer], f[row : row + pre], slope[b : b + pre])
            if not last:
                here[i] -= bend[a + i] * back[a + i]
                g = p[layer + 1] * k[a + i] * gate[a + i]
                row = where[layer + 1, 3] + i * size  # T F
                _add_row(here, g, tf[row : row + size], slope[a : a + size])
            if layer + 1 < count:
                c, m = at[layer + 1], n[layer + 1]
                row = where[layer + 1, 2] + i * m
                _add_row(upper[row : row + m], -g, tn[row : row + m], mobile[c : c + m])


@kernel()
def _leave_kinks(law: tuple[int, Floats, Floats, float, float], z: Floats, r: Floats, work: Floats) -> bool:
    """Drives inside the dead zone of a kink that repels go to its end downhill; whether any does.

    Newton's step would return to the gate that balances the forces there, which is a ridge of the energy.
    """
    bend, back, mobile, leaves = work[3], work[5], work[8], False
    for i in range(mobile.size):
        if mobile[i] < DEAD and bend[i] * back[i] >= 0.0:
            z[i], leaves = moved(law, z[i], 1.0 if r[i] > 0.0 else -1.0), True
    return leaves


@kernel()
def rest(
    z: Floats,
    mu1: Floats,
    n: Ints,
    at: Ints,
    f: Floats,
    n_load: Floats,
    t: Floats,
    where: Ints,
    tf: Floats,
    tn: Floats,
    c: Floats,
    d: Floats,
    k: Floats,
    p: Floats,
    law: tuple[int, Floats, Floats, float, float],
    gain: Floats,
    offset: Floats,
    loose: Bools,
    tolerance: float,
    most: int,
) -> tuple[Floats, Floats, Floats, int]:
    """Search from drives z [samples, all]; returns x and mu [samples, all], max |R| by the largest force
    (at least 1), iterations.

    Newton's steps, with an earlier Jacobian (of an earlier sample too) while that makes max |R| shrink by
    `FAST`.  A step of its own has to lower max |R| or the energy, sum p e^2 / 2, of which R is the downhill
    force as far as transposed arrays and offsets match.  Where it does not, implicit Euler steps of length
    1 / shift along the relaxation, dx/dt = R, on which R may grow a little; they grow longer while they do.
    """
    samples, everything = z.shape
    count = n.size if loose.any() else n.size - 1
    free = everything if loose.any() else at[n.size - 1]
    work, r, other = np.empty((9, everything)), np.empty(everything), np.empty(everything)
    step = np.empty(free)
    matrix = np.empty(n_load.size), np.empty(f.size), np.empty(t.size)
    xs, mus = np.empty((samples, everything)), np.empty((samples, everything))
    residual, longest, known = np.empty(samples), 0, False
    for s in range(samples):
        zs, trial = z[s].copy(), z[s].copy()
        shift, mine = 0.0, mu1[s]
        worst, force, energy = _residual(
            zs, mine, n, at, f, n_load, t, where, c, d, k, p, law, gain, offset, loose, work, r
        )
        for iteration in range(most + 1):
            if _leave_kinks(law, zs, r, work):
                worst, force, energy = _residual(
                    zs, mine, n, at, f, n_load, t, where, c, d, k, p, law, gain, offset, loose, work, r
                )
            if worst <= tolerance * force or not worst < np.inf or iteration == most:
                break
            longest = max(longest, iteration + 1)
            borrowed = known and shift == 0.0
            if not borrowed:
                _jacobian(n, at, count, f, n_load, t, where, tf, tn, k, p, work, loose, shift, matrix)
                factor(n, where, count, *matrix)
                known = shift == 0.0
            solve(n, at, where, count, matrix, r, step)
            for j in range(free):
                trial[j] = moved(law, zs[j], step[j])
            now, strong, left = _residual(
                trial, mine, n, at, f, n_load, t, where, c, d, k, p, law, gain, offset, loose, work, other
            )
            falls = now < (FAST if borrowed else GROWTH if shift > 0.0 else 1.0) * worst or (
                left < energy and not borrowed
            )
            if falls and now < np.inf:
                shift = CALM * shift if shift > FAR else 0.0
                worst, force, energy = now, strong, left
                for j in range(everything):
                    zs[j], r[j] = trial[j], other[j]
                continue
            known = False
            if not borrowed:
                shift = max(3.0 * shift, 0.1)
            _residual(zs, mine, n, at, f, n_load, t, where, c, d, k, p, law, gain, offset, loose, work, r)
        xs[s], mus[s], residual[s] = work[7], work[4], worst / force
    return xs, mus, residual, longest
