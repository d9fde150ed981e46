"""The effective relaxer against the native simulator, on the very same chips."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from analog_pc import BadInput, Equilibrium, Native, PredictiveCodingNetwork, Technology, relax, technology
from analog_pc.relaxers import CircuitRelaxer, EffectiveRelaxer

RNG = np.random.default_rng(5)
INPUTS, TARGETS = RNG.normal(size=(5, 7)), RNG.normal(size=(5, 3))
ONE = np.ma.array(TARGETS, mask=[[True, False, True]] * 5)  # the other outputs are free
REAL = ("breadboard", "cmos65-rram", "cmos130-rram", "pcm", "sonos", "ecram")


def network(activation: str, biases: bool = True) -> PredictiveCodingNetwork:
    rng = np.random.default_rng(6)
    sizes = (7, 6, 5, 3)
    weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in pairwise(sizes)]
    return PredictiveCodingNetwork(
        weights,
        [0.1 * rng.normal(size=len(w)) for w in weights] if biases else None,
        activation=activation,
        precision=[2.0, 0.5, 1.0],
    )


def straight(t: Technology) -> Technology:
    """Without what the effective relaxer leaves out: bent devices and rails."""
    return replace(t, device_law="linear", device_nonlinearity=0.0, opamp_saturation=np.inf)


def both(
    net: PredictiveCodingNetwork, t: Technology, targets: np.ndarray | np.ma.MaskedArray | None
) -> tuple[Equilibrium, Equilibrium]:
    clamps = None if targets is None else {net.depth: np.ma.array(targets)}
    judge = CircuitRelaxer(Native(check_stability=False), t, seed=2).relax(net, INPUTS, clamps=clamps)
    found = EffectiveRelaxer(t, seed=2).relax(net, INPUTS, clamps=clamps)
    assert judge.relaxation.all_converged
    assert found.relaxation.all_converged
    return judge, found


def apart(a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...]) -> float:
    return max(float(np.abs(p - q).max()) for p, q in zip(a, b, strict=True) if p.size)


@pytest.mark.parametrize("targets", [None, TARGETS, ONE], ids=["predict", "learn", "one output"])
@pytest.mark.parametrize("name", ["ideal", *REAL])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_exact_for_straight_devices(name: str, activation: str, targets: np.ndarray | None) -> None:
    judge, found = both(network(activation), straight(technology(name)), targets)
    # Its tolerance of 1e-10 on forces over the smallest eigenvalue of these networks, above 0.05.
    assert apart(judge.activities, found.activities) < 2e-9
    assert apart(judge.predictions[1:], found.predictions[1:]) < 2e-9
    # The loaded outputs of drivers, see `EffectiveRelaxer`: load times output resistance times 1 / gain.
    assert apart(judge.eps, found.eps) < 1e-4
    assert apart(judge.rates, found.rates) < 1e-4


@pytest.mark.parametrize("name", ["ideal", *sorted({*REAL} - {"cmos130-rram"})])  # where the judge loses one
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "hard_sigmoid"])
def test_exact_for_rectifiers(name: str, activation: str) -> None:
    judge, found = both(network(activation), straight(technology(name)), None)
    assert apart(judge.activities, found.activities) < 2e-9
    assert apart(judge.rates, found.rates) < 1e-4


@pytest.mark.slow  # the judge relaxes by transients of stiff rectifiers, ten seconds each
@pytest.mark.parametrize("targets", [TARGETS, ONE], ids=["learn", "one output"])
@pytest.mark.parametrize("name", ["breadboard", "ecram"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "hard_sigmoid"])
def test_exact_for_rectifiers_that_switch(name: str, activation: str, targets: np.ndarray) -> None:
    """Chips on which these networks have one rest; on others two ways may end in different ones."""
    judge, found = both(network(activation), straight(technology(name)), targets)
    assert apart(judge.activities, found.activities) < 2e-9


def test_the_rest_of_ideal_rectifiers_is_that_of_the_mathematics() -> None:
    net = network("leaky_relu")
    found = EffectiveRelaxer(technology("ideal")).relax(net, INPUTS, TARGETS)
    assert found.relaxation.all_converged
    assert apart(found.activities, relax(net, INPUTS, TARGETS).activities) < 1e-6  # noise gain / gain


def test_drivers_and_access_transistors() -> None:
    t = replace(
        straight(technology("cmos65-rram")), driver_resistance=50.0, access_resistance=300.0, open_cells=0.02
    )
    for wires in (t, replace(t, word_line_resistance=0.0, bit_line_resistance=0.0)):
        judge, found = both(network("tanh"), wires, TARGETS)
        assert apart(judge.activities, found.activities) < 2e-9


def test_without_biases() -> None:
    judge, found = both(network("tanh", biases=False), straight(technology("breadboard")), TARGETS)
    assert apart(judge.activities, found.activities) < 2e-9


@pytest.mark.parametrize("name", REAL)
def test_bent_devices_and_rails_are_a_small_part(name: str) -> None:
    """What is left out: the cubic devices of cmos65-rram (0.23 V^2 = 0.2 % at 0.1 V), little elsewhere."""
    judge, found = both(network("sigmoid"), technology(name), TARGETS)
    assert apart(judge.activities, found.activities) < (1e-2 if name == "cmos65-rram" else 1e-3)


def test_what_it_cannot_is_refused() -> None:
    relaxer = EffectiveRelaxer(technology("breadboard"))
    with pytest.raises(BadInput, match="clamp the whole input"):
        relaxer.relax(network("tanh"), None, TARGETS)


def test_beyond_the_supply_is_said() -> None:
    t = technology("breadboard")
    unit = t.volts_per_unit
    found = EffectiveRelaxer(t, volts_per_unit=unit).relax(network("identity"), INPUTS * t.supply / unit)
    assert not found.relaxation.all_converged
    assert "V supply" in found.relaxation.message
