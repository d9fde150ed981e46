"""What physics does not allow is refused, by element and entry."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import TANH
from analog_pc.circuit import (
    GROUND,
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    Instance,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Subcircuit,
    VoltageSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import activation_transfer
from analog_pc.errors import BadInput

A, B = ("a", "b"), ("c", "d")
LAW = activation_transfer(TANH, 1.0)
POSITIVE = {
    "ohms": lambda v: Resistors("part", A, B, v),
    "farads": lambda v: Capacitors("part", A, B, v),
    "siemens": lambda v: VCCS("part", A, B, v),
    "siemens (gated)": lambda v: MultiplyingVCCS("part", A, A, B, v, LAW),
}


@pytest.mark.parametrize("kind", POSITIVE)
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_values_must_be_positive(kind: str, bad: float) -> None:
    what = kind.split()[0]
    with pytest.raises(BadInput, match=rf"part: {what}\[1\] = .*, must be finite and > 0"):
        POSITIVE[kind]([1.0, bad])
    with pytest.raises(BadInput, match=rf"part: {what} has shape \(3,\), expected \(2,\)"):
        POSITIVE[kind]([1.0, 1.0, 1.0])


@pytest.mark.parametrize("bad", [-1e-6, np.nan])
def test_a_conductance_is_not_negative(bad: float) -> None:
    with pytest.raises(BadInput, match=r"part: siemens\[1, 0\] = .*, must be finite and >= 0"):
        Crossbar("part", A, ("c",), [[1e-6], [bad]])
    with pytest.raises(BadInput, match=r"part: siemens has shape \(1, 2\), expected \(2, 1\)"):
        Crossbar("part", A, ("c",), [[1e-6, 1e-6]])
    with pytest.raises(BadInput, match="part: an array of 0 x 1 devices is empty"):
        Crossbar("part", (), ("c",), np.empty((0, 1)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_volts_and_gains_must_be_finite(bad: float) -> None:
    with pytest.raises(BadInput, match=r"part: volts\[0\] = "):
        VoltageSources("part", A, B, [bad, 0.0])
    with pytest.raises(BadInput, match="part: gain"):
        Amplifiers("part", A, A, B, bad)


LIMITS = {
    "gain_bandwidth": {},
    "slew_rate": {"gain_bandwidth": 1e6},
    "saturation": {},
}


@pytest.mark.parametrize("field", LIMITS)
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, -np.inf])
def test_a_limit_is_positive_or_infinite(field: str, bad: float) -> None:
    with pytest.raises(BadInput, match=rf"part: {field} = .*, must be > 0 \(inf: no limit\)"):
        Amplifiers("part", A, A, B, 1.0, **{**LIMITS[field], field: bad})
    assert getattr(Amplifiers("part", A, A, B, 1.0, **{field: np.inf}), field) == np.inf


@pytest.mark.parametrize("field", ["output_ohms", "noise"])
@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_an_output_resistance_and_noise_are_not_negative(field: str, bad: float) -> None:
    with pytest.raises(BadInput, match=f"part: {field} = .*, must be finite and >= 0"):
        Amplifiers("part", A, A, B, 1.0, **{field: bad})


def test_what_a_pole_needs() -> None:
    with pytest.raises(BadInput, match=r"part: slew_rate = 1\.0 V/s needs a finite gain_bandwidth"):
        Amplifiers("part", A, A, B, 1.0, slew_rate=1.0)
    with pytest.raises(BadInput, match=r"part: gain = -1\.0, must be finite and > 0"):
        Amplifiers("part", A, A, B, -1.0, gain_bandwidth=1e6)
    assert Amplifiers("part", A, A, B, -1.0).gain == -1.0  # without a pole nothing can run away


def test_what_an_amplifier_derives() -> None:
    plain = Amplifiers("part", A, A, B, 1.0)
    assert (plain.has_pole, plain.rail, plain.pair) == (False, None, None)
    real = Amplifiers("part", A, A, B, 1.0, [1e-3, 0.0], gain_bandwidth=1e6, slew_rate=2e6, saturation=1.5)
    assert real.has_pole
    assert real.unity_rate == 2.0 * np.pi * 1e6
    np.testing.assert_array_equal(real.offset, [1e-3, 0.0])
    assert real.rail.value(np.array(1e9)) == pytest.approx(1.5, rel=1e-14)
    assert real.pair.value(np.array(1e15)) == pytest.approx(2e6, rel=1e-14)
    with pytest.raises(BadInput, match=r"part: offset has shape \(3,\), expected \(2,\)"):
        Amplifiers("part", A, A, B, 1.0, [0.0, 0.0, 0.0])


def test_gain_and_offset_of_a_transfer_are_spread_over_the_bank() -> None:
    part = NonlinearVCVS("part", A, B, LAW, 1.1, [0.0, -0.2])
    np.testing.assert_array_equal([part.gain, part.offset], [[1.1, 1.1], [0.0, -0.2]])
    with pytest.raises(BadInput, match=r"part: offset\[1\] = nan"):
        NonlinearVCVS("part", A, B, LAW, 1.0, [0.0, np.nan])


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_resistances_of_an_array_are_not_negative(bad: float) -> None:
    with pytest.raises(BadInput, match=r"part: access_ohms = .*, must be finite and >= 0"):
        Crossbar("part", A, B, 1e-6, access_ohms=bad)
    with pytest.raises(BadInput, match=r"wire: word_line_ohms = .*, must be finite and >= 0"):
        Wire(bad, 0.0)
    with pytest.raises(BadInput, match=r"wire: bit_line_ohms = .*, must be finite and >= 0"):
        Wire(0.0, bad)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_temperature_is_absolute(bad: float) -> None:
    with pytest.raises(BadInput, match=r"circuit c: temperature = .*, must be finite and > 0"):
        Circuit("c", temperature=bad)


def test_volts_may_be_negative_or_zero() -> None:
    np.testing.assert_array_equal(VoltageSources("part", A, B, [-1.0, 0.0]).volts, [-1.0, 0.0])


def test_a_scalar_is_spread_and_arrays_are_copied() -> None:
    ohms = np.array([1.0, 2.0])
    part = Resistors("part", A, B, ohms)
    ohms[0] = -5.0
    np.testing.assert_array_equal(part.ohms, [1.0, 2.0])
    np.testing.assert_array_equal(Resistors("part", A, B, 3.0).ohms, [3.0, 3.0])
    assert Crossbar("part", A, B, 1e-6).siemens.shape == (2, 2)


BUSES = {
    "resistors": lambda a, b: Resistors("part", a, b, 1.0),
    "capacitors": lambda a, b: Capacitors("part", a, b, 1.0),
    "sources": lambda a, b: VoltageSources("part", a, b, 1.0),
    "stimuli": lambda a, b: StimulusSources("part", a, b),
    "amplifiers": lambda a, b: Amplifiers("part", a, a, b, 1.0),
    "transfers": lambda a, b: NonlinearVCVS("part", a, b, LAW),
    "multiplying": lambda a, b: MultiplyingVCCS("part", a, a, b, 1.0, LAW),
    "vccs": lambda a, b: VCCS("part", a, b, 1.0),
}


@pytest.mark.parametrize("kind", BUSES)
def test_buses_have_one_length(kind: str) -> None:
    for a, b in ((A, ("c",)), ((), ())):
        with pytest.raises(BadInput, match="part: buses must have one equal, non-zero length, got"):
            BUSES[kind](a, b)


NAMES = ["", "1a", "X", "a b", "a-b", "a.b", "é", "a\n", "myerror", None]


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    for make in (
        lambda: bus(name, 2),
        lambda: Resistors(name, A, B, 1.0),
        lambda: Crossbar(name, A, B, 1.0),
        lambda: Subcircuit(name, A, ()),
        lambda: Instance(name, Subcircuit("sub", A, ()), A),
        lambda: Circuit(name),
    ):
        with pytest.raises(BadInput, match=r"name .*: use lower-case letters, digits and underscores"):
            make()


def test_buses() -> None:
    assert bus("x1", 3) == ("x1_0", "x1_1", "x1_2")
    assert grounds(2) == (GROUND, GROUND) == ("0", "0")


def test_nothing_twice() -> None:
    one = Resistors("r", A, B, 1.0)
    sub = Subcircuit("sub", A, (one,))
    for message, make in {
        "subcircuit s: port 'a' appears twice": lambda: Subcircuit("s", ("a", "a"), ()),
        "subcircuit s: element 'r' appears twice": lambda: Subcircuit("s", A, (one, one)),
        "circuit c: element 'r' appears twice": lambda: Circuit("c", (one, one)),
        "circuit c: instance 'i' appears twice": lambda: Circuit("c", (), (Instance("i", sub, A),) * 2),
        "instance i: 1 nodes for the 2 ports of sub": lambda: Instance("i", sub, ("a",)),
    }.items():
        with pytest.raises(BadInput, match=message):
            make()


def test_banks_and_stimuli() -> None:
    one, drive = Resistors("r", A, B, 1.0), StimulusSources("u", A, grounds(2))
    circuit = Circuit("c", (drive,), (Instance("i", Subcircuit("sub", A, (one,)), A),))
    assert circuit.stimuli == {"u": 2}
    assert list(circuit.banks()) == [("", drive), ("i", one)]
