"""Settling and energy from formulas alone, beside what the simulator finds.

With tau = C / g_s, the Hessian H of the ideal network's energy at its equilibrium, the equilibrium x* of the
chip as drawn (closed form, ideal wires), and the lag tau_a = NG / (2 pi GBW) of the slowest amplifiers of
the arrays whose inputs move in the phase::

    v(t) = v* + U exp(-H t / tau) (x(0) - x*)      U: volts per unit of each layer; 1 % is left at t_1
    t    = sqrt(t_1^2 + (ln(100) tau_a)^2)         stages in series: settling times add in quadrature
    E    = t (N P + sum over the arrays of G V^2) + converters

N amplifiers of quiescent power P; V the voltages of the word lines, with ideal wires and bit lines at 0 V.
Where tau_a is small, t is the relaxation of ideal parts; where C is small, the settling of the amplifiers.

A chip settles to its own equilibrium.  While learning, prediction errors are small moves, and offsets and
programming errors of the same size are part of the move: with the equilibrium of the ideal network instead,
t_1 is up to a third too short.  Left out: the spread of the rates H that a chip draws (some percent of t_1),
the resistance of wires, and ringing where tau_a is not small beside tau.

Source of the sum in quadrature: rise times of cascaded stages without overshoot, G. E. Valley and
H. Wallman, "Vacuum Tube Amplifiers", McGraw-Hill 1948.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Circuit, Crossbar, Solution
from analog_pc.circuit.circuit import outer_names
from analog_pc.compiler import CompiledNetwork
from analog_pc.cost.operating_point import closed_form
from analog_pc.cost.settling import LEVEL
from analog_pc.pcn import relax
from analog_pc.pcn.hessian import moving
from analog_pc.pcn.state import Landscape

POINTS = 2000  # of time, in equal ratios: 1.2 % apart over ten decades


def formula_settling(compiled: CompiledNetwork) -> float:
    """t in s of the slowest sample.

    NaN where the ideal network has no equilibrium that is a minimum, or the chip none in closed form.
    """
    return math.hypot(compiled.scales.seconds * linear_settling(compiled), settled_lag(compiled))


def settled_lag(compiled: CompiledNetwork) -> float:
    """ln(100) tau_a in s, at the mean noise gain of the bit lines of an array."""
    rate = 2.0 * np.pi * compiled.design.technology.opamp_gain_bandwidth
    slowest = max((float(gain.mean()) for gain in noise_gains(compiled)), default=0.0)
    return float(np.log(1.0 / LEVEL)) * slowest / rate


def linear_settling(compiled: CompiledNetwork) -> float:
    """t_1 / tau of the slowest sample, from 0 V while predicting, from the forward state while learning."""
    landscape = Landscape(compiled.network, compiled.clamps)
    ideal = relax(compiled.network, clamps=compiled.clamps)
    state = landscape.resting_state(list(ideal.activities))
    # Wires move the equilibrium little, and those of wide arrays take long to reduce.
    technology = compiled.design.technology
    chip = closed_form(compiled, replace(technology, word_line_resistance=0.0, bit_line_resistance=0.0))
    if not chip.relaxation.all_converged:
        return math.nan
    end = np.concatenate(chip.activities, axis=1)
    start = np.concatenate(landscape.forward(), axis=1)
    if not compiled.clamps.beyond_input:
        start = np.where(np.concatenate(compiled.clamps.free), 0.0, start)
    volts = np.repeat(compiled.scales.activity, compiled.network.sizes)
    samples = zip(landscape.hessian(state), moving(landscape, state), start - end, strict=True)
    times = [
        modal_settling(matrix[np.ix_(free, free)], move[free], volts[free]) for matrix, free, move in samples
    ]
    return float(np.max(times))


def modal_settling(hessian: Floats, move: Floats, volts: Floats) -> float:
    """When U exp(-H t) move stays below `LEVEL` of its largest entry; NaN where H is not positive.

    Parameters
    ----------
    hessian
        H [n, n], symmetric.
    move
        [n], from the start to the equilibrium.
    volts
        Diagonal of U, V per unit of activity, [n].
    """
    largest = float(np.abs(volts * move).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    rates, modes = np.linalg.eigh(hessian)
    if not rates[0] > 0.0:
        return math.nan
    # The slowest mode has a thousandth of the level left at the end, in the layer of most volts per unit.
    longest = np.log(1e3 * volts.max() / (volts.min() * LEVEL)) / rates[0]
    times = np.geomspace(1e-10 * longest, longest, POINTS)
    decaying = np.exp(-np.outer(rates, times)) * (modes.T @ move)[:, None]
    left = np.abs(volts[:, None] * (modes @ decaying)).max(axis=0)
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
    for path, element in circuit.banks():
        if isinstance(element, Crossbar):
            squares = (solution.voltage(outer_names(circuit, path, element.rows)) ** 2).mean(axis=0)
            watts += float(squares @ np.asarray(element.siemens).sum(axis=1))
    return watts


def device_siemens(circuit: Circuit) -> float:
    """Sum of the conductances of all devices, S."""
    return sum(float(np.asarray(e.siemens).sum()) for _, e in circuit.banks() if isinstance(e, Crossbar))
