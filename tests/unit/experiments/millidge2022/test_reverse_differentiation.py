"""Reverse differentiation: gradients, levels, early writes, and modes of residual chains."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.result_cache import NoCache
from analog_pc.experiments.millidge2022.graphs import (
    KINDS,
    WIDTH,
    by_matrix,
    exact_gradient,
    largest_error,
    residual_chain,
    systems,
)
from analog_pc.experiments.millidge2022.reverse_differentiation import (
    REVERSE_DIFFERENTIATION,
    VISIBLE,
    Config,
    aligned,
    inference_error,
    run,
    slowest,
    slowest_of_one,
)
from analog_pc.pcn import fixed_prediction, graph_update
from analog_pc.relaxers import Relaxer

SMALL = Config(seeds=2, delays=(0.01, 0.1), hidden=(2, 4), circuits=(2,))


@pytest.mark.parametrize("name", ["chain", "skip", "diamond", "rnn"])
def test_the_gradient_of_the_experiment(name: str) -> None:
    """Complex steps against finite differences of the loss, entry by entry of one matrix."""
    system = systems(3)[name]
    exact = exact_gradient(system)
    matrix = next(iter(exact))
    copies = [p for p in system.graph.projections if system.shared[p.name] == matrix]
    targets = system.clamps["y"]

    def loss(step: np.ndarray) -> float:
        changed = system.graph.with_parameters({p.name: p.W + step for p in copies})
        predicted = fixed_prediction(changed, system.clamps).predictions[changed.index("y")]
        return float(0.5 * ((targets - predicted) ** 2).sum())

    for where in [(0, 0), (2, 1), (-1, -1)]:
        step = np.zeros(exact[matrix].shape)
        step[where] = 1e-6
        # Rounding of the loss, 1e-15, over the step; third derivatives times its square.
        slope = (loss(step) - loss(-step)) / 2e-6
        np.testing.assert_allclose(-slope, exact[matrix][where], rtol=0.0, atol=1e-8)
    update = graph_update(system.graph, fixed_prediction(system.graph, system.clamps))
    assert largest_error(by_matrix(system, update), exact) < 1e-12


def smallest_eigenvalue(hidden: int, kind: str, seed: int, free_output: bool) -> float:
    """Smallest squared singular value of d eps / dx of the free populations, in plain numpy."""
    rng = np.random.default_rng(seed)
    factor = {"half": 0.5, "mupc": hidden**-0.5}.get(kind, 1.0)
    skip = np.eye(WIDTH) if kind in ("residual", "mupc") else 0.0
    steps = [factor * rng.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH) + skip for _ in range(hidden + 1)]
    m = np.eye(WIDTH * (hidden + 1))
    for k in range(1, hidden + 1):
        m[k * WIDTH : (k + 1) * WIDTH, (k - 1) * WIDTH : k * WIDTH] = -steps[k]
    moving = m if free_output else m[:, : WIDTH * hidden]
    return float(np.linalg.svd(moving, compute_uv=False)[-1] ** 2)


def test_the_ideal_column(relaxers: dict[str, Relaxer]) -> None:
    outcome = run(SMALL, relaxers["ideal"], NoCache())
    values = outcome.values
    for name in systems(0):
        assert values[inference_error(name, "levelled")] < 1e-12
    for name in ("skip", "diamond"):
        assert values[inference_error(name, "as drawn")] > VISIBLE
    assert values[aligned("levelled", 0.01)] > 0.999
    assert values[aligned("as drawn", 0.01)] < 0.9
    for kind in KINDS:
        for output in ("clamped", "free"):
            for hidden in SMALL.hidden:
                want = np.mean([smallest_eigenvalue(hidden, kind, s, output == "free") for s in range(2)])
                # Rounding of eigenvalues up to 50.
                np.testing.assert_allclose(values[slowest(kind, hidden, output)], want, rtol=0.0, atol=1e-12)


def test_a_chain_has_one_identity_beside_each_dense_projection() -> None:
    assert [p.kind for p in residual_chain(2, "residual", 0).projections] == ["dense", "identity"] * 3
    assert {p.kind for p in residual_chain(2, "half", 0).projections} == {"dense"}


def test_the_result_agrees_and_its_figure_is_drawn(relaxers: dict[str, Relaxer]) -> None:
    result = collect(REVERSE_DIFFERENTIATION, SMALL, {"ideal": relaxers["ideal"]})
    assert result.passed
    ids = {row.id for row in result.rows}
    assert {
        "z-il-error@graph=skip,levelled",
        "fixed-prediction-error@graph=rnn",
        "mupc-over-plain@hidden=4",
    } <= ids
    assert len(REVERSE_DIFFERENTIATION.draw(result).axes) == 3


@pytest.mark.parametrize(
    ("column", "agreement"), [pytest.param("native", 1e-5, marks=pytest.mark.slow), ("ngspice", 1e-4)]
)
def test_circuits_write_early_as_the_ideal_does(
    relaxers: dict[str, Relaxer], column: str, agreement: float
) -> None:
    ideal = run(SMALL, relaxers["ideal"], NoCache()).values
    circuit = run(SMALL, relaxers[column], NoCache()).values
    for levels in ("levelled", "as drawn"):
        for delay in SMALL.delays:
            which = aligned(levels, delay)
            # Amplifiers of gain 1e9, and an integrator's 1e-6 of errors that are 5e-5 of the activities.
            assert abs(circuit[which] - ideal[which]) < agreement
    if column == "native":
        for kind in KINDS:
            which = slowest_of_one(kind, 2, "clamped")
            assert abs(circuit[which] - ideal[which]) < 1e-6
