"""Imperfect parts: what a technology puts into a cell, and what chance puts on top."""

from __future__ import annotations

import dataclasses
import zlib

import numpy as np
import pytest

from analog_pc import cells
from analog_pc.activations import ACTIVATIONS, TANH
from analog_pc.circuit import Capacitors, Crossbar, Resistors, Wire, bus, grounds
from analog_pc.circuit.transfer import activation_gate
from analog_pc.mapping import encode
from analog_pc.technology import IDEAL, Technology, offset_left, sampled_spread

REAL = dataclasses.replace(
    IDEAL,
    opamp_gain=98.0,
    opamp_gain_bandwidth=6e6,
    opamp_slew_rate=2e6,
    opamp_saturation=1.2,
    opamp_offset=3e-3,
    opamp_output_resistance=200.0,
    opamp_noise=5e-9,
    activation_gain_spread=0.1,
    activation_offset_spread=4e-3,
    driver_resistance=70.0,
    word_line_resistance=1.0,
    bit_line_resistance=2.0,
    word_line_capacitance=1e-16,
    bit_line_capacitance=2e-16,
    access_resistance=500.0,
    device_law="sinh",
    device_nonlinearity=2.0,
)
PARTS = cells.ComponentSampler(REAL, seed=3, place="layer1")
A, B, OUT = bus("a", 4), bus("b", 4), bus("out", 4)


def stream(name: str, seed: int = 3, place: str = "layer1") -> np.random.Generator:
    """As documented: a stream of its own for chip, place and bank."""
    return np.random.default_rng([seed, zlib.crc32(f"{place}.{name}".encode())])


def test_an_open_loop_is_the_op_amp_itself() -> None:
    amp = cells.open_loop("amp", A, B, OUT, PARTS)
    assert (amp.gain, amp.gain_bandwidth, amp.slew_rate) == (98.0, 6e6, 2e6)
    assert (amp.saturation, amp.output_ohms, amp.noise) == (1.2, 200.0, 5e-9)
    np.testing.assert_array_equal(amp.offset, 3e-3 * stream("amp").normal(size=4))


@pytest.mark.parametrize("noise_gain", [1.0, 2.0])
def test_unity_is_the_closed_loop(noise_gain: float) -> None:
    """p' = 2 pi GBW ((d - p)/NG + offset - p/A0) is a pole of gain A0/(A0+NG) and product GBW/NG."""
    amp = cells.unity("amp", A, B, OUT, noise_gain, PARTS)
    rate = 2.0 * np.pi * REAL.opamp_gain_bandwidth
    offset = 3e-3 * stream("amp").normal(size=4)
    d, p = 0.3, np.array([0.0, 0.1, 0.2, 0.3])
    loop = rate * ((d - p) / noise_gain + offset - p / REAL.opamp_gain)
    block = amp.unity_rate * (d + np.asarray(amp.offset) - p / amp.gain)
    np.testing.assert_allclose(block, loop, rtol=1e-12)  # roundings of 1e7 1/s times 1 V
    # At low frequency feedback of 1/NG divides the output resistance by 1 + A0/NG.
    assert amp.output_ohms == pytest.approx(200.0 / (1.0 + REAL.opamp_gain / noise_gain), rel=1e-15)
    assert amp.noise == noise_gain * 5e-9
    assert (amp.slew_rate, amp.saturation) == (2e6, 1.2)


def test_one_chip_one_draw() -> None:
    def offsets(parts: cells.ComponentSampler, name: str = "amp") -> np.ndarray:
        return np.asarray(cells.open_loop(name, A, B, OUT, parts).offset)

    np.testing.assert_array_equal(offsets(PARTS), offsets(cells.ComponentSampler(REAL, 3, "layer1")))
    others = (
        offsets(cells.ComponentSampler(REAL, 4, "layer1")),
        offsets(cells.ComponentSampler(REAL, 3, "layer2")),
        offsets(PARTS, "tia"),
    )
    for other in others:
        assert (other != offsets(PARTS)).all()


