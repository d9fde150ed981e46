"""The command line: analog-pc train, verify, netlist."""

from analog_pc.cli.main import main

__all__ = ["main"]
