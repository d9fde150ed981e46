"""The equilibrium of ideal diodes against a quadratic program solved by other code, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from analog_pc.arrays import Floats
from analog_pc.resistive import ResistiveNetwork, energy, nudge, random_resistive_network, settle


def quadratic_program(network: ResistiveNetwork, x: Floats) -> Floats:
    """All voltages of layers 1 ... L of one sample, by SciPy's bounded least squares on the branch powers."""
    sizes = network.sizes[1:]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    sources = network.sources(x)[0]
    rows = []
    wanted = []
    for layer, g in enumerate(network.G):
        for i, j in np.argwhere(g > 0.0):
            root = np.sqrt(g[i, j])
            row = np.zeros(starts[-1])
            row[starts[layer] + i] = root
            if layer:
                row[starts[layer - 1] + j] = -root
            rows.append(row)
            wanted.append(0.0 if layer else root * sources[j])
    signs = np.concatenate([network.signs(k + 1) for k in range(len(sizes))])
    low = np.where(signs > 0, 0.0, -np.inf)
    high = np.where(signs < 0, 0.0, np.inf)
    answer = lsq_linear(np.array(rows), np.array(wanted), (low, high), method="bvls", tol=1e-15)
    return np.asarray(answer.x)


def test_a_divider_by_hand() -> None:
    """2 S to +3 V, 1 S to -3 V and 1 S to the output: the output carries no current, so v1 = o = 1 V."""
    found = settle(ResistiveNetwork([[[2.0, 1.0]], [[1.0]]], gain=3.0), [[1.0]])
    assert found.relaxation.all_converged
    np.testing.assert_allclose(found.voltages[1], [[1.0]], rtol=1e-15)
    np.testing.assert_allclose(found.output, [[1.0]], rtol=1e-15)
    # 1/2 (2 * 2^2 + 1 * 4^2)
    np.testing.assert_allclose(found.energy, [12.0], rtol=1e-15)


def test_a_diode_holds_its_node() -> None:
    found = settle(ResistiveNetwork([[[2.0, 1.0]], [[1.0]]], gain=3.0), [[-1.0]])
    assert found.conducting[0].all()
    np.testing.assert_array_equal(found.output, [[0.0]])


@pytest.mark.parametrize("sizes", [(3, 1), (3, 4, 2), (4, 9, 5, 3), (2, 6, 7, 5, 2)])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_minimum_of_the_power(sizes: tuple[int, ...], seed: int) -> None:
    network = random_resistive_network(sizes, gain=20.0, seed=seed)
    for k, g in enumerate(network.G, 1):
        assert k == 1 or g.sum() > 0.0
    x = np.random.default_rng(seed).uniform(-1.0, 1.0, (1, sizes[0]))
    network = network.with_parameters([g + 0.01 for g in network.G], network.b)
    found = settle(network, x)
    assert found.relaxation.all_converged
    v = np.concatenate([a[0] for a in found.voltages[1:]])
    # SciPy stops at 1e-15 of a cost of some hundred: voltages to its root, of 20 units
    np.testing.assert_allclose(v, quadratic_program(network, x), atol=2e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["spring", "current", "clamp"]))
def test_no_permitted_voltages_have_less_energy(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    sizes = tuple(rng.integers(1, 7, rng.integers(2, 5)))
    network = random_resistive_network(sizes, gain=5.0, seed=rng)
    currents = [rng.normal(size=n) for n in sizes[1:]]
    network = network.with_parameters([g + 0.05 for g in network.G], currents)
    x = rng.uniform(-1.0, 1.0, (3, sizes[0]))
    targets = rng.normal(size=(3, sizes[-1]))
    load = nudge(kind, 0.3, settle(network, x).output, targets)
    found = settle(network, x, load)
    assert found.relaxation.all_converged, found.relaxation.message

    def total(voltages: list[Floats]) -> Floats:
        o = voltages[-1]
        spring = 0.5 * load.siemens * ((o - load.volts) ** 2).sum(axis=1)
        return np.asarray(energy(network, voltages) + spring - (load.current * o).sum(axis=1))

    least = total(list(found.voltages))
    for scale in (1e-3, 1.0):
        moved = [found.voltages[0]]
        for layer, v in enumerate(found.voltages[1:], 1):
            other = v + scale * rng.normal(size=v.shape)
            sign = network.signs(layer)
            moved.append(np.where(sign * other < 0.0, 0.0, other))
        if load.clamped:
            moved[-1] = found.voltages[-1]
        # energies of some ten units, summed in double precision
        assert (total(moved) >= least - 1e-12 * (1.0 + np.abs(least))).all()


def test_clamped_outputs_are_held() -> None:
    network = random_resistive_network((3, 6, 2), gain=5.0, seed=1)
    targets = np.array([[0.3, -0.2]])
    held = settle(network, [[1.0, 0.5, -0.5]], nudge("clamp", 1.0, 0.0 * targets, targets))
    np.testing.assert_array_equal(held.output, targets)


def test_a_node_without_conductance_is_no_answer() -> None:
    network = ResistiveNetwork([[[1.0, 0.0], [0.0, 0.0]], [[1.0, 0.0]]])
    found = settle(network, [[1.0]])
    assert not found.relaxation.all_converged
    assert "node without conductance" in found.relaxation.message


def test_a_negative_spring_beyond_the_effective_conductance_has_no_equilibrium() -> None:
    network = ResistiveNetwork([[[1.0, 0.0]]])
    targets = np.array([[0.0]])
    assert settle(network, [[1.0]], nudge("spring", -0.9, targets, targets)).relaxation.all_converged
    assert not settle(network, [[1.0]], nudge("spring", -1.1, targets, targets)).relaxation.all_converged
