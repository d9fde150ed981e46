"""The command line: analog-pc train, import, verify, netlist, technologies, devices, run, testbench."""

from analog_pc.cli.main import main

__all__ = ["main"]
