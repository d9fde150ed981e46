"""Equilibria, solutions and waveforms as xarray datasets, with units and versions as attributes.

What belongs to a network has one dimension "node" for the activities of all layers, in order from the input,
with coordinates `layer` and `unit`: ``data.x[:, data.layer == 1]`` is a layer.  Predictions and prediction
errors of the input, and rates of the output, do not exist and are NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Solution
from analog_pc.compiler import CompiledNetwork, Waveform
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium

if TYPE_CHECKING:
    from xarray import Dataset

# Name -> what it is; activities and all that is compared with them have no unit.
_MEANINGS = {
    "x": "activity",
    "mu": "prediction of the activity by the layer below",
    "eps": "prediction error, x - mu",
    "rate": "f(x), what the weights of the next layer see",
    "energy": "1/2 sum of precision eps^2",
}


def to_xarray(
    result: Equilibrium | Solution | Waveform, compiled: CompiledNetwork | None = None, **facts: str | float
) -> Dataset:
    """A result as an xarray dataset.

    =============  ==================  ===============================================================
    result         dimensions          variables
    =============  ==================  ===============================================================
    `Equilibrium`  sample, node        x, mu, eps, rate; energy, converged, residual [sample]
    `Waveform`     time, node          x, mu, eps; energy [time]
    `Solution`     sample or time,     volts
                   node
    =============  ==================  ===============================================================

    Parameters
    ----------
    result
        Returned by `relax`, `decode`, `decode_waveform` or a simulator.
    compiled
        The circuit that it is of: gives seconds to a waveform; to nodes their names and `volts_per_unit`; to
        the attributes technology and `seconds_per_unit`.
    facts
        More attributes, such as ``simulator=Ngspice().version()``.

    Returns
    -------
    xarray.Dataset
        With units, meanings and versions as attributes.

    Raises
    ------
    BadInput
        Without the xarray package, for another type, or for a `compiled` of another network.
    """
    library = _library()
    variables, coordinates = _parts(result, compiled)
    attributes: dict[str, str | float] = {
        "analog_pc": version("analog-pc"),
        "numpy": np.__version__,
    }
    if compiled is not None:
        attributes |= _attributes(compiled)
    data: Dataset = library.Dataset(variables, coordinates, {**attributes, **_status(result), **facts})
    return data


def _library() -> ModuleType:
    try:
        import xarray
    except ImportError:
        raise BadInput("results as xarray need: pip install 'analog-pc[results]'") from None
    return xarray


def _attributes(compiled: CompiledNetwork) -> dict[str, str | float]:
    network = compiled.network
    return {
        "network": "-".join(map(str, network.sizes)),
        "activation": network.activation,
        "technology": compiled.design.technology.name,
        "seconds_per_unit": compiled.scales.seconds,
    }


def _status(result: object) -> dict[str, str]:
    if isinstance(result, Equilibrium):
        return {"status": result.relaxation.message}
    return {"status": str(result.status)} if isinstance(result, Solution) else {}


_Parts = tuple[dict[str, Any], dict[str, Any]]  # variables and coordinates: dims, values, attributes


@singledispatch
def _parts(result: object, compiled: CompiledNetwork | None) -> _Parts:
    raise BadInput(
        f"a {type(result).__name__} is no result: give an Equilibrium, a Solution or a decoded Waveform"
    )


@_parts.register
def _equilibrium(result: Equilibrium, compiled: CompiledNetwork | None) -> _Parts:
    sizes = [x.shape[1] for x in result.activities]
    none = np.empty((result.samples, 0))
    layers = {
        "x": result.activities,
        "mu": result.predictions,
        "eps": result.eps,
        "rate": (*result.rates[: len(sizes) - 1], none),
    }
    relaxation = result.relaxation
    variables = _by_node("sample", layers, sizes) | {
        "energy": ("sample", result.energy, _meaning("energy")),
        "converged": ("sample", relaxation.converged, {"long_name": "whether the sample is at rest"}),
        "residual": ("sample", relaxation.residual, {"long_name": "max |dE/dx| of free nodes", "units": "1"}),
    }
    samples = ("sample", np.arange(result.samples), {"long_name": "number of the sample"})
    return variables, {"sample": samples, **_nodes(sizes, compiled)}


@_parts.register
def _waveform(result: Waveform, compiled: CompiledNetwork | None) -> _Parts:
    sizes = [x.shape[1] for x in result.activities]
    layers = {"x": result.activities, "mu": result.predictions, "eps": result.eps}
    variables = _by_node("time", layers, sizes)
    variables["energy"] = ("time", result.energy, _meaning("energy"))
    seconds, unit = (1.0, "C / g_s") if compiled is None else (compiled.scales.seconds, "s")
    times = ("time", result.times * seconds, {"long_name": "time", "units": unit})
    return variables, {"time": times, **_nodes(sizes, compiled)}


@_parts.register
def _solution(result: Solution, compiled: CompiledNetwork | None) -> _Parts:
    whole = bool((result.axis == np.round(result.axis)).all())  # samples are counted, seconds are not
    axis, values, about = (
        ("sample", result.axis.astype(np.int64), {"long_name": "number of the sample"})
        if whole
        else ("time", result.axis, {"long_name": "time", "units": "s"})
    )
    volts = ((axis, "node"), result.volts, {"long_name": "node voltage", "units": "V"})
    nodes = ("node", np.array(result.nodes, dtype=str), {"long_name": "name of the node"})
    return {"volts": volts}, {axis: (axis, values, about), "node": nodes}


def _by_node(axis: str, layers: Mapping[str, Sequence[Floats]], sizes: Sequence[int]) -> dict[str, Any]:
    """Arrays [points, n_l] of the layers side by side; NaN where a layer has none."""
    found = {}
    for name, arrays in layers.items():
        whole = [
            a if a.shape[1] == size else np.full((len(a), size), np.nan)
            for a, size in zip(arrays, sizes, strict=True)
        ]
        found[name] = ((axis, "node"), np.concatenate(whole, axis=1), _meaning(name))
    return found


def _nodes(sizes: Sequence[int], compiled: CompiledNetwork | None) -> dict[str, Any]:
    """Layer and number of every activity, and the name of its value node in the circuit."""
    layer = np.repeat(np.arange(len(sizes)), sizes)
    unit = np.concatenate([np.arange(size) for size in sizes])
    found: dict[str, Any] = {
        "layer": ("node", layer, {"long_name": "layer, 0 is the input"}),
        "unit": ("node", unit, {"long_name": "number within the layer"}),
    }
    if compiled is not None:
        if tuple(sizes) != compiled.network.sizes:
            raise BadInput(f"layers {tuple(sizes)} are not those of the compiled {compiled.network.sizes}")
        names = [name for bus in compiled.probes.activities for name in bus]
        volts = np.repeat(compiled.scales.activity, sizes)
        found["volts_per_unit"] = ("node", volts, {"long_name": "volts of an activity of 1", "units": "V"})
        found["node"] = ("node", np.array(names, dtype=str), {"long_name": "value node in the circuit"})
    return found


def _meaning(name: str) -> dict[str, str]:
    return {"long_name": _MEANINGS[name], "units": "1"}
