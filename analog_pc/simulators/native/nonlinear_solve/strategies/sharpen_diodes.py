"""Operating points of circuits with diodes: Newton's method on their waves, and diodes that become sharper.

How far a step of Newton's method decreases the residual depends on how sharply diodes turn.  Where it does
not arrive, ``s omega(v / s)`` of each diode is made smooth, with a larger s, and sharper again from solution
to solution.  A passive network (`diode_networks.py`) stays passive all along: the path is unique and never
turns back.  An ideal diode is its end, s = 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Outcome
from analog_pc.simulators.native.mna.diodes import DiodeJunctions, wright_transfer
from analog_pc.simulators.native.mna.equations import ElementInstance
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.diode_networks import (
    EPS,
    ROUNDING,
    agrees,
    mismatch,
    residual,
    rounding_floor,
    unbalanced_note,
)
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.free_nodes import free_nodes
from analog_pc.simulators.native.nonlinear_solve.newton import DenseNewton, Solved
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState

SHARPER = 0.5  # ratio of one slope voltage to the last
# The last slope voltage of ideal diodes, as a part of the largest wave: a corner is rounded off by 0.6 of it.
IDEAL = 1e-15
ENTRIES = 2e7  # of all matrices at a time, 160 MB


class SharpenDiodes:
    """All samples at once; for circuits whose only nonlinear elements are diodes in a passive network."""

    def applies(self, problem: Problem) -> bool:
        return problem.model.passive_diodes

    def step(self, problem: Problem, state: SolveState) -> None:
        samples = state.left
        solved, notes = _only_solution(problem.model, problem.u[samples], problem.outputs(samples))
        if problem.preset is not None:  # whichever state a sample starts from, its solution is the only one
            state.preset_q = _only_solution(problem.model, problem.preset, solved.q)[0].q
        state.store(samples, solved)
        state.notes |= {int(samples[k]): note for k, note in notes.items()}
        found = samples[solved.found]
        for k, node in free_nodes(problem.model, solved.y[solved.found]).items():
            note = f"nothing determines the voltage of node {node!r} while diodes block"
            state.outcomes[int(found[k])] = Outcome.UNDETERMINED
            state.notes[int(found[k])] = note


class SharpenAmongOthers:
    """One sample after another, where amplifiers or transfer functions stand beside diodes: no proof."""

    def applies(self, problem: Problem) -> bool:
        form = problem.model.reduced(False)[1].form
        return bool(form.diode_outputs.any()) and not problem.held.any() and problem.preset is None

    def step(self, problem: Problem, state: SolveState) -> None:
        maps, solver = problem.model.reduced(False)
        for sample in state.left.tolist():
            if problem.deadline.passed:
                break
            one = np.array([sample])
            u = problem.u[one]
            r = maps.inputs.feedforward(None, u)
            y = sharpened(solver.form, r)
            q = solver.form.delta(y)
            found = mismatch(solver.form, r, y).max(axis=1) <= ROUNDING * EPS * np.abs(y).max(axis=1)
            state.store(one, Solved(y, q, found))


def _only_solution(model: Model, u: Floats, start: Floats) -> tuple[Solved, dict[int, str]]:
    """The waves under stimuli u [samples, stimuli], searched from outputs `start`, and what is wrong."""
    maps, solver = model.reduced(False)
    r = maps.inputs.feedforward(None, u)
    floor = rounding_floor(model.equations, u)
    y = solver.solve(r, start).y
    found = agrees(solver.form, r, y, floor)
    left = np.flatnonzero(~found)
    if len(left):
        together = max(1, int(ENTRIES / len(solver.form.gain) ** 2))
        for first in range(0, len(left), together):
            part = left[first : first + together]
            y[part] = sharpened(solver.form, r[part])
        found[left] = agrees(solver.form, r[left], y[left], floor[left])
    notes = {k: unbalanced_note(solver.form, r, y, k) for k in np.flatnonzero(~found).tolist()}
    return Solved(y, solver.form.delta(y), found), notes


def reject_unbalanced(problem: Problem, state: SolveState) -> None:
    """Take back samples of other strategies in which the currents of diodes do not balance."""
    maps, solver = problem.model.reduced(False)
    if not solver.form.diode_outputs.any():
        return
    r = maps.inputs.feedforward(None, problem.u)
    state.found &= agrees(solver.form, r, state.y, rounding_floor(problem.model.equations, problem.u))
    for sample in state.left.tolist():
        state.notes.setdefault(sample, unbalanced_note(solver.form, r, state.y, sample))


def sharpened(form: FeedbackForm, r: Floats) -> Floats:
    """Waves y [samples, inputs] at r, found from the ones of smooth diodes on."""
    largest = float(np.abs(r[:, form.diode_inputs]).max())
    sharpest = IDEAL * largest
    slopes = [_slope_volts(i) for i in form.elements if isinstance(i.element, DiodeJunctions)]
    last = max(sharpest, min(slopes))
    q = np.zeros((len(r), form.gain.shape[1]))
    y = r
    slope = largest
    while slope > last:
        slope = max(last, SHARPER * slope)
        smooth = replace(form, elements=tuple(_smooth(instance, slope) for instance in form.elements))
        q = smooth.delta(y)
        y = DenseNewton(smooth).solve(r, q).y
    exact = DenseNewton(form).solve(r, form.delta(y))
    better = residual(form, r, exact.y) < residual(form, r, y)
    return np.where(better[:, None], exact.y, y)


def _slope_volts(instance: ElementInstance) -> float:
    """s of a bank of diodes; 0 of ideal ones."""
    assert isinstance(instance.element, DiodeJunctions)
    parameters = instance.element.transfer.parameters
    return 0.0 if instance.element.ideal or parameters is None else parameters[0]


def _smooth(instance: ElementInstance, slope_volts: float) -> ElementInstance:
    """The same bank; diodes have a slope voltage that is at least so large."""
    if not isinstance(instance.element, DiodeJunctions) or _slope_volts(instance) >= slope_volts:
        return instance
    smooth = replace(instance.element, transfer=wright_transfer(slope_volts))
    return instance._replace(element=smooth)
