"""`analog-pc run`."""

from __future__ import annotations

from typing import Any

import click

from analog_pc.cli.choices import RELAXERS
from analog_pc.cli.command import PathOption, WholeNumber
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER, technology_option


@click.command(cls=CompiledCommand)
@click.argument("name", required=False)
@technology_option
@click.option("--full", is_flag=True, help="At the published size, which may take hours.")
@click.option(
    "--simulators",
    help=f"Relaxers: some of {','.join(RELAXERS)}.  [default: all on which it is feasible]",
)
@click.option("--seeds", type=WholeNumber(min=1), help="Repetitions, where the experiment draws anything.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Another value (TOML) of a field of the configuration, such as rates=[0.01,0.02]; repeatable.",
)
@click.option("--data", type=PathOption(), help="Data set, where the experiment learns one.")
@click.option(
    "--workers", default=1, show_default=True, type=WholeNumber(min=1), help="Processes side by side."
)
@click.option("--out", default=None, type=FOLDER, help="Folder of result, figure and unfinished parts.")
def run(**asked: Any) -> None:
    """Run a published experiment on mathematics and circuits, beside backpropagation.

    Without NAME: lists the experiments. Prints every published number next to the measured ones, and writes
    report.html, result.json, data.npz and the figure (SVG and PDF) to --out. Finished parts of a run that was
    interrupted are found there and not computed again.

    \b
    Exit codes: 0 no verdict is "differs", 1 one is, 2 bad input or no simulator.
    """
    from analog_pc.cli.experiments import RunRequest, run_or_list

    raise SystemExit(run_or_list(RunRequest(**asked)))
