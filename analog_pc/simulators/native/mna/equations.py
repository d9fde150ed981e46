"""A circuit as equations: M w = inputs, linear but for the blocks.

w holds the node voltages, an inner voltage p for every amplifier, and the currents of capacitors and of
floating sources.  The row of a node is Kirchhoff's current law (currents that leave = currents put in) or,
where a stiff output fixes the node, that output's equation: the current it delivers is nobody's unknown.

A *state* is the voltage of a capacitor or the pole of an amplifier.  Its row in M depends on what is asked::

    held      w_a - w_b = x          p = x                          (a transient knows x)
    at rest   i = 0                  p = gain (d + offset)          (an operating point does not)
    moves     dx/dt = i / C          dx/dt = 2 pi GBW (d + offset - p / gain) + (slew block)
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.circuit.transfer import TransferFunction
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.elements import NonlinearElement, NonlinearMultiport, ScalarNonlinearity
from analog_pc.simulators.native.mna.flat import NOWHERE, Bank, Flat
from analog_pc.simulators.native.mna.triplets import TripletBuilder


@dataclass(frozen=True, eq=False)
class ElementInstance:
    """A block in the circuit: the slices of all reads y and of all block outputs that are its own."""

    element: NonlinearElement
    inputs: slice
    outputs: slice


class NoisyInputs(NamedTuple):
    """Noisy inputs of amplifiers: rows, what a volt does there (to dp/dt or to p), V / sqrt(Hz)."""

    rows: Ints
    gain: float
    density: float
    to_rate: bool


class Joined(NamedTuple):
    """Blocks of one kind as one; where their reads and outputs were counted while they were placed."""

    instances: tuple[ElementInstance, ...]
    input_order: Ints
    output_order: Ints


class Equations:
    """The equations in parts that `reduce.py` puts together; `assembly.py` fills them."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.unknowns = len(flat.names)
        self.fixed: dict[int, str] = {}  # rows that an output's equation takes from Kirchhoff
        self.stimuli: dict[str, slice] = {}
        self.states: list[int] = []  # the row of each state
        self.state_nodes: list[tuple[int, int]] = []  # what it is the voltage of; poles have no nodes
        self.state_farads: list[float] = []  # of capacitors; 0 for poles
        # Rows over w: Kirchhoff, fixed outputs, states held and at rest; over y and over dx/dt.
        self.kirchhoff = TripletBuilder()
        self.fixed_rows = TripletBuilder()
        self.held_rows = TripletBuilder()
        self.static_rows = TripletBuilder()
        self.inputs = TripletBuilder()
        self.rate = TripletBuilder()
        self.coupling = TripletBuilder()  # Kirchhoff's law too: what crossbars do between their ports
        # The same rows by block output, stimulus and (column 0) the constant 1.
        self.injections = TripletBuilder()
        self.fixed_rows_by = TripletBuilder()
        self.static_rows_by = TripletBuilder()
        self.rate_by = TripletBuilder()
        self.by_stimulus = TripletBuilder()
        self.input_constant = TripletBuilder()
        self.thermal = TripletBuilder()  # conductances that make thermal noise
        self.noisy_inputs: list[NoisyInputs] = []
        # Crossbars: port admittance, and the nonlinear part of their devices.
        self.arrays: dict[str, tuple[Floats, NonlinearMultiport | None]] = {}
        self.rail_volts: dict[TransferFunction, float] = {}
        self.n_inputs = self.n_outputs = self.n_stimuli = 0
        self._placed: list[ElementInstance] = []

    def add_states(self, rows: Ints, nodes: Ints, farads: Floats) -> Ints:
        first = len(self.states)
        self.states += rows.tolist()
        self.state_nodes += [(int(a), int(b)) for a, b in nodes]
        self.state_farads += farads.tolist()
        return np.arange(first, len(self.states))

    def add_element(self, element: NonlinearElement) -> ElementInstance:
        inputs = self.count("n_inputs", element.n_inputs)
        instance = ElementInstance(element, inputs, self.count("n_outputs", element.n_outputs))
        self._placed.append(instance)
        return instance

    def count(self, what: str, n: int) -> slice:
        first = getattr(self, what)
        setattr(self, what, first + n)
        return slice(first, first + n)

    def more(self, n: int) -> Ints:
        self.unknowns += n
        return np.arange(self.unknowns - n, self.unknowns)

    def fix(self, rows: Ints, bank: Bank) -> None:
        for row in rows.tolist():
            if row == NOWHERE or row in self.fixed:
                node = "ground" if row == NOWHERE else f"node {self.flat.names[row]!r}"
                other = "" if row == NOWHERE else f" and {self.fixed[row]}"
                raise BadInput(f"{bank.label}{other} both fix the voltage of {node}")
            self.fixed[row] = bank.label

    @cached_property
    def joined(self) -> Joined:
        """The blocks, once all are placed."""
        return _joined(self._placed)

    @cached_property
    def shared_input(self) -> Ints:
        """For each read of the joined blocks, the first read of the same voltage."""
        matrix = self.inputs.matrix((self.n_inputs, self.unknowns))[self.joined.input_order]
        matrix.sum_duplicates()  # which puts a row's columns in order, too
        one = self.input_constant.dense((self.n_inputs, 1))[self.joined.input_order, 0].tolist()
        first: dict[tuple[bytes, bytes, float], int] = {}
        out = np.empty(self.n_inputs, dtype=np.int64)
        for k, (a, b) in enumerate(pairwise(matrix.indptr.tolist())):
            row = matrix.indices[a:b].tobytes(), matrix.data[a:b].tobytes(), one[k]
            out[k] = first.setdefault(row, k)
        return out

    @property
    def rails(self) -> list[tuple[ElementInstance, float]]:
        """Blocks that read p of amplifiers with a rail, and that rail in V."""
        rails = self.rail_volts
        return [
            (instance, rails[instance.element.law])
            for instance in self.joined.instances
            if isinstance(instance.element, ScalarNonlinearity) and instance.element.law in rails
        ]


def _joined(parts: list[ElementInstance]) -> Joined:
    kinds: dict[Hashable, list[ElementInstance]] = {}
    for part in parts:
        kinds.setdefault(part.element.kind, []).append(part)
    instances: list[ElementInstance] = []
    inputs: list[Ints] = []
    outputs: list[Ints] = []
    n_inputs = n_outputs = 0
    for first, *others in kinds.values():
        element = first.element.joined([o.element for o in others]) if others else first.element
        cut = [np.split(span(p.inputs), element.inputs_per_output) for p in (first, *others)]
        inputs += [voltages for nth in zip(*cut, strict=True) for voltages in nth]
        outputs += [span(p.outputs) for p in (first, *others)]
        ends = n_inputs + element.n_inputs, n_outputs + element.n_outputs
        instances.append(ElementInstance(element, slice(n_inputs, ends[0]), slice(n_outputs, ends[1])))
        n_inputs, n_outputs = ends
    none = np.empty(0, dtype=np.int64)
    return Joined(tuple(instances), np.concatenate([none, *inputs]), np.concatenate([none, *outputs]))


def span(part: slice) -> Ints:
    """The numbers in a slice."""
    return np.arange(part.start, part.stop)
