"""Stamps: how every element enters the equations of `equations.py`."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Ints
from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    Diodes,
    IdealDiodes,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Switches,
    VoltageSources,
)
from analog_pc.circuit.amplifiers import PAIR
from analog_pc.circuit.transfer import limiter, ramp_transfer
from analog_pc.crossbar import NonlinearArray, port_admittance, with_access
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.diodes import stamp_diodes
from analog_pc.simulators.native.mna.elements import (
    MultiplyingTransconductor,
    NonlinearMultiport,
    ScalarNonlinearity,
)
from analog_pc.simulators.native.mna.equations import CrossbarPorts, Equations, NoisyInputs
from analog_pc.simulators.native.mna.flatten import GROUND_NUMBER, Bank, FlatCircuit


def assemble(circuit: Circuit) -> Equations:
    """The equations of a circuit; `BadInput` for an element that has no stamp here."""
    eq = Equations(FlatCircuit(circuit))
    for bank in eq.flat.banks:
        match bank.element:
            case Resistors() as e:
                _resistors(eq, bank, e)
            case Crossbar() as e:
                _crossbar(eq, bank, e)
            case VoltageSources() as e:
                eq.fixed.constant.add(_source_rows(eq, bank), 0, e.volts)
            case StimulusSources() as e:
                rows = _source_rows(eq, bank)
                eq.fixed.by_stimulus.add(rows, eq.add_stimuli(e.name, len(rows)), 1.0)
            case Amplifiers() as e:
                _amplifiers(eq, bank, e)
            case NonlinearVCVS() as e:
                _nonlinear_vcvs(eq, bank, e)
            case VCCS() as e:
                eq.kirchhoff.matrix.add(bank.at("out"), bank.at("drive"), -np.asarray(e.siemens))
            case MultiplyingVCCS() as e:
                _multiplying_vccs(eq, bank, e)
            case Switches() as e:
                _switches(eq, bank, e)
            case Capacitors() | Diodes() | IdealDiodes():
                pass  # all together, once nodes that are fixed, and conductances, are known
            case _:
                kind = type(bank.element).__name__
                raise BadInput(f"native: {bank.label}: no stamp for {kind}, use ngspice or vacask")
    _capacitors(eq)
    stamp_diodes(eq)
    return eq


def _resistors(eq: Equations, bank: Bank, e: Resistors) -> None:
    siemens = 1.0 / np.asarray(e.ohms)
    eq.kirchhoff.matrix.conductances(bank.at("a"), bank.at("b"), siemens)
    eq.thermal.conductances(bank.at("a"), bank.at("b"), siemens)


def _crossbar(eq: Equations, bank: Bank, e: Crossbar) -> None:
    """i = Y v, minus the nonlinear part of the devices' currents."""
    ports = np.concatenate([bank.at("rows"), bank.at("columns")])
    siemens = np.asarray(e.siemens)
    wire = (e.wire.word_line_ohms, e.wire.bit_line_ohms)
    if e.characteristic is None:
        crossbar = CrossbarPorts(port_admittance(with_access(siemens, e.access_ohms), *wire), None)
    else:
        array = NonlinearArray(
            siemens, *wire, e.access_ohms, e.characteristic.value, e.characteristic.derivative
        )
        element = NonlinearMultiport(array)
        crossbar = CrossbarPorts(array.admittance, element)
        inputs, outputs = eq.add_element(element)
        eq.inputs.matrix.add(inputs, ports, 1.0)
        eq.kirchhoff.by_output.add(ports, outputs, -1.0)
    eq.crossbars[bank.label] = crossbar
    own = np.diag(crossbar.admittance)
    eq.kirchhoff.matrix.add(ports, ports, own)
    eq.coupling.add(ports[:, None], ports, crossbar.admittance - np.diag(own))
    # Twiss: the noise currents of a passive multiport have the spectral matrix 2 k T (Y + Y^T).
    eq.thermal.add(ports[:, None], ports, crossbar.admittance)


def _amplifiers(eq: Equations, bank: Bank, e: Amplifiers) -> None:
    """p = gain (d + offset) at rest; the output is p, limited by the rail, behind the output resistance."""
    plus = bank.at("plus")
    minus = bank.at("minus")
    out = bank.at("out")
    p = eq.add_unknowns(len(e.out))
    at_rest = eq.static if e.has_pole else eq.fixed
    at_rest.matrix.add(p, p, 1.0)
    at_rest.matrix.difference(p, plus, minus, -e.gain)
    at_rest.constant.add(p, 0, e.gain * np.asarray(e.offset))
    if e.has_pole:
        _poles(eq, bank, e, p)
    else:
        eq.fix(p, bank)
    if e.noise:
        gain = e.unity_rate if e.has_pole else e.gain
        eq.noisy_inputs.append(NoisyInputs(p, gain, e.noise, e.has_pole))
    stiff = e.output_ohms == 0.0
    if stiff:
        eq.fix(out, bank)
        eq.fixed.matrix.difference(out, out, p)
    else:
        eq.kirchhoff.matrix.add(out, out, 1.0 / e.output_ohms)
        eq.kirchhoff.matrix.add(out, p, -1.0 / e.output_ohms)
        eq.thermal.add(out, out, 1.0 / e.output_ohms)
    if e.rail is not None:
        inputs, outputs = eq.add_element(ScalarNonlinearity.limiting(e.rail, len(p), e.saturation))
        eq.inputs.matrix.add(inputs, p, 1.0)
        row = eq.fixed if stiff else eq.kirchhoff
        row.by_output.add(out, outputs, 1.0 if stiff else 1.0 / e.output_ohms)


