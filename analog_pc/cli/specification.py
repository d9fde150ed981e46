"""Runs `analog-pc specify`: a line for each field as it ends, then all together."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.cli.interrupt import plain_interrupts, tell_stopping
from analog_pc.cli.options import listed
from analog_pc.cli.output_folder import Claim, claimed
from analog_pc.cli.progress import StepDisplay
from analog_pc.cli.studies import cores
from analog_pc.evaluation import Bench, load_test_data
from analog_pc.pcn.network_file import load_network
from analog_pc.study.specification import BOUNDS, FieldLimit, Specification, Target
from analog_pc.study.specification import specify as find
from analog_pc.study.specification.report.lines import field_line, joint_lines, opening
from analog_pc.study.specification.report.write import NAMES, PAGE, write_specification
from analog_pc.study.specification.run import STEPS
from analog_pc.technology import Technology
from analog_pc.training.interrupt import interruptible


@dataclass(frozen=True, kw_only=True)
class SpecifyRequest:
    """The options of `analog-pc specify`, by their names there."""

    network: Path
    data: str
    technology: Technology
    loss: float
    fields: str | None
    confidence: float
    samples: int
    seed: int
    workers: int | None
    out: Path


def specify_all(request: SpecifyRequest) -> int:
    """Find the limits and write the report; the exit code.

    Everything that can be refused is refused before the first trial.

    Raises
    ------
    BadInput
        As `load_network`, `load_test_data` and `Target`.
    KeyboardInterrupt
        After Ctrl-C, once what is done is written.
    """
    with claimed(request.out, NAMES, (request.network, request.data)) as claim:
        return _specify(request, claim)


def _specify(request: SpecifyRequest, claim: Claim) -> int:
    network = load_network(request.network)
    data = load_test_data(request.data, network, request.samples, request.seed)
    bench = Bench(network, request.technology, data, (request.seed,))
    target = Target(
        bench=bench,
        budget=request.loss,
        fields=listed(request.fields) or tuple(BOUNDS),
        seed=request.seed,
        confidence=request.confidence,
    )
    found = Specification(target=target)
    claim.begin()
    for line in opening(target):
        click.echo(line)
    _search(found, request)
    for line in joint_lines(found):
        click.echo(line)
    write_specification(found, request.out)
    handed_on = "" if found.chip is None else ", technology: specification.toml"
    click.echo(f"report: {request.out / PAGE}{handed_on}, {found.seconds:.0f} s")
    return 0 if found.kept else 1


def _search(found: Specification, request: SpecifyRequest) -> None:
    """All fields and all together; what is there is written where the run is stopped."""
    began = time.monotonic()
    target = found.target
    try:
        with plain_interrupts(), StepDisplay(each_piece=True) as display:

            def tell(one: FieldLimit) -> None:
                with display.paused():
                    click.echo(field_line(one))

            def report(step: str, done: int, total: int, text: str) -> None:
                if step != display.name:
                    display.begin(STEPS.index(step) + 1, len(STEPS), step, total, done=done)
                    display.note(text)
                else:
                    display.reached(done, 0, text)

            find(target, found, workers=request.workers or cores(), tell=tell, report=report)
    except KeyboardInterrupt:
        tell_stopping(request.out / PAGE)
        with interruptible():  # a second Ctrl-C does not spoil the report
            write_specification(found, request.out)
        done = f"{len(found.limits)} of {len(target.fields)} fields"
        raise KeyboardInterrupt(f"interrupted: {done} are in {request.out / PAGE}") from None
    finally:
        found.seconds = time.monotonic() - began
