"""Gains at rest against non-negative least squares, on mathematics and circuits; learning without labels."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.experiments.rao2024.inference import (
    COUPLING,
    HOLD,
    accuracy,
    carried,
    closed_form,
    follow,
    infer,
    rooms_graph,
    surprise,
)
from analog_pc.experiments.rao2024.learning import learned_laws, purity
from analog_pc.experiments.rao2024.rooms import CELLS, TYPES, evidence, laws, one_hot, wander
from analog_pc.relaxers import IdealRelaxer, Relaxer


def by_closed_form(moves: object, agents: int) -> np.ndarray:
    """Gains after each move, [moves, agents, K]."""
    known = laws()
    gains = np.full((agents, TYPES), 1.0 / TYPES)
    found = []
    for cells, actions, after in zip(moves.cells, moves.actions, moves.after, strict=True):  # type: ignore[attr-defined]
        inputs = evidence(cells, actions)
        seen = one_hot(after, CELLS)
        held = carried(gains)
        gains = np.array([closed_form(known, held[k], inputs[k], seen[k]) for k in range(agents)])
        found.append(gains)
    return np.array(found)


def test_one_clear_move_has_gains_that_can_be_written_down() -> None:
    """From the centre all laws disagree: z = (k z0 + 1) / (1 + k) of the right one, k z0 / (1 + k) of others.

    k = 1 / (1/p + 1/P) is what hold and coupling are in series; relu(u) = z - force / P.
    """
    series = 1.0 / (1.0 / HOLD + 1.0 / COUPLING)
    held = np.full(TYPES, 1.0 / TYPES)
    right = np.eye(TYPES)[0]
    z = (series * held + right) / (1.0 + series)
    want = z - series * (z - held) / COUPLING
    found = closed_form(laws(), held, evidence(np.array([4]), np.array([0]))[0], np.eye(CELLS)[1])
    np.testing.assert_allclose(found, want, atol=1e-12)


@pytest.mark.parametrize(("column", "atol"), [("ideal", 1e-8), ("native", 1e-6), ("ngspice", 1e-6)])
def test_relaxation_is_non_negative_least_squares(
    relaxers: dict[str, Relaxer], column: str, atol: float
) -> None:
    """Circuits of ideal parts: noise gain / amplifier gain, and a kink of 1 / 1e9 units."""
    rng = np.random.default_rng(4)
    agents = 4
    moves = wander(rng, rng.integers(TYPES, size=agents), rng.integers(CELLS, size=agents), 3)
    gains = follow(relaxers[column], rooms_graph(laws()), moves)
    np.testing.assert_allclose(gains[1:], by_closed_form(moves, agents), atol=atol)
    assert (gains >= 0.0).all()


def test_a_law_that_is_ruled_out_has_no_gain_left() -> None:
    """Two laws predict the same wrong cell, one held at 1: its gain goes, the other one stays at 0."""
    graph = rooms_graph(laws())
    held = carried(np.eye(TYPES)[:1])
    # in the corner 0, action 0: north (type 0) and west (type 3) are walls; the agent has moved east
    gains = infer(
        IdealRelaxer(), graph, held, evidence(np.array([0]), np.array([0])), one_hot(np.array([1]), CELLS)
    )
    assert gains[0].argmax() == 1
    assert gains[0, 3] == pytest.approx(0.0, abs=1e-12)


def test_agents_know_their_room_after_a_few_moves_and_notice_another_one() -> None:
    rng = np.random.default_rng(0)
    agents = 400
    kinds = rng.integers(TYPES, size=agents)
    moves = wander(rng, kinds, rng.integers(CELLS, size=agents), 5)
    graph = rooms_graph(laws())
    gains = follow(IdealRelaxer(), graph, moves)
    assert 0.85 < accuracy(gains[1], kinds) < 0.92
    assert accuracy(gains[3], kinds) >= 0.99
    others = (kinds + 1) % TYPES
    for types, low, high in ((kinds, 0.0, 0.01), (others, 1.0, 2.0)):
        last = wander(rng, types, moves.after[-1], 1)
        move = evidence(last.cells[0], last.actions[0])
        found = surprise(IdealRelaxer(), graph, gains[-1], move, one_hot(last.after[0], CELLS))
        assert low <= found.mean() < high


def test_equal_gains_are_shared() -> None:
    gains = np.array([[0.5, 0.5, 0.0, 0.0], [0.9, 0.0, 0.0, 0.1]])
    assert accuracy(gains, np.array([1, 0])) == 0.75


def test_rooms_are_told_apart_without_labels() -> None:
    won = learned_laws(np.random.default_rng(1), 250, 30, 0.3, 0.05, 5)[1]
    assert purity(won[-100:], TYPES) >= 0.95


@pytest.mark.slow
def test_moves_written_before_the_room_is_known_mix_the_laws() -> None:
    """The training that is worst when every move is written at once."""
    found = {
        waiting: purity(learned_laws(np.random.default_rng(19), 600, 30, 0.3, 0.05, waiting)[1][-100:], TYPES)
        for waiting in (0, 5)
    }
    assert found[0] < 0.8
    assert found[5] == 1.0


def test_purity_of_a_confused_unit() -> None:
    assert purity(np.array([[0, 0], [1, 0], [1, 1], [1, 1]]), 2) == 0.75
