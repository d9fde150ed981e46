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

import numba
import numpy as np

from analog_pc.pcn.kernel import FAST_MATH
from analog_pc.relaxers.effective.activations import activate, moved

FAST, GROWTH, FAR = 0.4, 1.5, 1e-3


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _add_product(flat, start, vector, out):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out += M vector; M [out.size, vector.size] lies flat from `start`.

    Slices keep indices from 0 on, without which the sum is not made SIMD: eight times slower.
    """
    for i in range(out.size):
        row, total = flat[start + i * vector.size : start + (i + 1) * vector.size], 0.0
        for j in range(vector.size):
            total += row[j] * vector[j]
        out[i] += total


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _add_row(out, factor, row, scale):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out += factor row scale, as slices: see `_add_product`."""
    for j in range(out.size):
        out[j] += factor * row[j] * scale[j]


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _residual(  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    z, mu1, n, at, f, n_load, t, where, c, d, k, p, law, gain, offset, loose, work, out
):
    """R of one sample; work rows: phi, dphi/dz, gate, dgate/dz, mu, back, e, x, dx/dz.  Returns max |R|,
    largest force."""
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
    worst, force = 0.0, 1.0
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
            if not last:
                back[i] *= p[layer + 1] * k[i]
                r += gate[i] * back[i]
                force = max(force, abs(back[i]))
            elif not loose[i - a]:
                r = 0.0
            out[i] = r
            worst = max(worst, abs(r)) if r == r else np.inf
    return worst, force


@numba.njit(cache=True, fastmath=FAST_MATH)  # type: ignore[untyped-decorator, unused-ignore]
def _jacobian(  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    n, at, f, n_load, t, where, tf, tn, k, p, work, loose, shift, out
):
    """shift - dR/dz over the free activities [free, free]; an output that is clamped among free ones
    keeps its place, with an equation of its own: it does not move."""
    depth, some = n.size, loose.any()
    slope, gate, bend, back, mobile = work[1], work[2], work[3], work[5], work[8]
    out[:] = 0.0
    for layer in range(depth - 1 + some):
        a, size = at[layer], n[layer]
        for i in range(size):
            if layer == depth - 1 and not loose[i]:
                out[a + i, a + i] = 1.0
                continue
            here, row = out[a + i, a : a + size], where[layer, 1] + i * size
            _add_row(here, -p[layer], n_load[row : row + size], mobile[a : a + size])
            here[i] += p[layer] * mobile[a + i] + shift
            if layer > 0:
                b, pre = at[layer - 1], n[layer - 1]
                row = where[layer, 0] + i * pre
                _add_row(out[a + i, b : b + pre], -p[layer], f[row : row + pre], slope[b : b + pre])
            if layer < depth - 1:
                here[i] -= bend[a + i] * back[a + i]
                g = p[layer + 1] * k[a + i] * gate[a + i]
                row = where[layer + 1, 3] + i * size  # T F
                _add_row(here, g, tf[row : row + size], slope[a : a + size])
                if layer + 1 < depth - 1 + some:
                    c, m = at[layer + 1], n[layer + 1]
                    row = where[layer + 1, 2] + i * m
                    _add_row(out[a + i, c : c + m], -g, tn[row : row + m], mobile[c : c + m])


@numba.njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def rest(  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    z, mu1, n, at, f, n_load, t, where, tf, tn, c, d, k, p, law, gain, offset, loose, tolerance, most
):
    """Search from drives z [samples, all]; returns x and mu [samples, all], max |R| by the largest force
    (at least 1), iterations.

    Newton's steps, as long as max |R| shrinks, with the inverse of an earlier Jacobian (of an earlier sample
    too) while that makes it shrink by `FAST`.  Where Newton's own step would not, implicit Euler steps along
    the relaxation, dz/dt = R, whose length 1 / shift grows as R shrinks; R may grow a little on the way.
    """
    samples, everything = z.shape
    free = everything if loose.any() else at[n.size - 1]
    work, r, other = np.empty((9, everything)), np.empty(everything), np.empty(everything)
    matrix, inverse = np.empty((free, free)), np.empty((free, free))
    xs, mus = np.empty((samples, everything)), np.empty((samples, everything))
    residual, longest, known = np.empty(samples), 0, False
    for s in range(samples):
        zs, trial = z[s].copy(), z[s].copy()
        shift, mine = 0.0, mu1[s]
        worst, force = _residual(
            zs, mine, n, at, f, n_load, t, where, c, d, k, p, law, gain, offset, loose, work, r
        )
        for iteration in range(most):
            if worst <= tolerance * force or not worst < np.inf:
                break
            longest = max(longest, iteration + 1)
            borrowed = known and shift == 0.0
            if not borrowed:
                _jacobian(n, at, f, n_load, t, where, tf, tn, k, p, work, loose, shift, matrix)
                if shift == 0.0:
                    inverse[:], known = np.linalg.inv(matrix), True
            step = inverse @ r[:free] if shift == 0.0 else np.linalg.solve(matrix, r[:free])
            for j in range(free):
                trial[j] = moved(law, zs[j], step[j])
            now, strong = _residual(
                trial,
                mine,
                n,
                at,
                f,
                n_load,
                t,
                where,
                c,
                d,
                k,
                p,
                law,
                gain,
                offset,
                loose,
                work,
                other,
            )
            if now < (FAST if borrowed else GROWTH if shift > 0.0 else 1.0) * worst:
                shift = shift * min(max(now / worst, 0.25), 2.0) if shift > FAR else 0.0
                worst, force = now, strong
                for j in range(everything):
                    zs[j], r[j] = trial[j], other[j]
                continue
            known = False
            if not borrowed:
                shift = max(4.0 * shift, 1.0)
            _residual(zs, mine, n, at, f, n_load, t, where, c, d, k, p, law, gain, offset, loose, work, r)
        xs[s], mus[s], residual[s] = work[7], work[4], worst / force
    return xs, mus, residual, longest
