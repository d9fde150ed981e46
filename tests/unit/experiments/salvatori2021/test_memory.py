"""Completion of digits against linear solves, matrix exponentials and independently calculated numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from analog_pc.errors import BadInput
from analog_pc.experiments import collect
from analog_pc.experiments.framework.modes import mode_rates
from analog_pc.experiments.framework.result import AGREES, DIFFERS
from analog_pc.experiments.framework.trajectory import trajectory
from analog_pc.experiments.salvatori2021 import baselines, capacity, hierarchical
from analog_pc.experiments.salvatori2021.completing import recall, settle
from analog_pc.experiments.salvatori2021.memory import MEMORY, MODES, Config
from analog_pc.experiments.salvatori2021.patterns import (
    KNOWN,
    PIXELS,
    Cue,
    completion_error,
    cue,
    digits,
    nearest_is_right,
)
from analog_pc.experiments.salvatori2021.recurrent import (
    POPULATION,
    RecurrentMemory,
    completion,
    store,
    stored_energy,
)
from analog_pc.pcn.graph.learning import graph_update
from analog_pc.relaxers import FixedPrediction, IdealRelaxer, Relaxer

UPDATES = 20_000
RATE = 0.2
# Amplifiers of gain 1e9 with noise gains below 100 push with 1e-7 at most; the slowest mode, 0.066 g_s / C,
# answers with 1e-7 / 0.066.
AGREEMENT = {"ideal": 1e-12, "native": 2e-6, "ngspice": 2e-6}


@pytest.fixture(scope="module")
def patterns() -> np.ndarray:
    return digits(10, 0)


@pytest.fixture(scope="module")
def memory(patterns: np.ndarray) -> RecurrentMemory:
    return store(patterns, UPDATES, RATE)


def test_the_local_rule_multiplies_errors_and_activities(patterns: np.ndarray) -> None:
    one = store(patterns, 1, RATE)
    two = store(patterns, 2, RATE)
    centred = patterns - one.mean
    eps = centred - centred @ one.weights.T
    change = RATE * eps.T @ centred / len(patterns)
    np.fill_diagonal(change, 0.0)
    np.testing.assert_allclose(two.weights - one.weights, change, atol=1e-13)
    assert (np.diag(two.weights) == 0.0).all()
    energies = [stored_energy(store(patterns, n, RATE), patterns) for n in (1, 10, 100, 1000)]
    assert energies == sorted(energies, reverse=True)


def test_the_local_rule_is_that_of_graphs(patterns: np.ndarray) -> None:
    """Errors sum to 0 over patterns whose mean is nu, so that nu may be left out of the activities."""
    one = store(patterns, 1, RATE)
    clamps = {POPULATION: np.ma.masked_array(patterns)}
    equilibrium = IdealRelaxer().relax(one.graph, clamps=clamps)
    (update,) = graph_update(one.graph, equilibrium, RATE / len(patterns)).values()
    change = update.weight.copy()
    np.fill_diagonal(change, 0.0)
    np.testing.assert_allclose(store(patterns, 2, RATE).weights - one.weights, change, atol=1e-13)


def test_stored_patterns_have_no_energy(memory: RecurrentMemory, patterns: np.ndarray) -> None:
    assert stored_energy(memory, patterns) < 1e-20


@pytest.mark.parametrize("stored", [5, 10])
def test_the_slowest_mode_is_the_one_calculated_independently(stored: int) -> None:
    patterns = digits(stored, 0)
    memory = store(patterns, UPDATES, RATE)
    for (number, part), (slowest, digit) in MODES.items():
        if number == stored:
            assert completion(memory, cue(patterns, part)).slowest == pytest.approx(slowest, abs=digit)


def test_completions_over_time_are_a_matrix_exponential(
    memory: RecurrentMemory, patterns: np.ndarray
) -> None:
    """d/dt (x - solve) = -M_u^T M_u (x - solve)."""
    problem = completion(memory, cue(patterns, "half"))
    free = (np.eye(PIXELS) - memory.weights)[:, problem.shown.free]
    solved = problem.at(np.inf)
    start = np.where(problem.shown.free, memory.mean, patterns)
    for time in (0.0, 3.0, 30.0):
        away = (start - solved)[:, problem.shown.free] @ expm(-free.T @ free * time).T
        np.testing.assert_allclose((problem.at(time) - solved)[:, problem.shown.free], away, atol=1e-11)


@pytest.mark.parametrize("column", AGREEMENT)
def test_the_equilibrium_is_the_linear_solve(
    relaxers: dict[str, Relaxer], memory: RecurrentMemory, patterns: np.ndarray, column: str
) -> None:
    """Half known: the missing half within the circuit's tolerance, squared below 1e-12."""
    shown = cue(patterns, "half")
    found = relaxers[column].relax(memory.graph, clamps={POPULATION: shown.clamp})
    assert found.relaxation.all_converged
    solved = completion(memory, shown).at(np.inf)
    np.testing.assert_allclose(found.activities[0], solved, atol=AGREEMENT[column])
    assert completion_error(found.activities[0], shown).max() < 1e-12


