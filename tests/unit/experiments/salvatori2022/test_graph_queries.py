"""Three queries of one graph against linear solves; explicit Euler, and the circuit that does not diverge."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.experiments import collect
from analog_pc.experiments.framework.modes import mode_rates
from analog_pc.experiments.salvatori2022 import queries
from analog_pc.experiments.salvatori2022.graph_queries import GRAPH_QUERIES, Config
from analog_pc.relaxers import Relaxer

UPDATES = 1000
RATE = 0.2


@pytest.fixture(scope="module")
def data() -> queries.Data:
    return queries.load(0)


@pytest.fixture(scope="module")
def weights(data: queries.Data) -> np.ndarray:
    return queries.learn(data, UPDATES, RATE)


def test_the_local_rule_is_a_regression_on_all_others(data: queries.Data) -> None:
    """The gradient of the squared errors of every unit, self-connections left out."""
    one = queries.learn(data, 1, RATE)
    two = queries.learn(data, 2, RATE)
    centred = data.train - data.mean
    eps = centred - centred @ one.T
    change = RATE * eps.T @ centred / len(centred)
    np.fill_diagonal(change, 0.0)
    np.testing.assert_allclose(two - one, change, atol=1e-12)


@pytest.mark.parametrize("query", queries.KNOWN)
@pytest.mark.parametrize(("column", "atol"), [("ideal", 1e-9), ("native", 1e-4)])
def test_every_query_is_a_linear_solve(
    relaxers: dict[str, Relaxer],
    data: queries.Data,
    weights: np.ndarray,
    query: str,
    column: str,
    atol: float,
) -> None:
    asked = queries.questions(query, data, 3)
    graph = queries.all_to_all(weights, data.mean)
    found = relaxers[column].relax(graph, clamps=queries.clamps(query, asked))
    assert found.relaxation.all_converged
    exact = queries.oracle(weights, data.mean, query, asked)
    np.testing.assert_allclose(found.activities[0], exact, atol=atol)
    clamped = queries.known(query)
    np.testing.assert_allclose(found.activities[0][:, clamped], asked[:, clamped], atol=1e-12)


def test_euler_diverges_where_the_circuit_is_stable(
    relaxers: dict[str, Relaxer], data: queries.Data, weights: np.ndarray
) -> None:
    """One weight set: dt = 0.2 is beyond 2 / lambda_max, and every mode of the circuit decays."""
    graph = queries.all_to_all(weights, data.mean)
    clamps = queries.clamps("half", queries.questions("half", data, 1))
    exact = queries.rates(weights, "half")
    assert 0.2 * exact[-1] > 2.0
    assert queries.euler_growth(weights, "half", 0.2, 20) > 1e3
    for column, rtol in (("ideal", 1e-9), ("native", 1e-5)):
        found = mode_rates(relaxers[column], graph, clamps)
        assert found is not None
        assert (found > 0.0).all()
        np.testing.assert_allclose(found[[0, -1]], exact[[0, -1]], rtol=rtol)


def test_ridge_regression_has_the_error_calculated_independently(data: queries.Data) -> None:
    errors = [queries.ridge_error(queries.load(seed), 0.1) for seed in range(3)]
    np.testing.assert_allclose(errors, [0.064, 0.081, 0.056], atol=5e-4)


def test_the_graph_is_a_poor_classifier_and_completes_worse_than_the_mean(
    relaxers: dict[str, Relaxer],
) -> None:
    result = collect(GRAPH_QUERIES, Config(seeds=1, checkpoints=(300, 2000)), {"ideal": relaxers["ideal"]})
    found = {row.id: row.ideal for row in result.rows}
    assert result.passed
    assert found["error@query=label"] > 2.0 * found["ridge-error"]
    assert found["completion-mse@query=half"] > 1.5 * found["completion-mse@mean-image"]
    assert found["nearest-class@query=image"] == 10.0
    assert GRAPH_QUERIES.draw(result).axes


def test_real_parts_answer_otherwise(relaxers: dict[str, Relaxer]) -> None:
    config = Config(seeds=1, updates=300, images=40, chips=1)
    result = collect(GRAPH_QUERIES, config, {"native": relaxers["native"]})
    found = {row.id: row.native for row in result.rows}
    ideal = found["completion-mse@query=half,parts=ideal-parts"]
    assert ideal == pytest.approx(found["completion-mse@query=half"], abs=1e-6)
    for parts in ("wires", "offsets", "5-bit", "all"):
        assert abs(found[f"completion-mse@query=half,parts={parts}"] - ideal) > 1e-6
