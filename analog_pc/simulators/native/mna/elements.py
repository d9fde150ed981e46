"""What is left of the nonlinear elements once their straight parts are in the matrix.

A block reads some voltages y and returns delta(y): what its law gives beyond the straight line through
y = 0.  So delta(0) = 0 and its slope there is 0, and a circuit whose laws hardly bend hardly needs Newton.
Batches: y [samples, inputs], delta [samples, outputs].
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from analog_pc.arrays import Any, Bools, Floats
from analog_pc.circuit import TransferFunction
from analog_pc.crossbar import NonlinearArray


class Formula(NamedTuple):
    """Outputs that are separable, as `laws.py` has them."""

    law: TransferFunction
    gain: Floats
    offset: Floats
    base: Floats
    slope: Floats
    gated: bool


class NonlinearElement(Protocol):
    """`n_inputs` voltages in, `n_outputs` volts or amperes out."""

    inputs_per_output: int  # y holds the first input of every output, then the second inputs, ...
    separable: bool  # whether no output depends on an input of another output

    @property
    def kind(self) -> Hashable:
        """Blocks of one kind can be joined to one, which is faster."""
        ...

    def joined(self, others: Sequence[Any]) -> NonlinearElement:
        """One block that does what this one and others of its kind do."""
        ...

    def part(self, some: Bools) -> NonlinearElement:
        """Some of its outputs, [outputs]; a block that cannot be cut bends in all of them or in none."""
        ...

    @property
    def n_inputs(self) -> int: ...

    @property
    def n_outputs(self) -> int: ...

    def delta(self, y: Floats) -> Floats:
        """What the law gives beyond its straight part, [samples, outputs]."""
        ...

    def slope_changed(self, y: Floats, least: float) -> Bools:
        """Outputs whose slope has changed by more than `least` in any of the samples, [outputs]."""
        ...

    @property
    def formula(self) -> Formula | None:
        """The block for compiled code; None where outputs are not apart."""
        ...

    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        """Slopes of the picked outputs, times matrices [samples or 1, reads, k]: [samples, picked, k]."""
        ...


@dataclass(frozen=True, eq=False)
class ScalarNonlinearity:
    """One law for each of n voltages: delta = gain (law(y + offset) - law(offset)) - slope y.

    `near_linear`: the transfer function is a line of slope 1 over most of its range (a rail, a slew limit),
    without gain or offset; its slope is followed only where it has changed.
    """

    law: TransferFunction
    gain: Floats
    offset: Floats
    slope: Floats
    near_linear: bool = False
    inputs_per_output = 1
    separable = True

    @property
    def kind(self) -> Hashable:
        return ScalarNonlinearity, self.law, self.near_linear

    def joined(self, others: Sequence[ScalarNonlinearity]) -> ScalarNonlinearity:
        def all_of(name: str) -> Floats:
            return np.concatenate([getattr(curves, name) for curves in (self, *others)])

        return ScalarNonlinearity(
            self.law, all_of("gain"), all_of("offset"), all_of("slope"), self.near_linear
        )

    def part(self, some: Bools) -> ScalarNonlinearity:
        return ScalarNonlinearity(
            self.law, self.gain[some], self.offset[some], self.slope[some], self.near_linear
        )

    @property
    def n_inputs(self) -> int:
        return len(self.gain)

    @property
    def n_outputs(self) -> int:
        return len(self.gain)

    @cached_property
    def base(self) -> Floats:
        """The law at y = 0, [n]."""
        return np.asarray(self.gain * self.law.value(self.offset))

    def delta(self, y: Floats) -> Floats:
        if self.near_linear:  # neither gain nor offset
            return np.asarray(self.law.value(y) - y)
        return np.asarray(self.gain * self.law.value(y + self.offset) - self.base - self.slope * y)

    @property
    def formula(self) -> Formula:
        return Formula(self.law, self.gain, self.offset, self.base, self.slope, gated=False)

    def slope_changed(self, y: Floats, least: float) -> Bools:
        if not self.near_linear:
            return np.ones(self.n_outputs, dtype=np.bool_)
        return np.asarray((np.abs(self._slope(y)) > least).any(axis=0))

    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        return np.asarray(self._slope(y)[:, some, None] * y_step[:, some])

    def _slope(self, y: Floats) -> Floats:
        return np.asarray(self.gain * self.law.derivative(y + self.offset) - self.slope)


@dataclass(frozen=True, eq=False)
class MultiplyingTransconductor:
    """Gated transconductors: delta = g (gate(c) - gate(0)) d, y = (c, d)."""

    gate: TransferFunction
    siemens: Floats
    inputs_per_output = 2
    separable = True

    @property
    def kind(self) -> Hashable:
        return MultiplyingTransconductor, self.gate

    def joined(self, others: Sequence[MultiplyingTransconductor]) -> MultiplyingTransconductor:
        return MultiplyingTransconductor(self.gate, np.concatenate([g.siemens for g in (self, *others)]))

    def part(self, some: Bools) -> MultiplyingTransconductor:
        return MultiplyingTransconductor(self.gate, self.siemens[some])

    @property
    def n_inputs(self) -> int:
        return 2 * len(self.siemens)

    @property
    def n_outputs(self) -> int:
        return len(self.siemens)

    @cached_property
    def base(self) -> Floats:
        """The straight part, A per volt of d, [n]."""
        return np.asarray(self.siemens * self.gate.value(np.zeros_like(self.siemens)))

    @property
    def formula(self) -> Formula:
        none = np.zeros_like(self.base)
        return Formula(self.gate, self.siemens, none, self.base, none, gated=True)

    def delta(self, y: Floats) -> Floats:
        control, drive = np.split(y, 2, axis=1)
        return np.asarray((self.siemens * self.gate.value(control) - self.base) * drive)

    def slope_changed(self, y: Floats, least: float) -> Bools:
        return np.ones(self.n_outputs, dtype=np.bool_)

    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        control, drive = np.split(y[:, np.tile(some, 2)], 2, axis=1)
        gate, slope = self.gate.value_and_derivative(control)
        by_control = self.siemens[some] * slope * drive
        by_drive = self.siemens[some] * gate - self.base[some]
        control_step, drive_step = np.split(y_step, 2, axis=1)
        return np.asarray(
            by_control[:, :, None] * control_step[:, some] + by_drive[:, :, None] * drive_step[:, some]
        )


class NonlinearMultiport:
    """A crossbar of nonlinear devices: delta [ports] currents beyond its admittance, y the port voltages."""

    inputs_per_output = 1
    separable = False
    formula = None

    def __init__(self, array: NonlinearArray) -> None:
        self.array = array
        self._cells: Floats | None = None  # of the last call: where the next search starts

    @property
    def kind(self) -> Hashable:
        return self

    def joined(self, others: Sequence[Any]) -> NonlinearElement:
        raise NotImplementedError("every crossbar is a kind of its own")

    def part(self, some: Bools) -> NonlinearElement:
        raise NotImplementedError("the cells of a crossbar are searched together")

    @property
    def n_inputs(self) -> int:
        return len(self.array.admittance)

    @property
    def n_outputs(self) -> int:
        return len(self.array.admittance)

    def delta(self, y: Floats) -> Floats:
        start = self._cells if self._cells is not None and len(self._cells) == len(y) else None
        sound = np.asarray(np.isfinite(y).all(axis=1))
        delta, self._cells, found = self.array.evaluate(np.where(sound[:, None], y, 0.0), start)
        delta[~(found & sound)] = np.nan  # the caller's Newton then does not converge there, and says so
        return np.asarray(delta)

    def slope_changed(self, y: Floats, least: float) -> Bools:
        return np.ones(self.n_outputs, dtype=np.bool_)

    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        cells = self._cells if self._cells is not None and len(self._cells) == len(y) else None
        if cells is None:
            cells = self.array.evaluate(y, None)[1]
        return np.asarray(self.array.slopes(cells)[:, some] @ y_step)
