"""`analog-pc study`."""

from __future__ import annotations

from typing import Any

import click

from analog_pc.cli.command import PathOption, WholeNumber
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER

FILE = PathOption()


@click.command(cls=CompiledCommand)
@click.argument("file", type=FILE, metavar="FILE.toml")
@click.option("--out", type=FOLDER, help="Folder of rows and report.  [default: the file's name]")
@click.option(
    "--workers",
    type=WholeNumber(1, 1024),
    help="Processes beside each other.  [default: as many as there are cores]",
)
@click.option(
    "--engine",
    type=click.Choice(("pool", "dask", "slurm")),
    default="pool",
    show_default=True,
    help="Workers of this machine, of a dask cluster, or an array of Slurm jobs.",
)
@click.option("--jobs", type=WholeNumber(1, 10_000), metavar="COUNT", help="Of --engine slurm.  [default: 8]")
@click.option("--partition", metavar="NAME", help="Of --engine slurm.  [default: the cluster's]")
@click.option(
    "--minutes", type=WholeNumber(1), metavar="COUNT", help="That a Slurm job may take.  [default: 60]"
)
@click.option(
    "--confirm",
    type=WholeNumber(min=0),
    default=0,
    metavar="COUNT",
    help="Solve so many random points again in ngspice, as whole circuits; exit code 1 where one differs.",
)
@click.option(
    "--sbatch",
    type=WholeNumber(1, 10_000),
    metavar="JOBS",
    help="Run nothing, and write DIR/study.sbatch: an array of so many Slurm jobs.",
)
@click.option("--part", metavar="K/N", help="Evaluate every N-th point, from the K-th on; no report.")
@click.option("--netcdf", is_flag=True, help="Write results.nc too; needs analog-pc[results].")
@click.option("--scheduler", metavar="ADDRESS", help="Of the dask cluster: tcp://HOST:8786.")
def study(**asked: Any) -> int:
    """Many chips, technologies and networks: what a file varies, measured and kept.

    FILE.toml names network, data, technology, axes (fields of a technology, candidates), chips, sampler and
    measures; with limits also the yield, and what each failing chip fails by.

    \b
    network = "net.npz"
    data = "digits"
    technology = "cmos65-rram"
    chips = 20
    measure = ["accuracy"]
    [axes]
    opamp_offset = { low = "0.1 mV", high = "10 mV", points = 9, scale = "log" }

    Rows are kept as they come: after Ctrl-C, or whatever else ended a run, the same command goes on.
    Writes DIR/study.html, results.json, results.csv and figures (SVG, PDF).
    """
    from analog_pc.cli.studies import StudyRequest, study_all

    return study_all(StudyRequest(**asked))
