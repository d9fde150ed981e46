"""Stability of many operating points without eigenvalues: slow states, and fast ones that follow them.

With the slow states as the unknowns, what is fast stands between them as a transfer function: the circuit's
modes are the s with det(s - J(s)) = 0, and J(0) is the Jacobian of the slow flow.  If

    |J(jw) - J(0)| <= theta w  for all w,   theta < 1       the fast part lags by less than this
    -(J(0) + J(0)^T) / 2 >= lambda > theta nu / sqrt(1 - theta^2)        nu = |J(0) - J(0)^T| / 2

then |(jw - J(jw)) v| >= sqrt(lambda^2 + (w - nu)^2) - theta w > 0 for every unit vector v, and for a fast
part made faster by any factor, too: no mode crosses the imaginary axis on the way to the slow flow alone,
which is stable.  (All norms in the metric of the slow flow; the argument is the passivity theorem's, for
lags in place of passive parts.)

The two inequalities are tested for every sample, by eigenvalues of matrices as small as the slow states.  How
|J(jw) - J(0)| / w compares with its value at a small real rate, and that the fast part alone is stable, is
computed on `TYPICAL` samples of the batch, with `FREQUENCIES` frequencies; so is the change of J(0) by
outputs outside the implicit set, which count as linear.  Samples that are not certified are left to the
eigenvalues of the whole circuit.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Any, Bools, Floats
from analog_pc.simulators.native.analyses.eigenmodes import Modes
from analog_pc.simulators.native.kernels.flow_kernel import fill_jacobians
from analog_pc.simulators.native.kernels.threads import in_slices
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.jacobian import closed_loop
from analog_pc.simulators.native.nonlinear_solve.slow_flow import CompiledFlow, FlowMaps, SlowFlow

TYPICAL = 2
FEW = 16  # samples whose eigenvalues are found sooner than the matrices of a certificate
FREQUENCIES = 12
SLOWER = 0.1  # than the fastest slow state; and
FASTER = 100.0  # than it: the band that is looked at
SMALL = 1e-3  # of the slowest fast rate: where the derivative of J is taken


class _FastPart(NamedTuple):
    """The fast states eliminated between the inputs and outputs of an implicit set."""

    problem: CompiledFlow
    sigma: float  # a small rate, 1/s
    at_rest: FlowMaps
    at_sigma: FlowMaps
    rates: Floats
    at_rates: list[FlowMaps]  # at each j rate
    stable: bool


class _Limits(NamedTuple):
    """Bounds for every sample of a batch."""

    peak: float  # of |J(jw) - J(0)| / w, over its value at sigma
    error: float  # of J, 1/s


class StabilityCertificate:
    """Certifies operating points of one circuit whose slow states are known; keeps its matrices."""

    def __init__(self, flow: SlowFlow, full: tuple[Reduced, FeedbackSolver]) -> None:
        self._flow = flow
        self._maps, self._solver = full
        self._slow = flow.held
        self._fast = ~flow.held
        self._fast_part: _FastPart | None = None

    def certified(self, y: Floats) -> Bools:
        """Samples whose operating point is certainly stable, y [samples, inputs].

        None of a batch so small that its eigenvalues take less time than the certificate's matrices.
        """
        out = np.zeros(len(y), dtype=np.bool_)
        if not self._solver.form.elements:
            out[:] = Modes.of(self._maps.rate.by_x).stable
            return out
        problem = self._flow.problem_at(y)
        if problem is None or not self._fast.any() or (self._fast_part is None and len(y) < FEW):
            return out
        fast = self._current(problem, y)
        if fast.stable:
            in_slices(len(y), partial(self._certify, fast, self._limits(fast, y), y, out))
        return out

    def _certify(
        self, fast: _FastPart, limits: _Limits, y: Floats, out: Bools, first: int, last: int
    ) -> None:
        """Fill `out` for some samples."""
        inputs = np.ascontiguousarray(y[first:last, fast.problem.inputs])
        n = len(self._flow.metric)
        at_rest = np.empty((len(inputs), n, n))
        change = np.empty_like(at_rest)
        fill_jacobians(fast.problem.kernel, inputs, at_rest)
        fill_jacobians(fast.problem.with_maps(fast.at_sigma), inputs, change)
        change = (change - at_rest) / fast.sigma
        transposed = at_rest.transpose(0, 2, 1)
        rate = np.linalg.eigvalsh(-0.5 * (at_rest + transposed))[:, 0]
        theta = limits.peak * _spectral_norms(change)
        lag = theta * _spectral_norms(0.5 * (at_rest - transposed))
        out[first:last] = (theta < 1.0) & (rate > limits.error)
        out[first:last] &= (rate - limits.error) ** 2 * (1.0 - theta**2) > lag**2

    def _current(self, problem: CompiledFlow, y: Floats) -> _FastPart:
        """The fast part for the implicit set as it is now."""
        if self._fast_part is None or self._fast_part.problem is not problem:
            fast = self._fast
            sigma = SMALL / float(np.linalg.norm(np.linalg.inv(self._maps.rate.by_x[np.ix_(fast, fast)])))
            rates = np.geomspace(SLOWER, FASTER, FREQUENCIES) / problem.kernel.tick
            self._fast_part = _FastPart(
                problem=problem,
                sigma=sigma,
                at_rest=self._maps_at(0.0, problem),
                at_sigma=self._maps_at(sigma, problem),
                rates=rates,
                at_rates=[self._maps_at(1j * w, problem) for w in rates],
                stable=self._fast_is_stable(y[:1]),
            )
        return self._fast_part

    def _limits(self, fast: _FastPart, y: Floats) -> _Limits:
        """From typical samples."""
        peak = 1.0
        error = 0.0
        for sample in np.linspace(0, len(y) - 1, TYPICAL).astype(np.int64):
            slopes = self._slopes(fast.problem, y[sample : sample + 1])
            at_rest = self._jacobian(fast.at_rest, slopes)
            complete = self._complete(y[sample : sample + 1])
            error = max(error, 2.0 * float(np.linalg.norm(complete - at_rest, 2)))
            lag = np.linalg.norm(self._jacobian(fast.at_sigma, slopes) - at_rest, 2) / fast.sigma
            for w, maps in zip(fast.rates, fast.at_rates, strict=True):
                change = np.linalg.norm(self._jacobian(maps, slopes) - at_rest, 2) / w
                peak = max(peak, float(change / lag) if lag > 0.0 else np.inf)
        return _Limits(peak, error)

    def _maps_at(self, s: complex, problem: CompiledFlow) -> FlowMaps:
        """A, E, C, K between the slow states and the implicit set at a complex rate s, 1/s."""
        slow = self._slow
        fast = self._fast
        rate_x = self._maps.rate.by_x
        rate_q = self._maps.rate.by_q[:, problem.outputs]
        inputs = self._maps.inputs.rows(problem.inputs)
        into = np.concatenate([rate_x[np.ix_(fast, slow)], rate_q[fast]], axis=1)
        states = np.linalg.solve(s * np.eye(int(fast.sum())) - rate_x[np.ix_(fast, fast)], into)
        n = int(slow.sum())
        to_slow = rate_x[np.ix_(slow, fast)]
        to_inputs = inputs.by_x[:, fast]
        return FlowMaps(
            rate_x=rate_x[np.ix_(slow, slow)] + to_slow @ states[:, :n],
            rate_q=rate_q[slow] + to_slow @ states[:, n:],
            by_x=inputs.by_x[:, slow] + to_inputs @ states[:, :n],
            gain=inputs.by_q[:, problem.outputs] + to_inputs @ states[:, n:],
        )

    def _slopes(self, problem: CompiledFlow, y: Floats) -> Floats:
        """Slopes of the implicit set by its inputs at one sample, [outputs, inputs]."""
        form = self._solver.form
        every = np.zeros((form.gain.shape[0], len(problem.inputs)))
        every[problem.inputs, np.arange(len(problem.inputs))] = 1.0
        some = np.zeros(form.gain.shape[1], dtype=np.bool_)
        some[problem.outputs] = True
        in_order = np.argsort(np.argsort(problem.outputs))
        return np.asarray(form.slopes_times(y, some, every[None])[0][in_order])

    def _jacobian(self, maps: FlowMaps, slopes: Floats) -> Any:
        """S J(s) S^-1 for slopes of the implicit set, complex where the maps are."""
        system = np.eye(len(slopes)) - slopes @ maps.gain
        t = np.linalg.solve(system, slopes @ maps.by_x)
        metric = self._flow.metric
        return (maps.rate_x + maps.rate_q @ t) * (metric[:, None] / metric)

    def _complete(self, y: Floats) -> Floats:
        """S J(0) S^-1 of one sample y [1, inputs] with the slopes of all outputs, also the explicit ones."""
        maps, solver = self._flow.reduction
        some, change = closed_loop(solver.form, y, maps.inputs.by_x)
        metric = self._flow.metric
        return np.asarray((maps.rate.by_x + maps.rate.by_q[:, some] @ change[0]) * (metric[:, None] / metric))

    def _fast_is_stable(self, y: Floats) -> bool:
        """Whether the fast states rest by themselves while the slow ones are held, at one sample."""
        rate = self._maps.rate
        fast = self._fast
        some, change = closed_loop(self._solver.form, y, self._maps.inputs.by_x[:, fast])
        matrix = rate.by_x[np.ix_(fast, fast)] + rate.by_q[np.ix_(fast, some)] @ change[0]
        return bool(np.linalg.eigvals(matrix).real.max(initial=-np.inf) < 0.0)


def _spectral_norms(matrices: Floats) -> Floats:
    """Largest singular value of each matrix, [samples]."""
    squares = np.linalg.eigvalsh(matrices.transpose(0, 2, 1) @ matrices)
    return np.asarray(np.sqrt(np.maximum(squares[:, -1], 0.0)))
