"""`analog-pc technologies`."""

from __future__ import annotations

from typing import Any

import click

from analog_pc.cli.command import Command
from analog_pc.cli.options import TechnologyOf


@click.command(cls=Command)
@click.argument("technology", required=False, type=TechnologyOf(), metavar=f"[{TechnologyOf.name}]")
@click.option("--toml", is_flag=True, help="Print it as a file to start an own one from.")
def technologies(**asked: Any) -> None:
    """List the technologies, or explain one: every value with its meaning, unit and source.

    \b
    analog-pc technologies                          names
    analog-pc technologies cmos65-rram              one of them
    analog-pc technologies cmos65-rram --toml > mine.toml
    analog-pc technologies mine.toml                check and explain an own file

    A file may name a technology to start from and change a few values:

    \b
    base = "cmos65-rram"
    opamp_gain = { value = 2e3, source = "our amplifier, simulated", verified = true }
    opamp_offset = 0.5e-3
    node_capacitance = "2.2 pF"
    """
    from analog_pc.cli.technology_tables import show

    show(**asked)