def _poles(eq: Equations, bank: Bank, e: Amplifiers, p: Ints) -> None:
    """dp/dt = w (d + offset - p / gain), where the slew limit limits the bracket."""
    plus = bank.at("plus")
    minus = bank.at("minus")
    offset = np.asarray(e.offset)
    x = eq.add_states(p, np.full((len(p), 2), GROUND_NUMBER), np.zeros(len(p)))
    eq.held.matrix.add(p, p, 1.0)
    w = e.unity_rate
    eq.rate.matrix.difference(x, plus, minus, w)
    eq.rate.matrix.add(x, p, -w / e.gain)
    eq.rate.constant.add(x, 0, w * offset)
    if np.isfinite(e.slew_rate):  # in volts, as every element: the input that alone would make p slew
        slew = ScalarNonlinearity.limiting(limiter(e.slew_rate / w, PAIR), len(p))
        inputs, outputs = eq.add_element(slew)
        eq.inputs.matrix.difference(inputs, plus, minus)
        eq.inputs.matrix.add(inputs, p, -1.0 / e.gain)
        eq.inputs.constant.add(inputs, 0, offset)
        eq.rate.by_output.add(x, outputs, w)


def _nonlinear_vcvs(eq: Equations, bank: Bank, e: NonlinearVCVS) -> None:
    """v_out = slope v_control + base + q."""
    control = bank.at("control")
    out = bank.at("out")
    gain = np.asarray(e.gain)
    offset = np.asarray(e.offset)
    with np.errstate(all="ignore"):  # a slope that is not finite is refused
        slope = gain * e.transfer.derivative(offset)
    if not np.isfinite(slope).all():
        worst = int(np.argmin(np.isfinite(slope)))
        raise BadInput(
            f"native: transfer {bank.label}, number {worst}: the slope of {e.transfer.name!r} at 0 V is "
            f"{slope[worst]}, must be finite"
        )
    element = ScalarNonlinearity(e.transfer, gain, offset, slope)
    inputs, outputs = eq.add_element(element)
    eq.fix(out, bank)
    eq.fixed.matrix.add(out, out, 1.0)
    eq.fixed.matrix.add(out, control, -slope)
    eq.fixed.constant.add(out, 0, element.base)
    eq.fixed.by_output.add(out, outputs, 1.0)
    eq.inputs.matrix.add(inputs, control, 1.0)


def _multiplying_vccs(eq: Equations, bank: Bank, e: MultiplyingVCCS) -> None:
    """A current into the output node: base v_drive + q."""
    element = MultiplyingTransconductor(e.gate, np.asarray(e.siemens))
    inputs, outputs = eq.add_element(element)
    eq.kirchhoff.matrix.add(bank.at("out"), bank.at("drive"), -element.base)
    eq.kirchhoff.by_output.add(bank.at("out"), outputs, 1.0)
    eq.inputs.matrix.add(inputs, np.concatenate([bank.at("control"), bank.at("drive")]), 1.0)


def _switches(eq: Equations, bank: Bank, e: Switches) -> None:
    """off v, and q = (on - off) opening(control) v, from a to b."""
    a = bank.at("a")
    b = bank.at("b")
    opening = ramp_transfer((0.0, 1.0), (0.0, 1.0, 0.0))
    inputs, outputs = eq.add_element(MultiplyingTransconductor(opening, np.asarray(e.on) - np.asarray(e.off)))
    control, across = np.split(inputs, 2)
    eq.kirchhoff.matrix.conductances(a, b, e.off)
    eq.kirchhoff.by_output.add(a, outputs, -1.0)
    eq.kirchhoff.by_output.add(b, outputs, 1.0)
    eq.inputs.matrix.add(control, bank.at("control"), 1.0)
    eq.inputs.matrix.difference(across, a, b)


def _source_rows(eq: Equations, bank: Bank) -> Ints:
    """The row of each source's equation: its node's row if it is grounded, else a row of its own."""
    plus = bank.at("plus")
    minus = bank.at("minus")
    rows = np.where(minus == GROUND_NUMBER, plus, np.where(plus == GROUND_NUMBER, minus, GROUND_NUMBER))
    floating = rows == GROUND_NUMBER
    rows[floating] = eq.add_unknowns(int(floating.sum()))
    eq.fix(rows, bank)
    eq.fixed.matrix.difference(rows, plus, minus)
    eq.kirchhoff.matrix.add(plus[floating], rows[floating], 1.0)
    eq.kirchhoff.matrix.add(minus[floating], rows[floating], -1.0)
    return rows


def _capacitors(eq: Equations) -> None:
    """Capacitors in parallel are one; between two fixed nodes (or ground) they move nothing."""
    sums: dict[tuple[int, int], float] = {}
    for bank in eq.flat.of_kind(Capacitors):
        assert isinstance(bank.element, Capacitors)
        farads = np.asarray(bank.element.farads).tolist()
        for a, b, c in zip(bank.at("a").tolist(), bank.at("b").tolist(), farads, strict=True):
            if a != b and not all(n == GROUND_NUMBER or n in eq.fixed_by for n in (a, b)):
                pair = (max(a, b), min(a, b))
                sums[pair] = sums.get(pair, 0.0) + c
    if not sums:
        return
    pairs = np.array(list(sums), dtype=np.int64)
    capacitance = np.array(list(sums.values()))
    current = eq.add_unknowns(len(pairs))
    x = eq.add_states(current, pairs, capacitance)
    eq.kirchhoff.matrix.add(pairs[:, 0], current, 1.0)
    eq.kirchhoff.matrix.add(pairs[:, 1], current, -1.0)
    eq.held.matrix.difference(current, pairs[:, 0], pairs[:, 1])
    eq.static.matrix.add(current, current, 1.0)
    eq.rate.matrix.add(x, current, 1.0 / capacitance)
