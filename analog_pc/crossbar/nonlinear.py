"""A crossbar of nonlinear devices seen from outside: its port currents and their slopes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analog_pc.arrays import ArrayLike, Bools, Floats
from analog_pc.compiled.threads import side_by_side
from analog_pc.crossbar.array import port_drive, resistance, wired_array
from analog_pc.crossbar.dissipation import Dissipation, dissipated
from analog_pc.crossbar.multiport import admittance, admittances
from analog_pc.crossbar.network import Network
from analog_pc.errors import BadInput

TOLERANCE = 1e-12  # of the largest port voltage: some thousand roundings of a node voltage
SLOWEST = 0.8  # a fixed point that gains less an iteration costs more than Newton's factorisations
MOST = 100  # Newton steps; an exponential law takes b |V| of them to come down from far above
SHORTEST = 2.0**-10  # of a Newton step
CACHED = 2**20  # bytes of a batch of cells that a processor keeps at hand
DESCENT = 0.25  # of what a step promises, to be had before it is taken

Curve = Callable[[Floats], Floats]


class NonlinearArray:
    """Devices I = G f(u), u = V - access_ohms I, at the crossings of wired lines.

    ::

        word line o--[access_ohms]--[ G f(u) ]--o bit line        V: all of it,  u: the device alone

    With the devices replaced by their conductances g at 0 V, and the rest of their currents e = I - g V as
    sources beside them, the array is a linear network, factorised once (Y is symmetric):

        V = H ports + Z e(u),        port currents = Y ports + delta,        delta = N e(u)

    All samples iterate V by this equation, and u by it and the local slope; those that come nearer by less
    than a fifth an iteration go on by Newton's method, which factorises the array at its slopes, halving
    steps until the residual falls.  With ideal lines Z = 0: what is left is each cell on its own.

    Parameters
    ----------
    conductance
        G [rows, columns] in S, each >= 0; 0 is an open cell.
    word_line_resistance, bit_line_resistance, access_ohms
        In Ohm per segment, as for `port_admittance`; access_ohms is in series with each device.
    value, derivative
        f in V and f' (no unit) of arrays of u in V; f(0) = 0 and f'(0) > 0.

    Attributes
    ----------
    admittance
        Y [ports, ports] in S: the array for small signals about 0 V.  Ports as in `port_admittance`.

    Raises
    ------
    BadInput
        For input as refused by `port_admittance`, or a law with another value or slope at 0.

    Notes
    -----
    For f' > 0 the currents are unique: they minimise the network's content, which is convex (W. Millar,
    Phil. Mag. 42, 1951).  Where f' < 0 there may be several; one of them is found, or none.
    """

    def __init__(
        self,
        conductance: ArrayLike,
        word_line_resistance: float,
        bit_line_resistance: float,
        access_ohms: float,
        value: Curve,
        derivative: Curve,
    ) -> None:
        array = wired_array(conductance, word_line_resistance, bit_line_resistance)
        self._g = array.conductance
        self._access = resistance("access_ohms", access_ohms, "no transistor")
        self._value = value
        self._derivative = derivative
        at_rest = np.zeros_like(self._g)
        _check_law(value(at_rest), derivative(at_rest))
        self._straight = replace(array, conductance=self._slope(at_rest))
        self._network = Network(self._straight)
        self.admittance = admittance(self._straight)

    def evaluate(self, port_volts: ArrayLike, start: Floats | None = None) -> tuple[Floats, Floats, Bools]:
        """Currents that the laws add to ``port_volts @ admittance``.

        Parameters
        ----------
        port_volts
            [batch, ports] in V.
        start
            Device voltages [batch, rows, columns] to start from, in V, such as those found before.

        Returns
        -------
        delta, cell_volts, converged
            [batch, ports] in A, into the ports; u [batch, rows, columns] in V; [batch].  Where not
            converged the numbers are those of the last iterate.

        Raises
        ------
        BadInput
            For port voltages or a start of another shape.
        """
        ports = port_drive(self._straight, port_volts)
        delta = np.zeros(ports.shape)
        u = np.zeros((len(ports), *self._g.shape))
        if start is not None and np.shape(start) != u.shape:
            raise BadInput(f"start has shape {np.shape(start)}, expected {u.shape}")
        converged = np.ones(len(ports), dtype=np.bool_)
        driven = np.flatnonzero(ports.any(axis=1))  # the others carry nothing

        def solve(part: slice) -> None:
            some = driven[part]
            found = self._evaluate(ports[some], None if start is None else start[some])
            delta[some], u[some], converged[some] = found

        at_once = max(1, CACHED // self._g.nbytes)
        side_by_side(solve, [slice(k, k + at_once) for k in range(0, len(driven), at_once)])
        return delta, u, converged

    def _evaluate(self, ports: Floats, start: Floats | None) -> tuple[Floats, Floats, Bools]:
        """`evaluate` for some samples at once."""
        with np.errstate(over="ignore", invalid="ignore"):  # wild iterates; not finite is not converged
            linear = self._network.voltages(ports)
            u = linear / self._dV_du(np.zeros_like(self._g))
            if start is not None:
                known = start.any(axis=(1, 2))  # one found at 0 V is worse than the linear network
                u[known] = start[known]
            goal = TOLERANCE * np.abs(ports).max(axis=1)
            delta = np.empty(ports.shape)
            converged = self._fixed_point(linear, u, goal, delta)
            for k in np.flatnonzero(~converged):
                converged[k] = self._newton(linear[k : k + 1], u[k : k + 1], float(goal[k]))
                delta[k] = self._respond(u[k : k + 1])[1][0]
            return delta, u, converged & np.isfinite(delta).all(axis=1)

    def slopes(self, cell_volts: Floats) -> Floats:
        """d delta / d port_volts [batch, ports, ports] in S, where the devices have these voltages u.

        The port admittance of the array of slopes, less the one at 0 V.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return admittances(self._straight, self._slope(cell_volts)) - self.admittance

    def dissipation(self, cell_volts: Floats) -> Dissipation:
        """Power in cells and wires where the devices have these voltages u [batch, rows, columns]."""
        current, volts = self._branch(cell_volts)
        return dissipated(self._straight, volts, current)

    def _dV_du(self, u: Floats) -> Floats:
        """dV/du of each cell."""
        return 1.0 + self._access * self._g * self._derivative(u)

    def _slope(self, u: Floats) -> Floats:
        """dI/dV of each cell, S."""
        device = self._g * self._derivative(u)
        return np.ascontiguousarray(device / (1.0 + self._access * device))

    def _branch(self, u: Floats) -> tuple[Floats, Floats]:
        """I and V of each cell."""
        current = self._g * self._value(u)
        return current, u + self._access * current

    def _respond(self, u: Floats) -> tuple[Floats, Floats]:
        """Z e(u) less V by the laws, [batch, rows, columns], and delta [batch, ports]."""
        current, volts = self._branch(u)
        cells, delta = self._network.respond(current - self._straight.conductance * volts)
        return cells - volts, delta

    def _residual(self, linear: Floats, u: Floats) -> Floats:
        """V by the network less V by the laws, [batch, rows, columns]."""
        return np.asarray(linear + self._respond(u)[0])

    def _fixed_point(self, linear: Floats, u: Floats, goal: Floats, delta: Floats) -> Bools:
        """Iterates u in place as long as it pays; returns which samples have converged.

        `delta` [batch, ports] is filled with the currents before the last move, which is below `goal`.
        """
        converged = np.zeros(len(u), dtype=np.bool_)
        last = np.full(len(u), np.inf)
        going = np.arange(len(u))
        while len(going):
            some = going if len(going) < len(u) else slice(None)  # without copies
            response, delta[some] = self._respond(u[some])
            move = (linear[some] + response) / self._dV_du(u[some])
            size = np.abs(move).max(axis=(1, 2))
            converged[going] = size <= goal[going]
            pays = converged[going] | (size <= SLOWEST * last[going])
            last[going] = size
            u[going[pays]] += move[pays]
            going = going[pays & ~converged[going]]
        return converged

    def _newton(self, linear: Floats, u: Floats, goal: float) -> bool:
        """The same for one sample, u [1, rows, columns], with the slopes at u in the network.

        A residual R calls for a change of V by D = R + Z (slope - g) D.  The last term is what currents
        (slope - g) R do to the network of slopes, by the meaning of Z.
        """
        residual = self._residual(linear, u)
        if not np.linalg.norm(residual) < np.linalg.norm(linear):
            u[:] = 0.0
            residual = linear  # the better start, and a finite one
        for _ in range(MOST):
            slope = self._slope(u)
            network = Network(replace(self._straight, conductance=slope[0]))
            change = residual + network.respond((slope - self._straight.conductance) * residual)[0]
            move = change / self._dV_du(u)
            if np.abs(move).max() <= goal:
                u += move
                return True
            part = self._part(linear, u, move, float(np.linalg.norm(residual)))
            if part == 0.0:
                return False
            u += part * move
            residual = self._residual(linear, u)
        return False

    def _part(self, linear: Floats, u: Floats, move: Floats, size: float) -> float:
        """The longest of 1, 1/2, 1/4, ... of a move that shortens the residual; 0 if none does."""
        part = 1.0
        while part >= SHORTEST:
            if np.linalg.norm(self._residual(linear, u + part * move)) <= (1.0 - DESCENT * part) * size:
                return part
            part *= 0.5
        return 0.0


def _check_law(value: Floats, slope: Floats) -> None:
    """At 0 V a cell carries nothing, and conducts."""
    if not (value == 0.0).all():
        raise BadInput(f"the device law is {float(np.ravel(value)[0])!r} V at 0 V, must be 0")
    if not ((slope > 0.0) & np.isfinite(slope)).all():
        raise BadInput(f"the device law has slope {float(np.ravel(slope)[0])!r} at 0 V, must be > 0")