@pytest.mark.parametrize("column", ["ideal", "native"])
def test_a_free_direction_is_reported_and_not_answered(
    relaxers: dict[str, Relaxer], memory: RecurrentMemory, patterns: np.ndarray, column: str
) -> None:
    """Nine centred directions, eight known pixels."""
    shown = cue(patterns, "eighth")
    assert completion(memory, shown).undetermined > 0
    found = relaxers[column].relax(memory.graph, clamps={POPULATION: shown.clamp})
    assert not found.relaxation.converged.any()
    message = found.relaxation.message
    assert any(word in message for word in ("flat", "determine", "unstable")), message


@pytest.mark.parametrize(("column", "rtol"), [("ideal", 1e-6), ("native", 1e-5)])
def test_it_settles_with_the_slowest_mode(
    relaxers: dict[str, Relaxer], memory: RecurrentMemory, patterns: np.ndarray, column: str, rtol: float
) -> None:
    problem = completion(memory, cue(patterns, "half"))
    found = settle(relaxers[column], memory, problem, 0)
    assert float(found["rate"]) == pytest.approx(problem.slowest, rel=rtol)
    exact = np.array([problem.at(float(t))[0] for t in found["times"]])
    np.testing.assert_allclose(found["pixels"], exact, atol=1e-5)
    rates = mode_rates(relaxers[column], memory.graph, {POPULATION: problem.shown.clamp})
    assert rates is not None
    np.testing.assert_allclose(rates, problem.rates, rtol=1e-6, atol=1e-8)


def test_the_pseudo_inverse_completes_as_exactly_while_regular(
    memory: RecurrentMemory, patterns: np.ndarray
) -> None:
    for part in ("half", "quarter"):
        shown = cue(patterns, part)
        np.testing.assert_allclose(baselines.pseudo_inverse(shown), patterns, atol=1e-9)
        np.testing.assert_allclose(completion(memory, shown).at(np.inf), patterns, atol=1e-9)


def test_hopfields_network_holds_what_it_is_shown_and_lowers_its_energy() -> None:
    patterns = digits(3, 0)
    stored = baselines.signs(patterns)
    weights = stored.T @ stored
    np.fill_diagonal(weights, 0.0)
    shown = cue(patterns, "half")
    found = baselines.hopfield(shown)
    np.testing.assert_array_equal(found[:, shown.known], stored[:, shown.known])
    start = np.where(shown.free, baselines.signs(patterns.mean(axis=0)), stored)
    energies = [-np.einsum("pi,ij,pj->p", state, weights, state) for state in (start, found)]
    assert (energies[1] <= energies[0]).all()
    settled = (found @ weights * found >= 0.0) | ~shown.free
    assert settled.all()


@pytest.fixture(scope="module")
def small() -> hierarchical.HierarchicalMemory:
    return hierarchical.store(digits(3, 0), hierarchical.Training(epochs=200, width=12), 0)


def test_training_lowers_the_energy_of_stored_patterns(small: hierarchical.HierarchicalMemory) -> None:
    untrained = hierarchical.store(digits(3, 0), hierarchical.Training(epochs=1, width=12), 0)
    assert _resting_energy(small) < 0.2 * _resting_energy(untrained)


