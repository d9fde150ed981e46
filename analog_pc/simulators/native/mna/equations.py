"""A circuit as equations of modified nodal analysis: linear but for the outputs of nonlinear elements.

::

    M w = by_output q + by_stimulus u + constant          q = delta(y): outputs of the nonlinear elements

w holds the node voltages, an inner voltage p for every amplifier, and the currents of capacitors and of
floating sources.  The row of a node is Kirchhoff's current law (currents that leave = currents injected) or,
where a stiff output fixes the node, that output's equation: the current it delivers is no unknown.

A *state* is the voltage of a capacitor or the pole of an amplifier.  Its row of M depends on the analysis::

    held      w_a - w_b = x          p = x                          (a transient knows x)
    static    i = 0                  p = gain (d + offset)          (an operating point does not)
    moves     dx/dt = i / C          dx/dt = 2 pi GBW (d + offset - p / gain) + (slew limit)
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from analog_pc.arrays import Floats, Ints
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.elements import NonlinearElement, NonlinearMultiport
from analog_pc.simulators.native.mna.flatten import GROUND_NUMBER, Bank, FlatCircuit
from analog_pc.simulators.native.mna.triplets import TripletBuilder


class ElementInstance(NamedTuple):
    """A nonlinear element in the circuit, and which of all inputs y and outputs q are its own."""

    element: NonlinearElement
    inputs: slice
    outputs: slice


class NoisyInputs(NamedTuple):
    """Noisy inputs of amplifiers: rows, the gain of a volt there (to dp/dt or to p), V / sqrt(Hz)."""

    rows: Ints
    gain: float
    density: float
    to_rate: bool


class CrossbarPorts(NamedTuple):
    """A crossbar's port admittance [ports, ports] in S, and the nonlinear part of its devices."""

    admittance: Floats
    nonlinear: NonlinearMultiport | None


class Rows:
    """Linear equations in parts: matrix w = by_output q + by_stimulus u + constant (a single column)."""

    def __init__(self) -> None:
        self.matrix = TripletBuilder()
        self.by_output = TripletBuilder()
        self.by_stimulus = TripletBuilder()
        self.constant = TripletBuilder()


class Equations:
    """The equations in parts, which `stamps.py` fills and `reduce.py` puts together.

    Attributes
    ----------
    fixed_by
        Rows of nodes that an output fixes, with the label of its bank.
    stimuli
        The columns of u of each bank of stimuli.
    states, state_nodes, state_farads
        Of each state its row, the two nodes whose voltage it is (ground twice for a pole), and its
        capacitance (0 for a pole).
    kirchhoff, fixed, held, static
        Rows over w: Kirchhoff's current law, fixed outputs, states that are held and that rest.
    coupling
        Kirchhoff's current law too: the currents that crossbars conduct between different ports.
    inputs, rate
        y and dx/dt as functions of w (on the right-hand side, as `by_output` and the others).
    thermal
        Conductances that make thermal noise.
    """

    def __init__(self, flat: FlatCircuit) -> None:
        self.flat = flat
        self.unknowns = len(flat.names)
        self.fixed_by: dict[int, str] = {}
        self.stimuli: dict[str, slice] = {}
        self.states: list[int] = []
        self.state_nodes: list[tuple[int, int]] = []
        self.state_farads: list[float] = []
        self.kirchhoff = Rows()
        self.fixed = Rows()
        self.held = Rows()
        self.static = Rows()
        self.coupling = TripletBuilder()
        self.inputs = Rows()
        self.rate = Rows()
        self.thermal = TripletBuilder()
        self.noisy_inputs: list[NoisyInputs] = []
        self.crossbars: dict[str, CrossbarPorts] = {}
        self.elements: list[ElementInstance] = []
        self.n_inputs = 0
        self.n_outputs = 0
        self.n_stimuli = 0

    def add_unknowns(self, n: int) -> Ints:
        """Their numbers."""
        self.unknowns += n
        return np.arange(self.unknowns - n, self.unknowns)

    def add_states(self, rows: Ints, nodes: Ints, farads: Floats) -> Ints:
        """Their numbers among the states."""
        first = len(self.states)
        self.states += rows.tolist()
        self.state_nodes += [(int(a), int(b)) for a, b in nodes]
        self.state_farads += farads.tolist()
        return np.arange(first, len(self.states))

    def add_stimuli(self, name: str, n: int) -> Ints:
        """Their columns of u."""
        self.stimuli[name] = slice(self.n_stimuli, self.n_stimuli + n)
        self.n_stimuli += n
        return span(self.stimuli[name])

    def add_element(self, element: NonlinearElement) -> tuple[Ints, Ints]:
        """The numbers of its inputs and outputs."""
        inputs = slice(self.n_inputs, self.n_inputs + element.n_inputs)
        outputs = slice(self.n_outputs, self.n_outputs + element.n_outputs)
        self.elements.append(ElementInstance(element, inputs, outputs))
        self.n_inputs = inputs.stop
        self.n_outputs = outputs.stop
        return span(inputs), span(outputs)

    def fix(self, rows: Ints, bank: Bank) -> None:
        """Take these rows for a bank's own equations; no two banks may fix one node, and none ground."""
        for row in rows.tolist():
            if row == GROUND_NUMBER or row in self.fixed_by:
                node = "ground" if row == GROUND_NUMBER else f"node {self.flat.names[row]!r}"
                other = "" if row == GROUND_NUMBER else f" and {self.fixed_by[row]}"
                raise BadInput(f"{bank.label}{other} both fix the voltage of {node}")
            self.fixed_by[row] = bank.label

    @cached_property
    def input_matrix(self) -> csr_array:
        """y by w, [inputs, unknowns]; complete once all elements are stamped, as are the following."""
        return self.inputs.matrix.matrix((self.n_inputs, self.unknowns))

    @cached_property
    def input_constant(self) -> Floats:
        """What y has beyond `input_matrix` w, [inputs]."""
        return np.asarray(self.inputs.constant.matrix((self.n_inputs, 1)).toarray()[:, 0])

    @cached_property
    def state_matrix(self) -> csr_array:
        """x by w, [states, unknowns]."""
        return self.held.matrix.matrix((self.unknowns, self.unknowns))[self.states]


def span(part: slice) -> Ints:
    """The numbers in a slice."""
    return np.arange(part.start, part.stop)
