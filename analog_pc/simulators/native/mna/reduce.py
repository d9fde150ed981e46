"""The linear part eliminated: what remains of a circuit between its states, elements and stimuli.

With the held states x, outputs q of the nonlinear elements, and stimuli u (one sparse LU factorisation,
exact up to rounding)::

    w     = W_x x + W_q q + W_u u + w_1          every node voltage
    y     = C x   + K q   + D u   + c            the inputs of the nonlinear elements
    dx/dt = A x   + E q   + B u   + a

A crossbar has entered as its port admittance, from which the nodes of its wires are eliminated already.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.simulators.native.mna.equations import Equations
from analog_pc.simulators.native.mna.triplets import Triplets
from analog_pc.simulators.native.mna.undetermined import singular

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Response:
    """An affine map of held states, outputs and stimuli: by_x [n, states], by_q, by_u, constant [n]."""

    by_x: Floats
    by_q: Floats
    by_u: Floats
    constant: Floats

    def rows(self, rows: Ints) -> Response:
        """Some of its rows."""
        return Response(self.by_x[rows], self.by_q[rows], self.by_u[rows], self.constant[rows])

    def feedforward(self, x: Floats | None, u: Floats) -> Floats:
        """The part of states x [samples, states] (None: none is held) and stimuli u alone, [samples, n]."""
        out = u @ self.by_u.T + self.constant
        return out if x is None else out + x @ self.by_x.T

    def value(self, x: Floats | None, q: Floats, u: Floats) -> Floats:
        """All of it, [samples, n]."""
        return self.feedforward(x, u) + q @ self.by_q.T


class Reduced:
    """The three maps for one choice of held states, [states]; the others are at rest.

    `coupled`: with the currents that crossbars conduct between their ports.  Without, the circuit is many
    small cells.
    """

    def __init__(self, equations: Equations, held: Bools, *, coupled: bool = True) -> None:
        self.equations = equations
        self.held = held
        self._rows = np.array(equations.states, dtype=np.int64)
        self._scale, self._scaled, self._factors = self._factorise(coupled)

    @cached_property
    def nodes(self) -> Response:
        """Node voltages and the other unknowns w."""
        return self._response(self._w)

    @cached_property
    def inputs(self) -> Response:
        """The inputs y of the nonlinear elements."""
        y = self.inputs_of(self._w)
        y[:, -1] += self.equations.input_constant
        y[np.abs(y) < self._round_off] = 0.0
        return self._response(y)

    @cached_property
    def rate(self) -> Response:
        """dx/dt of the held states."""
        equations = self.equations
        out = self.rate_of(self._w)
        n = int(self.held.sum())
        rows = len(out)
        by_output = equations.rate.by_output.matrix((rows, equations.n_outputs)).toarray()
        out[:, n : n + equations.n_outputs] += by_output
        out[:, -1] += equations.rate.constant.matrix((rows, 1)).toarray()[:, 0]
        return self._response(out[self.held])

    def loop_gain(self, outputs: Ints) -> Floats:
        """K for some outputs alone, [inputs, some]."""
        columns = int(self.held.sum()) + outputs
        return self.inputs_of(self.solve(self._sources()[:, columns].toarray()))

    def inputs_of(self, w: Floats) -> Floats:
        """The part of y that unknowns w [w, k] make, [inputs, k]."""
        return np.asarray(self.equations.input_matrix @ w)

    def rate_of(self, w: Floats) -> Floats:
        """The part of every state's rate that unknowns w [w, k] make, [states, k]."""
        equations = self.equations
        return np.asarray(equations.rate.matrix.matrix((len(self._rows), equations.unknowns)) @ w)

    @property
    def free(self) -> Bools:
        """Rows that are Kirchhoff's law of a node, [w]."""
        out = np.ones(self.equations.unknowns, dtype=np.bool_)
        out[list(self.equations.fixed_by)] = False
        out[self._rows] = False
        return out

    def solve(self, sources: Floats) -> Floats:
        """M^-1 of right-hand sides [w, k], with one step of refinement."""
        right = self._scale[:, None] * sources
        found = self._factors.solve(right)
        return np.asarray(found + self._factors.solve(right - self._scaled @ found))

    @cached_property
    def _w(self) -> Floats:
        """w by states, outputs, stimuli and the constant 1, [w, sources]."""
        return self.solve(self._sources().toarray())

    @property
    def _round_off(self) -> Floats:
        """What the LU factorisation may leave of a voltage that is 0, by source: [sources].

        That is the rounding error of the largest voltage that this source makes anywhere.
        """
        nodes = self._w[: len(self.equations.flat.names)]
        return np.asarray(EPS * np.abs(nodes).max(axis=0, initial=0.0))

    def _of_states(self, chosen: Bools) -> Bools:
        """The rows of some states, [w]."""
        out = np.zeros(self.equations.unknowns, dtype=np.bool_)
        out[self._rows[chosen]] = True
        return out

    def _factorise(self, coupled: bool) -> tuple[Floats, csc_array, Any]:
        """M with the largest entry of each row scaled to 1: the scale [w], the matrix, its LU factors."""
        equations = self.equations
        n = equations.unknowns
        parts = [
            equations.kirchhoff.matrix.triplets().of_rows(self.free),
            equations.fixed.matrix.triplets(),
            equations.held.matrix.triplets().of_rows(self._of_states(self.held)),
            equations.static.matrix.triplets().of_rows(self._of_states(~self.held)),
        ]
        if coupled:
            parts.append(equations.coupling.triplets().of_rows(self.free))
        matrix = _sum(parts, (n, n))
        largest = np.zeros(n)
        np.maximum.at(largest, matrix.indices, np.abs(matrix.data))
        scale = 1.0 / np.where(largest > 0.0, largest, 1.0)
        scaled = csc_array((matrix.data * scale[matrix.indices], matrix.indices, matrix.indptr), shape=(n, n))
        try:
            return scale, scaled, splu(scaled)
        except RuntimeError:  # "Factor is exactly singular"
            raise singular(scaled, equations.flat.names) from None

    def _sources(self) -> csc_array:
        """Right-hand sides of M w, [w, held states + outputs + stimuli + 1]."""
        equations = self.equations
        n = int(self.held.sum())
        one = n + equations.n_outputs + equations.n_stimuli
        outputs = np.arange(n, n + equations.n_outputs)
        stimuli = np.arange(n + equations.n_outputs, one)
        constant = np.array([one])
        static = self._of_states(~self.held)
        parts = [
            Triplets(self._rows[self.held], np.arange(n), np.ones(n)),
            equations.kirchhoff.by_output.triplets().of_rows(self.free).renumbered(outputs),
            equations.fixed.by_output.triplets().renumbered(outputs),
            equations.fixed.by_stimulus.triplets().renumbered(stimuli),
            equations.fixed.constant.triplets().renumbered(constant),
            equations.static.constant.triplets().of_rows(static).renumbered(constant),
        ]
        return _sum(parts, (equations.unknowns, one + 1))

    def _response(self, by_source: Floats) -> Response:
        n = int(self.held.sum())
        by_x, by_q, by_u, one = np.split(by_source, [n, n + self.equations.n_outputs, -1], axis=1)
        return Response(
            by_x=np.ascontiguousarray(by_x),
            by_q=np.ascontiguousarray(by_q),
            by_u=np.ascontiguousarray(by_u),
            constant=one[:, 0].copy(),
        )


def _sum(parts: list[Triplets], shape: tuple[int, int]) -> csc_array:
    rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return csc_array((values, (rows, columns)), shape=shape)
