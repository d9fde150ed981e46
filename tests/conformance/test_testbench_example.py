"""netlists/examples/bear_testbench.cir: what is emitted today, run by plain ngspice.

After a wanted change of the netlist: ``python tests/conformance/test_testbench_example.py`` writes it anew.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from analog_pc.simulators.spice.rawfile import read_raw
from analog_pc.testbench import EXAMPLES, LearningTestbench, behavioural_model, build_testbench, learning_deck

FILE = Path(__file__).parents[2] / "netlists" / "examples" / "bear_testbench.cir"
NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e[+-]?\d+)?(?![\w.])")


def bear() -> LearningTestbench:
    network, inputs, target, lr = EXAMPLES["bear"]()
    return build_testbench(network, inputs, target, lr=lr)


def split(deck: str) -> tuple[str, list[float]]:
    """The text with its numbers left out, and these: they come from relaxations, whose last digits vary."""
    joined = deck.replace("\n+ ", " ")
    return NUMBER.sub("#", joined), [float(n) for n in NUMBER.findall(joined)]


def test_the_file_is_what_is_emitted() -> None:
    stored, was = split(FILE.read_text())
    fresh, now = split(learning_deck(bear()))
    assert stored == fresh
    np.testing.assert_allclose(was, now, rtol=1e-9)


def test_ngspice_alone_learns(tmp_path: Path) -> None:
    raw = tmp_path / "out.raw"
    command = ["ngspice", "-b", "-r", str(raw), str(FILE)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    (plot,) = read_raw(raw.read_bytes())
    end = dict(zip(plot.variables, plot.data[-1], strict=True))
    expected = behavioural_model(bear())
    for layer, states in enumerate(expected.after, start=1):
        for k, state in enumerate(states.ravel()):
            # As `compare.OF_CHANGE`: 1 % of the largest change, which is 0.074.
            assert end[f"v(xlayer{layer}.forward_state_{k})"] == pytest.approx(state, abs=7.4e-4)
    for k, x in enumerate(expected.again.output[0]):
        assert end[f"v(x2_{k})"] == pytest.approx(0.1 * x, abs=0.1 * 1e-3)


def test_the_readme_states_what_it_ends_with(tmp_path: Path) -> None:
    rows = re.findall(
        r"^\| (\w+) \| (-?\d\.\d+) \| (-?\d\.\d+) \|", (FILE.parent / "README.md").read_text(), re.M
    )
    expected = behavioural_model(bear())
    assert [name for name, *_ in rows] == ["x1_0", "x2_0", "x2_1"]
    found = [(name, float(a), float(b)) for name, a, b in rows]
    before = [*expected.predicted.activities[1][0], *expected.predicted.output[0]]
    after = [*expected.again.activities[1][0], *expected.again.output[0]]
    for (_, first, second), a, b in zip(found, before, after, strict=True):
        assert first == pytest.approx(a, abs=5.1e-4)
        assert second == pytest.approx(b, abs=5.1e-4)


if __name__ == "__main__":
    FILE.write_text(learning_deck(bear()))
