"""A circuit linearised at its operating points: how states move, and how noise enters."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm

STRAIGHT = 1e-9  # a slope that changed by less does not show in an eigenvalue
TOGETHER = 16  # samples whose matrices are made at a time


@dataclass(frozen=True, eq=False)
class Modes:
    """Eigenvalues of the linearised circuit, 1/s, [states], slowest first.

    All real parts negative: the operating point is stable, and what is disturbed comes back as exp(t Re).
    """

    eigenvalues: Floats

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
        """What grows fastest, in words; "" where nothing does."""
        if self.stable:
            return ""
        return growth(complex(self.eigenvalues[np.argmax(self.eigenvalues.real)]))

    def settling(self, level: float) -> float:
        """Seconds until the slowest mode is down to `level`; inf where one grows."""
        return float(np.log(1.0 / level) / self.margin) if self.stable else np.inf


def growth(eigenvalue: complex) -> str:
    """What a mode does that does not decay, in words."""
    hertz = abs(eigenvalue.imag) / (2.0 * np.pi)
    how = f"and rings at {hertz:.3g} Hz: an amplifier is too slow" if hertz > 0.0 else "(a saddle)"
    return f"a mode grows at {eigenvalue.real:.3g} 1/s {how}"


def closed(form: FeedbackForm, y: Floats, into_y: Floats) -> tuple[Bools, Floats]:
    """Outputs that answer changes of the reads, their dq: D (1 - K D)^-1 into_y, [samples, outputs, k]."""
    pick = form.slope_changed(y, STRAIGHT)
    around = form.slopes_times(y, pick, form.gain[None][:, :, pick])
    system = np.eye(around.shape[1]) - around
    return pick, np.asarray(
        np.linalg.solve(system, form.slopes_times(y, pick, into_y[None])), dtype=np.float64
    )


def jacobians(dynamic: Reduced, form: FeedbackForm, y: Floats) -> Iterator[Floats]:
    """d(dx/dt)/dx at every sample, [states, states]."""
    rate, reads = dynamic.rate, dynamic.inputs
    for first in range(0, len(y), TOGETHER):
        part = y[first : first + TOGETHER]
        if not form.elements:
            yield from [rate.by_x] * len(part)
            continue
        pick, changes = closed(form, part, reads.by_x)
        by_q = rate.by_q[:, pick]
        for change in changes:
            yield rate.by_x + by_q @ change


def all_modes(dynamic: Reduced, form: FeedbackForm, y: Floats) -> Iterator[Modes]:
    """The modes at every sample, on all cores."""
    if len(y) == 1:  # threads would take longer to start
        yield from map(modes, jacobians(dynamic, form, y))
        return
    workers = os.cpu_count() or 1
    waiting: deque[Future[Modes]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for jacobian in jacobians(dynamic, form, y):
            waiting.append(pool.submit(modes, jacobian))
            if len(waiting) > 2 * workers:  # no more matrices at a time than are worked on
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)


def modes(jacobian: Floats) -> Modes:
    """Eigenvalues of one Jacobian, slowest first."""
    values = np.linalg.eigvals(jacobian) if len(jacobian) else np.empty(0)
    return Modes(np.asarray(values[np.argsort(-values.real)]))
