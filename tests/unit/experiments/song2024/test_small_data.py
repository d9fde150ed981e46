"""What a run may claim depends on how many images there are, not on how many it asks for."""

from __future__ import annotations

import pytest

from analog_pc.experiments.song2024.small_data import FEW_WINS, FULL, MANY_LOSES, Config, claims


@pytest.mark.parametrize(
    ("config", "few", "many"),
    [
        (Config(), 0.0, None),
        (FULL, 0.0, None),  # asks for 6000 a class; the digits have some 140, seen 64 times
        (Config(grid=((140, (0.005,)),), epochs=480), None, None),
        (Config(grid=((140, (0.005,)),), epochs=4800), None, 0.0),
    ],
)
def test_few_and_many_are_checked_where_they_were_published(
    config: Config, few: float | None, many: float | None
) -> None:
    found = {claim.quantity: claim.tolerance for claim in claims(config)}
    assert (found[FEW_WINS], found[MANY_LOSES]) == (few, many)
