"""Contrastive learning rules: the gradient from two states of the same resistive network.

Every one of them is the same local product, of other states::

    dC/dG[i, j] ~ (1/2 (v'_l[i] - v'_{l-1}[j])^2 - 1/2 (v_l[i] - v_{l-1}[j])^2) / (n' - n)
    dC/db[i]    ~ -(v'_l[i] - v_l[i]) / (n' - n)

v is the first state and v' the second one; n and n' are their nudges: 0 (free), beta or -beta.  The circuit
has to store a square for each device between the two; a predictive coding network stores nothing.

Source: Scellier, Ernoult, Kendall, Kumar, "Energy-based learning algorithms for analog computing: a
comparative study" (2023), for the seven rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers
from analog_pc.resistive.equations import Load, equations, no_load, output_conductance, solve_with_conducting
from analog_pc.resistive.equilibrium import ResistiveEquilibrium, settle
from analog_pc.resistive.network import ResistiveNetwork
from analog_pc.resistive.nudging import NUDGES, nudge


class Gradient(NamedTuple):
    """dC/dG_l [post, pre] and dC/db_l [post] of layers 1 ... L, a sum over samples, ``C = 1/2 |o - y|^2``.

    `switched`: share of the hidden diodes that conduct in one state only; each is a jump of the estimate.
    """

    conductances: tuple[Floats, ...]
    currents: tuple[Floats, ...]
    switched: float = 0.0


@dataclass(frozen=True)
class ContrastiveRule:
    """Two states, and what nudges them.

    Parameters
    ----------
    nudging
        "spring", "current" or "clamp" (see `nudging`).
    beta
        Strength of the nudge, > 0.
    signs
        Signs of the nudges of the first and the second state: (0, 1) positive, (-1, 0) negative, (-1, 1)
        centred.

    Raises
    ------
    BadInput
        For an unknown nudge, signs that do not rise, or a beta that is not a finite number > 0.
    """

    nudging: str
    beta: float
    signs: tuple[int, int]

    def __post_init__(self) -> None:
        if self.nudging not in NUDGES:
            raise BadInput(f"unknown nudge {self.nudging!r}: use one of {', '.join(NUDGES)}")
        if not 0.0 < self.beta < np.inf:
            raise BadInput(f"beta = {self.beta!r}, must be finite and > 0")
        if not (self.signs[0] < self.signs[1] and set(self.signs) <= {-1, 0, 1}):
            raise BadInput(f"signs = {self.signs!r}: use (0, 1), (-1, 0) or (-1, 1)")

    def at(self, beta: float) -> ContrastiveRule:
        """The same rule with another strength."""
        return replace(self, beta=beta)

    @property
    def phases(self) -> int:
        """Relaxations a sample: the nudged ones, and the free one where it is a state or gives o*."""
        needs_free = 0 in self.signs or self.nudging != "spring"
        return int(needs_free) + sum(sign != 0 for sign in self.signs)


CONTRASTIVE_RULES: Mapping[str, ContrastiveRule] = MappingProxyType(
    {
        "cl": ContrastiveRule("clamp", 1.0, (0, 1)),
        "p-ep": ContrastiveRule("spring", 0.5, (0, 1)),
        "n-ep": ContrastiveRule("spring", 0.5, (-1, 0)),
        "c-ep": ContrastiveRule("spring", 0.5, (-1, 1)),
        "p-cpl": ContrastiveRule("clamp", 0.5, (0, 1)),
        "n-cpl": ContrastiveRule("clamp", 0.5, (-1, 0)),
        "c-cpl": ContrastiveRule("clamp", 0.5, (-1, 1)),
    }
)


# (network, inputs, load, start): the exact equilibrium, or that of a circuit.
Solver = Callable[
    [ResistiveNetwork, ArrayLike, Load | None, ResistiveEquilibrium | None], ResistiveEquilibrium
]


def contrastive_gradient(
    network: ResistiveNetwork,
    inputs: ArrayLike,
    targets: ArrayLike,
    rule: ContrastiveRule,
    solver: Solver = settle,
) -> Gradient:
    """The estimate of dC/dG and dC/db that a rule makes of two states.

    Parameters
    ----------
    network
        The network.
    inputs
        x, [samples, n_0].
    targets
        y, [samples, n_L].
    rule
        One of `CONTRASTIVE_RULES`, or an own one.
    solver
        What finds the two states: `settle`, or a circuit of real parts.

    Returns
    -------
    Gradient
        Summed over the samples.

    Raises
    ------
    BadInput
        For inputs or targets that do not fit.
    FloatingPointError
        When a state has no equilibrium: a node without conductance, or a negative spring that makes the
        outputs unstable.
    """
    free = solver(network, inputs, None, None)
    wanted = _targets(targets, free.output)
    states = []
    for sign in rule.signs:
        state = free
        if sign:
            load = nudge(rule.nudging, sign * rule.beta, free.output, wanted)
            state = solver(network, inputs, load, free)
        if not state.relaxation.all_converged:
            raise FloatingPointError(state.relaxation.message)
        states.append(state)
    span = (rule.signs[1] - rule.signs[0]) * rule.beta
    first = states[0]
    second = states[1]
    conductances = []
    currents = []
    for layer in range(1, network.depth + 1):
        difference = _half_squares(second, layer) - _half_squares(first, layer)
        conductances.append(difference / span)
        currents.append((first.voltages[layer] - second.voltages[layer]).sum(axis=0) / span)
    return Gradient(tuple(conductances), tuple(currents), _switched(first, second))


def adjoint_gradient(network: ResistiveNetwork, inputs: ArrayLike, targets: ArrayLike) -> Gradient:
    """The exact gradient of ``C = 1/2 |o - y|^2``, by the adjoint circuit.

    The conducting diodes are shorted to ground, the sources are at 0 V, and the current o - y flows into the
    outputs; with its voltages a::

        dC/dG[i, j] = -(v_l[i] - v_{l-1}[j]) (a_l[i] - a_{l-1}[j])        dC/db[i] = a_l[i]

    Parameters
    ----------
    network
        The network.
    inputs, targets
        [samples, n_0] and [samples, n_L].

    Raises
    ------
    BadInput
        For inputs or targets that do not fit.
    """
    free = settle(network, inputs)
    return _adjoint(network, free, free.output - _targets(targets, free.output))


def coupled_gradient(network: ResistiveNetwork, inputs: ArrayLike, targets: ArrayLike) -> Gradient:
    """What coupled learning (a clamp of the outputs) tends to for small beta.

    The gradient of the adjoint circuit, with S (o - y) in place of o - y, S being the effective conductance
    seen from the outputs: a clamp by a small step costs S times the current.

    Parameters
    ----------
    network
        The network.
    inputs, targets
        [samples, n_0] and [samples, n_L].

    Raises
    ------
    BadInput
        For inputs or targets that do not fit.
    """
    free = settle(network, inputs)
    error = free.output - _targets(targets, free.output)
    eq = equations(network, free.voltages[0], no_load(network, len(error)))
    weighted = np.einsum("sij,sj->si", output_conductance(eq, list(free.conducting)), error)
    return _adjoint(network, free, weighted)


def _adjoint(network: ResistiveNetwork, state: ResistiveEquilibrium, error: Floats) -> Gradient:
    eq = equations(network, state.voltages[0], no_load(network, len(error)))
    currents = [np.zeros_like(v) for v in state.voltages[1:-1]]
    a = solve_with_conducting(eq, list(state.conducting), [*currents, error])
    adjoint = [np.zeros_like(state.voltages[0]), *a]
    gradients = []
    for layer in range(1, network.depth + 1):
        v = state.voltages[layer]
        below = state.voltages[layer - 1]
        up = adjoint[layer]
        down = adjoint[layer - 1]
        own = (v * up).sum(axis=0)[:, None] + (below * down).sum(axis=0)[None, :]
        gradients.append(v.T @ down + up.T @ below - own)
    return Gradient(tuple(gradients), tuple(layer.sum(axis=0) for layer in a))


def _half_squares(state: ResistiveEquilibrium, layer: int) -> Floats:
    """1/2 (v_l[i] - v_{l-1}[j])^2, summed over the samples, [post, pre]."""
    v = state.voltages[layer]
    below = state.voltages[layer - 1]
    own = (v**2).sum(axis=0)[:, None] + (below**2).sum(axis=0)[None, :]
    return np.asarray(0.5 * own - v.T @ below)


def _switched(first: ResistiveEquilibrium, second: ResistiveEquilibrium) -> float:
    hidden = [a != b for a, b in zip(first.conducting[:-1], second.conducting[:-1], strict=True)]
    total = sum(h.size for h in hidden)
    return float(sum(np.count_nonzero(h) for h in hidden)) / total if total else 0.0


def _targets(targets: ArrayLike, output: Floats) -> Floats:
    try:
        array = numbers(targets)
    except (TypeError, ValueError):
        raise BadInput("targets are not an array of numbers") from None
    if array.shape != output.shape or not np.isfinite(array).all():
        raise BadInput(f"targets: shape {array.shape}, expected finite numbers {output.shape}")
    return array
