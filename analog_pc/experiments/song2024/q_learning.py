"""Q-learning on a relaxer: replay, and updates towards one output a sample.

::

    state --- W1, b1 --- hidden (sigmoid) --- W2, b2 --- q_0 ... q_a ... q_n        q_a: value of action a
                                                           |
    r + discount * max_a' q_a'(next state), or r at the end of an episode: clamps q_a of the action that was
    chosen; the other outputs are free

A free output rests at its prediction, eps = 0: it pulls at nothing and its weights stay, which is "no loss
there", exactly.  (Clamped to its prediction before the relaxation it would pull, as soon as the hidden layer
moves.)  Biases are weights from a word line that is held at an activity of 1, see `program_arrays`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.experiments.framework.learner import Learner, chosen_only
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.equilibrium import take

# Rewards are -1, 0 or 1, so that a value is at most 1 / (1 - discount).  Learning whose values are this many
# times larger has run away, and ends: the agent goes on acting on the weights it has.
RUN_AWAY = 1000.0


@dataclass(frozen=True, eq=False)
class Transitions:
    """`states`, `following` [samples, n]; `actions`, `rewards`, and `last`: the episode ended [samples]."""

    states: Floats
    actions: Ints
    rewards: Floats
    following: Floats
    last: Bools


class Replay:
    """The last `capacity` transitions."""

    def __init__(self, capacity: int, size: int) -> None:
        self.capacity = capacity
        self.count = 0
        self._all = Transitions(
            np.empty((capacity, size)),
            np.empty(capacity, dtype=np.int64),
            np.empty(capacity),
            np.empty((capacity, size)),
            np.empty(capacity, dtype=np.bool_),
        )

    def __len__(self) -> int:
        return min(self.count, self.capacity)

    def store(self, state: Floats, action: int, reward: float, following: Floats, last: bool) -> None:
        at = self.count % self.capacity
        kept = self._all
        kept.states[at] = state
        kept.actions[at] = action
        kept.rewards[at] = reward
        kept.following[at] = following
        kept.last[at] = last
        self.count += 1

    def sample(self, size: int, rng: np.random.Generator) -> Transitions:
        """Different transitions, all equally likely."""
        at = rng.choice(len(self), size, replace=False)
        kept = self._all
        return Transitions(
            kept.states[at], kept.actions[at], kept.rewards[at], kept.following[at], kept.last[at]
        )


def td_targets(batch: Transitions, following: Floats, discount: float) -> Floats:
    """r + discount max_a q_a(next state), r alone where the episode ended; `following` q [samples, n]."""
    return batch.rewards + np.where(batch.last, 0.0, discount * following.max(axis=1))


class Agent:
    """Acts on the largest output of a learner, and learns what the outputs should have been.

    `lost` counts what did not come to rest: states to act in (an action is drawn instead) and samples to
    learn from (they teach nothing).  `ran_away`: values passed all bounds, and learning has ended.
    """

    def __init__(self, learner: Learner, discount: float, rng: np.random.Generator) -> None:
        self.learner = learner
        self.discount = discount
        self.rng = rng
        self.lost = 0
        self.ran_away = False

    def act(self, state: Floats, explores: float) -> int:
        actions = self.learner.network.sizes[-1]
        if self.rng.random() < explores:
            return int(self.rng.integers(actions))
        equilibrium = self.learner.relaxer.relax(self.learner.network, state[None])
        if equilibrium.relaxation.all_converged:
            return int(equilibrium.output[0].argmax())
        self.lost += 1
        return int(self.rng.integers(actions))

    def learn(self, batch: Transitions) -> None:
        """One update from a batch, of all actions at once; the targets are the present network's."""
        if self.ran_away:
            return
        equilibrium = self.learner.relaxer.relax(self.learner.network, batch.following)
        valid = equilibrium.relaxation.converged | batch.last
        targets = td_targets(batch, np.where(valid[:, None], equilibrium.output, 0.0), self.discount)
        self.lost += int((~valid).sum())
        self.ran_away = bool((np.abs(targets) > RUN_AWAY / (1.0 - self.discount)).any())
        if not self.ran_away:
            self.update(batch, targets, valid)

    def update(self, batch: Transitions, targets: Floats, valid: Bools) -> None:
        """Relax the samples of each action under its clamp; all that rest change the weights together."""
        network = self.learner.network
        equilibria = []
        outputs = np.arange(network.sizes[-1])
        for action in np.unique(batch.actions[valid]):
            of = valid & (batch.actions == action)
            wanted = np.repeat(targets[of, None], len(outputs), axis=1)
            clamps = {network.depth: chosen_only(wanted, outputs == action)}
            equilibrium = self.learner.relaxer.relax(network, batch.states[of], clamps=clamps)
            settled = equilibrium.relaxation.converged
            self.lost += int((~settled).sum())
            if settled.any():
                equilibria.append(equilibrium if settled.all() else take(equilibrium, settled))
        if equilibria:
            self.learner.update(*equilibria)


def first_network(sizes: tuple[int, ...], rng: np.random.Generator) -> PredictiveCodingNetwork:
    """Weights and biases uniform within +-1 / sqrt(pre), as the authors' framework starts its layers."""
    limits = [(1.0 / np.sqrt(pre), pre, post) for pre, post in pairwise(sizes)]
    weights = [rng.uniform(-g, g, (post, pre)) for g, pre, post in limits]
    biases = [rng.uniform(-g, g, post) for g, _, post in limits]
    return PredictiveCodingNetwork(weights, biases, activation="sigmoid")
