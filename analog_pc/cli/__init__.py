"""The command line: train, import, evaluate, verify, netlist, technologies, devices, run, testbench."""

from analog_pc.cli.main import main

__all__ = ["main"]
