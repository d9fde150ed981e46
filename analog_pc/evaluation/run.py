"""The steps of an evaluation, in the order in which their answers are wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.compiler.budget import signal_budget
from analog_pc.errors import AnalogPcError
from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.check import check, count_checks
from analog_pc.evaluation.costs import chip_cost, curve, machines
from analog_pc.evaluation.limits import find_limit
from analog_pc.evaluation.non_idealities import (
    NOT_IN_CLOSED_FORM,
    NonIdeality,
    count_alone,
    measure_alone,
)
from analog_pc.evaluation.outliers import count_remedies, try_remedies
from analog_pc.evaluation.proposal import propose
from analog_pc.evaluation.results import Evaluation
from analog_pc.nonideality.accuracy import Accuracy, ChipAccuracy, within_budget
from analog_pc.reporting.facts import circuit_facts, versions
from analog_pc.simulators import Native


class Progress(Protocol):
    """How a step says where it is."""

    def next(self, text: str = "") -> None:
        """The next piece begins."""

    def note(self, text: str) -> None:
        """What the present piece is doing."""


@dataclass(frozen=True)
class Step:
    """One step: what it adds to an evaluation, in how many pieces, and which steps it builds on."""

    run: Callable[[Evaluation, Progress], None]
    pieces: Callable[[Evaluation], int]
    needs: tuple[str, ...] = ()


def start(bench: Bench, title: str, steps: tuple[str, ...]) -> Evaluation:
    """An evaluation with the ideal accuracy and nothing else yet.

    Raises
    ------
    BadInput
        When the forward pass of the network overflows, or no voltage suits its activities.
    """
    _ = bench.ideal_accuracy
    described = circuit_facts(bench.network, bench.technology, bench.scales)
    described["data"] = bench.data.source
    described["chips"] = f"seeds {', '.join(map(str, bench.seeds_of(bench.technology)))}"
    return Evaluation(bench=bench, title=title, facts=described, versions=versions(Native()), steps=steps)


def run_step(found: Evaluation, name: str, progress: Progress) -> None:
    """Run one step and note that it has ended, or how it failed.

    What fails in a later step takes nothing from what the earlier ones found.

    Parameters
    ----------
    found
        What is known so far; the step adds to it.
    name
        One of `STEPS`.
    progress
        Told of every chip or sample that is done.

    Raises
    ------
    AnalogPcError
        When no chip could be measured at all.
    """
    try:
        with single_threaded_blas():
            STEPS[name].run(found, progress)
    except AnalogPcError as failure:
        if name == "chips":
            raise
        found.failed[name] = str(failure)
    found.done.append(name)


def _chips(found: Evaluation, progress: Progress) -> None:
    chips: tuple[ChipAccuracy, ...] = ()
    for seed in found.bench.seeds_of(found.bench.technology):
        progress.next(f"chip {seed}")
        chips += (found.bench.chip(found.bench.technology, seed),)
        found.chips = Accuracy(chips)  # each is kept, whatever becomes of the next


def _non_idealities(found: Evaluation, progress: Progress) -> None:
    found.non_idealities = []
    for row in measure_alone(found.bench, progress.next):
        found.non_idealities.append(row)


def _limits(found: Evaluation, progress: Progress) -> None:
    found.limits = []
    for row in found.sorted_non_idealities:
        if _has_limit(row):
            progress.next(row.name)
            found.limits.append(find_limit(found.bench, row, progress.note))


def _has_limit(row: NonIdeality) -> bool:
    """Whether the closed form, which is fast enough for a search, can find one."""
    return row.acts and row.name not in NOT_IN_CLOSED_FORM


def _proposal(found: Evaluation, progress: Progress) -> None:
    chips = found.chips
    if chips is None or within_budget(found.bench.ideal_accuracy - chips.lowest, chips.samples):
        return
    found.proposal = propose(found.bench, found.limits, progress.next)


def _outliers(found: Evaluation, progress: Progress) -> None:
    found.remedies = ()
    for remedy in try_remedies(found.bench, progress.next):
        found.remedies += (remedy,)


def _signals(found: Evaluation, progress: Progress) -> None:
    progress.next("compile")
    bench = found.bench
    compiled = compile_network(
        bench.network,
        bench.technology,
        bench.data.inputs,
        seed=bench.seeds[0],
        options=CompileOptions(volts_per_unit=bench.scales),
    )
    found.signals = tuple(row for row in signal_budget(compiled) if row.stage == "mu")


def _cost(found: Evaluation, progress: Progress) -> None:
    progress.next("predict, learn, write")
    found.cost = chip_cost(found.bench)


def _baselines(found: Evaluation, progress: Progress) -> None:
    progress.next("CPU of this machine")
    found.baselines = machines(found.bench)


def _break_even(found: Evaluation, progress: Progress) -> None:
    progress.next("networks of growing width")
    found.break_even = curve(found.bench)


def _check(found: Evaluation, progress: Progress) -> None:
    found.checks = check(found.bench, progress.next)


STEPS: Mapping[str, Step] = {
    "chips": Step(_chips, lambda e: len(e.bench.seeds_of(e.bench.technology))),
    "non-idealities": Step(_non_idealities, lambda e: count_alone(e.bench)),
    "signals": Step(_signals, lambda e: 1),
    "cost": Step(_cost, lambda e: 1),
    "baselines": Step(_baselines, lambda e: 1),
    "limits": Step(_limits, lambda e: sum(_has_limit(row) for row in e.non_idealities), ("non-idealities",)),
    "proposal": Step(_proposal, lambda e: 0, ("chips", "non-idealities", "limits")),
    "outliers": Step(_outliers, lambda e: count_remedies(e.bench)),
    "check": Step(_check, lambda e: count_checks(e.bench)),
    "break-even": Step(_break_even, lambda e: 1),
}
NEEDS: Mapping[str, tuple[str, ...]] = {name: step.needs for name, step in STEPS.items()}

__all__ = ["NEEDS", "STEPS", "Step", "run_step", "start"]
