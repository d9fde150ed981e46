"""The experiment: the walk on mathematics and circuits, its figure, its film and its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analog_pc.experiments import collect
from analog_pc.experiments.framework.result import DIFFERS
from analog_pc.experiments.rao2024 import active_pc
from analog_pc.experiments.rao2024.active_pc import ACTIVE_PC, CHANGE, ONE_MOVE, Config, searches_long
from analog_pc.experiments.rao2024.figures.film import player
from analog_pc.experiments.rao2024.inference import (
    CHANGE_RATE,
    GAIN,
    HELD,
    MOVE,
    NEXT,
    carried,
    rooms_graph,
)
from analog_pc.experiments.rao2024.rooms import CELLS, DOORS, TYPES, evidence, laws, one_hot, step
from analog_pc.experiments.rao2024.walk import EAST, WEST, Walk, path, walked
from analog_pc.pcn import relax_trajectory
from analog_pc.relaxers import CircuitRelaxer, IdealRelaxer, Relaxer
from analog_pc.technology import technology

SHORT = Walk(kinds=(1, 3), moves=1, frames=2)
ONE_MOVE_WALK = Walk(kinds=(2,), moves=1, frames=4, duration=2.0)


def test_the_walk_goes_through_doors() -> None:
    moves = path(Walk(), seed=0)
    for room, kind, cell, action, after in moves:
        assert after == step(kind, cell, action)
        assert kind == Walk().kinds[room] - 1
    first = np.flatnonzero(np.diff(moves[:, 0])) + 1
    assert (moves[first - 1, 4] == DOORS[EAST]).all()
    assert (moves[first, 2] == DOORS[WEST]).all()


@pytest.mark.parametrize("column", ["native", pytest.param("ngspice", marks=pytest.mark.slow)])
def test_circuits_walk_as_the_mathematics_does(relaxers: dict[str, Relaxer], column: str) -> None:
    """Splines through steps of 2 / 400 at rates up to 14: (1/384) (0.005 14)^4 < 1e-7; transients to 1e-5."""
    moves = path(ONE_MOVE_WALK, seed=0)
    graph = rooms_graph(laws())
    ideal, circuit = (walked(ONE_MOVE_WALK, moves, graph, relaxers[c]) for c in ("ideal", column))
    for name, atol in (("gains", 1e-6), ("gain", 1e-5), ("surprise", 4e-5)):
        np.testing.assert_allclose(circuit[name], ideal[name], atol=atol, err_msg=name)


def test_expectations_are_those_of_all_cells_and_actions() -> None:
    """Counted over 9 cells, 4 actions, 4 types and 3 others."""
    known = []
    changes = []
    for cell in range(CELLS):
        for action in range(4):
            after = [step(kind, cell, action) for kind in range(TYPES)]
            known += [1.0 / after.count(a) for a in after]
            changes += [2.0 * (a != b) for k, a in enumerate(after) for j, b in enumerate(after) if j != k]
    assert np.mean(known) == pytest.approx(ONE_MOVE)
    assert np.mean(changes) == pytest.approx(CHANGE)


def test_a_small_result_is_drawn_and_played(relaxers: dict[str, Relaxer]) -> None:
    config = Config(trials=30, seeds=1, visits=5, plans=5, walk=SHORT)
    result = collect(ACTIVE_PC, config, {"ideal": relaxers["ideal"]})
    ids = [row.id for row in result.rows]
    assert len(set(ids)) == len(ids)
    assert {"room-accuracy@moves=3", "purity", "surprise@change", "surprise@known", "abstract-share"} <= set(
        ids
    )
    assert len(ACTIVE_PC.draw(result).axes) == 4
    page = player(result)
    frames = len(path(SHORT, seed=0)) * SHORT.frames
    assert page.count("data:image/png;base64") == frames
    assert "http" not in page


def test_offsets_of_rectifiers_leave_out_the_trials_in_words(
    relaxers: dict[str, Relaxer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searches that take seconds for each agent are not begun; the walk is."""
    native = relaxers["native"]
    assert isinstance(native, CircuitRelaxer)
    assert not searches_long(native)
    assert not searches_long(relaxers["ideal"])
    held = CHANGE_RATE / TYPES * native.technology.volts_per_unit
    chips = [replace(native.technology, activation_offset_spread=k * held) for k in (0.9, 1.1)]
    assert [searches_long(CircuitRelaxer(native.simulator, chip)) for chip in chips] == [False, True]

    def no_trials(config: Config, relaxer: Relaxer) -> None:
        raise AssertionError("trials were begun")

    monkeypatch.setattr(active_pc, "trials", no_trials)
    config = Config(trials=400, walk=ONE_MOVE_WALK)
    result = collect(ACTIVE_PC, config, {"native": CircuitRelaxer(native.simulator, chips[1])})
    assert any("the walk alone" in note for note in result.notes)
    assert all(row.native is None for row in result.rows if row.id.startswith("room-accuracy"))
    assert len(ACTIVE_PC.draw(result).axes) == 4


def test_after_the_third_door_the_transient_ends_at_the_rest() -> None:
    """The plateau after a door is the rest of that move, which the hold p keeps short of the new room."""
    moves = path(Walk(kinds=(1, 3, 2, 4)), seed=0)
    through = int(np.flatnonzero(np.diff(moves[:, 0]))[-1]) + 1
    _, _, cell, action, after = moves[through]
    graph = rooms_graph(laws())
    known = np.eye(TYPES)[1:2]  # type 2, the room before
    clamps = {
        HELD: carried(known),
        MOVE: evidence(np.array([cell]), np.array([action])),
        NEXT: one_hot(np.array([after]), CELLS),
    }
    rest = IdealRelaxer().relax(graph, clamps=clamps).activities[graph.index(GAIN)][0]
    end = relax_trajectory(graph, clamps, np.array([0.0, 30.0]))[graph.index(GAIN)][-1, 0]
    np.testing.assert_allclose(end, rest, atol=1e-5)
    assert rest.argmax() == 3
    assert 0.7 < rest[3] < 0.8


@pytest.mark.slow
def test_the_acceptance_holds() -> None:
    """With fewer visits, and a walk through fewer rooms, than the command."""
    config = replace(ACTIVE_PC.reduced, visits=300, walk=SHORT)
    result = collect(ACTIVE_PC, config, ACTIVE_PC.circuits(technology("ideal"), ACTIVE_PC.columns))
    assert [row for row in result.rows if row.verdict == DIFFERS] == []
    rows: dict[str, Any] = {row.id: row for row in result.rows}
    for column in ("ideal", "native"):
        assert getattr(rows["room-accuracy@moves=3"], column) >= 0.99
        assert getattr(rows["surprise@change"], column) > 1.0
        assert getattr(rows["surprise@known"], column) < 0.01
    assert rows["pure-trainings"].ideal >= 0.8
    assert result.seeds >= 20
    assert rows["abstract-share"].ideal <= 0.45
