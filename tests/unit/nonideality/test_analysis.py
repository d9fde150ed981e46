"""Question C on a small network: every part of the answer, against what is known of it beforehand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Outcome, Solution, Status
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.crossbar import effective_conductance
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.nonideality import (
    STEP_NAMES,
    AnalysisOptions,
    NonIdealityAnalysis,
    analyse_non_idealities,
    deviations,
)
from analog_pc.nonideality.analysis import Now
from analog_pc.nonideality.cross_check import cross_check
from analog_pc.nonideality.deviations import chip_deviation
from analog_pc.nonideality.ir_drop import ir_drop_maps
from analog_pc.nonideality.json_report import report_dict
from analog_pc.nonideality.page import headline, write_analysis
from analog_pc.nonideality.power import power
from analog_pc.nonideality.results import FAIL, NOT_CHECKED, PASS, ChipDeviation, State, StepRecord, TableRow
from analog_pc.nonideality.settling import settle
from analog_pc.nonideality.small_signal import noise, stability
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.simulators import Native
from analog_pc.simulators.native import Deadline
from analog_pc.technology import IDEAL, Technology, technology
from analog_pc.technology.non_idealities import present, without, without_non_idealities

RNG = np.random.default_rng(3)
NET = random_network((4, 3, 2), "tanh", seed=1)
X, T = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 2))
STRONG = replace(NET, weights=[4.0 * w for w in NET.W])
REAL = technology("cmos130-rram")  # wires, and devices that do not bend: transients of a second
BENT = technology("cmos65-rram")
SLOW = replace(IDEAL, name="slow", opamp_gain=1e4, opamp_gain_bandwidth=1e6)  # tau_a far above C / g_s


NATIVE = Native(check_stability=False)
FOREVER = Deadline(None)


def quiet(_: str) -> None:
    pass


def compiled(made_of: Technology, network: PredictiveCodingNetwork = NET) -> CompiledNetwork:
    return compile_network(network, made_of, X, T)


class Shifted:
    """The native simulator with every voltage off by a part of the largest."""

    name = "shifted"
    supports = Native.supports

    def __init__(self, part: float, outcome: Outcome = Outcome.CONVERGED) -> None:
        self.part, self.outcome = part, outcome

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        found = Native(check_stability=False).simulate(circuit, analysis)
        volts = found.volts + self.part * np.abs(found.volts).max()
        return Solution(found.axis, found.nodes, volts, Status(self.outcome))

    def available(self) -> bool:
        return True

    def version(self) -> str:
        return "shifted-1"


class Elsewhere(Shifted):
    """Searches go astray; only a relaxation ends where it should."""

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        relaxed = isinstance(analysis, OperatingPoint) and analysis.settling is not None
        return (Shifted(0.0) if relaxed else Shifted(0.1)).simulate(circuit, analysis)


class Hanging(Shifted):
    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        raise SimulationFailed("ngspice: no result after 1 s, killed")


@pytest.fixture(scope="module")
def found() -> NonIdealityAnalysis:
    return analyse_non_idealities(
        NET, REAL, X, T, Shifted(1e-9), options=AnalysisOptions(seeds=2, time_limit=None)
    )


def test_every_non_ideality_has_a_row_in_every_phase(found: NonIdealityAnalysis) -> None:
    for phase in found.phases:
        assert [row.name for row in phase.rows] == ["everything on", *present(REAL), "nothing on"]
        for row in phase.rows:
            assert row.status == "converged"
            random = row.name in (
                "everything on", "offset", "activation spread", "programming spread", "read noise"
            )  # fmt: skip
            assert len(row.chips) == (2 if random else 1)
            assert (row.spread("rms") > 0.0) == random


def test_rows_are_what_is_known_beforehand(found: NonIdealityAnalysis) -> None:
    for phase in found.phases:
        rows = {row.name: row for row in phase.rows}
        for still in ("bandwidth and slew", "amplifier noise", "wire capacitance"):
            assert rows[still].mean("rms") < 1e-12, "moves no operating point"
        assert rows["nothing on"].mean("largest") < 1e-6
        assert rows["everything on"].mean("rms") > rows["finite gain"].mean("rms") > 1e-6
        assert all(row.mean("rms") <= row.mean("largest") for row in phase.rows)
        learn = phase.phase == "learn"
        assert np.isfinite(rows["everything on"].mean("cosine")) == learn
        assert np.isfinite(rows["everything on"].mean("same_class")) != learn
        assert rows["nothing on"].mean("cosine" if learn else "same_class") == pytest.approx(1.0, abs=1e-9)


def test_a_circuit_that_is_unstable_is_shown_as_such() -> None:
    real, ideal = compiled(SLOW, STRONG), compiled(without_non_idealities(SLOW), STRONG)
    rest = ideal.decode(Native(check_stability=False).simulate(ideal.circuit, ideal.operating_point()))
    row = TableRow("learn", "slow", (chip_deviation(real, rest, NATIVE),))
    said = stability(real, ideal, "learn", 4, NATIVE, FOREVER)
    few = row.chips[0].unstable
    assert few > 0
    assert row.status == f"unstable ({few} of 4 checked); converged"
    assert said.margin < 0.0 < said.ideal_margin
    assert said.message.startswith(f"UNSTABLE in {few} of 4 samples")
    assert "rings at" in said.message
    assert "unstable" in noise(real, "learn", NATIVE).message
    wave = settle(real, "learn", "real", False, NATIVE)
    assert np.isnan(wave.measured)
    assert wave.message


@pytest.mark.parametrize(("seed", "sample"), [(45, 1), (54, 0), (105, 3)])
def test_a_saddle_is_no_verdict_the_circuit_leaves_it_and_rests_elsewhere(seed: int, sample: int) -> None:
    """Networks with several equilibria: the point nearest to the start is not the one that is reached."""
    draw = np.random.default_rng(seed)
    weak = random_network((2, 3, 2), "tanh", seed=seed)
    net = PredictiveCodingNetwork([6.0 * w for w in weak.W], weak.b, "tanh")
    inputs = draw.normal(size=(4, 2))
    targets = draw.choice([-1.5, 1.5], size=(4, 2))
    real = compile_network(net, IDEAL, inputs, targets)
    nearest = NATIVE.simulate(real.circuit, real.operating_point(every_node=True))
    found = NATIVE.linearised(real.circuit, real.operating_point().stimuli, nearest)
    assert sample in found.unstable, "else the test shows nothing"
    chip = chip_deviation(real, relax(net, clamps=real.clamps), NATIVE)
    assert (chip.checked, chip.unstable) == (4, 0)
    assert chip.largest < 1e-6


def test_status_counts_what_did_not_converge() -> None:
    lost = ChipDeviation(seed=0, outcomes={"no operating point was found": 6}, message="why")
    half = ChipDeviation(
        seed=1, rms=0.1, largest=0.2, same_class=1.0, outcomes={"converged": 6}, checked=4, unstable=1
    )
    row = TableRow("predict", "x", (lost, half))
    words = "unstable (1 of 4 checked); no operating point was found (6 of 12); converged (6 of 12); why"
    assert row.status == words
    assert np.isnan(row.mean("rms"))


@pytest.mark.parametrize(("part", "verdict"), [(1e-9, PASS), (1e-4, FAIL)])
def test_the_reference_decides(part: float, verdict: str) -> None:
    (found,) = cross_check(compiled(REAL), "learn", 1, Shifted(part), quiet, NATIVE, FOREVER)
    assert found.verdict == verdict
    assert found.deviation == pytest.approx(part, rel=0.9)


def test_a_reference_that_finds_another_point_lets_the_circuit_relax() -> None:
    (found,) = cross_check(compiled(REAL), "learn", 1, Elsewhere(0.0), quiet, NATIVE, FOREVER)
    assert found.verdict == PASS
    assert found.deviation < 1e-9


class Asked(Shifted):
    """Keeps the analyses that it is asked for."""

    def __init__(self, search: bool) -> None:
        super().__init__(0.0)
        self.supports = replace(Native.supports, search=search)
        self.analyses: list[Analysis] = []

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        self.analyses.append(analysis)
        return super().simulate(circuit, analysis)


@pytest.mark.parametrize("search", [True, False])
def test_a_reference_that_cannot_search_starts_from_the_native_point(search: bool) -> None:
    """Whatever its name: `supports` decides."""
    reference = Asked(search)
    network = compiled(REAL)
    cross_check(network, "learn", 1, reference, quiet, NATIVE, FOREVER)
    analysis = reference.analyses[0]
    assert isinstance(analysis, OperatingPoint)
    every_node = NATIVE.simulate(network.circuit, network.operating_point((0,), every_node=True)).nodes
    assert (set(analysis.guess) == set(every_node)) == (not search)
    assert (analysis.preset is None) == (not search)


@pytest.mark.parametrize("reference", [Hanging(0.0), Shifted(0.0, Outcome.NOT_CONVERGED)])
def test_a_reference_without_an_answer_is_no_pass(reference: Shifted) -> None:
    (found,) = cross_check(compiled(REAL), "learn", 1, reference, quiet, NATIVE, FOREVER)
    assert found.verdict == NOT_CHECKED
    assert "no result" in found.message or "no operating point" in found.message


def test_ir_drops_give_the_current_of_every_bit_line() -> None:
    """What the maps say of a column is what the effective conductances say of its current."""
    wired = replace(IDEAL, name="wired", word_line_resistance=50.0, bit_line_resistance=20.0)
    circuit = compiled(wired)
    maps = {m.array: m for m in ir_drop_maps(circuit, "learn", NATIVE)}
    assert set(maps) == {
        "layer1 forward_plus", "layer1 forward_minus", "layer2 forward_plus", "layer2 forward_minus",
        "layer2 transposed_plus", "layer2 transposed_minus",
    }  # fmt: skip
    rest = Native().simulate(circuit.circuit, circuit.operating_point((0,), every_node=True))
    pair, drop = circuit.design.forward(1), maps["layer1 forward_minus"]
    ports = [*circuit.probes.rates[0], "bias1_p"][: pair.minus.shape[0]]
    volts = rest.voltage(ports)[0]
    across = volts[:, None] - np.sign(volts)[:, None] * drop.loss * drop.volts
    current = (pair.minus * across).sum(axis=0)
    expected = volts @ effective_conductance(pair.minus, 50.0, 20.0)
    assert current == pytest.approx(expected, rel=1e-6)
    assert ir_drop_maps(compiled(IDEAL), "learn", NATIVE) == ()


def test_drop_with_bent_devices_is_near_that_of_straight_ones() -> None:
    bent = {m.array: m.loss for m in ir_drop_maps(compiled(BENT), "learn", NATIVE)}
    straight = ir_drop_maps(compiled(without(BENT, "device I-V")), "learn", NATIVE)
    for m in straight:
        largest = np.abs(m.loss).max()
        assert largest > 0.0
        assert bent[m.array] == pytest.approx(m.loss, rel=0.3, abs=0.1 * largest)


def test_settling_of_ideal_parts_is_that_of_the_linear_flow() -> None:
    linear = random_network((2, 2), "identity", seed=0)
    one = compile_network(linear, IDEAL, X[:1, :2])
    wave = settle(one, "predict", "ideal", False, NATIVE)
    assert wave.theory == pytest.approx(np.log(100.0) * one.scales.seconds)
    assert wave.measured == pytest.approx(wave.theory, rel=1e-2)  # one mode; a step is 1/64 of 12 of them


def test_feedback_off_is_a_chain_of_springs(found: NonIdealityAnalysis) -> None:
    waves = {(w.parts, w.gated): w for w in found.phases[0].settlings}
    tau = REAL.seconds_per_unit
    assert waves["ideal", True].theory == pytest.approx(np.log(100.0) * tau)
    assert waves["ideal", True].measured < waves["ideal", False].theory * 2.0
    assert len(found.phases[1].settlings) == 2  # learning has no gate


def test_noise_of_a_node_with_its_spring_alone() -> None:
    """Noiseless amplifiers of large gain: with the prediction fixed a value node has kT / C."""
    quiet_net = random_network((2, 2), "identity", seed=0)
    one = compile_network(quiet_net, replace(IDEAL, g_min=1e-9, g_max=1e-2), X[:1, :2])
    got = noise(one, "predict", NATIVE)
    assert got.message == ""
    assert (got.rms[1] >= got.thermal).all()
    assert got.rms[1] == pytest.approx(got.thermal, rel=1e-2)  # little of the feedback resistor's passes
    assert got.thermal == pytest.approx(6.4365e-5, rel=1e-3)  # sqrt(1.380649e-23 x 300.15 / 1e-12)


def test_power_is_the_sum_of_its_parts(found: NonIdealityAnalysis) -> None:
    for phase in found.phases:
        p = phase.power
        assert p is not None
        assert p.total == pytest.approx(sum(w for _, w in p.parts) + p.amplifiers * REAL.opamp_power)
        assert phase.energy == pytest.approx(p.total * phase.settlings[1].measured)
        assert all(w >= 0.0 for _, w in p.parts)
    assert "does not say" in power(compiled(IDEAL), "learn", 2, NATIVE).message


def test_report(found: NonIdealityAnalysis, tmp_path: Path) -> None:
    write_analysis(found, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report == json.loads(json.dumps(report_dict(found)))
    assert report["verdict"] == PASS
    assert report["passed"] is True
    html = (tmp_path / "report.html").read_text()
    assert f"<title>SPICE agrees; {headline(report).partition('; ')[2]}: " in html
    for word in ("PASS", "programming spread", "kT/C", "feedback off", "layer2 transposed_plus"):
        assert word in html
    assert html.count("<svg") == 5  # non-idealities; settling and IR drops of each phase
    assert len(report["phases"]["learn"]["rows"]) == len(present(REAL)) + 2


@pytest.mark.parametrize(
    ("verdict", "accuracy", "said"),
    [
        (PASS, ("degraded", 0.96, 0.903, 0.903), "SPICE agrees; degraded, accuracy 90.3 % of 96.0 %"),
        (FAIL, ("works", 0.96, 0.95, 0.96), "SPICE differs; works, accuracy 95.0 to 96.0 % of 96.0 %"),
        (NOT_CHECKED, ("unknown", None, None, None), "not checked by SPICE; accuracy unknown"),
    ],
)
def test_the_title_says_both_verdicts(verdict: str, accuracy: tuple[Any, ...], said: str) -> None:
    """That the simulator is right does not say that the network works."""
    word, ideal, low, high = accuracy
    found = {"verdict": word, "ideal": ideal, "chip": {"low": low, "high": high}}
    assert headline({"verdict": verdict, "accuracy": found}) == said


def test_the_tables_come_first_and_every_step_is_told() -> None:
    told: list[StepRecord] = []
    seen: list[Now] = []
    found = analyse_non_idealities(
        NET,
        REAL,
        X[:2],
        T[:2],
        Shifted(1e-9),
        options=AnalysisOptions(seeds=1, steps=("table", "power")),
        progress=seen.append,
        listener=lambda _, record: told.append(record),
    )
    assert [(r.step, r.phase) for r in told] == [
        ("table", "predict"), ("table", "learn"), ("power", "predict"), ("power", "learn"),
    ]  # fmt: skip
    assert {(now.number, now.total) for now in seen} == {(1, 4), (2, 4), (3, 4), (4, 4)}
    assert seen[0].left is None
    measured = {(record.step, record.phase): record.seconds for record in told}
    assert seen[-1].left == measured["power", "predict"]  # as long as in the other phase
    states = {r.step: r.state for r in found.steps}
    assert [states[name] is State.DONE for name in STEP_NAMES] == [
        name in ("table", "power") for name in STEP_NAMES
    ]
    assert found.partial is False
    assert found.phases[0].stability is None


def test_what_is_known_before_the_end_is_a_report(tmp_path: Path) -> None:
    """As after Ctrl-C: whatever has been found is on the page, which says that it is partial."""
    known: list[NonIdealityAnalysis] = []

    def stop(so_far: NonIdealityAnalysis, record: StepRecord) -> None:
        known.append(so_far)
        if record.step == "cross-check":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyse_non_idealities(
            NET, REAL, X[:2], T[:2], Shifted(1e-9), options=AnalysisOptions(seeds=1), listener=stop
        )
    write_analysis(known[-1], tmp_path)
    assert "<title>PARTIAL, not checked by SPICE; " in (tmp_path / "report.html").read_text()
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["partial"] is True
    assert report["verdict"] == NOT_CHECKED, "the learn phase was not cross-checked"
    assert report["phases"]["learn"]["cross_checks"] == []
    assert report["phases"]["learn"]["stability"] is None
    assert "PARTIAL REPORT" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("step", STEP_NAMES)
def test_each_step_alone_is_a_report(step: str, tmp_path: Path) -> None:
    options = AnalysisOptions(seeds=1, steps=(step,))
    found = analyse_non_idealities(NET, REAL, X[:2], T[:2], Shifted(1e-9), options=options)
    write_analysis(found, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [s["step"] for s in report["steps"] if s["state"] == "done"] == [step, step]
    assert report["partial"] is False


def test_a_step_without_time_keeps_what_it_has() -> None:
    told: list[StepRecord] = []
    found = analyse_non_idealities(
        NET,
        REAL,
        X[:2],
        T[:2],
        Shifted(1e-9),
        options=AnalysisOptions(seeds=2, phases=("learn",), time_limit=1e-6),
        listener=lambda _, record: told.append(record),
    )
    (phase,) = found.phases
    assert [row.name for row in phase.rows] == ["everything on", "nothing on"]
    assert len(phase.rows[0].chips) == 1
    states = {record.step: record.state for record in told}
    assert {name for name, state in states.items() if state is State.OVER_TIME} == {
        "table", "cross-check", "modes", "transients",
    }  # fmt: skip
    assert phase.power is not None, "a step that ran out of time does not block the others"
    assert phase.stability is not None
    assert phase.stability.message == "no time for a sample"
    assert found.partial
    assert found.verdict == NOT_CHECKED


def test_the_table_leaves_the_modes_of_large_chips_to_their_own_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest = compiled(without_non_idealities(REAL))
    ideal = rest.decode(NATIVE.simulate(rest.circuit, rest.operating_point()))
    assert chip_deviation(compiled(REAL), ideal, NATIVE).checked == 4
    monkeypatch.setattr(deviations, "MOST_STATES", 10)
    assert chip_deviation(compiled(REAL), ideal, NATIVE).checked == 0


def test_a_transient_without_time_says_so() -> None:
    wave = settle(compiled(REAL), "learn", "real", False, NATIVE.with_options(transient_limit=1e-3))
    assert np.isnan(wave.measured)
    assert "time limit" in wave.message


def test_nothing_checked_is_said(tmp_path: Path) -> None:
    found = analyse_non_idealities(
        NET,
        technology("breadboard"),
        X[:2],
        None,
        Hanging(0.0),
        options=AnalysisOptions(phases=("predict",), cross_check=0, seeds=1),
    )
    assert found.verdict == NOT_CHECKED
    assert "shifted" not in found.versions
    write_analysis(found, tmp_path)
    html = (tmp_path / "report.html").read_text()
    assert "NOT CHECKED" in html
    assert "was not cross-checked by SPICE" in html
    assert "Voltage along the wires" not in html


@pytest.mark.parametrize(
    ("change", "options", "word"),
    [
        ({"technology": IDEAL}, {}, "no non-ideality"),
        ({"targets": None}, {}, "targets"),
        ({}, {"phases": ()}, "no phases"),
        ({}, {"phases": ("dream",)}, "dream"),
        ({}, {"seeds": 0}, "seeds"),
        ({}, {"cross_check": -1}, "cross_check"),
        ({}, {"labels": np.zeros(2, dtype=int)}, "labels"),
        ({}, {"time_limit": 0.0}, "time_limit"),
    ],
)
def test_refuses(change: dict[str, Any], options: dict[str, Any], word: str) -> None:
    given = {"network": NET, "technology": REAL, "inputs": X, "targets": T, "reference": Native()} | change
    with pytest.raises(BadInput, match=word):
        analyse_non_idealities(**given, options=AnalysisOptions(**options))
