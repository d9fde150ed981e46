"""Rules with an error path of their own: what they start with, and the factors they give."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import random_network
from analog_pc.pcn.feedback import random_feedback
from analog_pc.pcn.learning import LEARNING_RULES, Backpropagation, OwnErrorPath, learning_rule

NET = random_network((4, 6, 5, 3), "tanh", seed=1)
OWN = ("fa", "kp", "pc-relaxed", "pc-fa", "pc-kp")


def test_which_rules_have_a_path_of_their_own() -> None:
    assert [name for name, kind in LEARNING_RULES.items() if isinstance(kind(), OwnErrorPath)] == list(OWN)


@pytest.mark.parametrize("name", ["fa", "kp", "pc-fa", "pc-kp"])
@pytest.mark.parametrize(("parameters", "scale", "seed"), [(":scale=2,seed=3", 2.0, 3), ("", 1.0, 0)])
def test_random_feedback_of_its_scale_and_seed(name: str, parameters: str, scale: float, seed: int) -> None:
    rule = learning_rule(f"{name}{parameters}")
    assert isinstance(rule, OwnErrorPath)
    for found, wanted in zip(
        rule.path(NET).feedback_of(NET), random_feedback(NET, scale=scale, seed=seed), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


def test_what_learns() -> None:
    rules = [learning_rule(text) for text in ("fa", "kp", "pc-relaxed:mixing=learnt", "pc-fa", "pc-kp")]
    assert [r.learns_feedback for r in rules if isinstance(r, OwnErrorPath)] == [
        False,
        True,
        False,
        False,
        True,
    ]
    assert [r.learns_mixing for r in rules if isinstance(r, OwnErrorPath)] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert [r.decay for r in rules if isinstance(r, OwnErrorPath)] == [0.0, 1e-3, 0.0, 0.0, 1e-3]


def test_a_gate_and_mixing_beside_any_feedback() -> None:
    rule = learning_rule("pc-kp:gate=0.25,mixing=fixed,decay=0.01")
    assert isinstance(rule, OwnErrorPath)
    path = rule.path(NET)
    assert path.gate == 0.25
    assert path.feedback is not None
    assert path.mixing is not None
    np.testing.assert_array_equal(np.asarray(path.mixing[-1]), np.eye(3))
    plain = learning_rule("pc-relaxed")
    assert isinstance(plain, OwnErrorPath)
    assert plain.path(NET).is_transpose


def test_feedback_alignment_is_backpropagation_through_another_matrix() -> None:
    """post_l = f'(x_l) B_{l+1} post_{l+1}, written out."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 4))
    t = rng.normal(size=(5, 3))
    feedback = random_feedback(NET, seed=7)
    found = Backpropagation().at(NET, feedback, x, t)
    h1 = x @ NET.W[0].T
    h2 = np.tanh(h1) @ NET.W[1].T
    top = t - np.tanh(h2) @ NET.W[2].T
    middle = (1.0 - np.tanh(h2) ** 2) * (top @ feedback[2])
    low = (1.0 - np.tanh(h1) ** 2) * (middle @ feedback[1])
    for post, wanted in zip(found.post, (low, middle, top), strict=True):
        np.testing.assert_allclose(post, wanted, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pc-relaxed:gate=-1", "gate = -1.0"),
        ("pc-relaxed:mixing=some", "use one of none, fixed, learnt, positive"),
        ("kp:decay=-1", "decay = -1.0"),
        ("pc-kp:decay=nan", "decay = nan"),
        ("fa:decay=1", "expected NAME=VALUE"),
    ],
)
def test_refused_parameters(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        learning_rule(text)


@pytest.mark.parametrize("name", ["fa", "pc-fa"])
def test_a_refused_scale(name: str) -> None:
    rule = learning_rule(f"{name}:scale=0")
    assert isinstance(rule, OwnErrorPath)
    with pytest.raises(BadInput, match="scale"):
        rule.path(NET)
