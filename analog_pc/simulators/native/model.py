"""A circuit made ready: its equations, and their reductions for the states that an analysis holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.circuit import Circuit, Stimuli
from analog_pc.errors import BadInput
from analog_pc.simulators.native.analyses.stability import StabilityCertificate
from analog_pc.simulators.native.mna.assembly import assemble
from analog_pc.simulators.native.mna.equations import Equations
from analog_pc.simulators.native.mna.flat import NOWHERE
from analog_pc.simulators.native.mna.reduce import Reduced, Response
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.slow_flow import SlowFlow


class Saved(NamedTuple):
    """Nodes that an analysis keeps, and what gives their volts."""

    names: tuple[str, ...]
    numbers: Ints
    response: Response


class Model:
    """Reductions are made when first asked for, and kept."""

    def __init__(self, circuit: Circuit) -> None:
        self.name = circuit.name
        self.equations = assemble(circuit)
        self._kept: dict[bytes, tuple[Reduced, FeedbackSolver]] = {}
        self._flows: dict[bytes, SlowFlow] = {}
        self._certificates: dict[bytes, StabilityCertificate] = {}
        self._saved: dict[tuple[int, tuple[str, ...]], Saved] = {}

    @property
    def nodes(self) -> tuple[str, ...]:
        return self.equations.flat.names

    @property
    def n_states(self) -> int:
        return len(self.equations.states)

    def reduced(self, held: Bools | bool) -> tuple[Reduced, FeedbackSolver]:
        """The maps with some states held (True: all, False: none), and the solver of the elements."""
        mask = np.broadcast_to(np.asarray(held, dtype=np.bool_), (self.n_states,)).copy()
        key = mask.tobytes()
        if key not in self._kept:
            found = Reduced(self.equations, mask)
            uncoupled = partial(_uncoupled_gain, self.equations, mask)
            elements = tuple(self.equations.joined.instances)
            form = FeedbackForm(elements, found.inputs.by_q, self.equations.shared_input, uncoupled)
            self._kept[key] = found, FeedbackSolver(form)
        return self._kept[key]

    def slow_flow(self, held: Bools) -> SlowFlow:
        """The flow of these states, kept as reductions are."""
        key = held.tobytes()
        if key not in self._flows:
            self._flows[key] = SlowFlow(self.reduced(held), self.reduced(False))
        return self._flows[key]

    def certificate(self, held: Bools) -> StabilityCertificate:
        """The certificate of stability for these slow states, kept as reductions are."""
        key = held.tobytes()
        if key not in self._certificates:
            self._certificates[key] = StabilityCertificate(self.slow_flow(held), self.reduced(True))
        return self._certificates[key]

    def check_nodes(self, nodes: Iterable[str]) -> None:
        """Refuse nodes that the circuit does not have, and ground, which has no voltage to ask for."""
        for name in nodes:
            if self.equations.flat.number(name) in (None, NOWHERE):
                raise BadInput(f"native: the circuit has no node {name!r}")

    def saved(self, reduced: Reduced, save: tuple[str, ...]) -> Saved:
        """The nodes that an analysis keeps, all where `save` names none."""
        names = save or self.nodes
        key = id(reduced), names
        if key not in self._saved:
            self.check_nodes(save)
            numbers = np.array([self.equations.flat.number(name) for name in names], dtype=np.int64)
            self._saved[key] = Saved(names, numbers, reduced.nodes.rows(numbers))
        return self._saved[key]

    def stimuli(self, stimuli: Stimuli) -> Floats:
        """All stimuli side by side, [samples, stimuli]; one sample where they have no batch."""
        parts = [
            np.atleast_2d(np.asarray(stimuli[name], dtype=np.float64)).T for name in self.equations.stimuli
        ]
        return np.concatenate(parts).T if parts else np.zeros((1, 0))

    def batch(self, stimuli: Stimuli, samples: int) -> Floats:
        """The same for so many samples; a circuit without stimuli has nothing that counts them."""
        u = self.stimuli(stimuli)
        return np.broadcast_to(u, (samples, u.shape[1]))

    def holdable(self, nodes: Mapping[str, object]) -> Bools:
        """The states that are the voltage of one of these nodes against ground, [states]."""
        numbers = {self.equations.flat.number(name) for name in nodes}
        pairs = self.equations.state_nodes
        return np.array([b == NOWHERE and a != NOWHERE and a in numbers for a, b in pairs], dtype=np.bool_)

    def held_volts(self, held: Bools, volts: Mapping[str, Any]) -> Floats:
        """Volts of held states from volts by node [samples], [samples, held]."""
        names = self.nodes
        nodes = [
            names[a] for (a, _), is_held in zip(self.equations.state_nodes, held, strict=True) if is_held
        ]
        samples = max((np.size(v) for v in volts.values()), default=1)
        columns = [np.broadcast_to(np.asarray(volts[node], dtype=np.float64), (samples,)) for node in nodes]
        return np.stack(columns, axis=1) if columns else np.zeros((samples, 0))

    def inputs_at(self, volts: Mapping[str, Any], samples: int) -> Floats:
        """What the elements read where some nodes have these volts and all others 0 V, [samples, inputs]."""
        a = self.equations
        self.check_nodes(volts)
        numbers = np.array([a.flat.number(name) for name in volts], dtype=np.int64)
        matrix = a.inputs.matrix((a.n_inputs, a.unknowns))[a.joined.input_order][:, numbers]
        constant = a.input_constant.dense((a.n_inputs, 1))[a.joined.input_order, 0]
        given = np.array(
            [np.broadcast_to(np.asarray(v, dtype=np.float64), (samples,)) for v in volts.values()]
        )
        return np.asarray(constant + (matrix @ given).T if len(volts) else np.tile(constant, (samples, 1)))

    def state_volts(self, w: Floats) -> Floats:
        """All states as the unknowns w [samples, ..] have them, [samples, states]."""
        a = self.equations
        matrix = a.held_rows.matrix((a.unknowns, a.unknowns))[a.states]
        return np.asarray(w @ matrix.T)


def _uncoupled_gain(equations: Equations, held: Bools, outputs: Bools) -> Floats:
    """Gain of some outputs in the circuit without what its crossbars do between their ports."""
    return Reduced(equations, held, coupled=False).loop_gain(outputs)
