"""How every element enters the equations of `equations.py`."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Ints
from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    VoltageSources,
)
from analog_pc.circuit.amplifiers import PAIR
from analog_pc.circuit.transfer import TransferFunction, limiter
from analog_pc.crossbar import NonlinearArray, port_admittance, with_access
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.elements import (
    MultiplyingTransconductor,
    NonlinearMultiport,
    ScalarNonlinearity,
)
from analog_pc.simulators.native.mna.equations import ElementInstance, Equations, NoisyInputs, span
from analog_pc.simulators.native.mna.flat import NOWHERE, Bank, Flat


def assemble(circuit: Circuit) -> Equations:
    """The equations of a circuit."""
    eq = Equations(Flat(circuit))
    for bank in eq.flat.banks:
        if not isinstance(bank.element, Capacitors):
            _place(eq, bank)
    _place_capacitors(eq)
    return eq


def _place(eq: Equations, bank: Bank) -> None:
    match bank.element:
        case Resistors() as e:
            siemens = 1.0 / np.asarray(e.ohms)
            eq.kirchhoff.between(bank.at("a"), bank.at("b"), siemens)
            eq.thermal.between(bank.at("a"), bank.at("b"), siemens)
        case Crossbar() as e:
            _place_crossbar(eq, bank, e)
        case VoltageSources() as e:
            rows = _source_rows(eq, bank)
            eq.fixed_rows_by.add(rows, 0, e.volts)
        case StimulusSources():
            rows = _source_rows(eq, bank)
            columns = eq.count("n_stimuli", len(rows))
            eq.stimuli[bank.element.name] = columns
            eq.by_stimulus.add(rows, np.arange(columns.start, columns.stop), 1.0)
        case Amplifiers() as e:
            _place_amplifiers(eq, bank, e)
        case NonlinearVCVS() as e:
            _place_nonlinear_vcvs(eq, bank, e)
        case VCCS() as e:
            eq.kirchhoff.add(bank.at("out"), bank.at("drive"), -np.asarray(e.siemens))
        case MultiplyingVCCS() as e:
            gates = MultiplyingTransconductor(e.gate, np.asarray(e.siemens))
            instance = eq.add_element(gates)
            eq.kirchhoff.add(bank.at("out"), bank.at("drive"), -gates.base)
            eq.injections.add(bank.at("out"), span(instance.outputs), 1.0)
            eq.inputs.add(span(instance.inputs), np.concatenate([bank.at("control"), bank.at("drive")]), 1.0)


def _place_crossbar(eq: Equations, bank: Bank, e: Crossbar) -> None:
    ports = np.concatenate([bank.at("rows"), bank.at("columns")])
    multiport: NonlinearMultiport | None = None
    siemens, wire = np.asarray(e.siemens), (e.wire.word_line_ohms, e.wire.bit_line_ohms)
    if e.law is None:
        admittance = port_admittance(with_access(siemens, e.access_ohms), *wire)
    else:
        devices = NonlinearArray(siemens, *wire, e.access_ohms, e.law.value, e.law.derivative)
        multiport = NonlinearMultiport(devices)
        admittance = multiport.array.admittance
        instance = eq.add_element(multiport)
        eq.injections.add(ports, span(instance.outputs), -1.0)
        eq.inputs.add(span(instance.inputs), ports, 1.0)
    eq.arrays[bank.label] = admittance, multiport
    own = np.diag(admittance)
    eq.kirchhoff.add(ports, ports, own)
    eq.coupling.add(ports[:, None], ports, admittance - np.diag(own))
    # Twiss: the noise currents of a passive multiport have the spectral matrix 2 k T (Y + Y^T).
    eq.thermal.add(ports[:, None], ports, admittance)


def _place_amplifiers(eq: Equations, bank: Bank, e: Amplifiers) -> None:
    plus, minus, out, n = bank.at("plus"), bank.at("minus"), bank.at("out"), len(e.out)
    p, offset = eq.more(n), np.asarray(e.offset)
    at_rest = eq.static_rows if e.has_pole else eq.fixed_rows
    at_rest_by = eq.static_rows_by if e.has_pole else eq.fixed_rows_by
    at_rest.add(p, p, 1.0)
    at_rest.difference(p, plus, minus, -e.gain)
    at_rest_by.add(p, 0, e.gain * offset)
    if not e.has_pole:
        eq.fix(p, bank)
    if e.noise:
        gain = e.unity_rate if e.has_pole else e.gain
        eq.noisy_inputs.append(NoisyInputs(p, gain, e.noise, e.has_pole))
    stiff = e.output_ohms == 0.0
    if stiff:
        eq.fix(out, bank)
        eq.fixed_rows.difference(out, out, p)
    else:
        eq.kirchhoff.add(out, out, 1.0 / e.output_ohms)
        eq.kirchhoff.add(out, p, -1.0 / e.output_ohms)
        eq.thermal.add(out, out, 1.0 / e.output_ohms)
    if e.rail is not None:
        rail = _curves(eq, e.rail, n)
        eq.rail_volts[e.rail] = e.saturation
        eq.inputs.add(span(rail.inputs), p, 1.0)
        if stiff:
            eq.fixed_rows_by.add(out, 1 + span(rail.outputs), 1.0)
        else:
            eq.injections.add(out, span(rail.outputs), 1.0 / e.output_ohms)
    if e.has_pole:
        _place_poles(eq, bank, e, p)


def _place_poles(eq: Equations, bank: Bank, e: Amplifiers, p: Ints) -> None:
    """dp/dt = w (d + offset - p / gain), bent by the slew limit."""
    plus, minus, offset = bank.at("plus"), bank.at("minus"), np.asarray(e.offset)
    x = eq.add_states(p, np.full((len(p), 2), NOWHERE), np.zeros(len(p)))
    eq.held_rows.add(p, p, 1.0)
    w = e.unity_rate
    eq.rate.difference(x, plus, minus, w)
    eq.rate.add(x, p, -w / e.gain)
    eq.rate_by.add(x, 0, w * offset)
    if np.isfinite(e.slew_rate):  # in volts, as every multiport: the input that alone would make p slew
        slew = _curves(eq, limiter(e.slew_rate / w, PAIR), len(p))
        y = span(slew.inputs)
        eq.inputs.difference(y, plus, minus)
        eq.inputs.add(y, p, -1.0 / e.gain)
        eq.input_constant.add(y, 0, offset)
        eq.rate_by.add(x, 1 + span(slew.outputs), w)


def _curves(eq: Equations, law: TransferFunction, n: int) -> ElementInstance:
    one = np.ones(n)
    return eq.add_element(ScalarNonlinearity(law, one, 0.0 * one, one, near_linear=True))


def _place_nonlinear_vcvs(eq: Equations, bank: Bank, e: NonlinearVCVS) -> None:
    control, out = bank.at("control"), bank.at("out")
    gain, offset = np.asarray(e.gain), np.asarray(e.offset)
    with np.errstate(all="ignore"):  # what is not finite is refused
        slope = gain * e.law.derivative(offset)
    if not np.isfinite(slope).all():
        worst = int(np.argmin(np.isfinite(slope)))
        raise BadInput(
            f"native: transfer {bank.label}, number {worst}: the slope of {e.law.name!r} at 0 V is "
            f"{slope[worst]}, must be finite"
        )
    curves = ScalarNonlinearity(e.law, gain, offset, slope)
    instance = eq.add_element(curves)
    eq.fix(out, bank)
    eq.fixed_rows.add(out, out, 1.0)
    eq.fixed_rows.add(out, control, -slope)
    eq.fixed_rows_by.add(out, 0, curves.base)
    eq.fixed_rows_by.add(out, 1 + span(instance.outputs), 1.0)
    eq.inputs.add(span(instance.inputs), control, 1.0)


def _source_rows(eq: Equations, bank: Bank) -> Ints:
    """The row of each source's equation: that of a grounded source's node, else one of its own."""
    plus, minus = bank.at("plus"), bank.at("minus")
    rows = np.where(minus == NOWHERE, plus, np.where(plus == NOWHERE, minus, NOWHERE))
    floating = rows == NOWHERE
    rows[floating] = eq.more(int(floating.sum()))
    eq.fix(rows, bank)
    eq.fixed_rows.difference(rows, plus, minus)
    eq.kirchhoff.add(plus[floating], rows[floating], 1.0)
    eq.kirchhoff.add(minus[floating], rows[floating], -1.0)
    return rows


def _place_capacitors(eq: Equations) -> None:
    """Capacitors in parallel are one; between two fixed nodes (or ground) they move nothing."""
    sums: dict[tuple[int, int], float] = {}
    for bank in eq.flat.of_kind(Capacitors):
        farads = np.asarray(bank.element.farads)  # type: ignore[union-attr]
        for one, two, c in zip(bank.at("a").tolist(), bank.at("b").tolist(), farads.tolist(), strict=True):
            if one != two and not all(n == NOWHERE or n in eq.fixed for n in (one, two)):
                pair = (one, two) if one > two else (two, one)
                sums[pair] = sums.get(pair, 0.0) + c
    if not sums:
        return
    pairs, farads = np.array(list(sums), dtype=np.int64), np.array(list(sums.values()))
    rows = eq.more(len(pairs))
    x = eq.add_states(rows, pairs, farads)
    eq.kirchhoff.add(pairs[:, 0], rows, 1.0)
    eq.kirchhoff.add(pairs[:, 1], rows, -1.0)
    eq.held_rows.difference(rows, pairs[:, 0], pairs[:, 1])
    eq.static_rows.add(rows, rows, 1.0)
    eq.rate.add(x, rows, 1.0 / farads)
