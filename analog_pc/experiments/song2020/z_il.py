"""Z-IL on a clocked circuit: predictive coding whose updates are those of backpropagation.

Value nodes of master and slave capacitor step all at once (`cells.sampled_node`).  A period of n time
constants is a step of size gamma = 1 - e^-n of the relaxation, the error moves one layer a period, and the
weights of layer L - k, written after k periods, change by::

    dW_{L-k} = gamma^k x backpropagation        k layers below the output, exactly

The reference steps with gamma = 1 in float64; circuits have n = 3, 5, 7 (5-7-6-4, tanh).  The same circuit
with both clock lines high is the relaxing one.

Source: Song, Lukasiewicz, Xu, Bogacz, NeurIPS 2020.  Its numbers were not at hand: derived ones are this
formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import BOLTZMANN
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Natural, Rates
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2020.angles import LAYERS, SIZES, alignment, drawn_network
from analog_pc.experiments.song2020.figures.z_il import (
    PERIODS,
    RATIOS,
    READS,
    WAVE_ERRORS,
    WAVE_TIMES,
    draw,
)
from analog_pc.pcn import backprop_update, zero_divergence_update
from analog_pc.relaxers import CircuitRelaxer, Relaxer
from analog_pc.simulators import Ngspice
from analog_pc.technology import Technology, technology
from analog_pc.technology.non_idealities import present
from analog_pc.testbench.clocked import ClockedReading, ClockedTestbench, run_clocked

SOURCE = "Song, Lukasiewicz, Xu, Bogacz, NeurIPS 2020; derived numbers: gamma^k, gamma = 1 - e^-n"
DEPTH = LAYERS[-1]
EXACT = 1e-12  # float64, a dozen operations deep
# The clamp leaves 1e-6 of an output's error, a transient 1e-5 of the full scale: below the usual agreement.
CLOSE = 1e-4
SHOWN = 7.0  # the period whose waveforms are shown
REAL_PRECISION = 1e-5
REAL_CURRENT = 1e-12  # A
REAL_CLAMP = 0.1  # S
INJECTED = 1e-15  # C that a switch leaves behind when it opens: an assumption, 1 mV on 1 pF

DIFFERENCE = quantity("largest difference from backpropagation, reference, of its largest update")


@dataclass(frozen=True)
class Config:
    """`periods` n in time constants; `chips` of `real_technology`, on ngspice (0: none)."""

    periods: Rates = (3.0, 5.0, 7.0)
    chips: Natural = 1
    real_technology: str = "cmos65-rram"

    def __post_init__(self) -> None:
        technology(self.real_technology)  # is there one of that name?


def ratio(period: float, k: int) -> Quantity:
    return quantity("update / backpropagation, k layers below the output", n=period, k=k)


def cosine(period: float, layer: int) -> Quantity:
    return quantity("cosine with backpropagation", n=period, layer=layer)


def real_ratio(k: int, name: str) -> Quantity:
    return quantity("update / backpropagation, mean over chips", k=k, technology=name)


def real_cosine(layer: int, name: str) -> Quantity:
    return quantity("cosine with backpropagation, mean over chips", layer=layer, technology=name)


def real_differential(layer: int, name: str) -> Quantity:
    return quantity("cosine, read before and after, mean over chips", layer=layer, technology=name)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """The updates at every period: stepped in float64, or read from a clocked circuit."""
    if relaxer.backpropagates:
        return Outcome({})
    parts = {f"n{period:g}": period for period in config.periods}
    found = cache.compute(list(parts), lambda name: updates(parts[name], relaxer))
    values: dict[Quantity, float] = {}
    ratios = []
    for period, part in zip(parts.values(), found, strict=True):
        ratios.append(part["ratios"])
        for layer in LAYERS:
            values[ratio(period, DEPTH - layer)] = float(part["ratios"][layer - 1])
            values[cosine(period, layer)] = float(part["cosines"][layer - 1])
    arrays: dict[Quantity, Array] = {PERIODS: np.array(config.periods), RATIOS: np.array(ratios)}
    shown = found[int(np.argmax(config.periods))]
    if "times" in shown:
        arrays |= {WAVE_TIMES: shown["times"], WAVE_ERRORS: shown["errors"], READS: shown["reads"]}
    else:
        values[DIFFERENCE] = reference_difference()
    real = real_chips(config, relaxer, cache)
    return Outcome(values | real, arrays, notes_on(config, real) if "times" in shown else costs())


def reference_difference() -> float:
    """Of the stepped reference with gamma = 1."""
    network, inputs, target = drawn_network(0)
    exact = backprop_update(network, inputs, target).weights
    found = stepped_reference(1.0)
    largest = max(float(np.abs(w).max()) for w in exact)
    return max(float(np.abs(a - b).max()) for a, b in zip(found, exact, strict=True)) / largest


def stepped_reference(gamma: float) -> list[Floats]:
    """Weight updates of layers 1 ... L by synchronous steps of length gamma."""
    network, inputs, target = drawn_network(0)
    clamps = {"0": inputs, str(network.depth): target}
    found = zero_divergence_update(network.graph, clamps, gamma=gamma)
    return [found[projection.name].weight for projection in network.graph.projections]


def updates(period: float, relaxer: Relaxer) -> Mapping[str, Array]:
    """Ratios and cosines of layers 1 ... L; of a circuit also its waveforms."""
    if not isinstance(relaxer, CircuitRelaxer):
        return against_backprop(stepped_reference(-np.expm1(-period)))
    bench = _bench(period, relaxer.technology, relaxer.seed)
    reading = run_clocked(bench, relaxer.simulator)
    since = reading.times - bench.predict
    keep = since > -0.1 * period
    errors = np.stack([np.linalg.norm(wave, axis=1) for wave in reading.waveforms], axis=1)
    reads = np.array(bench.reads) / bench.tau - bench.predict
    waves = {"times": since[keep], "errors": errors[keep], "reads": reads}
    return {**against_backprop(reading.update.weights), **waves}


def _bench(period: float, parts: Technology, seed: int, clamp_on: float = 10.0) -> ClockedTestbench:
    network, inputs, target = drawn_network(0)
    return ClockedTestbench(
        network=network, inputs=inputs[0], target=target[0], period=period, technology=parts, seed=seed,
        predict=20.0, clamp_on=clamp_on,
    )  # fmt: skip


def against_backprop(weights: Sequence[Floats]) -> dict[str, Floats]:
    """Projection on backpropagation over its square, and cosine, of layers 1 ... L."""
    network, inputs, target = drawn_network(0)
    exact = backprop_update(network, inputs, target).weights
    pairs = list(zip(weights, exact, strict=True))
    return {
        "ratios": np.array([float((a * b).sum() / (b * b).sum()) for a, b in pairs]),
        "cosines": np.array([alignment(a, b) for a, b in pairs]),
    }


def real_chips(config: Config, relaxer: Relaxer, cache: ResultCache) -> dict[Quantity, float]:
    """Chips of a realistic technology at the longest period, on ngspice, if the column's parts are ideal."""
    if not (isinstance(relaxer, CircuitRelaxer) and isinstance(relaxer.simulator, Ngspice) and config.chips):
        return {}
    if present(relaxer.technology):
        return {}
    parts = technology(config.real_technology)
    period = max(config.periods)
    jobs = {f"{parts.name}-chip{chip}": chip for chip in range(config.chips)}
    found = cache.compute(list(jobs), lambda name: real_chip(parts, period, jobs[name]))
    values: dict[Quantity, float] = {}
    for layer in LAYERS:
        mean = {key: float(np.mean([part[key][layer - 1] for part in found])) for key in found[0]}
        values[real_ratio(DEPTH - layer, parts.name)] = mean["ratios"]
        values[real_cosine(layer, parts.name)] = mean["cosines"]
        values[real_differential(layer, parts.name)] = mean["differential"]
    return values


