"""Circuit + analysis -> the complete text of a VACASK deck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Circuit, OperatingPoint, StimulusSources, Transient
from analog_pc.circuit.circuit import check_nodes, node_names
from analog_pc.errors import BadInput
from analog_pc.simulators.answer import sweep_volts
from analog_pc.simulators.spice.names import number
from analog_pc.simulators.vacask.netlist import SOURCE, Terms, to_netlist
from analog_pc.simulators.vacask.verilog import Module

ANALYSIS = "result"  # also the name of the raw file
_SECONDS = "time"  # VACASK's column of a transient
_INDEX = "_index"  # sample number of a sweep; users' names cannot start with an underscore

# Newton's stopping rule, as for ngspice: residuals and steps below 1e-9 of the voltages and currents.
_NEWTON = "vntol=1e-12 abstol=1e-12"
_ITERATIONS = 500
_OPERATING_POINT = f"reltol=1e-9 {_NEWTON} op_itl={_ITERATIONS} op_itlcont={_ITERATIONS}"

# A guess is used twice: in a first analysis it holds its nodes, while all that depends on them comes to its
# own volts; the search then starts from there, as relu networks that rest on a kink leave it when only some
# nodes are given.  (VACASK drops a hold after `op_nsiter` iterations, but takes what converges before for an
# answer.)  From a given state Newton arrives at once or not at all; stepping would take it elsewhere.
_HELD = "held"
_NO_STEPPING = "op_homotopy=[]"
_STEPPING = 'op_homotopy=["gdev", "gshunt", "src"]'

# A table of the sample number costs time in proportion to its length at every sample; so it is cut into
# blocks that a tree of comparisons chooses from.  Measured for 784 sources and 1000 samples: whole 33 s,
# blocks of 64, 32, 16: 4.5, 4.2, 4.9 s.
_BLOCK = 32

# Steps of a transient: chosen by the local truncation error, reltol * 3.5 of the largest voltage so far.
# Measured on two coupled RCs of 1 pF (0.1 us and 10 us, swing 0.15 V, 60 us) against the exact solution;
# error of 0.1 V full scale:
#
#   reltol  method                 points  largest error
#   1e-6    trapezoidal               193  4.7e-5
#   1e-7    trapezoidal               383  1.0e-5
#   1e-8    trapezoidal               791  2.3e-6         <- chosen
#   1e-8    trapezoidal, filtered    2031  3.4e-6         (VACASK's default filter against ringing)
#   1e-6    Gear 2                    246  1.1e-4
#   1e-8    Gear 2                   1043  5.2e-6         <- chosen where fast modes are to be damped
#   1e-9    Gear 2                   2216  1.1e-6
_TRAPEZOIDAL = 'tran_method="trap" tran_trapltefilter=0'
_GEAR = 'tran_method="gear2"'

# The first two steps are not checked by VACASK and are step / 4 long.  Two Euler steps of 1.5e-3 fast time
# constants alone made an error of 3.4e-6 of full scale (`step` 1e-5 of the duration); with 1e-8 none is seen.
_STEPS = 1e8

# Initial voltages (and guesses) are forced through a conductance of nr_force times the largest of the node:
# 1e10 leaves them 1e-11 V from what was asked for.  The currents of such a conductance are rounding errors
# and far beyond abstol, so that residuals say nothing; Newton's steps, which are checked as well, decide.
_FORCE = "nr_force=1e10 nr_residualcheck=0"
_UNFORCED = "nr_force=1e5 nr_residualcheck=1"


@dataclass(frozen=True)
class Deck:
    """Lines of a deck without its ``load`` directives, what is to be loaded, and the nodes that it saves."""

    title: str
    lines: tuple[str, ...]
    models: tuple[str, ...]
    modules: tuple[Module, ...]
    nodes: tuple[str, ...]

    def text(self, loads: Sequence[str]) -> str:
        """The deck with directives that load the models."""
        return "\n".join((self.title, "ground 0", *loads, *self.lines, ""))


def make_deck(circuit: Circuit, analysis: Analysis) -> Deck:
    """The deck that gives the analysis of the circuit as one plot of a raw file.

    A batch is one sweep of the sample number: every stimulus source looks its value up in a table.  With
    presets the sweep visits preset 0, sample 0, preset 1, sample 1, ..., each point from the one before.

    Raises
    ------
    BadInput
        For an analysis without samples or with unknown nodes, or names that a netlist cannot hold.
    """
    if isinstance(analysis, Transient):
        return _transient(circuit, analysis)
    if analysis.samples == 0:
        raise BadInput(f"operating point of circuit {circuit.name}: no samples")
    return _operating_point(circuit, analysis)


def _operating_point(circuit: Circuit, analysis: OperatingPoint) -> Deck:
    volts = sweep_volts(analysis)
    points = analysis.samples * (1 if analysis.preset is None else 2)
    control = [f"options {_OPERATING_POINT}"]
    if points > 1:
        control.append(f"var {_INDEX}=0")
    if analysis.first_guess:
        control += [
            f"options {_NO_STEPPING} {_FORCE} op_nsiter={_ITERATIONS}",
            f'analysis held op nodeset={_node_volts(circuit, analysis.first_guess)} store="{_HELD}" write=0',
            f"options {_STEPPING if points > 1 else _NO_STEPPING} {_UNFORCED} op_nsiter=1",
        ]
    control.append("options op_debug=1")
    if points > 1:
        control.append(f'sweep {_INDEX} variable="{_INDEX}" values=range({points}) continuation=1')
    control.append(f"analysis {ANALYSIS} op" + (f' nodeset="{_HELD}"' if analysis.first_guess else ""))
    return _deck(circuit, volts, analysis.save or node_names(circuit), control)


def _transient(circuit: Circuit, analysis: Transient) -> Deck:
    volts = {
        name: np.asarray(values, dtype=np.float64)[np.newaxis] for name, values in analysis.stimuli.items()
    }
    method = _GEAR if analysis.stiff else _TRAPEZOIDAL
    stop = analysis.duration
    tolerance = f'reltol={number(analysis.precision)} relref="sigglobal" {_NEWTON}'
    initial = f' icmode="op" ic={_node_volts(circuit, analysis.initial)}' if analysis.initial else ""
    control = [
        f"options {tolerance} op_itl={_ITERATIONS} {_FORCE} {method} tran_minpts=0",
        f"analysis {ANALYSIS} tran stop={number(stop)} step={number(stop / _STEPS)} "
        f"maxstep={number(min(analysis.max_step, stop))}{initial}",
    ]
    nodes = analysis.save or node_names(circuit)
    if _SECONDS in nodes:
        raise BadInput(f"circuit {circuit.name}: VACASK takes node {_SECONDS!r} of a transient for its axis")
    return _deck(circuit, volts, nodes, control)


def _deck(circuit: Circuit, volts: Mapping[str, Floats], nodes: tuple[str, ...], control: list[str]) -> Deck:
    netlist = to_netlist(circuit)
    top = Terms("", {})
    for element in circuit.elements:
        if isinstance(element, StimulusSources):
            netlist.lines += _stimuli(element, volts[element.name], top)
    check_nodes(circuit, nodes)
    saved = "save " + " ".join(f"v('{node}')" for node in nodes)
    celsius = f"options temp={number(circuit.temperature - 273.15)}"
    lines = (*netlist.lines, "control", "abort always", celsius, saved, *control, "endc")
    return Deck(
        circuit.name, lines, ("resistor.osdi", "capacitor.osdi"), tuple(netlist.modules.values()), nodes
    )


def _stimuli(element: StimulusSources, volts: Floats, terms: Terms) -> list[str]:
    """A source for each column of `volts` [points, sources]."""
    sources = zip(element.plus, element.minus, volts.T.tolist(), strict=True)
    return [
        f"'{element.name}({i})' ({terms(plus)} {terms(minus)}) {SOURCE} dc={_table(column)}"
        for i, (plus, minus, column) in enumerate(sources)
    ]


def _table(values: list[float], first: int = 0) -> str:
    """An expression of the sample number: ``values[_index - first]``."""
    if len(values) == 1:
        return number(values[0])
    if len(values) <= _BLOCK:
        return f"[{','.join(map(number, values))}][{_INDEX}-{first}]"
    half = (len(values) // _BLOCK + 1) // 2 * _BLOCK
    low = _table(values[:half], first)
    high = _table(values[half:], first + half)
    return f"({_INDEX}<{first + half} ? {low} : {high})"


def _node_volts(circuit: Circuit, volts: Mapping[str, float]) -> str:
    check_nodes(circuit, volts)
    return "{" + ", ".join(f'"{node}", {number(value)}' for node, value in volts.items()) + "}"
