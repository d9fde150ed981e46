"""The iteration against the factorisation, and Kirchhoff's and Ohm's laws in the answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analog_pc.arrays import Any, Floats
from analog_pc.crossbar import (
    METHODS,
    CrossbarSolution,
    Status,
    direct,
    effective_conductance,
    fallback,
    pcg,
    solve_crossbar,
)
from analog_pc.crossbar.array import wired_array
from analog_pc.crossbar.solution import Raw, solution
from analog_pc.errors import BadInput, SimulationFailed

REFERENCE = Path(__file__).parents[2] / "reference_data"

# rows, columns, r_word, r_bit, largest conductance
CASES = {
    "square": (16, 16, 1.0, 1.0, 1e-3),
    "wide": (5, 33, 2.0, 1.0, 1e-3),
    "tall": (41, 6, 1.0, 3.0, 1e-3),
    "row": (1, 9, 1.0, 1.0, 1e-2),
    "column": (9, 1, 1.0, 1.0, 1e-2),
    "strong": (24, 40, 100.0, 100.0, 1e-2),
    "very strong": (24, 20, 1e4, 1e2, 1e-2),
    "weak": (24, 24, 1e-4, 1e-4, 1e-6),
    "unequal": (17, 19, 1e-3, 1e3, 1e-3),
}


def example(name: str, batch: int = 3) -> tuple[Floats, Floats, float, float]:
    """A random array with a fifth of its cells open, and voltages of both signs."""
    rows, columns, r_word, r_bit, most = CASES[name]
    rng = np.random.default_rng(rows + columns)
    g = rng.uniform(0.0, most, (rows, columns)) * (rng.random((rows, columns)) > 0.2)
    return g, rng.normal(size=(batch, rows)), r_word, r_bit


def scaled_error(got: Floats | None, expected: Floats | None) -> float:
    assert got is not None
    assert expected is not None
    return float(np.abs(got - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("name", CASES)
def test_methods_agree(name: str) -> None:
    g, v, *wires = example(name)
    direct = solve_crossbar(g, v, *wires, method="direct", full=True)
    iterated = solve_crossbar(g, v, *wires, method="pcg", full=True, tolerance=1e-11)
    matrix = solve_crossbar(g, v, *wires, method="effective", tolerance=1e-11)
    assert direct.status is iterated.status is matrix.status is Status.CONVERGED
    assert iterated.residual <= 1e-11
    assert scaled_error(matrix.currents, direct.currents) < 1e-9
    for part in ("currents", "word_line_voltages", "bit_line_voltages", "device_currents"):
        assert scaled_error(getattr(iterated, part), getattr(direct, part)) < 1e-9, part
    with_all, without = (
        iterated.currents,
        solve_crossbar(g, v, *wires, method="pcg", tolerance=1e-11).currents,
    )
    np.testing.assert_allclose(with_all, without, rtol=0.0, atol=1e-14 * np.abs(with_all).max())


@pytest.mark.parametrize("name", CASES)
def test_laws_hold_at_every_node_and_in_every_segment(name: str) -> None:
    g, v, r_word, r_bit = example(name)
    got = solve_crossbar(g, v, r_word, r_bit, method="pcg", full=True, tolerance=1e-12)
    words, bits = got.word_line_voltages, got.bit_line_voltages
    right, down, device = got.word_line_currents, got.bit_line_currents, got.device_currents
    assert words is not None
    assert bits is not None
    assert right is not None
    assert down is not None
    assert device is not None
    size = np.abs(device).max()
    np.testing.assert_array_equal(device, g * (words - bits))
    left_out = right - np.pad(right[:, :, 1:], ((0, 0), (0, 0), (0, 1)))
    np.testing.assert_allclose(left_out, device, rtol=0.0, atol=1e-10 * size)
    into = down - np.pad(down[:, :-1], ((0, 0), (1, 0), (0, 0)))
    np.testing.assert_allclose(into, device, rtol=0.0, atol=1e-10 * size)
    before = np.concatenate([v[:, :, None], words[:, :, :-1]], axis=2)
    np.testing.assert_allclose(before - words, r_word * right, rtol=0.0, atol=1e-9 * np.abs(v).max())
    below = np.pad(bits[:, 1:], ((0, 0), (0, 1), (0, 0)))
    np.testing.assert_allclose(bits - below, r_bit * down, rtol=0.0, atol=1e-9 * np.abs(bits).max())
    np.testing.assert_array_equal(down[:, -1], got.currents)


def test_extreme_wires_stop_at_the_rounding_of_the_voltages() -> None:
    rng = np.random.default_rng(3)
    g, v = rng.uniform(0.0, 1.0, (12, 12)), rng.normal(size=12)
    got = solve_crossbar(g, v, 1e6, 1e6, method="pcg", tolerance=1e-14)
    expected = solve_crossbar(g, v, 1e6, 1e6, method="direct")
    assert got.converged
    assert expected.converged
    assert scaled_error(got.currents, expected.currents) < 1e-7


def test_a_batch_is_a_loop_and_threads_do_not_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    g, v, *wires = example("tall", batch=11)
    alone = [solve_crossbar(g, one, *wires, method="pcg", full=True) for one in v]
    for size in (1, 10**9):
        monkeypatch.setattr(pcg, "_WORTH_THREADS", size)
        batch = solve_crossbar(g, v, *wires, method="pcg", full=True)
        assert batch.currents.shape == (11, 6)
        np.testing.assert_array_equal(batch.currents, [one.currents for one in alone])
        np.testing.assert_array_equal(batch.bit_line_voltages, [one.bit_line_voltages for one in alone])


def test_auto_builds_the_matrix_for_many_inputs_only() -> None:
    g, v, *wires = example("tall", batch=7)
    assert solve_crossbar(g, v, *wires).method == "effective"
    assert solve_crossbar(g, v[:6], *wires).method == "pcg"
    assert solve_crossbar(g, v, *wires, full=True).method == "pcg"


def test_voltages_of_any_size() -> None:
    g, v, *wires = example("square")
    unit = solve_crossbar(g, v, *wires, method="pcg").currents
    for factor in (2.0**-600, 2.0**600):
        got = solve_crossbar(g, factor * v, *wires, method="pcg").currents
        np.testing.assert_allclose(got / factor, unit, rtol=1e-12)


def test_what_was_not_reached_is_not_reported() -> None:
    g, v, r_word, r_bit = example("strong")
    array, quiet = wired_array(g, r_word, r_bit), v.copy()
    quiet[1] = 0.0
    raw = pcg.solve_pcg(array, quiet, 1e-10, True, most=3)
    got: CrossbarSolution = solution(array, quiet, raw, "pcg", single=False)
    assert got.status is Status.NOT_CONVERGED
    assert got.converged.tolist() == [False, True, False]
    assert got.residual > 1e-10
    assert np.isnan(got.currents[[0, 2]]).all()
    np.testing.assert_array_equal(got.currents[1], 0.0)
    assert got.bit_line_voltages is not None
    assert np.isnan(got.bit_line_voltages[0]).all()


def test_an_effective_matrix_that_was_not_reached_gives_no_currents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by the iteration, nor by the factorisation that follows it: here it says that it missed."""
    g, v, r_word, r_bit = example("strong")
    solve = direct.solve_direct

    def missing(*given: Any) -> Raw:
        raw = solve(*given)
        return raw._replace(converged=np.zeros_like(raw.converged))

    monkeypatch.setattr(fallback, "iteration_budget", lambda array: 3)
    monkeypatch.setattr(fallback, "solve_direct", missing)
    missed = solve_crossbar(g, v, r_word, r_bit, method="effective")
    assert missed.status is Status.NOT_CONVERGED
    assert np.isnan(missed.currents).all()
    with pytest.raises(SimulationFailed, match=r"unit drive \d+ stopped at residual .* after 3 iterations"):
        effective_conductance(g, r_word, r_bit)


