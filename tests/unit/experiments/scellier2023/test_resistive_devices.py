"""Conductances as devices: where they start, how they are written, and what they cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.experiments.scellier2023.resistive_devices import ResistiveDevices
from analog_pc.resistive import ResistiveNetwork, random_resistive_network
from analog_pc.training.in_situ import weight_device, write_scheme

FLOOR = 0.025


def devices(name: str, scheme: str, network: ResistiveNetwork) -> ResistiveDevices:
    return ResistiveDevices(
        network, weight_device(name), write_scheme(scheme), headroom=4.0, floor=FLOOR, seed=0
    )


@pytest.fixture
def network() -> ResistiveNetwork:
    return random_resistive_network((3, 5, 2), gain=2.0, seed=1)


def test_ideal_conductances_descend_and_stop_at_zero(network: ResistiveNetwork) -> None:
    held = devices("ideal", "exact", network)
    gradients = [np.full(g.shape, 10.0) for g in network.G]
    gradients[0][0, 0] = -3.0
    held.descend(gradients, 0.1)
    expected = [np.maximum(0.0, g - 0.1 * d) for g, d in zip(network.G, gradients, strict=True)]
    for found, wanted in zip(held.network.G, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_devices_start_at_the_conductances_or_at_the_floor(network: ResistiveNetwork) -> None:
    """ECRAM has no write noise; bounds of its devices spread, and only those of weight w_min feel them."""
    held = devices("ecram", "mixed-precision", network)
    for g, start, most in zip(held.network.G, network.G, held.most, strict=True):
        assert most == 4.0 * start.max()
        clear = start > 2.0 * most * 0.05 * 4.0  # 4 standard deviations of the lower bound above it
        np.testing.assert_allclose(g[clear], start[clear], rtol=1e-12)
        assert (g >= FLOOR * most * (1.0 - 1e-12)).all()


@pytest.mark.parametrize("scheme", ["trains", "mixed-precision"])
def test_pulses_move_conductances_by_the_wanted_amount(network: ResistiveNetwork, scheme: str) -> None:
    held = devices("ecram", scheme, network)
    before = held.network.G[0]
    middle = before > 0.3 * before.max()
    step = 0.02 * held.most[0]
    gradients = [np.full(before.shape, -step), np.zeros(network.G[1].shape)]
    for _ in range(5):
        held.descend(gradients, 1.0)
    moved = (held.network.G[0] - before)[middle].mean()
    # Steps of these devices fall with the weight, by at most 12 + 51 % over the range; they start near w_min.
    assert moved == pytest.approx(5.0 * step, rel=0.5)
    totals = held.totals()
    assert totals.pulses > 0.0
    assert totals.joules > 0.0
    assert totals.devices == network.devices


def test_a_device_that_only_rises_is_refused(network: ResistiveNetwork) -> None:
    with pytest.raises(BadInput, match="only raise it"):
        devices("pcm", "mixed-precision", network)
