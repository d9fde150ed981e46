"""The linear part eliminated: what a circuit is for its states, its blocks and its stimuli.

With the held states x, block outputs delta, stimuli u (one sparse LU factorisation, exact up to rounding)::

    w     = W_x x + W_d delta + W_u u + w_1          every node voltage
    y     = C x   + K delta   + D u   + c            what the blocks read
    dx/dt = A x   + E delta   + B u   + a

A crossbar has entered as its port admittance, from which the nodes of its wires are eliminated already.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.simulators.native.kernels.map_kernel import Plan, fill, plan_of
from analog_pc.simulators.native.kernels.threads import in_slices
from analog_pc.simulators.native.mna.equations import Equations
from analog_pc.simulators.native.mna.triplets import Triplets
from analog_pc.simulators.native.mna.undetermined import singular

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Response:
    """An affine map of held states, block outputs and stimuli: by_x [n, states], by_q, by_u, constant [n]."""

    by_x: Floats
    by_q: Floats
    by_u: Floats
    constant: Floats

    def rows(self, rows: Ints) -> Response:
        """Some of its rows."""
        return Response(self.by_x[rows], self.by_q[rows], self.by_u[rows], self.constant[rows])

    def feedforward(self, x: Floats | None, u: Floats) -> Floats:
        """What states and stimuli make of it without the blocks, [samples, n]."""
        return _mapped(self._feedforward_plan, self._states(x), u)

    def value(self, x: Floats | None, delta: Floats, u: Floats) -> Floats:
        """All of it, [samples, n]."""
        return _mapped(self._plan, self._states(x), delta, u)

    def _states(self, x: Floats | None) -> Floats:
        return np.zeros((1, self.by_x.shape[1])) if x is None else x

    @cached_property
    def _feedforward_plan(self) -> Plan:
        """The map of states and stimuli alone."""
        return plan_of(self.by_x, self.by_u, self.constant)

    @cached_property
    def _plan(self) -> Plan:
        """The map of states and block outputs (its first inputs), and of stimuli."""
        return plan_of(np.concatenate([self.by_x, self.by_q], axis=1), self.by_u, self.constant)

    @property
    def matrix(self) -> Floats:
        """All of it side by side, [n, states + outputs + stimuli + 1]."""
        parts = self.by_x, self.by_q, self.by_u, self.constant[:, None]
        return np.concatenate(parts, axis=1)


def _mapped(plan: Plan, *inputs: Floats) -> Floats:
    """What a map makes of its inputs [samples, ..] side by side, [samples, n]."""
    samples = max(len(part) for part in inputs)  # one sample of stimuli may meet many of states
    given = np.concatenate([np.broadcast_to(part.T, (part.shape[1], samples)) for part in inputs])
    out = np.empty((len(plan.constant), samples))
    in_slices(samples, len(out), lambda part: fill(plan, given, part.start, part.stop, out, 0))
    return out.T


class Reduced:
    """The three maps for one choice of held states; the others are at rest.

    `coupled`: with what crossbars do between their ports; without, the circuit is many small cells.
    """

    def __init__(self, equations: Equations, held: Bools, *, coupled: bool = True) -> None:
        self.equations = a = equations
        self.held, self.coupled = held, coupled
        self._sizes = (int(held.sum()), a.n_outputs, a.n_stimuli)
        self._scale, self._scaled, self._factor = self._factorised()

    @cached_property
    def _w(self) -> Floats:
        return self.solve(self.sources().toarray())

    def loop_gain(self, outputs: Bools) -> Floats:
        """K for some block outputs alone, [reads, outputs]."""
        columns = self._sizes[0] + np.flatnonzero(outputs)
        return self.inputs_of(self.solve(self.sources()[:, columns].toarray()))

    @cached_property
    def nodes(self) -> Response:
        """Node voltages and the other unknowns w."""
        return self._response(self._w)

    @cached_property
    def inputs(self) -> Response:
        """What the blocks read, y."""
        a, y = self.equations, self.inputs_of(self._w)
        y[:, -1] += a.input_constant.dense((a.n_inputs, 1))[a.joined.input_order, 0]
        y[np.abs(y) < self.round_off] = 0.0
        return self._response(y)

    @cached_property
    def rate(self) -> Response:
        """dx/dt of the held states."""
        out = self.rate_of(self._w)
        by = self.equations.rate_by.dense((len(out), 1 + self.equations.n_outputs))
        nx, nd, _ = self._sizes
        out[:, nx : nx + nd] += by[:, 1 + self.equations.joined.output_order]
        out[:, -1] += by[:, 0]
        return self._response(out[self.held])

    def inputs_of(self, w: Floats) -> Floats:
        """What the blocks see of unknowns w [w, k]."""
        return np.asarray(self.input_matrix() @ w)

    def input_matrix(self) -> csr_array:
        """Reads as differences of unknowns, [reads, w]."""
        a = self.equations
        return a.inputs.matrix((a.n_inputs, a.unknowns))[a.joined.input_order]

    def rate_of(self, w: Floats) -> Floats:
        """The part of every state's rate that unknowns w [w, k] make."""
        a = self.equations
        return np.asarray(a.rate.matrix((len(a.states), a.unknowns)) @ w)

    @cached_property
    def round_off(self) -> Floats:
        """The largest volts that a source makes somewhere, to rounding: LU may leave that of 0, [sources]."""
        nodes = self._w[: len(self.equations.flat.names)]
        return np.asarray(EPS * np.abs(nodes).max(axis=0, initial=0.0))

    @property
    def free(self) -> Bools:
        """Rows that are Kirchhoff's law of a node, [w]."""
        a = self.equations
        out = np.ones(a.unknowns, dtype=np.bool_)
        out[list(a.fixed)] = False
        out[np.array(a.states, dtype=np.int64)] = False
        return out

    def matrix(self, *, coupled: bool) -> csc_array:
        """M of `equations.py` for this choice of held states; crossbars may leave their ports uncoupled."""
        a, n = self.equations, self.equations.unknowns
        state_rows = np.array(a.states, dtype=np.int64)
        holds, rests = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
        holds[state_rows[self.held]] = True
        rests[state_rows[~self.held]] = True
        parts = [
            a.kirchhoff.triplets(self.free),
            a.fixed_rows.triplets(),
            a.held_rows.triplets(holds),
            a.static_rows.triplets(rests),
        ]
        if coupled:
            parts.append(a.coupling.triplets(self.free))
        i, j, v = (np.concatenate(part) for part in zip(*parts, strict=True))
        return csc_array((v, (i, j)), shape=(n, n))

    def sources(self) -> csc_array:
        """Right-hand sides, [w, states + blocks + stimuli + 1]; blocks in their joined order."""
        a, n = self.equations, self.equations.unknowns
        nx, nd, nu = self._sizes
        state_rows, one = np.array(a.states, dtype=np.int64), nx + nd + nu
        rests = np.zeros(n, dtype=np.bool_)
        rests[state_rows[~self.held]] = True
        by_output = np.empty(nd + 1, dtype=np.int64)  # the column of the constant 1, then of each output
        by_output[0], by_output[1 + a.joined.output_order] = one, nx + np.arange(nd)
        held = state_rows[self.held]
        parts = (
            (held, np.arange(nx), np.ones(nx)),
            _in_columns(a.injections.triplets(self.free), by_output[1:]),
            _in_columns(a.fixed_rows_by.triplets(), by_output),
            _in_columns(a.by_stimulus.triplets(), nx + nd + np.arange(nu)),
            _in_columns(a.static_rows_by.triplets(rests), np.array([one])),
        )
        rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        return csc_array((values, (rows, columns)), shape=(n, one + 1))

    def solve(self, sources: Floats) -> Floats:
        """M^-1 of right-hand sides [w, k], with one step of refinement."""
        right = self._scale[:, None] * sources
        found = self._factor.solve(right)
        return np.asarray(found + self._factor.solve(right - self._scaled @ found))

    def _factorised(self) -> tuple[Floats, csc_array, Any]:
        """M with its rows scaled to 1, and its LU factors."""
        matrix = self.matrix(coupled=self.coupled)
        largest = np.zeros(matrix.shape[0])
        np.maximum.at(largest, matrix.indices, np.abs(matrix.data))
        scale = 1.0 / np.where(largest > 0.0, largest, 1.0)
        parts = matrix.data * scale[matrix.indices], matrix.indices, matrix.indptr
        scaled = csc_array(parts, shape=matrix.shape)
        try:
            return scale, scaled, splu(scaled)
        except RuntimeError:  # "Factor is exactly singular"
            raise singular(scaled, self.equations.flat.names) from None

    def _response(self, all_columns: Floats) -> Response:
        nx, nd, _ = self._sizes
        by_x, by_q, by_u, one = np.split(all_columns, [nx, nx + nd, all_columns.shape[1] - 1], axis=1)
        parts = [np.ascontiguousarray(part) for part in (by_x, by_q, by_u)]
        return Response(parts[0], parts[1], parts[2], one[:, 0].copy())


def _in_columns(triplets: Triplets, columns: Ints) -> Triplets:
    rows, numbers, values = triplets
    return rows, columns[numbers], values
