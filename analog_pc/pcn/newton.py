"""Newton's direction on the energy landscape, by one sweep up and one sweep down the layers.

The linearised equations of layer l (dx_l the step, u_l = B_{l+1}^T dlambda_{l+1}, B_l = W_l gate_{l-1},
K_l = -gate'_l h_l + shift)::

    dx_l = B_l dx_{l-1} + dlambda_l / pi_l ,      dlambda_l + K_l dx_l - u_l = -dE/dx_l

are eliminated upwards as dx_l = p_l + P_l u_l, which costs small matrices only: layer 1 has a diagonal
P_1, so a 784-128-10 network with both ends clamped solves 10 x 10 systems.  A shift > 0 turns the
Newton step into an implicit Euler step of length 1/shift of the relaxation dx/dt = -dE/dx.
Needs a clamped input; `dense_direction` does not.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn.hessian import bend, jacobian
from analog_pc.pcn.state import Landscape, State


def direction(landscape: Landscape, state: State, shift: Floats) -> list[Floats]:
    """dz per layer of the (shifted) Newton step; `shift` [samples]."""
    if landscape.clamps.input_is_clamped:
        return _swept_direction(landscape, state, shift)
    return dense_direction(landscape, state, shift)


def dense_direction(landscape: Landscape, state: State, shift: Floats) -> list[Floats]:
    """The same step from the whole matrix, for any clamps."""
    full, bending = jacobian(landscape, state)
    held = np.concatenate(
        [np.broadcast_to(1.0 - m, x.shape) for m, x in zip(landscape.movable, state.x, strict=True)], 1
    )
    gradient = np.concatenate(state.gradient, axis=1)
    mobile = np.concatenate(
        [np.ones_like(x) if m is None else m for m, x in zip(state.mobile, state.x, strict=True)], axis=1
    )
    full *= (1.0 - held)[:, :, None] * (1.0 - held)[:, None, :]
    n = full.shape[1]
    full[:, np.arange(n), np.arange(n)] += held + shift[:, None] * mobile * (1.0 - held)
    try:
        step = np.linalg.solve(full, -gradient[..., None])[..., 0]
    except np.linalg.LinAlgError:  # a flat direction: the least-squares step leaves it alone
        step = -(np.linalg.pinv(full) @ gradient[..., None])[..., 0]
    # A kink that repels is left on the downhill side, as in `_gate_step`.
    leaves = (mobile == 0.0) & (held == 0.0) & (np.concatenate(bending, axis=1) <= 0.0)
    step = np.where(leaves, -np.sign(gradient), step)
    return np.split(step, np.cumsum(landscape.network.sizes)[:-1], axis=1)


def _swept_direction(landscape: Landscape, state: State, shift: Floats) -> list[Floats]:
    net, depth = landscape.network, landscape.network.depth
    bending = bend(landscape, state)
    loose = [
        m * free if m is not None else np.broadcast_to(free, x.shape)
        for m, free, x in zip(state.mobile, landscape.movable, state.x, strict=True)
    ]
    p: list[Floats] = [np.zeros_like(state.x[0])]
    P: list[Floats] = [np.empty(0)]
    q, S, B = [np.empty(0)] * 2, [np.empty(0)] * 2, [np.empty(0)] * 2
    pi1 = net.pi[0]
    stiffness = pi1 + bending[1] + shift[:, None]
    compliance = loose[1] / np.where(loose[1] > 0.0, stiffness, 1.0)
    p.append(-compliance * state.gradient[1])
    P.append(compliance)
    for layer in range(2, depth + 1):
        b = net.W[layer - 1][None] * state.gate[layer - 1][:, None, :]
        below = P[layer - 1]
        spread = b * below[:, None, :] if below.ndim == 2 else b @ below
        s = spread @ np.swapaxes(b, 1, 2)
        s[:, np.arange(net.sizes[layer]), np.arange(net.sizes[layer])] += 1.0 / net.pi[layer - 1]
        B.append(b)
        S.append(s)
        q.append((b @ p[layer - 1][..., None])[..., 0])
        if landscape.any_free[layer]:
            up, down = _settle(
                s, q[layer], state.gradient[layer], bending[layer] + shift[:, None], loose[layer]
            )
        else:
            up, down = np.zeros_like(q[layer]), np.zeros_like(s)
        p.append(up)
        P.append(down)
    return _back_substitute(landscape, state, (p, P, q, S, B), bending, loose)


def _settle(s: Floats, q: Floats, gradient: Floats, k: Floats, loose: Floats) -> tuple[Floats, Floats]:
    """p and P of a layer: P = (S^-1 + K)^-1 over the loose nodes, p = P (S^-1 q - gradient)."""
    inverse = np.linalg.inv(s)
    n = s.shape[1]
    matrix = inverse * loose[:, :, None] * loose[:, None, :]
    matrix[:, np.arange(n), np.arange(n)] += np.where(loose > 0.0, k, 1.0)
    spread = np.linalg.inv(matrix) * loose[:, :, None] * loose[:, None, :]
    drive = (inverse @ q[..., None])[..., 0] - gradient
    return (spread @ drive[..., None])[..., 0], spread


def _back_substitute(
    landscape: Landscape,
    state: State,
    sweep: tuple[list[Floats], ...],
    bending: list[Floats],
    loose: list[Floats],
) -> list[Floats]:
    p, P, q, S, B = sweep
    net, depth = landscape.network, landscape.network.depth
    dz = [np.zeros_like(x) for x in state.x]
    u = np.zeros_like(state.x[depth])
    for layer in range(depth, 0, -1):
        dx = p[layer] + (P[layer] * u if P[layer].ndim == 2 else (P[layer] @ u[..., None])[..., 0])
        if layer == 1:
            force = net.pi[0] * dx
        else:
            force = np.linalg.solve(S[layer], (dx - q[layer])[..., None])[..., 0]
        dz[layer] = dx
        mobile = state.mobile[layer]
        if mobile is not None:  # in a dead zone the gate, not x, takes the step
            dead = (mobile == 0.0) & landscape.clamps.free[layer]
            dz[layer] = np.where(dead, _gate_step(state.gradient[layer], u - force, bending[layer]), dx)
        if layer > 1:
            u = (np.swapaxes(B[layer], 1, 2) @ force[..., None])[..., 0]
    return dz


def _gate_step(gradient: Floats, change: Floats, bending: Floats) -> Floats:
    """Step of a drive inside a dead zone, where the gate and not x moves.

    bending > 0: the kink attracts, and the gate takes the value that balances the forces.
    bending <= 0: the kink repels, and the drive leaves the dead zone on the downhill side.
    """
    attracts = bending > 0.0
    return np.where(attracts, (change - gradient) / np.where(attracts, bending, 1.0), -np.sign(gradient))
