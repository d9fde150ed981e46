"""Whatever device, scheme and history: circuits see the weights, counts add up, a state is all there is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc import technology
from analog_pc.devices.pulsed import PRESETS
from analog_pc.mapping import decode
from analog_pc.training.in_situ import (
    Counts,
    DeviceWeights,
    MixedPrecision,
    Scheme,
    Signs,
    TikiTaka,
    Trains,
    Transposed,
    WriteVerify,
    weight_device,
)

FEW = settings(max_examples=60, deadline=None, derandomize=True)
TECHNOLOGY = technology("cmos65-rram")
DEVICES = st.sampled_from(sorted(PRESETS))
SCHEMES = st.one_of(
    st.builds(Trains, slots=st.integers(1, 31), management=st.booleans()),
    st.just(Counts()),
    st.builds(Signs, threshold=st.floats(0.0, 5.0)),
    st.builds(WriteVerify, tolerance=st.floats(0.1, 5.0), most=st.integers(1, 4)),
    st.just(MixedPrecision()),
    st.builds(
        TikiTaka,
        gamma=st.floats(0.0, 2.0),
        fast=st.floats(0.1, 10.0),
        transfer=st.floats(0.001, 1.0),
        every=st.integers(1, 5),
    ),
)
SEEDS = st.integers(0, 2**32 - 1)
WAYS = st.sampled_from(list(Transposed))
RATES = st.floats(-1.0, 1.0)


def layer(device: str, scheme: Scheme, transposed: Transposed, seed: int) -> DeviceWeights:
    """The same start on another chip."""
    rng = np.random.default_rng(0)
    return DeviceWeights(
        rng.normal(size=(3, 4)), rng.normal(size=3), weight_device(device), scheme, headroom=2.0,
        transposed=transposed, seed=np.random.SeedSequence(seed),
    )  # fmt: skip


def write(found: DeviceWeights, seed: int, rate: float) -> int:
    rng = np.random.default_rng(seed)
    periods = found.write(rng.normal(size=(2, 4)), rng.normal(size=(2, 3)), rate)
    found.elapse(1.0)
    return periods


@FEW
@given(DEVICES, SCHEMES, WAYS, SEEDS, RATES)
def test_circuits_see_what_the_network_means(
    device: str, scheme: Scheme, transposed: Transposed, seed: int, rate: float
) -> None:
    found = layer(device, scheme, transposed, seed)
    for _ in range(3):
        write(found, seed, rate)
        # Rounding of conductances that may be a hundred times the weight's part of them.
        tolerance = 1e-11 * (found.scale + np.abs(found.W).max())
        pair = found.pair(TECHNOLOGY, bias=True)
        np.testing.assert_allclose(decode(pair)[:, :4], found.W, rtol=0.0, atol=tolerance)
        np.testing.assert_allclose(decode(pair)[:, 4], found.b, rtol=0.0, atol=tolerance)
        back = decode(found.transposed_pair(TECHNOLOGY))
        np.testing.assert_allclose(back, found.feedback.T, rtol=0.0, atol=tolerance)


@FEW
@given(DEVICES, SCHEMES, WAYS, SEEDS, RATES)
def test_a_state_is_all_there_is(
    device: str, scheme: Scheme, transposed: Transposed, seed: int, rate: float
) -> None:
    first, second = (layer(device, scheme, transposed, s) for s in (seed, seed + 1))
    write(first, seed, rate)
    second.restore(first.state())
    assert write(first, seed + 2, rate) == write(second, seed + 2, rate)
    a, b = first.state(), second.state()
    assert a.keys() == b.keys()
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name])


@FEW
@given(DEVICES, SCHEMES, SEEDS, RATES)
def test_every_pulse_takes_its_time(device: str, scheme: Scheme, seed: int, rate: float) -> None:
    """Devices one after the other: as many periods as pulses.  Trains: their slots, whatever the array."""
    found = layer(device, scheme, Transposed.SHARED, seed)
    before = sum(a.statistics().pulses for s in found.synapses for a in s.arrays)
    periods = write(found, seed, rate)
    pulses = sum(a.statistics().pulses for s in found.synapses for a in s.arrays) - before
    if isinstance(scheme, Trains):
        assert periods == 2 * scheme.slots
    elif isinstance(scheme, TikiTaka):
        assert periods == 31 * (2 + 2 // scheme.every)
    else:
        assert periods == pulses
