"""The feedback form of a circuit: nonlinear elements closed around its linear part.

::

    q = delta(y),    y = r + K q          y [samples, inputs], q [samples, outputs]

r is what stimuli and held states make of the inputs (the Lur'e form; Khalil, Nonlinear Systems, ch. 7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.kernels.transfer_functions import (
    TransferTable,
    evaluate_batch,
    evaluate_values,
    transfer_table,
)
from analog_pc.simulators.native.mna.diodes import DiodeJunctions
from analog_pc.simulators.native.mna.equations import ElementInstance, span

Uncoupled = Callable[[Ints], Floats]


@dataclass(frozen=True, eq=False)
class FeedbackForm:
    """The nonlinear elements of a circuit and the gain K [inputs, outputs] of the linear part around them.

    Parameters
    ----------
    elements
        The elements, with the slices of inputs and outputs that are their own.
    gain
        K.
    uncoupled
        Gives K [inputs, some outputs] of the circuit without what crossbars do between their ports.
    felt
        Of a part: the largest gain of each output to any input of the whole form, [outputs].
    """

    elements: tuple[ElementInstance, ...]
    gain: Floats
    uncoupled: Uncoupled | None = None
    felt: Floats | None = None

    def inputs(self, r: Floats, q: Floats) -> Floats:
        """y = r + K q, [samples, inputs]; outputs that are 0 in all samples (rails far away) cost nothing."""
        used = np.asarray(q.any(axis=0))
        if 2 * int(used.sum()) > len(used):
            return np.asarray(r + q @ self.gain.T)
        return np.asarray(r + q[:, used] @ self.gain[:, used].T)

    def delta(self, y: Floats) -> Floats:
        """The outputs that the elements give at inputs y, [samples, outputs]."""
        if self.table is not None:
            return evaluate_values(self.table, y)
        out = np.empty((self.gain.shape[1], len(y))).T
        for instance in self.elements:
            out[:, instance.outputs] = instance.element.delta(y[:, instance.inputs])
        return out

    @cached_property
    def observed(self) -> Bools:
        """Outputs that an input depends on; the others are known when all inputs are, [outputs]."""
        return np.asarray(self.gain.any(axis=0))

    @cached_property
    def near_linear(self) -> Bools:
        """Outputs that are a line over most of their range, [outputs]."""
        out = np.zeros(self.gain.shape[1], dtype=np.bool_)
        for instance in self.elements:
            out[instance.outputs] = instance.element.near_linear
        return out

    @cached_property
    def diode_inputs(self) -> Bools:
        """Inputs that are waves of diodes, [inputs]."""
        out = np.zeros(len(self.gain), dtype=np.bool_)
        for instance in self.elements:
            if isinstance(instance.element, DiodeJunctions):
                out[instance.inputs] = True
        return out

    @cached_property
    def diode_outputs(self) -> Bools:
        """Outputs that are waves of diodes, [outputs]."""
        out = np.zeros(self.gain.shape[1], dtype=np.bool_)
        for instance in self.elements:
            if isinstance(instance.element, DiodeJunctions):
                out[instance.outputs] = True
        return out

    @cached_property
    def largest_gain(self) -> Floats:
        """Largest gain of each output to any input of the circuit (column max-norm of K), [outputs]."""
        if self.felt is not None:
            return self.felt
        return np.asarray(np.abs(self.gain).max(axis=0, initial=0.0))

    @cached_property
    def input_index(self) -> Ints:
        """Inputs of each output, [inputs of an output, outputs]; the first one again where one is missing."""
        most = max((b.element.inputs_per_output for b in self.elements), default=1)
        out = np.empty((most, self.gain.shape[1]), dtype=np.int64)
        for instance in self.elements:
            own = span(instance.inputs).reshape(instance.element.inputs_per_output, -1)
            out[:, instance.outputs] = own[0]
            out[: len(own), instance.outputs] = own
        return out

    @cached_property
    def table(self) -> TransferTable | None:
        """All outputs as compiled code takes them; None where it does not know a transfer function."""
        return transfer_table([instance.element for instance in self.elements], self.input_index)

    def slope_changed(self, y: Floats, least: float) -> Bools:
        """Outputs whose slope differs from the one at y = 0 by more than `least` in a sample, [outputs].

        An output that is no line over most of its range counts as one in every sample.
        """
        if self.table is not None:
            slopes = evaluate_batch(self.table, y)[1]
            return np.asarray((np.abs(slopes[0]) > least).any(axis=1) | ~self.near_linear)
        out = np.empty(self.gain.shape[1], dtype=np.bool_)
        for instance in self.elements:
            out[instance.outputs] = instance.element.slope_changed(y[:, instance.inputs], least)
        return out

    def slopes_times(self, y: Floats, some: Bools, matrix: Floats) -> Floats:
        """D_some times matrices [samples or 1, inputs, k]: [samples, some, k], D the slopes at y."""
        if self.table is not None:
            slopes = evaluate_batch(self.table, y)[1][:, some]
            index = self.input_index[:, some]
            out = np.asarray(slopes[0].T[:, :, None] * matrix[:, index[0]])
            gated = self.table.gated[some]
            if gated.any():
                out[:, gated] += slopes[1, gated].T[:, :, None] * matrix[:, index[1, gated]]
            return out
        parts = [
            b.element.slopes_times(y[:, b.inputs], some[b.outputs], matrix[:, b.inputs])
            for b in self.elements
            if some[b.outputs].any()
        ]
        if not parts:
            return np.zeros((len(y), 0, matrix.shape[2]))
        return np.concatenate(parts, axis=1)

    def whole_elements(self, some: Bools) -> Bools:
        """Those outputs, and all others of elements that cannot be cut, [outputs]."""
        out = some.copy()
        for instance in self.elements:
            if not instance.element.separable and some[instance.outputs].any():
                out[instance.outputs] = True
        return out

    def part(self, some: Bools) -> Part:
        """Those outputs with the inputs that are theirs, and their own feedback form."""
        inputs = [np.empty(0, dtype=np.int64)]
        elements: list[ElementInstance] = []
        n_in = 0
        n_out = 0
        for instance in self.elements:
            chosen = some[instance.outputs]
            if not chosen.any():
                continue
            element = instance.element if chosen.all() else instance.element.part(chosen)
            inputs.append(span(instance.inputs)[np.tile(chosen, element.inputs_per_output)])
            own_inputs = slice(n_in, n_in + element.n_inputs)
            own_outputs = slice(n_out, n_out + element.n_outputs)
            elements.append(ElementInstance(element, own_inputs, own_outputs))
            n_in = own_inputs.stop
            n_out = own_outputs.stop
        seen = np.concatenate(inputs)
        outputs = np.flatnonzero(some)
        whole = self.uncoupled
        form = FeedbackForm(
            elements=tuple(elements),
            gain=self.gain[np.ix_(seen, outputs)],
            uncoupled=None if whole is None else lambda among: whole(outputs[among])[seen],
            felt=self.largest_gain[outputs],
        )
        return Part(seen, outputs, self.gain[seen], form)

    def uncoupled_gain(self) -> Floats | None:
        """K without what crossbars do between their ports; None where the circuit then has no solution."""
        if self.uncoupled is None:
            return None
        try:
            return self.uncoupled(np.arange(self.gain.shape[1]))
        except SimulationFailed:  # a cell that only a crossbar gives a voltage
            return None


@dataclass(frozen=True, eq=False)
class Part:
    """Some outputs of a feedback form.

    `inputs` and `outputs` are their numbers in it, `gain` the rows of these inputs (all outputs), `form` the
    feedback among themselves.
    """

    inputs: Ints
    outputs: Ints
    gain: Floats
    form: FeedbackForm
