"""What `analog-pc run` does."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analog_pc.cli.options import progress_bar
from analog_pc.cli.settings import configuration
from analog_pc.errors import BadInput
from analog_pc.experiments import EXPERIMENTS, DiskCache, Experiment, Result, Row, collect, save_result
from analog_pc.experiments.framework.report import write_page
from analog_pc.experiments.framework.result import COLUMNS, DIFFERS, RELAXERS
from analog_pc.experiments.song2024.figures import save_figure
from analog_pc.simulators import SIMULATORS
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present
from analog_pc.technology.toml_file import technology_text

WIDE = 100  # columns of a terminal that hold a result as one table


def run_one(
    name: str,
    technology: Technology,
    full: bool,
    simulators: str | None,
    seeds: int | None,
    settings: Sequence[str],
    data: Path | None,
    workers: int,
    out: Path,
) -> bool:
    """Run an experiment, write and print its result; whether no verdict is "differs"."""
    experiment = named(name)
    columns = _columns(experiment, simulators)
    config = configuration(experiment, full, settings, seeds, data)
    result = _run(experiment, config, columns, technology, workers, out)
    save_result(result, out)
    figure = experiment.draw(result)
    page = write_page(result, figure, experiment.player(result), out)
    _print(result, [page, *save_figure(figure, out / name), *experiment.extras(result, out)])
    return result.passed


def _run(
    experiment: Experiment[Any],
    config: Any,
    columns: Sequence[str],
    technology: Technology,
    workers: int,
    out: Path,
) -> Result:
    versions = {c: SIMULATORS[c]().version() for c in columns if c in SIMULATORS}
    facts = {"technology": technology.name, "analog_pc": version("analog-pc"), **versions}
    out.mkdir(parents=True, exist_ok=True)  # a folder that cannot be is told now, not after hours
    kept: list[DiskCache] = []
    with progress_bar() as (bar, task):

        def caches(column: str, fitted: Any) -> DiskCache:
            def show(done: int, total: int, what: str) -> None:
                text = f"{experiment.name}, {column}: {what}"
                bar.update(task, completed=done, total=total, description=text)  # type: ignore[arg-type]

            what = f"{experiment.name} {column} {fitted!r} {technology_text(technology)} {facts}"
            kept.append(DiskCache(out / "parts", what, show, workers))
            return kept[-1]

        relaxers = experiment.circuits(technology, columns)
        judged = {} if present(technology) else experiment.agreement
        result = collect(experiment, config, relaxers, caches, facts, judged)
    for finished in kept:
        finished.clear()
    return result


def named(name: str) -> Experiment[Any]:
    """The experiment of that name."""
    if name not in EXPERIMENTS:
        raise BadInput(f"unknown experiment {name!r}: use one of {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]


def _columns(experiment: Experiment[Any], text: str | None) -> tuple[str, ...]:
    """The relaxers asked for, in the order of the table."""
    if text is None:
        return experiment.columns
    wanted = {word.strip() for word in text.split(",")}
    for column in sorted(wanted - set(experiment.columns)):
        known = "is not feasible" if column in RELAXERS else "is not a simulator"
        raise BadInput(f"run {experiment.name}: {column!r} {known}, use {', '.join(experiment.columns)}")
    return tuple(c for c in RELAXERS if c in wanted)


def show_all() -> None:
    """List the experiments."""
    table = Table(box=SIMPLE)
    for heading in ("experiment", "what", "on"):
        table.add_column(heading)
    for experiment in EXPERIMENTS.values():
        table.add_row(experiment.name, experiment.title, ", ".join(experiment.columns))
    Console().print(table)


def _print(result: Result, files: Sequence[Path]) -> None:
    console = Console(width=max(80, min(140, Console().width)))
    console.print(f"{result.title}; {result.source}", markup=False, highlight=False)
    shown = [c for c in COLUMNS if any(getattr(row, c) is not None for row in result.rows)]
    console.print((_wide if console.width >= WIDE else _narrow)(result, shown))
    for note in result.notes:
        console.print(note, markup=False, highlight=False)
    for path in files:
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)


def _wide(result: Result, shown: Sequence[str]) -> Table:
    """A line for each quantity."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("quantity")
    for heading in ("published", *shown, "tolerance"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in result.rows:
        table.add_row(*_cells(row, shown), style="bold red" if row.verdict == DIFFERS else "")
    return table


def _narrow(result: Result, shown: Sequence[str]) -> Text:
    """Two lines for each quantity: its name, and the numbers below."""
    headings = ("published", *shown, "tolerance")
    lines = [Text(_aligned([*headings, "verdict"]), "bold")]
    for row in result.rows:
        quantity, *numbers = _cells(row, shown)
        style = "bold red" if row.verdict == DIFFERS else ""
        lines += [Text(quantity, style), Text(_aligned(numbers), style)]
    return Text("\n").join(lines)


def _aligned(cells: Sequence[str]) -> str:
    """Numbers to the right, the verdict to the left of its column."""
    return "".join(cell.rjust(11) for cell in cells[:-1]) + "  " + cells[-1]


def _cells(row: Row, shown: Sequence[str]) -> list[str]:
    numbers = [row.published, *(getattr(row, column) for column in shown), row.tolerance]
    return [row.quantity, *("" if n is None else f"{n:.5g}" for n in numbers), row.verdict]
