"""A circuit linearised at given node voltages, whichever program found them.

The voltages give the state x (capacitors, poles at rest) and the inputs y of the nonlinear elements; around
them d(dx)/dt = J dx (`nonlinear_solve/jacobian.py`).

Where all eigenvalues of J lie left of the imaginary axis, the circuit returns to where it was, and J is
regular: no other operating point is near.  Where J has no inverse, there is a change of voltages that nothing
answers.  Where the symmetric part of J is negative definite, so are the real parts of all eigenvalues
(Lyapunov, with the norm of x as its function); a Cholesky factorisation shows that, and costs a hundredth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import scipy.linalg

from analog_pc.arrays import ArrayLike, Bools, Floats, Ints
from analog_pc.circuit import Solution, Stimuli
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.analyses.eigenmodes import growth
from analog_pc.simulators.native.analyses.kinks import ON_KINK, other_sides
from analog_pc.simulators.native.mna.diodes import diode_waves
from analog_pc.simulators.native.mna.flatten import GROUND_NUMBER
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.jacobian import SAMPLES, jacobians

EPS = float(np.finfo(np.float64).eps)

# Eigenvalues take some 25 n^3 operations for n states.  A batch may spend so many, about a second of a core;
# of one that needs more some samples are looked at, evenly spread.
PER_STATE = 25.0
OPERATIONS = 2e10


class Linearised(NamedTuple):
    """What the linearisation says of a batch, by sample number."""

    looked_at: tuple[int, ...]
    unstable: dict[int, str]  # what grows, or does not decay
    undetermined: dict[int, str]  # the node that nothing determines
    distance: Floats  # V, [looked at]: largest change of Newton's step from there; inf where J is singular
    linear: bool  # no nonlinear element: what holds here holds everywhere


def linearise(model: Model, stimuli: Stimuli, solution: Solution) -> Linearised:
    """The circuit at the operating points of a solution that has every node of it.

    Raises
    ------
    UndeterminedNode
        For a node that even a transient could not follow: neither part nor capacitor gives its voltage.
    SimulationFailed
        For a loop of sources and capacitors, for parts without a finite slope, and for a nonlinear circuit
        without a state: its equations alone do not say which of their solutions it takes.
    """
    maps, solver = model.reduced(True)
    form = solver.form
    samples = len(solution.axis)
    linear = not form.elements
    if model.n_states == 0:
        if not linear:
            raise SimulationFailed("native: nothing in this circuit holds charge")
        return Linearised(tuple(range(samples)), {}, {}, np.zeros(samples), linear)
    w = _unknowns(model, solution.voltage(model.nodes))
    u = model.batch(stimuli, samples)
    (first,) = jacobians(maps, form, _inputs(model, w[:1]))
    _check_finite(first)
    looked_at = _looked_at(samples, first)
    found = Linearised(tuple(looked_at.tolist()), {}, {}, np.empty(len(looked_at)), linear)
    for start in range(0, len(looked_at), SAMPLES):
        part = looked_at[start : start + SAMPLES]
        y = _inputs(model, w[part])
        rate = maps.rate.value(model.state_volts(w[part]), form.delta(y), u[part])
        for k, jacobian in enumerate(jacobians(maps, form, y)):
            _check_finite(jacobian)
            _classify(model, int(part[k]), jacobian, found)
            found.distance[start + k] = _newton_step(jacobian, rate[k])
        beyond = other_sides(form, y)
        for k, jacobian in zip(beyond.samples, jacobians(maps, form, beyond.y), strict=True):
            _classify_beyond(int(part[k]), jacobian, found)
    return found


def jacobians_at(model: Model, solution: Solution) -> Iterator[Floats]:
    """d(dx/dt)/dx at the operating points of a solution that has every node, [states, states] each."""
    maps, solver = model.reduced(True)
    w = _unknowns(model, solution.voltage(model.nodes))
    return jacobians(maps, solver.form, _inputs(model, w))


def relaxes_to(model: Model, stimuli: Stimuli, initial: Mapping[str, ArrayLike], solution: Solution) -> Bools:
    """Samples of a solution that the flow from the initial volts certainly ends in, [samples]."""
    held = model.holdable(initial)
    samples = len(solution.axis)
    if not held.any():
        return np.zeros(samples, dtype=np.bool_)
    u = model.batch(stimuli, samples)
    x = np.broadcast_to(model.held_volts(held, initial), (samples, int(held.sum())))
    y = _inputs(model, _unknowns(model, solution.voltage(model.nodes)))
    _, solver = model.reduced(held)
    return model.slow_flow(held).leads_to(x, u, y, solver.form.delta(y))


def _looked_at(samples: int, first: Floats) -> Ints:
    """The samples whose eigenvalues there is time for, given the Jacobian of the first one."""
    if _decays(first):
        return np.arange(samples)
    most = max(1, int(OPERATIONS / (PER_STATE * len(first) ** 3)))
    return np.unique(np.linspace(0, samples - 1, min(most, samples)).astype(np.int64))


def _unknowns(model: Model, volts: Floats) -> Floats:
    """All unknowns w of `equations.py` at rest from node voltages [samples, nodes].

    Poles, and p of amplifiers without one, follow from their inputs; currents of capacitors are 0, and no
    nonlinear element has the currents of floating sources as inputs.
    """
    equations = model.equations
    n = equations.unknowns
    nodes = volts.shape[1]
    matrix = equations.fixed.matrix.matrix((n, n)) + equations.static.matrix.matrix((n, n))
    constant = equations.fixed.constant.matrix((n, 1)) + equations.static.constant.matrix((n, 1))
    rows = matrix.tocsr()[nodes:]
    own = np.asarray(rows[:, nodes:].diagonal())
    inner = np.where(own == 1.0, constant.toarray()[nodes:, 0] - volts @ rows[:, :nodes].T, 0.0)
    return np.concatenate([volts, inner], axis=1)


def _inputs(model: Model, w: Floats) -> Floats:
    """Inputs of the nonlinear elements, [samples, inputs]."""
    y = np.asarray(w @ model.equations.input_matrix.T + model.equations.input_constant)
    return diode_waves(model.equations, y)


def _check_finite(jacobian: Floats) -> None:
    if not np.isfinite(jacobian).all():
        raise SimulationFailed("native: a part of this circuit has no finite slope")


def _decays(jacobian: Floats) -> bool:
    """Whether the symmetric part is negative definite by more than its rounding error."""
    symmetric = 0.5 * (jacobian + jacobian.T)
    n = len(jacobian)
    symmetric[np.arange(n), np.arange(n)] += n * EPS * np.linalg.norm(jacobian)
    try:
        scipy.linalg.cholesky(-symmetric, check_finite=False)
    except scipy.linalg.LinAlgError:
        return False
    return True


def _classify(model: Model, sample: int, jacobian: Floats, found: Linearised) -> None:
    """Enter what is wrong with a sample, if anything."""
    if _decays(jacobian):
        return
    growing = _growing(jacobian)
    if growing is None:
        largest = np.abs(jacobian).max(axis=1, keepdims=True)
        rows = jacobian / np.where(largest > 0.0, largest, 1.0)
        _, sizes, changes = scipy.linalg.svd(rows, check_finite=False)
        if sizes[-1] <= len(rows) * EPS * sizes[0]:
            # Rounding of each row makes J singular; the last change is what J does not answer.
            found.undetermined[sample] = _node_of(model, np.abs(changes[-1]))
            return
        # The slow eigenvalues drown in the rounding of fast ones (wires beside node capacitors); they are
        # the large ones of the inverse.
        growing = _growing(np.asarray(np.linalg.inv(jacobian), dtype=np.float64))
        growing = None if growing is None else 1.0 / growing
    if growing is not None:
        found.unstable[sample] = growth(growing)


def _classify_beyond(sample: int, jacobian: Floats, found: Linearised) -> None:
    """Enter a sample that stands on kinks, if it is not stable on their other side."""
    known = sample in found.unstable or sample in found.undetermined
    if not known and not _decays(jacobian) and _growing(jacobian) is not None:
        found.unstable[sample] = ON_KINK


def _growing(matrix: Floats) -> complex | None:
    """The eigenvalue with the largest real part, where that is not negative and no rounding error."""
    values = scipy.linalg.eigvals(matrix, check_finite=False)
    clear = values[np.abs(values) > len(matrix) * EPS * np.linalg.norm(matrix)]
    if not len(clear):
        return None
    fastest = complex(clear[np.argmax(clear.real)])
    return fastest if fastest.real >= 0.0 else None


def _node_of(model: Model, change: Floats) -> str:
    """The node whose voltage has the largest change of a change of the states; poles have no node."""
    pairs = model.equations.state_nodes
    sizes = np.where([a != GROUND_NUMBER for a, _ in pairs], change, -1.0)
    return model.nodes[pairs[int(np.argmax(sizes))][0]]


def _newton_step(jacobian: Floats, rate: Floats) -> float:
    """Largest change of a state in V that would bring it to rest, if the circuit were linear."""
    try:
        step = np.linalg.solve(jacobian, rate)
    except np.linalg.LinAlgError:
        return np.inf
    return float(np.abs(step).max())
