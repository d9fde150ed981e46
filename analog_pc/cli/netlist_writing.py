"""What `analog-pc netlist` does."""

from __future__ import annotations

from pathlib import Path

import click

from analog_pc.cli.output_folder import claimed
from analog_pc.compiler import compile_network, load_stimuli
from analog_pc.errors import BadInput
from analog_pc.inputs import refuse_inputs
from analog_pc.pcn.network_file import load_network
from analog_pc.simulators import Native
from analog_pc.technology import Technology
from analog_pc.verification.netlists import FILES, write_sample_netlist


def write_netlist(network: Path, stimuli: Path, phase: str, technology: Technology, out: Path) -> None:
    """Compile the first sample of a phase, and write its netlist and its probes.

    Parameters
    ----------
    network, stimuli
        Files; see `load_network` and `load_stimuli`.
    phase
        "predict" or "learn".
    technology
        Component values.
    out
        Folder of both files.
    """
    with claimed(out):
        net = load_network(network)
        inputs, targets = load_stimuli(stimuli, net)
        refuse_inputs(out, FILES)
        if phase == "learn" and targets is None:
            raise BadInput(f"{stimuli}: phase learn needs targets or labels")
        first = None if phase == "predict" or targets is None else targets[:1]
        compiled = compile_network(net, technology, inputs[:1], first)
        write_sample_netlist(out, compiled, Native(), network)
    click.echo(f"{out / 'network.cir'}: ngspice -b -r out.raw network.cir")
