"""The cost of small networks: what adds up, what scales, what is told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from analog_pc.cost import Cost, network_cost, process_of, shipped
from analog_pc.cost.converters import survey_adc
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.pcn import random_network
from analog_pc.technology import IDEAL, TECHNOLOGIES, technology
from analog_pc.technology.non_idealities import RANDOM, present, without

NET = random_network((6, 5, 3), "tanh", seed=1)
RELU = random_network((6, 5, 3), "relu", seed=1)
RNG = np.random.default_rng(3)
X, T = RNG.normal(size=(4, 6)), RNG.normal(size=(4, 3))
REAL = technology("cmos130-rram")


@pytest.fixture(scope="module")
def found() -> Cost:
    return network_cost(NET, REAL, X, T)


def part(cost: Cost, phase: str, name: str) -> object:
    return next(p for p in cost.phases[phase].parts if p.part == name)


def test_the_parts_add_up(found: Cost) -> None:
    for phase in found.phases.values():
        assert phase.energy == sum(p.energy for p in phase.parts)
        assert phase.power == pytest.approx(phase.energy / phase.latency)
    # One chip: what is in both phases takes the same area in both.
    areas = [{p.part: p.area for p in found.phases[name].parts} for name in ("predict", "learn")]
    assert areas[0] == areas[1]
    assert found.area == found.phases["predict"].area == found.phases["learn"].area > 0.0
    assert set(found.phases) == {"predict", "learn", "write"}


def test_every_line_has_a_source_and_a_grade(found: Cost) -> None:
    for phase in found.phases.values():
        for p in phase.parts:
            assert p.source
            assert p.grade in "ABC"
            assert p.count > 0
            assert p.energy >= 0.0
            assert p.area >= 0.0


def test_amplifiers_are_counted_by_hand(found: Cost) -> None:
    # 6-5-3: inputs have DACs; 5 hidden nodes drive 2 lines each; 8 predictions; W_2^T feeds 5 nodes back;
    # 8 senses of eps, and 3 inverted ones for the transposed array.
    counts = {
        "word line drivers": 10,
        "prediction amplifiers": 8,
        "feedback amplifiers": 5,
        "eps amplifiers": 11,
    }
    for name, count in counts.items():
        one = part(found, "learn", name)
        assert one.count == count
        assert one.power == pytest.approx(count * REAL.opamp_power)
        assert one.energy == pytest.approx(one.power * found.phases["learn"].latency)
    assert part(found, "learn", "crossbars").count == 2 * (6 * 5 + 2 * 5 * 3)
    assert part(found, "predict", "input DACs").count == 6
    assert "input buffers" not in {p.part for p in found.phases["predict"].parts}


def test_converters_follow_their_models(found: Cost) -> None:
    adcs = part(found, "predict", "output ADCs")
    assert adcs.energy == pytest.approx(3 * survey_adc(8, 130e-9, 1e8).energy)
    assert part(found, "learn", "output ADCs").energy == 0.0
    coarse = network_cost(NET, REAL, X, phases=["predict"], dac_bits=6, adc_bits=4)
    assert part(coarse, "predict", "input DACs").power == pytest.approx(
        part(found, "predict", "input DACs").power / 4.0
    )
    assert part(coarse, "predict", "output ADCs").energy < adcs.energy


def test_the_energy_of_amplifiers_scales_with_their_power() -> None:
    double = replace(REAL, name="double", opamp_power=2.0 * REAL.opamp_power)
    one, two = (
        network_cost(NET, t, X, T, phases=["learn"], catalogue="cmos130").phases["learn"]
        for t in (REAL, double)
    )
    assert two.latency == one.latency
    saved = sum(p.energy for p in one.parts if p.part.endswith(("amplifiers", "drivers")))
    assert two.energy - one.energy == pytest.approx(saved, rel=1e-9)


def test_a_slower_node_takes_longer_and_more_energy() -> None:
    slow = replace(REAL, name="slow", node_capacitance=3.0 * REAL.node_capacitance)
    one, three = (
        network_cost(NET, t, X, T, phases=["learn"], catalogue="cmos130").phases["learn"]
        for t in (REAL, slow)
    )
    # The nodes set the time: amplifiers add a fixed lag, which makes it a little less than three times.
    assert 2.5 < three.settling / one.settling < 3.05
    assert three.energy / one.energy == pytest.approx(three.latency / one.latency, rel=1e-3)


def test_gating_saves(found: Cost) -> None:
    for phase in found.phases.values():
        assert 0.0 < phase.gated_energy <= phase.energy
    assert found.phases["predict"].gated_energy < 0.8 * found.phases["predict"].energy


@pytest.mark.parametrize("name", list(TECHNOLOGIES))
@pytest.mark.parametrize("net", [NET, RELU], ids=["tanh", "relu"])
def test_the_formula_is_within_a_factor_of_two(name: str, net: object) -> None:
    # Of a chip as it is drawn: the formula knows no spread, which moves a slow mode by itself.
    drawn = technology(name)
    for spread in RANDOM & set(present(drawn)):
        drawn = without(drawn, spread)
    process = process_of(technology(name))
    cost = network_cost(net, drawn, X[:1], T[:1], phases=["predict", "learn"], catalogue=process)
    for phase in cost.phases.values():
        assert 0.5 < phase.formula_latency / phase.latency < 2.0, (phase.phase, phase.method)
        assert 0.5 < phase.formula_energy / phase.energy < 2.0, phase.phase


def test_json_has_every_line(found: Cost) -> None:
    table = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    for phase in ("predict", "learn", "write"):
        assert table[phase]["energy"] == found.phases[phase].energy
        assert set(table[phase]["parts"][0]) == {
            "part",
            "count",
            "energy",
            "power",
            "area",
            "source",
            "grade",
        }
    assert table["area"] == found.area


def test_operations_are_of_two_conventions(found: Cost) -> None:
    assert found.operations.forward_macs == 6 * 5 + 5 * 3
    assert found.operations.forward == found.phases["predict"].energy / (2 * 45)
    k = found.operations.iterations
    assert k > 0
    assert found.operations.relaxation_macs == 30 + k * 30
    assert found.operations.relaxation == found.phases["learn"].energy / (
        2 * found.operations.relaxation_macs
    )


def test_writing_costs_pulses() -> None:
    cost = network_cost(NET, REAL, X, phases=["write"])
    write = cost.phases["write"]
    c = process_of(REAL)
    assert write.latency == pytest.approx(3 * 10e-9 * 6)  # three pulses on each of six rows
    devices = part(cost, "write", "written devices")
    mean = devices.energy / devices.count / 3.0 / (c.value("write_volts") ** 2 * 10e-9)
    assert REAL.g_min <= mean <= REAL.g_max  # the mean conductance
    assert part(cost, "write", "lines").energy > 0.0
    assert "half-selected devices" not in {p.part for p in write.parts}


def test_a_board_is_not_written() -> None:
    cost = network_cost(NET, technology("breadboard"), X, phases=["write"])
    assert set(cost.phases) == set()
    assert "not writable by pulses" in cost.failed["write"]


def test_an_energy_of_nothing_is_called_an_assumption() -> None:
    written = part(network_cost(NET, technology("sonos"), X, phases=["write"]), "write", "written devices")
    assert written.energy == 0.0
    assert written.source.startswith("assumed: no current")
    assert "charge pump" in written.source


def test_powers_that_do_not_add_up_are_explained(found: Cost) -> None:
    predict = found.phases["predict"]
    converting = part(found, "predict", "output ADCs")
    assert sum(p.power for p in predict.parts) > predict.power
    mean = converting.energy / predict.latency
    assert sum(p.power for p in predict.parts) - converting.power + mean == pytest.approx(predict.power)
    assert any("mean power" in note for note in predict.notes)


def test_half_selected_devices_take_a_quarter_of_v_squared() -> None:
    catalogue = shipped("cmos130")
    half = replace(catalogue["half_select"], value=0.5)
    crosspoint = replace(catalogue, components={**catalogue.components, "half_select": half})
    cost = network_cost(NET, REAL, X, phases=["write"], catalogue=crosspoint)
    full, selected = (part(cost, "write", n) for n in ("written devices", "half-selected devices"))
    # Arrays of 6, 5 and 3 rows; every device is half selected once for each other row.
    assert 0.25 * 2 < selected.energy / full.energy < 0.25 * 5


@pytest.mark.parametrize("given", [
    {"samples": 0}, {"phases": ["sleep"]}, {"phases": "predict"}, {"dac_bits": 0}, {"catalogue": "gaas"},
])  # fmt: skip
def test_what_cannot_be_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        network_cost(NET, REAL, X, **given)


def test_a_phase_that_cannot_be_simulated_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(self: object) -> None:
        raise SimulationFailed("no sample has an operating point")

    monkeypatch.setattr("analog_pc.cost.network._Study.learn", nothing)
    cost = network_cost(NET, REAL, X[:1], T[:1], phases=["predict", "learn"])
    assert set(cost.phases) == {"predict"}
    assert cost.failed == {"learn": "no sample has an operating point"}
    assert np.isnan(cost.operations.relaxation)
    with pytest.raises(SimulationFailed, match="no sample has"):
        network_cost(NET, REAL, X[:1], T[:1], phases=["learn"])


def test_samples_that_oscillate_are_left_out_and_named() -> None:
    slow = replace(IDEAL, name="slow", opamp_gain=1e4, opamp_gain_bandwidth=1e6)
    strong = replace(NET, weights=[4.0 * w for w in NET.W])
    learn = network_cost(strong, slow, X, T, phases=["learn"]).phases["learn"]
    assert learn.samples == 2
    assert learn.notes[0].startswith("2 of 4 samples left out: the operating point is unstable")
    with pytest.raises(SimulationFailed, match=r"no sample has an operating point: .* unstable"):
        network_cost(strong, slow, X[2:], T[2:], phases=["learn"])


def test_saturated_samples_have_a_power() -> None:
    # Offsets that arrays amplify beyond the swing, of which the choice of volts knows nothing.
    weak = replace(
        REAL,
        name="weak",
        opamp_saturation=0.12,
        supply=0.11,
        opamp_offset=10e-3,
        auto_zero_capacitance=0.0,
    )
    cost = network_cost(NET, weak, 3.0 * X[:2], phases=["predict"], catalogue="cmos130")
    assert cost.phases["predict"].samples == 2
    assert any("limit of its output" in note for note in cost.phases["predict"].notes)
    assert cost.phases["predict"].energy > 0.0
