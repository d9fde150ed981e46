"""Tolerances: deviation from the mathematics by finite gain and by the simulator's stopping rule.

An op-amp of gain A with noise gain NG = 1 + R_f sum(G) delivers ``1 / (1 + NG/A)`` of its output, so with
delta = NG / (A + NG) of the forward and delta' of the feedback amplifiers (and 2 / (A + 2) of the drivers
and sense amplifiers, added to them) the circuit solves the equations of slightly other weights.  At the
ideal equilibrium they leave a gradient of at most::

    r_l = pi_l delta_l |mu_l| + gate_l |W_{l+1}|^T pi_{l+1} delta_{l+1} |mu_{l+1}| + gate_l delta'_l |h_l|

To first order the equilibrium moves by dx = H^-1 r, H the Hessian of E, so |dx| <= |H^-1| r node by node.
An activity that rests on a kink is off by d = |z|/A_r (A_r: gain of the rectifier, z: its drive, see
`activations/piecewise_linear.py`), which adds |H| d to r of the others; f moves with it by the steeper of its
two slopes, whatever the gate.  The rest follows by the chain rule, slope = |f'|, on a kink the steeper one::

    |dmu_l| <= |W_l| slope_{l-1} |dx_{l-1}| + delta_l |mu_l|       |deps_l| <= |dx_l| + |dmu_l|
    |dE|    <= sum pi |eps| |deps| + 1/2 pi |deps|^2
    |d dW|  <= pi (|deps| |f| + |eps| |df| + |deps| |df|)          summed over samples

`SECOND_ORDER` covers the terms of second order.  ngspice stops when no voltage moved by more than
`RELTOL` of itself plus `VNTOL`; Newton's last step bounds the remaining distance, and H^-1 spreads it as
it spreads r.  Nothing here is fitted to results.  The verdict holds a circuit of any gain to
`ACCEPTANCE` too: worse than that is no longer "ideal parts", whatever explains it.
"""

from __future__ import annotations

import numpy as np

from analog_pc.activations import PiecewiseLinear
from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork
from analog_pc.pcn import Equilibrium
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState
from analog_pc.pcn.hessian import moving
from analog_pc.pcn.state import Landscape, State

SECOND_ORDER = 2.0
RELTOL = 1e-9
VNTOL = 1e-12  # V
ACCEPTANCE = {"x": 1e-6, "mu": 1e-6, "eps": 1e-6, "energy": 1e-6, "dW": 1e-5}


def tolerances(compiled: CompiledNetwork, ideal: Equilibrium, scales: dict[str, float]) -> dict[str, float]:
    """Tolerances of x, mu, eps, energy and dW as fractions of their full scales."""
    landscape = Landscape(compiled.network, compiled.clamps)
    state = landscape.resting_state(list(ideal.activities))
    gain = compiled.design.technology.opamp_gain
    forward, feedback = _lags(compiled, gain)
    dx = _moves(compiled, landscape, state, _gradient(compiled, state, forward, feedback))
    net = compiled.network
    rate = [
        slope * d + unity_lag(gain) * np.abs(f)
        for slope, d, f in zip(steepest_slopes(landscape, state), dx, state.activation[:-1], strict=False)
    ]
    dmu = [
        np.abs(state.mu[k]) * forward[k] + rate[k - 1] @ np.abs(net.W[k - 1]).T
        for k in range(1, net.depth + 1)
    ]
    deps = [d + m + unity_lag(gain) * np.abs(e) for d, m, e in zip(dx[1:], dmu, state.eps[1:], strict=True)]
    eps = [np.abs(e) for e in state.eps[1:]]
    energy = sum(pi * (e * d + 0.5 * d * d).sum(axis=1) for pi, e, d in zip(net.pi, eps, deps, strict=True))
    bounds = {
        "x": max(float(d.max()) for d in dx),
        "mu": max(float(m.max()) for m in dmu),
        "eps": max(float(d.max()) for d in deps),
        "energy": float(np.max(energy)),
        "dW": max(
            float((pi * (d.T @ (np.abs(f) + df) + e.T @ df)).max())
            for pi, e, d, f, df in zip(net.pi, eps, deps, state.activation[:-1], rate, strict=True)
        ),
    }
    return {name: SECOND_ORDER * bound / scales[name] + RELTOL for name, bound in bounds.items()}


