"""The trial without a circuit: the mathematics of relaxation, and one differential equation for every device.

Nothing of it comes from ngspice or from the netlist.  Rates and weighted errors come from the equilibrium
that `relax` finds by Newton's method; their pulses are numbers (`pulse_encoding.py`); in every
phase a device moves for as long as its two pulses overlap, at the voltage that they add up to::

    dx/dt = rate(V_ij, x),   V_ij = polarity (level(f_j) + column),   0 <= t <= width(F_i) seconds

integrated to 1e-10 of a step (`hold`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.devices.compact import hold
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, relax
from analog_pc.testbench.testbench import LearningTestbench


@dataclass(frozen=True, eq=False)
class ModelResult:
    """What the trial should give.

    `predicted`, `learned`, `again`: the ends (one sample each) of the three relaxations; `before`,
    `after`: states of layers 1 ... L, [pre (and bias), post]; `network`: the one that was learned.
    """

    predicted: Equilibrium
    learned: Equilibrium
    again: Equilibrium
    before: tuple[Floats, ...]
    after: tuple[Floats, ...]
    network: PredictiveCodingNetwork


def behavioural_model(bench: LearningTestbench) -> ModelResult:
    """Play the trial in Python.

    Raises
    ------
    BadInput
        If a relaxation does not end in a minimum.
    """
    before = bench.states()
    network = bench.network_of(before)
    shown = bench.inputs[np.newaxis]
    predicted = relax(network, shown)
    learned = bench.learned()
    after = tuple(
        _written(bench, state, rates, weighted_eps)
        for state, (rates, weighted_eps) in zip(before, drives(bench, learned), strict=True)
    )
    changed = bench.network_of(after)
    again = relax(changed, shown)
    for equilibrium in (predicted, again):
        if not equilibrium.relaxation.all_converged:
            raise BadInput(f"behavioural model: {equilibrium.relaxation.message}")
    return ModelResult(predicted, learned, again, before, after, changed)


def drives(bench: LearningTestbench, learned: Equilibrium) -> list[tuple[Floats, Floats]]:
    """For each layer: rates of its lines [pre (and bias)], weighted errors of its columns [post]."""
    one = np.ones(1 if bench.network.has_biases else 0)
    rates = [np.concatenate([rate[0], one]) for rate in learned.rates]
    weighted_eps = [pi * eps[0] for pi, eps in zip(bench.network.pi, learned.eps[1:], strict=True)]
    return list(zip(rates, weighted_eps, strict=True))


def _written(bench: LearningTestbench, state: Floats, rates: Floats, weighted_eps: Floats) -> Floats:
    """States [pre, post] after all phases."""
    w = bench.encoding
    for phase in bench.schedule.phases:
        served = np.maximum(phase.sign * rates, 0.0)
        volts = phase.polarity * (w.level(served) + w.column(phase.polarity))
        seconds = phase.seconds * w.width(phase.columns * weighted_eps)
        state = hold(w.device, state, volts[:, np.newaxis], seconds[np.newaxis])
    return state
