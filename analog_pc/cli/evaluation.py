"""Runs `analog-pc evaluate`: step by step, printing each as it ends."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.cli.console import PlainConsole
from analog_pc.cli.evaluation_lines import comparison_lines, opening, step_lines
from analog_pc.cli.interrupt import plain_interrupts, tell_stopping
from analog_pc.cli.options import listed
from analog_pc.cli.output_folder import claimed
from analog_pc.cli.progress import StepDisplay
from analog_pc.errors import BadInput
from analog_pc.evaluation import NEEDS, STEPS, Bench, Evaluation, load_test_data, run_step, start
from analog_pc.evaluation.comparison import compare
from analog_pc.evaluation.report import FILES, write_evaluation
from analog_pc.evaluation.report.comparison import FILES as COMPARISON
from analog_pc.evaluation.report.comparison import write_comparison
from analog_pc.pcn.network_file import load_network
from analog_pc.reporting.steps import chosen_steps
from analog_pc.technology import Technology
from analog_pc.training.interrupt import interruptible


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of `analog-pc evaluate`, by their names there."""

    network: Path
    data: str
    technologies: tuple[Technology, ...]
    seeds: int
    seed: int
    samples: int
    skip: str | None
    only: str | None
    out: Path


def evaluate_all(request: Request) -> None:
    """Evaluate one technology into the folder, or several into a folder each.

    Raises
    ------
    BadInput
        As `chosen_steps`, `load_network`, `load_test_data` and `start`.
    KeyboardInterrupt
        After Ctrl-C, once a partial report is written.
    """
    steps = chosen_steps(tuple(STEPS), listed(request.skip), listed(request.only), NEEDS)
    folders = _folders(request)
    inputs = (request.network, request.data)
    with ExitStack() as inside:
        claims = [inside.enter_context(claimed(request.out, (*FILES, *COMPARISON), inputs))]
        for folder in folders:
            if folder != request.out:
                claims.append(inside.enter_context(claimed(folder, FILES, inputs)))
        network = load_network(request.network)
        data = load_test_data(request.data, network, request.samples, request.seed)
        seeds = tuple(range(request.seed, request.seed + request.seeds))
        evaluations = {
            folder: start(Bench(network, technology, data, seeds), request.network.name, steps)
            for folder, technology in folders.items()
        }
        for claim in claims:
            claim.begin()
        _evaluate_each(evaluations, request.out)


def _evaluate_each(evaluations: Mapping[Path, Evaluation], out: Path) -> None:
    several = len(evaluations) > 1
    done: list[Evaluation] = []
    for folder, found in evaluations.items():
        done.append(found)
        try:
            _evaluate(found, folder)
        finally:
            if several and found.chips is not None:
                with interruptible():
                    write_comparison(compare(done), out)
    if several:
        for line in comparison_lines(compare(done)):
            click.echo(line)
        click.echo(f"comparison: {out / 'comparison.csv'}, .json, .svg, .pdf")


def _folders(request: Request) -> Mapping[Path, Technology]:
    """Where the report of each technology goes."""
    if len(request.technologies) == 1:
        return {request.out: request.technologies[0]}
    names = [technology.name for technology in request.technologies]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"--technology {name!r} is there {names.count(name)} times: name each once")
    return {request.out / technology.name: technology for technology in request.technologies}


def _evaluate(found: Evaluation, folder: Path) -> None:
    """All steps of one evaluation, and its report."""
    printed = PlainConsole(soft_wrap=True)
    for line in opening(found):
        printed.print(line)
    now = ""
    try:
        with plain_interrupts(), StepDisplay() as display:
            for number, now in enumerate(found.steps, start=1):
                display.begin(number, len(found.steps), now, STEPS[now].pieces(found))
                run_step(found, now, display)
                with display.paused():
                    for line in step_lines(found, now):
                        printed.print(line)
    except KeyboardInterrupt:
        found.interrupted = now
        page = folder / "report.html"
        tell_stopping(page)
        with interruptible():  # a second Ctrl-C does not spoil the report
            write_evaluation(found, folder)
        raise KeyboardInterrupt(f"interrupted in step {now}, partial report: {page}") from None
    write_evaluation(found, folder)
    printed.print(f"report: {folder / 'report.html'}")
