"""What `analog-pc run` does."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from analog_pc.cli.configuration import configuration
from analog_pc.cli.console import table_console
from analog_pc.cli.output_folder import claimed
from analog_pc.cli.progress import StepDisplay
from analog_pc.errors import BadInput
from analog_pc.experiments import EXPERIMENTS, DiskCache, Experiment, Result, Row, collect, save_result
from analog_pc.experiments.framework.report import write_page
from analog_pc.experiments.framework.result import COLUMNS, DERIVED, DIFFERS, RELAXERS
from analog_pc.experiments.framework.result import FILES as RESULT_FILES
from analog_pc.reporting.figures import KINDS, save_figure
from analog_pc.reporting.json_report import HTML
from analog_pc.simulators import SIMULATORS
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present
from analog_pc.technology.toml_file import technology_text
from analog_pc.training import load_dataset

WIDE = 100  # columns of a terminal that hold a result as one table


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """The options of `analog-pc run`, by their names there."""

    name: str | None
    technology: Technology
    full: bool
    simulators: str | None
    seeds: int | None
    assignments: Sequence[str]
    data: Path | None
    workers: int
    out: Path | None


def run_or_list(request: RunRequest) -> int:
    """Run an experiment, write and print its result, or list all; the exit code: 1 if a verdict differs."""
    if request.name is None:
        if request.full or request.out or request.assignments or request.seeds or request.simulators:
            raise BadInput("run: give the NAME of an experiment; without options `analog-pc run` lists them")
        show_all()
        return 0
    experiment = named(request.name)
    if request.out is None:
        raise BadInput(f"run {request.name}: give --out, the folder of its results")
    columns = _columns(experiment, request.simulators)
    config = configuration(experiment, request.full, request.assignments, request.seeds, request.data)
    out = request.out
    kept: list[DiskCache] = []
    figures = (f"{name}.{kind}" for name in EXPERIMENTS for kind in KINDS)  # of another experiment too
    with claimed(out, (*figures, HTML, *RESULT_FILES), (request.data,)) as claim:
        if request.data is not None:
            load_dataset(str(request.data))  # is it there, and a data set?
        claim.begin()
        try:
            result = _run(experiment, config, columns, request.technology, request.workers, out, kept)
            files = _write(experiment, result, out)
        except BadInput:  # a full disk, say
            claim.begin()
            raise
        except KeyboardInterrupt:
            if not (out / "parts").exists():
                raise
            raise KeyboardInterrupt(
                f"interrupted; {out / 'parts'} keeps what is finished, the same command goes on from there"
            ) from None
        for finished in kept:  # not before the result stands
            finished.clear()
        _print(result, files)
    return 0 if result.passed else 1


def _write(experiment: Experiment[Any], result: Result, out: Path) -> list[Path]:
    """All files of a result, drawn before the first is written; whoever finds result.json finds all."""
    figure = experiment.draw(result)
    player = experiment.player(result)
    figures = [*save_figure(figure, out / experiment.name), *experiment.extras(result, out)]
    page = write_page(result, figure, player, out)
    save_result(result, out)
    return [page, *figures]


def _run(
    experiment: Experiment[Any],
    config: Any,
    columns: Sequence[str],
    technology: Technology,
    workers: int,
    out: Path,
    kept: list[DiskCache],
) -> Result:
    """The result; `kept` takes the caches of the finished parts."""
    versions = {c: SIMULATORS[c]().version() for c in columns if c in SIMULATORS}
    facts = {"technology": technology.name, "analog_pc": version("analog-pc"), **versions}
    relaxers = experiment.circuits(technology, columns)
    steps = len(relaxers) + experiment.backpropagation
    with StepDisplay(each_piece=True) as display:

        def caches(column: str, fitted: Any) -> DiskCache:
            display.begin(len(kept) + 1, steps, f"{experiment.name}, {column}")

            def show(done: int, total: int, before: int, what: str) -> None:
                display.reached(done, before, what, total)

            what = f"{experiment.name} {column} {fitted!r} {technology_text(technology)} {facts}"
            kept.append(DiskCache(out / "parts", what, show, workers))
            return kept[-1]

        agreement = {} if present(technology) else experiment.agreement
        return collect(experiment, config, relaxers, caches, facts, agreement)


def named(name: str) -> Experiment[Any]:
    """The experiment of that name."""
    if name not in EXPERIMENTS:
        near = difflib.get_close_matches(name, EXPERIMENTS, 1)
        meant = f", did you mean {near[0]}?" if near else ""
        raise BadInput(f"unknown experiment {name!r}{meant}; `analog-pc run` without a name lists them")
    return EXPERIMENTS[name]


def _columns(experiment: Experiment[Any], text: str | None) -> tuple[str, ...]:
    """The relaxers asked for, in the order of the table."""
    if text is None:
        return experiment.columns
    wanted = {word.strip() for word in text.split(",")}
    for column in sorted(wanted - set(experiment.columns)):
        why = "is not feasible" if column in RELAXERS else "is not a simulator"
        raise BadInput(f"run {experiment.name}: {column!r} {why}, use {', '.join(experiment.columns)}")
    return tuple(c for c in RELAXERS if c in wanted)


def show_all() -> None:
    """List the experiments by publication."""
    console = table_console(140)
    by_source: dict[str, list[Experiment[Any]]] = {}
    for experiment in EXPERIMENTS.values():
        by_source.setdefault(experiment.source, []).append(experiment)
    for source, several in by_source.items():
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(width=max(map(len, EXPERIMENTS)))
        table.add_column()
        table.add_column()
        for experiment in several:
            table.add_row(experiment.name, experiment.title, ", ".join(experiment.columns))
        console.print(Text(source, style="bold"))
        console.print(table)
        console.print()


def _print(result: Result, files: Sequence[Path]) -> None:
    console = table_console(140)
    console.print(f"{result.title}; {result.source}")
    shown = [c for c in (DERIVED, *COLUMNS) if any(getattr(row, c) is not None for row in result.rows)]
    console.print((_wide if console.width >= WIDE else _narrow)(result, shown))
    for note in filter(None, (result.left_out, *result.notes)):
        console.print(note)
    for path in files:
        console.print(str(path), soft_wrap=True)


def _wide(result: Result, shown: Sequence[str]) -> Table:
    """A line for each quantity."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("quantity")
    for heading in ("published", *shown, "tolerance"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in result.measured_rows:
        table.add_row(*_cells(row, shown), style="bold red" if row.verdict == DIFFERS else "")
    return table


def _narrow(result: Result, shown: Sequence[str]) -> Text:
    """Two lines for each quantity: its name, and the numbers below."""
    headings = ("published", *shown, "tolerance")
    lines = [Text(_aligned([*headings, "verdict"]), "bold")]
    for row in result.measured_rows:
        quantity, *numbers = _cells(row, shown)
        style = "bold red" if row.verdict == DIFFERS else ""
        lines += [Text(quantity, style), Text(_aligned(numbers), style)]
    return Text("\n").join(lines)


def _aligned(cells: Sequence[str]) -> str:
    """Numbers to the right, the verdict to the left of its column."""
    return "".join(cell.rjust(11) for cell in cells[:-1]) + "  " + cells[-1]


def _cells(row: Row, shown: Sequence[str]) -> list[str]:
    numbers = [row.published, *(getattr(row, column) for column in shown), row.tolerance]
    return [row.label, *("" if n is None else f"{n:.5g}" for n in numbers), row.verdict]
