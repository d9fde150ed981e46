"""What every experiment of the registry has to bring; figures from stored results alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from analog_pc.experiments import EXPERIMENTS, Result, collect, load_result, save_result
from analog_pc.experiments.framework.result import RELAXERS
from analog_pc.experiments.song2024.bear import BEAR, Config
from analog_pc.relaxers import Relaxer
from analog_pc.reporting.figures import save_figure


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_is_complete(name: str) -> None:
    experiment = EXPERIMENTS[name]
    assert experiment.name == name
    assert type(experiment.reduced) is type(experiment.full)
    assert dataclasses.fields(experiment.full)
    with pytest.raises(dataclasses.FrozenInstanceError):
        experiment.full.anything = 1
    assert set(experiment.columns) <= set(RELAXERS)
    assert "ideal" in experiment.columns
    for config in (experiment.reduced, experiment.full):
        claims = experiment.claims(config)
        assert claims
        assert {claim.rule for claim in claims} <= {"pc", "bp"}
        assert len({(claim.quantity, claim.rule) for claim in claims}) == len(claims)
        ids = [claim.id or f"{claim.quantity.id} {claim.rule}" for claim in claims]
        assert len(set(ids)) == len(ids)


@pytest.fixture(scope="module")
def bear(relaxers: dict[str, Relaxer]) -> Result:
    return collect(BEAR, Config((0.2,), 0.6), {"ideal": relaxers["ideal"]})


def test_a_figure_is_one_column_wide(bear: Result) -> None:
    figure = BEAR.draw(bear)
    assert isinstance(figure, Figure)
    assert figure.get_figwidth() == pytest.approx(85.0 / 25.4)


def test_a_figure_is_drawn_from_what_is_stored(bear: Result, tmp_path: Path) -> None:
    save_result(bear, tmp_path)
    drawn = save_figure(BEAR.draw(bear), tmp_path / "first")
    again = save_figure(BEAR.draw(load_result(tmp_path)), tmp_path / "again")
    assert [path.read_bytes() for path in drawn] == [path.read_bytes() for path in again]
    assert again[0].read_text().startswith("<?xml")
    assert again[1].read_bytes().startswith(b"%PDF")
