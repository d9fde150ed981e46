"""The differential equation of a continuous trial, integrated by scipy: no circuit and no netlist in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.integrate import solve_ivp

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.testbench.continuous.run import Waveforms
from analog_pc.testbench.continuous.testbench import ContinuousTestbench

PRECISION = 1e-10


def flow_of(bench: ContinuousTestbench, times: Floats) -> Waveforms:
    """The trial at given times (in tau, rising from 0), three pieces one after the other.

    Raises
    ------
    BadInput
        When the integrator gives up.
    """
    system = _System(bench)
    ends = np.cumsum([0.0, bench.predict, bench.learn, bench.again])
    y = system.start()
    found = np.empty((len(times), len(y)))
    for k, clamped in enumerate((False, True, False)):
        begin = float(ends[k])
        end = float(ends[k + 1])
        if clamped:
            y = system.with_target(y)
        inside = (times >= begin) & ((times < end) | (k == 2))
        answer = solve_ivp(
            lambda _, v, clamped=clamped: system.rate(v, clamped),
            (begin, max(end, float(times[-1])) if k == 2 else end),
            y,
            method="DOP853",
            rtol=PRECISION,
            atol=PRECISION,
            dense_output=True,
        )
        if not answer.success:
            raise BadInput(f"continuous testbench: the equation could not be integrated: {answer.message}")
        if inside.any():
            found[inside] = answer.sol(times[inside]).T
        y = answer.y[:, -1]
    return system.waveforms(times, found)


class _System:
    """States in one vector: x_1 ... x_L, then W_1 ... W_L with their biases."""

    def __init__(self, bench: ContinuousTestbench) -> None:
        self.bench = bench
        self.net = bench.network
        self.shapes: list[tuple[int, ...]] = [(n,) for n in self.net.sizes[1:]]
        self.shapes += [w.shape for w in bench.weights]
        self.cuts = np.cumsum([int(np.prod(s)) for s in self.shapes])[:-1]
        self.activations = [self.net.activation_of(k) for k in range(self.net.depth)]
        self.bias = np.ones(1 if self.net.has_biases else 0)

    def start(self) -> Floats:
        zeros = [np.zeros(n) for n in self.net.sizes[1:]]
        return np.concatenate([*zeros, *(w.ravel() for w in self.bench.weights)])

    def split(self, y: Floats) -> tuple[list[Floats], list[Floats]]:
        parts = [
            part.reshape(*part.shape[:-1], *shape)
            for part, shape in zip(np.split(y, self.cuts, axis=-1), self.shapes, strict=True)
        ]
        return parts[: self.net.depth], parts[self.net.depth :]

    def with_target(self, y: Floats) -> Floats:
        changed = y.copy()
        last = sum(self.net.sizes[1:-1])
        changed[last : last + self.net.sizes[-1]] = self.bench.target
        return changed

    def rate(self, y: Floats, clamped: bool) -> Floats:
        x, weights = self.split(y)
        before: Sequence[Floats] = [np.asarray(self.bench.inputs), *x[:-1]]
        lines = [np.concatenate([f.f(a), self.bias]) for f, a in zip(self.activations, before, strict=True)]
        weighted_eps = [
            pi * (a - w @ line) for pi, a, w, line in zip(self.net.pi, x, weights, lines, strict=True)
        ]
        moves = [-f for f in weighted_eps]
        for k in range(self.net.depth - 1):
            pull = weights[k + 1][:, : self.net.sizes[k + 1]].T @ weighted_eps[k + 1]
            moves[k] = moves[k] + self.activations[k + 1].slope(x[k]) * pull
        if clamped:
            moves[-1] = np.zeros_like(moves[-1])
        learns = [
            np.outer(f, line) / self.bench.slowness for f, line in zip(weighted_eps, lines, strict=True)
        ]
        return np.concatenate([*moves, *(a.ravel() for a in learns)])

    def waveforms(self, times: Floats, y: Floats) -> Waveforms:
        x, weights = self.split(y)
        shown = np.broadcast_to(np.asarray(self.bench.inputs), (len(times), self.net.sizes[0]))
        return Waveforms(times, (shown, *x), tuple(weights))
