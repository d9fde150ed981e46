"""Q-learning on relaxers: targets, replay, episodes, and what the update towards one output is."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from analog_pc.cli import main
from analog_pc.experiments import Learner, NoCache, in_closed_form
from analog_pc.experiments.framework.learner import chosen_only
from analog_pc.experiments.song2024 import reinforcement
from analog_pc.experiments.song2024.episodes import (
    Normalisation,
    exploration,
    open_environment,
    play,
    running_mean,
    sizes_of,
)
from analog_pc.experiments.song2024.figures.reinforcement import CURVE
from analog_pc.experiments.song2024.q_learning import Agent, Replay, Transitions, first_network, td_targets
from analog_pc.pcn import PredictiveCodingNetwork, hebbian_update, relax
from analog_pc.relaxers import FixedPrediction, IdealRelaxer, Relaxer
from analog_pc.technology import technology

SIZES = (4, 9, 3)
ENDED = np.array([False, True, False, False, True, False, False, False])


def net(seed: int = 0) -> PredictiveCodingNetwork:
    return first_network(SIZES, np.random.default_rng(seed))


def batch(seed: int = 1) -> Transitions:
    rng = np.random.default_rng(seed)
    states, following = rng.normal(size=(2, 8, 4))
    return Transitions(states, np.array([0, 1, 0, 1, 1, 0, 1, 0]), rng.normal(size=8), following, ENDED)


def agent(relaxer: Relaxer, lr: float = 1.0, network: PredictiveCodingNetwork | None = None) -> Agent:
    learner = Learner(network or net(), relaxer, lr, (lr, lr))
    return Agent(learner, 0.98, np.random.default_rng(0))


def change(found: Agent, before: PredictiveCodingNetwork) -> np.ndarray:
    """All that an update changed, end to end."""
    after = found.learner.network
    both = zip((*after.W, *after.b), (*before.W, *before.b), strict=True)
    return np.concatenate([(a - b).ravel() for a, b in both])


def test_the_target_looks_one_step_ahead() -> None:
    some = Transitions(
        np.zeros((3, 1)), np.zeros(3, int), np.array([1.0, 2.0, 3.0]), np.zeros((3, 1)),
        np.array([False, True, False]),
    )  # fmt: skip
    following = np.array([[10.0, -1.0], [50.0, 60.0], [-7.0, -3.0]])
    np.testing.assert_allclose(td_targets(some, following, 0.5), [6.0, 2.0, 1.5])


def test_replay_forgets_the_oldest_and_repeats_nothing() -> None:
    replay = Replay(5, 1)
    for k in range(8):
        replay.store(np.array([float(k)]), k % 2, -float(k), np.array([k + 0.5]), k == 7)
        assert len(replay) == min(k + 1, 5)
    found = replay.sample(5, np.random.default_rng(0))
    assert sorted(found.states[:, 0]) == [3.0, 4.0, 5.0, 6.0, 7.0]
    np.testing.assert_array_equal(found.following, found.states + 0.5)
    np.testing.assert_array_equal(found.rewards, -found.states[:, 0])
    np.testing.assert_array_equal(found.actions, found.states[:, 0] % 2)
    np.testing.assert_array_equal(found.last, found.states[:, 0] == 7.0)


def test_a_sample_stays_what_it_was() -> None:
    replay = Replay(2, 1)
    replay.store(np.array([1.0]), 0, 0.0, np.array([2.0]), False)
    found = replay.sample(1, np.random.default_rng(0))
    for _ in range(2):
        replay.store(np.array([5.0]), 1, 1.0, np.array([6.0]), True)
    assert found.states == 1.0
    assert not found.last[0]


def test_normalisation_is_that_of_all_so_far() -> None:
    seen = np.random.default_rng(0).normal(3.0, [1.0, 20.0], size=(50, 2))
    normal = Normalisation(2)
    for k, one in enumerate(seen, 1):
        normal.include(one)
        spread = seen[:k].std(axis=0) if k > 1 else 1.0
        np.testing.assert_allclose(normal(seen[0]), (seen[0] - seen[:k].mean(axis=0)) / spread, atol=1e-12)


def test_what_does_not_move_has_no_spread() -> None:
    normal = Normalisation(2)
    for k in range(4):
        normal.include(np.array([0.0, float(k)]))
    np.testing.assert_allclose(normal(np.array([2.0, 2.0])), [2.0, 0.5])


def test_exploration_falls_to_a_hundredth() -> None:
    found = [exploration(k) for k in (0, 200, 700, 1400, 9999)]
    np.testing.assert_allclose(found, [0.08, 0.07, 0.045, 0.01, 0.01])


@pytest.mark.parametrize("over", [1, 3, 200])
def test_running_mean(over: int) -> None:
    returns = np.random.default_rng(0).normal(size=(2, 7))
    want = [[row[max(0, k + 1 - over) : k + 1].mean() for k in range(7)] for row in returns]
    np.testing.assert_allclose(running_mean(returns, over), want)


def test_backpropagation_descends_the_loss_of_the_chosen_actions() -> None:
    """Finite differences of 1/2 sum (q_a - target)^2, targets held."""
    some, network = batch(), net()
    targets = td_targets(some, relax(network, some.following).output, 0.98)

    def loss(parameters: np.ndarray) -> float:
        cuts = np.cumsum([p.size for p in (*network.W, *network.b)])[:-1]
        w1, w2, b1, b2 = np.split(parameters, cuts)
        hidden = 1.0 / (1.0 + np.exp(-(some.states @ w1.reshape(9, 4).T + b1)))
        q = (hidden @ w2.reshape(3, 9).T + b2)[np.arange(8), some.actions]
        return float(0.5 * ((q - targets) ** 2).sum())

    found = agent(FixedPrediction(), network=network)
    found.learn(some)
    here = np.concatenate([p.ravel() for p in (*network.W, *network.b)])
    h = 1e-5 * np.eye(here.size)
    gradient = np.array([(loss(here + d) - loss(here - d)) / 2e-5 for d in h])
    np.testing.assert_allclose(change(found, network), -gradient, atol=1e-8)  # h^2 times third derivatives


def test_a_free_output_is_no_output() -> None:
    """Predictive coding of one action is that of a network without the other outputs."""
    some, network = batch(), net()
    alone = PredictiveCodingNetwork(
        [network.W[0], network.W[1][1:2]], [network.b[0], network.b[1][1:2]], activation="sigmoid"
    )
    target = np.full((8, 3), 2.0)
    rest = relax(network, some.states, clamps={2: chosen_only(target, [False, True, False])})
    want = relax(alone, some.states, target[:, :1])
    np.testing.assert_allclose(rest.eps[2][:, [0, 2]], 0.0, atol=1e-12)
    np.testing.assert_allclose(rest.eps[1], want.eps[1], atol=1e-10)
    held = relax(
        network, some.states, np.where([False, True, False], 2.0, relax(network, some.states).output)
    )
    assert np.abs(held.eps[1] - want.eps[1]).max() > 1e-4  # clamped to what it predicted it would pull


def test_an_update_is_the_sum_over_samples() -> None:
    some, network = batch(), net()
    targets = np.linspace(-2.0, 2.0, 8)
    found = agent(IdealRelaxer(), network=network)
    found.update(some, targets, np.ones(8, dtype=bool))
    want = 0.0
    for k in range(8):
        wanted = chosen_only(np.full((1, 3), targets[k]), np.arange(3) == some.actions[k])
        one = hebbian_update(network, relax(network, some.states[k : k + 1], clamps={2: wanted}))
        want = want + np.concatenate([d.ravel() for d in (*one.weights, *one.biases)])
    np.testing.assert_allclose(change(found, network), want, atol=1e-9)
    # Action 2 was never chosen: its output is free, at rest to the relaxer's 1e-10 in 8 samples.
    np.testing.assert_allclose(found.learner.network.W[1][2], network.W[1][2], atol=1e-9)


def test_a_stiff_hidden_layer_makes_it_backpropagation() -> None:
    """Precision k of the hidden layer: it moves by 1 / k, and so far is the update from backpropagation's."""
    some, apart = batch(), []
    for k in (1e3, 1e4):
        stiff = replace(net(), weights=net().W, biases=net().b, precision=[k, 1.0])
        pc, bp = (agent(r, network=stiff) for r in (IdealRelaxer(), FixedPrediction()))
        for one in (pc, bp):
            one.update(some, np.full(8, 3.0), np.ones(8, dtype=bool))
        far = np.linalg.norm(change(pc, stiff) - change(bp, stiff))
        apart.append(far / np.linalg.norm(change(bp, stiff)))
    assert apart[0] < 1e-2
    assert apart[0] / apart[1] == pytest.approx(10.0, rel=0.05)


