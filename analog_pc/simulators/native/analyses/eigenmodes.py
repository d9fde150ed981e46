"""Eigenmodes of a circuit linearised at its operating points: how states move that were disturbed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.jacobian import SAMPLES, jacobians


@dataclass(frozen=True, eq=False)
class Modes:
    """Eigenvalues of the linearised circuit, 1/s, [states], slowest first.

    All real parts negative: the operating point is stable, and a disturbance decays as exp(t Re).
    """

    eigenvalues: Floats

    @classmethod
    def of(cls, jacobian: Floats) -> Modes:
        """The modes of a Jacobian d(dx/dt)/dx, [states, states]."""
        values = np.linalg.eigvals(jacobian) if len(jacobian) else np.empty(0)
        return cls(np.asarray(values[np.argsort(-values.real)]))

    @property
    def margin(self) -> float:
        """Rate of the slowest mode, 1/s; negative where a mode grows; inf for a circuit without states."""
        return float(-self.eigenvalues.real.max(initial=-np.inf))

    @property
    def stable(self) -> bool:
        return self.margin > 0.0

    @property
    def damping(self) -> float:
        """Smallest -Re / |eigenvalue|: 1 for modes that do not ring, 0 at the verge of oscillation."""
        size = np.abs(self.eigenvalues)
        return float((-self.eigenvalues.real / np.where(size > 0.0, size, 1.0)).min(initial=1.0))

    @property
    def growth(self) -> str:
        """A message on the mode that grows fastest; "" where none does."""
        if self.stable:
            return ""
        return growth(complex(self.eigenvalues[np.argmax(self.eigenvalues.real)]))

    def settling(self, level: float) -> float:
        """Seconds until the slowest mode is down to `level`; inf where one grows."""
        return float(np.log(1.0 / level) / self.margin) if self.stable else np.inf


def growth(eigenvalue: complex) -> str:
    """A message on a mode that does not decay."""
    hertz = abs(eigenvalue.imag) / (2.0 * np.pi)
    how = f"and rings at {hertz:.3g} Hz: an amplifier is too slow" if hertz > 0.0 else "(a saddle)"
    return f"a mode grows at {eigenvalue.real:.3g} 1/s {how}"


def eigenmodes(maps: Reduced, form: FeedbackForm, y: Floats) -> Iterator[Modes]:
    """The modes at operating points y [samples, inputs], on all cores; maps and form with all states held."""
    if len(y) == 1:  # threads would take longer to start
        yield from map(Modes.of, jacobians(maps, form, y))
        return
    every = jacobians(maps, form, y)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        while some := list(islice(every, SAMPLES)):
            yield from pool.map(Modes.of, some)
