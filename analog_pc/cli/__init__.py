"""The command line: analog-pc train, verify, netlist, technologies, devices."""

from analog_pc.cli.main import main

__all__ = ["main"]