def real_chip(parts: Technology, period: float, chip: int) -> Mapping[str, Array]:
    """Ratios, cosines, and cosines of differential reads."""
    bench = _bench(period, parts, chip, REAL_CLAMP)
    reading: ClockedReading = run_clocked(
        bench, Ngspice(), precision=REAL_PRECISION, least_current=REAL_CURRENT
    )
    differential = against_backprop(reading.differential.weights)["cosines"]
    return {**against_backprop(reading.update.weights), "differential": differential}


def costs() -> tuple[str, ...]:
    """What the clock costs, in numbers."""
    parts = technology("ideal")
    farads = parts.node_capacitance
    unit = parts.volts_per_unit
    thermal = float(np.sqrt(2.0 * BOLTZMANN * 300.15 / farads)) / unit
    injected = INJECTED / farads / unit
    network, inputs, target = drawn_network(0)
    errors = backprop_update(network, inputs, target).biases
    lowest = float(np.linalg.norm(errors[0]) / np.sqrt(SIZES[1]))
    return (
        "Every hidden node pays a second capacitor, a buffer and two switches.  kT/C comes twice, on slave "
        f"and master: {thermal:.1e} of an activity at {farads * 1e12:g} pF and {unit:g} V.  A switch that "
        f"leaves {INJECTED * 1e15:g} fC behind (an assumption) moves its node by {injected:.2g} of an "
        "activity.  Neither is attenuated on the way down: such an offset in eps of a layer is a wrong write "
        f"of that layer, beside errors of {lowest:.2g} (rms) in layer 1 here.  So read errors before and "
        "after ('differential'), or auto-zero.  Both are left out of the circuits below; their switches "
        "inject no charge.",
    )


def notes_on(config: Config, real: Mapping[Quantity, float]) -> tuple[str, ...]:
    """What chips of real parts show."""
    if not real:
        return ()
    name = config.real_technology
    plain = min(real[real_cosine(layer, name)] for layer in LAYERS)
    return (
        f"{name}, {config.chips} chip(s), n = {max(config.periods):g}: no layer's update has a cosine below "
        f"{plain:.4f} with backpropagation.",
    )


def claims(config: Config) -> Sequence[Claim]:
    found = [Claim(DIFFERENCE, None, EXACT, id="difference@reference", derived=0.0)]
    for period in config.periods:
        gamma = float(-np.expm1(-period))
        for layer in LAYERS:
            k = DEPTH - layer
            found += [
                Claim(ratio(period, k), None, CLOSE, id=f"update-ratio@n={period:g},k={k}", derived=gamma**k),
                Claim(cosine(period, layer), None, CLOSE, id=f"cos@n={period:g},layer={layer}", derived=1.0),
            ]
    if config.chips:
        name = config.real_technology
        for layer in LAYERS:
            k = DEPTH - layer
            found += [
                Claim(real_ratio(k, name), None, None, id=f"update-ratio@k={k},technology={name}"),
                Claim(real_cosine(layer, name), None, None, id=f"cos@layer={layer},technology={name}"),
                Claim(
                    real_differential(layer, name), None, None,
                    id=f"cos-differential@layer={layer},technology={name}",
                ),
            ]  # fmt: skip
    return found


Z_IL = Experiment(
    "z-il",
    "Z-IL on a clocked circuit: updates are gamma^k of backpropagation",
    run,
    Config(),
    Config(chips=3),
    claims,
    draw,
    source=SOURCE,
)
