"""Nodes that only blocked ideal diodes join to the rest of a circuit: any voltage will do.

Where 1 - B' K (`diode_networks.py`) has no inverse, some change of waves goes unanswered.  If node voltages
are part of it, and no diode at its corner forbids it in both directions, a node is free.
If only currents are, which parallel diodes share, all voltages are.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.mna.diodes import DiodeJunctions
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.diode_networks import BALANCE, EPS, ROUNDING
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm

SAMPLES = 16  # whose matrices are made at a time
UNSEEN = 1e-6  # V of a node for 1 V of waves: less is what rounding leaves


def free_nodes(model: Model, y: Floats) -> dict[int, str]:
    """Samples of waves y [samples, inputs] that leave a node's voltage undetermined, and the node."""
    form = model.reduced(False)[1].form
    if _stands_without_ideal_diodes(form):
        return {}
    by_q = model.reduced(False)[0].nodes.by_q[: len(model.nodes)]
    corner = BALANCE * np.abs(y[:, form.diode_inputs]).max(axis=1, initial=0.0)[:, None]
    found: dict[int, str] = {}
    for first in range(0, len(y), SAMPLES):
        part = slice(first, first + SAMPLES)
        blocked = _slopes(form, y[part] - corner[part])
        at_corner = blocked != _slopes(form, y[part] + corner[part])
        systems = np.eye(len(form.gain)) - blocked[:, :, None] * form.gain
        sizes = np.linalg.svd(systems, compute_uv=False)
        regular = sizes[:, -1] > ROUNDING * len(form.gain) * EPS * sizes[:, 0]
        for k in np.flatnonzero(~regular).tolist():
            volts = _free_volts(form, systems[k], at_corner[k], by_q)
            if volts.max(initial=0.0) > UNSEEN:
                found[first + k] = model.nodes[int(np.argmax(volts))]
    return found


def _stands_without_ideal_diodes(form: FeedbackForm) -> bool:
    """Whether all voltages are determined with every ideal diode blocked; conducting ones only help."""
    y = np.zeros((1, len(form.gain)))
    ideal = np.zeros(len(form.gain), dtype=np.bool_)
    for instance in form.elements:
        if isinstance(instance.element, DiodeJunctions) and instance.element.ideal:
            ideal[instance.inputs] = True
    if not ideal.any():
        return True
    y[:, ideal] = -1.0  # below the corner of any
    system = np.eye(len(form.gain)) - _slopes(form, y)[0][:, None] * form.gain
    return bool(np.linalg.cond(system, 1) * ROUNDING * len(form.gain) * EPS < 1.0)


def _slopes(form: FeedbackForm, y: Floats) -> Floats:
    """B' of every diode, [samples, outputs]."""
    every = np.ones(form.gain.shape[1], dtype=np.bool_)
    return form.slopes_times(y, every, np.ones((1, len(form.gain), 1)))[:, :, 0]


def _free_volts(form: FeedbackForm, system: Floats, at_corner: Bools, by_q: Floats) -> Floats:
    """Largest change of each node's voltage that nothing answers, for waves of length 1, [nodes]."""
    _, sizes, vectors = np.linalg.svd(system)
    out = np.zeros(len(by_q))
    for dq in vectors[sizes <= ROUNDING * len(sizes) * EPS * sizes[0]]:
        across = 0.5 * (form.gain @ dq + dq)[at_corner]
        if (across <= UNSEEN).all() or (across >= -UNSEEN).all():
            out = np.maximum(out, np.abs(by_q @ dq))
    return out
