"""What each simulator supports, as its class says, is what it does."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Circuit,
    ClockSources,
    Noise,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Transient,
    grounds,
)
from analog_pc.errors import BadInput
from analog_pc.simulators import SIMULATORS

CLOCKED = Circuit("clocked", (
    ClockSources("clock", ("a",), grounds(1), [0.0, 1e-6], [[0.0, 1.0]]), Resistors("r", ("a",), ("0",), 1e3),
))  # fmt: skip
LOADED = Circuit("loaded", (
    StimulusSources("u", ("a",), grounds(1)), Resistors("r", ("a",), ("0",), 1e3),
))  # fmt: skip

every_simulator = pytest.mark.parametrize("simulator", SIMULATORS)


@every_simulator
def test_elements_that_change_with_time(simulator: str) -> None:
    made = SIMULATORS[simulator]()
    ramp = Transient({}, {}, 1e-6, 1e-8)
    if made.supports.timed:
        assert made.simulate(CLOCKED, ramp).voltage(("a",))[-1, 0] == pytest.approx(1.0, abs=1e-9)
    else:
        with pytest.raises(BadInput, match=f"{simulator}: clock: has no ClockSources"):
            made.simulate(CLOCKED, ramp)


@every_simulator
def test_noise(simulator: str) -> None:
    made = SIMULATORS[simulator]()
    assert hasattr(made, "noise") == made.supports.noise


@every_simulator
def test_samples(simulator: str) -> None:
    made = SIMULATORS[simulator]()
    many = OperatingPoint({"u": np.ones((65, 1))})
    if made.supports.samples is None:
        assert made.simulate(LOADED, many).volts.shape == (65, 1)
    else:
        with pytest.raises(BadInput, match=f"{simulator}: 65 samples, at most {made.supports.samples}"):
            made.simulate(LOADED, many)


@every_simulator
def test_what_is_no_circuit_or_no_analysis_of_the_call_is_refused(simulator: str) -> None:
    made = SIMULATORS[simulator]()
    point = OperatingPoint({"u": np.ones((1, 1))})
    with pytest.raises(BadInput, match="needs a Circuit, got a NoneType"):
        made.simulate(None, point)  # type: ignore[arg-type, unused-ignore]
    for wrong in (None, "op", Noise({"u": np.ones(1)}, ("a",), 1.0, 1e6)):
        with pytest.raises(BadInput, match="must be OperatingPoint or Transient, got a "):
            made.simulate(LOADED, wrong)  # type: ignore[arg-type, unused-ignore]
    if made.supports.noise:
        with pytest.raises(BadInput, match="must be Noise, got a OperatingPoint"):
            made.noise(LOADED, point)


@pytest.mark.parametrize("simulator", ["ngspice", "vacask"])
@pytest.mark.parametrize("timeout", [None, True, "3", np.inf, 0.0, -1.0])
def test_a_time_is_a_number_of_seconds(simulator: str, timeout: object) -> None:
    with pytest.raises(BadInput, match=f"{simulator}: timeout = "):
        SIMULATORS[simulator](timeout=timeout)


def test_a_flag_of_native_is_true_or_false() -> None:
    with pytest.raises(BadInput, match="check_stability is 'no'"):
        SIMULATORS["native"](check_stability="no")
    assert SIMULATORS["native"](check_stability=np.True_).options.check_stability is True


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.longdouble, np.int8])
def test_times_of_numpy_become_numbers_of_python(kind: type) -> None:
    """float16 + clock is rounded to 32 s; float128 is not compiled."""
    assert type(SIMULATORS["ngspice"](timeout=kind(10)).timeout) is float
    assert type(SIMULATORS["native"](time_limit=kind(10)).options.time_limit) is float
    transient = Transient({}, {}, kind(1), kind(1))
    assert type(transient.duration) is type(transient.max_step) is float
