"""The ten lines of the README do what they say, and its command lines end in the time that it states."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import safetensors.numpy
from onnx import helper, numpy_helper

README = Path(__file__).parents[2] / "README.md"


def test_the_ten_lines(tmp_path: Path) -> None:
    found = re.search(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    code = found.group(1)
    assert len(code.splitlines()) == 10
    (tmp_path / "ten.py").write_text(code)
    command = [sys.executable, "ten.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = dict(line.split() for line in done.stdout.splitlines())
    assert set(rows) == {"x", "mu", "eps", "energy", "dW"}
    assert all(0.0 < float(residual) <= 1e-6 for residual in rows.values()), rows  # the project's acceptance


def command_lines() -> list[str]:
    """Every line of the README's shell blocks that starts with the command."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("analog-pc ")]


def limits() -> tuple[float, float]:
    """Seconds that a command may take, and one that learns on devices, as the README states."""
    found = re.search(
        r"ends within (\d+) s, but for\s+`train --device`, which takes up to (\d+) s", README.read_text()
    )
    assert found is not None
    return float(found.group(1)), float(found.group(2))


def write_models(folder: Path) -> None:
    """A network of 64-16-10 in the three forms that the README imports, and data for it.

    The data are noisy copies of ten patterns. The first weights are random, the second ones are fitted: the
    answers have margins, as those of any trained network. Without margins no value of some field keeps the
    budget of `specify`, which says so and exits with 1.
    """
    rng = np.random.default_rng(0)
    labels = np.arange(500) % 10
    patterns = rng.uniform(size=(10, 64))
    inputs = patterns[labels] + rng.normal(scale=0.1, size=(500, 64))
    first = rng.normal(size=(16, 64)) / 8.0
    hidden = np.tanh(inputs @ first.T)
    fitted = np.linalg.lstsq(hidden, np.eye(10)[labels])[0].T
    weights = [first, fitted]
    tensors = {f"fc{k}.weight": w for k, w in enumerate(weights, start=1)}
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    coefs: dict[str, Any] = {f"coefs_{k}": w.T for k, w in enumerate(weights)}
    np.savez(folder / "mlp.npz", **coefs)
    nodes = [
        helper.make_node("Gemm", ["x", "fc1.weight"], ["a"], transB=1),
        helper.make_node("Tanh", ["a"], ["h"]),
        helper.make_node("Gemm", ["h", "fc2.weight"], ["y"], transB=1),
    ]
    double = onnx.TensorProto.DOUBLE
    ends = [helper.make_tensor_value_info(name, double, ["n", None]) for name in ("x", "y")]
    constants = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    onnx.save(helper.make_model(graph), folder / "model.onnx")
    np.savez(folder / "test.npz", inputs=inputs, labels=labels)


SHARED = 2.0  # how much longer a command may take where other programs have the cores, as in CI


@pytest.mark.slow
def test_every_command_line_ends_in_the_time_that_is_stated(tmp_path: Path) -> None:
    write_models(tmp_path)
    usual, learning = limits()
    lines = command_lines()
    assert len(lines) >= 8
    for number, line in enumerate(lines):
        words = shlex.split(line, comments=True)
        command = [sys.executable, "-m", "analog_pc", *words[1:]]
        limit = SHARED * (learning if "--device" in words else usual)
        began = time.monotonic()
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=limit + 180.0)
        seconds = time.monotonic() - began
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert seconds <= limit + 60.0 * (number == 1), f"{line}: {seconds:.0f} s, at most {limit:.0f} s"
