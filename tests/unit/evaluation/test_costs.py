"""Costs beside machines, break-even in words, and their figures."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from analog_pc.cli.evaluation_lines import comparison_lines, step_lines
from analog_pc.cost import ASSUMED_PROCESS, Baseline, BreakEvenRow, Cost, Operations, PartCost, PhaseCost
from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.comparison import compare
from analog_pc.evaluation.costs import straight
from analog_pc.evaluation.data import TestData
from analog_pc.evaluation.report.comparison import comparison_figure
from analog_pc.evaluation.report.figures import break_even, energy
from analog_pc.evaluation.report.tables import cost_csv
from analog_pc.evaluation.results import Evaluation
from analog_pc.evaluation.run import start
from analog_pc.evaluation.sentences import (
    advice,
    break_even_sentences,
    cost_over,
    cost_sentences,
    lost_text,
    points,
    ratio_text,
)
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.technology.catalogue import IDEAL, TECHNOLOGIES


def phase(name: str, gated: float) -> PhaseCost:
    parts = (
        PartCost("drivers", 10, 3e-9, 1e-3, 2e-9, "here", "C"),
        PartCost("crossbars", 2, 1e-9, 1e-4, 1e-9, "there", "A"),
    )
    return PhaseCost(
        phase=name, latency=1e-6, parts=parts, formula_energy=5e-9, formula_latency=2e-6, gated_energy=gated,
        settling=1e-6, method="given", samples=1,
    )  # fmt: skip


@pytest.fixture
def found(ideal_bench: Bench) -> Evaluation:
    operations = Operations(1e-12, 1e-12, 100, 1000, 10, 0.01)
    phases = {"predict": phase("predict", 1e-9), "learn": phase("learn", 4e-9)}
    return Evaluation(
        bench=ideal_bench,
        title="a test",
        facts={},
        versions={},
        steps=("cost",),
        cost=Cost(phases, 3e-9, operations, "ideal", "given"),
        baselines=(
            Baseline("abacus", "predict", 2e-9, 1.0, "slow", "here", "C"),
            Baseline("oracle", "learn", math.nan, 0.0, "unknown", "here", "C"),
        ),
        break_even=tuple(
            BreakEvenRow(width, "learn", ratio, 1.0, machine, "none", 1.0, ratio, "given")
            for machine, ratios in (("abacus", (2.0, 0.9, 0.5)), ("oracle", (9.0, 0.9, 3.0)))
            for width, ratio in zip((16, 32, 64), ratios, strict=True)
        ),
    )


def test_over_a_machine(found: Evaluation) -> None:
    abacus, oracle = found.baselines
    assert cost_over(found, abacus) == pytest.approx(2.0)
    assert cost_over(found, abacus, gated=True) == pytest.approx(0.5)
    assert cost_over(found, oracle) is None


def test_in_words(found: Evaluation) -> None:
    said = cost_sentences(found)
    assert said[0] == "predict: 4 nJ (1 nJ gated), 1 µs; 75 % of the energy in drivers; by formula 5 nJ, 2 µs"
    assert said[-1] == "area: 0.00300 mm^2"
    assert "predict: switching off what is not needed takes 1 nJ instead of 4 nJ." in advice(found)
    assert not any(sentence.startswith("learn:") for sentence in advice(found))


def test_an_assumed_process_is_told(found: Evaluation) -> None:
    assert found.cost is not None
    found.cost = replace(found.cost, technology="mine", catalogue=ASSUMED_PROCESS)
    assert cost_sentences(found)[-1].startswith(
        "component values of cmos65 are assumed: mine names no process"
    )


def test_break_even_is_where_it_wins_for_good(found: Evaluation) -> None:
    assert break_even_sentences(found) == [
        "widths 16, 32, 64 given",
        "learn: beats abacus from a width of 32 (given) to 64, the widest tried",
        "learn: loses to oracle, 3.00 x at a width of 64, given",
    ]


def test_a_win_at_the_last_width_is_no_more_than_that(found: Evaluation) -> None:
    rows = (
        BreakEvenRow(256, "predict", 2.0, 1.0, "abacus", "none", 1.0, 2.0, "simulated"),
        BreakEvenRow(512, "predict", 0.5, 1.0, "abacus", "none", 1.0, 0.5, "formula"),
    )
    found.break_even = rows
    assert break_even_sentences(found) == [
        "widths 256 simulated; 512 by formula",
        "predict: beats abacus at a width of 512, the widest tried, by formula",
    ]


def test_a_bound_is_called_so_and_a_formula_that_is_off(found: Evaluation) -> None:
    assert found.cost is not None
    bound = replace(phase("learn", 4e-9), bound=True, formula_latency=0.3e-6)
    cost = replace(found.cost, phases={"learn": bound}, failed={"write": "not writable by pulses"})
    found.cost = cost
    assert cost_sentences(found)[:2] == [
        "learn: at most 4 nJ, at most 1 µs (linear bound); 75 % of the energy in drivers; by formula 5 nJ, "
        "300 ns: not within a factor of 2, 0.300 x the latency",
        "write: not writable by pulses",
    ]


def test_a_machine_that_does_not_converge_has_no_number(found: Evaluation) -> None:
    said = step_lines(found, "baselines")
    assert [line for line in said if "oracle" in line] == [
        "  the relaxation does not converge, and has no cost, on oracle"
    ]


def test_an_energy_that_is_assumed_says_so(found: Evaluation) -> None:
    assert found.cost is not None
    devices = PartCost("written devices", 10, 0.0, 0.0, 0.0, "assumed: no current; from memory", "C")
    write = replace(phase("write", 4e-9), parts=(*phase("write", 4e-9).parts, devices))
    found.cost = replace(found.cost, phases={"write": write})
    assert cost_sentences(found)[0].endswith("in drivers; assumed: no current")


@pytest.mark.parametrize(("ratio", "text"), [
    (691.2, "691"), (0.0, "0"), (9.996, "10.0"), (0.01234, "0.0123"), (12345.0, "12300"),
    (123456.0, "1.23e+05"), (99_990.0, "1.00e+05"), (2e-4, "2.00e-04"),
])  # fmt: skip
def test_ratios_have_three_digits(ratio: float, text: str) -> None:
    assert ratio_text(ratio) == text


def test_losses_and_gains() -> None:
    assert lost_text(0.01) == "1.0 point lost"
    assert lost_text(-0.01) == "1.0 point gained"
    assert lost_text(-1e-9) == "0.0 points lost"
    assert points(-0.20) == "-20.0 points"


def test_tables_and_figures(found: Evaluation) -> None:
    assert found.cost is not None
    lines = cost_csv(found.cost).splitlines()
    assert lines[0] == "phase,part,count,energy (J),power (W),area (m^2),source,grade"
    assert lines[1] == "predict,drivers,10,3e-09,0.001,2e-09,here,C"
    assert len(lines) == 5
    predict, learn = energy(found.cost, found.baselines).axes
    assert [label.get_text() for label in predict.get_yticklabels()] == [
        "chip, all parts", "chip, gated", "drivers", "crossbars", "abacus",
    ]  # fmt: skip
    assert [label.get_text() for label in learn.get_yticklabels()][-1] == "crossbars"
    (axes,) = break_even(found.break_even).axes
    assert len(axes.get_lines()) == 3  # two machines, and the line at 1
    (row,) = compare([found])
    assert (row.predict_energy, row.learn_latency, row.area) == (4e-9, 1e-6, 3e-9)
    assert row.write_energy is None
    assert row.predict_bound is False
    assert "4 nJ 1 µs" in comparison_lines([row])[-1]
    assert "<4 nJ <1 µs" in comparison_lines([replace(row, learn_bound=True)])[-1]
    assert row.mean is None
    assert len(comparison_figure([row]).axes) == 4


def test_straight_devices_keep_the_name() -> None:
    technology = TECHNOLOGIES["cmos65-rram"]
    found = straight(technology)
    assert found.name == technology.name
    assert found.device_law == "linear"
    assert found.opamp_offset == technology.opamp_offset


def test_machines_on_which_the_relaxation_does_not_converge_are_one_line(
    network: PredictiveCodingNetwork, data: TestData
) -> None:
    known = Baseline("CPU", "predict", 1e-6, 1e-3, "", "", "A")
    names = [f"machine {k}" for k in range(7)]
    unknown = [Baseline(name, "learn", math.nan, math.nan, "", "", "A") for name in names]
    found = start(Bench(network, IDEAL, data, (0,)), "net.npz", ("baselines",))
    found.baselines = (known, *unknown)
    text = "\n".join(step_lines(found, "baselines"))
    assert "CPU (A)" in text
    assert text.count("does not converge") == 1
    assert " ".join(text.split()).endswith(", ".join(names))
