"""Which room is this?  Gains of a higher area choose the laws of a lower one, and are found by relaxation.

::

    held (K) --[ = ]--/\\/\\/-- room (K, relu) --[ = ]--/\\/\\/-- gain z (K)
                        p                               P        |
    cell x action (36) --[ V_1 ]--( x z_1 )--+                   |  dz_k/dt ~ eps . V_k s
                       --[ V_2 ]--( x z_2 )--+-- prediction --/\\/\\/-- next cell (9), clamped
                       ...                                   eps: surprise

    E = 1/2 |next - sum_k z_k V_k s|^2 + P/2 |z - relu(u)|^2 + p/2 |u - held|^2

"held" is what was inferred before the last move, a sample and hold: 1/K at first, and later the gains with a
small share for a change of room, without which a rectifier that has closed would never open again.  The
rectified population keeps gains above -1/P; what is read is its rate relu(u) >= 0.  A move that several rooms
explain equally well changes their gains equally, so that what was known before stays known.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cholesky
from scipy.optimize import nnls

from analog_pc.arrays import Floats, Ints
from analog_pc.errors import SimulationFailed
from analog_pc.experiments.rao2024.rooms import ACTIONS, CELLS, Moves, evidence, one_hot
from analog_pc.pcn import Equilibrium, Population, PredictiveCodingGraph, Projection
from analog_pc.relaxers import Relaxer

HOLD = 0.3  # p, stiffness to what is held
COUPLING = 10.0  # P, precision of the gains
CHANGE_RATE = 0.001  # share of what is held that goes to all rooms alike: the next move may be in another one
HELD = "held"
ROOM = "room"
GAIN = "gain"
MOVE = "move"
NEXT = "next"
TIE = 1e-3  # gains closer than this are equal: parts of a circuit differ by less than its accuracy


def rooms_graph(laws: Floats) -> PredictiveCodingGraph:
    """The network of some laws, [type, next cell, action x cell]."""
    kinds = len(laws)
    populations = (
        Population(name=HELD, size=kinds),
        Population(name=ROOM, size=kinds, activation="relu", precision=HOLD),
        Population(name=GAIN, size=kinds, precision=COUPLING),
        Population(name=MOVE, size=ACTIONS * CELLS),
        Population(name=NEXT, size=CELLS),
    )
    projections = (
        Projection(source=HELD, target=ROOM, kind="identity", plastic=False),
        Projection(source=ROOM, target=GAIN, kind="identity", plastic=False),
        *(
            Projection(source=MOVE, target=NEXT, weight=weight, gain=(GAIN, k), name=f"room_type_{k}")
            for k, weight in enumerate(laws)
        ),
    )
    return PredictiveCodingGraph(populations, projections)


def infer(
    relaxer: Relaxer, graph: PredictiveCodingGraph, held: Floats, move: Floats, after: Floats
) -> Floats:
    """Gains relu(u) at rest after a move of each agent, [agents, K]."""
    equilibrium = _relaxed(relaxer, graph, {HELD: held, MOVE: move, NEXT: after})
    return np.maximum(equilibrium.activities[graph.index(ROOM)], 0.0)


def surprise(
    relaxer: Relaxer, graph: PredictiveCodingGraph, gains: Floats, move: Floats, after: Floats
) -> Floats:
    """|eps|^2 of the next cell while the gains still have what was inferred before the move, [agents]."""
    held = carried(gains)
    clamps = {HELD: held, GAIN: held, MOVE: move, NEXT: after}
    eps = _relaxed(relaxer, graph, clamps).eps[graph.index(NEXT)]
    return np.asarray((eps * eps).sum(axis=1))


def _relaxed(relaxer: Relaxer, graph: PredictiveCodingGraph, clamps: dict[str, Floats]) -> Equilibrium:
    equilibrium = relaxer.relax(graph, clamps=clamps)
    if not equilibrium.relaxation.all_converged:
        raise SimulationFailed(f"{relaxer.name}: no equilibrium: {equilibrium.relaxation.message}")
    return equilibrium


def carried(gains: Floats) -> Floats:
    """What is held of gains [..., K] until the next move."""
    return np.asarray((1.0 - CHANGE_RATE) * gains + CHANGE_RATE / gains.shape[-1])


def follow(
    relaxer: Relaxer, graph: PredictiveCodingGraph, moves: Moves, start: Floats | None = None
) -> Floats:
    """Gains before the first move and after each, [moves + 1, agents, K]; without `start` from 1/K."""
    kinds = graph.population(ROOM).size
    agents = len(moves.kinds)
    gains = np.full((agents, kinds), 1.0 / kinds) if start is None else start
    found = [gains]
    for cells, actions, after in zip(moves.cells, moves.actions, moves.after, strict=True):
        gains = infer(relaxer, graph, carried(gains), evidence(cells, actions), one_hot(after, CELLS))
        found.append(gains)
    return np.array(found)


def closed_form(laws: Floats, held: Floats, move: Floats, after: Floats) -> Floats:
    """The same gains for one agent, [K], as a problem of non-negative least squares: an oracle.

    z is eliminated: ``min over u >= 0 of (after - A u)^T (1 + A A^T / P)^-1 (after - A u) + p |u - held|^2``
    with A [next cell, K] the predictions V_k s.
    """
    predictions = (laws @ move).T
    stiffness = np.eye(CELLS) + predictions @ predictions.T / COUPLING
    root = cholesky(np.linalg.inv(stiffness))
    rows = np.concatenate([root @ predictions, np.sqrt(HOLD) * np.eye(len(laws))])
    found, _ = nnls(rows, np.concatenate([root @ after, np.sqrt(HOLD) * held]))
    return np.asarray(found)


def accuracy(gains: Floats, kinds: Ints) -> float:
    """Share of agents that know their room; one of n equally large gains counts 1/n. `gains` [agents, K]."""
    largest = gains >= gains.max(axis=1, keepdims=True) - TIE
    right = largest[np.arange(len(gains)), kinds]
    return float((right / largest.sum(axis=1)).mean())
