"""The colour of the page says what its headline says."""

from __future__ import annotations

import pytest

from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.report.json_report import evaluation_dict
from analog_pc.evaluation.report.page import render_page
from analog_pc.evaluation.results import Evaluation
from analog_pc.evaluation.sentences import headline
from analog_pc.nonideality.accuracy import Accuracy, ChipAccuracy


@pytest.mark.parametrize(
    ("lost", "unconverged", "words", "colour"),
    [
        (0.01, 0, "Good enough", "pass"),
        (0.01, 1, "Good enough", "pass"),
        (0.05, 0, "Not good enough", "fail"),
        (0.021, 2, "Not known", "fail"),
    ],
)
def test_the_banner(ideal_bench: Bench, lost: float, unconverged: int, words: str, colour: str) -> None:
    samples = 1000
    right = round(samples * (ideal_bench.ideal_accuracy - lost))
    chip = ChipAccuracy(right, unconverged, samples, seed=0, changed=0)
    found = Evaluation(
        bench=ideal_bench,
        title="a test",
        facts={},
        versions={},
        steps=("chips",),
        chips=Accuracy((chip,)),
        done=["chips"],
    )
    assert headline(found).startswith(words)
    page = render_page(found, evaluation_dict(found), {})
    assert f'<div class="verdict {colour}"><strong>{words}' in " ".join(page.split()).replace("> <", "><")