@pytest.mark.parametrize("relaxer", [IdealRelaxer(), FixedPrediction()], ids=["pc", "bp"])
def test_values_become_the_rewards_where_nothing_follows(relaxer: Relaxer) -> None:
    """Two states and two actions with different rewards, each the end of an episode."""
    rewards = np.array([1.0, -1.0, -1.0, 0.5])
    states = np.repeat([[1.0, 0.0, 0.0, -1.0], [0.0, 1.0, 1.0, 0.0]], 2, axis=0)
    some = Transitions(states, np.array([0, 1, 0, 1]), rewards, states, np.ones(4, dtype=bool))
    found = agent(relaxer, 0.2)
    for _ in range(600):
        found.learn(some)
    q = relax(found.learner.network, states[::2]).output[:, :2]
    np.testing.assert_allclose(q.ravel(), rewards, atol=0.02)
    assert [found.act(s, 0.0) for s in states[::2]] != [1, 0]


def test_a_circuit_of_ideal_parts_learns_the_same() -> None:
    some, network = batch(), net()
    native = in_closed_form(technology("ideal"), ["native"], largest=100.0)["native"]
    ideal, circuit = (agent(r, 0.1, network) for r in (IdealRelaxer(), native))
    for one in (ideal, circuit):
        one.learn(some)
    # 1 / gain of the amplifiers, 1e-9, times noise gains of about 10, in 8 samples of some five forces
    np.testing.assert_allclose(change(circuit, network), change(ideal, network), atol=1e-6)
    assert np.abs(change(ideal, network)).max() > 0.01


