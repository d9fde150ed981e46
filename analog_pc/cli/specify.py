"""`analog-pc specify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analog_pc.cli.choices import SPECIFIED
from analog_pc.cli.command import WholeNumber
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER, NETWORK, Fraction, TechnologyOf


@click.command(cls=CompiledCommand)
@click.argument("network", type=NETWORK, metavar="NET.npz")
@click.option("--data", required=True, help="As of 'analog-pc evaluate'.")
@click.option(
    "--technology",
    required=True,
    type=TechnologyOf(),
    metavar=TechnologyOf.name,
    help="Its scales, and the typical values: one that 'analog-pc technologies' lists, or an own file.",
)
@click.option(
    "--loss",
    default="1%",
    show_default=True,
    type=Fraction(),
    help="Accuracy that may be lost against the ideal network, a mean over chips.",
)
@click.option("--fields", metavar="NAME[,NAME]", help=f"Some of {', '.join(SPECIFIED)}.")
@click.option(
    "--confidence", default="95%", show_default=True, type=Fraction(), help="Of the verdicts of a field."
)
@click.option("--samples", default=500, show_default=True, type=WholeNumber(min=1), help="At most so many.")
@click.option(
    "--seed", default=0, show_default=True, type=WholeNumber(0, 2**32 - 1), help="Of chips and samples."
)
@click.option(
    "--workers",
    type=WholeNumber(1, 1024),
    help="Processes beside each other.  [default: as many as there are cores]",
)
@click.option("--out", default=Path("specify"), show_default=True, type=FOLDER, help="Folder of the report.")
def specify(**asked: Any) -> None:
    """How bad may each part of a chip be?

    For each field alone (gain, bandwidth, offset, wires, on/off ratio, levels, spreads ...) the worst value
    that loses no more than --loss, from as many chips as it takes to be certain; then all together: the
    share of these limits that a chip keeps with all of them at work.

    \b
    analog-pc specify net.npz --data digits --technology cmos65-rram --loss 1%
    analog-pc evaluate net.npz --data digits --technology specify/specification.toml

    Writes DIR/specification.html, .json, .csv, the technology specification.toml and figures; on Ctrl-C
    what is done, marked partial.  Exit codes: 0 every field has values that keep the budget, and a chip of
    all together does; 1 a field has none, or no such chip was found; 2 bad input.
    """
    from analog_pc.cli.specification import SpecifyRequest, specify_all

    raise SystemExit(specify_all(SpecifyRequest(**asked)))
