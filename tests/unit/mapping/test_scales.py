"""Volts per unit of each layer, and seconds per unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.mapping import Ranges, Scales, choose_scales, forward_ranges, given_scales
from analog_pc.mapping.scales import FILL, HEADROOM
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps, random_network
from analog_pc.technology import IDEAL, technology

NET = random_network((3, 4, 2), "tanh", seed=0)
LINEAR = random_network((3, 4, 2), "identity", seed=0)
BIASED = NET.with_parameters(NET.W, [np.ones(4), np.ones(2)])
CMOS = technology("cmos65-rram")


def ranges(
    *activity: float, rate: tuple[float, ...] = (1.0, 1.0), back: float = 0.0, load: float = 0.0
) -> Ranges:
    return Ranges(activity, activity, rate, (back,) * 2, (load,) * 2)


def test_small_signals_have_the_nominal_volts() -> None:
    scales = choose_scales(NET, IDEAL, ranges(3.0, 2.0, 1.0))
    assert scales.activity == (IDEAL.volts_per_unit,) * 3
    assert scales.rate == scales.feedback == (IDEAL.volts_per_unit,) * 2
    assert scales.seconds == IDEAL.node_capacitance / IDEAL.spring_conductance


def test_a_large_peak_lowers_the_volts_of_its_own_layer_alone() -> None:
    scales = choose_scales(NET, CMOS, ranges(1.0, 1.0, 12.0))
    assert scales.activity[:2] == (CMOS.volts_per_unit,) * 2
    assert scales.activity[2] == pytest.approx(CMOS.supply / HEADROOM / 12.0)


def test_amplifiers_that_saturate_below_the_supply_bound_the_signal() -> None:
    low = replace(CMOS, opamp_saturation=0.2)
    assert choose_scales(NET, low, ranges(1.0, 10.0, 1.0)).activity[1] == pytest.approx(
        FILL * 0.02 / HEADROOM
    )


def test_rates_have_volts_of_their_own_where_an_activation_makes_them() -> None:
    scales = choose_scales(NET, CMOS, ranges(1.0, 30.0, 1.0))
    assert scales.activity[1] == pytest.approx(0.01 / HEADROOM)
    assert scales.rate[1] == CMOS.volts_per_unit
    assert scales.rate[0] == scales.activity[0]  # the raw input has no activation circuit
    linear = choose_scales(LINEAR, CMOS, ranges(1.0, 30.0, 1.0, rate=(1.0, 30.0)))
    assert linear.rate == linear.activity[:2]


def test_a_rate_is_bounded_by_the_current_that_amplifiers_can_drive() -> None:
    """0.5 V of cmos65-rram over the head-room, less 0.24 V of signal, over 1 kOhm x 175 uS x 20 a volt."""
    scales = choose_scales(NET, CMOS, ranges(1.0, 1.0, 12.0, load=20.0))
    assert scales.activity[2] * 12.0 == pytest.approx(0.24)
    assert scales.rate[1] == pytest.approx((0.4 - 0.24) / (1e3 * 175e-6 * 20.0))
    assert scales.rate[0] == scales.activity[0] == pytest.approx((0.4 - 0.1) / (1e3 * 175e-6 * 20.0))
    roomy = replace(CMOS, opamp_output_resistance=0.0)
    assert choose_scales(NET, roomy, ranges(1.0, 1.0, 12.0, load=20.0)).rate[1] == CMOS.volts_per_unit


def test_a_bias_is_a_signal_of_one() -> None:
    roomy = replace(CMOS, volts_per_unit=10.0)
    small = ranges(0.1, 0.1, 0.1, rate=(0.1, 0.1))
    assert choose_scales(NET, roomy, small).rate[1] == pytest.approx(3.0 / HEADROOM)
    assert choose_scales(BIASED, roomy, small).rate == pytest.approx((0.3 / HEADROOM,) * 2)


def test_large_feedback_has_volts_of_its_own() -> None:
    scales = choose_scales(NET, CMOS, ranges(1.0, 1.0, 1.0, back=24.0))
    assert scales.feedback == pytest.approx((0.01, 0.01))
    assert scales.gate_ratio(1) == pytest.approx(10.0)
    assert scales.transposed_ratio(2) == pytest.approx(0.1)


def test_ratios() -> None:
    scales = Scales((0.1, 0.2, 0.4), (0.1, 0.8), (0.1, 0.05), 1.0)
    assert scales.forward_ratio(2) == 0.5
    assert scales.transposed_ratio(2) == 0.125
    assert scales.gate_ratio(1) == 4.0
    assert scales.text() == "0.1, 0.2, 0.4 V of layers 0, 1, ..."
    assert given_scales(NET, CMOS, 0.1).text() == "0.1 V"


def test_given_volts_are_kept_up_to_the_supply() -> None:
    most = ranges(4.0, 4.0, 4.0)
    assert choose_scales(NET, IDEAL, most, 2.5).activity == (2.5,) * 3  # 4 x 2.5 V is the supply itself
    each = choose_scales(NET, IDEAL, most, [2.5, 1.0, 0.5])
    assert each.activity == (2.5, 1.0, 0.5)
    assert each.rate == each.feedback == (2.5, 1.0)
    assert choose_scales(NET, IDEAL, most, each) is each


def test_too_many_volts_are_refused_with_their_numbers() -> None:
    with pytest.raises(
        BadInput, match=r"volts_per_unit = 5\.0 takes an activity of 4 to 20 V, above the 10 V.*at most 2\.5"
    ):
        choose_scales(NET, IDEAL, ranges(1.0, 4.0, 1.0), 5.0)
    with pytest.raises(BadInput, match="takes a rate of 8 to 16 V"):
        choose_scales(NET, IDEAL, ranges(1.0, 4.0, 1.0, rate=(1.0, 8.0)), 2.0)


@pytest.mark.parametrize("volts", [0.0, -1.0, np.nan, np.inf, (0.1, 0.0, 0.1)])
def test_impossible_volts(volts: float | tuple[float, ...]) -> None:
    with pytest.raises(BadInput, match=r"volts_per_unit = .*, must be finite and > 0"):
        choose_scales(NET, IDEAL, ranges(1.0, 1.0, 1.0), volts)


def test_scales_of_other_layers_are_refused() -> None:
    with pytest.raises(BadInput, match="2 numbers, expected one, or one for each of 3 layers"):
        given_scales(NET, IDEAL, (0.1, 0.2))
    with pytest.raises(BadInput, match="scales of 2 layers for a network of 3"):
        given_scales(NET, IDEAL, Scales((0.1, 0.1), (0.1,), (0.1,), 1.0))
    with pytest.raises(BadInput, match="layer 0 has no activation circuit"):
        given_scales(NET, IDEAL, Scales((0.1, 0.1, 0.1), (0.2, 0.1), (0.1, 0.1), 1.0))


@pytest.mark.parametrize(("arguments", "message"), [
    (((0.1, 0.1), (), (0.1,), 1.0), "scales of 0 rates"),
    (((0.1, 0.1), (0.1,), (0.1, 0.1), 1.0), "scales of 2 feedbacks"),
    (((0.1, -0.1), (0.1,), (0.1,), 1.0), "volts per unit of activity of layer 1: -0.1"),
    (((0.1, 0.1), (0.1,), (0.1,), 0.0), "seconds per unit of time"),
])  # fmt: skip
def test_impossible_scales(arguments: tuple, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Scales(*arguments)


def test_ranges_are_those_of_the_forward_state() -> None:
    net = PredictiveCodingNetwork([[[2.0]], [[-3.0]]], activation="tanh", precision=[1.0, 2.0])
    found = forward_ranges(net, make_clamps(net, [[1.0], [-0.5]], [[5.0], [0.0]]))
    output = 3.0 * np.tanh(2.0)
    assert found.activity == pytest.approx((1.0, 2.0, 5.0))
    assert found.eps == pytest.approx((0.0, 0.0, 5.0 + output))
    assert found.rate == pytest.approx((1.0, np.tanh(2.0)))
    assert found.feedback == pytest.approx((0.0, 3.0 * (5.0 + output)))  # precision is in the gate
    assert found.load == pytest.approx((1.0, np.tanh(2.0)))


def test_a_quantile_leaves_out_the_largest_samples() -> None:
    net = PredictiveCodingNetwork([[[1.0]]], activation="tanh")
    inputs = np.append(np.full(9, 0.5), 100.0)[:, None]
    held = make_clamps(net, inputs)
    assert forward_ranges(net, held).activity == (100.0, 100.0)
    assert forward_ranges(net, held, 0.9).activity == (0.5, 0.5)
    with pytest.raises(BadInput, match=r"quantile = 0\.0"):
        forward_ranges(net, held, 0.0)


def test_an_overflow_is_said() -> None:
    net = PredictiveCodingNetwork([[[1e300]], [[1e300]]], activation="identity")
    with pytest.raises(BadInput, match="overflows"):
        forward_ranges(net, make_clamps(net, [[1e10]]))
