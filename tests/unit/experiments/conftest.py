"""Relaxers and published numbers that the experiments' tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analog_pc.experiments import simulated
from analog_pc.relaxers import FixedPrediction, Relaxer
from analog_pc.technology import technology


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    path = Path(__file__).parents[2] / "reference_data" / "song2024.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def relaxers() -> dict[str, Relaxer]:
    return {"backprop": FixedPrediction(), **simulated(technology("ideal"))}
