"""Expected voltage and tolerance of each probed node of an emitted netlist.

Ideal parts are compared with the mathematics, with the tolerances of `analog_pc.verification.tolerances`;
real parts against the native simulator's solution of the same circuit.  Both in volts, for the first sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Bus, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.mapping import ConductancePair
from analog_pc.pcn import Equilibrium
from analog_pc.pcn.relax import relax_in_short_steps
from analog_pc.simulators.spice.names import spice_node
from analog_pc.technology.non_idealities import present
from analog_pc.verification.compare import full_scales
from analog_pc.verification.netlist_check.probes_file import (
    CHECKED,
    Layer,
    Matrix,
    Probe,
    Quantity,
    Reference,
)
from analog_pc.verification.tolerances import ACCEPTANCE, tolerances

# Two simulators of one nonlinear circuit, as a fraction of the largest probed voltage (`verify.real`).
CROSS_CHECK = 1e-6

Place = tuple[Quantity, int]  # quantity and layer
Signals = Mapping[Place, Floats]
"""Volts [samples, nodes] of each bus."""


class Expected(NamedTuple):
    """`reference` None: no equilibrium, or no state of rest, was found."""

    reference: Reference | None
    nodes: tuple[Probe, ...]


def expected(compiled: CompiledNetwork, solution: Solution | None, simulator: str) -> Expected:
    """The reference of the first sample.

    Parameters
    ----------
    compiled
        The circuit.
    solution
        Its operating point with every node, found by `simulator`; read where parts are real.
    """
    first = replace(compiled, design=replace(compiled.design, clamps=compiled.clamps.sample(0)))
    if not present(compiled.design.technology):
        return _from_mathematics(first)
    return _from_simulator(first, solution, simulator)


def layers_of(compiled: CompiledNetwork) -> tuple[Layer, ...]:
    """The local equations of every layer, with the conductances as they were programmed."""
    network = compiled.network
    volts = compiled.scales
    return tuple(
        Layer(
            activation=network.activation_of(number).name,
            kink_volts=_kink_volts(compiled, number, volts.activity[number]),
            volts_per_unit=volts.activity[number],
            rate_volts_per_unit=(*volts.rate, volts.activity[-1])[number],  # nothing reads the last one's
            precision=network.precision_of(number),
            clamped=tuple((~free).tolist()),
            gate=_gate(compiled, number),
            leftovers={},
            **_matrices(compiled, number),
        )
        for number, free in enumerate(compiled.clamps.free)
    )


def _kink_volts(compiled: CompiledNetwork, number: int, volts: float) -> float:
    """V; x - X(z) = z / A of a rectifier whose drive z is in the dead zone of a kink."""
    kinks = compiled.network.activation_of(number).kinks
    largest = max((abs(kink) + k + 1.0 for k, kink in enumerate(kinks)), default=0.0)
    return volts * largest / compiled.design.technology.rectifier_gain


def _gate(compiled: CompiledNetwork, number: int) -> float:
    """V of x - mu for 1 V of feedback, where f' = 1."""
    design = compiled.design
    if design.switches_open or not design.feeds_back(number):
        return 0.0
    volts = compiled.scales
    own = design.network.precision_of(number) or 1.0  # nothing predicts the input
    ratio = volts.activity[number] / volts.feedback[number]
    return design.network.precision_of(number + 1) / own * ratio


def _matrices(compiled: CompiledNetwork, number: int) -> dict[str, Matrix]:
    design = compiled.design
    found: dict[str, Matrix] = dict.fromkeys(
        ("forward_plus", "forward_minus", "transposed_plus", "transposed_minus"), ()
    )
    if number:
        pre = design.network.sizes[number - 1]
        pair = design.forward(number)
        found["forward_plus"] = _rows(compiled, pair, pair.plus[:pre])
        found["forward_minus"] = _rows(compiled, pair, pair.minus[:pre])
    if design.feeds_back(number):
        pair = design.transposed(number + 1)
        found["transposed_plus"] = _rows(compiled, pair, pair.plus)
        found["transposed_minus"] = _rows(compiled, pair, pair.minus)
    return found


def _rows(compiled: CompiledNetwork, pair: ConductancePair, siemens: Floats) -> Matrix:
    """R_f G [column][row], the access transistor in series with each device."""
    series = siemens / (1.0 + siemens * compiled.design.technology.cell_access_resistance)
    gains = (pair.ohms * series).T
    return tuple(tuple(row) for row in gains.tolist())


