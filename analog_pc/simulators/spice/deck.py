"""Circuit + analysis -> the complete text of an ngspice deck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    Analysis,
    Capacitors,
    Circuit,
    OperatingPoint,
    Stimuli,
    StimulusSources,
    Transient,
    check_analysis,
    check_circuit,
)
from analog_pc.circuit.circuit import check_nodes, node_names
from analog_pc.errors import BadInput
from analog_pc.simulators.answer import sweep_volts
from analog_pc.simulators.spice.names import number, spice_node
from analog_pc.simulators.spice.netlist import to_pyspice
from analog_pc.simulators.spice.precision import (
    ITERATIONS,
    VNTOL,
    least_conductance,
    operating_point_options,
)
from analog_pc.simulators.spice.state import state_at_rest
from analog_pc.simulators.spice.timed import memristor_states, refuse_memristors

# Newton's stopping rule in a transient; for operating points see `precision.py`.
_NEWTON = f"{VNTOL} abstol={{amperes}} {ITERATIONS}"

# Steps of a transient: chosen by the local truncation error, per step reltol * trtol * max(charge, chgtol),
# with max_step only a ceiling.  Measured with ngspice 39 on two coupled RCs of 1 pF (0.1 us and 10 us,
# swing 0.15 V, 60 us, max_step = 60 us) against the exact solution; error of 0.1 V full scale:
#
#   reltol  trtol  method       points  largest error
#   1e-3    7      trapezoidal      34  1.3e-2          (ngspice's defaults)
#   1e-6    7      trapezoidal     101  2.0e-4
#   1e-7    1      trapezoidal     355  1.3e-5
#   1e-8    7      trapezoidal     397  1.0e-5
#   1e-8    3      trapezoidal     521  6.0e-6          <- chosen
#   1e-8    1      trapezoidal     743  2.9e-6
#   1e-8    3      gear            715  1.3e-5
#   1e-8    1      gear           1024  6.0e-6          <- chosen (maxord changes nothing)
#   1e-9    3      trapezoidal    1102  1.3e-6
#
# Only the product reltol * trtol counts; error ~ product^(2/3), points ~ product^(-1/3).
# noinit keeps ngspice from printing every node at t = 0 between the messages that are read for failures.
_TRAPEZOIDAL = f"trtol=3 {_NEWTON}"
_GEAR = f"trtol=1 method=gear {_NEWTON}"

# chgtol is the charge below which precision is relative to it and no longer to the charge itself.  When all
# nodes settle at 0 V: 664 points with 1e-14 C, 965 with 1e-15, 1160 with 1e-20, and the same largest error of
# 2.5e-6.  1e-14 C is 10 mV on 1 pF, so it is scaled with the smallest capacitor of the circuit.
_CHARGE_VOLTS = 1e-2

# The first step is not checked by ngspice and is step / 100 long, here 1e-7 of the duration.  A first step of
# 1e-9 s (a hundredth of the fast time constant) alone made an error of 7.5e-5; 1e-10 s and less made none.
_STEPS = 1e5

# Newton from the given state, and nothing after it: no gmin steps, no source steps, no transient that ngspice
# 39 otherwise makes of its own when all of them fail (`.options` cannot switch that off).
_NO_STEPPING = (
    "* from the state of rest that the nodesets name: ngspice arrives there at once, or says that it did not",
    ".control",
    "optran 1 0 0 0 0 0",
    ".endc",
)

# Sample number of the sweep; users' names cannot start with an underscore.
_INDEX = "_index"

# ngspice 39 took lines of 0.4 MB and 10,000 pwl points; the limit is for the reader of the deck.
_WIDTH = 110


def deck(circuit: Circuit, analysis: Analysis) -> str:
    """The deck that gives the analysis of the circuit as one plot of a raw file.

    A batch is one index sweep (one matrix ordering, no restart: 1 ms a sample where a process each takes
    27 ms): every stimulus source is a table of the sample number.  With presets the sweep visits
    preset 0, sample 0, preset 1, sample 1, ..., each point starting from the one before.

    Raises
    ------
    BadInput
        For an analysis without samples or with unknown nodes, or names that a netlist cannot hold.
    """
    if isinstance(analysis, Transient):
        return _transient_deck(circuit, analysis)
    refuse_memristors(circuit)
    if analysis.samples == 0:
        raise BadInput(f"operating point of circuit {circuit.name}: no samples")
    if analysis.samples == 1 and analysis.preset is None:
        first = {name: np.asarray(volts)[0] for name, volts in analysis.stimuli.items()}
        return _single(circuit, first, analysis.first_guess, analysis.save)
    return _sweep_deck(circuit, analysis)


def single_sample_deck(
    circuit: Circuit,
    stimuli: Stimuli,
    guess: Mapping[str, float] | None = None,
    *,
    equilibrium: Mapping[str, float] | None = None,
) -> str:
    """The deck to read: ``ngspice -b -r out.raw network.cir`` runs it as it is.

    With `equilibrium` the deck starts from the state there (`state.py`), and ngspice arrives at once or ends
    with exit code 1; it never goes on to another operating point.  Without, ngspice searches in its own way.

    Parameters
    ----------
    stimuli
        Volts [sources] per stimulus.
    guess
        Volts of nodes that the search starts from.
    equilibrium
        Volts of all nodes at rest, instead of a guess.

    Raises
    ------
    BadInput
        For circuits, stimuli or nodes that cannot be simulated, and an `equilibrium` that lacks a node.
    """
    check_circuit(circuit)
    batch = {name: np.asarray(volts, dtype=np.float64)[np.newaxis] for name, volts in stimuli.items()}
    check_analysis(circuit, OperatingPoint(batch))
    refuse_memristors(circuit)
    if equilibrium is None:
        guess = guess or {}
        lines = [*nodesets(circuit, guess), operating_point_options(circuit, stimuli, guess), ".op"]
        return complete(circuit, stimuli, lines)
    known_nodes(circuit, equilibrium)
    lines = _state_lines(state_at_rest(circuit, equilibrium))
    stepping = _NO_STEPPING if lines else ()  # without a state there is nothing to depart from
    options = operating_point_options(circuit, stimuli, equilibrium)
    return complete(circuit, stimuli, [*lines, options, *stepping, ".op"])


def _single(
    circuit: Circuit, stimuli: Stimuli, guess: Mapping[str, float], save: tuple[str, ...] = ()
) -> str:
    # From a given state Newton arrives at once or not at all; stepping would take minutes, and elsewhere.
    stepping = " gminsteps=0 srcsteps=0" if guess else ""
    lines = [*nodesets(circuit, guess), *_save(circuit, save)]
    lines += [operating_point_options(circuit, stimuli, guess) + stepping, ".op"]
    return complete(circuit, stimuli, lines)


def _sweep_deck(circuit: Circuit, analysis: OperatingPoint) -> str:
    volts = sweep_volts(analysis)
    points = analysis.samples * (1 if analysis.preset is None else 2)
    lines = [f"Vindex {_INDEX} 0 0"]
    for element in circuit.elements:
        if isinstance(element, StimulusSources):
            lines += _tables(element, volts[element.name])
    lines += [*nodesets(circuit, analysis.first_guess), *_save(circuit, analysis.save)]
    lines += [operating_point_options(circuit, volts, analysis.first_guess), f".dc Vindex 0 {points - 1} 1"]
    return complete(circuit, None, lines)


def _tables(element: StimulusSources, volts: Floats) -> list[str]:
    """A source for each column of `volts` [points, sources], its value looked up by sample number."""
    lines = []
    for i, (plus, minus, column) in enumerate(
        zip(element.plus, element.minus, volts.T.tolist(), strict=True)
    ):
        table = ", ".join(f"{k},{value!r}" for k, value in enumerate(column))
        lines.append(f"B{element.name}_{i} {plus} {minus} V=pwl(v({_INDEX}), {table})")
    return lines


def _transient_deck(circuit: Circuit, analysis: Transient) -> str:
    farads = [np.min(e.farads) for _, e in circuit.banks() if isinstance(e, Capacitors)]
    initial = {**memristor_states(circuit), **analysis.initial}
    lines = [*node_volts(".ic", circuit, initial), *_save(circuit, analysis.save)]
    method = _GEAR if analysis.stiff else _TRAPEZOIDAL
    method = method.format(amperes=number(analysis.least_current))
    lines.append(f".options noinit reltol={number(analysis.precision)} {method}{least_conductance(circuit)}")
    if farads:
        lines[-1] += f" chgtol={number(_CHARGE_VOLTS * min(farads))}"
    stop = analysis.duration
    # Without the fourth number ngspice limits its steps to step and to a fiftieth of the duration.
    lines.append(f".tran {number(stop / _STEPS)} {number(stop)} 0 {number(min(analysis.max_step, stop))}")
    return complete(circuit, analysis.stimuli, lines)


def nodesets(circuit: Circuit, guess: Mapping[str, float]) -> list[str]:
    """Lines that say where a search starts; of a guess that has every node, the state alone.

    Everything else follows from the state, and nodes that sources fix must not be held (`state.py`).
    """
    if guess.keys() >= set(node_names(circuit)):
        known_nodes(circuit, guess)
        state = _state_lines(state_at_rest(circuit, guess))
        if state:
            return state
    return node_volts(".nodeset", circuit, guess)


def _state_lines(state: Mapping[str, float]) -> list[str]:
    return [f".nodeset v({node})={number(volts)}" for node, volts in state.items()]


def node_volts(card: str, circuit: Circuit, volts: Mapping[str, float]) -> list[str]:
    """Lines ``.nodeset v(node)=volts``, or of another card."""
    nodes = known_nodes(circuit, volts)
    return [f"{card} v({node})={number(value)}" for node, value in zip(nodes, volts.values(), strict=True)]


def _save(circuit: Circuit, nodes: tuple[str, ...]) -> list[str]:
    return [".save " + " ".join(f"v({node})" for node in known_nodes(circuit, nodes))] if nodes else []


def known_nodes(circuit: Circuit, nodes: Iterable[str]) -> list[str]:
    """ngspice's names of nodes; it would ignore an unknown one with a warning, so refuse it here."""
    names = list(nodes)
    check_nodes(circuit, names)
    return [spice_node(name) for name in names]


def complete(circuit: Circuit, stimuli: Stimuli | None, lines: list[str]) -> str:
    """The netlist, the lines of an analysis, and the end."""
    text = str(to_pyspice(circuit, stimuli)).rstrip("\n").splitlines()
    wrapped = [part for line in (*text, *lines, ".end") for part in _wrapped(line)]
    return "\n".join(wrapped) + "\n"


def _wrapped(line: str) -> list[str]:
    """A line cut at spaces into ``+`` continuation lines; comments are short already."""
    if len(line) <= _WIDTH or line.startswith("*"):
        return [line]
    parts = []
    start = 0
    while len(line) - start > _WIDTH:
        cut = line.rfind(" ", start, start + _WIDTH)
        if cut <= start:
            break
        parts.append(line[start:cut])
        start = cut + 1
    parts.append(line[start:])
    return [parts[0], *(f"+ {part}" for part in parts[1:])]
