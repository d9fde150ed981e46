"""Noise at an operating point: the covariance of all nodes, from the Lyapunov equation.

With dx/dt = J x + N n and white n of two-sided spectral matrix S, the covariance P of the states solves
J P + P J^T + N S N^T = 0; a node v = c x has the variance c P c^T over all frequencies.  The sources:

    resistors, devices, wires    currents into their nodes, S = 2 k T (conductance matrix): for a crossbar its
                                 port admittance, by Twiss's theorem (J. Appl. Phys. 26, 599 (1955))
    inputs of amplifiers         S = e_n^2 / 2 (e_n is the one-sided density)

Devices with a nonlinear characteristic make the noise of their conductance at 0 V.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag, solve_continuous_lyapunov

from analog_pc.arrays import Floats
from analog_pc.circuit import BOLTZMANN, NoiseSolution, Outcome, Status
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native.analyses.eigenmodes import Modes
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.jacobian import closed_loop

# White noise that reaches a node past every capacitor has no finite variance.  Rounding leaves some too; it
# counts as none if a band as wide as the fastest mode holds less than this part of the variance.
LEAK = 1e-6


class _Sources(NamedTuple):
    """White noise sources: spectral matrix [n, n], and what each adds to M w and to dx/dt, [.., n]."""

    spectrum: Floats
    into_w: Floats
    into_rate: Floats


def noise_at(model: Model, y: Floats, nodes: tuple[str, ...], kelvin: float) -> NoiseSolution:
    """Noise of nodes at the operating point with inputs y [1, inputs] of the nonlinear elements.

    Raises
    ------
    BadInput
        For a node whose noise has no finite variance.
    SimulationFailed
        If the operating point is unstable.
    """
    maps, solver = model.reduced(True)
    form = solver.form
    sources = _sources(model, kelvin)
    w_by_n = maps.solve(sources.into_w)
    jacobian = maps.rate.by_x
    rate_by_n = maps.rate_of(w_by_n) + sources.into_rate
    by_x = maps.nodes.by_x
    by_n = w_by_n
    if form.elements:
        states = len(jacobian)
        dy = np.concatenate([maps.inputs.by_x, maps.inputs_of(w_by_n)], axis=1)
        some, dq = closed_loop(form, y, dy)
        by_q = maps.nodes.by_q[:, some]
        rate_by_q = maps.rate.by_q[:, some]
        jacobian = jacobian + rate_by_q @ dq[0, :, :states]
        rate_by_n = rate_by_n + rate_by_q @ dq[0, :, states:]
        by_x = by_x + by_q @ dq[0, :, :states]
        by_n = by_n + by_q @ dq[0, :, states:]
    modes = Modes.of(jacobian)
    if not modes.stable:
        raise SimulationFailed(
            "native: noise: the operating point is unstable, its noise grows without bound"
        )
    rows = [model.nodes.index(node) for node in nodes]
    covariance_x = solve_continuous_lyapunov(jacobian, -rate_by_n @ sources.spectrum @ rate_by_n.T)
    covariance = by_x[rows] @ covariance_x @ by_x[rows].T
    variance = np.diag(covariance)
    white = np.einsum("ij,jk,ik->i", by_n[rows], sources.spectrum, by_n[rows])
    leaks = white * np.abs(modes.eigenvalues).max(initial=0.0) > LEAK * variance
    if leaks.any():
        raise BadInput(
            f"native: noise of node {nodes[int(np.argmax(leaks))]!r}: white noise reaches it, "
            "past every capacitor, so its variance is infinite; look at a node that holds charge"
        )
    status = Status(Outcome.CONVERGED, ("over all frequencies",))
    return NoiseSolution(nodes, np.sqrt(variance), status, covariance)


def _sources(model: Model, kelvin: float) -> _Sources:
    equations = model.equations
    maps, _ = model.reduced(True)
    conductances = equations.thermal.matrix((equations.unknowns, equations.unknowns))
    noisy = np.flatnonzero(maps.free & (conductances.diagonal() > 0.0))
    spectrum = 2.0 * BOLTZMANN * kelvin * conductances[noisy][:, noisy].toarray()
    amplifiers = [(row, bank) for bank in equations.noisy_inputs for row in bank.rows.tolist()]
    n = len(noisy) + len(amplifiers)
    into_w = np.zeros((equations.unknowns, n))
    into_rate = np.zeros((len(equations.states), n))
    into_w[noisy, np.arange(len(noisy))] = 1.0
    state_of = {row: k for k, row in enumerate(equations.states)}
    for k, (row, bank) in enumerate(amplifiers, start=len(noisy)):
        if bank.to_rate:
            into_rate[state_of[row], k] = bank.gain
        else:
            into_w[row, k] = bank.gain
    if amplifiers:
        spectrum = block_diag(spectrum, np.diag([0.5 * bank.density**2 for _, bank in amplifiers]))
    return _Sources(spectrum, into_w, into_rate)
