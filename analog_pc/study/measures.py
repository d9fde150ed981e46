"""Measures by name: what is computed at a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.cost import Cost, network_cost
from analog_pc.cost.network import catalogue_of
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.evaluation import Bench
from analog_pc.evaluation.costs import SAMPLES, TIME_LIMIT, straight
from analog_pc.reporting.json_report import finite
from analog_pc.technology import Technology
from analog_pc.technology.checks import nearest
from analog_pc.training.datasets import one_hot

Measured = dict[str, float | int | None]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is computed at a point.

    Parameters
    ----------
    columns
        Name -> SI unit of each number.
    compute
        The numbers of the first chip of a bench; None where there is none.
    priced
        Whether it needs the component values of a process (`cost/processes`).
    """

    name: str
    meaning: str
    columns: Mapping[str, str]
    compute: Callable[[Bench], Measured]
    priced: bool = False

    def check(self, technology: Technology) -> None:
        """`BadInput` for a technology that it cannot be computed for."""
        if self.priced:
            catalogue_of(technology)


def _accuracy(bench: Bench) -> Measured:
    chip = bench.count(bench.first_chip, bench.seeds[0])
    return {
        "accuracy": chip.value,
        "accuracy_low": chip.low,
        "accuracy_high": chip.high,
        "ideal_accuracy": bench.ideal_accuracy,
        "samples": chip.samples,
        "right": chip.right,
        "unconverged": chip.unconverged,
        "changed": chip.changed,
        "commonest": chip.commonest,
    }


def _residual(bench: Bench) -> Measured:
    relaxation = bench.first_chip.relaxation
    return {
        "residual": finite(float(relaxation.residual.max())),
        "iterations": int(relaxation.iterations),
    }


def _deviation(bench: Bench) -> Measured:
    """Over all samples; none where one of them is not at rest."""
    if not _all_at_rest(bench):
        return {"deviation": None, "deviation_rms": None}
    apart = bench.first_chip.output - bench.ideal_outputs
    full = float(np.abs(bench.ideal_outputs).max()) or 1.0
    return {
        "deviation": float(np.abs(apart).max()) / full,
        "deviation_rms": float(np.sqrt(np.mean(apart**2))) / full,
    }


def _margin(bench: Bench) -> Measured:
    """Over all samples; none where one of them is not at rest."""
    output = bench.first_chip.output
    if not _all_at_rest(bench) or output.shape[1] < 2:
        return {"margin_least": None, "margin_median": None}
    ordered = np.sort(output, axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    return {"margin_least": float(margins.min()), "margin_median": float(np.median(margins))}


def _all_at_rest(bench: Bench) -> bool:
    """Whether every sample converged: what the others show would be better the more of them do not."""
    found = bench.first_chip
    return bool((found.relaxation.converged & np.isfinite(found.output).all(axis=1)).all())


def _cost(bench: Bench, *phases: str) -> Cost:
    """Of the first chip on the first samples and their labels, devices straight, as `evaluate` has it."""
    inputs = bench.data.inputs[:SAMPLES]
    targets = one_hot(bench.data.labels[:SAMPLES], bench.network.sizes[-1])
    return network_cost(
        bench.network,
        straight(bench.technology),
        inputs,
        targets,
        seed=bench.seeds[0],
        samples=SAMPLES,
        phases=phases,
        time_limit=TIME_LIMIT,
    )


def _phase(phase: str, prefix: str) -> Callable[[Bench], Measured]:
    def compute(bench: Bench) -> Measured:
        cost = _cost(bench, phase)
        if phase not in cost.phases:
            raise SimulationFailed(cost.failed.get(phase, f"{phase}: has no cost"))
        found = cost.phases[phase]
        return {
            f"{prefix}energy": finite(found.energy),
            f"{prefix}gated_energy": finite(found.gated_energy),
            f"{prefix}latency": finite(found.latency),
            f"{prefix}area": finite(found.area),
        }

    return compute


def _priced(name: str, phase: str, prefix: str, meaning: str) -> Measure:
    units = {"energy": "J", "gated_energy": "J", "latency": "s", "area": "m^2"}
    return Measure(
        name=name,
        meaning=meaning,
        columns={f"{prefix}{what}": unit for what, unit in units.items()},
        compute=_phase(phase, prefix),
        priced=True,
    )


MEASURES: Mapping[str, Measure] = {
    one.name: one
    for one in (
        Measure(
            name="accuracy",
            meaning="right answers of a chip; with unconverged samples counted wrong (low) and right (high)",
            columns={
                "accuracy": "",
                "accuracy_low": "",
                "accuracy_high": "",
                "ideal_accuracy": "",
                "samples": "",
                "right": "",
                "unconverged": "",
                "changed": "",
                "commonest": "",
            },
            compute=_accuracy,
        ),
        Measure(
            name="residual",
            meaning="largest residual of the relaxations, and Newton steps",
            columns={"residual": "", "iterations": ""},
            compute=_residual,
        ),
        Measure(
            name="deviation",
            meaning="distance of the outputs from the ideal network's, over its largest output; none where a "
            "sample does not converge",
            columns={"deviation": "", "deviation_rms": ""},
            compute=_deviation,
        ),
        Measure(
            name="margin",
            meaning="largest output less the second largest, activities; none where a sample does not "
            "converge",
            columns={"margin_least": "", "margin_median": ""},
            compute=_margin,
        ),
        _priced("cost", "predict", "", "energy, latency, area of one inference (native simulator: slow)"),
        _priced("learning cost", "learn", "learn_", "the same of one relaxation to a target"),
    )
}


def measure(name: str) -> Measure:
    """The measure of that name, or the one that has a column of that name; `BadInput` for an unknown one."""
    if name in MEASURES:
        return MEASURES[name]
    columns = {column: one for one in MEASURES.values() for column in one.columns}
    if name not in columns:
        raise BadInput(f"unknown measure {name!r}{nearest(name, (*MEASURES, *columns))}")
    return columns[name]
