"""Weights that stick out: what clipping and more devices give, and what they cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.cost import network_cost
from analog_pc.cost.formula import array_power
from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.data import TestData
from analog_pc.evaluation.outliers import AS_MAPPED, count_remedies, outliers, try_remedies, with_devices
from analog_pc.evaluation.sentences import chips_text
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Native
from analog_pc.technology import Technology
from analog_pc.technology.catalogue import IDEAL

SPREAD = ((1e-6, 2e-6), (1e-4, 2e-6))


@pytest.fixture(scope="module")
def parts() -> Technology:
    """Ideal parts, but for devices that are programmed to 2 uS."""
    return replace(IDEAL, name="mine", programming_spread=SPREAD, opamp_output_resistance=0.0)


@pytest.fixture(scope="module")
def bench(network: PredictiveCodingNetwork, data: TestData, parts: Technology) -> Bench:
    """Iris with one weight times 30."""
    weights = [np.concatenate([w, np.zeros((len(w), 60))], axis=1) for w in network.W[:1]] + [*network.W[1:]]
    weights[0][2, 1] *= 30.0
    inputs = np.concatenate([data.inputs, np.zeros((len(data.inputs), 60))], axis=1)
    wide = PredictiveCodingNetwork(weights, network.b, "tanh")
    return Bench(wide, parts, TestData("iris", inputs[::3], data.labels[::3]), (0, 1))


def test_nothing_to_do_without_outliers(network: PredictiveCodingNetwork, data: TestData) -> None:
    plain = Bench(network, IDEAL, data, (0,))
    assert outliers(plain) == 0
    assert count_remedies(plain) == 0
    assert list(try_remedies(plain, lambda _: None)) == []


def test_remedies_have_an_accuracy_and_a_cost(bench: Bench) -> None:
    ticks: list[str] = []
    found = list(try_remedies(bench, ticks.append))
    rows = {row.name: row for row in found}
    assert list(rows) == [
        AS_MAPPED,
        "clipped at 99 %",
        "2 devices a cell",
        "4 devices a cell",
    ]
    assert len(ticks) == count_remedies(bench) == 8  # at 99.9 % the one outlier would be kept: no remedy
    alone = rows[AS_MAPPED]
    assert alone.devices == 2 * (
        65 * 6 + 7 * 3 + 3 * 6
    )  # with the lines of the biases; the feedback has none
    assert alone.accuracy == bench.chips(bench.technology, 2)
    for count in (2, 4):
        more = rows[f"{count} devices a cell"]
        assert more.devices == count * alone.devices
        assert more.area == pytest.approx(count * alone.area)
        assert more.power == pytest.approx(count * alone.power, rel=0.1)  # the same volts, but for the draws
        assert more.ideal == alone.ideal == bench.ideal_accuracy
    clip = rows["clipped at 99 %"]
    assert (clip.devices, clip.area) == (alone.devices, alone.area)
    assert clip.lost == bench.ideal_accuracy - clip.accuracy.lowest


def test_the_power_is_that_of_the_circuit(bench: Bench) -> None:
    """G V^2 at the operating points that the native simulator finds on the first chip."""
    some = replace(bench, data=TestData("iris", bench.data.inputs[:5], bench.data.labels[:5]), seeds=(0,))
    row = next(iter(try_remedies(some, lambda _: None)))
    options = CompileOptions(volts_per_unit=some.scales)
    compiled = compile_network(some.network, some.technology, some.data.inputs, options=options)
    solution = Native().simulate(compiled.circuit, compiled.operating_point(every_node=True))
    assert row.power == pytest.approx(array_power(compiled.circuit, solution), rel=1e-6)


def test_more_devices_make_longer_word_lines(parts: Technology) -> None:
    made = replace(parts, word_line_resistance=1.0, bit_line_resistance=2.0, word_line_capacitance=1e-16)
    found = with_devices(made, 4)
    assert (found.devices_per_weight, found.word_line_resistance, found.bit_line_resistance) == (4, 4.0, 2.0)
    assert found.word_line_capacitance == pytest.approx(4e-16)
    assert found.name == made.name  # by which its process is found


def test_the_closed_form_is_the_circuit_with_several_devices(bench: Bench) -> None:
    """Wires, access transistors and output resistance on; both solvers' tolerances are 1e-10."""
    made = replace(
        bench.technology,
        devices_per_weight=3,
        word_line_resistance=1.0,
        bit_line_resistance=1.0,
        access_resistance=1e3,
        opamp_gain=1e4,
        opamp_output_resistance=100.0,
    )
    some = replace(
        bench, technology=made, data=TestData("iris", bench.data.inputs[:4], bench.data.labels[:4])
    )
    closed = some.equilibrium(made, 0)
    options = CompileOptions(volts_per_unit=some.scales)
    compiled = compile_network(some.network, made, some.data.inputs, options=options)
    native = compiled.decode(Native().simulate(compiled.circuit, compiled.operating_point()))
    np.testing.assert_allclose(closed.output, native.output, atol=1e-8)


def test_cells_cost_as_many_devices(
    network: PredictiveCodingNetwork, data: TestData, parts: Technology
) -> None:
    """Counts, area, and a write of one device after the other."""
    costs = [
        network_cost(
            network, replace(parts, devices_per_weight=k), data.inputs[:1], phases=["predict", "write"]
        )
        for k in (1, 3)
    ]
    arrays = [next(p for p in c.phases["predict"].parts if p.part == "crossbars") for c in costs]
    assert arrays[1].count == 3 * arrays[0].count
    assert arrays[1].area == pytest.approx(3.0 * arrays[0].area)
    writes = [c.phases["write"] for c in costs]
    assert writes[1].latency == pytest.approx(3.0 * writes[0].latency)
    devices = [next(p for p in w.parts if p.part == "written devices") for w in writes]
    assert devices[1].count == 3 * devices[0].count
    assert devices[1].energy == pytest.approx(3.0 * devices[0].energy, rel=0.02)  # but for the draws


def test_the_comparison_says_on_how_many_chips_it_is(bench: Bench) -> None:
    assert chips_text(bench) == "2 chips"
    assert chips_text(replace(bench, seeds=tuple(range(8)))) == "the first 2 of 8 chips"
