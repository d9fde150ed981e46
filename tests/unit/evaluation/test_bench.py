"""Chips on a bench: the ideal ones are the network, random ones differ by their seed alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.data import TestData
from analog_pc.evaluation.non_idealities import measure_alone
from analog_pc.evaluation.sentences import undecided_text
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.technology import IDEAL, Technology
from analog_pc.technology.catalogue import TECHNOLOGIES
from analog_pc.technology.non_idealities import RANDOM, present
from analog_pc.training import accuracy


def quiet(_: str) -> None:
    """No progress."""


def test_ideal_parts_are_the_network(ideal_bench: Bench) -> None:
    found = ideal_bench.chips(ideal_bench.technology)
    assert len(found.chips) == 1  # nothing is drawn: one chip is all chips
    assert found.mean == ideal_bench.ideal_accuracy > 0.8
    assert found.chips[0].changed == 0
    rest = ideal_bench.equilibrium(ideal_bench.technology, 0)
    np.testing.assert_allclose(rest.output, ideal_bench.ideal_outputs, atol=1e-6)


def test_ideal_accuracy_is_that_of_training(ideal_bench: Bench) -> None:
    expected = accuracy(ideal_bench.network, ideal_bench.data.inputs, ideal_bench.data.labels)
    assert ideal_bench.ideal_accuracy == expected


def test_ties_are_told() -> None:
    """Where all rectifiers are off, equal outputs are decided by the smallest offset of a chip."""
    network = PredictiveCodingNetwork([np.eye(2), np.eye(2)], None, "relu", activate_input=False)
    inputs = np.array([[-1.0, -1.0], [1.0, 0.5], [-2.0, -0.1]])
    bench = Bench(network, IDEAL, TestData("own", inputs, np.zeros(3, np.int64)), (0,))
    assert bench.undecided == 2
    assert undecided_text(bench)[0].startswith("2 of 3 samples tie in the ideal network")
    assert (
        undecided_text(Bench(network, IDEAL, TestData("own", inputs[1:2], np.zeros(1, np.int64)), (0,))) == []
    )


def test_a_seed_is_a_chip(network: PredictiveCodingNetwork, data: TestData, offset_alone: Technology) -> None:
    bench = Bench(network, offset_alone, data, (3, 4))
    first = bench.equilibrium(offset_alone, 3).output
    second = bench.equilibrium(offset_alone, 4).output
    assert np.abs(first - second).max() > 1e-3
    again = Bench(network, offset_alone, data, (4,)).equilibrium(offset_alone, 4).output
    np.testing.assert_array_equal(second, again)
    assert [chip.seed for chip in bench.chips(offset_alone).chips] == [3, 4]


def test_every_non_ideality_alone(network: PredictiveCodingNetwork, data: TestData) -> None:
    technology = TECHNOLOGIES["cmos65-rram"]
    bench = Bench(network, technology, data, (0, 1))
    rows = {row.name: row for row in measure_alone(bench, quiet)}
    assert tuple(rows) == present(technology)
    for name, row in rows.items():
        assert len(row.accuracy.chips) == (2 if name in RANDOM else 1)
        assert row.lost == row.ideal - row.accuracy.lowest
    # What acts on time and noise alone moves no operating point; all that a column adds up does.
    assert {name for name, row in rows.items() if not row.acts} == {
        "bandwidth and slew",
        "amplifier noise",
        "wire capacitance",
    }
    assert rows["device I-V"].by == "native"
    assert rows["offset"].by == "closed form"


def test_what_does_not_converge_has_no_accuracy(
    network: PredictiveCodingNetwork, data: TestData, offset_alone: Technology
) -> None:
    bench = Bench(network, replace(offset_alone, opamp_offset=1.0), data, (0,))  # far beyond the supply
    found = bench.chips(bench.technology)
    assert found.mean is None
    assert found.unconverged == data.samples
    assert (found.lowest, found.highest) == (0.0, 1.0)
    assert "supply" in found.chips[0].message or "at rest" in found.chips[0].message
