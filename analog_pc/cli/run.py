"""`analog-pc run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analog_pc.cli.choices import RELAXERS
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER, technology_option
from analog_pc.errors import BadInput

if TYPE_CHECKING:
    from analog_pc.technology import Technology


@click.command(cls=CompiledCommand)
@click.argument("name", required=False)
@technology_option
@click.option("--full", is_flag=True, help="At the published size, which may take hours.")
@click.option(
    "--simulators",
    help=f"What it relaxes on: some of {','.join(RELAXERS)}.  [default: all on which it is feasible]",
)
@click.option("--seeds", type=click.IntRange(min=1), help="Repetitions, where the experiment draws anything.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Another value (TOML) of a field of the configuration, such as rates=[0.01,0.02]; repeatable.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Data set, where the experiment learns one.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(min=1), help="Processes side by side."
)
@click.option("--out", default=None, type=FOLDER, help="Folder of result, figure and unfinished parts.")
def run(
    name: str | None,
    technology: Technology,
    full: bool,
    simulators: str | None,
    seeds: int | None,
    settings: tuple[str, ...],
    data: Path | None,
    workers: int,
    out: Path | None,
) -> None:
    """Run a published experiment on mathematics and circuits, beside backpropagation.

    Without NAME: lists the experiments. Prints every published number next to the measured ones, and writes
    report.html, result.json, data.npz and the figure (SVG and PDF) to --out. Finished parts of a run that was
    interrupted are found there and not computed again.

    \b
    Exit codes: 0 no verdict is "differs", 1 one is, 2 bad input or no simulator.
    """
    from analog_pc.cli import experiments

    if name is None:
        experiments.show_all()
        return
    if out is None:
        experiments.named(name)
        raise BadInput(f"run {name}: give --out, the folder of its results")
    passed = experiments.run_one(name, technology, full, simulators, seeds, settings, data, workers, out)
    raise SystemExit(0 if passed else 1)
