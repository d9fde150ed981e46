"""Episodes of an agent in an environment of gymnasium, which is the physics of it and an optional extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import SimulatorMissing
from analog_pc.experiments.song2024.q_learning import Agent, Replay

if TYPE_CHECKING:
    from gymnasium import Env

HOW = "install it with \"pip install 'analog-pc[rl]'\""

# of the part of actions that are drawn at random
GREATEST = 0.08
LEAST = 0.01
FALL = 0.01 / 200.0


def open_environment(name: str) -> Env[Any, Any]:
    """An environment of gymnasium, with its limit on the length of an episode.

    Raises
    ------
    SimulatorMissing
        Without gymnasium, with what to install.
    """
    try:
        import gymnasium
    except ImportError:
        raise SimulatorMissing(f"gymnasium, the physics of {name}, not found: {HOW}") from None
    found: Env[Any, Any] = gymnasium.make(name, disable_env_checker=True)
    return found


def sizes_of(environment: Env[Any, Any]) -> tuple[int, int]:
    """Numbers of an observation, and actions to choose from."""
    spaces: Any = environment
    return int(spaces.observation_space.shape[0]), int(spaces.action_space.n)


def exploration(episode: int) -> float:
    """The part of actions that are drawn at random in an episode, counted from 0."""
    return max(LEAST, GREATEST - FALL * episode)


class Normalisation:
    """Mean and spread of all observations so far (Welford's recurrences).

    As published, the spread counts as 1 as long as any component has not moved.
    """

    def __init__(self, size: int) -> None:
        self.count = 0
        self.mean = np.zeros(size)
        self.squares = np.zeros(size)

    def include(self, observation: Floats) -> None:
        self.count += 1
        before = observation - self.mean
        self.mean = self.mean + before / self.count
        self.squares = self.squares + before * (observation - self.mean)

    def __call__(self, observation: Floats) -> Floats:
        spread = np.sqrt(self.squares / max(1, self.count))
        return np.asarray((observation - self.mean) / (spread if spread.all() else 1.0))


def play(
    environment: Env[Any, Any],
    agent: Agent,
    normal: Normalisation,
    replay: Replay,
    explores: float,
    seed: int | None = None,
) -> float:
    """One episode, kept in `replay`; its return, the sum of rewards.  `seed` starts the environment's own."""
    seen = np.asarray(environment.reset(seed=seed)[0], dtype=np.float64)
    total = 0.0
    over = False
    while not over:
        normal.include(seen)
        state = normal(seen)
        action = agent.act(state, explores)
        following, reward, ended, stopped, _ = environment.step(action)
        seen = np.asarray(following, dtype=np.float64)
        over = ended or stopped
        replay.store(state, action, float(reward), normal(seen), over)
        total += float(reward)
    normal.include(seen)
    return total


def running_mean(returns: Floats, over: int) -> Floats:
    """Mean of the last `over` of `returns` [.., episodes], or of all so far where there are fewer."""
    total = np.cumsum(returns, axis=-1)
    before = np.zeros_like(total)
    before[..., over:] = total[..., :-over]
    return np.asarray((total - before) / np.minimum(over, np.arange(1, total.shape[-1] + 1)))
