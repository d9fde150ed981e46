"""xarray datasets: the same numbers under names, with units, and files that come back."""

from __future__ import annotations

import builtins
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from analog_pc import BadInput, Native, compile_network, random_network, relax, technology, to_xarray

RNG = np.random.default_rng(0)
NET = random_network((4, 3, 2), "tanh", seed=1)
X = RNG.normal(size=(5, 4))
T = RNG.normal(size=(5, 2))
COMPILED = compile_network(NET, technology("ideal"), X, T)


def test_an_equilibrium() -> None:
    rest = relax(NET, X, T)
    data = to_xarray(rest, note="mine")
    assert dict(data.sizes) == {"sample": 5, "node": 9}
    assert data.layer.values.tolist() == [0] * 4 + [1] * 3 + [2] * 2
    assert data.unit.values.tolist() == [0, 1, 2, 3, 0, 1, 2, 0, 1]
    for layer in range(3):
        of_layer = data.isel(node=data.layer.values == layer)
        np.testing.assert_array_equal(of_layer.x, rest.activities[layer])
        for name, arrays in (("mu", rest.predictions), ("eps", rest.eps)):
            if layer:
                np.testing.assert_array_equal(of_layer[name], arrays[layer])
            else:
                assert np.isnan(of_layer[name]).all()
        if layer < 2:
            np.testing.assert_array_equal(of_layer.rate, rest.rates[layer])
        else:
            assert np.isnan(of_layer.rate).all()
    np.testing.assert_array_equal(data.energy, rest.energy)
    assert data.converged.values.all()
    np.testing.assert_array_equal(data.residual, rest.relaxation.residual)
    assert {data[name].attrs["units"] for name in ("x", "mu", "eps", "rate", "energy", "residual")} == {"1"}
    assert data.attrs["analog_pc"] == version("analog-pc")
    assert data.attrs["numpy"] == np.__version__
    assert data.attrs["note"] == "mine"
    assert data.attrs["status"] == rest.relaxation.message


def test_a_circuit_names_its_nodes_and_scales() -> None:
    solution = Native().simulate(COMPILED.circuit, COMPILED.operating_point())
    data = to_xarray(COMPILED.decode(solution), COMPILED)
    name = COMPILED.probes.activities[1][2]
    one = data.sel(node=name)
    assert one.volts_per_unit.attrs["units"] == "V"
    np.testing.assert_allclose(one.x * one.volts_per_unit, solution.voltage([name])[:, 0], rtol=1e-15)
    assert data.attrs["technology"] == "ideal"
    assert data.attrs["network"] == "4-3-2"
    assert data.attrs["seconds_per_unit"] == COMPILED.scales.seconds
    with pytest.raises(BadInput, match=r"layers \(4, 2\) are not those of the compiled \(4, 3, 2\)"):
        to_xarray(relax(random_network((4, 2)), X), COMPILED)


def test_a_solution_of_samples_and_one_over_time() -> None:
    solution = Native().simulate(COMPILED.circuit, COMPILED.operating_point([3, 1]))
    data = to_xarray(solution, COMPILED)
    assert dict(data.sizes) == {"sample": 2, "node": len(solution.nodes)}
    node = solution.nodes[5]
    np.testing.assert_array_equal(data.volts.sel(node=node), solution.voltage([node])[:, 0])
    assert data.volts.attrs["units"] == "V"
    assert data.attrs["status"] == "converged"
    moving = Native().simulate(COMPILED.circuit, COMPILED.transient(0))
    waves = to_xarray(moving)
    assert waves.volts.dims == ("time", "node")
    np.testing.assert_array_equal(waves.time, moving.axis)
    assert waves.time.attrs["units"] == "s"


def test_a_waveform_in_seconds_or_in_units_of_time() -> None:
    wave = COMPILED.decode_waveform(Native().simulate(COMPILED.circuit, COMPILED.transient(2)))
    data = to_xarray(wave, COMPILED)
    np.testing.assert_array_equal(data.time, wave.times * COMPILED.scales.seconds)
    assert data.time.attrs["units"] == "s"
    np.testing.assert_array_equal(data.x.isel(node=data.layer.values == 2), wave.activities[2])
    np.testing.assert_array_equal(data.energy, wave.energy)
    assert data.energy.dims == ("time",)
    bare = to_xarray(wave)
    np.testing.assert_array_equal(bare.time, wave.times)
    assert bare.time.attrs["units"] == "C / g_s"


def test_netcdf_gives_it_back(tmp_path: Path) -> None:
    data = to_xarray(relax(NET, X, T), COMPILED)
    data.to_netcdf(tmp_path / "rest.nc", engine="scipy")
    with xarray.open_dataset(tmp_path / "rest.nc", engine="scipy") as again:
        xarray.testing.assert_equal(again.load(), data)
        assert again.x.attrs == data.x.attrs
        assert again.attrs == data.attrs


def test_a_table_for_pandas() -> None:
    table = to_xarray(relax(NET, X, T)).to_dataframe()
    assert len(table) == 5 * 9
    assert {"x", "mu", "layer", "unit"} <= set(table.columns)


def test_what_is_no_result() -> None:
    with pytest.raises(BadInput, match="a ndarray is no result: give an Equilibrium"):
        to_xarray(X)  # type: ignore[arg-type]


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "xarray":
            raise ImportError(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(BadInput, match=r"pip install 'analog-pc\[results\]'"):
        to_xarray(relax(NET, X))
