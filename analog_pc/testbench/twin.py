"""The trial without a circuit: the mathematics of relaxation, and one differential equation for every device.

Nothing of it comes from ngspice or from the netlist.  The forces and rates are those of the equilibrium that
`relax` finds by Newton's method; the pulses that they make are numbers (`writing.py`); and in every phase a
device moves for as long as its two pulses overlap, at the voltage that they add up to::

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
from analog_pc.testbench.trial import Trial


@dataclass(frozen=True, eq=False)
class TwinResult:
    """What the trial should give.

    `predicted`, `learned`, `again`: the equilibria (one sample each) of the three relaxations; `before`,
    `after`: states of layers 1 ... L, [pre (and bias), post]; `network`: the one that was learned.
    """

    predicted: Equilibrium
    learned: Equilibrium
    again: Equilibrium
    before: tuple[Floats, ...]
    after: tuple[Floats, ...]
    network: PredictiveCodingNetwork


def twin(trial: Trial) -> TwinResult:
    """Play the trial in Python.

    Raises
    ------
    BadInput
        If a relaxation does not end in a minimum.
    """
    before = trial.states()
    network = trial.network_of(before)
    shown = trial.inputs[np.newaxis]
    predicted = relax(network, shown)
    learned = relax(network, shown, trial.target[np.newaxis])
    after = tuple(
        _written(trial, state, rates, forces)
        for state, (rates, forces) in zip(before, drives(trial, learned), strict=True)
    )
    changed = trial.network_of(after)
    again = relax(changed, shown)
    for equilibrium in (predicted, learned, again):
        if not equilibrium.relaxation.all_converged:
            raise BadInput(f"twin: {equilibrium.relaxation.message}")
    return TwinResult(predicted, learned, again, before, after, changed)


def drives(trial: Trial, learned: Equilibrium) -> list[tuple[Floats, Floats]]:
    """Of each layer, the rates of its lines [pre (and bias)] and the forces of its columns [post]."""
    one = np.ones(1 if trial.network.has_biases else 0)
    rates = [np.concatenate([rate[0], one]) for rate in learned.rates]
    forces = [pi * eps[0] for pi, eps in zip(trial.network.pi, learned.eps[1:], strict=True)]
    return list(zip(rates, forces, strict=True))


def _written(trial: Trial, state: Floats, rates: Floats, forces: Floats) -> Floats:
    """States [pre, post] after all phases."""
    w = trial.writing
    for phase in trial.schedule.phases:
        served = np.maximum(phase.sign * rates, 0.0)
        volts = phase.polarity * (w.level(served) + w.column(phase.polarity))
        seconds = phase.seconds * w.width(phase.columns * forces)
        state = hold(w.device, state, volts[:, np.newaxis], seconds[np.newaxis])
    return state
