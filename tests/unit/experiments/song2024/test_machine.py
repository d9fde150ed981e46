"""The motion of the energy machine: circuits against the reference ODE, and what is drawn of it."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analog_pc.experiments import Result
from analog_pc.experiments.song2024.energy_machine import INPUT, TARGET, machine_network
from analog_pc.experiments.song2024.figures.machine import (
    draw_moments,
    film_of,
    offline,
    player,
    write_machine,
)
from analog_pc.experiments.song2024.machine import Motion, Phase, film_arrays, move
from analog_pc.relaxers import Relaxer

MOTION = Motion(rounds=1, frames=6, tuning=2)


def film(relaxer: Relaxer) -> dict[str, np.ndarray]:
    return dict(move(machine_network(), relaxer, (1.39695, 0.0), INPUT, TARGET, MOTION))


def filmed(relaxers: dict[str, Relaxer], column: str) -> Result:
    data = {column: film_arrays(film(relaxers[column]), 2)}
    return Result("energy-machine", "", "", (), data, (), True, 1)


def test_the_story_is_predict_learn_tune(relaxers: dict[str, Relaxer]) -> None:
    found = film(relaxers["ideal"])
    phases = found["phase"]
    assert phases.tolist() == [Phase.PREDICT] * 7 + [Phase.LEARN] * 7 + [Phase.TUNE] * 2
    # weights of 0 predict 0; pinned, hidden nodes slide to g t / (1 + g^2); rods follow, lr of the way
    np.testing.assert_allclose(found["x2"][6], 0.0, atol=1e-9)
    np.testing.assert_allclose(found["x2"][7:], 1.0)
    np.testing.assert_allclose(found["x1"][13], [0.5, 0.4], atol=1e-9)
    np.testing.assert_allclose(found["mu1"][13], 0.0, atol=1e-9)
    np.testing.assert_allclose(found["mu1"][14], np.array([0.5, 0.4]) * 1.39695 / 2, atol=1e-8)
    np.testing.assert_allclose(found["mu1"][15], np.array([0.5, 0.4]) * 1.39695, atol=1e-8)


@pytest.mark.parametrize("column", ["native", "ngspice"])
def test_circuits_move_as_the_ode_does(relaxers: dict[str, Relaxer], column: str) -> None:
    """The spline through steps of duration / 400 = 0.1: (3/640) 0.1^4 |x''''| < 1e-4 at rates up to 5."""
    ideal, circuit = film(relaxers["ideal"]), film(relaxers[column])
    for name, path in ideal.items():
        np.testing.assert_allclose(circuit[name], path, atol=1e-4, err_msg=name)


def test_the_player_needs_no_network(relaxers: dict[str, Relaxer]) -> None:
    page = player(filmed(relaxers, "native"))
    assert page.count("data:image/png;base64") == 16
    assert "http" not in page
    assert tags(page)["script"] == 2
    assert "link" not in tags(page)


def test_moments_and_film(relaxers: dict[str, Relaxer], tmp_path: Path) -> None:
    written = write_machine(filmed(relaxers, "native"), tmp_path)
    assert {path.name for path in written} == {"machine.svg", "machine.pdf", "machine.gif"}
    assert set(written) == set(tmp_path.iterdir())
    with Image.open(tmp_path / "machine.gif") as film_strip:
        assert film_strip.n_frames > 1


def test_without_a_film_nothing_moves(tmp_path: Path) -> None:
    empty = Result("energy-machine", "", "", (), {}, (), True, 1)
    assert list(write_machine(empty, tmp_path)) == []
    assert player(empty) == ""


def test_the_players_symbols_are_characters() -> None:
    link = '<link rel="stylesheet"\nhref="https://host/font-awesome.css">'
    page = f'{link}\n<script>f()</script><i class="fa fa-play"></i>'
    assert tags(offline(page)) == Counter({"style": 1, "script": 1, "i": 1})
    assert ".fa-play::before{content:'▶'}" in offline(page)


def tags(page: str) -> Counter[str]:
    """How often a browser finds each element."""
    found: Counter[str] = Counter()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.update([tag])  # type: ignore[method-assign]
    parser.feed(page)
    return found


def test_four_moments_of_both_chains(relaxers: dict[str, Relaxer]) -> None:
    found = film_of(filmed(relaxers, "ideal"))
    assert found is not None
    assert len(draw_moments(found).axes) == 8
