"""A small trained network on iris, and chips of parts that cost it something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.data import TestData
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.technology import Technology
from analog_pc.technology.catalogue import IDEAL, TECHNOLOGIES
from analog_pc.technology.non_idealities import with_only
from analog_pc.training import TrainingConfig, load_dataset, train


@pytest.fixture(scope="session")
def network() -> PredictiveCodingNetwork:
    start = random_network((4, 6, 3), "tanh", seed=1)
    return train(start, load_dataset("iris"), TrainingConfig(lr=0.03, epochs=40), lambda *_: None)


@pytest.fixture(scope="session")
def data() -> TestData:
    dataset = load_dataset("iris")
    inputs = np.concatenate([dataset.train_inputs, dataset.test_inputs])
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    return TestData("iris, all", inputs, labels)


@pytest.fixture(scope="session")
def offset_alone() -> Technology:
    """Op-amps of 1 mV offset, not auto-zeroed."""
    return replace(with_only(TECHNOLOGIES["cmos65-rram"], "offset"), auto_zero_capacitance=0.0)


@pytest.fixture(scope="session")
def ideal_bench(network: PredictiveCodingNetwork, data: TestData) -> Bench:
    return Bench(network, IDEAL, data, (0, 1))
