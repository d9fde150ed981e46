"""Arguments that mean nothing are refused in one line, of chains and graphs alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.compiler import CompiledGraph, CompiledNetwork, CompileOptions, compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import random_network
from analog_pc.technology import IDEAL

NET = random_network((2, 3, 1), "tanh", seed=1)
HELD: Any = {"0": [[0.5, -0.5]], "2": [[0.3]]}
NAN = float("nan")


def compiled(kind: str, technology: Any = IDEAL, **options: Any) -> CompiledNetwork | CompiledGraph:
    if kind == "chain":
        return compile_network(NET, technology, HELD["0"], HELD["2"], **options)
    return compile_network(NET.graph, technology, clamps=HELD, **options)


BOTH = pytest.mark.parametrize("kind", ["chain", "graph"])
RAGGED = [[0.0, 0.0], [1.0, [2.0, 3.0], 3.0], [1.0]]


@BOTH
@pytest.mark.parametrize("samples", [0, [[0]], [[0], [0, 1]], [], [True], [0.0], "a", [1], [-1]])
def test_operating_points_are_of_a_list_of_samples(kind: str, samples: Any) -> None:
    with pytest.raises(BadInput, match=r"operating point of samples .*: there are 1, give a list of 0"):
        compiled(kind).operating_point(samples)


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sample": 1.0}, r"sample 1\.0: there are 1 samples, give one of 0 \.\.\. 0"),
        ({"sample": True}, "sample True"),
        ({"sample": "a"}, "sample 'a'"),
        ({"duration": "a"}, "duration = 'a', must be finite and > 0"),
        ({"duration": True}, "duration = True"),
        ({"max_step": "a"}, "max_step = 'a', must be finite and > 0"),
        ({"max_step": NAN}, "max_step = nan"),
        ({"start": None}, "start None: use 'forward' or 'zero', or give activities of shapes"),
        ({"start": 5}, "start 5: use 'forward' or 'zero'"),
        ({"start": RAGGED}, r"transient start\[1\] is not an array of numbers"),
        ({"start": [[0.0, 0.0], ["a", 1.0, 1.0], [1.0]]}, r"transient start\[1\] is not an array of numbers"),
        (
            {"start": [[0.0, 0.0], [NAN, 1.0, 1.0], [1.0]]},
            r"transient start\[1\]\[0\] is nan, every value must be finite",
        ),
        (
            {"start": [[0.0, 0.0], [0.0, 1.0, np.inf], [1.0]]},
            r"transient start\[1\]\[2\] is inf, every value must be finite",
        ),
        ({"cut": "1"}, "cut = '1', must be a tuple of names"),
    ],
)
def test_transients(kind: str, arguments: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        compiled(kind).transient(**arguments)


@BOTH
@pytest.mark.parametrize("seed", [-1, "a", 1.5, None, True])
def test_seeds(kind: str, seed: Any) -> None:
    with pytest.raises(BadInput, match=r"seed = .*, must be a whole number >= 0"):
        compiled(kind, seed=seed)
    with pytest.raises(BadInput, match=r"seed = .*, must be a whole number >= 0"):
        random_network((2, 1), seed=seed)


@BOTH
@pytest.mark.parametrize("name", ["ideal", None])
def test_a_name_is_no_technology(kind: str, name: Any) -> None:
    with pytest.raises(BadInput, match=r"needs a Technology, got a .*: use technology\('ideal'\)"):
        compiled(kind, name)


@BOTH
@pytest.mark.parametrize("options", [{}, None])
def test_options_are_of_their_class(kind: str, options: Any) -> None:
    with pytest.raises(BadInput, match=r"needs a CompileOptions, got a .*: use CompileOptions"):
        compiled(kind, options=options)


@BOTH
@pytest.mark.parametrize("volts", ["a", True, [[1.0]], [[1.0], [1.0, 2.0]], ["a", "b", "c"], {"0": 1.0}])
def test_volts_are_numbers(kind: str, volts: Any) -> None:
    with pytest.raises(BadInput, match="volts_per_unit"):
        compiled(kind, options=CompileOptions(volts_per_unit=volts))


def test_volts_by_name_are_numbers() -> None:
    options = CompileOptions(volts_per_unit={"0": "a", "1": 1.0, "2": 1.0})  # type: ignore[dict-item]
    with pytest.raises(BadInput, match="expected a number, or one a population"):
        compiled("graph", options=options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"feedback_switches": "1"}, r"feedback_switches = '1', must be a tuple of names such as"),
        ({"feedback_switches": None}, "feedback_switches = None, must be a tuple of names"),
        ({"feedback_switches": ("1", "1")}, r"must hold each name once"),
        ({"gate_feedback": "no"}, "gate_feedback is 'no', must be True or False"),
        ({"arrays": 5}, "arrays needs a NetworkArrays, got a int: leave it out"),
    ],
)
def test_options(options: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        CompileOptions(**options)


def test_numbers_and_flags_of_numpy_are_taken() -> None:
    assert CompileOptions(gate_feedback=np.True_).gate_feedback  # type: ignore[arg-type, unused-ignore]
    circuit = compiled("chain")
    expected = circuit.transient(0, duration=2.0)
    for half in (np.float16(2.0), np.longdouble(2.0)):
        found = circuit.transient(np.int64(0), duration=half)
        assert (found.duration, found.max_step) == (expected.duration, expected.max_step)


@BOTH
@pytest.mark.parametrize("flag", ["every_node", "by_relaxation"])
def test_flags_of_operating_points(kind: str, flag: str) -> None:
    with pytest.raises(BadInput, match=f"{flag} is 'no', must be True or False"):
        compiled(kind).operating_point(**{flag: "no"})


@BOTH
def test_a_solution_is_decoded(kind: str) -> None:
    with pytest.raises(BadInput, match="decode needs a Solution, got a NoneType"):
        compiled(kind).decode(None)  # type: ignore[arg-type, unused-ignore]


def test_switches_are_names() -> None:
    with pytest.raises(BadInput, match="must be a tuple of names"):
        CompileOptions(feedback_switches=np.array([1.0, 2.0]))  # type: ignore[arg-type, unused-ignore]
