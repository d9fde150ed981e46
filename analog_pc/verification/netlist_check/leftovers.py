"""Leftovers: the part of a deviation that the local equations do not explain on real parts.

The local equations (`equations`) are of ideal wires and linear devices.  On real parts a signal answers a
change of its inputs with another gain: wires and finite gain of amplifiers take some of it, devices bend, and
activation circuits spread.  Between two states of rest of the *same* circuit every local deviation is such a
leftover.  With D the sum of the magnitudes of what an equation makes of the changes of its inputs
(`equations.explained`) and t the tolerance of the reference, the leftover of a quantity in a layer is

    sqrt(n) x largest (|local deviation| - t) / D    over its nodes and `STATES` other states of rest, >= 0

The n inputs of an equation change at random between these states, so that what they leave adds up as a random
sum, sqrt(n); where one of them changes alone, as after a fault, it is n of n: hence the factor.  A local
deviation up to t + leftover D may follow from deviations elsewhere.  The other states are those of clamps
that are up to `CHANGE` of the layer's largest clamp away, as what follows from one wrong part is.  It is a
measurement, no bound for any change: larger changes bend devices further.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import msgspec
import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.pcn.clamps import Clamps
from analog_pc.simulators import Simulator
from analog_pc.verification.netlist_check.equations import Place, Signals, explained, local_deviations
from analog_pc.verification.netlist_check.probes_file import CHECKED, Probes, Quantity
from analog_pc.verification.netlist_check.reference import CROSS_CHECK, buses_of

STATES = 8
CHANGE = 0.1


def with_leftovers(probes: Probes, compiled: CompiledNetwork, simulator: Simulator) -> Probes:
    """The probes with the leftovers of every layer; unchanged where the circuit finds no other state."""
    found = _states(compiled, simulator)
    if found is None or probes.reference is None:
        return probes
    reference, others = found
    largest = max(float(np.abs(volts).max()) for place, volts in reference.items() if place[0] in CHECKED)
    ratios = _ratios(probes, reference, others, CROSS_CHECK * largest)
    most = max(ratios.values(), default=0.0)
    layers = []
    for number, layer in enumerate(probes.layers):
        # What does not move between these states (eps at rest without targets) is made of the same parts.
        leftovers = {q: ratios.get((q, n), most) for q, n in reference if n == number}
        layers.append(msgspec.structs.replace(layer, leftovers=leftovers))
    return msgspec.structs.replace(probes, layers=tuple(layers))


def _ratios(probes: Probes, reference: Signals, others: Signals, tolerance: float) -> dict[Place, float]:
    """The leftover of each quantity and layer whose inputs change by more than the tolerance."""
    off = local_deviations(probes, others, reference)
    inputs = explained(probes, others, reference)
    found = {}
    for place, changes in inputs.items():
        large = changes > tolerance
        if large.any() and place in off:
            excess = np.abs(off[place][large]) - tolerance
            worst = max(0.0, float(np.max(excess / changes[large])))
            found[place] = math.sqrt(_inputs(probes, *place)) * worst
    return found


def _inputs(probes: Probes, quantity: Quantity, number: int) -> int:
    """Terms of an equation: two polarities of every row of a crossbar; else x, mu and back at most."""
    sizes = probes.network.sizes
    if quantity == "mu":
        return 2 * sizes[number - 1]
    return 2 * sizes[number + 1] if quantity == "back" else 3


def _states(compiled: CompiledNetwork, simulator: Simulator) -> tuple[Signals, Signals] | None:
    """Volts at rest of the first sample [1, nodes] and of others [samples, nodes]."""
    design = replace(compiled.design, clamps=_around(compiled.clamps))
    near = replace(compiled, design=design)
    by_relaxation = compiled.clamps.beyond_input
    try:
        found = simulator.simulate(
            near.circuit, near.operating_point(by_relaxation=by_relaxation, every_node=True)
        )
    except SimulationFailed:
        return None
    rests = found.status.converged(STATES + 1)
    if not rests[0] or not rests[1:].any():
        return None
    volts: Mapping[Place, Floats] = {place: found.voltage(bus) for place, bus in buses_of(near).items()}
    others = np.flatnonzero(rests)[1:]
    return {p: v[:1] for p, v in volts.items()}, {p: v[others] for p, v in volts.items()}


def _around(clamps: Clamps) -> Clamps:
    """The first sample, and `STATES` others whose clamps are a random step away."""
    random = np.random.default_rng(0)
    values = []
    for free, layer in zip(clamps.free, clamps.values, strict=True):
        steps = random.uniform(-CHANGE, CHANGE, (STATES + 1, layer.shape[1]))
        steps[0] = 0.0
        values.append(np.where(free, 0.0, layer[:1] + steps * np.abs(layer[:1]).max(initial=0.0)))
    return Clamps(clamps.free, tuple(values))
