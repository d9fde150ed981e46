"""`analog-pc evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analog_pc.cli.choices import EVALUATION_STEPS
from analog_pc.cli.command import WholeNumber
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER, NETWORK, TechnologyOf


@click.command(cls=CompiledCommand)
@click.argument("network", type=NETWORK, metavar="NET.npz")
@click.option(
    "--data",
    required=True,
    help="npz with inputs [samples, n_0] and labels [samples], taken as it is; or the test part of what "
    "'train' takes (digits, iris, wine, breast_cancer, npz or IDX file).",
)
@click.option(
    "--technology",
    "technologies",
    required=True,
    multiple=True,
    type=TechnologyOf(),
    metavar=TechnologyOf.name,
    help="Component values: one that 'analog-pc technologies' lists, or an own file. Several are compared.",
)
@click.option(
    "--seeds",
    default=5,
    show_default=True,
    type=WholeNumber(1, 10_000),
    help="Chips, each with its own random parts.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=WholeNumber(0, 2**32 - 1),
    help="Of the first chip, of the samples drawn, and of the split of a data set.",
)
@click.option(
    "--samples",
    default=500,
    show_default=True,
    type=WholeNumber(min=1),
    help="At most so many; of more, that number is drawn.",
)
@click.option("--skip", metavar="STEP[,STEP]", help=f"Not these of {', '.join(EVALUATION_STEPS)}.")
@click.option("--only", metavar="STEP[,STEP]", help="These steps and what they need, nothing else.")
@click.option("--out", default=Path("evaluate"), show_default=True, type=FOLDER, help="Folder of the report.")
def evaluate(**asked: Any) -> None:
    """Is a network good enough on a chip, and what does it cost?

    Accuracy against labels, ideal and on --seeds chips; what costs it, each non-ideality alone; energy,
    latency and area by part, and digital machines beside; how large each non-ideality may be; parts that
    would do (DIR/proposal.toml); a check against the native circuit simulator.
    Results are printed as they come, the report is written at the end and on Ctrl-C, then marked partial.

    \b
    analog-pc evaluate net.npz --data test.npz --technology cmos65-rram
    analog-pc evaluate net.npz --data test.npz --technology evaluate/proposal.toml --out proposed
    analog-pc evaluate net.npz --data test.npz --technology pcm --technology sonos --technology ecram

    Writes DIR/report.html, report.json, tables (CSV) and figures (SVG, PDF); for several technologies a
    folder for each and the comparison.  'analog-pc verify' tells whether SPICE agrees.
    """
    from analog_pc.cli.evaluation import Request, evaluate_all

    evaluate_all(Request(**asked))
