"""Stability of many operating points without eigenvalues: slow states, and fast ones that follow them.

With the slow states as the unknowns, what is fast stands between them as a transfer function: the circuit's
modes are the s with det(s - J(s)) = 0, and J(0) is the Jacobian of the slow flow.  With G(w) = J(jw) - J(0),
nu = |J(0) - J(0)^T| / 2 and any unit vector v, if ::

    |G(w)| <= theta w,   theta < 1                 then   Im v*(jw - J(jw))v >= w - nu - theta w
    (G(w) + G(w)*) / 2 <= a w                             Re v*(jw - J(jw))v >= lambda - a w
    -(J(0) + J(0)^T) / 2 >= lambda > a nu / (1 - theta)

the first is not 0 above w = nu / (1 - theta), the second up to there; nor are they for a fast part made
faster by any factor: no mode crosses the imaginary axis on the way to the slow flow alone, which is stable.
(All norms in the metric of the slow flow.)  Of a fast part that lags alike on the way from one state to
another and back, G(w) = jw D at small w, a is small: the norm of what is skew in D, however large D is.

The inequalities are tested for every sample, with matrices as small as the slow states: norms by a bound
that is at most n^(1/8) times too large for n of these, lambda by Cholesky's factors.  D is (J(s) - J(0)) / s
at a small real s.  How much |G(w)| / w and a exceed what D says, and that the fast part alone is stable, is
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
FREQUENCIES = 24
SLOWER = 1e-3  # than the fastest slow state; and
FASTER = 100.0  # than it: the band that is looked at
SMALL = 1e-3  # of the slowest fast rate: where the derivative of J is taken


class _FastPart(NamedTuple):
    """The fast states eliminated between the inputs and outputs of an implicit set."""

    problem: CompiledFlow
    sigma: float  # a small rate, 1/s
    at_rest: FlowMaps
    at_sigma: FlowMaps
    rates: Floats
    at_rates: FlowMaps  # at each j rate, [rates, ..]
    stable: bool


class _Limits(NamedTuple):
    """Bounds for every sample of a batch."""

    peak: float  # of |G(w)| / w, over |D|
    turn: Floats  # of a up to each frequency, beyond the skew part of D, over |D|; infinite after the last
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
        lag = _largest_norms(change)
        theta = limits.peak * lag
        nu = limits.error + _skew_norms(at_rest)
        highest = np.divide(nu, 1.0 - theta, out=np.full(len(nu), np.inf), where=theta < 1.0)
        a = _skew_norms(change) + lag * limits.turn[np.searchsorted(fast.rates, highest)]
        least = limits.error + a * highest
        some = np.flatnonzero(np.isfinite(least))
        rates = -0.5 * (at_rest + at_rest.transpose(0, 2, 1))[some]
        out[first + some] = _positive_definite(rates - least[some, None, None] * np.eye(n))

    def _current(self, problem: CompiledFlow, y: Floats) -> _FastPart:
        """The fast part for the implicit set as it is now."""
        if self._fast_part is None or self._fast_part.problem is not problem:
            fast = self._fast
            sigma = SMALL / float(np.linalg.norm(np.linalg.inv(self._maps.rate.by_x[np.ix_(fast, fast)])))
            rates = np.geomspace(SLOWER, FASTER, FREQUENCIES) / problem.kernel.tick
            at_rates = [self._maps_at(1j * w, problem) for w in rates]
            self._fast_part = _FastPart(
                problem=problem,
                sigma=sigma,
                at_rest=self._maps_at(0.0, problem),
                at_sigma=self._maps_at(sigma, problem),
                rates=rates,
                at_rates=FlowMaps(*map(np.stack, zip(*at_rates, strict=True))),
                stable=self._fast_is_stable(y[:1]),
            )
        return self._fast_part

    def _limits(self, fast: _FastPart, y: Floats) -> _Limits:
        """From typical samples."""
        peak = 1.0
        turn = np.zeros(FREQUENCIES)
        error = 0.0
        for sample in np.linspace(0, len(y) - 1, TYPICAL).astype(np.int64):
            slopes = self._slopes(fast.problem, y[sample : sample + 1])
            at_rest = self._jacobian(fast.at_rest, slopes)
            complete = self._complete(y[sample : sample + 1])
            error = max(error, 2.0 * float(np.linalg.norm(complete - at_rest, 2)))
            d = (self._jacobian(fast.at_sigma, slopes) - at_rest) / fast.sigma
            lag = float(np.linalg.norm(d, 2))
            if lag == 0.0:
                return _Limits(np.inf, np.full(FREQUENCIES + 1, np.inf), error)
            skew = float(np.linalg.norm(0.5 * (d - d.T), 2))
            g = (self._jacobian(fast.at_rates, slopes) - at_rest) / fast.rates[:, None, None]
            peak = max(peak, float(np.linalg.norm(g, 2, axis=(1, 2)).max()) / lag)
            largest = np.linalg.eigvalsh(0.5 * (g + g.conj().transpose(0, 2, 1)))[:, -1]
            turn = np.maximum(turn, (largest - skew) / lag)
        return _Limits(peak, np.append(np.maximum.accumulate(turn), np.inf), error)

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
        """S J(s) S^-1 for slopes of the implicit set, complex or many where the maps are."""
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


def _largest_norms(matrices: Floats) -> Floats:
    """What the spectral norm of each matrix cannot exceed, [samples]: (sum of sigma^8)^(1/8)."""
    squares = matrices.transpose(0, 2, 1) @ matrices
    return np.asarray(np.linalg.norm(squares @ squares, axis=(1, 2)) ** 0.25)


def _skew_norms(matrices: Floats) -> Floats:
    """The same of the skew part of each, whose singular values come in equal pairs."""
    return np.asarray(_largest_norms(0.5 * (matrices - matrices.transpose(0, 2, 1))) / 2.0 ** (1 / 8))


def _positive_definite(matrices: Floats) -> Bools:
    """Whether each symmetric matrix is, [samples]."""
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:  # one of them is not
        return np.asarray(np.linalg.eigvalsh(matrices)[:, 0] > 0.0)
    return np.ones(len(matrices), dtype=np.bool_)
