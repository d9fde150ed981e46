"""The motion of the energy machine: predict, learn, tune, as waveforms of a circuit or of the reference ODE.

Predict: the input is pinned, all nodes slide until the springs are slack.  Learn: input and outputs are
pinned, the hidden nodes slide to the least energy.  Tune: the nodes stay, the rods turn by the local rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from scipy.interpolate import CubicSpline

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import Transient
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps
from analog_pc.pcn.flow import flow
from analog_pc.pcn.state import Landscape
from analog_pc.relaxers import CircuitRelaxer, Relaxer

TIME = quantity("machine time")
PHASE = quantity("machine phase")
ACTIVITY = quantity("machine activity")  # of a layer, as predictions
PREDICTION = quantity("machine prediction")


class Phase(IntEnum):
    """What the machine does in a frame."""

    PREDICT = 0
    LEARN = 1
    TUNE = 2


@dataclass(frozen=True)
class Motion:
    """`rounds` of predict, learn, tune; frames of a relaxation and of tuning; units of time C / g_s.

    Frames are denser at first, where nodes move fast: t_k = duration (k / frames)^2.
    """

    rounds: Count = 2
    frames: Count = 20
    tuning: Count = 8
    duration: Positive = 40.0

    @property
    def times(self) -> Floats:
        return self.duration * (np.arange(self.frames + 1) / self.frames) ** 2


def move(
    network: PredictiveCodingNetwork,
    relaxer: Relaxer,
    rates: float | tuple[float, ...],
    inputs: Floats,
    targets: Floats,
    motion: Motion,
) -> Mapping[str, Array]:
    """Frames of the whole story, from nodes at 0.

    Returns
    -------
    ``time`` [frames] since the beginning of a phase, ``phase`` [frames],
    ``x0``, ``x1`` ..., ``mu1`` ...: activities and predictions, [frames, n_l].
    """
    learner = Learner(network, relaxer, rates)
    nodes = [np.zeros(n) for n in network.sizes]
    film = _Film()
    for _ in range(motion.rounds):
        for phase, pinned in ((Phase.PREDICT, None), (Phase.LEARN, targets)):
            path = relaxation(learner.network, relaxer, nodes, inputs, pinned, motion.times)
            film.take(phase, motion.times, path, [learner.network])
            nodes = [layer[-1] for layer in path]
        before = learner.network
        learner.update(learner.relax(inputs, targets))
        turned = np.arange(1, motion.tuning + 1) / motion.tuning
        still = tuple(np.tile(layer, (motion.tuning, 1)) for layer in nodes)
        film.take(Phase.TUNE, turned, still, [_between(before, learner.network, t) for t in turned])
    return film.arrays()


def film_arrays(frames: Mapping[str, Array], depth: int) -> dict[Quantity, Array]:
    """The frames of `move` as arrays of an outcome."""
    activities = {ACTIVITY.at(layer=k): frames[f"x{k}"] for k in range(depth + 1)}
    predictions = {PREDICTION.at(layer=k): frames[f"mu{k}"] for k in range(1, depth + 1)}
    return {TIME: frames["time"], PHASE: frames["phase"], **activities, **predictions}


def relaxation(
    network: PredictiveCodingNetwork,
    relaxer: Relaxer,
    nodes: list[Floats],
    inputs: ArrayLike,
    targets: ArrayLike | None,
    times: Floats,
) -> tuple[Floats, ...]:
    """Activities of layers 0 ... L at `times`, [times, n_l], from those of `nodes`, [n_l] each."""
    if isinstance(relaxer, CircuitRelaxer):
        compiled = compile_network(network, relaxer.technology, inputs, targets, seed=relaxer.seed)
        wave = compiled.decode_waveform(
            relaxer.simulator.simulate(compiled.circuit, _transient(compiled, nodes, times[-1]))
        )
        _, first = np.unique(wave.times, return_index=True)
        return tuple(CubicSpline(wave.times[first], a[first])(times) for a in wave.activities)
    landscape = Landscape(network, make_clamps(network, inputs, targets))
    path = flow(landscape, [layer[None] for layer in nodes], float(times[-1])).at(times)
    return tuple(layer[:, 0] for layer in path)


def _transient(compiled: CompiledNetwork, nodes: list[Floats], duration: float) -> Transient:
    """From the given activities; steps short enough for a spline through them to be exact to 1e-5."""
    analysis = compiled.transient(duration=duration, max_step=duration / 400.0)
    volts = {
        name: float(unit * layer[i])
        for bus, layer, unit in zip(compiled.probes.activities, nodes, compiled.scales.activity, strict=True)
        for i, name in enumerate(bus)
    }
    return replace(analysis, initial={name: volts[name] for name in analysis.initial})


def _between(
    before: PredictiveCodingNetwork, after: PredictiveCodingNetwork, part: float
) -> PredictiveCodingNetwork:
    """The rods on their way."""
    weights = [a + part * (b - a) for a, b in zip(before.W, after.W, strict=True)]
    return before.with_parameters(weights, before.b)


class _Film:
    """Frames, phase after phase."""

    def __init__(self) -> None:
        self.reels: list[dict[str, Array]] = []

    def take(
        self,
        phase: Phase,
        times: Floats,
        path: tuple[Floats, ...],
        networks: list[PredictiveCodingNetwork],
    ) -> None:
        """One network for all frames, or one for each."""
        reel: dict[str, Array] = {"time": times, "phase": np.full(len(times), int(phase))}
        each = networks * len(times) if len(networks) == 1 else networks
        for layer, x in enumerate(path):
            reel[f"x{layer}"] = x
            if layer:
                rate = each[0].activation_of(layer - 1).f(path[layer - 1])
                reel[f"mu{layer}"] = np.array(
                    [net.W[layer - 1] @ r + net.b[layer - 1] for net, r in zip(each, rate, strict=True)]
                )
        self.reels.append(reel)

    def arrays(self) -> dict[str, Array]:
        return {k: np.concatenate([reel[k] for reel in self.reels]) for k in self.reels[0]}