def buses_of(compiled: CompiledNetwork) -> dict[Place, Bus]:
    """The nodes of every signal, as a solution calls them, layer by layer."""
    design = compiled.design
    depth = design.network.depth
    found: dict[Place, Bus] = {}
    for layer, bus in enumerate(design.buses):
        found["x", layer] = bus["x"]
        if layer:
            found["mu", layer] = bus["mu"]
            found["eps", layer] = bus["eps"]
        if layer < depth:
            found["rate", layer] = bus["rate"]
            found["anti", layer] = bus["anti"]
        if design.feeds_back(layer):
            found["back", layer] = bus["back"]
        if layer and design.feeds_back(layer - 1):
            found["anti_eps", layer] = tuple(f"layer{layer}.{node}" for node in bus["anti_eps"])
    return found


def _from_mathematics(compiled: CompiledNetwork) -> Expected:
    buses = buses_of(compiled)
    # One sample: the most certain reference costs little, and nobody looks again when the netlist is checked.
    ideal = relax_in_short_steps(compiled.network, compiled.clamps)
    if not ideal.relaxation.all_converged:
        return Expected(None, tuple(_probes(buses, {}, {})))
    scales = full_scales(ideal, compiled)
    allowed = tolerances(compiled, ideal, scales)
    volts = compiled.scales.activity
    full_scale: dict[str, tuple[float, ...]] = {}
    within: dict[Place, float] = {}
    for quantity in CHECKED:
        full_scale[quantity] = tuple(unit * scales[quantity] for unit in volts)
        fraction = min(allowed[quantity], ACCEPTANCE[quantity])
        for layer, scale in enumerate(full_scale[quantity]):
            within[quantity, layer] = fraction * scale
    reference = Reference(
        source="ideal reference",
        tolerance="finite gain of the amplifiers and ngspice's stopping rule, at most 1e-6 of full scale",
        samples=1,
        full_scale=full_scale,
    )
    return Expected(reference, tuple(_probes(buses, _signals(compiled, ideal), within)))


def _signals(compiled: CompiledNetwork, ideal: Equilibrium) -> Signals:
    """The equilibrium in volts, with the signals that follow from it."""
    volts = compiled.scales
    found: dict[Place, Floats] = {}
    for layer, x in enumerate(ideal.activities):
        found["x", layer] = volts.activity[layer] * x
    for layer, rate in enumerate(ideal.rates):
        found["rate", layer] = volts.rate[layer] * rate
        found["anti", layer] = -volts.rate[layer] * rate
    for layer in range(1, compiled.network.depth + 1):
        found["mu", layer] = volts.activity[layer] * ideal.predictions[layer]
        found["eps", layer] = volts.activity[layer] * ideal.eps[layer]
        found["anti_eps", layer] = -volts.activity[layer] * ideal.eps[layer]
        feedback = ideal.eps[layer] @ compiled.network.W[layer - 1]
        found["back", layer - 1] = volts.feedback[layer - 1] * feedback
    return found


def _from_simulator(compiled: CompiledNetwork, solution: Solution | None, simulator: str) -> Expected:
    buses = buses_of(compiled)
    if solution is None:
        return Expected(None, tuple(_probes(buses, {}, {})))
    volts = {place: solution.voltage(bus)[:1] for place, bus in buses.items()}
    largest = max(float(np.abs(volts[place]).max()) for place in buses if place[0] in CHECKED)
    reference = Reference(
        source=f"{simulator} simulator",
        tolerance=f"two simulators of one circuit: {CROSS_CHECK:g} of the largest probed voltage",
        samples=1,
        full_scale={quantity: (largest,) * len(compiled.network.sizes) for quantity in CHECKED},
    )
    within = {place: CROSS_CHECK * largest for place in buses if place[0] in CHECKED}
    return Expected(reference, tuple(_probes(buses, volts, within)))


def _probes(buses: Mapping[Place, Bus], volts: Signals, within: Mapping[Place, float]) -> Iterator[Probe]:
    for (quantity, layer), bus in buses.items():
        values = volts.get((quantity, layer))
        for index, node in enumerate(bus):
            yield Probe(
                node=spice_node(node),
                quantity=quantity,
                layer=layer,
                index=index,
                volts=() if values is None else tuple(values[:, index].tolist()),
                tolerance=within.get((quantity, layer)),
            )
