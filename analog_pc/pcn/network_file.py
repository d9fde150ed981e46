"""NET.npz: W1, W2, ... [post, pre], optional b1, ..., optional precision, activation (a string)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.files import read_npz, write_npz
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.parameters import check_kind

LARGEST = 1e100  # of a weight or bias in a file: its square can be calculated with
_KNOWN = re.compile(r"[Wb][1-9]\d*\Z|precision\Z|activation\Z|activate_input\Z")


def save_network(path: Path | str, network: PredictiveCodingNetwork) -> None:
    """Write a network to a file that `load_network` and every ``analog-pc`` command read.

    Parameters
    ----------
    path
        The file, NumPy's ``.npz``; it appears under its name only when it is complete.
    network
        What to write: W1, b1, W2, ..., precision, activation.

    Raises
    ------
    BadInput
        For a path that cannot be written, which the message names, and for a graph.
    """
    check_kind("save_network", network, PredictiveCodingNetwork, "write a graph with save_graph")
    write_npz(path, **network_arrays(network))


def network_arrays(network: PredictiveCodingNetwork) -> dict[str, object]:
    """What a network's file holds, by name."""
    arrays: dict[str, object] = {f"W{k}": w for k, w in enumerate(network.W, 1)}
    arrays |= {f"b{k}": b for k, b in enumerate(network.b, 1)}
    arrays |= {"precision": network.pi, "activation": network.activation}
    if network.activate_input:
        arrays["activate_input"] = True
    return arrays


def load_network(path: Path | str) -> PredictiveCodingNetwork:
    """Read a network from a file.

    Parameters
    ----------
    path
        An ``.npz`` with W1, W2, ... [post, pre]; optionally b1, b2, ... [post], precision [layers],
        activation (a string) and activate_input (a boolean).  Nothing is unpickled.

    Returns
    -------
    PredictiveCodingNetwork
        The network; what the file leaves out has the default of the class.

    Raises
    ------
    BadInput
        For files that `read_npz` refuses, missing or unknown entries, weights beyond `LARGEST`, and what the
        network itself refuses; the message starts with the file.
    """
    arrays = read_npz(path)
    if "coefs_0" in arrays:  # as scikit-learn names its layers
        raise BadInput(
            f"{path}: holds coefs_0, ...: import it first: "
            f"analog-pc import {Path(path).name} --activation NAME --out net.npz"
        )
    if "graph" in arrays:
        raise BadInput(f"{path}: is a graph of populations, not a chain: read it with load_graph")
    unknown = sorted(name for name in arrays if not _KNOWN.match(name))
    if unknown:
        raise BadInput(
            f"{path}: unknown entries {', '.join(unknown)}; expected W1.., b1.., precision, activation, "
            "activate_input"
        )
    layers = sum(name.startswith("W") for name in arrays)
    missing = [f"W{k}" for k in range(1, max(layers, 1) + 1) if f"W{k}" not in arrays]
    if "activation" not in arrays:
        missing.append("activation")
    if missing:
        raise BadInput(f"{path}: missing {', '.join(missing)}")
    name = arrays["activation"]
    if name.shape != () or name.dtype.kind not in "US":
        raise BadInput(f"{path}: activation must be one string, got {name.dtype} of shape {name.shape}")
    stray = sorted(n for n in arrays if n[0] == "b" and int(n[1:]) > layers)
    if stray:
        raise BadInput(f"{path}: {', '.join(stray)} without a weight matrix of that layer")
    weights = [arrays[f"W{k}"] for k in range(1, layers + 1)]
    biases = None
    if any(f"b{k}" in arrays for k in range(1, layers + 1)):
        biases = [arrays.get(f"b{k}", np.zeros(len(w) if w.ndim else 0)) for k, w in enumerate(weights, 1)]
    text = name.item()
    try:
        network = PredictiveCodingNetwork(
            weights,
            biases,
            text.decode("ascii", "replace") if isinstance(text, bytes) else str(text),
            arrays.get("precision"),
            _flag(arrays.get("activate_input", np.array(False))),
        )
        _refuse_huge(network)
    except BadInput as refused:
        raise BadInput(f"{path}: {refused}") from None
    return network


def _refuse_huge(network: PredictiveCodingNetwork) -> None:
    for kind, parameters in (("W", network.W), ("b", network.b)):
        for layer, values in enumerate(parameters, 1):
            largest = float(np.abs(values).max())
            if largest > LARGEST:
                raise BadInput(
                    f"{kind}{layer} holds a value of {largest:.3g}, at most {LARGEST:g}: scale it down"
                )


def _flag(value: np.ndarray) -> bool:
    if value.shape != () or value.dtype.kind not in "biu" or value.item() not in (0, 1):
        raise BadInput(f"activate_input must be one boolean, got {value.dtype} of shape {value.shape}")
    return bool(value)
