"""Noise at an operating point: the covariance of all nodes, from the Lyapunov equation.

With dx/dt = J x + N n and white n of two-sided spectral matrix S, the covariance P of the states solves
J P + P J^T + N S N^T = 0; a node v = c x has the variance c P c^T over all frequencies.  The sources:

    resistors, devices, wires    currents into their nodes, S = 2 k T (conductance matrix): for a crossbar its
                                 port admittance, by Twiss's theorem (J. Appl. Phys. 26, 599 (1955))
    inputs of amplifiers         S = e_n^2 / 2 (e_n is the one-sided density)

Devices with a nonlinear law make the noise of their conductance at 0 V.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import block_diag, solve_continuous_lyapunov

from analog_pc.arrays import Floats
from analog_pc.circuit import BOLTZMANN, NoiseSolution, Outcome, Status
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native.analyses.modes import closed, modes
from analog_pc.simulators.native.model import Model

# White noise that reaches a node past every capacitor has no finite variance.  Rounding leaves some too; it
# is nothing if a band as wide as the fastest mode holds less than this part of the variance.
LEAK = 1e-6


def noise_at(model: Model, y: Floats, nodes: tuple[str, ...], kelvin: float) -> NoiseSolution:
    """Noise of `nodes` at the operating point where the blocks read y [1, reads]."""
    dynamic, solver = model.reduced(True)
    form = solver.form
    spectrum, into_w, into_rate = _sources(model, kelvin)
    by_n = dynamic.solve(into_w)
    reads_n, rate_n = dynamic.inputs_of(by_n), dynamic.rate_of(by_n) + into_rate
    by_x, by_q = dynamic.nodes.by_x, dynamic.nodes.by_q
    jacobian, rows = dynamic.rate.by_x, _rows(model, nodes)
    if form.elements:
        (pick, from_x), (_, from_n) = closed(form, y, dynamic.inputs.by_x), closed(form, y, reads_n)
        from_x, from_n, by_q, rate_d = from_x[0], from_n[0], by_q[:, pick], dynamic.rate.by_q[:, pick]
        jacobian, rate_n = jacobian + rate_d @ from_x, rate_n + rate_d @ from_n
        by_x, by_n = by_x + by_q @ from_x, by_n + by_q @ from_n
    found = modes(jacobian)
    if not found.stable:
        raise SimulationFailed(
            "native: noise: the operating point is unstable, its noise grows without bound"
        )
    states = solve_continuous_lyapunov(jacobian, -rate_n @ spectrum @ rate_n.T)
    covariance = by_x[rows] @ states @ by_x[rows].T
    variance = np.diag(covariance)
    white = np.einsum("ij,jk,ik->i", by_n[rows], spectrum, by_n[rows])
    fastest = np.abs(found.eigenvalues).max(initial=0.0)
    leaks = white * fastest > LEAK * variance
    if leaks.any():
        raise BadInput(
            f"native: noise of node {nodes[int(np.argmax(leaks))]!r}: white noise reaches it, "
            "past every capacitor, so its variance is infinite; look at a node that holds charge"
        )
    return NoiseSolution(
        nodes, np.sqrt(variance), Status(Outcome.CONVERGED, ("over all frequencies",)), covariance
    )


def _rows(model: Model, nodes: tuple[str, ...]) -> list[int]:
    return [model.nodes.index(node) for node in nodes]


def _sources(model: Model, kelvin: float) -> tuple[Floats, Floats, Floats]:
    """Spectral matrix [n, n] of the sources, and what each puts into M w and into dx/dt, [.., n]."""
    a = model.equations
    dynamic, _ = model.reduced(True)
    matrix = a.thermal.matrix((a.unknowns, a.unknowns))
    noisy = np.flatnonzero(dynamic.free & (matrix.diagonal() > 0.0))
    thermal = 2.0 * BOLTZMANN * kelvin * matrix[noisy][:, noisy].toarray()
    inputs = [(row, *source) for rows, *source in a.noisy_inputs for row in rows.tolist()]
    n = len(noisy) + len(inputs)
    into_w, into_rate = np.zeros((a.unknowns, n)), np.zeros((len(a.states), n))
    into_w[noisy, np.arange(len(noisy))] = 1.0
    state_of = {row: k for k, row in enumerate(a.states)}
    for k, (row, gain, _, has_pole) in enumerate(inputs, start=len(noisy)):
        (into_rate[state_of[row]] if has_pole else into_w[row])[k] = gain
    densities = np.diag([0.5 * e_n**2 for _, _, e_n, _ in inputs])
    return (block_diag(thermal, densities) if inputs else thermal), into_w, into_rate
