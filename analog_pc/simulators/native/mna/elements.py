"""What is left of the nonlinear elements once their linear parts are in the matrix.

An element has inputs y (voltages) and outputs q = delta(y): what its characteristic gives beyond the line
through y = 0.  So delta(0) = 0 and its slope there is 0, and Newton's method has little to do in a circuit
that is nearly linear.  Batches: y [samples, inputs], delta [samples, outputs].
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import TransferFunction
from analog_pc.crossbar import NonlinearArray


class Formula(NamedTuple):
    """delta of a separable element for compiled code (`kernels/transfer_functions.py`); arrays [outputs]."""

    transfer: TransferFunction
    gain: Floats
    offset: Floats
    slope: Floats
    gated: bool


class NonlinearElement(ABC):
    """A bank of equal nonlinear elements.

    Attributes
    ----------
    n_outputs
        Outputs of the bank, V or A.
    inputs_per_output
        Inputs of each output; y holds the first input of every output, then the second inputs, ...
    near_linear
        Whether the outputs are lines over most of their range, whose slope is followed where it has changed.
    separable
        Whether no output depends on an input of another output, so that the bank can be cut.
    formula
        The bank for compiled code; None where it is not separable.
    """

    inputs_per_output = 1
    near_linear = False
    separable = True

    @property
    @abstractmethod
    def n_outputs(self) -> int: ...

    @property
    def n_inputs(self) -> int:
        return self.inputs_per_output * self.n_outputs

    @property
    def formula(self) -> Formula | None:
        return None

    @abstractmethod
    def part(self, some: Bools) -> NonlinearElement:
        """A separable bank cut down to some of its outputs, [outputs]."""

    @abstractmethod
    def delta(self, y: Floats) -> Floats:
        """Outputs, [samples, outputs]."""

    @abstractmethod
    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        """Slopes of some outputs times matrices [samples or 1, inputs, k]: [samples, some, k]."""

    def slope_changed(self, y: Floats, least: float) -> Bools:
        """Outputs whose slope has changed by more than `least` in any of the samples, [outputs]."""
        return np.ones(self.n_outputs, dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class ScalarNonlinearity(NonlinearElement):
    """n functions of one voltage: delta = gain (f(y + offset) - f(offset)) - slope y.

    Parameters
    ----------
    transfer
        The transfer function f.
    gain, offset, slope
        [n]; offset in V.
    near_linear
        Whether f is a line of slope 1 over most of its range (a rail, a slew limit), without gain or
        offset; its slope is followed only where it has changed.
    saturation
        V: the largest value of f, where it is an amplifier's rail.
    """

    transfer: TransferFunction
    gain: Floats
    offset: Floats
    slope: Floats
    _: KW_ONLY
    near_linear: bool = False
    saturation: float = np.inf

    @classmethod
    def limiting(cls, transfer: TransferFunction, n: int, saturation: float = np.inf) -> ScalarNonlinearity:
        """n limiters f(y) - y."""
        return cls(transfer, np.ones(n), np.zeros(n), np.ones(n), near_linear=True, saturation=saturation)

    def part(self, some: Bools) -> ScalarNonlinearity:
        return replace(self, gain=self.gain[some], offset=self.offset[some], slope=self.slope[some])

    @property
    def n_outputs(self) -> int:
        return len(self.gain)

    @cached_property
    def base(self) -> Floats:
        """The value at y = 0, [n]."""
        return np.asarray(self.gain * self.transfer.value(self.offset))

    @property
    def formula(self) -> Formula:
        return Formula(self.transfer, self.gain, self.offset, self.slope, gated=False)

    def delta(self, y: Floats) -> Floats:
        if self.near_linear:  # neither gain nor offset
            return np.asarray(self.transfer.value(y) - y)
        return np.asarray(self.gain * self.transfer.value(y + self.offset) - self.base - self.slope * y)

    def slope_changed(self, y: Floats, least: float) -> Bools:
        if not self.near_linear:
            return super().slope_changed(y, least)
        return np.asarray((np.abs(self._slope(y)) > least).any(axis=0))

    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        return np.asarray(self._slope(y)[:, some, None] * y_step[:, some])

    def _slope(self, y: Floats) -> Floats:
        return np.asarray(self.gain * self.transfer.derivative(y + self.offset) - self.slope)


@dataclass(frozen=True, eq=False)
class MultiplyingTransconductor(NonlinearElement):
    """n currents delta = g (gate(c) - gate(0)) d of control voltages c and drives d; y = (c, d).

    Parameters
    ----------
    gate
        Factor by the control voltage.
    siemens
        g, [n].
    """

    gate: TransferFunction
    siemens: Floats
    inputs_per_output = 2

    def part(self, some: Bools) -> MultiplyingTransconductor:
        return MultiplyingTransconductor(self.gate, self.siemens[some])

    @property
    def n_outputs(self) -> int:
        return len(self.siemens)

    @cached_property
    def base(self) -> Floats:
        """The linear part g gate(0), A per volt of d, [n]."""
        return np.asarray(self.siemens * self.gate.value(np.zeros_like(self.siemens)))

    @property
    def formula(self) -> Formula:
        none = np.zeros_like(self.siemens)
        return Formula(self.gate, self.siemens, none, none, gated=True)

    def delta(self, y: Floats) -> Floats:
        control, drive = np.split(y, 2, axis=1)
        return np.asarray((self.siemens * self.gate.value(control) - self.base) * drive)

    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        control, drive = np.split(y[:, np.tile(some, 2)], 2, axis=1)
        gate, slope = self.gate.value_and_derivative(control)
        by_control = self.siemens[some] * slope * drive
        by_drive = self.siemens[some] * gate - self.base[some]
        control_step, drive_step = np.split(y_step, 2, axis=1)
        return np.asarray(
            by_control[:, :, None] * control_step[:, some] + by_drive[:, :, None] * drive_step[:, some]
        )


class NonlinearMultiport(NonlinearElement):
    """A crossbar of nonlinear devices: port currents [ports] beyond its admittance; y the port voltages."""

    separable = False

    def __init__(self, array: NonlinearArray) -> None:
        self.array = array
        self._cells: Floats | None = None  # device voltages of the last call: the next search starts there

    @property
    def n_outputs(self) -> int:
        return len(self.array.admittance)

    def part(self, some: Bools) -> NonlinearElement:
        raise NotImplementedError("the cells of a crossbar are searched together")

    def delta(self, y: Floats) -> Floats:
        finite = np.asarray(np.isfinite(y).all(axis=1))
        start = self._known_cells(len(y))
        delta, self._cells, found = self.array.evaluate(np.where(finite[:, None], y, 0.0), start)
        delta[~(found & finite)] = np.nan  # the caller's Newton then does not converge there, and says so
        return np.asarray(delta)

    def slopes_times(self, y: Floats, some: Bools, y_step: Floats) -> Floats:
        cells = self._known_cells(len(y))
        if cells is None:
            cells = self.array.evaluate(y, None)[1]
        return np.asarray(self.array.slopes(cells)[:, some] @ y_step)

    def _known_cells(self, samples: int) -> Floats | None:
        return self._cells if self._cells is not None and len(self._cells) == samples else None