def _lags(compiled: CompiledNetwork, gain: float) -> tuple[list[Floats], list[Floats]]:
    """delta of the forward amplifiers of layers 0 ... L and of the feedback amplifiers into 0 ... L-1."""
    design = compiled.design
    net = compiled.network
    forward: list[Floats] = [np.zeros(net.sizes[0])]
    feedback: list[Floats] = []
    for layer in range(1, net.depth + 1):
        ng = design.forward(layer).noise_gain()
        back = design.transposed(layer).noise_gain()
        forward.append(ng / (gain + ng) + unity_lag(gain))
        feedback.append(back / (gain + back) + unity_lag(gain))
    return forward, feedback


def unity_lag(gain: float) -> float:
    """Relative gain error of a driver or a sense amplifier (gain 1, noise gain at most 2)."""
    return 2.0 / (gain + 2.0)


def _gradient(
    compiled: CompiledNetwork, state: State, forward: list[Floats], feedback: list[Floats]
) -> list[Floats]:
    """The bound r_l of what finite gain and the stopping rule leave of dE/dx_l, layers 0 ... L."""
    net = compiled.network
    found = []
    for layer, x in enumerate(state.x):
        r = np.zeros_like(x)
        if layer:
            stop = RELTOL * np.abs(state.mu[layer]) + VNTOL / compiled.scales.activity[layer]
            r = r + net.precision_of(layer) * (forward[layer] * np.abs(state.mu[layer]) + stop)
        if layer < net.depth and state.feedback[layer].size:
            gate = np.abs(state.gate[layer])
            above = net.precision_of(layer + 1) * (forward[layer + 1] + RELTOL) * np.abs(state.mu[layer + 1])
            r = r + gate * (above @ np.abs(net.W[layer]))
            r = r + gate * (feedback[layer] + RELTOL) * np.abs(state.feedback[layer])
        found.append(r)
    return found


def _moves(compiled: CompiledNetwork, landscape: Landscape, state: State, r: list[Floats]) -> list[Floats]:
    """|H^-1| r over the moving activities, |z|/A_r on kinks, 0 on clamps; layers 0 ... L."""
    full = landscape.hessian(state)
    steep = landscape.hessian(steepest(landscape, state))
    free_moving = moving(landscape, state)
    free = np.broadcast_to(np.concatenate(landscape.clamps.free), free_moving.shape)
    resting = free & ~free_moving
    drive = np.abs(np.concatenate(landscape.drives(state), axis=1))
    out = np.where(resting, drive / compiled.design.technology.rectifier_gain, 0.0)
    total = np.concatenate(r, axis=1)
    for s, mask in enumerate(free_moving):
        if mask.any():
            push = total[s] + np.abs(steep[s]) @ out[s]
            inverse = np.linalg.inv(full[s][np.ix_(mask, mask)])
            out[s, mask] = np.abs(inverse) @ push[mask]
    return np.split(out, np.cumsum(compiled.network.sizes)[:-1], axis=1)


def steepest(landscape: GraphLandscape, state: GraphState) -> GraphState:
    """The state with the steeper of the two slopes as the gate of what rests on a kink."""
    slopes = steepest_slopes(landscape, state)
    gates = [
        None if gate is None else np.where(np.isnan(gate), np.nan, slope)
        for gate, slope in zip(state.kink_gate, slopes, strict=True)
    ]
    return landscape.state(state.x, gates)


def steepest_slopes(landscape: GraphLandscape, state: GraphState) -> list[Floats]:
    """|f'| by population; on a kink the steepest slope of f, whichever side x may move to."""
    found = []
    for act, x, gate in zip(landscape.activations, state.x, state.kink_gate, strict=True):
        slope = np.asarray(np.abs(act.slope(x)))
        if gate is not None and isinstance(act, PiecewiseLinear):
            slope = np.where(np.isnan(gate), slope, max(abs(one) for one in act.slopes))
        found.append(slope)
    return found
