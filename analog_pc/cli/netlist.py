"""`analog-pc netlist`."""

from __future__ import annotations

from typing import Any

import click

from analog_pc.cli.choices import PHASES
from analog_pc.cli.command import PathOption
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER, NETWORK, technology_option


@click.command(cls=CompiledCommand)
@click.argument("network", type=NETWORK, metavar="NET.npz")
@click.option(
    "--stimuli",
    required=True,
    type=PathOption(),
    help="npz with inputs, and targets or labels to learn.",
)
@click.option(
    "--phase", type=click.Choice(PHASES), default="predict", show_default=True, help="What is clamped."
)
@technology_option
@click.option("--out", required=True, type=FOLDER, help="Folder of network.cir and probes.json.")
def netlist(**asked: Any) -> None:
    """Write the netlist of the first sample and the meaning of its nodes.

    \b
    DIR/network.cir   one operating point:  ngspice -b -r out.raw network.cir
    DIR/probes.json   volts_per_unit, seconds_per_unit, the node names of every activity,
                      prediction and eps (lists over layers, the first one the input), and what
                      each node must show: 'analog-pc verify --netlist' checks an edited netlist against it

    The nodesets name the state in which the circuit comes to rest, as the native simulator finds it; ngspice
    arrives there at once, or ends with exit code 1.  The netlist has one .subckt for each kind of amplifier:
    put your own in its place, under the same name and with the same pins.
    """
    from analog_pc.cli.netlist_writing import write_netlist

    write_netlist(**asked)
