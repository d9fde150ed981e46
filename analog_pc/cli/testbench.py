"""`analog-pc testbench`."""

from __future__ import annotations

from typing import Any

import click

from analog_pc.cli.choices import EXAMPLES
from analog_pc.cli.command import Number, PathOption
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER, NETWORK


@click.command(cls=CompiledCommand)
@click.argument("network", required=False, type=NETWORK, metavar="[NET.npz]")
@click.option("--example", type=click.Choice(EXAMPLES), help="Instead of a network.  [default: bear]")
@click.option("--stimuli", type=PathOption(), help="npz with inputs, and targets or labels, for NET.npz.")
@click.option(
    "--lr", type=float, help="Learning rate that the pulses are made for.  [default: the example's, 0.1]"
)
@click.option(
    "--weights",
    type=click.Choice(["memristors", "capacitors"]),
    default="memristors",
    show_default=True,
    help="Written by pulses, or continuously and without a clock.",
)
@click.option(
    "--precision",
    type=Number(min=0.0, min_open=True),
    default=1e-7,
    show_default=True,
    help="Of each step of ngspice; 1e-6 halves its time.",
)
@click.option("--out", required=True, type=FOLDER, help="Folder of netlist, numbers and figure.")
def testbench(**asked: Any) -> None:
    """Simulate a whole learning trial, from prediction to prediction, in one ngspice transient.

    The network predicts, is shown the target (the first sample), relaxes, writes its own weights, and
    predicts again. Every conductance must change as the behavioural model says.

    \b
    DIR/testbench.cir       the netlist:  ngspice -b -r out.raw testbench.cir
    DIR/result.json         agreement, learning rate in effect, predictions
    DIR/testbench.svg, pdf  waveforms, and changes against the behavioural model's
    DIR/waveforms.npz       everything over time

    \b
    Exit codes: 0 the circuit agrees with its behavioural model, 1 it does not, 2 bad input or no simulator.
    """
    from analog_pc.cli.testbench_run import TestbenchRequest, run_and_write

    raise SystemExit(0 if run_and_write(TestbenchRequest(**asked)) else 1)
