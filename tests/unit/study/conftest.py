"""A small network, test data that it tells right, and a technology whose chips differ."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from analog_pc import random_network, technology
from analog_pc.evaluation import TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.network_file import save_network
from analog_pc.technology import Technology
from analog_pc.training import predict


@pytest.fixture(scope="session")
def network() -> PredictiveCodingNetwork:
    return random_network((4, 5, 3), "tanh", seed=1)


@pytest.fixture(scope="session")
def data(network: PredictiveCodingNetwork) -> TestData:
    inputs = np.random.default_rng(5).normal(size=(60, 4))
    return TestData("drawn", inputs, predict(network, inputs).argmax(axis=1))


@pytest.fixture
def folder_with_inputs(network: PredictiveCodingNetwork, data: TestData, tmp_path: Path) -> Path:
    """Holds net.npz and test.npz, as the TOML files of the tests name them."""
    save_network(tmp_path / "net.npz", network)
    np.savez(tmp_path / "test.npz", inputs=data.inputs, labels=data.labels)
    return tmp_path


@pytest.fixture(scope="session")
def base() -> Technology:
    ideal = technology("ideal")
    return dataclasses.replace(ideal, name="mine", source="a test", opamp_gain=1e4, opamp_offset=3e-3)
