"""The whole job: a network trained on handwritten digits, 100 test digits in both phases; and more networks.

Limits are the project's acceptance: 1e-6 of full scale at rest, 1e-5 for dW, 1e-4 along a waveform.
"""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.simulators import Ngspice
from analog_pc.technology import IDEAL
from analog_pc.training import TrainingConfig, load_dataset, train
from analog_pc.verification import PHASES, Verification, verify_network, verify_phase

pytestmark = pytest.mark.slow

LIMITS = {"x": 1e-6, "mu": 1e-6, "eps": 1e-6, "energy": 1e-6, "dW": 1e-5}


@pytest.fixture(scope="module")
def digits() -> Verification:
    data = load_dataset("digits", 0)
    net = train(random_network((64, 32, 10), seed=0), data, TrainingConfig(), lambda epoch, energy: None)
    inputs, targets = data.test_inputs[:100], data.one_hot(data.test_labels[:100])
    return verify_network(net, IDEAL, inputs, targets, Ngspice(), transient=True)


@pytest.mark.parametrize("phase", range(len(PHASES)), ids=PHASES)
def test_hundred_digits_at_rest(digits: Verification, phase: int) -> None:
    found = digits.phases[phase]
    assert found.passed, (found.comparisons, found.circuit.relaxation.message)
    assert found.circuit.samples == 100
    assert found.relaxed == ()  # a sigmoid network of this gain has one minimum, which Newton finds
    assert (found.curvature > 0.0).all()
    assert {c.quantity for c in found.comparisons} == set(LIMITS)
    for c in found.comparisons:
        assert 0.0 < c.residual <= LIMITS[c.quantity], c


@pytest.mark.parametrize("phase", range(len(PHASES)), ids=PHASES)
def test_a_digit_on_its_way(digits: Verification, phase: int) -> None:
    wave = digits.phases[phase].transient
    assert wave is not None
    residuals = {c.quantity: c.residual for c in wave.comparisons}
    assert residuals["waveform"] <= 1e-4
    assert residuals["end"] <= 1e-6
    assert wave.waveform.energy[-1] < wave.waveform.energy[0]  # it was under way
    assert np.diff(wave.waveform.energy).max() <= 1e-9 * wave.waveform.energy[0]  # rounding


def draw(index: int) -> tuple[PredictiveCodingNetwork, np.random.Generator]:
    """As in test_networks.py, with other seeds and with precisions."""
    rng = np.random.default_rng(77000 + index)
    activation = list(ACTIVATIONS)[index % len(ACTIVATIONS)]
    sizes = rng.integers(1, 41, size=int(rng.integers(3, 7))).tolist()
    precision = rng.uniform(0.5, 2.0, size=len(sizes) - 1)
    net = random_network(sizes, activation, seed=rng, gain=float(rng.uniform(0.8, 1.5)), precision=precision)
    biases = [rng.normal(0.0, 0.3, size=len(b)) if index % 2 else np.zeros(len(b)) for b in net.b]
    return net.with_parameters(net.W, biases), rng


MINUTES = (3, 4)  # six layers of up to 40 rectifiers, which ngspice follows for a minute each


@pytest.mark.parametrize("index", sorted(set(range(20)) - set(MINUTES)))
def test_more_random_networks(index: int) -> None:
    net, rng = draw(index)
    inputs, targets = rng.normal(size=(2, net.sizes[0])), rng.normal(size=(2, net.sizes[-1]))
    for phase in PHASES:
        found = verify_phase(net, IDEAL, phase, inputs, targets, Ngspice())
        assert found.passed, f"{net.sizes} {net.activation} {phase}: {found.comparisons} {found.notes}"
        assert all(c.residual <= LIMITS[c.quantity] for c in found.comparisons), found.comparisons
