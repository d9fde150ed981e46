"""Damaged hardware: what the faults leave, and what learning makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.hardware import FORWARD, STUCK_ON, TRANSPOSED, Fault, Hardware
from analog_pc.experiments.song2024.fault_injection import (
    BIRTH,
    FAULT_INJECTION,
    FAULTS,
    INPUT,
    TARGET,
    Config,
    applies,
    bear,
)
from analog_pc.experiments.song2024.figures.fault_injection import NONE
from analog_pc.mapping import decode
from analog_pc.relaxers import Relaxer
from analog_pc.technology import technology

FAULT = {fault.name: fault for fault in FAULTS}


def hardware(relaxer: Relaxer, *faults: Fault) -> Hardware:
    made = Hardware(BIRTH, relaxer, technology("ideal"), 2.0, 0.2)
    for fault in faults:
        made.strike(fault)
    return made


def test_without_damage_devices_hold_what_they_are_told(relaxers: dict[str, Relaxer]) -> None:
    arrays = hardware(relaxers["ideal"]).arrays
    np.testing.assert_allclose(decode(arrays.forward[1]), BIRTH[1], atol=1e-12)
    np.testing.assert_allclose(decode(arrays.transposed[1]), np.transpose(BIRTH[1]), atol=1e-12)


def test_a_fault_hits_its_synapse_in_both_arrays(relaxers: dict[str, Relaxer]) -> None:
    arrays = hardware(relaxers["ideal"], FAULT["ear device stuck on"]).arrays
    np.testing.assert_allclose(decode(arrays.forward[1])[:, 0], [2.0, 0.5])
    np.testing.assert_allclose(decode(arrays.transposed[1])[0], [2.0, 0.5])


def test_a_cut_line_hits_one_array(relaxers: dict[str, Relaxer]) -> None:
    arrays = hardware(relaxers["ideal"], FAULT["ear's feedback cut"]).arrays
    np.testing.assert_allclose(decode(arrays.forward[1])[:, 0], [0.5, 0.5])
    np.testing.assert_allclose(decode(arrays.transposed[1])[0], [0.0, 0.5])


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(BadInput, match="'loose'"):
        Fault("x", 1, 0, 0, "loose")


@pytest.mark.parametrize("fault", [NONE, "ear device open", "ear device stuck on", "word line cut"])
@pytest.mark.parametrize("column", ["native", "ngspice"])
def test_circuits_learn_around_damage_as_the_ideal_does(
    relaxers: dict[str, Relaxer], column: str, fault: str
) -> None:
    config = Config(updates=8)
    ideal, circuit = (bear(config, fault, 4, relaxers[c])["predictions"] for c in ("ideal", column))
    np.testing.assert_allclose(circuit, ideal, atol=1e-6)


@pytest.mark.parametrize("fault", ["ear amplifier dead", "ear's feedback cut"])
def test_damage_to_one_direction_on_two_simulators(relaxers: dict[str, Relaxer], fault: str) -> None:
    config = Config(updates=8)
    native, ngspice = (bear(config, fault, 2, relaxers[c])["predictions"] for c in ("native", "ngspice"))
    np.testing.assert_allclose(ngspice, native, atol=1e-6)


def test_the_closed_form_with_the_ears_feedback_cut(relaxers: dict[str, Relaxer]) -> None:
    """h - w + B (W h - t) = 0 with B the damaged transposed weights (0, 1/2)."""
    rest = hardware(relaxers["native"], FAULT["ear's feedback cut"]).relax(INPUT, TARGET)
    h = (0.5 + 0.5 * 1.0) / (1.0 + 0.5 * 0.5)
    np.testing.assert_allclose(rest.activities[1], [[h]], atol=1e-7)


def test_backpropagation_goes_back_through_the_damaged_array(relaxers: dict[str, Relaxer]) -> None:
    rest = hardware(relaxers["backprop"], FAULT["ear's feedback cut"]).relax(INPUT, TARGET)
    np.testing.assert_allclose(rest.eps[2], [[0.75, 0.75]])
    np.testing.assert_allclose(rest.eps[1], [[0.5 * 0.75]])


def test_a_stuck_ear_spoils_the_smell_of_backpropagation_more(relaxers: dict[str, Relaxer]) -> None:
    after = {c: bear(Config(), "ear device stuck on", 8, relaxers[c])["predictions"][9:, 1].min()
             for c in ("ideal", "backprop")}  # fmt: skip
    before = {c: bear(Config(), NONE, 0, relaxers[c])["predictions"][8, 1] for c in after}
    assert before["ideal"] - after["ideal"] < 0.05
    assert before["backprop"] - after["backprop"] > 0.4


def test_nothing_leaves_a_cut_word_line(relaxers: dict[str, Relaxer]) -> None:
    assert not bear(Config(updates=5), "word line cut", 0, relaxers["native"])["predictions"].any()


def test_the_ideal_relaxer_is_spared_what_it_cannot_tell(relaxers: dict[str, Relaxer]) -> None:
    one = Fault("forward only", 2, 0, 0, STUCK_ON, arrays=(FORWARD,))
    assert not applies(one, relaxers["ideal"])
    assert applies(one, relaxers["native"])
    assert applies(Fault("both", 2, 0, 0, arrays=(FORWARD, TRANSPOSED)), relaxers["ideal"])


def test_the_result_is_drawn(relaxers: dict[str, Relaxer]) -> None:
    result = collect(FAULT_INJECTION, Config(updates=3, strikes=(1,)), {"ideal": relaxers["ideal"]})
    assert len(FAULT_INJECTION.draw(result).axes) >= 4