@pytest.mark.parametrize("name", ["strong", "tall"])
@pytest.mark.parametrize("full", [False, True])
def test_auto_factorises_where_the_iteration_does_not_arrive(
    name: str, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    g, v, *wires = example(name)
    factorised = solve_crossbar(g, v, *wires, method="direct", full=full)
    monkeypatch.setattr(fallback, "iteration_budget", lambda array: 3)
    got = solve_crossbar(g, v, *wires, full=full)
    assert got.method == "direct"
    assert got.status is Status.CONVERGED
    assert got.iterations == 3
    np.testing.assert_array_equal(got.currents, factorised.currents)
    matrix = effective_conductance(g, *wires)
    assert scaled_error(v @ matrix, factorised.currents) < 1e-9
    many = np.concatenate([v] * 20)
    assert solve_crossbar(g, many, *wires).method == "effective"
    assert scaled_error(solve_crossbar(g, many, *wires).currents[:3], factorised.currents) < 1e-9


def test_one_input_that_is_missed_sends_all_to_the_factorisation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent input needs no iteration; threads must not decide which inputs the iteration answers."""
    g, v, *wires = example("strong", batch=11)
    v[4] = 0.0
    monkeypatch.setattr(fallback, "iteration_budget", lambda array: 3)
    found = []
    for size in (1, 10**9):
        monkeypatch.setattr(pcg, "_WORTH_THREADS", size)
        found.append(solve_crossbar(g, v, *wires).currents)
    np.testing.assert_array_equal(found[0], found[1])
    assert np.isfinite(found[0]).all()


def test_nine_decades_on_bad_wires() -> None:
    """r G = 1e6.  Right values: nodal analysis by sparse LU, residuals in long double, to 2e-10."""
    data = np.load(REFERENCE / "crossbar_nine_decades.npz")
    r = float(data["r"])
    got = solve_crossbar(data["G"], data["V"], r, r)
    assert got.status is Status.CONVERGED
    assert np.linalg.norm(got.currents) == pytest.approx(1.7244096127e-08, rel=2e-10)
    np.testing.assert_allclose(
        got.currents[:3], [-1.07926993e-08, 1.92443267e-09, -9.64873036e-09], rtol=1e-8
    )
    assert got.iterations <= fallback.iteration_budget(wired_array(data["G"], r, r))


@pytest.mark.slow
def test_a_large_array_over_six_decades_on_bad_wires() -> None:
    """512 x 512, r G = 1e4: the iteration has not arrived after as many steps as a factorisation costs."""
    rng = np.random.default_rng(0)
    g = 10.0 ** rng.uniform(-9.0, -3.0, (512, 512))
    got = solve_crossbar(g, rng.normal(size=512), 1e7, 1e7)
    assert got.method == "direct"
    assert got.status is Status.CONVERGED
    assert got.residual <= 1e-10


def test_an_array_too_large_to_factorise_is_iterated(monkeypatch: pytest.MonkeyPatch) -> None:
    g, v, *wires = example("strong")
    monkeypatch.setattr(fallback, "iteration_budget", lambda array: 3)
    monkeypatch.setattr(fallback, "MOST_CELLS", g.size - 1)
    got = solve_crossbar(g, v, *wires)
    assert got.method == "pcg"
    assert got.iterations > 3
    assert got.status is Status.CONVERGED


def test_many_inputs_are_solved_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    g, v, *wires = example("square", batch=7)
    whole = solve_crossbar(g, v, *wires, method="direct", full=True)
    monkeypatch.setattr(direct, "_MOST_NUMBERS", 3 * 2 * g.size)
    parts = solve_crossbar(g, v, *wires, method="direct", full=True)
    assert parts.bit_line_voltages is not None
    # The same factors and the same triangular solves; BLAS may add in another order.
    assert scaled_error(parts.currents, whole.currents) < 1e-12
    assert scaled_error(parts.bit_line_voltages, whole.bit_line_voltages) < 1e-12


@pytest.mark.parametrize("wire", [0.0, 1.0])
@pytest.mark.parametrize(
    ("method", "full"), [*((m, False) for m in METHODS), *((m, True) for m in METHODS if m != "effective")]
)
def test_no_inputs_give_no_currents(method: str, full: bool, wire: float) -> None:
    g = np.full((9, 4), 1e-3)
    got = solve_crossbar(g, np.zeros((0, 9)), wire, wire, method=method, full=full)
    assert got.currents.shape == (0, 4)
    assert got.converged.shape == (0,)
    assert got.status is Status.CONVERGED
    assert (got.iterations, got.residual) == (0, 0.0)
    if full:
        assert got.bit_line_voltages is not None
        assert got.bit_line_voltages.shape == (0, 9, 4)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_tolerance_may_be_a_number_of_numpy(kind: type) -> None:
    g, v, *wires = example("square")
    got = solve_crossbar(g, v, *wires, tolerance=kind(1e-3))
    assert got.status is Status.CONVERGED
    assert got.residual <= 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conductance": [1.0, 2.0]}, r"conductance has shape \(2,\)"),
        ({"conductance": np.zeros((0, 2))}, r"conductance has shape \(0, 2\)"),
        ({"conductance": [[1.0, -1e-3]]}, r"conductance\[0, 1\] is -0.001 S, must be >= 0"),
        ({"conductance": [[1.0, np.nan]]}, r"conductance\[0, 1\] is nan, every value must be finite"),
        ({"conductance": [["a", "b"]]}, "conductance is not an array of real numbers"),
        ({"conductance": [[1.0j, 2.0]]}, "conductance is not an array of real numbers"),
        ({"conductance": [[1.0], [2.0, 3.0]]}, "conductance is not an array of real numbers"),
        ({"voltages": [1.0, 2.0]}, r"word_line_voltages has shape \(2,\), expected \(1,\) or \(batch, 1\)"),
        ({"voltages": np.zeros((0, 2))}, r"word_line_voltages has shape \(0, 2\)"),
        ({"voltages": []}, r"word_line_voltages has shape \(0,\)"),
        ({"voltages": 1.0}, r"word_line_voltages has shape \(\)"),
        ({"voltages": [[1.0], [np.inf]]}, r"word_line_voltages\[1, 0\] is inf"),
        (
            {"word_line_resistance": -1.0},
            r"word_line_resistance is -1.0 Ohm, must be 0 \(an ideal line\) or 1e-100 ... 1e\+100",
        ),
        ({"conductance": [[1e200, 1.0]]}, r"conductance\[0, 0\] is 1e\+200 S, must be >= 0 and <= 1e\+100"),
        (
            {"bit_line_resistance": 1e12},
            r"bit_line_resistance 1000000000000.0 Ohm times conductance\[0, 1\] 0.002 S is",
        ),
        ({"word_line_resistance": 1e-310}, "word_line_resistance is 1e-310 Ohm, must be 0"),
        ({"bit_line_resistance": np.nan}, "bit_line_resistance is nan Ohm"),
        ({"bit_line_resistance": [1.0, 2.0]}, r"bit_line_resistance is \[1.0, 2.0\], expected one number"),
        ({"word_line_resistance": "5"}, "word_line_resistance is '5', expected one number in Ohm"),
        ({"bit_line_resistance": -(10**400)}, "bit_line_resistance is -inf Ohm, must be 0"),
        ({"bit_line_resistance": 10**400}, "bit_line_resistance is inf Ohm, must be 0"),
        ({"method": "magic"}, "unknown crossbar method 'magic': use one of auto, pcg, direct, effective"),
        ({"method": "effective", "full": True}, "method 'effective' knows no node voltages"),
        ({"tolerance": 0.0}, "tolerance is 0.0, must be a number between 0 and 1"),
        ({"tolerance": None}, "tolerance is None"),
        ({"tolerance": "0.1"}, "tolerance is '0.1', must be a number"),
        ({"tolerance": np.array([0.1])}, "must be a number between 0 and 1"),
    ],
)
def test_refused(change: dict[str, object], message: str) -> None:
    given = {"conductance": [[1e-3, 2e-3]], "voltages": [1.0]} | change
    arguments = given.pop("conductance"), given.pop("voltages")
    with pytest.raises(BadInput, match=message) as refusal:
        solve_crossbar(*arguments, **given)  # type: ignore[arg-type]
    assert "\n" not in str(refusal.value)
