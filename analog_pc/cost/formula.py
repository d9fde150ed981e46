"""Settling and energy from formulas alone, beside what the simulator finds.

With tau = C / g_s, the Hessian H of the network's energy at its equilibrium x* and the lag tau_a =
NG / (2 pi GBW) of the slowest array's amplifiers, of the arrays whose inputs move in the phase::

    x(t) = x* + exp(-H t / tau) (x(0) - x*)      the linearised flow of ideal parts: 1 % is left at t_1
    t    = t_1 + ln(100) tau_a
    E    = t (N P + sum over the arrays of G V^2) + converters

t_1 is at most ln(100) tau / lambda, lambda the smallest eigenvalue of H.  N amplifiers of quiescent power P;
V the voltages of the word lines, with ideal wires and bit lines at 0 V.  Where tau_a is small, t is the
relaxation of ideal parts; where C is small, that of the amplifiers.  It holds for the network as drawn: the
programming spread of a chip moves its slowest mode, and its settling by a factor of 2 and more either way.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Circuit, Crossbar, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.cost.settling import LEVEL
from analog_pc.pcn import relax
from analog_pc.pcn.hessian import hessian, moving
from analog_pc.pcn.state import Landscape

POINTS = 2000  # of time, in equal ratios: 1.2 % apart over ten decades


def formula_settling(compiled: CompiledNetwork) -> float:
    """t in s of the slowest sample; NaN where the ideal network has no equilibrium that is a minimum."""
    return compiled.scales.seconds * ideal_settling(compiled) + settled_lag(compiled)


def settled_lag(compiled: CompiledNetwork) -> float:
    """ln(100) tau_a in s, at the mean noise gain of the bit lines of an array."""
    rate = 2.0 * np.pi * compiled.design.technology.opamp_gain_bandwidth
    slowest = max((float(gain.mean()) for gain in noise_gains(compiled)), default=0.0)
    return float(np.log(1.0 / LEVEL)) * slowest / rate


def ideal_settling(compiled: CompiledNetwork) -> float:
    """t_1 / tau of the slowest sample, from 0 while predicting, from the forward state while learning."""
    landscape = Landscape(compiled.network, compiled.clamps)
    rest = relax(compiled.network, clamps=compiled.clamps)
    state = landscape.resting_state(list(rest.activities))
    end = np.concatenate(state.x, axis=1)
    free = np.concatenate(compiled.clamps.free)
    start = np.concatenate(landscape.forward(), axis=1)
    if not compiled.clamps.beyond_input:
        start = np.where(free, 0.0, start)
    found = [0.0]
    for matrix, mask, move in zip(
        hessian(landscape, state), moving(landscape, state), start - end, strict=True
    ):
        if mask.any():
            rates, modes = np.linalg.eigh(matrix[np.ix_(mask, mask)])
            found.append(_linear_settling(rates, modes, move[mask]))
    return float(np.max(found))


def _linear_settling(rates: Floats, modes: Floats, move: Floats) -> float:
    """When exp(-H t) move stays below `LEVEL` of its largest entry; NaN where H is not positive."""
    largest = float(np.abs(move).max())
    if largest == 0.0:
        return 0.0
    if not rates[0] > 0.0:
        return float("nan")
    longest = np.log(1e3 / LEVEL) / rates[0]  # the slowest mode has a thousandth of the level left
    times = np.geomspace(1e-10 * longest, longest, POINTS)
    left = np.abs(modes @ (np.exp(-np.outer(rates, times)) * (modes.T @ move)[:, None])).max(axis=0)
    late = np.flatnonzero(left > LEVEL * largest)
    return float(times[late[-1]]) if len(late) else 0.0


def noise_gains(compiled: CompiledNetwork) -> Iterator[Floats]:
    """1 + R_f sum(G) of the amplifiers of every array whose inputs move, [columns].

    A learn phase starts where the clamped input has already settled: its array rests.
    """
    design = compiled.design
    resting = 1 if compiled.clamps.beyond_input else 0
    for layer in range(1, compiled.network.depth + 1):
        if layer > resting:
            yield design.forward(layer).noise_gain()
        if design.feeds_back(layer - 1):
            yield design.transposed(layer).noise_gain()


def array_power(circuit: Circuit, solution: Solution) -> float:
    """Sum of G V^2 over all devices in W, mean over the samples: ideal wires, bit lines at 0 V."""
    watts = 0.0
    for instance in circuit.instances:
        outer = dict(zip(instance.subcircuit.ports, instance.nodes, strict=True))
        for element in instance.subcircuit.elements:
            if isinstance(element, Crossbar):
                rows = tuple(outer.get(node, f"{instance.name}.{node}") for node in element.rows)
                squares = (solution.voltage(rows) ** 2).mean(axis=0)
                watts += float(squares @ np.asarray(element.siemens).sum(axis=1))
    return watts


def device_siemens(circuit: Circuit) -> float:
    """Sum of the conductances of all devices, S."""
    return sum(float(np.asarray(e.siemens).sum()) for _, e in circuit.banks() if isinstance(e, Crossbar))
