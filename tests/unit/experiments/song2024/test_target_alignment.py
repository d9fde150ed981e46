from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.experiments.song2024 import target_alignment
from analog_pc.experiments.song2024.target_alignment import Config, alignments
from analog_pc.relaxers import Relaxer

RULES = {"ideal": "pc", "backprop": "bp"}


@pytest.mark.parametrize("column", RULES)
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 15])
def test_alignment_is_as_published(
    relaxers: dict[str, Relaxer], published: dict[str, Any], depth: int, column: str
) -> None:
    """Means over 27 networks: 0.02, or three standard deviations of the difference of two such means."""
    table = published["target_alignment"]
    want = table[RULES[column]][table["depth"].index(depth)]
    found = alignments(Config(), depth, 27, False, relaxers[column])["alignment"].mean()
    spread = target_alignment.PUBLISHED[depth][2 if column == "ideal" else 3]
    assert abs(found - want) <= target_alignment.tolerance(spread, 27)


def test_predictive_coding_is_the_better_aligned_at_every_depth(relaxers: dict[str, Relaxer]) -> None:
    for depth in (2, 4, 8, 15):
        pc, bp = (alignments(Config(), depth, 9, False, relaxers[c])["alignment"] for c in RULES)
        assert pc.mean() > bp.mean()


@pytest.mark.parametrize("column", RULES)
@pytest.mark.parametrize("depth", [2, 15])
def test_orthogonal_weights_align_both(relaxers: dict[str, Relaxer], depth: int, column: str) -> None:
    """One update moves the output by lr depth (target - y) to first order in lr = 0.001."""
    found = alignments(Config(), depth, 2, True, relaxers[column])["alignment"]
    np.testing.assert_allclose(found, 1.0, atol=1e-3)


@pytest.mark.parametrize("column", ["native", "ngspice"])
def test_alignment_on_circuits(relaxers: dict[str, Relaxer], column: str) -> None:
    """The update moves the output by 1e-3: relative to that, circuits are off by 1e-8 / 1e-3."""
    config = Config(width=16)
    ideal, circuit = (alignments(config, 3, 1, False, relaxers[c])["alignment"] for c in ("ideal", column))
    np.testing.assert_allclose(circuit, ideal, atol=1e-4)
