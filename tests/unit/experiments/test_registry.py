"""What every experiment of the registry has to bring, and the scripts that draw it again."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from analog_pc.experiments import EXPERIMENTS, Result, collect, save_result
from analog_pc.experiments.bear import BEAR, Config
from analog_pc.experiments.result import RELAXERS
from analog_pc.relaxers import Relaxer

FIGURES = Path(__file__).parents[3] / "analysis" / "figures"


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
    assert (FIGURES / f"{name.replace('-', '_')}.py").exists()


@pytest.fixture(scope="module")
def bear(relaxers: dict[str, Relaxer]) -> Result:
    return collect(BEAR, Config((0.2,), 0.6), {"ideal": relaxers["ideal"]})


def redraw(script: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FIGURES / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_script_draws_a_stored_result(bear: Result, tmp_path: Path) -> None:
    save_result(bear, tmp_path)
    done = redraw("bear.py", tmp_path, tmp_path / "again")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again.svg").read_text().startswith("<?xml")
    assert (tmp_path / "again.pdf").read_bytes().startswith(b"%PDF")
    other = redraw("fear.py", tmp_path)
    assert other.returncode == 1
    assert "holds the result of 'bear', not of 'fear'" in other.stderr


def test_a_figure_is_one_column_wide(bear: Result) -> None:
    figure = BEAR.draw(bear)
    assert isinstance(figure, Figure)
    assert figure.get_figwidth() == pytest.approx(85.0 / 25.4)
