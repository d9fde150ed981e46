"""GRAPH.npz: a graph of populations and projections, in plain arrays.

================  =====================  ==========================================================
entry             shape                  meaning
================  =====================  ==========================================================
graph             ()                     1: the version of this format
names             [populations]          names
sizes             [populations]          numbers of units
activations       [populations]          names of activation functions
precision.NAME    [n] or [n, n]          of population NAME
leak.NAME         [n]                    of population NAME
prior.NAME        [n]                    of population NAME
projections       [projections]          names
sources, targets  [projections]          names of populations
kinds             [projections]          dense, identity, block or convolution
feedback          [projections]          transpose, none, or own
plastic           [projections]          booleans
gains             [projections]          name of the population whose unit is the gain; empty: none
gain_units        [projections]          that unit; -1: none
weight.K          [post, pre]            of projection number K (from 0 on) that is no identity
bias.K            [post]                 left out: none
feedback.K        [post, pre]            where feedback is own
pattern.K         [post, pre]            of a block or convolution: which entries share a value
================  =====================  ==========================================================
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analog_pc.arrays import Any
from analog_pc.errors import BadInput
from analog_pc.files import read_npz, write_npz
from analog_pc.pcn.graph.graph import Population, PredictiveCodingGraph, Projection
from analog_pc.pcn.parameters import check_kind

VERSION = 1
_TEXTS = ("names", "activations", "projections", "sources", "targets", "kinds", "feedback", "gains")
_OTHERS = ("graph", "sizes", "plastic", "gain_units")


def save_graph(path: Path | str, graph: PredictiveCodingGraph) -> None:
    """Write a graph to a file that `load_graph` reads.

    Parameters
    ----------
    path
        The file, NumPy's ``.npz``; it appears under its name only when it is complete.
    graph
        What to write.

    Raises
    ------
    BadInput
        For a path that cannot be written, which the message names, and for a chain.
    """
    check_kind("save_graph", graph, PredictiveCodingGraph, "give network.graph, or use save_network")
    populations = graph.populations
    projections = graph.projections
    arrays: dict[str, Any] = {
        "graph": VERSION,
        "names": _texts([p.name for p in populations]),
        "sizes": np.array(graph.sizes),
        "activations": _texts([p.activation for p in populations]),
        "projections": _texts([p.name for p in projections]),
        "sources": _texts([p.source for p in projections]),
        "targets": _texts([p.target for p in projections]),
        "kinds": _texts([p.kind for p in projections]),
        "feedback": _texts(["own" if p.back is not None else str(p.feedback) for p in projections]),
        "plastic": np.array([p.plastic for p in projections], dtype=np.bool_),
        "gains": _texts(["" if p.gain is None else p.gain[0] for p in projections]),
        "gain_units": np.array([-1 if p.gain is None else p.gain[1] for p in projections], dtype=np.int64),
    }
    for p in populations:
        arrays |= {f"precision.{p.name}": p.pi, f"leak.{p.name}": p.leaks, f"prior.{p.name}": p.priors}
    for k, q in enumerate(projections):
        of_q = {"weight": q.W, "bias": q.b, "feedback": q.back, "pattern": q.shared}
        arrays |= {f"{what}.{k}": array for what, array in of_q.items() if array is not None}
    write_npz(path, **arrays)


def _texts(values: list[str]) -> np.ndarray:
    return np.array(values, dtype=np.str_)


def load_graph(path: Path | str) -> PredictiveCodingGraph:
    """Read a graph from a file.

    Parameters
    ----------
    path
        An ``.npz`` as `save_graph` writes it; the table of its entries stands in
        `analog_pc.pcn.graph.graph_file`.  Nothing is unpickled.

    Returns
    -------
    PredictiveCodingGraph
        The graph.

    Raises
    ------
    BadInput
        For files that `read_npz` refuses, missing or unknown entries, and what the graph itself refuses; the
        message starts with the file.
    """
    arrays = read_npz(path)
    if "graph" not in arrays:
        chain = "W1" in arrays
        hint = "a chain: read it with load_network" if chain else "no graph: it has no entry 'graph'"
        raise BadInput(f"{path}: is {hint}")
    if arrays["graph"].shape != () or arrays["graph"].item() != VERSION:
        raise BadInput(f"{path}: is a graph of another version than {VERSION}")
    missing = [name for name in (*_TEXTS, *_OTHERS) if name not in arrays]
    if missing:
        raise BadInput(f"{path}: missing {', '.join(missing)}")
    try:
        return _graph(arrays)
    except BadInput as refused:
        raise BadInput(f"{path}: {refused}") from None


def _graph(arrays: dict[str, np.ndarray]) -> PredictiveCodingGraph:
    names = _text_list("names", arrays["names"])
    table = {name: _text_list(name, arrays[name]) for name in _TEXTS}
    populations_count = len(names)
    count = len(table["projections"])
    for name in (*_TEXTS, "sizes", "plastic", "gain_units"):
        wanted = populations_count if name in ("names", "activations", "sizes") else count
        if arrays[name].shape != (wanted,):
            raise BadInput(f"{name} has shape {arrays[name].shape}, expected ({wanted},)")
    for name, kinds in (("sizes", "iu"), ("gain_units", "iu"), ("plastic", "b")):
        if arrays[name].dtype.kind not in kinds:
            raise BadInput(f"{name} is of type {arrays[name].dtype}")
    _check_entries(arrays, names, count)
    populations = [
        Population(
            name=name,
            size=size,
            activation=activation,
            precision=arrays[f"precision.{name}"],
            leak=arrays[f"leak.{name}"],
            prior=arrays[f"prior.{name}"],
        )
        for name, size, activation in zip(names, arrays["sizes"].tolist(), table["activations"], strict=True)
    ]
    return PredictiveCodingGraph(populations, [_projection(arrays, table, k) for k in range(count)])


def _projection(arrays: dict[str, np.ndarray], table: dict[str, list[str]], k: int) -> Projection:
    own = table["feedback"][k] == "own"
    if own != (f"feedback.{k}" in arrays):
        raise BadInput(f"projection {table['projections'][k]}: feedback.{k} and feedback 'own' go together")
    gain = table["gains"][k]
    return Projection(
        source=table["sources"][k],
        target=table["targets"][k],
        weight=arrays.get(f"weight.{k}"),
        bias=arrays.get(f"bias.{k}"),
        feedback=arrays[f"feedback.{k}"] if own else table["feedback"][k],
        kind=table["kinds"][k],
        plastic=bool(arrays["plastic"][k]),
        gain=(gain, int(arrays["gain_units"][k])) if gain else None,
        pattern=arrays.get(f"pattern.{k}"),
        name=table["projections"][k],
    )


def _text_list(name: str, array: np.ndarray) -> list[str]:
    if array.ndim != 1 or array.dtype.kind != "U":
        raise BadInput(f"{name} must be a list of texts, got {array.dtype} of shape {array.shape}")
    return [str(one) for one in array.tolist()]


def _check_entries(arrays: dict[str, np.ndarray], names: list[str], count: int) -> None:
    """Refuse a file that lacks entries of its populations, or holds entries of none of its parts."""
    of_populations = {f"{what}.{name}" for what in ("precision", "leak", "prior") for name in names}
    missing = sorted(of_populations - set(arrays))
    if missing:
        raise BadInput(f"missing {', '.join(missing)}")
    known = {*_TEXTS, *_OTHERS, *of_populations}
    known |= {f"{what}.{k}" for what in ("weight", "bias", "feedback", "pattern") for k in range(count)}
    unknown = sorted(set(arrays) - known)
    if unknown:
        raise BadInput(f"unknown entries {', '.join(unknown)}")