def _resting_energy(memory: hierarchical.HierarchicalMemory) -> float:
    """E with all pixels of three stored patterns clamped; of the memory and of its graph it is the same."""
    everything = Cue(np.ones(PIXELS, dtype=np.bool_), digits(3, 0))
    found = IdealRelaxer(follow=True).relax(memory.graph, clamps={"pixels": everything.clamp})
    np.testing.assert_allclose(memory.energy(found.activities), found.energy, rtol=1e-12)
    return float(found.energy.mean())


def test_a_circuit_recalls_as_the_mathematics_does(
    relaxers: dict[str, Relaxer], small: hierarchical.HierarchicalMemory
) -> None:
    shown = cue(digits(1, 0), "half")
    ideal, circuit = (recall(relaxers[c], small, shown, 20.0) for c in ("ideal", "native"))
    np.testing.assert_allclose(circuit["pixels"], ideal["pixels"], atol=1e-5)
    assert np.diff(ideal["energy"], axis=0).max() < 1e-8


def test_trajectories_start_where_they_are_told(
    relaxers: dict[str, Relaxer], memory: RecurrentMemory, patterns: np.ndarray
) -> None:
    shown = cue(patterns[:2], "half")
    clamps = {POPULATION: shown.clamp}
    start = {POPULATION: memory.mean}
    for column in ("ideal", "native"):
        path = trajectory(relaxers[column], memory.graph, clamps, start, np.array([0.0, 1.0]))[POPULATION]
        assert path.shape == (2, 2, PIXELS)
        np.testing.assert_allclose(path[0], np.where(shown.free, memory.mean, patterns[:2]), atol=1e-8)


def test_fixed_predictions_have_no_waveform(memory: RecurrentMemory, patterns: np.ndarray) -> None:
    shown = cue(patterns[:1], "half")
    with pytest.raises(BadInput, match="no waveforms"):
        trajectory(FixedPrediction(), memory.graph, {POPULATION: shown.clamp}, {}, np.array([1.0]))


def test_real_parts_leave_fewer_patterns() -> None:
    found = capacity.capacity((5,), 2, 0, (2000, RATE))
    assert found["ideal parts"].shape == (1, 1)
    assert found["all"].shape == (2, 1)
    assert found["all"].min() > 10.0 * found["ideal parts"].max()
    assert (found["nearest ideal parts"] == 1.0).all()


def test_a_reduced_run_agrees_and_is_drawn_and_plays_offline(relaxers: dict[str, Relaxer]) -> None:
    config = Config(stored=(5,), settling=(5,), known=("half",), deep_seeds=0, chips=0)
    result = collect(MEMORY, config, {c: relaxers[c] for c in ("ideal", "native")})
    assert [row.id for row in result.rows if row.verdict == DIFFERS] == []
    verdicts = {row.id: row.verdict for row in result.rows}
    for row in ("completion-mse@N=5,half", "lambda-min@N=5,half", "answered@N=5,half", "nearest@N=5,half"):
        assert verdicts[row] == AGREES
    assert len(MEMORY.draw(result).axes) > 6
    page = MEMORY.player(result)
    assert "data:image/png;base64" in page
    assert "<link" not in page


@pytest.mark.slow
def test_twenty_patterns_and_the_hierarchical_memory(relaxers: dict[str, Relaxer]) -> None:
    """Half known: all completed; three hierarchical memories recognise 95 % and err by 0.016 at most."""
    result = collect(MEMORY, Config(stored=(20,)), {"ideal": relaxers["ideal"]})
    assert result.passed
    found = {row.id: row.ideal for row in result.rows}
    assert found["nearest@hierarchical,half"] >= 0.95
    assert found["median-mse@hierarchical,half"] < 0.016
    assert found["completion-mse@N=20,half"] < 1e-12
    assert found["nearest@N=20,quarter"] == pytest.approx(0.8, abs=0.06)
    assert found["undetermined@N=20,quarter"] > 0.0


def test_parts_of_a_digit(patterns: np.ndarray) -> None:
    for part, pixels in KNOWN.items():
        shown = cue(patterns, part)
        assert shown.known.sum() == pixels
        assert (~shown.clamp.mask).sum() == pixels * len(patterns)
    assert nearest_is_right(patterns, patterns).all()
    assert not nearest_is_right(np.roll(patterns, 1, axis=0), patterns).any()
