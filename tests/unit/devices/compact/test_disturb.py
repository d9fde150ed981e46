"""Reads, half-selects and whole arrays with their wires."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from analog_pc.crossbar import cell_voltages
from analog_pc.devices.compact import (
    STANFORD_PKU,
    VTEAM,
    YAKOPCIC,
    InSeries,
    Wires,
    check_read,
    device_volts,
    half_selected,
    hold,
    pulses_to_move,
    read,
    reads_without_writing,
    write_pulse,
)
from analog_pc.errors import BadInput, SimulationFailed

YAK, TEAM, PKU = YAKOPCIC["microsiemens"], VTEAM["thresholded"], STANFORD_PKU["published"]
UNGATED = dataclasses.replace(PKU, f_min=0.0)
SHAPE = (6, 9)
X = np.random.default_rng(3).uniform(0.1, 0.9, SHAPE)


@pytest.mark.parametrize(
    ("model", "quiet"),
    [
        (YAK, 0.55), (YAKOPCIC["oblea"], 0.149), (YAKOPCIC["miao"], 0.089), (YAKOPCIC["jo"], 0.49),
        (TEAM, 0.64), (VTEAM["memtorch"], 0.0199), (PKU, 1.05),
    ],
)  # fmt: skip
def test_reads(model: object, quiet: float) -> None:
    """Quiet up to the lower threshold, refused above; the widely copied VTEAM set at 0.1 V already."""
    assert reads_without_writing(model, [quiet, -quiet])
    assert read(model, 0.5 * sum(model.limits), quiet) > 0.0
    for volts in (1.03 * quiet, -1.03 * quiet):
        assert not reads_without_writing(model, volts)
        with pytest.raises(BadInput, match=f"{model.name}: a read of {1.03 * quiet:g} V would write it"):
            read(model, 0.5 * sum(model.limits), [0.0, volts])


def test_the_copied_vteam_set_is_refused() -> None:
    """And for the reason given: 0.1 V takes it from one end to the other within microseconds."""
    copied = VTEAM["memtorch"]
    with pytest.raises(BadInput, match=r"vteam: a read of 0.1 V would write it, .* beyond -0.2 and 0.02 V"):
        check_read(copied, 0.1)
    assert hold(copied, 0.01, 0.1, 5e-6) > 0.95
    check_read(TEAM, 0.1)
    with pytest.raises(BadInput, match=r"stanford_pku: a read of 0\.1 V would write it"):
        check_read(UNGATED, 0.1)


@pytest.mark.parametrize("volts", [0.66, 0.8, 1.0, 1.09])
def test_yakopcic_between_threshold_and_twice_the_lower_one(volts: float) -> None:
    """Selected cells write with either sign (v_p = 0.65, v_n = 0.56), half-selected ones never move."""
    assert np.isfinite(pulses_to_move(YAK, 0.5, [volts, -volts], 1e-6)).all()
    assert np.isinf(pulses_to_move(YAK, [[0.2], [0.8]], [volts / 2.0, -volts / 2.0], 1e-6)).all()
    np.testing.assert_array_equal(hold(YAK, [0.2, 0.8], volts / 2.0, 1e6), [0.2, 0.8])


def test_counts_in_closed_form() -> None:
    """Below x_p the motion is even: 1 % takes 0.01 / (g t) pulses, as counted with V / 2 = 0.7 V."""
    g = 4000.0 * (math.exp(0.7) - math.exp(0.65))
    assert pulses_to_move(YAK, 0.1, 0.7, 1e-8) == math.ceil(0.01 / (g * 1e-8))
    assert pulses_to_move(YAK, 0.1, 0.7, 1e-8, share=0.15) == math.ceil(0.15 / (g * 1e-8))
    assert pulses_to_move(YAK, 0.1, 1.5, 1.0) == 1.0
    k = float(TEAM.rate(0.8, 0.0))
    wanted = (math.atanh(0.51) - math.atanh(0.5)) / (k * 1e-9)
    assert pulses_to_move(TEAM, 0.5, 0.8, 1e-9) == math.ceil(wanted)


def test_counts_are_least() -> None:
    """One pulse fewer is not enough; without its gate the Stanford model is disturbed by any voltage."""
    volts, width = np.array([0.3, 0.5, 0.75, -0.75]), 1e-8
    counts = pulses_to_move(UNGATED, 1.0e-9, volts, width)
    far = 0.01 * (PKU.gap_max - PKU.gap_min)
    # Counts above 1e8 are known to the tolerance of the motion only: 1e-8 of the range, of 1 % of it.
    assert (np.abs(hold(UNGATED, 1e-9, volts, (counts + 1.0 + 1e-5 * counts) * width) - 1e-9) >= far).all()
    assert (np.abs(hold(UNGATED, 1e-9, volts, (counts - 1.0 - 1e-5 * counts) * width) - 1e-9) < far).all()
    assert (np.diff(counts[:3]) < 0.0).all()
    assert np.isinf(pulses_to_move(PKU, 1.0e-9, volts, width)).all()


def test_a_state_that_cannot_move_so_far_never_does() -> None:
    assert pulses_to_move(YAK, 0.995, 1.5, 1e-6) == math.inf
    assert pulses_to_move(TEAM, 0.995, 1.5, 1e-6) == math.inf
    assert pulses_to_move(PKU, PKU.gap_min, 1.5, 1e-6) == math.inf
    assert pulses_to_move(InSeries(TEAM, 40e3), 0.0, 1.25, 1e-6) == math.inf  # 0.625 V of it
    with pytest.raises(BadInput, match="yakopcic: width, share = "):
        pulses_to_move(YAK, 0.5, 1.0, 0.0)


def test_ports() -> None:
    np.testing.assert_array_equal(half_selected((2, 3), 1, [0, 2], 1.0), [0.0, 0.5, -0.5, 0.0, -0.5])
    for rows, columns, message in (
        (2, 0, "half-select: rows = 2, must be numbers within 0 ... 1"),
        (0, [-1], "half-select: columns = .-1., must be numbers within 0 ... 2"),
        (0.0, 0, "half-select: rows = 0.0"),
    ):
        with pytest.raises(BadInput, match=message):
            half_selected((2, 3), rows, columns, 1.0)
    with pytest.raises(BadInput, match="half-select: volts = nan"):
        half_selected((2, 3), 0, 0, math.nan)


@pytest.mark.parametrize(("model", "x"), [(YAK, X), (TEAM, X), (PKU, 1e-9 * (0.3 + X))])
@pytest.mark.parametrize("columns", [4, [0, 3, 8]])
def test_without_wires_it_is_the_ideal_scheme(model: object, x: np.ndarray, columns: object) -> None:
    """V, V / 2 and 0 exactly; the selected alone moves, as a device on its own."""
    volts = 1.8 * model.thresholds[1]
    ports = half_selected(SHAPE, 2, columns, volts)
    ideal = np.zeros(SHAPE)
    ideal[2] += volts / 2.0
    ideal[:, columns] += volts / 2.0
    width = 1e-9
    found = write_pulse(model, x, ports, width)
    np.testing.assert_array_equal(found.volts, ideal)
    chosen = ideal == volts
    np.testing.assert_array_equal(found.after[chosen], hold(model, x[chosen], volts, width))
    assert (found.state_change[chosen] != 0.0).all()
    assert (found.state_change[~chosen] == 0.0).all()
    np.testing.assert_array_equal(found.before, x)


def test_linear_devices_are_as_in_the_crossbar() -> None:
    """VTEAM is linear in V: the same network solved by `cell_voltages`; access resistance by hand."""
    ports = half_selected(SHAPE, 0, 8, 1.1)
    g = TEAM.conductance(X)
    wires = Wires(20.0, 30.0)
    # Two solutions of one linear network, each with some hundred roundings of a port voltage.
    found = device_volts(TEAM, X, ports, wires)
    np.testing.assert_allclose(found, cell_voltages(g, ports, 20.0, 30.0), rtol=0.0, atol=1e-13)
    behind = device_volts(TEAM, X, ports, Wires(access_ohms=4e3))
    np.testing.assert_allclose(behind, device_volts(TEAM, X, ports) / (1.0 + 4e3 * g), rtol=1e-12)


def test_the_far_cell_gets_less() -> None:
    """Row 0 is the farthest from the feet, the last column from the drivers: V falls along both."""
    x, wires = np.full((32, 32), 0.5), Wires(5.0, 5.0)
    seen, moved = [], []
    for i, j in ((31, 0), (16, 16), (0, 31)):
        found = write_pulse(YAK, x, half_selected(x.shape, i, j, 1.0), 1e-6, wires)
        seen.append(found.volts[i, j])
        moved.append(found.state_change[i, j])
        others = np.ones(x.shape, dtype=bool)
        others[i, j] = False
        assert (found.state_change[others] == 0.0).all()
    assert 1.0 > seen[0] > seen[1] > seen[2] > 0.65
    assert moved[0] > moved[1] > moved[2] > 0.0


def test_lines_that_are_not_driven_move_by_the_wires() -> None:
    """An unselected cell, ideally at 0 V, has some; thresholds keep it in place."""
    x = np.full(SHAPE, 0.9)
    volts = device_volts(YAK, x, half_selected(SHAPE, 2, 4, 1.0), Wires(50.0, 50.0))
    off = np.delete(np.delete(volts, 2, axis=0), 4, axis=1)
    assert 0.0 < np.abs(off).max() < 0.1


def test_voltages_follow_the_states() -> None:
    """Found anew in parts of the pulse: of second order, so halving the parts quarters the change."""
    x = np.full(SHAPE, 0.9)
    wires, ports = Wires(200.0, 200.0), half_selected(SHAPE, 0, list(range(9)), -1.05)
    ends = [write_pulse(YAK, x, ports, 1e-4, wires, parts).after for parts in (1, 2, 4, 8)]
    changes = [np.abs(b - a).max() for a, b in itertools.pairwise(ends)]
    assert changes[0] > 1e-6  # far above 1e-10 a step
    assert changes[1] / changes[0] == pytest.approx(0.25, abs=0.1)
    assert changes[2] / changes[1] == pytest.approx(0.25, abs=0.05)


def test_what_arrays_refuse() -> None:
    ports = half_selected(SHAPE, 0, 0, 1.0)
    with pytest.raises(BadInput, match="write pulse: parts = 0, must be a whole number >= 1"):
        write_pulse(YAK, X, ports, 1e-6, parts=0)
    with pytest.raises(BadInput, match=r"yakopcic: states must be within 0 \.\.\. 1"):
        write_pulse(YAK, X + 1.0, ports, 1e-6)
    with pytest.raises(BadInput, match="port_voltages has shape"):
        write_pulse(YAK, X, ports[1:], 1e-6)
    with pytest.raises(SimulationFailed, match="stanford_pku: the voltages of the array were not found"):
        device_volts(PKU, 1e-9 * (0.3 + X), half_selected(SHAPE, 0, 0, 1e5), Wires(1.0, 1.0))
