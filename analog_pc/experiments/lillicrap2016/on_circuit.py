"""Rests and margins of circuits whose transposed arrays hold feedback weights of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeGuard

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.experiments.framework.alignment import arrays_with_feedback
from analog_pc.experiments.framework.experiment import Outcome
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.lillicrap2016.linear import SIZES, learn_map
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.feedback import ErrorPath, margins, random_feedback, relax_on_path
from analog_pc.relaxers import CircuitRelaxer, Relaxer
from analog_pc.simulators import Native
from analog_pc.technology import technology

ON_CHIP = (0.5, 1.0, 2.0, 4.0)  # scales of B whose margin a circuit is asked for
LINEAR = "30-20-10, linear, learned"
STATES = ("5-7-4", "64-32-10", LINEAR)
SMALL = ("5-7-4",)
LEARNED = 3000  # samples that the linear network has seen


class Rest(NamedTuple):
    """A network, its feedback weights [post, pre], and what is clamped."""

    network: PredictiveCodingNetwork
    feedback: tuple[Floats, ...]
    inputs: Floats
    targets: Floats


def rest_case(name: str, samples: int) -> Rest:
    """One of `STATES`: random sigmoid networks, and the linear one that learned its map through B.

    Parameters
    ----------
    name
        Its layers.
    samples
        How many.
    """
    rng = np.random.default_rng(1)
    if name == LINEAR:
        learned = learn_map(random=True, iterations=LEARNED, every=LEARNED, seed=0)
        network = PredictiveCodingNetwork([learned["low"], learned["high"]], activation="identity")
        inputs = rng.normal(size=(samples, SIZES[0]))
        back = (network.W[0], np.asarray(learned["back"]).T)
        return Rest(network, back, inputs, inputs @ learned["target"].T + 1.0)
    sizes = [int(n) for n in name.split("-")]
    network = random_network(sizes, "sigmoid", seed=0)
    inputs = rng.uniform(0.0, 1.0, (samples, sizes[0]))
    targets = rng.uniform(0.0, 1.0, (samples, sizes[-1]))
    return Rest(network, random_feedback(network), inputs, targets)


def ideal_rests(names: Sequence[str], samples: int) -> dict[Quantity, Array]:
    """Hidden activities by mathematics."""
    found = {}
    for name in names:
        case = rest_case(name, samples)
        path = ErrorPath(feedback=case.feedback)
        found[hidden_at_rest(name)] = relax_on_path(case.network, path, case.inputs, case.targets).activities[
            1
        ]
    return found


def on_circuit(relaxer: Relaxer, names: Sequence[str], samples: int) -> Outcome:
    """The same rests, found by a circuit whose transposed array holds B; margins too, if it is `Native`."""
    built_from = relaxer.technology or technology("ideal")
    arrays: dict[Quantity, Array] = {}
    for name in names:
        case = rest_case(name, samples)
        held = arrays_with_feedback(case.network, case.feedback, built_from, relaxer.seed)
        found = relaxer.relax(case.network, case.inputs, case.targets, arrays=held)
        arrays[hidden_at_rest(name)] = found.activities[1]
    values: dict[Quantity, float] = {}
    if is_native(relaxer):
        values |= {circuit_margin(s): _margin(relaxer, s) for s in ON_CHIP}
    return Outcome(values, arrays)


def is_native(relaxer: Relaxer) -> TypeGuard[CircuitRelaxer]:
    """Whether its circuits are solved by `Native`, which knows eigenmodes."""
    return isinstance(relaxer, CircuitRelaxer) and isinstance(relaxer.simulator, Native)


def _chip(scale: float) -> Rest:
    """A tanh network 8-6-4 at zero error, where every slope is 1."""
    network = random_network((8, 6, 4), "tanh", seed=0, biases=False)
    feedback = random_feedback(network, scale=scale, seed=1)
    return Rest(network, feedback, np.zeros((1, 8)), np.zeros((1, 4)))


def ideal_margins() -> dict[Quantity, float]:
    """By mathematics, for every scale of `ON_CHIP`."""
    values: dict[Quantity, float] = {}
    for scale in ON_CHIP:
        case = _chip(scale)
        path = ErrorPath(feedback=case.feedback)
        rest = relax_on_path(case.network, path, case.inputs, case.targets)
        values[circuit_margin(scale)] = float(margins(case.network, path, rest)[0])
    return values


def _margin(relaxer: CircuitRelaxer, scale: float) -> float:
    """The slowest mode of the compiled circuit, in units of g_s / C."""
    case = _chip(scale)
    held = arrays_with_feedback(case.network, case.feedback, relaxer.technology, relaxer.seed)
    compiled = compile_network(
        case.network,
        relaxer.technology,
        case.inputs,
        case.targets,
        seed=relaxer.seed,
        options=CompileOptions(arrays=held),
    )
    assert isinstance(relaxer.simulator, Native)
    (modes,) = relaxer.simulator.modes(compiled.circuit, compiled.operating_point())
    return modes.margin * compiled.scales.seconds


def hidden_at_rest(layers: str) -> Quantity:
    return quantity("hidden activities at rest with random feedback", layers=layers)


def circuit_margin(scale: float) -> Quantity:
    return quantity("margin of 8-6-4 tanh at zero error", scale=scale)
