"""A circuit made ready: its equations, and what analyses derive from them for the states that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, partial

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.circuit import Circuit, Stimuli
from analog_pc.errors import BadInput
from analog_pc.simulators.native.analyses.stability import StabilityCertificate
from analog_pc.simulators.native.mna.equations import Equations
from analog_pc.simulators.native.mna.flatten import GROUND_NUMBER
from analog_pc.simulators.native.mna.reduce import Reduced, Response
from analog_pc.simulators.native.mna.stamps import assemble
from analog_pc.simulators.native.nonlinear_solve.diode_networks import passive_diodes
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.slow_flow import SlowFlow


class Model:
    """A circuit's equations with their reductions, which are made when first asked for, and kept."""

    def __init__(self, circuit: Circuit) -> None:
        self.name = circuit.name
        self.equations = assemble(circuit)
        self.nodes = self.equations.flat.names
        self._reduced: dict[bytes, tuple[Reduced, FeedbackSolver]] = {}
        self._flows: dict[bytes, SlowFlow] = {}
        self._certificates: dict[bytes, StabilityCertificate] = {}
        self._saved: dict[tuple[str, ...], Response] = {}

    @property
    def n_states(self) -> int:
        return len(self.equations.states)

    def reduced(self, held: Bools | bool) -> tuple[Reduced, FeedbackSolver]:
        """The maps with some states held (True: all, False: none), and the solver of the elements."""
        mask = np.broadcast_to(np.asarray(held, dtype=np.bool_), (self.n_states,)).copy()
        key = mask.tobytes()
        if key not in self._reduced:
            equations = self.equations
            maps = Reduced(equations, mask)
            uncoupled = partial(_uncoupled_gain, equations, mask)
            elements = tuple(equations.elements)
            form = FeedbackForm(elements, maps.inputs.by_q, uncoupled)
            self._reduced[key] = maps, FeedbackSolver(form)
        return self._reduced[key]

    def slow_flow(self, held: Bools) -> SlowFlow:
        """The flow of these states."""
        key = held.tobytes()
        if key not in self._flows:
            self._flows[key] = SlowFlow(self.reduced(held), self.reduced(False))
        return self._flows[key]

    def certificate(self, held: Bools) -> StabilityCertificate:
        """The certificate of stability for these slow states."""
        key = held.tobytes()
        if key not in self._certificates:
            self._certificates[key] = StabilityCertificate(self.slow_flow(held), self.reduced(True))
        return self._certificates[key]

    @cached_property
    def passive_diodes(self) -> bool:
        """Whether the circuit is a passive network with diodes, at rest."""
        return passive_diodes(self.reduced(False)[1].form)

    def check_nodes(self, nodes: Iterable[str]) -> None:
        """Refuse nodes that the circuit does not have, and ground, which has no voltage to ask for."""
        for name in nodes:
            if self.equations.flat.number(name) in (None, GROUND_NUMBER):
                raise BadInput(f"native: the circuit has no node {name!r}")

    def saved(self, save: tuple[str, ...]) -> tuple[tuple[str, ...], Response]:
        """The nodes that an operating point keeps (all where `save` names none), and their map."""
        names = save or self.nodes
        if names not in self._saved:
            self._saved[names] = self.response(self.reduced(False)[0], names)
        return names, self._saved[names]

    def response(self, maps: Reduced, nodes: tuple[str, ...]) -> Response:
        """The map of some nodes, in their order."""
        self.check_nodes(nodes)
        flat = self.equations.flat
        return maps.nodes.rows(np.array([flat.number(name) for name in nodes], dtype=np.int64))

    def stimuli(self, stimuli: Stimuli) -> Floats:
        """All stimuli side by side, [samples, stimuli]; one sample where they have no batch."""
        parts = [np.atleast_2d(np.asarray(stimuli[name], np.float64)) for name in self.equations.stimuli]
        return np.concatenate(parts, axis=1) if parts else np.zeros((1, 0))

    def batch(self, stimuli: Stimuli, samples: int) -> Floats:
        """All stimuli of so many samples; a circuit without stimuli has nothing that counts them."""
        u = self.stimuli(stimuli)
        return np.broadcast_to(u, (samples, u.shape[1]))

    def holdable(self, nodes: Mapping[str, object]) -> Bools:
        """The states that are the voltage of one of these nodes against ground, [states]."""
        numbers = {self.equations.flat.number(name) for name in nodes} - {GROUND_NUMBER}
        pairs = self.equations.state_nodes
        return np.array([b == GROUND_NUMBER and a in numbers for a, b in pairs], dtype=np.bool_)

    def held_volts(self, held: Bools, volts: Mapping[str, Any]) -> Floats:
        """Volts of held states from volts by node [samples], [samples, held]."""
        pairs = self.equations.state_nodes
        nodes = [self.nodes[a] for (a, _), is_held in zip(pairs, held, strict=True) if is_held]
        samples = max((np.size(v) for v in volts.values()), default=1)
        return _columns(volts, nodes, samples)

    def inputs_at(self, volts: Mapping[str, Any], samples: int) -> Floats:
        """Inputs of the elements with these volts at some nodes and 0 V at the others, [samples, inputs]."""
        self.check_nodes(volts)
        equations = self.equations
        numbers = np.array([equations.flat.number(name) for name in volts], dtype=np.int64)
        at = _columns(volts, list(volts), samples)
        return np.asarray(equations.input_constant + (equations.input_matrix[:, numbers] @ at.T).T)

    def state_volts(self, w: Floats) -> Floats:
        """All states [samples, states] from the unknowns w [samples, unknowns]."""
        return np.asarray(w @ self.equations.state_matrix.T)


def _columns(volts: Mapping[str, Any], nodes: list[str], samples: int) -> Floats:
    """Volts by node as an array [samples, nodes]."""
    out = np.empty((samples, len(nodes)))
    for column, node in enumerate(nodes):
        out[:, column] = volts[node]
    return out


def _uncoupled_gain(equations: Equations, held: Bools, outputs: Ints) -> Floats:
    """Gain of some outputs in the circuit without currents between the ports of a crossbar."""
    return Reduced(equations, held, coupled=False).loop_gain(outputs)
