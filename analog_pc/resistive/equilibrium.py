"""The state that a resistive network of ideal diodes comes to: the exact minimum of a quadratic program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Bools, Floats
from analog_pc.pcn import Relaxation
from analog_pc.resistive.equations import (
    Equations,
    Load,
    equations,
    no_load,
    output_conductance,
    solve_with_conducting,
)
from analog_pc.resistive.network import ResistiveNetwork

TRIALS = 20  # of active sets between two descents; a set that identifies itself needs about five
ROUNDS = 12  # of descents, the last of 4 * 2^12 sweeps
ROUNDING = 64.0 * np.finfo(np.float64).eps  # of a sum of some hundred currents, relative to its terms


@dataclass(frozen=True, eq=False)
class ResistiveEquilibrium:
    """Voltages at rest, for a batch of samples; tuples run over layers 0 to L.

    Parameters
    ----------
    voltages
        v_l, [samples, n_l]; layer 0 holds the sources, [samples, 2 n_0].
    conducting
        Which diodes conduct, [samples, n_l], layers 1 ... L.
    energy
        E of the network without its load, [samples].
    relaxation
        Whether Kirchhoff's law and the diodes hold: `residual` is the largest violation of the
        Karush-Kuhn-Tucker conditions, relative to the largest sum of currents at a node.
    """

    voltages: tuple[Floats, ...]
    conducting: tuple[Bools, ...]
    energy: Floats
    relaxation: Relaxation

    @property
    def output(self) -> Floats:
        """v_L, [samples, n_L]."""
        return self.voltages[-1]


def settle(
    network: ResistiveNetwork,
    inputs: ArrayLike,
    load: Load | None = None,
    start: ResistiveEquilibrium | None = None,
) -> ResistiveEquilibrium:
    """The exact equilibrium of ideal resistors, sources and diodes.

    Active sets: with a set of conducting diodes given, the others follow from one linear solution; a diode
    whose node would leave its side conducts in the next trial, one whose current would flow backwards opens.
    A set that repeats itself is the minimum.  Where sets cycle, sweeps of exact block coordinate descent,
    which never let E rise and converge from anywhere, bring the next trial nearer.

    Parameters
    ----------
    network
        The network.
    inputs
        x, [samples, n_0].
    load
        At the outputs; None: nothing.
    start
        Whose conducting diodes are the first active set (the answer does not depend on it); None: no diode
        conducts.

    Returns
    -------
    ResistiveEquilibrium
        With ``relaxation.converged`` per sample.

    Raises
    ------
    BadInput
        For inputs that do not fit.

    Notes
    -----
    A node without any conductance, or a load that makes the outputs unstable (a negative conductance beyond
    the effective one), has no equilibrium: such samples are not converged.
    """
    sources = network.sources(inputs)
    load = no_load(network, len(sources)) if load is None else load
    eq = equations(network, sources, load)
    v: list[Floats] = []
    held: list[Bools] = []
    residual = np.zeros(len(sources))
    iterations = 0
    if eq.diagonal:  # else the outputs are all there is, and they are clamped
        held = [np.zeros(i.shape, dtype=np.bool_) for i in eq.currents]
        if start is not None:
            held = [c.copy() for c in start.conducting[: len(held)]]
        v, held, residual, iterations = _search(eq, held)
    converged = residual <= ROUNDING
    if load.siemens < 0.0:
        converged &= _stable(eq, held)
    voltages = [sources, *v]
    if load.clamped:
        voltages.append(load.volts.copy())
        held.append(np.zeros(load.volts.shape, dtype=np.bool_))
    relaxation = Relaxation(converged, residual, iterations, _message(converged, residual, iterations))
    return ResistiveEquilibrium(tuple(voltages), tuple(held), energy(network, voltages), relaxation)


def energy(network: ResistiveNetwork, voltages: list[Floats]) -> Floats:
    """E of given voltages of layers 0 ... L, [samples]: half the power of the resistors, less b . v."""
    total = np.zeros(len(voltages[0]))
    for g, b, below, v in zip(network.G, network.b, voltages[:-1], voltages[1:], strict=True):
        squares = (v**2) @ g.sum(axis=1) + (below**2) @ g.sum(axis=0)
        products = np.einsum("si,si->s", v, below @ g.T)
        total = total + 0.5 * squares - products - v @ b
    return total


def _search(eq: Equations, conducting: list[Bools]) -> tuple[list[Floats], list[Bools], Floats, int]:
    """Voltages, conducting diodes, residual [samples], and the number of linear solutions."""
    v = [np.zeros_like(i) for i in eq.currents]
    found = v
    residual = np.full(len(v[0]), np.inf)
    iterations = 0
    for attempt in range(ROUNDS):
        for _ in range(TRIALS):
            with np.errstate(all="ignore"):  # a floating node: its residual is not finite, and it is said
                try:
                    trial = solve_with_conducting(eq, conducting, eq.currents)
                except np.linalg.LinAlgError:
                    return found, conducting, residual, iterations
                iterations += 1
                forces = eq.forces(trial)
                violation = _violation(eq, trial, forces, conducting)
            better = ~(violation >= residual)
            found = [np.where(better[:, None], new, old) for new, old in zip(trial, found, strict=True)]
            residual = np.where(better, violation, residual)
            if (residual <= ROUNDING).all():
                return found, _conducting(eq, found), residual, iterations
            conducting = _next_set(eq, trial, forces, conducting)
        v = _descend(eq, v, 4 * 2**attempt)
        conducting = [(s != 0.0) & (a == 0.0) for s, a in zip(eq.signs, v, strict=True)]
    return found, _conducting(eq, found), residual, iterations


def _stable(eq: Equations, conducting: list[Bools]) -> Bools:
    """Whether the effective conductance at the outputs, with the load, is positive definite, [samples]."""
    with np.errstate(all="ignore"):
        seen = output_conductance(eq, conducting)
    finite = np.asarray(np.isfinite(seen).all(axis=(1, 2)))
    least = np.linalg.eigvalsh(np.where(finite[:, None, None], seen, 0.0))[:, 0]
    return np.asarray(finite & (least > 0.0))


def _next_set(eq: Equations, v: list[Floats], forces: list[Floats], conducting: list[Bools]) -> list[Bools]:
    """Held nodes stay where a force pushes them against the diode; free ones are held where they crossed."""
    layers = zip(eq.signs, v, forces, conducting, strict=True)
    return [np.where(held, s * f > 0.0, s * a < 0.0) for s, a, f, held in layers]


def _conducting(eq: Equations, v: list[Floats]) -> list[Bools]:
    return [(s != 0.0) & (a == 0.0) for s, a in zip(eq.signs, v, strict=True)]


def _violation(eq: Equations, v: list[Floats], forces: list[Floats], held: list[Bools]) -> Floats:
    """Largest violation of the optimality conditions as a part of the currents, [samples]."""
    worst = np.zeros(len(v[0]))
    for s, d, a, f, h in zip(eq.signs, eq.diagonal, v, forces, held, strict=True):
        of_free = np.maximum(np.abs(f), np.maximum(0.0, -s * a) * np.abs(d))
        worst = np.maximum(worst, np.where(h, np.maximum(0.0, -s * f), of_free).max(axis=1))
    scale = eq.scale(v)
    return np.where(scale > 0.0, worst / np.where(scale > 0.0, scale, 1.0), worst)


def _descend(eq: Equations, v: list[Floats], sweeps: int) -> list[Floats]:
    """Exact minimisation over one layer after the other, the others held, [samples, n] each."""
    v = [a.copy() for a in v]
    with np.errstate(all="ignore"):
        for _ in range(sweeps):
            for k, (d, s) in enumerate(zip(eq.diagonal, eq.signs, strict=True)):
                into = eq.currents[k]
                if k:
                    into = into + v[k - 1] @ eq.below[k - 1].T
                if k < len(eq.below):
                    into = into + v[k + 1] @ eq.below[k]
                best = into / d
                v[k] = np.where(s * best < 0.0, 0.0, best)
    return v


def _message(converged: Bools, residual: Floats, iterations: int) -> str:
    if converged.all():
        return f"at rest: currents balance to {residual.max():.1e} after {iterations} linear solutions"
    worst = int(np.argmin(converged))
    return (
        f"not at rest: currents of sample {worst} balance to {residual[worst]:.1e}; look for a node without "
        "conductance, or a negative spring beyond the effective conductance of the outputs"
    )