@pytest.mark.parametrize("noise_gain", [None, 2.0])
def test_auto_zeroed_op_amps_keep_what_their_technology_leaves(noise_gain: float | None) -> None:
    zeroed = dataclasses.replace(
        REAL,
        auto_zero_capacitance=1e-12,
        auto_zero_coupling=0.1,
        auto_zero_injection=1e-4,
        auto_zero_time=1e-6,
    )
    parts = cells.ComponentSampler(zeroed, 3, "layer1")
    if noise_gain is None:
        amp = cells.open_loop("amp", A, B, OUT, parts)
    else:
        amp = cells.unity("amp", A, B, OUT, noise_gain, parts)
    raw = 3e-3 * stream("amp").normal(size=4)  # the same op-amp as without auto-zero
    sampled = sampled_spread(zeroed) * stream("amp_auto_zero").normal(size=4)
    expected = (noise_gain or 1.0) * (offset_left(zeroed) * raw + sampled)
    np.testing.assert_allclose(amp.offset, expected, rtol=1e-12)  # roundings


def test_switching_one_non_ideality_off_leaves_the_others_as_drawn() -> None:
    without = cells.ComponentSampler(dataclasses.replace(REAL, opamp_offset=0.0), 3, "layer1")
    np.testing.assert_array_equal(cells.open_loop("amp", A, B, OUT, without).offset, 0.0)
    f = ACTIVATIONS["tanh"]
    with_, without_ = (cells.activation_cell("act", f, A, 0.1, 0.1, p).elements[0] for p in (PARTS, without))
    np.testing.assert_array_equal(with_.gain, without_.gain)
    np.testing.assert_array_equal(with_.offset, without_.offset)


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_activation_circuits_are_spread(name: str) -> None:
    first = cells.activation_cell("act", ACTIVATIONS[name], A, 0.1, 0.1, PARTS).elements[0]
    bank = first.name
    assert len(set(np.asarray(first.gain).tolist())) == 4
    assert len(set(np.asarray(first.offset).tolist())) == 4
    # 6 sigma: 2e-9 of being beyond, and the streams are fixed anyway.
    assert np.abs(np.asarray(first.gain) - 1.0).max() < 6.0 * 0.1, bank
    assert np.abs(first.offset).max() < 6.0 * 4e-3, bank


def test_the_feedback_gate_is_spread() -> None:
    (gate,) = cells.feedback_gate("fb", A, B, OUT, 1e-5, activation_gate(TANH, 0.1), PARTS)
    np.testing.assert_array_equal(gate.siemens, 1e-5 * (1.0 + 0.1 * stream("fb_gain").normal(size=4)))


def wired(technology: Technology) -> dict[str, object]:
    pair = encode([[0.5, -2.0, 1.0, 0.1], [0.0, 0.3, -0.7, 0.2]], IDEAL)
    parts = cells.ComponentSampler(technology)
    return {e.name: e for e in cells.differential_crossbar("w", A, B, bus("column", 2), pair, parts)}


def test_a_crossbar_has_its_driver_wires_and_devices() -> None:
    found = wired(REAL)
    for sign, source in (("plus", B), ("minus", A)):  # the plus devices hang on the negative word lines
        array, driver, cap = (found[f"w_{sign}{what}"] for what in ("", "_driver", "_word_cap"))
        assert isinstance(array, Crossbar)
        assert isinstance(driver, Resistors)
        assert isinstance(cap, Capacitors)
        assert (driver.a, driver.b, cap.a) == (source, array.rows, array.rows)
        np.testing.assert_array_equal(driver.ohms, 70.0)
        np.testing.assert_array_equal(cap.farads, 2 * 1e-16)  # two cells on each word line
        assert (array.wire, array.access_ohms) == (Wire(1.0, 2.0), 500.0)
        assert array.characteristic.value(np.array(0.4)) == np.sinh(2.0 * 0.4) / 2.0
    bit = found["w_bit_cap"]
    assert (bit.a, bit.b) == (bus("column", 2), grounds(2))
    np.testing.assert_array_equal(bit.farads, 8 * 2e-16)  # four plus and four minus cells on each bit line


def test_an_ideal_crossbar_has_devices_alone() -> None:
    assert [type(e) for e in wired(IDEAL).values()] == [Crossbar, Crossbar]
    assert all(e.characteristic is None and e.wire == Wire() for e in wired(IDEAL).values())
