"""Networks with diodes by waves: when they have one solution, and by how much a search misses it.

Waves (`mna/diodes.py`) make the circuit ``a = r + K b``, ``b = B(a)``, and power a difference of squares.  A
network of resistors and sources is passive, it returns no more power than it takes, and so do diodes::

    |D^-1/2 K D^1/2| <= 1,      -1 < dB/da < 1,      D = diag(rho)

So 1 - K B' has an inverse everywhere: there is one solution, and Newton's step decreases the residual from
any start.

The residual is the mismatch of Kirchhoff's current law: two sides of a terminal that differ by a wave of
da V differ by da / (2 rho) A.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.mna.diodes import DiodeJunctions
from analog_pc.simulators.native.mna.equations import Equations
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm

EPS = float(np.finfo(np.float64).eps)
# Two sides of a diode's terminal agree to this part of the largest wave that the sources send, as currents of
# SPICE programs do; Newton's method leaves rounding errors, a millionth of it.
BALANCE = 1e-9
ROUNDING = 64.0  # machine epsilons: of a voltage; for each diode, in the test of passivity


def passive_diodes(form: FeedbackForm) -> bool:
    """Whether diodes are the only nonlinear elements, and the network returns no more power than it takes."""
    if not form.elements or not all(isinstance(i.element, DiodeJunctions) for i in form.elements):
        return False
    root = np.sqrt(reference_ohms(form))
    scattering = form.gain * root / root[:, None]
    rest = (1.0 + ROUNDING * len(root) * EPS) * np.eye(len(root)) - scattering.T @ scattering
    try:
        scipy.linalg.cholesky(rest, check_finite=False)
    except scipy.linalg.LinAlgError:
        return False
    return True


def agrees(form: FeedbackForm, r: Floats, y: Floats, floor: Floats) -> Bools:
    """Samples in which Kirchhoff's current law holds at the terminals of diodes, [samples].

    r is what the sources alone send there: waves that run away beyond it are no solution.  floor [samples]:
    rounding errors of r, V.
    """
    among = form.diode_inputs & ~_between_sources(form)
    sent = np.abs(r[:, among]).max(axis=1, initial=0.0)
    return np.asarray(residual(form, r, y) <= BALANCE * sent + floor)


def _between_sources(form: FeedbackForm) -> Bools:
    """Diodes whose voltages no nonlinear element moves, K = -1 alone: nothing depends on their current."""
    alone = np.diag(form.gain) == -1.0
    others = form.gain - np.diag(np.diag(form.gain))
    return np.asarray(alone & ~others.any(axis=0) & ~others.any(axis=1))


def residual(form: FeedbackForm, r: Floats, y: Floats) -> Floats:
    """Largest mismatch at a diode, and the rounding error of the waves themselves, V, [samples]."""
    inputs = form.diode_inputs & ~_between_sources(form)
    away = mismatch(form, r, y)[:, inputs].max(axis=1, initial=0.0)
    return np.asarray(away + EPS * np.abs(y[:, inputs]).max(axis=1, initial=0.0))


def mismatch(form: FeedbackForm, r: Floats, y: Floats) -> Floats:
    """|r + K delta(y) - y|: by how much two sides of an input differ, V, [samples, inputs]."""
    return np.abs(form.inputs(r, form.delta(y)) - y)


def rounding_floor(equations: Equations, u: Floats) -> Floats:
    """Rounding error of a difference of node voltages under u [samples, stimuli], V, [samples]."""
    constant = np.abs(equations.fixed.constant.triplets().values).max(initial=0.0)
    return np.asarray(ROUNDING * EPS * np.maximum(constant, np.abs(u).max(axis=1, initial=0.0)))


def unbalanced_note(form: FeedbackForm, r: Floats, y: Floats, sample: int) -> str:
    """What is wrong with a sample."""
    away = mismatch(form, r, y)[sample, form.diode_inputs]
    amperes = away / (2.0 * reference_ohms(form))
    worst = int(np.argmax(amperes))
    return f"the current of diode {worst} misses Kirchhoff's law by {amperes[worst]:.1e} A"


def reference_ohms(form: FeedbackForm) -> Floats:
    """rho of all diodes, in the order of their inputs, [inputs of diodes]."""
    parts = [i.element.reference_ohms for i in form.elements if isinstance(i.element, DiodeJunctions)]
    return np.concatenate([np.empty(0), *parts])