class Astray(IdealRelaxer):
    """Nothing comes to rest."""

    def equilibrium(self, *args: Any) -> Any:
        found = super().equilibrium(*args)
        nowhere = np.zeros(found.samples, dtype=bool)
        return replace(found, relaxation=replace(found.relaxation, converged=nowhere))


def test_what_does_not_rest_teaches_nothing_and_decides_nothing() -> None:
    found, before = agent(Astray()), net()
    found.learn(batch())
    assert found.lost == 8
    np.testing.assert_array_equal(change(found, before), 0.0)
    assert {found.act(np.ones(4), 0.0) for _ in range(50)} == {0, 1, 2}
    assert found.lost == 58


def test_values_that_run_away_end_learning() -> None:
    network = net().with_parameters([net().W[0], 1e7 * net().W[1]], net().b)
    found = agent(IdealRelaxer(), network=network)
    found.learn(batch())
    assert found.ran_away
    np.testing.assert_array_equal(change(found, network), 0.0)
    assert found.act(np.ones(4), 0.0) == relax(network, np.ones((1, 4))).output.argmax()


@pytest.mark.parametrize(
    ("name", "sizes"), [("Acrobot-v1", (6, 3)), ("CartPole-v1", (4, 2)), ("MountainCar-v0", (2, 3))]
)
def test_an_episode(name: str, sizes: tuple[int, int]) -> None:
    environment = open_environment(name)
    assert sizes_of(environment) == sizes
    played = []
    for _ in range(2):
        one = Agent(
            Learner(first_network((sizes[0], 5, sizes[1]), np.random.default_rng(1)), FixedPrediction(), 0.1),
            0.98,
            np.random.default_rng(2),
        )
        replay, normal = Replay(1000, sizes[0]), Normalisation(sizes[0])
        total = play(environment, one, normal, replay, 1.0, seed=3)
        kept = replay.sample(len(replay), np.random.default_rng(0))
        assert total == kept.rewards.sum()
        assert kept.last.sum() == 1
        assert normal.count == len(replay) + 1
        played.append((total, kept.states.sum(), kept.following.sum()))
    assert played[0] == played[1]


def short() -> reinforcement.Config:
    two = (("CartPole-v1", 12), ("MountainCar-v0", 1))
    return reinforcement.Config(
        two, two, (0.001, 0.002), (0.001,), start=60, batch=8, updates=2, seeds=2, hidden=(8,)
    )


def test_a_short_run() -> None:
    config = short()
    pc, again = (reinforcement.run(config, IdealRelaxer(), NoCache()) for _ in range(2))
    bp = reinforcement.run(config, FixedPrediction(), NoCache())
    assert pc.values == again.values
    assert pc.arrays[CURVE.at(environment="CartPole-v1")].shape == (2, 12)
    texts = {str(q): value for q, value in pc.values.items()}
    assert texts["return at the end, MountainCar-v0, 1 episodes, best of 2 rates"] == -200.0
    both = set(pc.values) | set(reinforcement.compare(pc, bp))
    checked = [c for c in reinforcement.claims(config) if c.tolerance is not None]
    assert checked == []  # no published number stands for so little
    assert {c.quantity for c in reinforcement.claims(replace(config, circuit_rates=config.rates))} <= both


def test_published_returns(published: dict[str, Any]) -> None:
    want = published["reinforcement"]["return"]
    for name, (pc, bp) in reinforcement.PUBLISHED.items():
        assert (pc, bp) == (want["pc"][name], want["bp"][name])
    claims = reinforcement.claims(reinforcement.REINFORCEMENT.full)
    stated = {(c.rule, c.published) for c in claims if c.quantity.name == reinforcement.LAST_RETURN}
    assert {("pc", 410.0), ("bp", 350.0)} <= stated
    assert [c.quantity for c in claims if c.tolerance == 0.0] == [reinforcement.ahead(10_000)]


def test_without_gymnasium_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    done = CliRunner().invoke(main, ["run", "reinforcement", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    *progress, error = done.output.splitlines()
    assert all(line.startswith("[1/3] reinforcement, backprop") for line in progress)
    assert error.startswith("analog-pc: ")
    assert "pip install 'analog-pc[rl]'" in error
    assert not (tmp_path / "out").exists()
