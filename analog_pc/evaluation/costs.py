"""What a network costs on the evaluated technology, and what a digital machine would take."""

from __future__ import annotations

import dataclasses

from analog_pc.arrays import Floats
from analog_pc.cost import Baseline, BreakEvenRow, Cost, break_even, digital_baselines, network_cost
from analog_pc.evaluation.bench import Bench
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import without
from analog_pc.training.datasets import one_hot

TIME_LIMIT = 60.0  # s for the operating points of a phase
SAMPLES = 4  # stimuli whose mean energy is told: amplifiers take nearly all of it, and the same for each
SIMULATED = 32  # widest network of the break-even curve whose settling is simulated


def chip_cost(bench: Bench) -> Cost:
    """Energy, latency and area of the first chip, on the first samples and their labels as targets.

    Raises
    ------
    SimulationFailed, BadInput
        As `network_cost`.
    """
    inputs, targets = _stimuli(bench)
    return network_cost(
        bench.network,
        straight(bench.technology),
        inputs,
        targets,
        seed=bench.seeds[0],
        samples=SAMPLES,
        time_limit=TIME_LIMIT,
    )


def machines(bench: Bench) -> tuple[Baseline, ...]:
    """Digital machines on the same stimuli."""
    return digital_baselines(bench.network, *_stimuli(bench))


def curve(bench: Bench) -> tuple[BreakEvenRow, ...]:
    """Energy ratio of chip and digital machines against the width of a network in this technology."""
    return break_even(straight(bench.technology), seed=bench.seeds[0], simulated=SIMULATED)


def straight(technology: Technology) -> Technology:
    """The technology with devices of a straight I-V characteristic.

    Behind wires the bend of each device makes a circuit take a hundred times as long to solve.  With I =
    G (V + k V^3) it changes the current of a device by k V^2, 0.2 % for the 0.1 V and -0.23 / V^2 of
    `cmos65-rram`, in arrays that take a hundredth of the power.
    """
    return dataclasses.replace(without(technology, "device I-V"), name=technology.name)


def _stimuli(bench: Bench) -> tuple[Floats, Floats]:
    targets = one_hot(bench.data.labels[:SAMPLES], bench.network.sizes[-1])
    return bench.data.inputs[:SAMPLES], targets
