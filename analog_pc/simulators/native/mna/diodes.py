"""Diodes in the equations of `equations.py`, by waves: no exponential is left in what is searched.

With a reference resistance rho of its own, a diode takes the wave a = v + rho i and returns b = v - rho i::

    anode --+--[ rho ]--+-- cathode        i = (v - b) / rho,      a = 2 v - b
            +--( b/rho )+

    Shockley    (rho + R) i + s ln(1 + i / I_s) = a
                i = s / P omega((a + a_0) / s) - I_s,      a_0 = s ln(I_s P / s) + I_s P,  P = rho + R
    ideal       i = max(a - drop, 0) / rho

b is a smooth function of a whose slope lies between -1 and 1, however large the current, with a resistance
in series and without.  It is the `ScalarNonlinearity` b = a + gain (f(a + a_0) - f(a_0)) of
f(a) = s omega(a / s) or of a ramp.  rho is a matter of rounding alone: the solution does not depend on it.

Source: A. Fettweis, "Wave digital filters: theory and practice", Proc. IEEE 74, 270 (1986).
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

import numpy as np
from scipy.special import wrightomega

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Diodes, IdealDiodes, TransferFunction
from analog_pc.circuit.transfer import ramp_transfer
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.elements import ScalarNonlinearity
from analog_pc.simulators.native.mna.equations import Equations
from analog_pc.simulators.native.mna.flatten import GROUND_NUMBER, Bank

WRIGHT_OMEGA = "wright_omega"
IDEAL_SIEMENS = 1e-3  # 1 / rho of an ideal diode between nodes without any other conductance


@dataclass(frozen=True, eq=False)
class DiodeJunctions(ScalarNonlinearity):
    """The wave b that diodes return, by the wave a that they take.

    Parameters
    ----------
    reference_ohms
        rho, [n].
    """

    _: KW_ONLY
    reference_ohms: Floats

    def part(self, some: Bools) -> DiodeJunctions:
        cut = {name: getattr(self, name)[some] for name in ("gain", "offset", "slope", "reference_ohms")}
        return replace(self, **cut)

    @property
    def ideal(self) -> bool:
        return self.transfer.name != WRIGHT_OMEGA


def wright_transfer(slope_volts: float) -> TransferFunction:
    """y = s omega(v / s), the smooth ramp of a junction; s in V."""
    s = float(slope_volts)

    def both(v: Floats) -> tuple[Floats, Floats]:
        omega = wrightomega(v / s)
        return s * omega, omega / (1.0 + omega)

    return TransferFunction(
        WRIGHT_OMEGA, lambda v: both(v)[0], lambda v: both(v)[1], _no_expression, both, (s,)
    )


def stamp_diodes(eq: Equations) -> None:
    """Stamp all diodes of a circuit, once the conductances of its other parts are known."""
    banks = [bank for bank in eq.flat.banks if isinstance(bank.element, Diodes | IdealDiodes)]
    if banks:
        own = _node_siemens(eq)
        for bank in banks:
            _stamp(eq, bank, 1.0 / _reference_siemens(bank, own))


def diode_waves(eq: Equations, y: Floats) -> Floats:
    """Inputs y [samples, inputs], where 2 v of each diode becomes the wave that belongs to v.

    Raises
    ------
    BadInput
        For ideal diodes, whose current their voltage does not give.
    """
    banks = [bank for bank in eq.flat.banks if isinstance(bank.element, Diodes | IdealDiodes)]
    junctions = [instance for instance in eq.elements if isinstance(instance.element, DiodeJunctions)]
    out = y
    for bank, (element, inputs, _) in zip(banks, junctions, strict=True):
        assert isinstance(element, DiodeJunctions)
        if not isinstance(bank.element, Diodes):
            raise BadInput(f"native: {bank.label}: voltages alone do not give the current of ideal diodes")
        volts = 0.5 * y[:, inputs]
        out = out.copy() if out is y else out
        out[:, inputs] = volts + element.reference_ohms * bank.element.current(volts)
    return out


def _stamp(eq: Equations, bank: Bank, rho: Floats) -> None:
    """The conductance 1 / rho, the source b / rho, and the wave a as an unknown of its own."""
    element = _junctions(bank.element, rho)
    anode = bank.at("anode")
    cathode = bank.at("cathode")
    inputs, outputs = eq.add_element(element)
    wave = eq.add_unknowns(len(rho))
    eq.fix(wave, bank)
    eq.fixed.matrix.add(wave, wave, 1.0)
    eq.fixed.matrix.difference(wave, anode, cathode, -2.0)
    eq.fixed.by_output.add(wave, outputs, -1.0)
    eq.kirchhoff.matrix.conductances(anode, cathode, 1.0 / rho)
    eq.kirchhoff.by_output.add(anode, outputs, 1.0 / rho)
    eq.kirchhoff.by_output.add(cathode, outputs, -1.0 / rho)
    eq.inputs.matrix.add(inputs, wave, 1.0)


def _junctions(element: object, rho: Floats) -> DiodeJunctions:
    line = np.full(len(rho), -1.0)
    if isinstance(element, IdealDiodes):
        ramp = ramp_transfer((0.0,), (0.0, 1.0))
        return DiodeJunctions(
            ramp, np.full(len(rho), -2.0), -np.asarray(element.drop), line, reference_ohms=rho
        )
    assert isinstance(element, Diodes)
    s = element.slope_volts
    ohms = rho + element.series_ohms
    drop = np.asarray(element.saturation) * ohms
    offset = s * np.log(drop / s) + drop
    return DiodeJunctions(wright_transfer(s), -2.0 * rho / ohms, offset, line, reference_ohms=rho)


def _node_siemens(eq: Equations) -> Floats:
    """Conductance from each node to all others but diodes; infinite for ground (the last) and fixed nodes."""
    entries = eq.kirchhoff.matrix.triplets()
    own = entries.rows == entries.columns
    out = np.zeros(eq.unknowns + 1)
    np.add.at(out, entries.rows[own], entries.values[own])
    out[list(eq.fixed_by)] = np.inf
    out[GROUND_NUMBER] = np.inf
    return out


def _reference_siemens(bank: Bank, own: Floats) -> Floats:
    """1 / rho: the conductance that the circuit has at the diode's terminals, [n].

    That is where both are in series.  A node without a conductance is left out; where none is left, the
    geometric mean of the junction's at 0 V and 1 S.
    """
    ends = np.stack([own[bank.at("anode")], own[bank.at("cathode")]])
    with np.errstate(divide="ignore"):
        ohms = np.where(ends > 0.0, 1.0 / ends, 0.0).sum(axis=0)
    return np.where(ohms > 0.0, 1.0 / np.where(ohms > 0.0, ohms, 1.0), _own_siemens(bank.element, len(ohms)))


def _own_siemens(element: object, n: int) -> Floats:
    if isinstance(element, Diodes):
        return np.sqrt(np.asarray(element.saturation) / element.slope_volts)
    return np.full(n, IDEAL_SIEMENS)


def _no_expression(volts: str) -> str:
    raise BadInput(f"the wave of a diode at {volts} has no form in SPICE")
