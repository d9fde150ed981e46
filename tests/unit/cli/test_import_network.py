"""`analog-pc import` from outside: what it prints, what it writes, how it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.pcn.network_file import load_network

RNG = np.random.default_rng(0)
W1 = RNG.normal(size=(5, 6)).astype(np.float32)
W2 = RNG.normal(size=(3, 5)).astype(np.float32)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file(
        {"fc1.weight": W1, "fc1.bias": np.ones(5, np.float32), "fc2.weight": W2}, path
    )
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def test_the_network_is_written_and_its_weights_described(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.npz"
    done = call(
        model, "--map", "fc{i}.weight", "--activation", "tanh", "--output-activation", "softmax", "--out", out
    )
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == f"{out}: 6-5-3 tanh, from {model}"
    assert max(map(len, lines[1:5])) <= 80
    rows = [line.split() for line in lines[3:5]]
    assert [row[0] for row in rows] == ["fc1.weight", "fc2.weight"]
    assert [row[5] for row in rows] == ["yes", "no"]
    assert float(rows[0][6]) == pytest.approx(np.abs(W1).max(), rel=1e-3)
    assert lines[5].startswith("remark: the softmax of the output is left out")
    found = load_network(out)
    assert found.activation == "tanh"
    np.testing.assert_array_equal(found.W[0], W1.astype(np.float64))
    np.testing.assert_array_equal(found.b[1], np.zeros(3))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("model.safetensors",), "Give --map, such as 'fc{i}.weight'"),
        (("model.safetensors", "--map", "fc{i}.weight"), "give --activation"),
        (("model.safetensors", "--map", "fc{i}.weight", "--layout", "up"), "'up' is not one of"),
        (("gone.safetensors", "--map", "fc{i}.weight"), "gone.safetensors: no such file"),
        (("model.pt",), "a pickle is a program and never loaded"),
        (("model.safetensors", "--map", "fc1.weight" + "x" * 5000), "there is no such tensor"),
    ],
)
def test_refusals(arguments: tuple[str, ...], words: str, model: Path, tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        done = call(*arguments, "--out", "net.npz")
    finally:
        os.chdir(before)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert len(done.stderr) < 300
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == [model]


def test_an_output_that_cannot_be_written_is_named(model: Path, tmp_path: Path) -> None:
    (tmp_path / "no").write_text("a file")
    out = tmp_path / "no" / "net.npz"
    done = call(model, "--map", "fc1.weight", "--out", out)
    assert done.exit_code == 2
    assert f"{out}: cannot be made" in done.stderr


def test_the_model_is_not_overwritten(tmp_path: Path) -> None:
    model = tmp_path / "mlp.npz"
    np.savez(model, W1=np.ones((2, 3)))
    before = model.read_bytes()
    result = CliRunner().invoke(main, ["import", str(model), "--activation", "tanh", "--out", str(model)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "is read by this command" in result.stderr
    assert model.read_bytes() == before


def test_clipping_is_told_for_each_layer(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.npz"
    asked = (model, "--map", "fc{i}.weight", "--activation", "tanh", "--out", out)
    done = call(*asked, "--clip", "0.9")
    assert done.exit_code == 0, done.output
    limit = np.quantile(np.abs(W1), 0.9, method="inverted_cdf")
    assert f"remark: fc1.weight: 3 weights limited to {limit:.4g}" in done.stdout
    np.testing.assert_allclose(load_network(out).W[0], np.clip(W1, -limit, limit))
    refused = call(*asked, "--clip", "0")
    assert refused.exit_code == 2
    assert "0.0 is not in the range" in refused.stderr
