"""SPICE netlists and the two ways to run ngspice: as a process and as a library."""

from analog_pc.simulators.spice.deck import deck, single_sample_deck
from analog_pc.simulators.spice.netlist import to_pyspice
from analog_pc.simulators.spice.ngspice import Ngspice
from analog_pc.simulators.spice.shared import NgspiceShared

__all__ = ["Ngspice", "NgspiceShared", "deck", "single_sample_deck", "to_pyspice"]
