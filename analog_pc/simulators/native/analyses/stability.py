"""Stability of many operating points without eigenvalues: slow states, and fast ones that follow them.

With the slow states as the unknowns, what is fast stands between them as a transfer function: the circuit's
modes are the s with det(s - J(s)) = 0, and J(0) is the Jacobian of the slow flow.  If

    |J(jw) - J(0)| <= theta w  for all w,   theta < 1       the fast part lags by less than this
    -(J(0) + J(0)^T) / 2 >= lambda > theta nu / sqrt(1 - theta^2)        nu = |J(0) - J(0)^T| / 2

then |(jw - J(jw)) v| >= sqrt(lambda^2 + (w - nu)^2) - theta w > 0 for every unit vector v, and for a fast
part made faster by any factor, too: no mode crosses the imaginary axis on the way to the slow flow alone,
which is stable.  (All norms in the metric of the slow flow; the argument is the passivity theorem's, for
lags in place of passive parts.)

The two inequalities are tested by Cholesky factorisation for every sample.  How |J(jw) - J(0)| / w compares
with its value at a small real rate, and that the fast part alone is stable, is computed on `TYPICAL` samples
of the batch, with `FREQUENCIES` frequencies and eigenvalues; so is the change of J(0) by outputs outside the
implicit set, which count as linear.  Samples that are not certified are left to their eigenvalues.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.simulators.native.analyses.eigenmodes import Modes
from analog_pc.simulators.native.kernels.certificate import Limits, certify
from analog_pc.simulators.native.kernels.flow_kernel import contracts_at
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
    shifted: CompiledFlow  # at the small rate sigma, 1/s
    sigma: float
    rates: Floats
    maps: list[FlowMaps]  # at each j rate
    stable: bool


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
        if problem is None:
            return out
        inputs = np.ascontiguousarray(y[:, problem.inputs])
        if not self._fast.any():
            in_slices(len(y), partial(contracts_at, problem.kernel, inputs, out))
            return out
        if self._fast_part is None and len(y) < FEW:
            return out
        limits = self._limits(self._current(problem, y), y)
        if limits is None:
            return out
        shifted = self._current(problem, y).shifted
        in_slices(len(y), partial(certify, problem.kernel, shifted.kernel, limits, inputs, out))
        return out

    def _current(self, problem: CompiledFlow, y: Floats) -> _FastPart:
        """The fast part for the implicit set as it is now."""
        if self._fast_part is None or self._fast_part.problem is not problem:
            sigma = SMALL * self._slowest_fast_rate()
            rates = np.geomspace(SLOWER, FASTER, FREQUENCIES) / problem.kernel.tick
            self._fast_part = _FastPart(
                problem=problem,
                shifted=self._flow.problem_of(problem, self._maps_at(sigma)),
                sigma=sigma,
                rates=rates,
                maps=[self._restricted(problem, 1j * w) for w in rates],
                stable=self._fast_is_stable(y[:1]),
            )
        return self._fast_part

    def _limits(self, fast: _FastPart, y: Floats) -> Limits | None:
        """From typical samples; None where the fast part is not stable by itself."""
        if not fast.stable:
            return None
        static = self._restricted(fast.problem, 0.0)
        small = self._restricted(fast.problem, fast.sigma)
        typical = np.unique(np.linspace(0, len(y) - 1, TYPICAL).astype(np.int64))
        peak = 1.0
        error = 0.0
        for sample in y[typical]:
            slopes = self._slopes(fast.problem, sample[None])
            at_rest = self._jacobian(static, slopes)
            error = max(error, 2.0 * float(np.linalg.norm(self._complete(sample[None]) - at_rest, 2)))
            lag = float(np.linalg.norm(self._jacobian(small, slopes) - at_rest, 2)) / fast.sigma
            for w, maps in zip(fast.rates, fast.maps, strict=True):
                change = float(np.linalg.norm(self._jacobian(maps, slopes) - at_rest, 2)) / w
                peak = max(peak, change / lag if lag > 0.0 else np.inf)
        return Limits(fast.sigma, peak, error)

    def _slowest_fast_rate(self) -> float:
        """Rate of the slowest fast state, 1/s, by inverse iteration on A_ff."""
        a = self._maps.rate.by_x
        factor = lu_factor(a[np.ix_(self._fast, self._fast)], check_finite=False)
        v = np.random.default_rng(0).normal(size=int(self._fast.sum()))
        size = 1.0
        for _ in range(30):
            v = lu_solve(factor, v, check_finite=False)
            size = float(np.linalg.norm(v))
            v /= size
        return 1.0 / size

    def _maps_at(self, s: complex, outputs: Ints | slice = slice(None)) -> FlowMaps:
        """A, E, C, K between the slow states at a complex rate s, 1/s: the fast ones eliminated there."""
        rate = self._maps.rate
        inputs = self._maps.inputs
        slow = self._slow
        fast = self._fast
        by_q = rate.by_q[:, outputs]
        into = np.concatenate([rate.by_x[np.ix_(fast, slow)], by_q[fast]], axis=1)
        states = np.linalg.solve(s * np.eye(int(fast.sum())) - rate.by_x[np.ix_(fast, fast)], into)
        n = int(slow.sum())
        to_slow = rate.by_x[np.ix_(slow, fast)]
        return FlowMaps(
            rate_x=rate.by_x[np.ix_(slow, slow)] + to_slow @ states[:, :n],
            rate_q=by_q[slow] + to_slow @ states[:, n:],
            by_x=inputs.by_x[:, slow] + inputs.by_x[:, fast] @ states[:, :n],
            gain=inputs.by_q[:, outputs] + inputs.by_x[:, fast] @ states[:, n:],
        )

    def _restricted(self, problem: CompiledFlow, s: complex) -> FlowMaps:
        """`_maps_at` between the inputs and outputs of the implicit set alone."""
        maps = self._maps_at(s, problem.outputs)
        return maps._replace(by_x=maps.by_x[problem.inputs], gain=maps.gain[problem.inputs])

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
